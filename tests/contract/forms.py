# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types and forms that the API references state."""

from __future__ import annotations

import re

from huaweicloudsdkims.v2 import (
    ImageInfo,
)

from .sdk import IMAGE_TIME, UUID

FLAGS = (
    "isregistered",
    "support_arm",
    "support_kvm",
    "support_xen",
    "support_diskintensive",
    "support_highperformance",
    "support_largememory",
    "hw_vif_multiqueue_enabled",
)


TEXTS_NEVER_EMPTY = ("name", "owner", "status", "visibility", "imagetype", "os_type", "disk_format")
ENUMS = {
    "status": {"queued", "saving", "active", "killed"},
    "visibility": {"public", "private", "shared"},
    "imagetype": {"gold", "private", "shared", "market"},
    "os_type": {"Linux", "Windows", "Other"},
    "disk_format": {"zvhd2", "vhd", "zvhd", "raw", "qcow2", "iso"},
    "virtual_env_type": {"FusionCompute", "Ironic", "DataImage", "IsoImage"},
}


def check_image(image: ImageInfo) -> None:
    """Every attribute of ours has the type and the form that the API reference states."""
    assert UUID.fullmatch(image.id)
    for name in TEXTS_NEVER_EMPTY:
        assert isinstance(getattr(image, name), str), (name, image)
        assert getattr(image, name), (name, image)
    for name, values in ENUMS.items():
        assert getattr(image, name) in values, (name, image)
    for name in FLAGS:
        assert getattr(image, name) in {None, "", "true", "false"}, (name, image)
    assert isinstance(image.protected, bool)
    assert image.min_disk >= 1
    assert image.min_ram >= 0
    assert not image.max_ram or int(image.max_ram) >= 0
    assert image.size is None or image.size >= 0
    assert not image.image_size or int(image.image_size) > 0
    assert IMAGE_TIME.fullmatch(image.created_at)
    assert IMAGE_TIME.fullmatch(image.updated_at)
    assert image.created_at <= image.updated_at
    assert isinstance(image.tags, list)
    assert all(isinstance(tag, str) for tag in image.tags)
    assert image._self == f"/v2/images/{image.id}"
    assert image.file == f"/v2/images/{image.id}/file"
    assert image.schema == "/v2/schemas/image"
    assert image.container_format == "bare"
    assert image.enterprise_project_id is None or isinstance(image.enterprise_project_id, str)


EVS_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
