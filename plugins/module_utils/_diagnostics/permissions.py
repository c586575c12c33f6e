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

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cloud import cbr, ecs, evs, ims
from .._cloud.client import Client
from .._cloud.errors import BadRequest
from .._images.lookups import image_quota, shown
from .._images.operations.arguments import (
    image,
    image_copy,
    image_info,
    image_retention,
    image_wait,
    quick_import,
    volume_image_export,
    whole_image,
)

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


def _needs(permissions: Iterable[str]) -> Needs:
    """Split the permissions of a module into those that can be tried and the others."""
    titles = {one.action: title for title, one in LOOK_UPS.items()}
    wanted = tuple(permissions)
    return Needs(
        tuple(titles[action] for action in wanted if action in titles),
        tuple(action for action in wanted if action not in titles),
    )


# account_info tries the look-ups of the others, prepare_guest calls no cloud.
MODULES: Mapping[str, Needs] = {
    "whole_image": _needs(whole_image.PERMISSIONS),
    "volume_image_export": _needs(volume_image_export.PERMISSIONS),
    "image_copy": _needs(image_copy.PERMISSIONS),
    "quick_import": _needs(quick_import.PERMISSIONS),
    "image": _needs(image.PERMISSIONS),
    "image_info": _needs(image_info.PERMISSIONS),
    "image_retention": _needs(image_retention.PERMISSIONS),
    "image_wait": _needs(image_wait.PERMISSIONS),
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
