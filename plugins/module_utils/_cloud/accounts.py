# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask IAM about the credentials in use: one function per request.

Source: IAM API reference; its sections are named at the functions. No permission is needed.
"""

from __future__ import annotations

from .client import Client
from .lookups import decode_list
from .records import Named


def own_accounts(client: Client) -> list[Named]:
    """Return the accounts, usually one ("Querying the List of Accounts Accessible to Users")."""
    return _list(client, "/v3/auth/domains", "domains", "accounts")


def own_projects(client: Client) -> list[Named]:
    """Return the projects of all regions ("Querying the List of Projects Accessible to Users")."""
    return _list(client, "/v3/auth/projects", "projects", "projects")


def _list(client: Client, path: str, key: str, what: str) -> list[Named]:
    answer = client.request("iam", "GET", path, promised=key, kind=list)
    return decode_list(client, what, answer.json[key], Named.from_wire)
