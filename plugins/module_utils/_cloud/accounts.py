# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What identity (IAM) tells whoever asks of himself: one function per call.

Source: IAM API reference; the sections are named at the functions. No permission is needed.
"""

from __future__ import annotations

from .client import Client
from .lookups import decode_list
from .records import Named


def own_accounts(client: Client) -> list[Named]:
    """Mostly one ("Querying the List of Accounts Accessible to Users")."""
    return _list(client, "/v3/auth/domains", "domains", "accounts")


def own_projects(client: Client) -> list[Named]:
    """Those of all regions ("Querying the List of Projects Accessible to Users")."""
    return _list(client, "/v3/auth/projects", "projects", "projects")


def _list(client: Client, path: str, key: str, what: str) -> list[Named]:
    answer = client.request("iam", "GET", path, promised=key, kind=list)
    return decode_list(client, what, answer.json[key], Named.from_wire)
