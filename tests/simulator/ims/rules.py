# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the image service checks before it accepts a creation (IMS API, 'Image Attributes')."""

from __future__ import annotations

import re
from typing import Any

from .. import records
from ..api import Call
from ..errors import img

_EDGE = r"A-Za-z0-9._\-\u4e00-\u9fff"
_NAME = re.compile(rf"^[{_EDGE}](?:[{_EDGE} ]*[{_EDGE}])?$")
_Forms = tuple[re.Pattern[str], re.Pattern[str]]
# Keys and values by the switch tag_keys, in the form image_tags and in the old form tags (IMS API
# reference of each cloud, 'Image Tag Data Formats').
_STRICT = (
    re.compile(r"[A-Za-z0-9_\-\u4e00-\u9fff]{1,36}"),
    re.compile(r"[A-Za-z0-9_\-.\u4e00-\u9fff]{0,43}"),
)
_FLEXIBLE_ENGINE = (
    re.compile(r"(?! )[^=*<>\\,|/\x00-\x1f]{1,36}(?<! )"),
    re.compile(r"(?! )[^=*<>\\,|/\x00-\x1f]{0,43}(?<! )"),
)
_OTC = (re.compile(r".{1,36}", re.DOTALL), re.compile(r".{0,43}", re.DOTALL))
_OTC_OLD = (re.compile(r"[A-Za-z0-9_\-]{1,36}"), re.compile(r"[A-Za-z0-9_\-]{0,43}"))
_TAG_FORMS: dict[str, tuple[_Forms, _Forms]] = {
    "strict": (_STRICT, _STRICT),
    "flexible-engine": (_FLEXIBLE_ENGINE, _STRICT),
    "otc": (_OTC, _OTC_OLD),
}
MOST_TAGS = 10


def checked_name(value: Any) -> str:
    if value is None or value == "":
        raise img("0013", "The image name is missing.")
    if not isinstance(value, str):
        raise img("0062", "The image name must be a string.")
    if len(value) > 128:
        raise img("0002", "The image name has more than 128 characters.")
    if not _NAME.match(value):
        raise img("0003", "The image name contains invalid characters.")
    return value


def checked_description(value: Any) -> str | None:
    """None where there is none: an empty description leaves the attribute absent."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise img("0054", "The image description must be a string.")
    if len(value) > 1024:
        raise img("0004", "The image description has more than 1024 characters.")
    if re.search(r"[\r\n<>]", value):
        raise img("0054", "The image description contains invalid characters.")
    return value


def checked_tags(
    call: Call, pairs: list[tuple[Any, Any]], *, old_form: bool = False
) -> dict[str, str]:
    """Tags as a mapping; IMG.0115 for a bad one, IMG.0116 for too many."""
    cloud = call.cloud.switches["tag_keys"]
    good_key, good_value = _TAG_FORMS[cloud][old_form]
    tags: dict[str, str] = {}
    for key, value in pairs:
        if not isinstance(key, str) or not good_key.fullmatch(key):
            raise img("0115", "A tag key is invalid.")
        if not isinstance(value, str) or not good_value.fullmatch(value):
            raise img("0115", "A tag value is invalid.")
        if cloud == "otc":  # spaces at the ends are deleted
            key, value = key.strip(" "), value.strip(" ")
        tags[key] = value
    if len(tags) > MOST_TAGS:
        raise img("0116", "An image can have at most 10 tags.")
    return tags


def tags_of(call: Call, body: dict[str, Any]) -> dict[str, str]:
    """The tags of a creation, in their old form (`tags`) or new (`image_tags`)."""
    old, new = body.get("tags"), body.get("image_tags")
    if old and new:
        raise img("0115", "Either tags or image_tags can be used.")
    if old:
        if not isinstance(old, list) or not all(isinstance(item, str) for item in old):
            raise img("0115", "tags must be a list of strings.")
        return checked_tags(call, [item.partition(".")[::2] for item in old], old_form=True)
    return checked_tags(call, pairs_of(new or []))


def pairs_of(items: Any) -> list[tuple[Any, Any]]:
    """Key and value of each `{key, value}`; both are mandatory."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise img("0115", "Tags must be a list of objects.")
    if not all({"key", "value"} <= set(item) for item in items):
        raise img("0115", "A tag needs a key and a value.")
    return [(item["key"], item["value"]) for item in items]


def checked_ram(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise img("0055", f"The value of {name} is invalid.")
    return value


def checked_enterprise_project(call: Call, value: Any) -> str:
    if value in (None, ""):
        return "0"
    if str(value) not in call.cloud.world.enterprise_projects:
        raise img("0155", "The enterprise project ID is invalid.")
    return str(value)


def facets_of(call: Call, body: dict[str, Any]) -> records.Facets:
    """The changeable part of a new image, validated."""
    name = checked_name(body.get("name"))
    max_ram = body.get("max_ram")
    if max_ram == 0 and call.cloud.switches["zero_max_ram"] == "refused":
        raise img("0055", "The value of max_ram is invalid.")
    facets = records.Facets(
        name=name,
        description=checked_description(body.get("description")),
        min_ram=checked_ram(body.get("min_ram", 0), "min_ram"),
        max_ram=None if max_ram is None else checked_ram(max_ram, "max_ram"),
        enterprise_project_id=checked_enterprise_project(call, body.get("enterprise_project_id")),
        tags=tags_of(call, body),
    )
    if facets.max_ram and facets.max_ram < facets.min_ram:
        raise img("0055", "max_ram is less than min_ram.")
    return facets


def check_room(call: Call, name: str | None) -> None:
    """Quota, flow control and (by switch) the uniqueness of names; None: names do not matter."""
    world, switches, project_id = call.cloud.world, call.cloud.switches, call.project_id
    own = world.own_images(project_id)
    unique = name is not None and switches["duplicate_names"] == "refused"
    if unique and any(i.facets.name == name and i.status != "killed" for i in own):
        raise img("0009", "The image name has been used.")
    if len(own) >= switches["image_quota"]:
        raise img("0015", "The quota of private images is used up.")
    limit = switches["create_limit"]
    busy = len(world.running_jobs(project_id, call.now)) + world.uploading(project_id)
    if limit is not None and busy >= limit:
        raise img("0060", "Too many tasks run at the same time; try again later.")
