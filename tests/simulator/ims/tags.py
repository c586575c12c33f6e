# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of images (IMS API, 'Image Tag')."""

from __future__ import annotations

from typing import Any

from .. import records
from ..api import Call, Reply, Routes
from ..errors import Refusal, img
from . import find, rules

ROUTES = Routes("ims")


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _write(call: Call, image: records.Image, tags: dict[str, str]) -> Reply:
    if image.status != "active":
        raise img("0046", "The image cannot be used in its present state.")
    if len(tags) > rules.MOST_TAGS:
        raise img("0116", "An image can have at most 10 tags.")
    image.remember(call.now + call.cloud.delay("read_lag"))
    image.facets.tags = tags
    image.updated = call.now
    return Reply(204)


def _check_published(call: Call) -> None:
    how = call.cloud.switches["tag_calls"]
    if how == "gateway":
        text = "The API does not exist or has not been published in the environment"
        raise Refusal(404, "APIGW.0101", text, shape="gateway")
    if how == "page":
        raise Refusal(404, "404", "Not Found", shape="html")


@ROUTES.on("GET", "/v2/<pid>/images/<image_id>/tags", action="ims:images:list")
def list_tags(call: Call, image_id: str) -> Reply:
    _check_published(call)
    image = find.existing(call, image_id)
    return Reply(200, {"tags": _pairs(image.shown(call.now).tags)})


@ROUTES.on("POST", "/v2/<pid>/images/<image_id>/tags", action="ims:images:update")
def add_tag(call: Call, image_id: str) -> Reply:
    _check_published(call)
    image = find.own(call, image_id)
    tag = rules.checked_tags(call, rules.pairs_of([call.json().get("tag")]))
    return _write(call, image, {**image.facets.tags, **tag})


@ROUTES.on("POST", "/v2/<pid>/images/<image_id>/tags/action", action="ims:images:update")
def change_tags(call: Call, image_id: str) -> Reply:
    _check_published(call)
    image = find.own(call, image_id)
    body = call.json()
    items = body.get("tags")
    tags = dict(image.facets.tags)
    if body.get("action") == "create":
        tags.update(rules.checked_tags(call, rules.pairs_of(items)))
    elif body.get("action") == "delete":
        for key in _keys(items):
            tags.pop(key, None)
    else:
        raise img("0016", "The action must be create or delete.")
    return _write(call, image, tags)


def _keys(items: Any) -> list[str]:
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get("key"), str) for item in items
    ):
        raise img("0115", "Tags must be a list of objects with keys.")
    return [item["key"] for item in items]


@ROUTES.on("DELETE", "/v2/<pid>/images/<image_id>/tags/<key>", action="ims:images:update")
def delete_tag(call: Call, image_id: str, key: str) -> Reply:
    image = find.own(call, image_id)
    if key not in image.facets.tags:
        raise Refusal(404, "IMG.0115", "The tag does not exist.")
    return _write(call, image, {k: v for k, v in image.facets.tags.items() if k != key})


@ROUTES.on("DELETE", "/v1/<pid>/cloudimages/<image_id>/tags/delete", action="ims:images:update")
def delete_tags(call: Call, image_id: str) -> Reply:
    image = find.own(call, image_id)
    gone = _keys(call.json().get("tags"))
    return _write(call, image, {k: v for k, v in image.facets.tags.items() if k not in gone})


@ROUTES.on("GET", "/v2/<pid>/images/tags", action="ims:images:list")
def list_all_tags(call: Call) -> Reply:
    values: dict[str, list[str]] = {}
    for image in call.cloud.world.own_images(call.project_id):
        for key, value in image.shown(call.now).tags.items():
            values.setdefault(key, [])
            if value not in values[key]:
                values[key].append(value)
    return Reply(200, {"tags": [{"key": key, "values": row} for key, row in values.items()]})


@ROUTES.on("POST", "/v2/<pid>/images/resource_instances/action", action="ims:images:list")
def find_by_tags(call: Call) -> Reply:
    body = call.json()
    if body.get("action") not in ("filter", "count"):
        raise img("0016", "The action must be filter or count.")
    images = [i for i in call.cloud.world.own_images(call.project_id) if _matches(call, i, body)]
    if body["action"] == "count":
        return Reply(200, {"total_count": len(images)})
    offset, limit = int(body.get("offset") or 0), int(body.get("limit") or 1000)
    resources = [
        {
            "resource_id": image.id,
            "resource_name": image.facets.name,
            "resource_detail": None,
            "tags": _pairs(image.facets.tags),
        }
        for image in images[offset : offset + limit]
    ]
    return Reply(200, {"resources": resources, "total_count": len(images)})


def _matches(call: Call, image: records.Image, body: dict[str, Any]) -> bool:
    facets = image.shown(call.now)
    for tag in body.get("tags") or []:
        values = tag.get("values") or []
        if tag["key"] not in facets.tags or (values and facets.tags[tag["key"]] not in values):
            return False
    return all(match["value"] == facets.name for match in body.get("matches") or [])


@ROUTES.on("GET", "/v1/cloudimages/tags", action="ims:images:list")
def legacy_list(call: Call) -> Reply:
    images = call.cloud.world.own_images(call.project_id)
    texts = {f"{k}.{v}" for image in images for k, v in image.shown(call.now).tags.items()}
    return Reply(200, {"tags": sorted(texts)})


@ROUTES.on("PUT", "/v1/cloudimages/tags", action="ims:images:update")
def legacy_set(call: Call) -> Reply:
    body = call.json()
    image = find.own(call, str(body.get("image_id")))
    if body.get("image_tag"):
        tag = rules.checked_tags(call, rules.pairs_of([body["image_tag"]]))
    else:
        tag = rules.tags_of(call, {"tags": [body.get("tag")]})
    return _write(call, image, {**image.facets.tags, **tag})


@ROUTES.on("PUT", "/v2/images/<image_id>/tags/<tag>", action="ims:images:update")
def glance_add(call: Call, image_id: str, tag: str) -> Reply:
    image = find.glance(call, image_id)
    return _write(call, image, {**image.facets.tags, **_glance_tag(call, tag)})


@ROUTES.on("DELETE", "/v2/images/<image_id>/tags/<tag>", action="ims:images:update")
def glance_delete(call: Call, image_id: str, tag: str) -> Reply:
    image = find.glance(call, image_id)
    gone = _glance_tag(call, tag)
    if not gone.items() <= image.facets.tags.items():
        raise Refusal(404, "404", "Tag could not be found.", shape="html")
    return _write(call, image, {k: v for k, v in image.facets.tags.items() if k not in gone})


def _glance_tag(call: Call, text: str) -> dict[str, str]:
    separator = "=" if "=" in text else "."
    return rules.checked_tags(call, [text.partition(separator)[::2]], old_form=True)
