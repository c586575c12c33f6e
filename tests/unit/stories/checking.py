# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stories of look-ups share: a task for each option that names a thing, by id or name."""

from __future__ import annotations

from typing import Any

from ansible_collections.huaweicloud.ims.tests.samples import SERVER

from .conftest import Cloud
from .kinds import NAME

Arguments = dict[str, Any]

# The option that names the thing -> its kind in the simulator's state
THINGS = {
    "instance": "servers",
    "backup": "backups",
    "vault": "vaults",
    "volume": "volumes",
    "source_image": "images",
}

MODULE_OF = {
    "instance": "whole_image",
    "backup": "whole_image",
    "vault": "whole_image",
    "volume": "volume_image_export",
    "source_image": "image_copy",
}


def arguments_of(cloud: Cloud, option: str, name: str, how: str, more: Arguments) -> Arguments:
    given = name if how == "by name" else cloud.thing(THINGS[option], name)["id"]
    server = {"instance": SERVER} if option == "vault" else {}
    return {"name": NAME, **server, option: given, **more}
