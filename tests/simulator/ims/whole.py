# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole images, from servers and from backups (IMS API, 'Creating a Full-ECS Image')."""

from __future__ import annotations

from typing import Any

from .. import records
from ..api import Call, Reply, Routes
from ..errors import img
from ..seed.images import linux, windows
from . import rules
from .jobs import Work, failure_of, launch

ROUTES = Routes("ims")


@ROUTES.on("POST", "/v1/cloudimages/wholeimages/action", action="ims:wholeImages:create")
def create_whole_image(call: Call) -> Reply:
    body = call.json()
    facets = rules.facets_of(call, body)
    if body.get("instance_id") and body.get("backup_id"):
        raise img("0016", "Either instance_id or backup_id can be used.")
    if not body.get("instance_id") and not body.get("backup_id"):
        raise img("0012", "The ID of the server is missing.")
    rules.check_room(call, facets.name)
    if body.get("instance_id"):
        return _from_server(call, body, facets)
    return _from_backup(call, body, facets)


# --- from a server


def _from_server(call: Call, body: dict[str, Any], facets: records.Facets) -> Reply:
    server = _usable_server(call, str(body["instance_id"]))
    vault = _usable_vault(call, body.get("vault_id"), server)
    backup = _start_backup(call, server, vault, facets)
    image = _image_of(call, facets, backup.id, server.os_type, _origin(call, vault, backup))
    room = vault.size_gb * 1024 - vault.used_mb
    too_big = backup.size_gb * 1024 > room
    late = call.effects.get("job", {}).get("backup_late", call.cloud.switches["backup_late"])

    def snapshot(_when: float) -> None:
        backup.restore_mode = "snapshot"
        if failure_of(call, "IMG.0182" if too_big else None) is None:
            backup.image_ids.append(image.id)

    def done(when: float) -> None:
        server.backing_up -= 1
        freed = when + call.takes(float(late))
        call.cloud.world.at(freed, lambda then: _finish(backup, vault, then))

    def failed(_when: float) -> None:
        server.backing_up -= 1
        backup.status, backup.restore_mode = "error", "na"

    return launch(
        call,
        Work(
            kind="whole-server",
            type="imsCreateWholeImageByInstanceJob",
            task="CreateImageByInstanceTask",
            image=image,
            failure="IMG.0182" if too_big else None,
            done=done,
            failed=failed,
            halfway=snapshot,
        ),
    )


def _usable_server(call: Call, server_id: str) -> records.Server:
    server = call.cloud.world.servers.get(server_id)
    if server is None or server.project_id != call.project_id:
        raise img("0005", "The server does not exist.")
    if not server.imageable:
        raise img("0063", "A server of this type cannot become an image.")
    if server.status not in ("ACTIVE", "SHUTOFF"):
        raise img("0126", "A whole image cannot be made of a server in this state.")
    if server.task_state:
        raise img("0010", "The server has running tasks.")
    if server.backing_up:
        raise img("0136", "The server is being backed up.")
    if any(v.service_type != "EVS" for v in call.cloud.world.server_volumes(server.id)):
        raise img("0153", "Servers with dedicated storage disks are not supported.")
    return server


def _usable_vault(call: Call, vault_id: Any, server: records.Server) -> records.Vault:
    world = call.cloud.world
    holding = world.vaults_of(server.id)
    if not vault_id:
        if call.cloud.switches["vault_without"] == "refused" or len(holding) != 1:
            raise img("0184", "The vault does not exist.")
        vault_id = holding[0].id
    vault = world.vaults.get(str(vault_id))
    if vault is None or vault.project_id != call.project_id:
        raise img("0184", "The vault does not exist.")
    if (vault.object_type, vault.protect_type) != ("server", "backup"):
        raise img("0193", "The vault is not one for server backups.")
    if vault.status != "available":
        raise img("0188", "The vault is not available.")
    if any(other.id != vault.id for other in holding):
        raise img("0183", "The server is in another vault.")
    if server.id not in vault.resources and len(vault.resources) >= vault.max_resources:
        raise img("0185", "The vault cannot take another server.")
    return vault


