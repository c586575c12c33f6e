# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is awaited, and what the polls have seen of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..._cloud.decode import parse_time
from ..failures import Failed
from ..model.image import Image, Job
from .poll import UselessAnswers
from .schedule import Forecast
from .timeline import CLOUD, OBSERVED


@dataclass
class Track:
    """What the polls saw of a job and its image, and when (by the cloud's clock)."""

    # The first and the last poll.
    first: datetime | None = None
    last: datetime | None = None
    # The last poll that saw it in the queue.
    queued: datetime | None = None
    # The first poll that saw it running, and the first one that saw its end.
    running: datetime | None = None
    over: datetime | None = None

    def add(self, now: datetime, job: Job | None, image: Image | None, over: bool) -> None:
        """Record a poll. `job` and `image`: as this poll read them, None for what it did not read:
        what an earlier one read says nothing about this moment."""
        self.first, self.last = self.first or now, now
        if over:
            self.over = self.over or now
        elif _is_running(job, image):
            self.running = self.running or now
        elif _is_queued(job, image) and self.running is None:
            self.queued = now


def _is_running(job: Job | None, image: Image | None) -> bool:
    """Whether the cloud works on it. If job and image disagree, the one that is further decides."""
    return (job is not None and job.status not in ("", "INIT")) or (
        image is not None and image.status not in ("", "queued")
    )


def _is_queued(job: Job | None, image: Image | None) -> bool:
    return (job is not None and job.status == "INIT") or (
        image is not None and image.status == "queued"
    )


@dataclass
class Awaited:
    """A job or an image that is waited for, or a job that has not named its image yet."""

    label: str
    job_id: str | None = None
    image_id: str | None = None
    # Finds the image by what the task knows of it, for jobs that end without naming it.
    find_image: Callable[[], Image | None] = field(default=lambda: None)
    # Looks up the image by its id, where the task has a way of its own.
    look_up: Callable[[str], Image | None] | None = None
    # What the image will be called, where its job has not named it yet: once the list shows such an
    # image, the job is worth a poll.
    name: str | None = None
    # Ids of images that are not the new one.
    other_ids: frozenset[str] = frozenset()
    # Whether an image can be the new one.
    accepts: Callable[[Image], bool] = field(default=lambda image: True)
    # The image that was named and is not the new one, in words.
    rejected: str = ""
    job: Job | None = None
    image: Image | None = None
    failure: Failed | None = None
    job_over: bool = False
    # All times below in monotonic seconds. Since when the cloud does not know the job, the image:
    job_missing_since: float | None = None
    image_missing_since: float | None = None
    # The last poll of the job.
    job_polled_at: float = float("-inf")
    # When the first of the two, job and image, was done.
    half_done_at: float | None = None
    # When the create request was sent, if that was during a wait.
    requested_at: float | None = None
    useless_answers: UselessAnswers = field(default_factory=UselessAnswers)
    forecast: Forecast = field(default_factory=Forecast)
    track: Track = field(default_factory=Track)

    @property
    def over(self) -> bool:
        return self.failure is not None or bool(
            self.image and self.image.ready and self.job_is_over
        )

    @property
    def ready(self) -> bool:
        return self.over and self.failure is None

    def active_image(self) -> Image:
        """Return the image, once it is active. Raises the Failed that ended the wait otherwise."""
        if self.failure is not None:
            raise self.failure
        if self.image is None:
            raise RuntimeError(f"nobody has waited for {self.label}")
        return self.image

    @property
    def job_is_over(self) -> bool:
        return self.job_over or self.job_id is None

    def reject(self, image_id: str, why: str) -> None:
        """Go on as if no image had been named yet: the one that was named is not the new one."""
        self.rejected = f"image {image_id}, which {why}"
        self.other_ids |= {image_id}
        self.image_id = None

    def state(self) -> str:
        """Return the cloud's last word, for messages."""
        if not self.job_is_over:
            status = self.job.status if self.job else "not known to the cloud yet"
            return f"job {self.job_id} is {status}"
        status = self.image.status if self.image else "not to be seen yet"
        return f"image {self.image_id} is {status}"

    def times(self, over: bool) -> dict[str, Any]:
        """Return the members of a timeline entry that are about time. `over`: the wait has ended.

        A job's times are those of its work; an image without a job (an export) says when it was
        requested and when it became active. What the cloud does not say was observed.
        """
        job, image, track = self.job, self.image, self.track
        began = parse_time(job.begin_time) if job else None
        began = began or (image.created_at if image else None)
        said: Sequence[datetime | None] = (
            parse_time(job.end_time) if job else None,
            image.active_at if image and image.ready else None,
        )
        ended = max((one for one in said if one is not None), default=None) if over else None
        observed_end = (track.over or track.last) if over else None
        return {
            "began_at": began or track.first,
            "began_by": CLOUD if began else OBSERVED if track.first else None,
            "queued_until": track.queued,
            "running_at": track.running,
            "ended_at": ended or observed_end,
            "ended_by": CLOUD if ended else OBSERVED if observed_end else None,
            "polled_at": track.last,
            "percent": job.percent if job and not over else None,
        }
