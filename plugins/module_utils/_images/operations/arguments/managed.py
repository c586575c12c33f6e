# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every module that creates or changes an image: its name and its managed
attributes. doc_fragments/managed_attributes.py documents them.

Source of the rules: IMS API reference, "Image Attributes".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...failures import InvalidArgument
from ...validation import check_times, enterprise_project, refuse_pattern, reject

MANAGED_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
    "min_ram": {"type": "int"},
    "max_ram": {"type": "int"},
    "enterprise_project_id": {"type": "str"},
    "image_tags": {"type": "raw"},
    "tags": {"type": "list", "elements": "str"},
    "purge_tags": {"type": "bool", "default": True},
    "delete_all": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
}

_NAME_LENGTH = 128
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 ._\-\u3400-\u4dbf\u4e00-\u9fff]")
_NAME_RULE = (
    "1 to 128 letters (without accents, or Chinese), digits, spaces, '-', '.' and '_', "
    "not starting or ending with a space"
)
_DESCRIPTION_LENGTH = 1024
_NOT_IN_DESCRIPTIONS = "\r\n<>"
_MOST_TAGS = 10
# All clouds refuse these in keys and values of tags. Most regions of Huawei Cloud accept only
# letters, digits, '_', '-' and (in values) '.'; Flexible Engine accepts everything else (IMS API
# reference, "Image Tag Data Formats", of each cloud). So the cloud decides on the rest.
_NOT_IN_TAGS = r"=*<>\\,|/\x00-\x1f\x7f"
_TAG_KEY = re.compile(rf"(?! )[^{_NOT_IN_TAGS}]{{1,36}}(?<! )")
_TAG_VALUE = re.compile(rf"(?! )[^{_NOT_IN_TAGS}]{{0,43}}(?<! )")
_TAG_RULE = "characters, none of them = * < > \\ , | / or a control character, no space at the ends"


def check_managed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check managed attributes, and return the arguments with both forms of tags as one mapping in
    `image_tags`. Raises InvalidArgument."""
    result = check_times(arguments)
    _check_description(result.get("description"))
    _check_ram(result.get("min_ram"), result.get("max_ram"))
    result["enterprise_project_id"] = enterprise_project(result.get("enterprise_project_id"))
    result["image_tags"] = _tags(result.get("tags"), result.get("image_tags"))
    return result


def check_name(name: str) -> None:
    """Raises InvalidArgument for what cannot be the name of an image."""
    refuse_pattern("name", name)
    wrong = sorted(set(_NOT_IN_NAMES.findall(name)))
    problem = f"it must not contain {', '.join(map(repr, wrong))}" if wrong else ""
    if len(name) > _NAME_LENGTH:
        problem = f"it has {len(name)} characters"
    elif name != name.strip(" "):
        problem = "it starts or ends with a space"
    if problem or not name:
        raise reject("name", name, f"{problem or 'it is empty'}; use {_NAME_RULE}")


def _check_description(text: str | None) -> None:
    if text is None:
        return
    if len(text) > _DESCRIPTION_LENGTH:
        raise InvalidArgument(
            f"description: {text[:40]!r}… has {len(text)} characters, at most "
            f"{_DESCRIPTION_LENGTH} are accepted."
        )
    if any(character in text for character in _NOT_IN_DESCRIPTIONS):
        raise reject(
            "description", text, "line breaks and the characters '<' and '>' are not allowed in it"
        )


def _check_ram(min_ram: int | None, max_ram: int | None) -> None:
    for option, value in (("min_ram", min_ram), ("max_ram", max_ram)):
        if value is not None and value < 0:
            raise reject(option, value, "it is in MB, 0 (no limit) or more")
    if min_ram and max_ram and max_ram < min_ram:
        raise reject("max_ram", max_ram, f"it is less than min_ram ({min_ram} MB)")


def _tags(old: list[str] | None, new: Any) -> dict[str, str] | None:
    """Return the tags of `tags` (old: a list of key.value) or of `image_tags` (new: a mapping, or a
    list of {key, value}); None if neither is given.

    Both are "left blank by default" (IMS API reference, "Creating a Full-ECS Image"), so one of
    them may be empty beside the other.
    """
    pairs = None if new is None else _pairs(new)
    if old and pairs:
        raise InvalidArgument(
            "tags and image_tags: give one of the two, they say the same in different forms."
        )
    if old:
        # The first dot splits; what has none is a key without a value.
        return _checked_tags("tags", [item.partition(".")[::2] for item in old])
    if pairs is not None:
        return _checked_tags("image_tags", pairs)
    return None if old is None else {}


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        for item in value:
            if set(item) != {"key", "value"}:
                raise reject(
                    "image_tags",
                    dict(item),
                    "each entry of the list needs key and value, and nothing else",
                )
        return [(item["key"], item["value"]) for item in value]
    raise reject("image_tags", value, "it is a mapping (key: value), or a list of {key, value}")


def _checked_tags(option: str, pairs: list[tuple[Any, Any]]) -> dict[str, str]:
    result: dict[str, str] = {}
    for raw_key, raw_value in pairs:
        key = _tag_text(option, raw_key, raw_key)
        value = _tag_text(option, "" if raw_value is None else raw_value, {raw_key: raw_value})
        if not _TAG_KEY.fullmatch(key):
            form = "; write key.value, or image_tags with key: value" if option == "tags" else ""
            raise reject(option, key, f"a key has 1 to 36 {_TAG_RULE}{form}")
        if not _TAG_VALUE.fullmatch(value):
            raise reject(option, f"{key}: {value}", f"a value has 0 to 43 {_TAG_RULE}")
        if key.startswith("_sys"):
            raise reject(option, key, "keys that start with _sys belong to the cloud")
        if key in result:
            raise reject(option, key, "this key is given twice")
        result[key] = value
    if len(result) > _MOST_TAGS:
        raise InvalidArgument(
            f"{option}: {len(result)} tags are given, an image has at most {_MOST_TAGS}."
        )
    return result


def _tag_text(option: str, value: Any, shown: Any) -> str:
    """Return a key or a value as text. YAML has changed true, 1.10 and the like already, so they
    must be quoted. `shown`: what a refusal quotes."""
    if isinstance(value, (bool, float)) or not isinstance(value, (str, int)):
        raise reject(option, shown, "keys and values are text; put it in quotes")
    return str(value)
