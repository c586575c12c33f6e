# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the pending work of the images that `image_wait` has waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, repeat

from ..._cloud import ims
from ..._cloud.errors import CloudError, ImsError, TimeBudgetExceeded
from ..context import Obstacle, Task
from ..failures import Failed, Vanished
from ..locking.image_lock import close_record_of_another_task
from ..model.image import Image
from ..model.managed import Drift, drift
from ..model.provenance import CreateIds
from ..present.converge import compare, converge, read_back, reread, write_source_tag
from ..present.pending import Pending
from ..present.renames import restore_name_by_ids
from ..waiting.deletion import delete_replaced, wait_until_gone
from ..waiting.poll import poll
from ..waiting.schedule import Schedule
from .item import ACTIVE, FAILED, Item, needed_for

# After writes to many images, one list is read for all, again after each of these pauses (seconds).
_PAUSES = (1.0, 1.0, 2.0, 4.0)


@contextmanager
def recorded(task: Task, item: Item) -> Iterator[None]:
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


def do_pending_work(task: Task, item: Item) -> None:
    """Set what the create request did not accept, and the source tag, once the image is active. It
    is read back later, when the others are active as well."""
    item.completed = True
    if item.pending is None or item.awaited is None:
        return
    image = item.awaited.active_image()
    with recorded(task, item):
        change = item.change if item.ready else _drift_left(task, item.pending, image)
        if image.name != item.pending.name:
            check_nothing_left(item, image, change)
            return
        converge(task, image, change)
        item.rewritten = bool(change)
        if item.pending.origin is not None:
            item.tagged = write_source_tag(task, item.pending.origin, image)


def check_nothing_left(item: Item, image: Image, change: Drift) -> None:
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


def mark_unfinished(waited: Sequence[Item]) -> None:
    """Mark active images as unfinished that were not completed, as the wait was interrupted."""
    for item in waited:
        if item.awaited and item.status == ACTIVE and item.pending and not item.completed:
            item.awaited.failure = Failed(
                "its image is active, but not all of its managed attributes are set yet",
                unfinished=True,
            )


def finish_all(task: Task, waited: Sequence[Item]) -> None:
    """Do what is left after the wait. Each failure is recorded in its item."""
    _read_back(task, [item for item in waited if item.rewritten or item.tagged])
    task.in_use = sources_in_use(waited)
    for item in waited:
        if item.status == ACTIVE and item.old:
            with recorded(task, item):
                _remove_old(task, item)
    for item in waited:
        with recorded(task, item):
            for image in item.removed:
                wait_until_gone(task, image)
        _clean_up(task, item)


def sources_in_use(items: Sequence[Item]) -> dict[str, Obstacle]:
    """Return the source images of unfinished items, by id."""
    return {
        item.source_image: needed_for(item.label)
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
        with recorded(task, item):
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
