# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions that each module and each role needs, as actions of IAM.

IAM has no call that lists the permissions of any user, and calls that write have no dry run: so
lookups are tried, and what writes need is only named.

Sources: "Permissions and Supported Actions" in the API references of IMS (of Open Telekom Cloud,
and of Flexible Engine, which says what a call needs beside its own action), EVS, ECS and CBR. The
status of a job needs no permission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cloud import cbr, ecs, evs, ims
from .._cloud.client import Client
from .._cloud.errors import BadRequest
from .._images.lookups import image_quota, read_image_from_glance
from .._images.operations.arguments import (
    image,
    image_batch,
    image_copy,
    image_info,
    image_retention,
    image_wait,
    quick_import,
    volume_image_export,
    whole_image,
)

# A name and an id that no resource has: the lookups are those of the modules, with empty answers.
_NO_NAME = "no-such-resource-of-ansible-huaweicloud-ims"
_NO_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Lookup:
    """A read that modules make, and the doctor tries."""

    service: str
    # The permission, as IAM calls it.
    action: str
    ask: Callable[[Client], Any]
    # What is still possible without the permission; '': nothing.
    without: str = ""


@dataclass(frozen=True)
class Needs:
    """What a module needs."""

    # Titles in LOOKUPS.
    lookups: tuple[str, ...]
    # Actions of the calls that write, and of those that cannot be tried on nothing.
    writes: tuple[str, ...] = ()


def _images(client: Client) -> Any:
    return ims.list_images(client, name=_NO_NAME, owner=client.project_id)


def _show(ask: Callable[[Client, str], Any]) -> Callable[[Client], Any]:
    """Try a read of one resource. That it does not exist proves the permission as well; some
    services say so with 400."""

    def try_it(client: Client) -> Any:
        try:
            return ask(client, _NO_ID)
        except BadRequest:
            return None

    return try_it


_IDS = "give ids instead of names"
_UNCHECKED = "a resource given by its id is not checked before the create request"
LOOKUPS: Mapping[str, Lookup] = {
    "list images": Lookup("ims", "ims:images:list", _images),
    "list servers": Lookup(
        "ecs", "ecs:cloudServers:list", lambda c: ecs.list_servers(c, _NO_NAME), _IDS
    ),
    "list disks": Lookup("evs", "evs:volumes:list", lambda c: evs.list_volumes(c, _NO_NAME), _IDS),
    "list vaults": Lookup("cbr", "cbr:vaults:list", lambda c: cbr.list_vaults(c, _NO_NAME), _IDS),
    "list backups": Lookup(
        "cbr", "cbr:backups:list", lambda c: cbr.list_backups(c, _NO_NAME), _IDS
    ),
    "show images": Lookup("ims", "ims:images:get", _show(read_image_from_glance)),
    "show servers": Lookup("ecs", "ecs:cloudServers:get", _show(ecs.get_server), _UNCHECKED),
    "show disks": Lookup("evs", "evs:volumes:get", _show(evs.get_volume), _UNCHECKED),
    "show vaults": Lookup("cbr", "cbr:vaults:get", _show(cbr.get_vault), _UNCHECKED),
    "show backups": Lookup("cbr", "cbr:backups:get", _show(cbr.get_backup), _UNCHECKED),
    "show quota": Lookup(
        "ims", "ims:quotas:get", image_quota, "only the create request shows that it is used up"
    ),
}


def _needs(permissions: Iterable[str]) -> Needs:
    """Split the permissions of a module into lookups that can be tried and the others."""
    titles = {one.action: title for title, one in LOOKUPS.items()}
    wanted = tuple(permissions)
    return Needs(
        tuple(titles[action] for action in wanted if action in titles),
        tuple(action for action in wanted if action not in titles),
    )


# account_info tries the lookups of the others, prepare_guest calls no cloud.
MODULES: Mapping[str, Needs] = {
    module.__name__.rpartition(".")[2]: _needs(module.PERMISSIONS)
    for module in (
        *(whole_image, volume_image_export, image_copy, quick_import),
        *(image, image_info, image_retention, image_wait, image_batch),
    )
}

# The modules that each role calls; instead of image_batch those that it names in its images. A test
# compares this with the roles, which are not there where account_info runs.
ROLES: Mapping[str, tuple[str, ...]] = {
    "golden_image": (
        *("whole_image", "volume_image_export", "image_copy"),
        "image_retention",
    ),
    "image_import": ("quick_import",),
    "image_report": (),
    "image_retention": ("image_retention",),
    "prepare_guest": (),
}


def needs_of_role(name: str) -> Needs:
    """Merge what the modules of a role need."""
    needs = [MODULES[module] for module in ROLES[name]]
    lookups = dict.fromkeys(one for need in needs for one in need.lookups)
    writes = dict.fromkeys(one for need in needs for one in need.writes)
    return Needs(tuple(lookups), tuple(writes))
