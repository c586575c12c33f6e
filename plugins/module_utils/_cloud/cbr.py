# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call the backup service (CBR, and its predecessor CSBS): one function per request.

Source: CBR and CSBS API references; their sections are named at the functions.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .client import Client
from .lookups import decode_list, get_or_none, list_all_enterprise_projects, names_one
from .paging import by_marker, by_offset
from .records import Backup, Vault
from .wire import segment

Json = dict[str, Any]

PAGE = 1000


def get_vault(client: Client, vault_id: str) -> Vault | None:
    """Return a vault, None if there is none ("Querying a Specified Vault")."""
    path = "/v3/{project_id}/vaults/" + segment(vault_id)
    return get_or_none(client, "cbr", path, "vault", vault_id, Vault.from_wire)


def list_vaults(
    client: Client, name: str | None = None, resource_id: str | None = None
) -> list[Vault]:
    """Return vaults by name or by what they hold ("Querying the Vault List").

    A vault that does not say what it holds counts as not holding the resource: an image of a server
    must not go into a vault that may be another server's.
    """
    found = _list(client, "vaults", {"name": name, "resource_ids": resource_id})
    if resource_id is not None:
        found = [vault for vault in found if names_one(vault.get("resources"), "id", resource_id)]
    return decode_list(client, "vaults", found, Vault.from_wire, name)


def get_backup(client: Client, backup_id: str) -> Backup | None:
    """Return a backup, None if there is none ("Querying a Specified Backup")."""
    return get_or_none(
        client, "cbr", _backup_path(backup_id), "backup", backup_id, Backup.from_wire
    )


def list_backups(client: Client, name: str | None) -> list[Backup]:
    """Return backups by name ("Querying All Backups")."""
    found = _list(client, "backups", {"name": name})
    return decode_list(client, "backups", found, Backup.from_wire, name)


def delete_backup(client: Client, backup_id: str) -> None:
    """Delete a backup. Refused with BackupService.6204 while an image uses it ("Deleting a
    Backup")."""
    client.request("cbr", "DELETE", _backup_path(backup_id))


def get_csbs_backup(client: Client, backup_id: str) -> Backup | None:
    """Return a backup of the old service, None if there is none ("Querying a Single Backup")."""
    path = "/v1/{project_id}/checkpoint_items/" + segment(backup_id)
    return get_or_none(client, "csbs", path, "checkpoint_item", backup_id, Backup.from_wire)


def list_csbs_backups(client: Client, name: str | None) -> list[Backup]:
    """Return backups of the old service by name ("Querying All Backups")."""
    path, query = "/v1/{project_id}/checkpoint_items", {"name": name, "limit": PAGE}
    following = by_marker(PAGE, thorough=True)
    found = client.pages("csbs", path, query, "checkpoint_items", following)
    return decode_list(client, "backups", found, Backup.from_wire, name)


def _backup_path(backup_id: str) -> str:
    return "/v3/{project_id}/backups/" + segment(backup_id)


def _list(client: Client, key: str, query: Json) -> list[Json]:
    path, query = f"/v3/{{project_id}}/{key}", {"limit": PAGE, **query}
    return list_all_enterprise_projects(client, "cbr", path, key, query, partial(by_offset, PAGE))
