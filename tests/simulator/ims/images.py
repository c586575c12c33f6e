# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing, showing, changing and deleting images."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from .. import records
from ..api import Call, Reply, Routes
from ..errors import Refusal, img
from . import find, listing, patch, render

ROUTES = Routes("ims")
PAGE = 500
GLANCE_PAGE = 25


@ROUTES.on("GET", "/v2/cloudimages", action="ims:images:list")
def list_images(call: Call) -> Reply:
    images, more = listing.page(call, listing.listed(call), PAGE)
    body: dict[str, Any] = {"images": [_listed(call, image) for image in images]}
    how = call.cloud.switches["list_next"]
    if images and how == "page_info":
        body["page_info"] = {"next_marker": images[-1].id}
    elif images and more and how == "next":
        body["next"] = _link("/v2/cloudimages", call, images[-1].id)
    return Reply(200, body)


@ROUTES.on("GET", "/v2/images", action="ims:images:list")
def glance_list(call: Call) -> Reply:
    images, more = listing.page(call, listing.listed(call), GLANCE_PAGE)
    body: dict[str, Any] = {
        "images": [_listed(call, image) for image in images],
        "first": _link("/v2/images", call, None),
        "schema": "/v2/schemas/images",
    }
    if images and more:
        body["next"] = _link("/v2/images", call, images[-1].id)
    return Reply(200, body)


def _listed(call: Call, image: records.Image) -> dict[str, Any]:
    if image.deleted and image.lingering_polls:
        image.lingering_polls -= 1
    return render.show(call.cloud, image, call.project_id, listed=True)


def _link(path: str, call: Call, marker: str | None) -> str:
    query = {name: values[0] for name, values in call.query.items() if name != "marker"}
    if marker:
        query["marker"] = marker
    return f"{path}?{urlencode(query)}" if query else path


@ROUTES.on("GET", "/v2/images/<image_id>", action="ims:images:get")
def show_image(call: Call, image_id: str) -> Reply:
    image = find.glance(call, image_id)
    return Reply(200, render.show(call.cloud, image, call.project_id))


@ROUTES.on("PATCH", "/v2/cloudimages/<image_id>", action="ims:images:get ims:images:update")
def update_image(call: Call, image_id: str) -> Reply:
    return _patch(call, find.own(call, image_id), patch.by_cloudimages)


@ROUTES.on("PATCH", "/v2/images/<image_id>", action="ims:images:get ims:images:update")
def glance_update(call: Call, image_id: str) -> Reply:
    image = find.glance(call, image_id)
    content_type = (call.headers.get("content-type") or "").partition(";")[0].strip()
    if content_type != "application/openstack-images-v2.1-json-patch":
        raise Refusal(415, "415", "Unsupported Media Type", shape="html")
    if image.owner != call.project_id:
        raise img("0047", "Only the owner of the image can do that.")
    return _patch(call, image, patch.by_glance)


def _patch(call: Call, image: records.Image, allowed: patch.Allowed) -> Reply:
    operations = call.any_json()
    if image.status != "active":
        raise img("0046", "The image cannot be used in its present state.")
    facets = patch.applied(call, image, operations, allowed)
    image.remember(call.now + call.cloud.delay("read_lag"))
    image.facets = facets
    image.updated = call.now
    return Reply(200, render.show(call.cloud, image, call.project_id, fresh=True))


@ROUTES.on("DELETE", "/v2/images/<image_id>", action="ims:images:get ims:images:delete")
def delete_image(call: Call, image_id: str) -> Reply:
    going = call.cloud.world.images.get(image_id)
    if going and going.deleted and going.owner == call.project_id:
        return Reply(204)
    image = find.glance(call, image_id)
    _check_deletable(call, image)
    wanted = call.json().get("delete_backup", False) if call.body else False
    if not isinstance(wanted, bool):
        raise img("0016", "delete_backup must be a boolean.")
    _delete(call, image)
    backup_id = image.attributes.get("__backup_id")
    if wanted and backup_id:
        _delete_backup(call, backup_id)
    return Reply(204)


def _check_deletable(call: Call, image: records.Image) -> None:
    if image.public:
        raise img("0094", "Public images cannot be deleted.")
    if image.owner != call.project_id:
        raise img("0092", "Only the owner of the image can delete it.")
    if image.facets.protected:
        raise img("0091", "The image is protected.")
    unfinished = image.status in ("queued", "saving")
    if unfinished and call.cloud.switches["delete_unfinished"] == "refused":
        raise img("0090", "The image is still being created.")


def _delete(call: Call, image: records.Image) -> None:
    effects = call.effects.get("delete", {})
    delay, told = call.cloud.delay("delete_lingers"), effects.get("seconds")
    image.gone_at = call.now + (delay if told is None else call.takes(float(told)))
    image.lingering_polls = int(effects.get("polls", 0))
    for backup in call.cloud.world.backups.values():
        if image.id in backup.image_ids:
            backup.image_ids.remove(image.id)


def _delete_backup(call: Call, backup_id: str) -> None:
    """The image is gone by now, whatever becomes of its backup."""
    world = call.cloud.world
    world.checkpoint_items.pop(backup_id, None)
    backup = world.backups.get(backup_id)
    if backup is None:
        return
    if backup.status != "available" or backup.shared_by:
        raise img("0176", "The backup of the whole image could not be deleted.")
    del world.backups[backup_id]
    vault = world.vaults.get(backup.vault_id)
    if vault:
        vault.used_mb = max(0, vault.used_mb - backup.size_gb * 1024)
