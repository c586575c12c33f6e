# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module volume_image_export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...validation import check_os_type, check_reference
from . import creating

ARGUMENTS = creating.creating(
    wait_timeout=3600,
    name={"type": "str", "aliases": ["image_name"]},
    image_id={"type": "str"},
    volume={"type": "str", "aliases": ["volume_id"]},
    disk_format={
        "type": "str",
        "choices": ["vhd", "zvhd", "zvhd2", "raw", "qcow2"],
        "default": "vhd",
    },
    container_format={
        "type": "str",
        "choices": ["ami", "ari", "aki", "ovf", "bare"],
        "default": "bare",
    },
    force={"type": "bool"},
    os_type={"type": "str", "aliases": ["__os_type"]},
)
PERMISSIONS = (
    *creating.READS,
    *("evs:volumes:list", "evs:volumes:get"),
    "evs:volumes:uploadImage",
    *creating.WRITES,
)


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options, the source of the image first. Raises InvalidArgument."""
    creating.check_needed(arguments, "volume")
    check_reference("volume", arguments["volume"])
    os_type = check_os_type(arguments.get("os_type"), "linux", "windows")
    return {**creating.check_creating(arguments), "os_type": os_type}
