# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told while a task waits: a plain line whenever something moves, and at least one a
minute.

How a line is shown, and whether at all, is the front end's business (`Task.show_line`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..age import span
from ..context import Task

if TYPE_CHECKING:
    from .awaited import Awaited

_MINUTE = 60.0
# Percents count as moved in steps of this size; many images are told in groups of that size.
_STEP, _GROUP = 10, 20
# A pace that is drawn from the beginning of a job needs as many percent.
_KNOWN = 3
# Of so many requests it is said how far they have come.
_MANY = 200
# So many images that failed are named in a line about many.
_NAMED = 3


class Throttle:
    """Says that something lasts: at once, when it moves, and at least once a minute."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._begun = task.client.clock.monotonic()
        self._told: float | None = None
        self._last: object = None

    def elapsed(self) -> float:
        return self._task.client.clock.monotonic() - self._begun

    def due(self, state: object, seconds: float) -> bool:
        """Is there something to be told now? seconds: until it can be told again."""
        now = self.elapsed()
        due = self._told is None or state != self._last or now + seconds - self._told > _MINUTE
        if due:
            self._told, self._last = now, state
        return due

    def tell(self, text: str, seconds: float) -> None:
        """The text behind the name of what the task is about, with how long it has lasted."""
        if self.due(text, seconds):
            self._task.show_progress(f"{text}, {span(self.elapsed())} so far")


class Count:
    """Says of many requests how far they have come: after each tenth, and at least once a minute.
    Of few it says nothing."""

    def __init__(self, task: Task, what: str, total: int) -> None:
        self._task = task
        self._what = what
        self._total = total
        self._beat = Throttle(task)

    def reached(self, count: int) -> None:
        if self._total >= _MANY and self._beat.due(10 * count // self._total, 0):
            so_far = f"{span(self._beat.elapsed())} so far"
            self._task.show_progress(f"{self._what}: {count} of {self._total}, {so_far}")


class Progress:
    """The lines about a wait for one image, or for many."""

    def __init__(self, task: Task, awaited: Sequence[Awaited]) -> None:
        self._task = task
        self._awaited = awaited
        self._beat = Throttle(task)

    def show(self, seconds: float) -> None:
        """After a look; seconds: until the next one."""
        if len(self._awaited) == 1:
            [item] = self._awaited
            if self._beat.due(_state(item), seconds):
                self._task.show_line(f"{item.label}: {self._about(item)}")
        elif self._awaited:
            going = [item for item in self._awaited if not item.over]
            standings = [(item, self._standing(item)) for item in going]
            known = [(item, standing) for item, standing in standings if standing]
            words = _summary(self._awaited, [percent for _item, (percent, _left) in known])
            if self._beat.due(words, seconds):
                so_far = f"{span(self._beat.elapsed())} so far"
                self._task.show_line(", ".join([*words, *_next(known), so_far]))

    def _about(self, item: Awaited) -> str:
        elapsed = span(self._beat.elapsed())
        if item.over:
            return f"active after {elapsed}" if item.failure is None else f"failed after {elapsed}"
        words = [_doing(item), f"{elapsed} so far"]
        standing = self._standing(item)
        return ", ".join([*words, f"about {span(standing[1])} left"] if standing else words)

    def _standing(self, item: Awaited) -> tuple[float, float] | None:
        """How many percent are done by now, and in how many seconds the rest will be; None where it
        cannot be said. Of many each is asked about rarely, so its pace is drawn on."""
        job, clock = item.job, self._task.client.clock
        if item.job_is_over or job is None or not job.percent:
            return None
        since = clock.monotonic() - item.asked
        pace = item.forecast.per_percent
        if pace is None:
            age = job.age(self._task.client.cloud_time())
            if age is None or age <= since or job.percent < _KNOWN:
                return None
            pace = (age - since) / job.percent
        if pace <= 0:
            return None
        percent = min(99.0, job.percent + since / pace)
        return percent, (100 - percent) * pace


def _next(known: Sequence[tuple[Awaited, tuple[float, float]]]) -> list[str]:
    """Which is expected to be ready first."""
    if not known:
        return []
    item, (_percent, left) = min(known, key=lambda one: one[1][1])
    return [f"next {item.label} in about {span(left)}"]


def _state(item: Awaited) -> tuple[object, ...]:
    """What makes a new line when it changes."""
    if item.over:
        return (item.failure is None,)
    if item.job_is_over or item.job is None:
        return (item.job_is_over, item.image.status if item.image else None)
    percent = item.job.percent
    step = None if percent is None else percent // _STEP
    return (item.job.status, item.job.task, step)


def _doing(item: Awaited) -> str:
    """What the cloud says of an image that is being made."""
    if item.job_is_over or item.job is None:
        if item.image is not None:
            return f"image {item.image.status}"
        return "waiting for " + (
            f"image {item.image_id}" if item.image_id else f"job {item.job_id}"
        )
    percent = item.job.percent
    words = [f"job {item.job.status}"]
    words += [f"{percent:.0f} %"] if percent is not None else []
    return ", ".join([*words, item.job.task] if item.job.task else words)


def _summary(awaited: Sequence[Awaited], percents: Sequence[float]) -> tuple[str, ...]:
    """What is told of many, and moves. percents: of those under way of which it is known."""
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
