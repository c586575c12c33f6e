# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public images: enough that a list without an owner needs paging to be usable."""

from __future__ import annotations

from .. import records
from ..world import World, known_hex, known_id
from .images import linux
from .os_versions import OS_TYPE_OF, platform_of

OWNER = known_hex("project of the cloud's public images")
_BUILDS = 8


def fill(world: World, now: float) -> None:
    for build in range(1, _BUILDS + 1):
        for position, version in enumerate(sorted(OS_TYPE_OF)):
            created = now - (100 + build) * 86400.0 + position * 60
            attributes = linux(
                version,
                __os_type=OS_TYPE_OF[version],
                __platform=platform_of(version),
                __account_code="self_" + platform_of(version).lower(),
            )
            world.add_image(
                records.Image(
                    id=known_id(f"public {version} {build}"),
                    owner=OWNER,
                    facets=records.Facets(name=f"{version} build {build}", protected=True),
                    attributes=attributes,
                    created=created,
                    updated=created,
                    active_at=created,
                    public=True,
                )
            )
