# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volume service: look-ups in two dialects and the export of a disk as an image (EVS API)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from . import exports, records, times
from .api import Call, Reply, Routes, lookup_count, lookup_limit, lookup_project
from .errors import Refusal
from .world import known_id

ROUTES = Routes("evs")
MOST = 1000


@ROUTES.on(
    "GET",
    "/v2/<pid>/cloudvolumes/<volume_id>",
    "/v2/<pid>/volumes/<volume_id>",
    "/v3/<pid>/volumes/<volume_id>",
    action="evs:volumes:get",
)
def show_volume(call: Call, volume_id: str) -> Reply:
    return Reply(200, {"volume": _shown(exports.existing(call, volume_id))})


@ROUTES.on("GET", "/v2/<pid>/cloudvolumes/detail", action="evs:volumes:list")
def list_cloud_volumes(call: Call) -> Reply:
    """The extension list: names are matched anywhere in the name."""
    wanted = call.arg("name")
    ids = re.findall(r"[0-9a-f\-]{36}", call.arg("ids") or "")
    project = call.arg("enterprise_project_id")
    of_all = lookup_project(call, "EVS.5403")

    def fits(volume: records.Volume) -> bool:
        return (
            (wanted is None or wanted in volume.name)
            and (not ids or volume.id in ids)
            and call.arg("id") in (None, volume.id)
            and call.arg("server_id") in (None, volume.server_id)
            and project in (*of_all, volume.enterprise_project_id)
        )

    page, total, links = _page(call, _matching(call, fits))
    return Reply(
        200, {"count": total, "volumes": [_shown(v) for v in page], "volumes_links": links}
    )


@ROUTES.on("GET", "/v3/<pid>/volumes/detail", "/v2/<pid>/volumes/detail", action="evs:volumes:list")
@ROUTES.on("GET", "/v3/<pid>/volumes", "/v2/<pid>/volumes", action="evs:volumes:list")
def list_volumes(call: Call) -> Reply:
    """The Cinder list; whether EVS matches names exactly there is not documented."""
    wanted = call.arg("name")
    contains = call.cloud.switches["cinder_names"] == "contains"

    def fits(volume: records.Volume) -> bool:
        return wanted is None or (wanted in volume.name if contains else wanted == volume.name)

    page, _total, links = _page(call, _matching(call, fits))
    body: dict[str, Any] = {"volumes": [_shown(volume) for volume in page]}
    if links:
        body["volumes_links"] = links
    return Reply(200, body)


def _matching(call: Call, fits: Callable[[records.Volume], bool]) -> list[records.Volume]:
    status = call.arg("status")
    mine = [
        volume
        for volume in call.cloud.world.volumes.values()
        if volume.project_id == call.project_id and status in (None, volume.status)
    ]
    return sorted((v for v in mine if fits(v)), key=lambda v: (-v.created, v.id))


def _page(
    call: Call, volumes: list[records.Volume]
) -> tuple[list[records.Volume], int, list[dict[str, str]]]:
    limit, offset = _number(call, "limit", MOST), _number(call, "offset", 0)
    if not 1 <= limit <= MOST:
        raise Refusal(400, "EVS.5400", "limit must be from 1 to 1000.")
    marker = call.arg("marker")
    if marker:
        ids = [volume.id for volume in volumes]
        if marker not in ids:
            raise Refusal(404, "EVS.5404", "The marker could not be found.")
        offset += ids.index(marker) + 1
    limit = lookup_limit(call, limit)
    page = volumes[offset : offset + limit]
    links = []
    if page and offset + limit < len(volumes):
        query = {name: values[0] for name, values in call.query.items() if name != "offset"}
        query["marker"] = page[-1].id
        href = f"{call.base_url}{call.prefix}{call.path}?{urlencode(query)}"
        links = [{"href": href, "rel": "next"}]
    return page, lookup_count(call, volumes, page), links


def _number(call: Call, name: str, default: int) -> int:
    text = call.arg(name)
    if text is None:
        return default
    if not text.isdigit():
        raise Refusal(400, "EVS.5400", f"{name} must be a number.")
    return int(text)


def _shown(volume: records.Volume) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": volume.id,
        "name": volume.name,
        "description": volume.description,
        "status": volume.status,
        "size": volume.size,
        "bootable": "true" if volume.bootable else "false",
        "volume_type": volume.volume_type,
        "attachments": _attachments(volume),
        "availability_zone": "eu-west-101a",
        "metadata": _metadata(volume),
        "multiattach": volume.multiattach,
        "shareable": volume.multiattach,
        "os-vol-tenant-attr:tenant_id": volume.project_id,
        "os-vol-host-attr:host": None,
        "created_at": times.evs(volume.created),
        "updated_at": times.evs(volume.updated),
        "snapshot_id": None,
        "source_volid": None,
        "user_id": volume.project_id,
        "tags": volume.tags,
        "enterprise_project_id": volume.enterprise_project_id,
        "service_type": volume.service_type,
        "encrypted": volume.key is not None,
        "replication_status": "disabled",
        "consistencygroup_id": None,
        "links": [],
    }
    if volume.image_metadata is not None:
        shown["volume_image_metadata"] = volume.image_metadata
    return shown


def _metadata(volume: records.Volume) -> dict[str, str]:
    metadata = {"hw:passthrough": "false"}
    if volume.key:
        metadata.update({"__system__encrypted": "1", "__system__cmkid": volume.key})
    return metadata


def _attachments(volume: records.Volume) -> list[dict[str, Any]]:
    if volume.server_id is None:
        return []
    attachment = known_id(f"attachment {volume.id}")
    return [
        {
            "server_id": volume.server_id,
            "attachment_id": attachment,
            "device": volume.device,
            "volume_id": volume.id,
            "id": volume.id,
            "attached_at": times.evs(volume.created),
            "host_name": None,
        }
    ]


@ROUTES.on("POST", "/v3/<pid>/volumes/<volume_id>/action", action="evs:volumes:uploadImage")
def act_v3(call: Call, volume_id: str) -> Reply:
    if call.cloud.switches["v3_export"] == "absent":
        text = "The API does not exist or has not been published in the environment"
        raise Refusal(404, "APIGW.0101", text, shape="gateway")
    return exports.act(call, volume_id)


@ROUTES.on("POST", "/v2/<pid>/volumes/<volume_id>/action", action="evs:volumes:uploadImage")
def act_v2(call: Call, volume_id: str) -> Reply:
    return exports.act(call, volume_id)


@ROUTES.on("GET", "/volume/", "/volume/<version>/", action="evs:versions:get", scope="open")
def list_versions(call: Call, version: str | None = None) -> Reply:
    rows = [
        {
            "id": f"{name}.0",
            "status": "CURRENT" if name == "v3" else "SUPPORTED",
            "version": "",
            "min_version": "",
            "updated": "2016-02-08T12:20:21Z",
            "links": [{"rel": "self", "href": f"{call.base_url}/volume/{name}/"}],
        }
        for name in ("v2", "v3")
        if version in (None, name)
    ]
    return Reply(300, {"versions": rows})
