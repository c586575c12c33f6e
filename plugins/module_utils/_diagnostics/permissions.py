# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which permissions each module and each role needs, in the words of IAM.

Sources: "Permissions and Supported Actions" in the API references of IMS (Open Telekom Cloud and
Flexible Engine, which tells what a call needs beside its own action), EVS, ECS and CBR. The status
of a job needs none. IAM has no call that tells any user what he may do, and the orders have no dry
run: look-ups can be tried, what orders need can only be named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cloud import cbr, ecs, evs, ims
from .._cloud.client import Client
from .._cloud.errors import BadRequest
from .._images.lookups import image_quota, shown

# A name and an id that nothing has: the look-ups are those of the modules, the answers are empty.
_NOTHING = "no-such-thing-of-ansible-huaweicloud-ims"
_NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class LookUp:
    """What modules ask for. action: what IAM calls the permission. without: what is still possible
    where it is not granted; '' where nothing is."""

    service: str
    action: str
    ask: Callable[[Client], Any]
    without: str = ""


@dataclass(frozen=True)
class Needs:
    """What a module needs. look_ups: names of LOOK_UPS; orders: actions of the calls that write,
    and of those that cannot be tried on nothing."""

    look_ups: tuple[str, ...]
    orders: tuple[str, ...] = ()


def _images(client: Client) -> Any:
    return ims.list_images(client, name=_NOTHING, owner=client.project_id)


def _show(ask: Callable[[Client, str], Any]) -> Callable[[Client], Any]:
    """That a thing is not there is as good an answer as any; some services say it with 400."""

    def try_it(client: Client) -> Any:
        try:
            return ask(client, _NOBODY)
        except BadRequest:
            return None

    return try_it


_IDS = "give ids instead of names"
_UNSEEN = "what is given by its id is not looked at before the order"
LOOK_UPS: Mapping[str, LookUp] = {
    "list images": LookUp("ims", "ims:images:list", _images),
    "list servers": LookUp(
        "ecs", "ecs:cloudServers:list", lambda c: ecs.list_servers(c, _NOTHING), _IDS
    ),
    "list disks": LookUp("evs", "evs:volumes:list", lambda c: evs.list_volumes(c, _NOTHING), _IDS),
    "list vaults": LookUp("cbr", "cbr:vaults:list", lambda c: cbr.list_vaults(c, _NOTHING), _IDS),
    "list backups": LookUp(
        "cbr", "cbr:backups:list", lambda c: cbr.list_backups(c, _NOTHING), _IDS
    ),
    "show images": LookUp("ims", "ims:images:get", _show(shown)),
    "show servers": LookUp("ecs", "ecs:cloudServers:get", _show(ecs.get_server), _UNSEEN),
    "show disks": LookUp("evs", "evs:volumes:get", _show(evs.get_volume), _UNSEEN),
    "show vaults": LookUp("cbr", "cbr:vaults:get", _show(cbr.get_vault), _UNSEEN),
    "show backups": LookUp("cbr", "cbr:backups:get", _show(cbr.get_backup), _UNSEEN),
    "show quota": LookUp(
        "ims", "ims:quotas:get", image_quota, "only the create request tells that it is used up"
    ),
}

_IMAGES = ("list images", "show images")
# What is asked before an image is created.
_CREATES = (*_IMAGES, "show quota")
_DISKS = ("list disks", "show disks")
_OF_SERVERS = (
    *("list servers", "show servers", "list disks"),
    *("list vaults", "show vaults", "list backups", "show backups"),
)
# What an order cannot take is set afterwards, and the source noted; old images go.
_FINISHING = ("ims:images:update", "ims:images:delete")
# With delete_backup; for what else an image of a server leaves behind.
_BACKUPS = ("cbr:backups:delete",)

MODULES: Mapping[str, Needs] = {
    "whole_image": Needs(
        (*_CREATES, *_OF_SERVERS), ("ims:wholeImages:create", *_FINISHING, *_BACKUPS)
    ),
    "volume_image_export": Needs((*_CREATES, *_DISKS), ("evs:volumes:uploadImage", *_FINISHING)),
    "image_copy": Needs(_CREATES, ("ims:images:copy", *_FINISHING)),
    "quick_import": Needs(
        _CREATES, ("ims:serverImages:create", "ims:dataImages:create", *_FINISHING)
    ),
    "image": Needs(_IMAGES, (*_FINISHING, *_BACKUPS)),
    "image_info": Needs(("list images",)),
    "image_retention": Needs(
        (*_IMAGES, "list servers"),
        # With whom an image is shared can only be asked of an image that there is.
        ("ims:images:share", "ims:images:delete", *_BACKUPS),
    ),
    # It orders the copies of images that were still being made when they were asked for.
    "image_wait": Needs(_CREATES, ("ims:images:copy", *_FINISHING, *_BACKUPS)),
}

# The modules that each role calls.
ROLES: Mapping[str, tuple[str, ...]] = {
    "golden_image": (
        *("whole_image", "volume_image_export", "image_copy"),
        *("image_wait", "image_retention"),
    ),
    "image_import": ("quick_import", "image_wait"),
    "image_retention": ("image_retention",),
    "prepare_guest": (),
}


def needs_of_role(name: str) -> Needs:
    """What all of its modules need, each once."""
    needs = [MODULES[module] for module in ROLES[name]]
    look_ups = dict.fromkeys(one for need in needs for one in need.look_ups)
    orders = dict.fromkeys(one for need in needs for one in need.orders)
    return Needs(tuple(look_ups), tuple(orders))
