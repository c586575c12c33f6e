# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exporting a disk as an image (EVS API, 'Exporting EVS Disk Data as an Image').

There is no job: the volume goes `uploading` and back, the image `queued`, `saving`,
`active`. When it fails, the record goes queued, saving, queued and then vanishes.
"""

from __future__ import annotations

from typing import Any

from . import records, times
from .api import Call, Reply
from .errors import Refusal
from .ims import jobs, rules
from .seed.images import data_disk, linux, windows
from .world import known_id

ACTION = "os-volume_upload_image"
_DISK_FORMATS = ("vhd", "zvhd", "zvhd2", "raw", "qcow2")
_CONTAINER_FORMATS = ("ami", "ari", "aki", "ovf", "bare")
_KNOWN = {"image_name", "disk_format", "container_format", "force", "__os_type"}


def existing(call: Call, volume_id: str) -> records.Volume:
    """The project's volume, or EVS.5404."""
    volume = call.cloud.world.volumes.get(volume_id)
    if volume is None or volume.project_id != call.project_id:
        raise Refusal(404, "EVS.5404", f"Volume {volume_id} could not be found.")
    return volume


def act(call: Call, volume_id: str) -> Reply:
    """The action call; the export is the only action there is here."""
    try:
        body = call.json().get(ACTION)
    except Refusal:
        body = None
    if not isinstance(body, dict):
        raise _invalid("The request body is invalid.")
    _check(body)
    volume = existing(call, volume_id)
    _check_state(volume, body.get("force", False))
    _check_room(call)
    image = _image_of(call, volume, body)
    image_id = jobs.named_id(call, image, call.effects.get("volume", {}))
    _launch(call, volume, image)
    return Reply(202, {ACTION: {**_answer(call, volume, image), "image_id": image_id}})


def _invalid(message: str) -> Refusal:
    return Refusal(400, "EVS.5400", message)


def _check(body: dict[str, Any]) -> None:
    if set(body) - _KNOWN:
        raise _invalid(f"Additional properties are not allowed: {sorted(set(body) - _KNOWN)}")
    try:
        rules.checked_name(body.get("image_name"))
    except Refusal as refusal:
        raise _invalid(f"Invalid input for image_name. {refusal.message}") from None
    # openstacksdk sends null for a format that it was not given.
    if (body.get("disk_format") or "vhd") not in _DISK_FORMATS:
        raise _invalid("Invalid input for disk_format.")
    if (body.get("container_format") or "bare") not in _CONTAINER_FORMATS:
        raise _invalid("Invalid input for container_format.")
    if not isinstance(body.get("force", False), bool):
        raise _invalid("Invalid input for force: it must be a boolean.")
    if body.get("__os_type", "linux") not in ("linux", "windows"):
        raise _invalid("Invalid input for __os_type.")


def _check_state(volume: records.Volume, force: bool) -> None:
    usable = ("available", "in-use") if force else ("available",)
    if volume.status not in usable:
        text = f"Invalid volume: the status must be {' or '.join(usable)}, not {volume.status}."
        raise _invalid(text)


def _check_room(call: Call) -> None:
    """Exports go through Cinder and Glance, where names are never unique."""
    try:
        rules.check_room(call, None)
    except Refusal as refusal:
        if refusal.code == "IMG.0015":
            raise Refusal(413, "EVS.5413", "The image quota is exceeded.", shape="nova") from None
        raise Refusal(409, "EVS.2409", "Too many exports at once; try again later.") from None


def _image_of(call: Call, volume: records.Volume, body: dict[str, Any]) -> records.Image:
    switches, world = call.cloud.switches, call.cloud.world
    known = (volume.image_metadata or {}).get("__os_type")
    # __os_type counts only for a disk that is available and whose system is not known.
    wanted = body.get("__os_type", "linux") if volume.status == "available" else "linux"
    os_type = known or wanted.capitalize()
    if volume.bootable:
        attributes = windows() if os_type == "Windows" else linux()
    else:
        attributes = data_disk(__os_type=os_type)
    if switches["export_data_origin"] == "volume":
        attributes["__data_origin"] = f"volume,{volume.id}"
    if volume.key:
        attributes["__system__cmkid"] = volume.key
    return records.Image(
        id=world.new_id(),
        owner=call.project_id,
        facets=records.Facets(name=body["image_name"]),
        created=call.now,
        updated=call.now,
        status="queued",
        min_disk=volume.size,
        size_gb=volume.size / 2,
        disk_format=body.get("disk_format") or switches["export_format"],
        container_format=body.get("container_format") or "bare",
        attributes=attributes,
    )


def _launch(call: Call, volume: records.Volume, image: records.Image) -> None:
    world, cloud, now = call.cloud.world, call.cloud, call.now
    effects = call.effects.get("volume", {})
    before, volume.status, volume.updated = volume.status, "uploading", now
    image.born_at = now + min(call.takes(2.0), cloud.delay("list_delay"))
    image.listed_at = now + jobs.list_delay(call, "volume")
    world.add_image(image)
    jitter = float(cloud.switches["duration_jitter"])
    usual = jobs.SECONDS["export"] * cloud.rng.uniform(1 - jitter, 1 + jitter)
    end = now + call.takes(float(effects.get("duration", usual)))
    world.at(now + (end - now) * 0.3, lambda when: _status(image, "saving", when))
    stuck = effects.get("stuck")
    if stuck is True:
        return

    def back(when: float) -> None:
        volume.status, volume.updated = before, when

    if effects.get("fail"):
        _fail(call, image, end)
        world.at(end, back)
        return
    skew = call.takes(cloud.rng.uniform(-1, 1) * float(cloud.switches["status_skew"]))
    world.at(end, lambda when: jobs.activate(image, when))
    if stuck != "volume":
        world.at(end + skew, back)


def _status(image: records.Image, status: str, when: float) -> None:
    image.status, image.updated = status, when


def _fail(call: Call, image: records.Image, end: float) -> None:
    """No `killed` image is left: the record falls back to queued and vanishes."""
    world = call.cloud.world
    world.at(end - call.takes(5), lambda when: _status(image, "queued", when))
    world.at(end, lambda when: jobs.spoil(call, image, "vanishes"))


def _answer(call: Call, volume: records.Volume, image: records.Image) -> dict[str, Any]:
    volume_type = {
        "id": known_id(f"volume type {volume.volume_type}"),
        "name": volume.volume_type,
        "description": "None",
        "is_public": True,
        "deleted": False,
        "created_at": "2015-05-24T14:47:22.132268",
        "updated_at": "2017-07-29T11:29:33.730076",
        "deleted_at": None,
        "extra_specs": {"volume_backend_name": volume.volume_type},
        "qos_specs_id": None,
    }
    return {
        "id": volume.id,
        "image_id": image.id,
        "image_name": image.facets.name,
        "status": "uploading",
        "size": volume.size,
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "display_description": volume.description,
        "updated_at": times.evs(call.now),
        "volume_type": volume_type,
    }
