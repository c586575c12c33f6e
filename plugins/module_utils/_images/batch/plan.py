# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans what `image_wait` is to do, by what the first poll has shown; check mode stops after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..context import Task
from ..lookups import read_image
from ..model.image import Image
from ..model.managed import ManagedAttributes, after, before, drift
from ..present.converge import compare
from ..waiting.deletion import replaced_to_delete, still_belongs_to
from .finish import check_nothing_left, recorded, sources_in_use
from .item import ACTIVE, FAILED, NOT_STARTED, Item

# What a new image has by itself.
_NEW = Image.from_wire({})


def plan_all(task: Task, items: Sequence[Item]) -> None:
    if task.check_mode:  # the others are not known to fail
        task.in_use = sources_in_use([item for item in items if item.status == FAILED])
    for item in items:
        _plan(task, item)


def _plan(task: Task, item: Item) -> None:
    """Plan by what the first poll showed; check mode stops after it."""
    awaited, image = item.awaited, item.image
    if awaited is not None:
        awaited.label = item.label
    item.ready = awaited is not None and item.status == ACTIVE
    # In check mode tasks were only predicted; a task that would wait itself has no pending work.
    predicted = task.check_mode and item.status == NOT_STARTED and item.pending is not None
    if item.status == FAILED or not (awaited or predicted):
        return
    tags: Mapping[str, str] | None = (image.tags if image else None) or {}
    if item.ready and image is not None:
        tags, item.change = compare(task, item.everything, image)
    else:
        item.change = drift(item.managed, image or _NEW, tags)
    item.old = tuple(_old_images(task, item))
    if task.check_mode:
        item.old = _predicted_deletions(task, item)
    attributes = item.everything if item.ready else item.managed
    was = before(attributes, image or _NEW, tags)
    _describe(item, attributes, {**was, "name": item.label})


def _old_images(task: Task, item: Item) -> Iterator[Image]:
    """Yield the old images that still exist."""
    pending = item.pending
    for image_id in pending.delete_ids if pending else ():
        image = read_image(task.client, image_id) if image_id != item.image_id else None
        if image and pending and not image.dead and still_belongs_to(task, pending.name, image):
            yield image


def _predicted_deletions(task: Task, item: Item) -> tuple[Image, ...]:
    """Return those of the old images that a real run deletes. What forbids a deletion does so in
    check mode as well: the failure is recorded in the item."""
    image = item.image if item.ready else None
    name = item.pending.name if item.pending else item.label
    with recorded(task, item):
        if image is None or image.name == name:
            return tuple(replaced_to_delete(task, name, image, item.old))
        check_nothing_left(item, image, item.change)
    return ()


def _describe(item: Item, attributes: ManagedAttributes, was: Mapping[str, Any]) -> None:
    of = f"of image '{item.label}'"
    waits = [] if item.ready else [f"wait for image '{item.label}' to become active"]
    changes = [f"{action} {of}" for action in item.change.actions()]
    removals = [f"delete old image '{image.name}' ({image.id})" for image in item.old]
    item.actions = (*waits, *changes, *removals)
    item.before = {**was, "active": item.ready}
    item.after = {**after(attributes, was), "active": True}
    if item.old:
        item.before = {**item.before, "old_images": [image.id for image in item.old]}
        item.after = {**item.after, "old_images": []}
