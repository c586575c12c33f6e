# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a create request that an earlier task of this machine sent, or was just sending
when it was killed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..context import Task
from ..lookups import read_image_from_glance, read_job
from ..model.image import Image, Job
from ..model.provenance import CreateIds
from ..waiting.poll import poll
from ..waiting.schedule import EARLIER_REQUEST, GRACE
from .image_lock import CreateRecord


@dataclass(frozen=True)
class Recovered:
    """What an earlier create request has led to."""

    # None while it cannot be seen.
    image: Image | None = None
    # The ids of the request, as long as its image is not active.
    unfinished: CreateIds | None = None


@dataclass(frozen=True)
class _Sighting:
    job: Job | None
    # A usable image.
    image: Image | None
    # An image that cannot be seen may still show.
    may_show: bool


def recover(
    task: Task,
    record: CreateRecord,
    name: str,
    look_up: Callable[[bool], Sequence[Image]],
    until_seen: bool,
) -> Recovered | None:
    """Find out what became of a create request; None when it has led to no image.

    `look_up` returns the images of the name, as last seen or (True) looked up again. `until_seen`:
    wait until the image can be seen, whatever is known of its job.

    A request that was never answered has no ids: its image is waited for as long as images take to
    show. What existed before a request of which nothing is known is not known either: everything
    that is listed now is taken for that.
    """
    if record.unreadable:
        task.note(
            f"It is unknown what became of an earlier create request for image '{name}'; a late "
            "image is waited for."
        )
        record = record._replace(other_ids=frozenset(image.id for image in look_up(False)))
    recorded_id = _image_id(record, None)
    done = next((image for image in look_up(False) if image.id == recorded_id), None)
    if done is not None and done.ready:
        return Recovered(done)
    clock = task.client.clock
    recorded_age, since = record.time.age(clock), clock.monotonic()
    again = False

    def find() -> _Sighting:
        age = recorded_age + clock.monotonic() - since
        job = read_job(task.client, record.ids.job_id) if record.ids.job_id else None
        image = _image(task, record, name, job, look_up(again))
        usable = None if image is None or image.dead else image
        return _Sighting(job, usable, _may_show(record, job, age))

    def read() -> _Sighting:
        nonlocal again
        found = find()
        if not again and found.image is None and not found.may_show:
            again = True  # what was seen before may be too old
            found = find()
        again = True
        return found

    def is_clear(found: _Sighting) -> bool:
        unfinished = found.may_show and (until_seen or not record.answered)
        return found.image is not None or not unfinished

    found = poll(task, read, EARLIER_REQUEST, is_clear)
    if found.image is not None:
        ids = CreateIds(record.ids.job_id, found.image.id)
        return Recovered(found.image, None if found.image.ready else ids)
    if not found.may_show:
        return None
    return Recovered(None, CreateIds(record.ids.job_id, _image_id(record, found.job)))


def _may_show(record: CreateRecord, job: Job | None, age: float) -> bool:
    """Whether an image that cannot be seen may still show. `age`: seconds from its create request
    to the moment of the look-up, which may have taken long."""
    if record.done:
        return False  # it existed, so it was deleted
    if job is not None and not job.succeeded:
        return not job.failed
    return age < GRACE


def _image(
    task: Task, record: CreateRecord, name: str, job: Job | None, images: Sequence[Image]
) -> Image | None:
    """Return the image of the recorded id; where there is none, or its image has another name, the
    image of the name that did not exist before."""
    image_id = _image_id(record, job)
    if image_id is not None:
        listed = next((image for image in images if image.id == image_id), None)
        image = listed or read_image_from_glance(task.client, image_id)
        if image is None or not image.ready or image.name == name:
            return image
    return next((image for image in images if image.id not in record.other_ids), None)


def _image_id(record: CreateRecord, job: Job | None) -> str | None:
    """Return the id that the job or the answer to the create request names; an image that existed
    before is not the new one."""
    named = (job.image_id if job else None, record.ids.image_id)
    return next((one for one in named if one and one not in record.other_ids), None)
