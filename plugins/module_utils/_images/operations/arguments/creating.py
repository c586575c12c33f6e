# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules that create images share: options, checks and permissions.
doc_fragments/image.py documents the options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...failures import InvalidArgument
from ...validation import UUID, id_or_name, reject, seconds
from .connection import CONNECTION
from .managed import MANAGED_OPTIONS, check_managed, check_name

# Before an image is created: is there one of that name, and does one more fit?
READS = ("ims:images:list", "ims:images:get", "ims:quotas:get")
# Afterwards: attributes that a create request does not take, the source tag, replaced images.
WRITES = ("ims:images:update", "ims:images:delete")

# How existing images are treated.
_POLICY: dict[str, dict[str, Any]] = {
    "if_source_differs": {
        "type": "str",
        "choices": ["fail", "replace", "keep"],
        "default": "fail",
    },
    "if_source_unknown": {"type": "str", "choices": ["accept", "fail"], "default": "accept"},
    "max_age": {"type": "str"},
    "keep_old": {"type": "bool", "default": False},
}


def creating(wait_timeout: int, **own: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the argument spec of a module that creates images. `wait_timeout`: the default of this
    option, in seconds. `own`: the options of the module alone."""
    timeout = {"wait_timeout": {"type": "int", "default": wait_timeout}}
    return {**CONNECTION, **MANAGED_OPTIONS, **_POLICY, **timeout, **own}


def check_creating(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options that all of these modules share. `max_age` is returned in seconds. Raises
    InvalidArgument."""
    _check_identity(arguments)
    result = check_managed(arguments)
    result["image_id"] = id_or_name(result.get("image_id"))
    result["max_age"] = seconds(result.get("max_age"))
    return result


def check_needed(arguments: Mapping[str, Any], *options: str) -> None:
    """Check options that are needed to create an image, but not to delete it."""
    for option in options:
        if arguments["state"] == "present" and arguments.get(option) is None:
            raise InvalidArgument(f"{option}: it is missing, and needed to create an image.")


def _check_identity(arguments: Mapping[str, Any]) -> None:
    """Check that an image to be present has a name, and one to be absent a name or an id."""
    name, image_id = arguments.get("name"), arguments.get("image_id")
    absent = arguments["state"] == "absent"
    if name is None and not (absent and image_id):
        raise InvalidArgument(f"name: it is needed{' (or image_id)' if absent else ''}.")
    if name is not None:
        check_name(name)
    if image_id is None or "source_image" in arguments:
        return
    if not absent:
        raise reject("image_id", image_id, "it goes with state: absent only; the cloud gives ids")
    if name is not None:
        raise InvalidArgument("name and image_id: give one of the two to say which image goes.")
    if not UUID.fullmatch(image_id):
        raise reject("image_id", image_id, "it has to be a UUID")
