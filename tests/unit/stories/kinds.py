# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One short task for each kind of image that the modules make, all by id."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Cloud

SERVER = "877a2cda-ba63-4e1e-b95f-e67e48b6129a"
VAULT = "de9fcf45-11b2-432c-8562-5c5428574600"
BACKUP = "9b27efab-4a17-4c06-bfa2-3e0cf021d3c3"
VOLUME = "16369c5d-384d-4e64-b37a-56d898769362"
IMAGE = "465076de-dc36-4aec-80f5-ef9d8009428f"
KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4"
PRODUCTION = "5a3f8f6e-0d6a-4c1c-9d3b-7f1f0f6d2a10"
FILE = "ims-image:centos70.zvhd2"
CENTOS = "CentOS 7.0 64bit"

Kind = tuple[str, dict[str, Any]]

# What it is made of -> (module, arguments), but for the name
KINDS: dict[str, Kind] = {
    "server": ("whole_image", {"instance": SERVER, "vault": VAULT}),
    "backup": ("whole_image", {"backup": BACKUP}),
    "CSBS backup": ("whole_image", {"backup": BACKUP, "backup_type": "CSBS"}),
    "disk": ("volume_image_export", {"volume": VOLUME}),
    "image": ("image_copy", {"source_image": IMAGE}),
    "image, encrypted": ("image_copy", {"source_image": IMAGE, "cmk_id": KEY}),
    "system file": ("quick_import", {"image_url": FILE, "min_disk": 40, "os_version": CENTOS}),
    "data file": ("quick_import", {"image_url": FILE, "min_disk": 40, "type": "DataImage"}),
}
# One of each module: what is the same for all that a module makes needs no more.
MODULES: dict[str, dict[str, Any]] = {
    "whole_image": KINDS["backup"][1],
    "volume_image_export": KINDS["disk"][1],
    "image_copy": KINDS["image"][1],
    "quick_import": KINDS["system file"][1],
}

NAME = "made-by-a-test"

every_kind = pytest.mark.parametrize("kind", KINDS)
every_module = pytest.mark.parametrize("module", MODULES)


def task(kind: str, **more: Any) -> Kind:
    """The task that makes an image of that kind."""
    module, arguments = KINDS[kind]
    return module, {"name": NAME, **arguments, **more}


def run(cloud: Cloud, kind: str, **more: Any) -> dict[str, Any]:
    """The result of the task that makes one."""
    module, arguments = task(kind, **more)
    return cloud.run(module, **arguments)
