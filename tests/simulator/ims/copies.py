# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies within the region (IMS API, 'Replicating an Image Within a Region')."""

from __future__ import annotations

from typing import Any

from .. import records
from ..api import Call, Reply, Routes
from ..errors import img
from . import find, rules
from .jobs import Work, launch

ROUTES = Routes("ims")
MOST_GB = 128
# Facts about where an image came from, which do not hold for its copy.
_NOT_COPIED = {
    "__data_origin",
    "__originalimagename",
    "__root_origin",
    "__system__cmkid",
    "__account_code",
    "__productcode",
}


@ROUTES.on(
    "POST",
    "/v1/cloudimages/<image_id>/copy",
    "/v2.1/cloudimages/<image_id>/copy",
    action="ims:images:copy",
)
def copy_image(call: Call, image_id: str) -> Reply:
    body = call.json()
    facets = records.Facets(
        name=rules.checked_name(body.get("name")),
        description=rules.checked_description(body.get("description")),
        enterprise_project_id=rules.checked_enterprise_project(
            call, body.get("enterprise_project_id")
        ),
    )
    source = find.existing(call, image_id)
    cmk_id = body.get("cmk_id") or None
    _check_source(call, source, cmk_id)
    rules.check_room(call, facets.name)
    _check_flow(call)
    if facets.description is None and call.cloud.switches["copy_description"] == "inherited":
        facets.description = source.facets.description
    work = Work(
        kind="copy",
        type="imsCopyImageInRegionJob",
        task="CopyImageInRegionTask:",
        image=_copy_of(call, source, facets, cmk_id),
        failure=_key_failure(call, cmk_id),
    )
    return launch(call, work)


def _check_source(call: Call, source: records.Image, cmk_id: str | None) -> None:
    standing = find.membership(call, source)
    kind = source.attributes.get("virtual_env_type")
    if standing in ("pending", "rejected"):
        raise img("0196", "The shared image has not been accepted.")
    if standing == "accepted" and source.key:
        raise img("0197", "A shared image that is encrypted cannot be copied.")
    if source.status != "active":
        raise img("0046", "The image cannot be used in its present state.")
    if source.whole:
        raise img("0130", "A whole image cannot be exported or copied.")
    if kind == "IsoImage":
        raise img("0167", "An ISO image cannot be copied.")
    if source.size_gb > MOST_GB:
        raise img("0059", "The image is larger than 128 GB.")
    if cmk_id and kind == "Ironic":
        raise img("0118", "Bare metal images cannot be encrypted.")
    if cmk_id and cmk_id == source.key:
        raise img("0096", "The key is the one the image is encrypted with already.")
    windows = source.attributes.get("__os_type") == "Windows"
    if windows and call.cloud.switches["windows_copy"] == "refused":
        raise img("0105", "Windows images cannot be copied.")


def _check_flow(call: Call) -> None:
    limit = call.cloud.switches["copy_limit"]
    jobs = call.cloud.world.running_jobs(call.project_id, call.now)
    if limit is not None and sum(job.kind == "copy" for job in jobs) >= limit:
        raise img("0060", "Too many copies run at the same time; try again later.")


def _key_failure(call: Call, cmk_id: str | None) -> str | None:
    """What the key service will say when the job asks it."""
    if cmk_id is None:
        return None
    key = call.cloud.world.keys.get(cmk_id)
    if key is None:
        return "IMG.0095"
    if key.project_id != call.project_id:
        return "IMG.0099"
    return None if key.enabled else "IMG.0097"


def _copy_of(
    call: Call, source: records.Image, facets: records.Facets, cmk_id: str | None
) -> records.Image:
    attributes: dict[str, Any] = {
        name: value
        for name, value in {**source.attributes, **source.facets.extras}.items()
        if name not in _NOT_COPIED and (name.startswith("__") or name in source.attributes)
    }
    if call.cloud.switches["copy_attributes"] == "kept":
        facets.extras.update(source.facets.extras)
    attributes["__originalimagename"] = source.id
    attributes["__data_origin"] = f"image,{call.region},{source.id}"
    key = cmk_id if cmk_id or call.cloud.switches["copy_decrypts"] else source.key
    if key:
        attributes["__system__cmkid"] = key
    return records.Image(
        id=call.cloud.world.new_id(),
        owner=call.project_id,
        facets=facets,
        created=call.now,
        min_disk=source.min_disk,
        disk_format=source.disk_format,
        size_gb=source.size_gb,
        attributes=attributes,
    )
