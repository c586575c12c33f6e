# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call the backup service (CBR, and its predecessor CSBS): one function per request.

Source: CBR and CSBS API references; their sections are named at the functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .client import Client
from .enterprise_projects import list_all_enterprise_projects
from .lookups import decode_list, get_or_none
from .matching import matching, names_one
from .paging import by_marker, by_offset
from .records import Backup, Vault
from .wire import segment

Json = dict[str, Any]

PAGE = 1000
# Members of a vault that are query parameters as well, and of a backup.
_MEMBERS = ("id", "name", "enterprise_project_id")
_OF_BACKUPS = (*_MEMBERS, "resource_id", "resource_type", "vault_id", "status", "checkpoint_id")


def get_vault(client: Client, vault_id: str) -> Vault | None:
    """Return a vault, None if there is none ("Querying a Specified Vault")."""
    path = "/v3/{project_id}/vaults/" + segment(vault_id)
    return get_or_none(client, "cbr", path, "vault", vault_id, Vault.from_wire)


def list_vaults(
    client: Client, name: str | None = None, resource_id: str | None = None, **query: Any
) -> list[Vault]:
    """Return vaults by name or by what they hold ("Querying the Vault List").

    A vault that does not say what it holds counts as not holding the resource: an image of a server
    must not go into a vault that may be another server's.
    """
    query = {"name": name, "resource_ids": resource_id, **query}
    vaults = _list(client, "/v3/{project_id}/vaults", query, "vaults", _MEMBERS)
    holding = [
        vault
        for vault in vaults
        if resource_id is None or names_one(vault.get("resources"), "id", resource_id)
    ]
    return decode_list(client, "vaults", holding, Vault.from_wire, name)


def get_backup(client: Client, backup_id: str) -> Backup | None:
    """Return a backup, None if there is none ("Querying a Specified Backup")."""
    return get_or_none(
        client, "cbr", _backup_path(backup_id), "backup", backup_id, Backup.from_wire
    )


def list_backups(client: Client, name: str | None = None, **query: Any) -> list[Backup]:
    """Return backups by name or other attributes ("Querying All Backups")."""
    query = {"name": name, **query}
    found = _list(client, "/v3/{project_id}/backups", query, "backups", _OF_BACKUPS)
    return decode_list(client, "backups", found, Backup.from_wire, name)


def delete_backup(client: Client, backup_id: str) -> None:
    """Delete a backup. Refused with BackupService.6204 while an image uses it ("Deleting a
    Backup")."""
    client.request("cbr", "DELETE", _backup_path(backup_id))


def get_csbs_backup(client: Client, backup_id: str) -> Backup | None:
    """Return a backup of the old service, None if there is none ("Querying a Single Backup")."""
    path = "/v1/{project_id}/checkpoint_items/" + segment(backup_id)
    return get_or_none(client, "csbs", path, "checkpoint_item", backup_id, Backup.from_wire)


def list_csbs_backups(client: Client, name: str | None = None, **query: Any) -> list[Backup]:
    """Return backups of the old service; the cloud's own filter by name is fuzzy ("Querying All
    Backups")."""
    path = "/v1/{project_id}/checkpoint_items"
    query = {"name": name, "limit": PAGE, **query}
    following = by_marker(PAGE, thorough=True)
    listed = client.pages("csbs", path, query, "checkpoint_items", following)
    found = matching(listed, query, _OF_BACKUPS)
    return decode_list(client, "backups", found, Backup.from_wire, name)


def _backup_path(backup_id: str) -> str:
    return "/v3/{project_id}/backups/" + segment(backup_id)


def _list(client: Client, path: str, query: Json, key: str, members: tuple[str, ...]) -> list[Json]:
    def ask(asked: Mapping[str, Any]) -> list[Json]:
        return list(client.pages("cbr", path, asked, key, by_offset(PAGE)))

    found = list_all_enterprise_projects(client, "cbr", {"limit": PAGE, **query}, ask)
    return matching(found, query, members)
