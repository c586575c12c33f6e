# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private and shared images, and the keys that some are encrypted with."""

from __future__ import annotations

from typing import Any

from .. import records
from ..world import World, known_id
from .identity import ELSEWHERE_PROJECT, PARTNER_PROJECT, PRODUCTION, PROJECT
from .servers import KEY, SERVER, VAULT

IMAGE = "465076de-dc36-4aec-80f5-ef9d8009428f"
OTHER_KEY = known_id("key other")
DISABLED_KEY = known_id("key disabled")
PARTNER_KEY = known_id("key partner")
_DAY = 86400.0


def linux(version: str = "CentOS 7.6 64bit", **more: Any) -> dict[str, Any]:
    """Attributes of a system disk image with Linux."""
    return {
        "__os_type": "Linux",
        "__os_bit": "64",
        "__os_version": version,
        "__platform": version.split(" ")[0],
        "virtual_env_type": "FusionCompute",
        "__support_kvm": "true",
        **more,
    }


def windows(**more: Any) -> dict[str, Any]:
    """Attributes of a system disk image with Windows."""
    version = "Windows Server 2019 Standard 64bit"
    return {**linux(version), "__os_type": "Windows", "__platform": "Windows", **more}


def data_disk(**more: Any) -> dict[str, Any]:
    """Attributes of a data disk image."""
    return {"__os_type": "Linux", "virtual_env_type": "DataImage", **more}


class _Builder:
    def __init__(self, world: World, now: float) -> None:
        self.world = world
        self.now = now
        self.age = 40.0

    def image(
        self, name: str, attributes: dict[str, Any], number: str | None = None, **fields: Any
    ) -> records.Image:
        """Each image is a day younger than the one before."""
        self.age -= 1
        created = self.now - self.age * _DAY
        facets = fields.pop("facets", {})
        fields.setdefault("owner", PROJECT)
        status = fields.setdefault("status", "active")
        return self.world.add_image(
            records.Image(
                id=number or known_id(f"image {name}"),
                facets=records.Facets(name=name, **facets),
                attributes=attributes,
                created=created,
                updated=created + 600,
                active_at=created + 600 if status == "active" else None,
                **fields,
            )
        )


def fill(world: World, now: float) -> None:
    for number, name, project, enabled in (
        (KEY, "documents-key", PROJECT, True),
        (OTHER_KEY, "other-key", PROJECT, True),
        (DISABLED_KEY, "disabled-key", PROJECT, False),
        (PARTNER_KEY, "partner-key", PARTNER_PROJECT, True),
    ):
        world.keys[number] = records.Key(number, name, project, enabled)
    build = _Builder(world, now)
    _fill_ordinary(build)
    _fill_whole(build)
    _fill_states(build)
    _fill_shared(build)
    _fill_family(build)


def _fill_ordinary(build: _Builder) -> None:
    origin = {"__data_origin": f"instance,{SERVER}"}
    tagged = {"description": "an ordinary image", "tags": {"team": "web", "stage": "prod"}}
    build.image("linux-base", linux(**origin), IMAGE, facets=tagged)
    build.image(
        "copied-image",
        linux(
            __data_origin=f"image,{build.world.region},{IMAGE}",
            __originalimagename=IMAGE,
        ),
    )
    build.image("encrypted-documents-key", linux(__system__cmkid=KEY))
    build.image("encrypted-other-key", linux(__system__cmkid=OTHER_KEY))
    build.image("windows-image", windows(), min_disk=60)
    build.image("bms-image", linux(virtual_env_type="Ironic"))
    build.image("data-disk-image", data_disk(), min_disk=100)
    build.image(
        "iso-image", linux(virtual_env_type="IsoImage", __root_origin="file"), disk_format="iso"
    )
    build.image("big-image", linux(), size_gb=200, min_disk=300)
    build.image("arm-image", linux(__support_arm="true", hw_firmware_type="uefi"))
    build.image("limited-image", linux(), facets={"min_ram": 1024, "max_ram": 8192})
    build.image("eps-image", linux(), facets={"enterprise_project_id": PRODUCTION})
    build.image("twin-image", linux(), known_id("image twin-image 1"))
    build.image("twin-image", linux(), known_id("image twin-image 2"))
    build.image("protected-image", linux(), facets={"protected": True})


def _fill_whole(build: _Builder) -> None:
    rows = (
        ("whole-from-server", known_id("backup backup-of-whole-from-server"), VAULT),
        ("whole-from-backup", known_id("backup backup-used"), None),
        ("whole-from-csbs", known_id("csbs used"), None),
    )
    for name, backup_id, vault_id in rows:
        image = build.image(
            name,
            linux(
                __whole_image="true",
                __backup_id=backup_id,
                __data_origin=f"server_backup,{vault_id or backup_id}",
            ),
        )
        if backup_id in build.world.backups:
            build.world.backups[backup_id].image_ids.append(image.id)


def _fill_states(build: _Builder) -> None:
    build.image("queued-image", linux(), status="queued", size_gb=0)
    build.image("saving-image", linux(), status="saving", size_gb=0)
    build.image("killed-image", linux(), status="killed", size_gb=0)


def _fill_shared(build: _Builder) -> None:
    build.image("shared-out-image", linux(), members={PARTNER_PROJECT: "accepted"})
    build.image("shared-accepted", linux(), owner=PARTNER_PROJECT, members={PROJECT: "accepted"})
    build.image("shared-pending", linux(), owner=PARTNER_PROJECT, members={PROJECT: "pending"})
    build.image(
        "shared-encrypted",
        linux(__system__cmkid=PARTNER_KEY),
        owner=PARTNER_PROJECT,
        members={PROJECT: "accepted"},
    )
    build.image("partner-private", linux(), owner=PARTNER_PROJECT)
    build.image("elsewhere-base", linux(), owner=ELSEWHERE_PROJECT)


def _fill_family(build: _Builder) -> None:
    """What someone has baked day by day, the oldest first."""
    for date in ("2025-12-28", "2025-12-29", "2025-12-30", "2025-12-31", "2026-01-01"):
        build.image(f"shop-{date}", linux(), facets={"tags": {"team": "shop"}})
