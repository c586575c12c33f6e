# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module quick_import.

Source of the rules: IMS API reference, "Quickly Importing an Image File".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...failures import InvalidArgument
from ...model.bucket_file import FORMS, read_bucket_file
from ...validation import check_given, check_os_type, reject
from . import creating

# The options that describe the file, and what kind of image it becomes.
FILE: dict[str, dict[str, Any]] = {
    "image_url": {"type": "str"},
    "min_disk": {"type": "int"},
    "type": {"type": "str", "choices": ["ECS", "BMS", "DataImage"], "default": "ECS"},
    "os_version": {"type": "str"},
    "os_type": {"type": "str"},
    "architecture": {"type": "str", "choices": ["x86", "arm"]},
    "hw_firmware_type": {"type": "str", "choices": ["bios", "uefi"]},
    "license_type": {"type": "str", "choices": ["platform", "byol"]},
}
ARGUMENTS = creating.creating(wait_timeout=7200, image_id={"type": "str"}, **FILE)
PERMISSIONS = (
    *creating.READS,
    *("ims:serverImages:create", "ims:dataImages:create"),
    *creating.WRITES,
)

_LEAST_DISK, _LARGEST_DISK = 1, 1024


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options: the file, then what its kind of image needs. Raises InvalidArgument."""
    url, min_disk = arguments.get("image_url"), arguments.get("min_disk")
    if url is not None and read_bucket_file(url) is None:
        raise reject("image_url", url, FORMS)
    if min_disk is not None and not _LEAST_DISK <= min_disk <= _LARGEST_DISK:
        raise reject("min_disk", min_disk, f"it is in GB, {_LEAST_DISK} to {_LARGEST_DISK}")
    if arguments["state"] == "present":
        creating.check_needed(arguments, "image_url", "min_disk")
        _check_kind(arguments)
    check_given("os_version", arguments.get("os_version"))
    os_type = check_os_type(arguments.get("os_type"), "Linux", "Windows")
    return {**creating.check_creating(arguments), "os_type": os_type}


def _check_kind(arguments: Mapping[str, Any]) -> None:
    """Check what depends on the kind of image: system disk images (ECS, BMS) have an os_version,
    data disk images an os_type."""
    kind = arguments["type"]
    if kind == "DataImage":
        for option in ("os_version", "architecture", "hw_firmware_type", "license_type"):
            if arguments.get(option) is not None:
                raise reject(
                    option,
                    arguments[option],
                    "a data disk image (type: DataImage) has no such thing",
                )
        return
    if not arguments.get("os_version"):
        raise InvalidArgument(f"os_version: it is needed for a system disk image (type: {kind}).")
    if arguments.get("os_type") is not None:
        raise reject(
            "os_type",
            arguments["os_type"],
            f"type: {kind} takes os_version; os_type is for type: DataImage",
        )
    if arguments.get("architecture") == "arm" and arguments.get("hw_firmware_type") == "bios":
        raise reject("hw_firmware_type", "bios", "architecture: arm boots with uefi only")
    windows = str(arguments["os_version"]).lower().startswith("windows")
    if arguments.get("license_type") is not None and not windows:
        raise reject(
            "license_type", arguments["license_type"], "it goes with a Windows os_version only"
        )
