# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of sample tasks: what images can be made of in the simulated cloud.

The tests of all kinds take their tasks from here. Integration tests get the ids as `ims_sample`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .simulator.seed.identity import PRODUCTION
from .simulator.seed.images import IMAGE, OTHER_KEY
from .simulator.seed.servers import BACKUP, KEY, SERVER, VAULT, VOLUME
from .simulator.world import known_id

Arguments = dict[str, Any]

FILE = "ims-image:centos70.zvhd2"
DATA_FILE = "ims-image:centos70.qcow2"
CENTOS = "CentOS 7.0 64bit"
# An id that nothing in the simulated cloud bears.
NOBODY = "00000000-0000-4000-8000-000000000000"

__all__ = [
    "BACKUP",
    "CENTOS",
    "DATA_FILE",
    "EXAMPLES",
    "EXPORT",
    "FILE",
    "IDS",
    "IMAGE",
    "KEY",
    "KINDS",
    "NOBODY",
    "OTHER_KEY",
    "PRODUCTION",
    "REMAKABLE",
    "REQUESTS",
    "SERVER",
    "VAULT",
    "VOLUME",
    "Arguments",
    "Kind",
]

IDS = {
    "server": SERVER,
    "vault": VAULT,
    "backup": BACKUP,
    "volume": VOLUME,
    "image": IMAGE,
    "key": KEY,
    "enterprise_project": PRODUCTION,
    "file": FILE,
    "data_file": DATA_FILE,
    "os_version": CENTOS,
}


@dataclass(frozen=True)
class Kind:
    """One kind of image.

    ways: arguments that name one source, the first of them by id. others: arguments that name
    another source of the same kind. The name of the image is for the test to choose.
    """

    module: str
    ways: tuple[Arguments, ...]
    others: tuple[Arguments, ...]


def _system(number: str) -> Arguments:
    return {"image_url": f"ims-image:{number}.zvhd2", "min_disk": 40, "os_version": CENTOS}


def _data(number: str) -> Arguments:
    return {"image_url": f"ims-image:{number}.zvhd2", "min_disk": 40, "type": "DataImage"}


# tests/chaos draws from it by its order: to insert a kind is to change every seed.
KINDS: dict[str, Kind] = {
    "server": Kind(
        "whole_image",
        ({"instance": SERVER, "vault": VAULT}, {"instance": "web-01"}, {"instance": SERVER}),
        ({"instance": "web-01-old"}, {"instance": known_id("server win-01")}),
    ),
    "backup": Kind(
        "whole_image",
        ({"backup": BACKUP}, {"backup": BACKUP, "backup_type": "CBR"}),
        ({"backup": "nightly-1"}, {"backup": known_id("backup nightly-2")}),
    ),
    "CSBS backup": Kind(
        "whole_image",
        ({"backup": BACKUP, "backup_type": "CSBS"},),
        ({"backup": "csbs-available", "backup_type": "CSBS"},),
    ),
    "disk": Kind(
        "volume_image_export",
        ({"volume": VOLUME}, {"volume": "evs-ims-test", "disk_format": "zvhd2"}),
        ({"volume": "data-available"}, {"volume": "system-available"}),
    ),
    "image": Kind(
        "image_copy",
        ({"source_image": IMAGE}, {"source_image": "linux-base"}),
        ({"source_image": "limited-image"}, {"source_image": "arm-image"}),
    ),
    "encrypted copy": Kind(
        "image_copy",
        ({"source_image": IMAGE, "cmk_id": KEY},),
        ({"source_image": IMAGE, "cmk_id": OTHER_KEY}, {"source_image": "limited-image"}),
    ),
    "system file": Kind("quick_import", (_system("centos70"),), (_system("batch-01"),)),
    "data file": Kind("quick_import", (_data("batch-02"),), (_data("batch-03"),)),
}
# A backup makes one image only, so it cannot be baked again.
REMAKABLE = [kind for kind in KINDS if "backup" not in kind]


# --- the request examples of the API references, their keys as module arguments

_TAGS = {"tags": ["aaa.111", "bbb.333", "ccc.444"]}
_IMAGE_TAGS = {
    "image_tags": [{"key": "key2", "value": "value2"}, {"key": "key1", "value": "value1"}]
}
_FROM_SERVER = {
    "name": "instance_whole_image",
    "description": "creating an image from an ECS",
    "instance_id": SERVER,
    "vault_id": VAULT,
}
_FROM_UNTYPED_BACKUP = {
    "name": "backup_whole_image",
    "description": "Creating a full-ECS image from a ",
    "backup_id": BACKUP,
}
_FROM_BACKUP = {
    "name": "backup_whole_image",
    "description": "Creating a full-ECS image using a CBR backup",
    "backup_id": BACKUP,
    "whole_image_type": "CBR",
}
_SYSTEM_DISK = {
    "name": "ims_test_file",
    "description": "Create an image using a file in the OBS bucket.",
    "image_url": FILE,
    "os_version": CENTOS,
    "min_disk": 40,
    "type": "ECS",
}
_DATA_DISK = {
    "name": "ims_test_file",
    "description": "Create an image using a file in the OBS bucket.",
    "image_url": DATA_FILE,
    "os_type": "Linux",
    "min_disk": 40,
    "type": "DataImage",
}
_COPY = {
    "image_id": IMAGE,
    "name": "ims_encrypted_copy3",
    "description": "test copy",
    "cmk_id": KEY,
}
# The body of the request; the disk is in its path.
EXPORT = {
    "image_name": "sxmatch2",
    "force": True,
    "container_format": "bare",
    "disk_format": "vhd",
    "__os_type": "linux",
}

# What it is -> (module, arguments)
EXAMPLES: dict[str, tuple[str, Arguments]] = {
    "server, tags": ("whole_image", {**_FROM_SERVER, **_TAGS}),
    "server, image_tags": ("whole_image", {**_FROM_SERVER, **_IMAGE_TAGS}),
    "server, Chinese description": (
        "whole_image",
        {**_FROM_SERVER, "description": "云服务器制作镜像", **_TAGS},
    ),
    "backup without type": ("whole_image", {**_FROM_UNTYPED_BACKUP, **_IMAGE_TAGS}),
    "backup, tags": ("whole_image", {**_FROM_BACKUP, **_TAGS}),
    "backup, image_tags": ("whole_image", {**_FROM_BACKUP, **_IMAGE_TAGS}),
    "copy": ("image_copy", _COPY),
    "system disk, tags": ("quick_import", {**_SYSTEM_DISK, **_TAGS}),
    "system disk, image_tags": ("quick_import", {**_SYSTEM_DISK, **_IMAGE_TAGS}),
    "data disk, tags": ("quick_import", {**_DATA_DISK, **_TAGS}),
    "data disk, image_tags": ("quick_import", {**_DATA_DISK, **_IMAGE_TAGS}),
    "export": ("volume_image_export", {**EXPORT, "volume_id": VOLUME}),
}
# Which requests it takes to create them, each kind in a word, as the documentation says.
REQUESTS: dict[str, str] = {
    "server, image_tags": "images server disks vault quota create jobs images note image",
    "backup, image_tags": "images backup quota create jobs images",
    "copy": "images image quota create jobs images",
    "system disk, image_tags": "images os_version quota create jobs images",
    "data disk, image_tags": "images quota create jobs images",
    "export": "images disk quota create images note image",
}
