# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request examples of the API references, their keys as module arguments."""

from __future__ import annotations

from typing import Any

TAGS = ["aaa.111", "bbb.333", "ccc.444"]
IMAGE_TAGS = [{"key": "key2", "value": "value2"}, {"key": "key1", "value": "value1"}]

_FROM_SERVER = {
    "name": "instance_whole_image",
    "description": "creating an image from an ECS",
    "instance_id": "877a2cda-ba63-4e1e-b95f-e67e48b6129a",
    "vault_id": "de9fcf45-11b2-432c-8562-5c5428574600",
}
_FROM_BACKUP = {
    "name": "backup_whole_image",
    "description": "Creating a full-ECS image using a CBR backup",
    "backup_id": "9b27efab-4a17-4c06-bfa2-3e0cf021d3c3",
    "whole_image_type": "CBR",
}
_SYSTEM_DISK = {
    "name": "ims_test_file",
    "description": "Create an image using a file in the OBS bucket.",
    "image_url": "ims-image:centos70.zvhd2",
    "os_version": "CentOS 7.0 64bit",
    "min_disk": 40,
    "type": "ECS",
}
_DATA_DISK = {
    "name": "ims_test_file",
    "description": "Create an image using a file in the OBS bucket.",
    "image_url": "ims-image:centos70.qcow2",
    "os_type": "Linux",
    "min_disk": 40,
    "type": "DataImage",
}

# What it is -> (module, arguments)
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "server, tags": ("whole_image", {**_FROM_SERVER, "tags": TAGS}),
    "server, image_tags": ("whole_image", {**_FROM_SERVER, "image_tags": IMAGE_TAGS}),
    "server, Chinese description": (
        "whole_image",
        {**_FROM_SERVER, "description": "云服务器制作镜像", "tags": TAGS},
    ),
    "backup without type": (
        "whole_image",
        {
            "name": "backup_whole_image",
            "description": "Creating a full-ECS image from a ",
            "backup_id": "9b27efab-4a17-4c06-bfa2-3e0cf021d3c3",
            "image_tags": IMAGE_TAGS,
        },
    ),
    "backup, tags": ("whole_image", {**_FROM_BACKUP, "tags": TAGS}),
    "backup, image_tags": ("whole_image", {**_FROM_BACKUP, "image_tags": IMAGE_TAGS}),
    "copy": (
        "image_copy",
        {
            "image_id": "465076de-dc36-4aec-80f5-ef9d8009428f",
            "name": "ims_encrypted_copy3",
            "description": "test copy",
            "cmk_id": "bd66288c-9081-460a-8227-4cbd0c814cb4",
        },
    ),
    "system disk, tags": ("quick_import", {**_SYSTEM_DISK, "tags": TAGS}),
    "system disk, image_tags": ("quick_import", {**_SYSTEM_DISK, "image_tags": IMAGE_TAGS}),
    "data disk, tags": ("quick_import", {**_DATA_DISK, "tags": TAGS}),
    "data disk, image_tags": ("quick_import", {**_DATA_DISK, "image_tags": IMAGE_TAGS}),
}

# The document names no disk; this is one of the simulator's that is free.
EXPORT = {
    "image_name": "sxmatch2",
    "force": True,
    "container_format": "bare",
    "disk_format": "vhd",
    "__os_type": "linux",
}
