# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...validation import check_image
from .connection import CONNECTION
from .managed import MANAGED_OPTIONS, check_managed, check_name

ARGUMENTS: dict[str, dict[str, Any]] = {
    **CONNECTION,
    **MANAGED_OPTIONS,
    "image": {"type": "str", "required": True, "aliases": ["image_id"]},
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
    check_image("image", arguments["image"])
    if arguments.get("name") is not None:
        check_name(arguments["name"])
    return check_managed(arguments)
