# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which permissions each module needs, in the words of IAM.

Sources: "Permissions and Supported Actions" in the API references of IMS, EVS, ECS and CBR. IAM has
no call that tells any user what he may do, and the orders have no dry run: look-ups can be tried,
what orders need can only be named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .cloud import cbr, ecs, evs, ims
from .cloud.client import Client

# A name that nothing has: the look-ups are those of the modules, the answers are empty.
_NOTHING = "no-such-thing-of-ansible-huaweicloud-ims"


@dataclass(frozen=True)
class LookUp:
    """A list that modules ask for. action: what IAM calls the permission."""

    service: str
    action: str
    ask: Callable[[Client], Any]


@dataclass(frozen=True)
class Needs:
    """What a module needs. look_ups: names of LOOK_UPS; orders: actions of the calls that write."""

    look_ups: tuple[str, ...]
    orders: tuple[str, ...] = ()


def _images(client: Client) -> Any:
    return ims.list_images(client, name=_NOTHING, owner=client.project_id)


LOOK_UPS: Mapping[str, LookUp] = {
    "images": LookUp("ims", "ims:images:list", _images),
    "servers": LookUp("ecs", "ecs:cloudServers:list", lambda c: ecs.list_servers(c, _NOTHING)),
    "disks": LookUp("evs", "evs:volumes:list", lambda c: evs.list_volumes(c, _NOTHING)),
    "vaults": LookUp("cbr", "cbr:vaults:list", lambda c: cbr.list_vaults(c, _NOTHING)),
    "backups": LookUp("cbr", "cbr:backups:list", lambda c: cbr.list_backups(c, _NOTHING)),
}

# Without these no module can work; without the others ids do instead of names.
INDISPENSABLE = ("images",)

MODULES: Mapping[str, Needs] = {
    "whole_image": Needs(
        ("images", "servers", "disks", "vaults", "backups"), ("ims:wholeImages:create",)
    ),
    "volume_image_export": Needs(("images", "disks"), ("evs:volumes:uploadImage",)),
    "image_copy": Needs(("images",), ("ims:images:copy",)),
    "quick_import": Needs(("images",), ("ims:serverImages:create", "ims:dataImages:create")),
    "image": Needs(("images",), ("ims:images:update", "ims:images:delete")),
    "image_info": Needs(("images",)),
}