def _start_backup(
    call: Call, server: records.Server, vault: records.Vault, facets: records.Facets
) -> records.Backup:
    """The cloud backs the server up first, in the vault, to which it adds the server."""
    world = call.cloud.world
    volumes = world.server_volumes(server.id)
    backup = records.Backup(
        id=world.new_id(),
        name=f"image_{world.rng.getrandbits(32):08x}",
        project_id=call.project_id,
        resource_id=server.id,
        resource_name=server.name,
        vault_id=vault.id,
        size_gb=sum(volume.size for volume in volumes),
        status="protecting",
        restore_mode="na",
        os_type=server.os_type,
        enterprise_project_id=facets.enterprise_project_id,
        created=call.now,
        updated=call.now,
        volume_ids=[volume.id for volume in volumes],
    )
    world.backups[backup.id] = backup
    vault.resources.setdefault(server.id, (server.name, backup.size_gb))
    server.backing_up += 1
    return backup


def _finish(backup: records.Backup, vault: records.Vault, when: float) -> None:
    backup.status, backup.restore_mode = "available", "backup"
    backup.updated = when
    vault.used_mb += backup.size_gb * 1024


def _origin(call: Call, vault: records.Vault, backup: records.Backup) -> str | None:
    how = call.cloud.switches["server_data_origin"]
    if how == "absent":
        return None
    return f"server_backup,{vault.id if how == 'vault' else backup.id}"


# --- from a backup


def _from_backup(call: Call, body: dict[str, Any], facets: records.Facets) -> Reply:
    backup_id = str(body["backup_id"])
    kind = body.get("whole_image_type") or call.cloud.switches["whole_image_type"]
    if kind == "CBR":
        os_type = _usable_backup(call, backup_id)
    elif kind == "CSBS":
        os_type = _usable_checkpoint_item(call, backup_id)
    else:
        raise img("0198", "The backup does not fit whole_image_type, or that is missing.")
    image = _image_of(call, facets, backup_id, os_type, f"server_backup,{backup_id}")
    backup = call.cloud.world.backups.get(backup_id)
    if backup is not None and kind == "CBR":
        backup.image_ids.append(image.id)
    return launch(
        call,
        Work(
            kind="whole-backup",
            type="imsCreateWholeImageByBackupJob",
            task="CreateWholeImageByBackupTask",
            image=image,
        ),
    )


def _used(call: Call, backup_id: str) -> bool:
    return any(
        image.attributes.get("__backup_id") == backup_id
        for image in call.cloud.world.images.values()
        if not image.deleted and image.status != "killed"
    )


def _usable_backup(call: Call, backup_id: str) -> str:
    backup = call.cloud.world.backups.get(backup_id)
    if backup is None or backup.project_id != call.project_id:
        if backup_id in call.cloud.world.checkpoint_items:
            raise img("0198", "The backup does not fit whole_image_type.")
        raise img("0020", "The backup does not exist.")
    if not backup.of_server:
        raise img("0033", "The backup is not one of a server.")
    if _used(call, backup_id):
        raise img("0029", "The backup has been used to create an image.")
    if backup.status != "available":
        raise img("0032", "The backup is not available.")
    if not backup.has_system:
        raise img("0195", "The backup contains no operating system.")
    return backup.os_type


def _usable_checkpoint_item(call: Call, backup_id: str) -> str:
    item = call.cloud.world.checkpoint_items.get(backup_id)
    if item is None or item.project_id != call.project_id:
        if backup_id in call.cloud.world.backups:
            raise img("0198", "The backup does not fit whole_image_type.")
        raise img("0127", "The backup does not exist.")
    if _used(call, backup_id):
        raise img("0134", "The backup has been registered as an image.")
    if item.status != "available":
        raise img("0132", "The backup is in a wrong state.")
    if any(call.cloud.world.volumes[one].multiattach for one in item.volume_ids):
        raise img("0105", "Backups with shared disks are not supported.")
    return "Linux"


def _image_of(
    call: Call, facets: records.Facets, backup_id: str, os_type: str, origin: str | None
) -> records.Image:
    make = windows if os_type == "Windows" else linux
    attributes = make(__whole_image="true", __backup_id=backup_id)
    if origin:
        attributes["__data_origin"] = origin
    return records.Image(
        id=call.cloud.world.new_id(),
        owner=call.project_id,
        facets=facets,
        created=call.now,
        disk_format=call.cloud.switches["image_format"],
        attributes=attributes,
    )
