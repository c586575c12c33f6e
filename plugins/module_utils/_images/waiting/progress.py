# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines: a plain line whenever something moves, and at least one a minute.

Whether and how a line is shown is up to the front end (`Task.show_line`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..age import span
from ..context import Task

if TYPE_CHECKING:
    from .awaited import Awaited

_MINUTE = 60.0
# A percentage counts as moved in steps of this size; images of many are grouped in that size.
_STEP, _GROUP = 10, 20
# To extrapolate from the beginning of a job takes so many percent.
_KNOWN = 3
# An estimate rises by this part of the one before at most, or by so many seconds if that is more.
_RISE, _LEAST_RISE = 0.2, 10.0
# From so many requests on their progress is shown.
_MANY = 200
# A line about many images names at most so many failed ones.
_NAMED = 3


class Throttle:
    """Decides when a progress line is due: at once, when something moves, and once a minute."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._begun = task.client.clock.monotonic()
        self._shown_at: float | None = None
        self._shown: object = None

    def elapsed(self) -> float:
        return self._task.client.clock.monotonic() - self._begun

    def due(self, state: object, seconds: float) -> bool:
        """Whether a line about this state is due now. `seconds`: until the next opportunity."""
        now, at = self.elapsed(), self._shown_at
        due = at is None or state != self._shown or now + seconds - at > _MINUTE
        if due:
            self._shown_at, self._shown = now, state
        return due

    def show(self, text: str, seconds: float) -> None:
        """Show the text, with how long it has lasted, if a line is due."""
        if self.due(text, seconds):
            self._task.show_progress(f"{text}, {span(self.elapsed())} so far")


class RequestProgress:
    """Shows how many of many requests are done: after each tenth, and at least once a minute. For
    few requests it shows nothing."""

    def __init__(self, task: Task, what: str, total: int) -> None:
        self._task = task
        self._what = what
        self._total = total
        self._throttle = Throttle(task)

    def reached(self, count: int, before: int = 0) -> None:
        """Show a line, if one is due. `before`: requests of earlier batches."""
        count += before
        if self._total >= _MANY and self._throttle.due(10 * count // self._total, 0):
            so_far = f"{span(self._throttle.elapsed())} so far"
            self._task.show_progress(f"{self._what}: {count} of {self._total}, {so_far}")


class Progress:
    """Shows the progress of a wait for one image, or for many."""

    def __init__(self, task: Task, awaited: Sequence[Awaited]) -> None:
        self._task = task
        self._awaited = awaited
        self._throttle = Throttle(task)
        # The last estimate for each image, by its id(), in seconds.
        self._left: dict[int, float] = {}

    def show(self, seconds: float) -> None:
        """Show a line after a poll, if one is due. `seconds`: until the next poll."""
        if len(self._awaited) == 1:
            [item] = self._awaited
            if self._throttle.due(self._state(item), seconds):
                self._task.show_line(f"{item.label}: {self._about(item)}")
        elif self._awaited:
            unfinished = [item for item in self._awaited if not item.over]
            percents = [percent_of(self._task, item) for item in unfinished]
            words = _summary(self._awaited, [one for one in percents if one is not None])
            if self._throttle.due(words, seconds):
                so_far = f"{span(self._throttle.elapsed())} so far"
                self._task.show_line(", ".join([*words, *self._next(unfinished), so_far]))

    def _about(self, item: Awaited) -> str:
        elapsed = span(self._throttle.elapsed())
        if item.over:
            return f"active after {elapsed}" if item.failure is None else f"failed after {elapsed}"
        left = self._seconds_left(item)
        words = [_activity(item, self._task.shows_jobs), f"{elapsed} so far"]
        return ", ".join(words if left is None else [*words, f"about {span(left)} left"])

    def _next(self, unfinished: Sequence[Awaited]) -> list[str]:
        """Name the image that is expected to be active first."""
        known = [(left, item) for item in unfinished for left in [self._seconds_left(item)] if left]
        if not known:
            return []
        left, item = min(known, key=lambda one: one[0])
        return [f"next {item.label} in about {span(left)}"]

    def _seconds_left(self, item: Awaited) -> float | None:
        """Return the seconds until the image is active; None as long as two polls have not seen
        progress. No estimate is higher than the one before by more than `_RISE`."""
        percent, pace = percent_of(self._task, item), item.forecast.per_percent
        if percent is None or not pace:
            return None
        before = self._left.get(id(item), math.inf)
        left = min((100 - percent) * pace, before + max(_RISE * before, _LEAST_RISE))
        self._left[id(item)] = left
        return left

    def _state(self, item: Awaited) -> tuple[object, ...]:
        """Return what makes a new line due when it changes."""
        if item.over:
            return (item.failure is None,)
        if item.job_is_over or item.job is None:
            return (item.job_is_over, item.image.status if item.image else None)
        percent = item.job.percent if self._task.shows_steps else None
        step = None if percent is None else percent // _STEP
        return (item.job.status, item.job.task if self._task.shows_jobs else "", step)


def percent_of(task: Task, item: Awaited) -> float | None:
    """Return the percentage that is done by now; None where it is unknown.

    Of many images each job is polled rarely, so its progress since is extrapolated.
    """
    job, clock = item.job, task.client.clock
    if item.job_is_over or job is None or not job.percent:
        return None
    since = clock.monotonic() - item.job_polled_at
    pace = item.forecast.per_percent
    if pace is None:
        age = job.age(task.client.cloud_time())
        if age is None or age <= since or job.percent < _KNOWN:
            return None
        pace = (age - since) / job.percent
    return min(99.0, job.percent + since / pace) if pace > 0 else None


def _activity(item: Awaited, shows_jobs: bool) -> str:
    """Say what the cloud reports about an image that is being created."""
    if item.job_is_over or item.job is None:
        if item.image is not None:
            return f"image {item.image.status}"
        return "waiting for " + (
            f"image {item.image_id}" if item.image_id else f"job {item.job_id}"
        )
    percent = item.job.percent
    words = [f"job {item.job.status}"]
    words += [f"{percent:.0f} %"] if percent is not None else []
    return ", ".join([*words, item.job.task] if item.job.task and shows_jobs else words)


def _summary(awaited: Sequence[Awaited], percents: Sequence[float]) -> tuple[str, ...]:
    """Return the moving parts of a line about many. `percents`: of unfinished ones, where known."""
    failed = [item.label for item in awaited if item.failure is not None]
    active = sum(item.over and item.failure is None for item in awaited)
    words = [f"{active} of {len(awaited)} active"]
    if failed:
        names = ", ".join(failed[:_NAMED]) + (" …" if len(failed) > _NAMED else "")
        words.append(f"{len(failed)} failed ({names})")
    groups = Counter(int(percent // _GROUP) for percent in percents)
    for group, count in sorted(groups.items()):
        words.append(f"{count} at {group * _GROUP}-{(group + 1) * _GROUP} %")
    return tuple(words)
