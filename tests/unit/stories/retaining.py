# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stories of old images share."""

from __future__ import annotations

from typing import Any

from ansible_collections.huaweicloud.ims.tests.simulator import records

from .conftest import Cloud

_DAY = 86400.0


def bake(cloud: Cloud, name: str, days: float, **fields: Any) -> records.Image:
    """An image of the project that was made so many days ago."""
    world, now = cloud.simulator.cloud.world, cloud.clock.now()
    facets = {"name": name, **fields.pop("facets", {})}
    attributes = {"__os_type": "Linux", "virtual_env_type": "FusionCompute"}
    image = records.Image(
        id=fields.pop("id", None) or world.new_id(),
        owner=cloud.simulator.facts("")["project_id"],
        facets=records.Facets(**facets),
        attributes={**attributes, **fields.pop("attributes", {})},
        created=now - days * _DAY,
        updated=now - days * _DAY,
        status=fields.pop("status", "active"),
        active_at=now - days * _DAY,
        **fields,
    )
    return world.add_image(image)


def retain(cloud: Cloud, *families: dict[str, Any], **more: Any) -> dict[str, Any]:
    return cloud.run("image_retention", families=list(families), **more)


def left(cloud: Cloud, prefix: str = "web") -> set[str]:
    images = cloud.simulator.state()["images"]
    return {i["name"] for i in images if i["name"].startswith(prefix) and not i["deleted"]}
