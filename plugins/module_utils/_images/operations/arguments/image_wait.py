# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and permissions of the module image_wait; batch/arguments.py checks them."""

from __future__ import annotations

from typing import Any

from . import creating
from .connection import CONNECTION

ARGUMENTS: dict[str, dict[str, Any]] = {
    **CONNECTION,
    "results": {"type": "raw"},
    "jobs": {"type": "list", "elements": "raw"},
    "images": {"type": "list", "elements": "raw"},
    "wait_timeout": {"type": "int", "default": 7200},
}
PERMISSIONS = (
    *("ims:images:list", "ims:images:get"),
    *creating.WRITES,
    # Backups that replaced images leave behind.
    "cbr:backups:delete",
)
