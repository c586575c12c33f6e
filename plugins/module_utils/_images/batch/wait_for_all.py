# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for all images that other tasks have started at once, and does their pending work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, repeat
from typing import Any

from ..._cloud import ims
from ..._cloud.errors import CloudError, ImsError, TimeBudgetExceeded
from ..context import Obstacle, Task
from ..failures import Failed, Incomplete, Refused, Vanished
from ..locking.image_lock import close_record_of_another_task
from ..lookups import read_image
from ..model.image import Image
from ..model.managed import Drift, ManagedAttributes, after, before, drift
from ..model.provenance import CreateIds
from ..present.converge import compare, converge, read_back, reread, write_source_tag
from ..present.duplicates import look_up_with_duplicates, warn_of_duplicates
from ..present.pending import Pending
from ..present.renames import restore_name_by_ids
from ..result import success
from ..waiting.awaited import Awaited
from ..waiting.awaiting import Wait
from ..waiting.deletion import (
    delete_replaced,
    replaced_to_delete,
    still_belongs_to,
    wait_until_gone,
)
from ..waiting.poll import poll
from ..waiting.schedule import Schedule, every
from .item import ACTIVE, FAILED, NOT_STARTED, Item
from .summary import fail_if_incomplete, members, timeline

# After writes to many images, one list is read for all, again after each of these pauses (seconds).
_PAUSES = (1.0, 1.0, 2.0, 4.0)

