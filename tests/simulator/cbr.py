# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backup service: vaults and backups (CBR API reference)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import records, times
from .api import Call, Reply, Routes, lookup_count, lookup_limit, lookup_project
from .errors import Refusal
from .world import known_id

ROUTES = Routes("cbr")
_SERVER = "OS::Nova::Server"
_DISK = "OS::Cinder::Volume"
_PROVIDERS = {
    True: "0daac4c5-6707-4851-97ba-169e36266b66",
    False: "d1603440-187d-4516-af25-121250c7cc97",
}


def _number(call: Call, name: str, default: int) -> int:
    text = call.arg(name)
    if text is None:
        return default
    if not text.isdigit():
        raise Refusal(400, "BackupService.6001", f"{name} must be a number.")
    return int(text)


def _page(call: Call, things: list[Any]) -> tuple[list[Any], dict[str, int]]:
    limit, offset = _number(call, "limit", 1000), _number(call, "offset", 0)
    if not 1 <= limit <= 1000:
        raise Refusal(400, "BackupService.6001", "limit must be from 1 to 1000.")
    marker = call.arg("marker")
    if marker:
        ids = [thing.id for thing in things]
        offset = ids.index(marker) + 1 if marker in ids else len(things)
    page = things[offset : offset + lookup_limit(call, limit)]
    count = lookup_count(call, things, page)
    return page, {"count": count, "limit": limit, "offset": offset}


def _named(call: Call, name: str) -> bool:
    wanted = call.arg("name")
    if wanted is None:
        return True
    return wanted in name if call.cloud.switches["cbr_names"] == "contains" else wanted == name


def _enterprise_projects(call: Call) -> Callable[[str], bool]:
    """Whether a list shows things of an enterprise project."""
    asked, of_all = call.arg("enterprise_project_id"), lookup_project(call, "BackupService.9998")
    return lambda project_id: asked in (*of_all, project_id)


# --- vaults


@ROUTES.on("GET", "/v3/<pid>/vaults", action="cbr:vaults:list")
def list_vaults(call: Call) -> Reply:
    ids = {i for text in call.query.get("resource_ids", []) for i in text.split(",") if i}
    shows = _enterprise_projects(call)
    vaults = [
        vault
        for vault in call.cloud.world.vaults.values()
        if vault.project_id == call.project_id
        and _named(call, vault.name)
        and call.arg("id") in (None, vault.id)
        and call.arg("status") in (None, vault.status)
        and call.arg("object_type") in (None, vault.object_type)
        and call.arg("protect_type") in (None, vault.protect_type)
        and (not ids or ids & set(vault.resources))
        and shows(vault.enterprise_project_id)
    ]
    page, numbers = _page(call, vaults)
    return Reply(200, {"vaults": [_shown_vault(call, vault) for vault in page], **numbers})


@ROUTES.on("GET", "/v3/<pid>/vaults/<vault_id>", action="cbr:vaults:get")
def show_vault(call: Call, vault_id: str) -> Reply:
    vault = call.cloud.world.vaults.get(vault_id)
    if vault is None or vault.project_id != call.project_id:
        raise Refusal(404, "BackupService.6105", "The vault does not exist.")
    return Reply(200, {"vault": _shown_vault(call, vault)})


def _shown_vault(call: Call, vault: records.Vault) -> dict[str, Any]:
    resources = [
        _shown_resource(call, vault, resource_id, name, size)
        for resource_id, (name, size) in vault.resources.items()
    ]
    return {
        "id": vault.id,
        "name": vault.name,
        "project_id": vault.project_id,
        "provider_id": _PROVIDERS[vault.object_type == "server"],
        "description": "",
        "created_at": times.cbr(vault.created),
        "tags": [],
        # The service's own samples write the default project as a number.
        "enterprise_project_id": vault.enterprise_project_id
        if vault.enterprise_project_id != "0"
        else 0,
        "auto_bind": False,
        "bind_rules": {},
        "auto_expand": False,
        "locked": False,
        "user_id": vault.project_id,
        "resources": resources,
        "billing": {
            "object_type": vault.object_type,
            "protect_type": vault.protect_type,
            "consistent_level": "crash_consistent",
            "size": vault.size_gb,
            "used": vault.used_mb,
            "allocated": sum(size for _name, size in vault.resources.values()),
            "status": vault.status,
            "spec_code": f"vault.{vault.protect_type}.{vault.object_type}.normal",
            "charging_mode": "post_paid",
            "cloud_type": "public",
        },
    }


def _shown_resource(
    call: Call, vault: records.Vault, resource_id: str, name: str, size: int
) -> dict[str, Any]:
    backups = [
        backup
        for backup in call.cloud.world.backups.values()
        if backup.resource_id == resource_id and backup.vault_id == vault.id
    ]
    busy = any(backup.status == "protecting" for backup in backups)
    return {
        "id": resource_id,
        "name": name,
        "type": _SERVER if vault.object_type == "server" else _DISK,
        "protect_status": "protecting" if busy else "available",
        "size": size,
        "backup_size": sum(backup.size_gb for backup in backups) * 1024,
        "backup_count": len(backups),
        "extra_info": {},
    }


# --- backups


