# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One loop that waits for any number of jobs and images, up to the task's deadline."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..cloud import ims
from ..cloud.errors import BadRequest, NotFound, TimeBudgetExceeded
from .find import see
from .model import Image, Job
from .run import Failed, Run

# A job or an image that the cloud does not know is believed to be coming up for this long, and gone
# after it.
GRACE = 60.0
_LONGEST_PAUSE = 60.0
_JITTER = 0.05


@dataclass
class Awaited:
    """What is waited for: a job, an image, or a job that has yet to say which image it makes.

    find: looks the image up by what the task knows of it, for jobs that end without naming their
    image. look: looks up the image of an id, where the task has a way of its own.
    """

    label: str
    job_id: str | None = None
    image_id: str | None = None
    find: Callable[[], Image | None] = field(default=lambda: None)
    look: Callable[[str], Image | None] | None = None
    job: Job | None = None
    image: Image | None = None
    failure: Failed | None = None
    job_over: bool = False
    missing_since: float | None = None

    @property
    def over(self) -> bool:
        return self.failure is not None or bool(
            self.image and self.image.ready and self.job_is_over
        )

    def active_image(self) -> Image:
        """The image, once it is active. Raises the Failed that ended the wait otherwise."""
        if self.failure is not None:
            raise self.failure
        if self.image is None:
            raise RuntimeError(f"nobody has waited for {self.label}")
        return self.image

    @property
    def job_is_over(self) -> bool:
        return self.job_over or self.job_id is None

    def state(self) -> str:
        """The cloud's last word, for messages."""
        if not self.job_is_over:
            status = self.job.status if self.job else "not known to the cloud yet"
            return f"job {self.job_id} is {status}"
        status = self.image.status if self.image else "not to be seen yet"
        return f"image {self.image_id} is {status}"


def wait_for(run: Run, awaited: Sequence[Awaited]) -> None:
    """Returns when each is active or has failed (see .failure). Raises Failed when the deadline
    passes first."""
    clock, deadline = run.client.clock, run.client.deadline
    begun = clock.monotonic()
    while True:
        try:
            for item in awaited:
                if not item.over:
                    _advance(run, item)
        except TimeBudgetExceeded as error:
            if error.last is not None:
                raise
            raise _not_in_time(awaited) from error
        if all(item.over for item in awaited):
            return
        left = deadline.left() if deadline else _LONGEST_PAUSE
        if left <= 0:
            raise _not_in_time(awaited)
        clock.sleep(min(pause(clock.monotonic() - begun), left))


def _not_in_time(awaited: Sequence[Awaited]) -> Failed:
    states = "; ".join(f"{item.label}: {item.state()}" for item in awaited if not item.over)
    return Failed(f"not finished in time; {states}", unfinished=True)


def pause(elapsed: float) -> float:
    """Seconds until the next look: at most 4 s in the first 40 s, later a tenth of the time waited,
    at most a minute."""
    steady = max(4.0, elapsed / 10)
    return min(1 + elapsed, steady, _LONGEST_PAUSE) * random.uniform(1 - _JITTER, 1)


def _advance(run: Run, item: Awaited) -> None:
    if not item.job_is_over:
        _look_at_job(run, item)
    if item.job_is_over and item.failure is None:
        _look_at_image(run, item)


def _look_at_job(run: Run, item: Awaited) -> None:
    try:
        item.job = Job.from_wire(ims.show_job(run.client, str(item.job_id)), str(item.job_id))
    except (NotFound, BadRequest) as error:
        # An unknown job may be 400 or 404; new ones are unknown for a while, old ones are forgotten
        # some day.
        if _missing_too_long(run, item):
            if item.image_id is None:
                item.failure = Failed(
                    f"the cloud does not know job {item.job_id} ({error})", code=error.code
                )
                item.failure.__cause__ = error
            item.job_over = True
            item.missing_since = None
        return
    item.missing_since = None
    item.image_id = item.job.image_id or item.image_id
    if item.job.failed:
        item.failure = _job_failure(item.job)
    item.job_over = item.job.succeeded or item.job.failed


def _job_failure(job: Job) -> Failed:
    code, reason = job.error_code or "no error code", job.fail_reason or "no reason given"
    return Failed(
        f"job {job.id} failed: {reason} ({code})", code=job.error_code, reason=job.fail_reason
    )


def _look_at_image(run: Run, item: Awaited) -> None:
    item.image = _find_image(run, item)
    if item.image is None:
        if _missing_too_long(run, item):
            item.failure = Failed(
                f"image {item.image_id or 'of the job'} is not there (any more); the cloud gives "
                f"no reason"
            )
        return
    item.missing_since = None
    item.image_id = item.image.id
    if item.image.dead:
        item.failure = Failed(
            f"image {item.image.id} became {item.image.status}; the cloud gives no reason"
        )


def _find_image(run: Run, item: Awaited) -> Image | None:
    if item.image_id is None:
        return item.find()
    return see(run.client, item.image_id) if item.look is None else item.look(item.image_id)


def _missing_too_long(run: Run, item: Awaited) -> bool:
    now = run.client.clock.monotonic()
    if item.missing_since is None:
        item.missing_since = now
    return now - item.missing_since >= GRACE
