# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a batch: one line for each poll that shows something new, and a line for each
image that has been waited for, or has failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ..age import span
from ..context import Task
from ..waiting.progress import Throttle, percent_of
from .batch_image import BatchImage
from .item import ACTIVE, FAILED, IN_PROGRESS, NOT_STARTED, SKIPPED

_STEP = 10
# What a line about a pause says after its reason (_front/task.py), and for how long (seconds) no
# other line says the same again.
_NEXT_TRY, _AGAIN = "; next try in ", 600.0
_MINUTE = 60.0
# More images than these have no line each when they are active, and no more of them when they fail.
_MANY = 20


def with_few_pauses(task: Task) -> Callable[[str], None]:
    """Return `show_line` of the task without lines about pauses of the same reason within ten
    minutes: several threads pause for the same reason, again and again."""
    show_line, shown = task.show_line, dict[str, float]()

    def show(line: str) -> None:
        reason, next_try, _rest = line.partition(_NEXT_TRY)
        if next_try:
            now = task.client.clock.monotonic()
            if now - shown.get(reason, float("-inf")) < _AGAIN:
                return
            shown[reason] = now
        show_line(line)

    return show


class BatchProgress:
    """Shows the progress lines of a batch."""

    def __init__(self, task: Task, entries: Sequence[BatchImage]) -> None:
        self._task = task
        self._entries = entries
        self._throttle = Throttle(task)
        self._failures = 0

    def show(self, seconds: float) -> None:
        """Show a line if one is due. `seconds`: until the next poll. Images that need no change are
        looked up in silence."""
        has_begun = any(entry.awaited is not None for entry in self._entries)
        if not has_begun and self._throttle.elapsed() < _MINUTE:
            return
        words = self._words()
        if self._throttle.due(self._counts() if self._are_many else words, seconds):
            so_far = f"{span(self._throttle.elapsed())} so far"
            self._task.show_line(", ".join([*words, so_far]))

    def ended(self, entry: BatchImage) -> None:
        """Show what became of an image: the end of a wait, or a failure."""
        if not self._task.shows_images:
            return
        if entry.status in (FAILED, IN_PROGRESS) and entry.error is not None:
            self._failures += 1
            if self._failures > _MANY:
                return
            self._task.show_line(f"{entry.name}: {entry.status.replace('_', ' ')}: {entry.why}")
        elif entry.awaited is not None and entry.status == ACTIVE and not self._are_many:
            elapsed = span(self._throttle.elapsed())
            self._task.show_line(f"{entry.name}: active after {elapsed}")

    @property
    def _are_many(self) -> bool:
        return len(self._entries) > _MANY

    def _counts(self) -> tuple[object, ...]:
        """Return what makes a line about many images due when it changes: the first one and each
        tenth of those that are active, are to be started, have failed or are skipped."""
        statuses, total = Counter(entry.status for entry in self._entries), len(self._entries)
        counts = [statuses[one] for one in (ACTIVE, NOT_STARTED, FAILED, SKIPPED)]
        return tuple((count > 0, 10 * count // total) for count in counts)

    def _words(self) -> tuple[str, ...]:
        statuses = Counter(entry.status for entry in self._entries)
        created = [entry for entry in self._entries if entry.begun and not entry.is_over]
        waiting = sum(not entry.begun and not entry.is_over for entry in self._entries)
        parts = [f"{statuses[ACTIVE]} of {len(self._entries)} images active"]
        parts += [f"{len(created)} being created{self._percent(created)}"] if created else []
        parts += [f"{waiting} to be started"] if waiting else []
        parts += [f"{statuses[FAILED]} failed"] if statuses[FAILED] else []
        parts += [f"{statuses[SKIPPED]} skipped"] if statuses[SKIPPED] else []
        return tuple(parts)

    def _percent(self, created: Sequence[BatchImage]) -> str:
        """Say how far they are on the average, in steps, where the cloud reports it of any."""
        percents = [percent_of(self._task, one.awaited) for one in created if one.awaited]
        known = [one for one in percents if one is not None]
        if not known:
            return ""
        return f" at about {sum(known) / len(known) // _STEP * _STEP:.0f} %"
