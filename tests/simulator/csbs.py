# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The older backup service: look-up of checkpoint items (CSBS API)."""

from __future__ import annotations

from typing import Any

from . import records, times
from .api import Call, Reply, Routes, lookup_limit
from .errors import Refusal
from .world import known_id

ROUTES = Routes("csbs")


@ROUTES.on("GET", "/v1/<pid>/checkpoint_items", action="csbs:checkpointItems:list")
def list_items(call: Call) -> Reply:
    """`name` and `resource_name` are matched anywhere."""
    items = [
        item
        for item in call.cloud.world.checkpoint_items.values()
        if item.project_id == call.project_id
        and (call.arg("name") or "") in item.name
        and (call.arg("resource_name") or "") in item.resource_name
        and call.arg("status") in (None, item.status)
        and call.arg("resource_id") in (None, item.resource_id)
    ]
    ids = [item.id for item in items]
    marker, limit = call.arg("marker"), call.arg("limit")
    start = ids.index(marker) + 1 if marker in ids else 0
    most = lookup_limit(call, int(limit) if limit and limit.isdigit() else len(items))
    page = items[start : start + most]
    return Reply(
        200,
        {"checkpoint_items": [_shown(call, item) for item in page], "checkpoint_items_links": []},
    )


@ROUTES.on("GET", "/v1/<pid>/checkpoint_items/<item_id>", action="csbs:checkpointItems:get")
def show_item(call: Call, item_id: str) -> Reply:
    item = call.cloud.world.checkpoint_items.get(item_id)
    if item is None or item.project_id != call.project_id:
        raise Refusal(404, "CSBS.9900", "The checkpoint item does not exist.")
    return Reply(200, {"checkpoint_item": _shown(call, item)})


def _shown(call: Call, item: records.CheckpointItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "status": item.status,
        "checkpoint_id": known_id(f"checkpoint {item.id}"),
        "resource_id": item.resource_id,
        "resource_type": "OS::Nova::Server",
        "created_at": times.evs(item.created),
        "extend_info": {
            "name": item.name,
            "description": "",
            "resource_name": item.resource_name,
            "size": item.size_gb * 1024,
            "status": item.status,
            "os_images_data": "",
            "volume_backups": [_disk(call.cloud.world.volumes[one]) for one in item.volume_ids],
        },
        "backup_data": {"eh_cloud_az": "eu-west-101a"},
    }


def _disk(volume: records.Volume) -> dict[str, Any]:
    """A disk as the backup holds it, which does not tell whether it is shared."""
    return {
        "id": known_id(f"backup of {volume.id}"),
        "name": "manualbk",
        "status": "available",
        "bootable": volume.bootable,
        "image_type": "backup",
        "incremental": False,
        "size": 0,
        "snapshot_id": known_id(f"snapshot of {volume.id}"),
        "source_volume_id": volume.id,
        "source_volume_name": volume.name,
        "source_volume_size": volume.size,
    }
