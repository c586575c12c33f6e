# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What identity (IAM) tells whoever asks of himself: one function per call, shapes as on the wire.

Source: IAM API reference; the sections are named at the functions. No permission is needed.
"""

from __future__ import annotations

from typing import Any

from .client import Client

Json = dict[str, Any]


def own_accounts(client: Client) -> list[Json]:
    """[{"id", "name", …}], mostly one ("Querying the List of Accounts Accessible to Users")."""
    return _list(client, "/v3/auth/domains", "domains")


def own_projects(client: Client) -> list[Json]:
    """[{"id", "name", …}] of all regions ("Querying the List of Projects Accessible to Users")."""
    return _list(client, "/v3/auth/projects", "projects")


def _list(client: Client, path: str, key: str) -> list[Json]:
    answer = client.request("iam", "GET", path, promised=key, kind=list)
    found: list[Json] = answer.json[key]
    return found
