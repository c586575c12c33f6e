# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of an order that an earlier task of this machine has sent, or was just sending when
it was killed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..._cloud import ims
from ..context import Task
from ..lookups import shown
from ..model.image import Image, Job
from ..model.provenance import CreateIds
from ..waiting.patience import useful
from ..waiting.schedule import GRACE
from .image_lock import CreateRecord

_PAUSE = 5.0


@dataclass(frozen=True)
class Recovered:
    """image: once it can be seen; started: the ids of the order while it is not done."""

    image: Image | None = None
    started: CreateIds | None = None


def recover(
    task: Task,
    record: CreateRecord,
    name: str,
    look: Callable[[bool], Sequence[Image]],
    insist: bool,
) -> Recovered | None:
    """None when the order came to nothing.

    look: the images of the name, as last seen, or (True) looked up again. insist: wait until
    the image can be seen, whatever is known of its job. A call that was never answered has no ids:
    its image is waited for as long as images take to show up. What existed before an order that
    cannot be read is not known: all that is listed now is taken for it.
    """
    if record.unreadable:
        task.note(
            f"The create record of image '{name}' cannot be read; a late image is waited for."
        )
        record = replace(record, known=frozenset(image.id for image in look(False)))
    noted_id = _image_id(record, None)
    done = next((image for image in look(False) if image.id == noted_id), None)
    if done is not None and done.ready:
        return Recovered(done)
    again = False
    clock = task.client.clock
    noted, since = record.posted.age(clock), clock.monotonic()
    while True:
        age = noted + clock.monotonic() - since
        job, image = useful(task.client, partial(_found, task, record, name, look, again), _PAUSE)
        if image is not None and not image.dead:
            ids = CreateIds(record.started.job_id, image.id)
            return Recovered(image, None if image.ready else ids)
        if not _coming(record, job, age):
            if again:
                return None
            again = True  # what was seen before may be too old
            continue
        if record.answered and not insist:
            return Recovered(None, CreateIds(record.started.job_id, _image_id(record, job)))
        clock.sleep(_PAUSE)
        again = True


def _found(
    task: Task,
    record: CreateRecord,
    name: str,
    look: Callable[[bool], Sequence[Image]],
    again: bool,
) -> tuple[Job | None, Image | None]:
    job = _job(task, record)
    return job, _image(task, record, name, job, look(again))


def _coming(record: CreateRecord, job: Job | None, age: float) -> bool:
    """May an image that is not to be seen still show up? age: seconds from its order to the moment
    when it was looked for, which may have taken long."""
    if record.done:
        return False  # it has been there: somebody has deleted it
    if job is not None and not job.succeeded:
        return not job.failed
    return age < GRACE


def _image(
    task: Task, record: CreateRecord, name: str, job: Job | None, images: Sequence[Image]
) -> Image | None:
    """The image of the order's id; where none is known, or that one has another name, the one of
    the name that was not there before."""
    image_id = _image_id(record, job)
    if image_id is not None:
        listed = next((image for image in images if image.id == image_id), None)
        image = listed or shown(task.client, image_id)
        if image is None or not image.ready or image.name == name:
            return image
    return next((image for image in images if image.id not in record.known), None)


def _image_id(record: CreateRecord, job: Job | None) -> str | None:
    """As the job or the create request told it; what was there before is not the new image."""
    told = (job.image_id if job else None, record.started.image_id)
    return next((image_id for image_id in told if image_id and image_id not in record.known), None)


def _job(task: Task, record: CreateRecord) -> Job | None:
    if record.started.job_id is None:
        return None
    wire = ims.find_job(task.client, record.started.job_id)
    return None if wire is None else Job.from_wire(wire)
