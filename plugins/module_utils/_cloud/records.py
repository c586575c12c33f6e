# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks, servers, vaults and backups as the services describe them, decoded once.

Decoding raises nothing: a text that cannot be read is '', everything else None, as if it were
missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .decode import first_text, flag, identifier, integer, mapping, name, objects, parse_time

Json = dict[str, Any]


@dataclass(frozen=True)
class Named:
    """A project or an account."""

    id: str
    name: str

    @classmethod
    def from_wire(cls, wire: Json) -> Named:
        return cls(**_identity(wire))


@dataclass(frozen=True)
class Volume(Named):
    """A disk (EVS API reference, "Querying Details About a Disk"). `size` is in GB, `os_type` that
    of its image; `shared`: several servers may use it at once."""

    status: str
    size: int | None
    created_at: datetime | None
    service_type: str
    server_ids: tuple[str, ...]
    os_type: str
    shared: bool | None

    @classmethod
    def from_wire(cls, wire: Json) -> Volume:
        attachments = objects(wire.get("attachments"))
        servers = (identifier(one.get("server_id")) for one in attachments)
        return cls(
            **_identity(wire),
            status=first_text(wire, "status"),
            size=integer(wire.get("size")),
            created_at=parse_time(wire.get("created_at")),
            service_type=first_text(wire, "service_type"),
            server_ids=tuple(one for one in servers if one),
            os_type=first_text(mapping(wire.get("volume_image_metadata")), "__os_type"),
            shared=flag(wire.get("multiattach")),
        )


@dataclass(frozen=True)
class Server(Named):
    """A server (ECS API reference, "Querying Details About an ECS"). `task`: the operation in
    progress. `image_ids`: the images it uses, empty if it was created from none, None if that
    cannot be read."""

    status: str
    task: str
    image_ids: frozenset[str] | None

    @classmethod
    def from_wire(cls, wire: Json) -> Server:
        return cls(
            **_identity(wire),
            status=first_text(wire, "status"),
            task=first_text(wire, "OS-EXT-STS:task_state"),
            image_ids=_images_of_server(wire),
        )


def _images_of_server(wire: Json) -> frozenset[str] | None:
    """Return the ids from `image.id` and the metadata `metering.image_id`. A server that was not
    created from an image has an empty text in place of both."""
    image, metadata = wire.get("image"), wire.get("metadata")
    if not all(value in (None, "") or isinstance(value, dict) for value in (image, metadata)):
        return None
    values = (mapping(image).get("id"), mapping(metadata).get("metering.image_id"))
    ids = [identifier(value) for value in values if value not in (None, "")]
    return None if None in ids else frozenset(one for one in ids if one)


@dataclass(frozen=True)
class Vault(Named):
    """A vault (CBR API reference, "Querying the Vault List"). `size` is in GB, `used` in MB."""

    status: str
    object_type: str
    protect_type: str
    size: int | None
    used: int | None
    auto_expand: bool | None

    @classmethod
    def from_wire(cls, wire: Json) -> Vault:
        billing = mapping(wire.get("billing"))
        return cls(
            **_identity(wire),
            status=first_text(billing, "status"),
            object_type=first_text(billing, "object_type"),
            protect_type=first_text(billing, "protect_type"),
            size=integer(billing.get("size")),
            used=integer(billing.get("used")),
            auto_expand=flag(wire.get("auto_expand")),
        )


@dataclass(frozen=True)
class Backup(Named):
    """A backup (CBR API reference, "Querying a Specified Backup"; CSBS, "Querying a Single
    Backup"). `resource_id`, `resource_type`: of its server or disk. `project_id`: of its owner.
    `image_ids`: of its images, in CBR only. `restore_mode`: how it can be restored. `volume_ids`:
    of its disks, in CSBS only."""

    status: str
    resource_id: str
    resource_type: str
    project_id: str
    image_ids: tuple[str, ...]
    restore_mode: str
    has_system_disk: bool | None
    volume_ids: tuple[str, ...]

    @classmethod
    def from_wire(cls, wire: Json) -> Backup:
        more = mapping(wire.get("extend_info"))
        # CSBS has a text in its place.
        images = (identifier(one.get("image_id")) for one in objects(more.get("os_images_data")))
        disks = objects(more.get("volume_backups"))
        volumes = (identifier(one.get("source_volume_id")) for one in disks)
        return cls(
            **_identity(wire),
            status=first_text(wire, "status"),
            resource_id=identifier(wire.get("resource_id")) or "",
            resource_type=first_text(wire, "resource_type"),
            project_id=first_text(wire, "project_id"),
            image_ids=tuple(one for one in images if one),
            restore_mode=first_text(more, "supported_restore_mode"),
            has_system_disk=flag(more.get("contain_system_disk")),
            volume_ids=tuple(one for one in volumes if one),
        )


def _identity(wire: Json) -> Json:
    return {"id": identifier(wire.get("id")) or "", "name": name(wire.get("name")) or ""}
