# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...failures import InvalidArgument
from ...validation import check_image
from .connection import CONNECTION
from .managed import MANAGED_OPTIONS, check_managed, check_name

ARGUMENTS: dict[str, dict[str, Any]] = {
    **CONNECTION,
    **MANAGED_OPTIONS,
    "image": {"type": "str", "aliases": ["image_id"]},
    "protected": {"type": "bool"},
    "delete_backup": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 3600},
}
PERMISSIONS = (
    *("ims:images:list", "ims:images:get"),
    *("ims:images:update", "ims:images:delete"),
    # With delete_backup, for a backup that the image leaves behind.
    "cbr:backups:delete",
)


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options. Raises InvalidArgument."""
    image, name = arguments.get("image"), arguments.get("name")
    if image is None:
        _check_selected_by_name(arguments["state"], name)
    check_image("image", image)
    if name is not None:
        check_name(name)
    return check_managed(arguments)


def _check_selected_by_name(state: str, name: str | None) -> None:
    """An image to delete may be selected by `name`, as in the modules that create images."""
    if state == "present":
        raise InvalidArgument("image: it is missing, and needed to change an image.")
    if name is None:
        raise InvalidArgument("image: it is missing; give the id or the name of the image.")