# What a new image has by itself.
_NEW = Image.from_wire({})


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of `image_wait`. Raises Refused before anything is waited for, Incomplete
    when something failed or is not finished."""
    items = [Item(thing) for thing in arguments["things"]]
    try:
        result = _wait_for_all(task, items)
    except Incomplete as error:
        error.members = {**error.members, "timeline": timeline(task, items, error.interruption)}
        raise
    return {**result, "timeline": timeline(task, items)}


def _wait_for_all(task: Task, items: Sequence[Item]) -> dict[str, Any]:
    _refuse_null_ids(task, items)
    _find_named(task, items)
    for item in items:
        _prepare(task, item)
    waited = [item for item in items if item.awaited]
    trouble: Exception | None = None
    with task.step(f"waiting for {_count(len(items), 'image')}"):
        doing = task.doing
        try:
            _poll_and_wait(task, items, waited)
        except ImsError as error:
            trouble = error
        if not task.check_mode:
            _mark_unfinished(waited)
            _finish(task, waited)
        task.doing = doing
        fail_if_incomplete(task, items, trouble)
    changed = [item for item in items if item.actions]
    return success(
        changed=bool(changed),
        actions=[action for item in changed for action in item.actions],
        diff=(
            {"images": [dict(item.before) for item in changed]},
            {"images": [dict(item.after) for item in changed]},
        ),
        **members(task, items),
    )


def _refuse_null_ids(task: Task, items: Sequence[Item]) -> None:
    """Refuse ids that are null, except in check mode, where earlier tasks have started nothing."""
    for item in items:
        thing = item.thing
        known = any(thing[key] for key in ("job_id", "image_id", "image", "outcome"))
        if known or task.check_mode:
            continue
        if thing["name"] is None:
            raise Refused(
                f"{thing['place']} is null, so nothing was started there. Give the registered "
                "results, which also hold what was skipped or failed."
            )
        task.warn(
            f"{thing['place']}: image '{thing['name']}' was only predicted (check mode); there is "
            "nothing to wait for."
        )


def _find_named(task: Task, items: Sequence[Item]) -> None:
    """Fill in the ids of images that are given by name. Raises Refused."""
    named = [item for item in items if item.thing["image"]]
    if not named:
        return
    with task.step("looking for images by their names"):
        listed = [
            image
            for image in map(
                Image.from_wire, ims.list_images(task.client, owner=task.client.project_id)
            )
            if not image.dead
        ]
    for item in named:
        name = item.thing["image"]
        ids = sorted(image.id for image in listed if image.name == name)
        if len(ids) > 1:
            raise Refused(
                f"{len(ids)} images are named '{name}': {', '.join(ids)}. Give the id of the one "
                "to wait for."
            )
        if not ids:
            raise Refused(
                f"There is no image named '{name}' in project {task.client.project_id}. Check the "
                "name, the region and the project."
            )
        item.thing = {**item.thing, "name": name, "image_id": ids[0]}


def _prepare(task: Task, item: Item) -> None:
    thing = item.thing
    if thing["pending"]:
        item.pending = Pending.from_result(thing["pending"])
    if thing["outcome"]:
        return
    if not (thing["job_id"] or thing["image_id"]):
        return
    item.awaited = _awaited(task, item)


def _awaited(task: Task, item: Item) -> Awaited:
    thing = item.thing
    known = item.pending.other_ids if item.pending else frozenset[str]()
    name = item.pending.name if item.pending else None
    awaited = Awaited(
        item.label,
        job_id=thing["job_id"],
        image_id=thing["image_id"],
        find_image=lambda: _newest(task, name, known),
        look_up=look_up_with_duplicates(task, name, known) if name else None,
        name=name,
        other_ids=known,
    )
    if awaited.image_id in known:
        awaited.reject(str(awaited.image_id), "existed before")
        item.thing = {**thing, "image_id": None}
    return awaited


def _newest(task: Task, name: str | None, known: frozenset[str]) -> Image | None:
    """Return the newest usable image of the name, for a job that ends without naming its image."""
    if name is None:
        return None
    for wire in ims.list_images(task.client, name=name, owner=task.client.project_id):
        image = Image.from_wire(wire)
        if image.name == name and image.id not in known and not image.dead:
            return image
    return None


def _poll_first(task: Task, wait: Wait) -> None:
    """Poll once. In check mode, which does not wait, useless answers are not tolerated."""
    if task.check_mode:
        wait.poll_once()
    else:
        poll(task, wait.poll_once, every(_PAUSES[-1]))


def _poll_and_wait(task: Task, items: Sequence[Item], waited: Sequence[Item]) -> None:
    """Poll everything, plan what is to be done, and wait.

    Raises CloudError, and Failed when the deadline passes first.
    """
    item_of = {id(item.awaited): item for item in waited}

    def ready(awaited: Awaited) -> None:
        _do_pending_work(task, item_of[id(awaited)])

    wait = Wait(task, [item.awaited for item in waited if item.awaited], ready)
    _poll_first(task, wait)
    _plan_all(task, items)
    if task.check_mode:
        return
    try:
        wait.wait()
    finally:
        for item in waited:
            _warn_of_duplicates(task, item, wait)


def _warn_of_duplicates(task: Task, item: Item, wait: Wait) -> None:
    """Warn if another machine has created the same image at the same time. Where a single image is
    awaited, its look-up by name warns."""
    pending, image = item.pending, item.image
    if pending is None or image is None or item.ready:
        return
    warn_of_duplicates(task, pending.name, image.id, wait.listed.values(), pending.other_ids)


# --- what is to be done


def _plan_all(task: Task, items: Sequence[Item]) -> None:
    if task.check_mode:  # the others are not known to fail
        task.in_use = _in_use([item for item in items if item.status == FAILED])
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
    with _recorded(task, item):
        if image is None or image.name == name:
            return tuple(replaced_to_delete(task, name, image, item.old))
        _check_nothing_left(item, image, item.change)
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


# --- doing it


@contextmanager
def _recorded(task: Task, item: Item) -> Iterator[None]:
    """Record an error that concerns one image in its item, so that the others are finished."""
    doing = task.doing
    try:
        yield
    except ImsError as error:
        unfinished = isinstance(error, TimeBudgetExceeded) or getattr(error, "unfinished", False)
        failure = Failed(
            f"{task.doing}: {error}", code=getattr(error, "code", ""), unfinished=bool(unfinished)
        )
        failure.__cause__ = error
        if item.awaited:
            item.awaited.failure = failure
        else:  # check mode: it was only predicted
            item.thing = {**item.thing, "outcome": FAILED, "msg": str(failure)}
    task.doing = doing


def _do_pending_work(task: Task, item: Item) -> None:
    """Set what the create request did not accept, and the source tag, once the image is active. It
    is read back later, when the others are active as well."""
    item.completed = True
    if item.pending is None or item.awaited is None:
        return
    image = item.awaited.active_image()
    with _recorded(task, item):
        change = item.change if item.ready else _drift_left(task, item.pending, image)
        if image.name != item.pending.name:
            _check_nothing_left(item, image, change)
            return
        converge(task, image, change)
        item.rewritten = bool(change)
        if item.pending.origin is not None:
            item.tagged = write_source_tag(task, item.pending.origin, image)


def _check_nothing_left(item: Item, image: Image, change: Drift) -> None:
    """Raise Failed if work is pending for an image of another name: it was renamed, or the job has
    named another one."""
    if change or item.old:
        raise Failed(
            f"image {image.id} is called '{image.name}' and not '{item.label}', so nothing is "
            "written to it, and no old image is deleted"
        )


def _drift_left(task: Task, pending: Pending, image: Image) -> Drift:
    """Return what is still to be set, including what the cloud left out of the create request. A
    new image has no tags but those of its create request, whatever a list says."""
    if pending.requested.tags is None:
        return drift(pending.everything, image, image.tags)
    return compare(task, pending.everything, image)[1]


def _mark_unfinished(waited: Sequence[Item]) -> None:
    """Mark active images as unfinished that were not completed, as the wait was interrupted."""
    for item in waited:
        if item.awaited and item.status == ACTIVE and item.pending and not item.completed:
            item.awaited.failure = Failed(
                "its image is active, but not all of its managed attributes are set yet",
                unfinished=True,
            )


def _finish(task: Task, waited: Sequence[Item]) -> None:
    """Do what is left after the wait. Each failure is recorded in its item."""
    _read_back(task, [item for item in waited if item.rewritten or item.tagged])
    task.in_use = _in_use(waited)
    for item in waited:
        if item.status == ACTIVE and item.old:
            with _recorded(task, item):
                _remove_old(task, item)
    for item in waited:
        with _recorded(task, item):
            for image in item.removed:
                wait_until_gone(task, image)
        _clean_up(task, item)


def _in_use(items: Sequence[Item]) -> dict[str, Obstacle]:
    """Return the source images of unfinished items, by id."""
    return {
        item.source_image: Obstacle(
            f"is needed for '{item.label}', which is created from it and not finished",
            "Run the task again to finish both.",
        )
        for item in items
        if item.source_image and item.status != ACTIVE
    }


def _read_back(task: Task, written: Sequence[Item]) -> None:
    """Wait until what was written shows.

    Mostly that takes seconds, for which one list is read for all; what does not show by then is
    read one by one. Where no time is left, the writes are believed.
    """
    if len(written) > 1 and not all(_shows(item) for item in written):
        with suppress(TimeBudgetExceeded):
            poll(task, partial(_show_in_list, task, written), _many_writes(), bool)
    deadline = task.client.deadline
    for item in written:
        awaited = item.awaited
        if awaited is None or awaited.image is None or (deadline and deadline.passed()):
            continue
        with _recorded(task, item):
            image = awaited.image if _shows(item) else reread(task, awaited.image)
            awaited.image, item.tags = read_back(task, item.everything, image, item.tagged)


def _many_writes() -> Schedule:
    pauses = chain(_PAUSES, repeat(_PAUSES[-1]))
    return Schedule(lambda: next(pauses), within=sum(_PAUSES))


def _show_in_list(task: Task, written: Sequence[Item]) -> bool:
    """Read one list; return whether everything that was written shows."""
    with suppress(CloudError):
        _read_list(task, written)
    return all(_shows(item) for item in written)


def _shows(item: Item) -> bool:
    image = item.awaited.image if item.awaited else None
    if image is None:
        return True
    change = drift(item.everything, image, image.tags)
    tagged = image.tags is None or not (change.add_tags or change.remove_tags)
    return tagged and not change.attributes and bool(image.source_tag or not item.tagged)


def _read_list(task: Task, items: Sequence[Item]) -> None:
    wires = ims.list_images(task.client, thorough=False, owner=task.client.project_id)
    listed = {image.id: image for image in map(Image.from_wire, wires)}
    for item in items:
        if item.awaited and item.awaited.image:
            item.awaited.image = listed.get(item.awaited.image.id, item.awaited.image)


def _remove_old(task: Task, item: Item) -> None:
    awaited, pending = item.awaited, item.pending
    if awaited is None or awaited.image is None or pending is None:
        return
    try:
        delete_replaced(task, pending.name, awaited.image, item.old, pending.delete_backup)
    except Vanished:
        awaited.image = None
        raise
    finally:
        item.removed = tuple(old for old in item.old if task.deletions.get(old.id))


def _clean_up(task: Task, item: Item) -> None:
    """Close the create record of an active image; give the image that was renamed to make room for
    a failed one its name back."""
    if item.pending is None or item.awaited is None:
        return
    name, renamed_ids, awaited = item.pending.name, item.pending.renamed_ids, item.awaited
    if item.status == ACTIVE and awaited.image is not None:
        started = CreateIds(item.thing["job_id"], item.thing["image_id"])
        close_record_of_another_task(task, name, started, awaited.image.id)
    elif item.status == FAILED and renamed_ids and not (awaited.image and awaited.image.ready):
        restore_name_by_ids(task, name, renamed_ids)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
