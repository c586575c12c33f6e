# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module image_retention."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...failures import InvalidArgument
from ...validation import (
    check_given,
    check_image,
    check_tag,
    check_times,
    enterprise_project,
    id_or_name,
    reject,
    seconds,
)
from .connection import CONNECTION

FAMILY: dict[str, dict[str, Any]] = {
    "name": {"type": "str"},
    "tag": {"type": "str"},
    "source": {"type": "str"},
    "keep_newest": {"type": "int"},
    "keep_younger_than": {"type": "str"},
    "predicted": {"type": "int", "default": 0},
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    **CONNECTION,
    "families": {"type": "list", "elements": "dict", "required": True, "options": FAMILY},
    "keep": {"type": "list", "elements": "str", "default": []},
    "delete_backup": {"type": "bool", "default": False},
    "enterprise_project_id": {"type": "str"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 3600},
}
PERMISSIONS = (
    *("ims:images:list", "ims:images:get", "ecs:cloudServers:list"),
    # Members can only be listed of an image that exists, so the doctor cannot try this one.
    "ims:images:share",
    *("ims:images:delete", "cbr:backups:delete"),
)

# Wildcards of fnmatch. A bracket at the start of a set belongs to the set; an unclosed one is a
# plain character.
_WILDCARD = re.compile(r"[*?]|\[(?:!|(?!!))(?:\][^\]]*|[^\]]+)\]")
# A pattern needs so many letters or digits beside its wildcards to mean some images and not all.
_LITERALS = 2


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options. Ages are returned in seconds, `keep_newest` as a number. Raises
    InvalidArgument."""
    result = check_times(arguments)
    check_given("enterprise_project_id", arguments.get("enterprise_project_id"))
    result["enterprise_project_id"] = enterprise_project(result.get("enterprise_project_id"))
    if not arguments["families"]:
        raise InvalidArgument("families: it is empty; say which images belong together.")
    result["families"] = [
        _family(number, family) for number, family in enumerate(arguments["families"], 1)
    ]
    for number, kept in enumerate(arguments["keep"], 1):
        check_given(f"keep, entry {number}", kept)
        check_image(f"keep, entry {number}", kept)
    # Of "a, b" Ansible makes "a" and " b", which is no image's name: it would not be kept.
    result["keep"] = [id_or_name(kept.strip()) for kept in arguments["keep"]]
    return result


def _family(number: int, family: Mapping[str, Any]) -> dict[str, Any]:
    """Check one family. Neither "all images of the project" nor "keep none" is a default: both have
    to be given."""
    where = f"families, entry {number}"
    name, tag, source = (family.get(option) for option in ("name", "tag", "source"))
    newest = family.get("keep_newest")
    check_given(f"{where}: name", name)
    check_tag(f"{where}: tag", tag)
    check_given(f"{where}: source", source)
    younger = seconds(family.get("keep_younger_than"), f"{where}: keep_younger_than")
    if name is None and tag is None and source is None:
        raise InvalidArgument(f"{where}: name, tag or source has to say which images belong to it.")
    if name is not None and tag is None and source is None:
        _check_pattern(f"{where}: name", name)
    if newest is None and younger is None:
        raise InvalidArgument(
            f"{where}: keep_newest or keep_younger_than has to say what is to be kept."
        )
    if newest is not None and newest < 0:
        raise reject(f"{where}: keep_newest", newest, "it is a number of images, 0 or more")
    predicted = family.get("predicted") or 0
    if predicted < 0:
        raise reject(f"{where}: predicted", predicted, "it is a number of images, 0 or more")
    if newest == 0 and younger is None:
        raise reject(
            f"{where}: keep_newest", newest, "no image would be kept; give keep_younger_than, too"
        )
    return {
        "name": name,
        "tag": tag,
        "source": id_or_name(source),
        "keep_newest": 1 if newest is None else newest,
        "keep_younger_than": younger,
        "predicted": predicted,
    }


def _check_pattern(option: str, name: str) -> None:
    literals = _WILDCARD.sub("", name)
    is_pattern = literals != name
    if is_pattern and sum(character.isalnum() for character in literals) < _LITERALS:
        raise reject(
            option,
            name,
            "it may mean all images; a pattern needs at least two letters or digits beside its "
            "wildcards, or a tag or a source with it",
        )
