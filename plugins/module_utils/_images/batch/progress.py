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
from ..waiting.progress import Throttle, estimate
from .batch_image import BatchImage
from .item import ACTIVE, FAILED, IN_PROGRESS, SKIPPED

_STEP = 10
# What a line about a pause says after its reason (_front/task.py), and for how long (seconds) it
# does not say the same again.
_NEXT_TRY, _MINUTE = "; next try in ", 60.0


def with_few_pauses(task: Task) -> Callable[[str], None]:
    """Return `show_line` of the task without lines about pauses of the same reason within a
    minute: several threads pause for the same reason."""
    show_line, shown = task.show_line, dict[str, float]()

    def show(line: str) -> None:
        reason, next_try, _rest = line.partition(_NEXT_TRY)
        if next_try:
            now = task.client.clock.monotonic()
            if now - shown.get(reason, float("-inf")) < _MINUTE:
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

    def show(self, seconds: float) -> None:
        """Show a line if one is due. `seconds`: until the next poll. Images that need no change are
        looked up in silence."""
        has_begun = any(entry.awaited is not None for entry in self._entries)
        if not has_begun and self._throttle.elapsed() < _MINUTE:
            return
        words = self._words()
        if self._throttle.due(words, seconds):
            so_far = f"{span(self._throttle.elapsed())} so far"
            self._task.show_line(", ".join([*words, so_far]))

    def ended(self, entry: BatchImage) -> None:
        """Show what became of an image: the end of a wait, or a failure."""
        if not self._task.shows_images:
            return
        if entry.status in (FAILED, IN_PROGRESS) and entry.error is not None:
            self._task.show_line(f"{entry.name}: {entry.status.replace('_', ' ')}: {entry.why}")
        elif entry.awaited is not None and entry.status == ACTIVE:
            elapsed = span(self._throttle.elapsed())
            self._task.show_line(f"{entry.name}: active after {elapsed}")

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
        known = [
            found[0]
            for found in (estimate(self._task, one.awaited) for one in created if one.awaited)
            if found
        ]
        if not known:
            return ""
        return f" at about {sum(known) / len(known) // _STEP * _STEP:.0f} %"
