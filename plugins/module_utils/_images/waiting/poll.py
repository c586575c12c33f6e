# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Polls: the one loop in which tasks wait, up to their deadline.

What is polled for elsewhere and how often stands in schedule.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from ..._cloud.clock import Clock
from ..._cloud.errors import TimeBudgetExceeded, UselessAnswer
from ..context import Task
from .schedule import Schedule

T = TypeVar("T")

# Useless answers must come in a row for so long (seconds) to end a wait.
_LONGEST_USELESS = 180.0


@dataclass
class UselessAnswers:
    """Tolerates answers of no use, such as the login page of a proxy, for some minutes of a wait.

    A single poll fails after five of them; the wait goes on.
    """

    # When the first poll began that has had no useful answer since (monotonic seconds).
    _since: float | None = None

    @contextmanager
    def tolerated(self, clock: Clock) -> Iterator[None]:
        """Swallow GarbledAnswer and Redirected, unless there was no other answer for 3 minutes."""
        begun = clock.monotonic()
        try:
            yield
        except UselessAnswer:
            if self._since is None:
                self._since = begun
            if clock.monotonic() - self._since >= _LONGEST_USELESS:
                raise
        else:
            self._since = None


def poll(
    task: Task,
    read: Callable[[], T],
    schedule: Schedule,
    until: Callable[[T], bool] = lambda found: True,
    *,
    show: Callable[[float], None] = lambda seconds: None,
    pause_first: bool = False,
    sleep: Callable[[float], None] | None = None,
) -> T:
    """Return what `read` returns, as soon as `until` is true of it.

    Without `until`, the first useful answer ends the wait. After `schedule.within` seconds, what
    one more poll reads is returned whatever it is. `show` is called before each pause, with its
    length in seconds. `pause_first`: there was a poll just now. `sleep`: how to
    pause, where something else may end a pause. Raises what `read` raises, useless
    answers excepted (see `UselessAnswers`), and TimeBudgetExceeded when the task's deadline passes.
    """
    client, useless = task.client, UselessAnswers()
    begun = client.clock.monotonic()
    while True:
        if not pause_first:
            asked = client.clock.monotonic()  # the poll itself may take long
            with useless.tolerated(client.clock):
                found = read()
                if until(found) or asked - begun >= schedule.within:
                    return found
        pause_first = False
        seconds = schedule.pause()
        if client.deadline is not None:
            left = client.deadline.left()
            if left <= 0:
                allowed = f"the time allowed ({client.deadline.seconds:.0f} s) is used up"
                raise TimeBudgetExceeded(allowed)
            seconds = min(seconds, left)
        show(seconds)
        (sleep or client.sleep)(seconds)
