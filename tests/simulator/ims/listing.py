# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters, order and pages of image lists (IMS API, 'Querying Images')."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from .. import records, times
from ..api import Call
from ..errors import Refusal, img
from . import find, render

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
}
_SORT_KEYS = {"name", "container_format", "disk_format", "status", "id", "size", "created_at"}
# Compared as text with what the image shows.
_PLAIN = (
    "id",
    "name",
    "owner",
    "status",
    "visibility",
    "__imagetype",
    "__isregistered",
    "__system__cmkid",
    "__os_type",
    "__os_bit",
    "__platform",
    "virtual_env_type",
    "container_format",
    "disk_format",
    "min_ram",
    "min_disk",
)


# What is no attribute by its name, and would win over one.
_TOLD: dict[str, Callable[[Call, records.Image], Any]] = {
    "id": lambda _call, image: image.id,
    "name": lambda call, image: image.shown(call.now).name,
    "owner": lambda _call, image: image.owner,
    "status": lambda _call, image: image.status,
    "visibility": lambda call, image: render.visibility(image, call.project_id),
    "__imagetype": lambda call, image: render.image_type(image, call.project_id),
    "__isregistered": lambda _call, _image: "true",
    "container_format": lambda _call, image: image.container_format,
    "disk_format": lambda _call, image: image.disk_format,
    "min_ram": lambda call, image: image.shown(call.now).min_ram,
    "min_disk": lambda _call, image: image.min_disk,
}


def listed(call: Call) -> list[records.Image]:
    """The images that a list call shows now, filtered and sorted; all pages."""
    if call.arg("enterprise_project_id") == "all_granted_eps":
        how = call.cloud.switches["all_projects"]
        if how == "refused":
            raise img("0155", "The enterprise project ID is invalid.")
        if how == "empty":
            return []
    given = ((name, call.arg(name)) for name in _PLAIN)
    plain = [(name, text) for name, text in given if text is not None]
    tests = [test for name, test in _TESTS.items() if name is None or name in call.query]
    if any(name.startswith("__support_") for name in call.query):
        tests.append(_supports)
    images = [
        image
        for image in call.cloud.world.images.values()
        if all(str(_told(call, image, name)) == text for name, text in plain)
        and _present(call, image)
        and all(test(call, image) for test in tests)
    ]
    return _sorted(call, images)


def _present(call: Call, image: records.Image) -> bool:
    if call.now < image.listed_at:
        return False
    standing = find.membership(call, image)
    if standing in ("pending", "rejected"):
        if call.arg("member_status") != standing:
            return False
    elif standing is None or (call.arg("member_status") or "accepted") != "accepted":
        return False
    if not image.deleted:
        return True
    return image.lingering_polls > 0 or call.now < (image.gone_at or 0)


def _told(call: Call, image: records.Image, name: str) -> Any:
    """What the image shows under the name; '' where it has no such attribute."""
    tell = _TOLD.get(name)
    return tell(call, image) if tell else image.attributes.get(name, "")


def _protected(call: Call, image: records.Image) -> bool:
    return str(call.arg("protected")).lower() == str(image.facets.protected).lower()


def _whole(call: Call, image: records.Image) -> bool:
    return str(call.arg("__whole_image")).lower() == str(image.whole).lower()


def _architecture(call: Call, image: records.Image) -> bool:
    arm = image.attributes.get("__support_arm") == "true"
    return call.arg("architecture") == ("arm" if arm else "x86")


def _supports(call: Call, image: records.Image) -> bool:
    support = [name for name in call.query if name.startswith("__support_")]
    return all(str(image.attributes.get(name, "")).lower() == call.arg(name) for name in support)


def _tagged(call: Call, image: records.Image) -> bool:
    """Tags are asked for as `key=value` in one parameter, whatever form they came in."""
    tags = image.shown(call.now).tags
    wanted = (text.partition("=") for text in call.query.get("tag", []))
    return all(tags.get(key) == value for key, _mark, value in wanted)


def _in_enterprise_project(call: Call, image: records.Image) -> bool:
    wanted = call.arg("enterprise_project_id")
    if wanted == "all_granted_eps" or image.public:
        return True
    if wanted is None:
        if call.cloud.switches["list_projects"] == "all":
            return True
        wanted = "0"
    return image.shown(call.now).enterprise_project_id == wanted


def _in_time(call: Call, name: str, moment: float) -> bool:
    for text in call.query.get(name, []):
        word, _mark, value = text.partition(":")
        when = times.parse(value)
        if word not in _OPERATORS or when is None:
            raise img("0016", f"The value of {name} is invalid.")
        if not _OPERATORS[word](float(int(moment)), when):
            return False
    return True


# The parameter that asks for it -> what an image has to pass; None: always.
_TESTS: dict[str | None, Callable[[Call, records.Image], bool]] = {
    "protected": _protected,
    "__whole_image": _whole,
    "architecture": _architecture,
    "tag": _tagged,
    None: _in_enterprise_project,
    "created_at": lambda call, image: _in_time(call, "created_at", image.created),
    "updated_at": lambda call, image: _in_time(call, "updated_at", image.updated),
}


def _sorted(call: Call, images: list[records.Image]) -> list[records.Image]:
    key = call.arg("sort_key") or "created_at"
    direction = call.arg("sort_dir") or "desc"
    if key not in _SORT_KEYS or direction not in ("asc", "desc"):
        raise img("0016", "sort_key or sort_dir is invalid.")

    def order(image: records.Image) -> tuple[Any, str]:
        if key == "created_at":
            return int(image.created), image.id
        if key == "size":
            return image.size_gb, image.id
        return str(_told(call, image, key)), image.id

    return sorted(images, key=order, reverse=direction == "desc")


def page(call: Call, images: list[records.Image], default: int) -> tuple[list[records.Image], bool]:
    """The page after `marker` and whether more follow it."""
    limit = _limit(call, default)
    start = 0
    marker = call.arg("marker")
    if marker:
        ids = [image.id for image in images]
        if marker not in ids:
            raise Refusal(400, "IMG.0027", "The marker image could not be found.")
        start = ids.index(marker) + 1
    return images[start : start + limit], start + limit < len(images)


def _limit(call: Call, default: int) -> int:
    text = call.arg("limit")
    if text is not None and not text.isdigit():
        raise img("0016", "limit must be a number.")
    limit = default if text is None else int(text)
    forced = call.effects.get("page", {}).get("size") or call.cloud.switches["page_size"]
    return min(limit, forced) if forced else limit
