# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backup service (CBR, and its predecessor CSBS): one function per call, shapes as on the wire.

Source: CBR and CSBS API references; the sections are named at the functions.
"""

from __future__ import annotations

from typing import Any

from . import errors
from .client import Client
from .paging import by_marker, by_offset
from .wire import segment

Json = dict[str, Any]

PAGE = 1000


def get_vault(client: Client, vault_id: str) -> Json | None:
    """One vault, None if it is not there ("Querying a Specified Vault")."""
    return _get(client, "cbr", "/v3/{project_id}/vaults/" + segment(vault_id), "vault")


def list_vaults(
    client: Client, name: str | None = None, resource_id: str | None = None, **query: Any
) -> list[Json]:
    """Vaults by name (maybe fuzzily) and by what they hold ("Querying the Vault List")."""
    query = {"name": name, "resource_ids": resource_id, **query}
    return _list(client, "/v3/{project_id}/vaults", query, "vaults")


def get_backup(client: Client, backup_id: str) -> Json | None:
    """One backup, None if it is not there ("Querying a Specified Backup")."""
    return _get(client, "cbr", _backup_path(backup_id), "backup")


def list_backups(client: Client, name: str | None = None, **query: Any) -> list[Json]:
    """Backups by name (maybe fuzzily) or other attributes ("Querying All Backups")."""
    return _list(client, "/v3/{project_id}/backups", {"name": name, **query}, "backups")


def delete_backup(client: Client, backup_id: str) -> None:
    """Refused with BackupService.6204 while an image uses it ("Deleting a Backup")."""
    client.request("cbr", "DELETE", _backup_path(backup_id))


def get_csbs_backup(client: Client, backup_id: str) -> Json | None:
    """One backup of the old service, None if it is not there ("Querying a Single Backup")."""
    path = "/v1/{project_id}/checkpoint_items/" + segment(backup_id)
    return _get(client, "csbs", path, "checkpoint_item")


def list_csbs_backups(client: Client, name: str | None = None, **query: Any) -> list[Json]:
    """Backups of the old service; the name is fuzzy ("Querying All Backups")."""
    path = "/v1/{project_id}/checkpoint_items"
    query = {"name": name, "limit": PAGE, **query}
    return list(client.pages("csbs", path, query, "checkpoint_items", by_marker(PAGE)))


def _backup_path(backup_id: str) -> str:
    return "/v3/{project_id}/backups/" + segment(backup_id)


def _get(client: Client, service: str, path: str, key: str) -> Json | None:
    try:
        found: Json = client.request(service, "GET", path, promised=key, kind=dict).json[key]
    except errors.NotFound as error:
        if error.unpublished:
            raise
        return None
    return found


def _list(client: Client, path: str, query: Json, key: str) -> list[Json]:
    query = {"limit": PAGE, **query}
    return list(client.pages("cbr", path, query, key, by_offset(PAGE)))
