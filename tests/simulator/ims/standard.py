# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ordinary ways to make an image (IMS API, 'Creating an Image'), as far as clients use them."""

from __future__ import annotations

from typing import Any

from .. import records
from ..api import Call, Reply, Routes
from ..errors import img
from ..seed.images import data_disk, linux, windows
from ..seed.os_versions import OS_TYPE_OF, platform_of
from . import imports, rules
from .jobs import Work, launch

ROUTES = Routes("ims")
MOST_GB = 128


@ROUTES.on(
    "POST", "/v2/cloudimages/action", "/v2.1/cloudimages/action", action="ims:serverImages:create"
)
def create_image(call: Call) -> Reply:
    body = call.json()
    if body.get("data_images"):
        return _from_data_disks(call, body)
    facets = rules.facets_of(call, body)
    rules.check_room(call, facets.name)
    if body.get("instance_id"):
        return _from_server(call, body, facets)
    if body.get("volume_id"):
        return _from_volume(call, body, facets)
    if body.get("image_url"):
        return _from_file(call, body, facets)
    raise img("0016", "The request names no source.")


def _launch(
    call: Call,
    facets: records.Facets,
    job_type: str,
    attributes: dict[str, Any],
    min_disk: int,
    failure: str | None = None,
) -> Reply:
    image = records.Image(
        id=call.cloud.world.new_id(),
        owner=call.project_id,
        facets=facets,
        created=call.now,
        min_disk=min_disk,
        attributes=attributes,
    )
    return launch(call, Work("standard", job_type, "CreateImageTask", image, failure))


def _from_server(call: Call, body: dict[str, Any], facets: records.Facets) -> Reply:
    world = call.cloud.world
    server = world.servers.get(str(body["instance_id"]))
    if server is None or server.project_id != call.project_id:
        raise img("0005", "The server does not exist.")
    if server.status not in ("ACTIVE", "SHUTOFF"):
        raise img("0008", "The server is in a wrong state.")
    disk = next((v for v in world.server_volumes(server.id) if v.bootable), None)
    if disk is None:
        raise img("0119", "The server has no system disk.")
    make = windows if server.os_type == "Windows" else linux
    attributes = make(__data_origin=f"instance,{server.id}", __originalimagename=server.image_id)
    return _launch(call, facets, "imsCreateImageByInstance", attributes, disk.size)


def _volume(call: Call, volume_id: Any) -> records.Volume:
    volume = call.cloud.world.volumes.get(str(volume_id))
    if volume is None or volume.project_id != call.project_id:
        raise img("0031", "The disk does not exist.")
    if volume.status not in ("available", "in-use"):
        raise img("0022", "The disk is in a wrong state.")
    return volume


def _from_volume(call: Call, body: dict[str, Any], facets: records.Facets) -> Reply:
    volume = _volume(call, body["volume_id"])
    attributes = _with_os(body.get("os_version"))
    attributes["__data_origin"] = f"volume,{volume.id}"
    return _launch(call, facets, "imsVolumeCreateImageJob", attributes, volume.size)


def _with_os(version: Any) -> dict[str, Any]:
    if version not in OS_TYPE_OF:
        raise img("0056", "os_version is invalid.")
    make = windows if OS_TYPE_OF[version] == "Windows" else linux
    return {**make(), "__os_version": version, "__platform": platform_of(version)}


def _from_data_disks(call: Call, body: dict[str, Any]) -> Reply:
    items = body["data_images"]
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], dict):
        raise img("0194", "The simulator makes one data disk image at a time.")
    facets = rules.facets_of(call, items[0])
    volume = _volume(call, items[0].get("volume_id"))
    rules.check_room(call, facets.name)
    call.effects.setdefault("job", {}).setdefault("image_id_in", "sub_jobs_result")
    attributes = data_disk(__data_origin=f"volume,{volume.id}")
    return _launch(call, facets, "imsVolumesToSysDataImagesJob", attributes, volume.size)


def _from_file(call: Call, body: dict[str, Any], facets: records.Facets) -> Reply:
    bucket, key = imports.checked_url(call, body["image_url"])
    attributes = _with_os(body["os_version"]) if body.get("os_version") else linux()
    attributes["__data_origin"] = f"file,{bucket}:{key}"
    attributes["__root_origin"] = "file"
    file = call.cloud.world.objects.get((bucket, key))
    min_disk = rules.checked_ram(body.get("min_disk"), "min_disk")
    failure = "IMG.0057" if file is None or not file.readable else None
    if file and file.size_gb > MOST_GB:
        failure = "IMG.0059"
    return _launch(call, facets, "imsImportImageJob", attributes, min_disk, failure)
