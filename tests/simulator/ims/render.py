# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the image service shows an image (IMS API, 'Querying Images')."""

from __future__ import annotations

import random
from typing import Any

from .. import records, times
from ..cloud import Cloud

# Shown as "" or null by some images that they do not apply to.
_OPTIONAL = (
    "__backup_id",
    "__data_origin",
    "__originalimagename",
    "__system__cmkid",
    "__root_origin",
    "__productcode",
    "__image_displayname",
    "max_ram",
)


def image_type(image: records.Image, project_id: str) -> str:
    """gold, private or shared, as `project_id` sees it; shared-out ones are shared to both."""
    if image.public:
        return "gold"
    return "shared" if image.members or image.owner != project_id else "private"


def visibility(image: records.Image, project_id: str) -> str:
    kind = image_type(image, project_id)
    return "public" if kind == "gold" else kind


def show(
    cloud: Cloud,
    image: records.Image,
    project_id: str,
    *,
    listed: bool = False,
    fresh: bool = False,
) -> dict[str, Any]:
    """The image as an answer shows it; `fresh` ignores that writes are read back late."""
    facets = image.facets if fresh else image.shown(cloud.clock.now())
    shown: dict[str, Any] = {
        "id": image.id,
        "name": facets.name,
        "status": image.status,
        "visibility": visibility(image, project_id),
        "owner": image.owner,
        "protected": facets.protected,
        "tags": _tags(cloud, facets),
        "created_at": times.ims(image.created),
        "updated_at": times.ims(image.updated or image.created),
        "min_ram": facets.min_ram,
        "min_disk": image.min_disk,
        "disk_format": image.disk_format,
        "container_format": image.container_format,
        "size": 2 if image.status == "active" else 0,
        "file": f"/v2/images/{image.id}/file",
        "self": f"/v2/images/{image.id}",
        "schema": "/v2/schemas/image",
        "__imagetype": image_type(image, project_id),
        "__isregistered": "true",
        "__image_source_type": "uds",
        "enterprise_project_id": facets.enterprise_project_id,
        "_sys_enterprise_project_id": facets.enterprise_project_id,
    }
    shown.update(image.attributes)
    if cloud.switches["backup_id"] == "absent":
        shown.pop("__backup_id", None)
    shown.update(facets.extras)
    if facets.description is not None:
        shown["__description"] = facets.description
    if facets.max_ram is not None:
        shown["max_ram"] = str(facets.max_ram)
    if image.active_at is not None:
        shown["active_at"] = times.ims(image.active_at)
        shown["__image_size"] = str(int(image.size_gb * 1024**3))
        shown["checksum"] = "99914b932bd37a50b983c5e7c90ae93b"
    if listed:
        _as_listed(cloud, shown)
    else:
        shown["__image_location"] = f"simulated-bucket:{image.id}"
    if cloud.switches["optional_attributes"] == "mixed":
        _mix(shown, image.id)
    return shown


def _tags(cloud: Cloud, facets: records.Facets) -> list[str]:
    separator = "=" if cloud.switches["image_tags_as"] == "key=value" else "."
    return [f"{key}{separator}{value}" for key, value in facets.tags.items()]


def _as_listed(cloud: Cloud, shown: dict[str, Any]) -> None:
    if "__whole_image" not in shown:
        return
    how = cloud.switches["whole_image_in_lists"]
    if how == "absent":
        del shown["__whole_image"]
    elif how == "boolean":
        shown["__whole_image"] = True


def _mix(shown: dict[str, Any], image_id: str) -> None:
    """Attributes that do not apply: absent, null or empty; always the same for one image."""
    rng = random.Random(image_id)
    for name in _OPTIONAL:
        value = rng.choice(("absent", None, ""))
        if value != "absent":
            shown.setdefault(name, value)
