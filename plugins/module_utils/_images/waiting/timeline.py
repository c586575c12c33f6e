# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what was waited for was ordered, began and ended: by the cloud's word where it gives one,
else by what was seen of it.

All times are UTC by the cloud's clock, whole seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..._cloud.decode import parse_time
from ..model.image import Image, Job

# Who says when something was: the cloud, or we, who looked.
CLOUD, OBSERVED = "cloud", "observed"
# The status of an Entry that stands for no image: its msg says what has ended a wait for all.
INTERRUPTED = "interrupted"
_TEXT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class Track:
    """What was seen of a job and its image: when it was first running, first over, and looked at
    first and last."""

    first: datetime | None = None
    last: datetime | None = None
    running: datetime | None = None
    over: datetime | None = None
    waited_in_line: bool = False

    def note(self, now: datetime, job: Job | None, image: Image | None, over: bool) -> None:
        """After a poll. `job` and `image` may be known from an earlier poll only."""
        self.first, self.last = self.first or now, now
        if over:
            self.over = self.over or now
        elif _is_running(job, image):
            self.running = self.running or now
        elif self.running is None:
            self.waited_in_line = True


def _is_running(job: Job | None, image: Image | None) -> bool:
    """Does the cloud work on it? Of job and image the one that is further tells."""
    return (job is not None and job.status not in ("", "INIT")) or (
        image is not None and image.status not in ("", "queued")
    )


@dataclass(frozen=True)
class Entry:
    """One thing that was waited for.

    status: as image_wait returns it, or INTERRUPTED. made: it was ordered, or still going on,
    during this run; else it was there before. began_by, ended_by: CLOUD or OBSERVED. running_at:
    when it was first seen running, None if it was not seen waiting in line before. looked_at: the
    last look. percent: how far it was then. actions: what was done. error: as image_wait returns
    it.
    """

    name: str
    status: str
    image_id: str | None = None
    job_id: str | None = None
    source: str | None = None
    made: bool = False
    changed: bool = False
    began_at: datetime | None = None
    began_by: str | None = None
    running_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    looked_at: datetime | None = None
    percent: float | None = None
    actions: tuple[str, ...] = ()
    msg: str | None = None
    error: Mapping[str, Any] | None = field(default=None)

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From its beginning to its end, or to the last look; None where it is of no interest or
        not known."""
        end = self.ended_at or self.looked_at
        if not self.made or self.began_at is None or end is None:
            return None
        return self.began_at, max(self.began_at, end)

    @property
    def seconds(self) -> float | None:
        return (self.span[1] - self.span[0]).total_seconds() if self.span else None

    def to_result(self) -> dict[str, Any]:
        """Plain JSON types."""
        told = {name: getattr(self, name) for name in _TYPES}
        for name in _MOMENTS:
            told[name] = told[name].strftime(_TEXT) if told[name] else None
        error = dict(self.error) if self.error else None
        return {**told, "actions": list(self.actions), "error": error, "seconds": self.seconds}

    @classmethod
    def from_result(cls, told: Any) -> Entry:
        """As to_result made it. Raises ValueError for what it does not make."""
        if not isinstance(told, Mapping):
            raise ValueError("it is no dictionary")
        values: dict[str, Any] = {name: told.get(name) for name in _TYPES}
        for name, kinds in _TYPES.items():
            if not isinstance(values[name], kinds):
                raise ValueError(f"its {name} is not as it should be")
        for name in _MOMENTS:
            if values[name] is not None:
                values[name] = parse_time(values[name])
                if values[name] is None:
                    raise ValueError(f"its {name} is no time")
        values["actions"] = tuple(str(action) for action in values["actions"])
        return cls(**values)


_NONE = type(None)
_TEXTS = ("image_id", "job_id", "source", "began_by", "ended_by", "msg")
_MOMENTS = ("began_at", "running_at", "ended_at", "looked_at")
_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "status": (str,),
    **dict.fromkeys((*_TEXTS, *_MOMENTS), (str, _NONE)),
    "made": (bool,),
    "changed": (bool,),
    "percent": (int, float, _NONE),
    "actions": (list,),
    "error": (Mapping, _NONE),
}


def times(track: Track, job: Job | None, image: Image | None, over: bool) -> dict[str, Any]:
    """Those members of an Entry that are about time. over: nothing more is to be waited for.

    The job's times are those of the work; images without a job (exports) tell when they were
    ordered and when they became active.
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
        "running_at": track.running if track.waited_in_line else None,
        "ended_at": ended or observed_end,
        "ended_by": CLOUD if ended else OBSERVED if observed_end else None,
        "looked_at": track.last,
        "percent": job.percent if job and not over else None,
    }
