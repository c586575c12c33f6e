# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each awaited image was created: by the cloud's word where it gives one, else by what was
seen of it.

All times are UTC by the cloud's clock, whole seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..._cloud.decode import parse_time
from ..model.image import Image, Job

# Who says when something was: the cloud, or our polls.
CLOUD, OBSERVED = "cloud", "observed"
# The status of an Entry that stands for no image: its msg says what ended the wait for all.
INTERRUPTED = "interrupted"
_TEXT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class Track:
    """What the polls saw of a job and its image, and when.

    first, last: the first and the last poll. queued: the last one that saw it in the queue.
    running: the first one that saw it running. over: the first one that saw its end.
    """

    first: datetime | None = None
    last: datetime | None = None
    queued: datetime | None = None
    running: datetime | None = None
    over: datetime | None = None

    def note(self, now: datetime, job: Job | None, image: Image | None, over: bool) -> None:
        """Record a poll. job, image: as this poll read them, None for what it did not read: what an
        earlier one read says nothing about this moment."""
        self.first, self.last = self.first or now, now
        if over:
            self.over = self.over or now
        elif _is_running(job, image):
            self.running = self.running or now
        elif _is_queued(job, image) and self.running is None:
            self.queued = now


def _is_running(job: Job | None, image: Image | None) -> bool:
    """Is the cloud working on it? Job and image may disagree: the one that is further decides."""
    return (job is not None and job.status not in ("", "INIT")) or (
        image is not None and image.status not in ("", "queued")
    )


def _is_queued(job: Job | None, image: Image | None) -> bool:
    return (job is not None and job.status == "INIT") or (
        image is not None and image.status == "queued"
    )


@dataclass(frozen=True)
class Entry:
    """One awaited image.

    status: as `image_wait` returns it, or INTERRUPTED. made: it was created, or still being
    created, during this run; else it existed before. began_by, ended_by: CLOUD or OBSERVED.
    queued_until: the last poll that saw it in the queue. running_at: the first one that saw it
    running. looked_at: the last poll. percent: its progress then. actions: what was done to it.
    error: as `image_wait` returns it.
    """

    name: str
    status: str
    image_id: str | None = None
    job_id: str | None = None
    source: str | None = None
    region: str | None = None
    made: bool = False
    changed: bool = False
    began_at: datetime | None = None
    began_by: str | None = None
    queued_until: datetime | None = None
    running_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    looked_at: datetime | None = None
    percent: float | None = None
    actions: tuple[str, ...] = ()
    msg: str | None = None
    error: Mapping[str, Any] | None = None

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Its beginning, and its end or the last poll; None if it existed before, or this is not
        known."""
        end = self.ended_at or self.looked_at
        if not self.made or self.began_at is None or end is None:
            return None
        return self.began_at, max(self.began_at, end)

    @property
    def seconds(self) -> float | None:
        return (self.span[1] - self.span[0]).total_seconds() if self.span else None

    def to_result(self) -> dict[str, Any]:
        """Return plain JSON types."""
        values = {
            name: value.strftime(_TEXT) if isinstance(value, datetime) else value
            for name, value in vars(self).items()
        }
        error = dict(self.error) if self.error else None
        return {**values, "actions": list(self.actions), "error": error, "seconds": self.seconds}


def times(track: Track, job: Job | None, image: Image | None, over: bool) -> dict[str, Any]:
    """Return the members of an Entry that are about time. over: the wait for it has ended.

    A job's times are those of its work; an image without a job (an export) says when it was
    requested and when it became active.
    """
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
        "looked_at": track.last,
        "percent": job.percent if job and not over else None,
    }