@ROUTES.on("GET", "/v3/<pid>/backups", action="cbr:backups:list")
def list_backups(call: Call) -> Reply:
    shows = _enterprise_projects(call)
    backups = [
        backup
        for backup in call.cloud.world.backups.values()
        if backup.project_id == call.project_id
        and _named(call, backup.name)
        and call.arg("resource_id") in (None, backup.resource_id)
        and call.arg("resource_name") in (None, backup.resource_name)
        and call.arg("resource_type") in (None, _type(backup))
        and call.arg("vault_id") in (None, backup.vault_id)
        and call.arg("status") in (None, backup.status)
        and call.arg("image_type") in (None, "backup")
        and call.arg("checkpoint_id") in (None, _checkpoint(backup))
        and call.arg("parent_id") is None
        and _owned(call, backup)
        and shows(backup.enterprise_project_id)
    ]
    descending = (call.arg("sort") or "created_at:desc").endswith("desc")
    backups.sort(key=lambda backup: (backup.created, backup.id), reverse=descending)
    page, numbers = _page(call, backups)
    return Reply(200, {"backups": [_shown_backup(call, backup) for backup in page], **numbers})


def _owned(call: Call, backup: records.Backup) -> bool:
    own_type = call.arg("own_type") or "all_granted"
    return own_type == "all_granted" or (own_type == "shared") == bool(backup.shared_by)


def _type(backup: records.Backup) -> str:
    return _SERVER if backup.of_server else _DISK


def _checkpoint(backup: records.Backup) -> str:
    return known_id(f"checkpoint {backup.id}")


def _existing(call: Call, backup_id: str) -> records.Backup:
    backup = call.cloud.world.backups.get(backup_id)
    if backup is None or backup.project_id != call.project_id:
        raise Refusal(404, "BackupService.6200", "The backup does not exist.")
    return backup


@ROUTES.on("GET", "/v3/<pid>/backups/<backup_id>", action="cbr:backups:get")
def show_backup(call: Call, backup_id: str) -> Reply:
    return Reply(200, {"backup": _shown_backup(call, _existing(call, backup_id))})


@ROUTES.on("DELETE", "/v3/<pid>/backups/<backup_id>", action="cbr:backups:delete")
def delete_backup(call: Call, backup_id: str) -> Reply:
    backup = _existing(call, backup_id)
    if backup.image_ids:
        raise Refusal(400, "BackupService.6204", "The backup has been used to create an image.")
    if backup.status not in ("available", "error") or backup.shared_by:
        raise Refusal(400, "BackupService.6201", "The backup cannot be deleted in this state.")
    del call.cloud.world.backups[backup_id]
    vault = call.cloud.world.vaults.get(backup.vault_id)
    if vault:
        vault.used_mb = max(0, vault.used_mb - backup.size_gb * 1024)
    return Reply(204)


def _shown_backup(call: Call, backup: records.Backup) -> dict[str, Any]:
    return {
        **_common(backup),
        "id": backup.id,
        "name": backup.name,
        "parent_id": "",
        "resource_id": backup.resource_id,
        "resource_name": backup.resource_name,
        "resource_type": _type(backup),
        "resource_size": backup.size_gb,
        "provider_id": _PROVIDERS[backup.of_server],
        "children": _children(call, backup) if backup.of_server else [],
        "extend_info": {
            "auto_trigger": False,
            "bootable": not backup.of_server and backup.has_system,
            "snapshot_id": "",
            "support_lld": True,
            "supported_restore_mode": backup.restore_mode,
            "os_images_data": [{"image_id": image_id} for image_id in backup.image_ids],
            "contain_system_disk": backup.has_system,
            "encrypted": False,
            "system_disk": backup.has_system,
            "incremental": False,
            "is_multi_az": False,
        },
    }


def _common(backup: records.Backup) -> dict[str, Any]:
    return {
        "status": backup.status,
        "project_id": backup.shared_by or backup.project_id,
        "vault_id": backup.vault_id,
        "checkpoint_id": _checkpoint(backup),
        "image_type": "backup",
        "resource_az": "eu-west-101a",
        "created_at": times.cbr(backup.created),
        "updated_at": times.cbr(backup.updated),
        "protected_at": times.cbr(backup.created),
        "expired_at": None,
        "description": "",
        "enterprise_project_id": backup.enterprise_project_id,
        "incremental": False,
        "version": 0,
        "replication_records": [],
    }


def _children(call: Call, backup: records.Backup) -> list[dict[str, Any]]:
    """The backups of the single disks."""
    rows = []
    for volume_id in backup.volume_ids:
        volume = call.cloud.world.volumes.get(volume_id)
        if volume is None:
            continue
        rows.append(
            {
                **_common(backup),
                "id": known_id(f"child {backup.id} {volume_id}"),
                "name": backup.name,
                "parent_id": backup.id,
                "resource_id": volume.id,
                "resource_name": volume.name,
                "resource_type": _DISK,
                "resource_size": volume.size,
                "provider_id": _PROVIDERS[False],
                "children": [],
                "extend_info": {
                    "bootable": volume.bootable,
                    "system_disk": volume.bootable,
                    "supported_restore_mode": backup.restore_mode,
                    "os_images_data": [],
                    "encrypted": volume.key is not None,
                },
            }
        )
    return rows
