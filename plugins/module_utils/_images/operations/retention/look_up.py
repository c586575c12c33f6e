# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks up what decisions on retention rest on, only as far as they depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ...._cloud import ecs, ims
from ...._cloud.errors import Unavailable
from ...._cloud.records import Server
from ...age import Clocks
from ...context import Task
from ...lookups import own_images
from ...model.image import Image
from ...waiting.deletable import not_own
from ...waiting.deletion import still_existing
from ...waiting.progress import RequestProgress
from ..listing import tags_of
from .decision import (
    ImageFamily,
    ImageState,
    Inventory,
    RetentionDecision,
    ServerUse,
    decide_retention,
)

# So many images are looked up, then deleted, before the next ones are looked up.
_BATCH = 100


def read_families(
    task: Task, families: Sequence[ImageFamily], keep: frozenset[str], project: str | None
) -> Inventory:
    """List the images of the families; `project` is an enterprise project."""
    listed = own_images(task.client, enterprise_project_id=project)
    project_id = task.client.project_id
    # Images that are being deleted are neither kept nor deleted.
    images = [one for one in listed if not (one.being_deleted or not_own(one, project_id))]
    members = _members(task, families, images)
    where = f"enterprise project {project}" if project else "project"
    _warn_of_wide_families(task, members, images, where)
    _warn_of_idle_entries(task, keep, images, where)
    active_names = frozenset(image.name for image in images if image.ready)
    return Inventory(members, keep, Clocks.of(task.client), project_id, active_names)


def _members(
    task: Task, families: Sequence[ImageFamily], images: Sequence[Image]
) -> list[tuple[ImageFamily, list[Image]]]:
    tags = partial(tags_of, task)
    tagged = [family for family in families if family.tag is not None]
    unclear = [
        image
        for image in images
        if image.certain_tags is None and any(family.may_have(image) for family in tagged)
    ]
    progress = RequestProgress(task, "looking up tags of images", len(unclear))
    task.client.run_concurrently([partial(tags, image) for image in unclear], progress.reached)
    return [(family, [one for one in images if family.has(one, tags)]) for family in families]


def _warn_of_wide_families(
    task: Task,
    members: Sequence[tuple[ImageFamily, Sequence[Image]]],
    images: Sequence[Image],
    where: str,
) -> None:
    for family, ones in members:
        if images and len(ones) == len(images):
            task.warn(
                f"The family '{family}' matches every image of the {where} ({len(images)}). If some"
                " of them do not belong to it, narrow its name, tag or source."
            )


def _warn_of_idle_entries(
    task: Task, keep: frozenset[str], images: Sequence[Image], where: str
) -> None:
    known = {image.name for image in images} | {image.id.lower() for image in images}
    for entry in sorted(keep - known):
        task.warn(
            f"No image of the {where} has the id or name '{entry}' that is listed in keep, so this"
            " entry keeps nothing. Check how it is written."
        )


def confirm_newest(task: Task, known: Inventory) -> Inventory:
    """Look up the images that count among the newest, in families of which something is deleted.

    Lists go on to show deleted images, which must not count.
    """
    while True:
        going = {one.image.id for one in decide_retention(known) if one.delete}
        unconfirmed = {
            image.id: image
            for family, images in known.members()
            if any(image.id in going for image in images)
            for image in family.newest(images)
            if image.id not in known.confirmed_ids
        }
        if not unconfirmed:
            return known
        existing = {image.id for image in still_existing(task, list(unconfirmed.values()))}
        known = replace(
            known,
            confirmed_ids=known.confirmed_ids | existing,
            deleted_ids=known.deleted_ids | (unconfirmed.keys() - existing),
        )


def read_server_use(task: Task, known: Inventory) -> Inventory:
    """Look up which images servers use, if any image would be deleted."""
    if not any(decision.delete for decision in decide_retention(known)):
        return known
    try:
        servers = ecs.list_servers(task.client)
    except Unavailable as error:
        task.warn(
            f"Nothing is deleted, because which images servers use cannot be looked up: {error} "
            "Have these credentials permitted to list servers (ECS), or check that the service can "
            "be reached."
        )
        unknown = "whether a server uses it cannot be looked up"
        return replace(known, server_use=ServerUse({}, unknown))
    unreadable = [server for server in servers if server.image_ids is None]
    if unreadable:
        label = _label(unreadable[0])
        task.warn(
            f"Nothing is deleted, because which image server {label} uses cannot be read in the "
            "answer of the cloud."
        )
        return replace(
            known, server_use=ServerUse({}, f"whether server {label} uses it cannot be read")
        )
    used: dict[str, list[str]] = {}
    for server in servers:
        for image_id in server.image_ids or ():
            used.setdefault(image_id.lower(), []).append(_label(server))
    return replace(known, server_use=ServerUse(used))


def _label(server: Server) -> str:
    return f"{server.name} ({server.id})"


def in_batches(decisions: Sequence[RetentionDecision]) -> Iterator[list[RetentionDecision]]:
    """Yield the images that are deleted, oldest first, as they are looked up together."""
    going = [decision for decision in reversed(decisions) if decision.delete]
    for start in range(0, len(going), _BATCH):
        yield going[slice(start, start + _BATCH)]


def look_up_oldest(task: Task, known: Inventory) -> Inventory:
    """Look up the first batch of images that would be deleted.

    A run that deletes looks up the others right before it deletes them. Check mode goes by what the
    list tells of them, unless that turned out to hide something.
    """
    batches = list(in_batches(decide_retention(known)))
    if not batches:
        return known
    known = look_up_states(task, known, batches[0])
    rest = [decision for batch in batches[1:] for decision in batch]
    if not rest:
        return known
    first = [known.states[decision.image.id] for decision in batches[0]]
    if all(state.image and state.shared is None for state in first):
        # Nobody may look up members, so no image is deleted.
        return known.with_states({one.image.id: ImageState(one.image, None) for one in rest})
    if not task.check_mode:
        return known
    if any(not one.delete for one in decide_retention(known) if one.looked_up):
        return look_up_states(task, known, rest)
    task.warn(
        f"{len(rest)} of the images that would be deleted were not looked up one by one: that they"
        " are not shared is what their type says. A real run looks up each image before it deletes"
        " it."
    )
    return known


def look_up_states(
    task: Task, known: Inventory, decisions: Sequence[RetentionDecision]
) -> Inventory:
    """Look up images before they are deleted: two requests each, several at once."""
    images = [one.image for one in decisions if not one.looked_up]
    progress = RequestProgress(task, "looking up what is to be deleted", len(images))
    reads = [partial(_state, task, image) for image in images]
    states = task.client.run_concurrently(reads, progress.reached)
    return known.with_states({image.id: state for image, state in zip(images, states)})


def _state(task: Task, image: Image) -> ImageState:
    for now in still_existing(task, [image]):
        return ImageState(now, _is_shared(task, now))
    return ImageState(None, None)


def _is_shared(task: Task, image: Image) -> bool | None:
    try:
        return bool(ims.list_members(task.client, image.id))
    except Unavailable as error:
        task.note(f"The members of image {image.id} could not be looked up: {error}")
        return None
