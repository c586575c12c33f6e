# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that run side by side on a simulated clock, one at a time, in an order that a seed decides.

Each task has a thread, of which only one runs; another may get its turn wherever a task sleeps or
asks the cloud something. When all sleep, the clock moves on to who wakes up first. A task can be
killed at such a place: by an exception, as the time limit of a task does it, or without a trace,
as SIGKILL does it, so that not even its `finally` clauses run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ..simulator import ManualClock

# A frozen thread needs hardly any stack, and there may be many of them.
threading.stack_size(512 * 1024)


class Killed(BaseException):
    """The task ends here; what it was doing is left as it is."""


# Where a task is, in words ("before POST /v2/…", "sleeping"), and how many such places there were.
Due = Callable[[str, int], bool]


@dataclass
class Kill:
    """When a task dies: as soon as `when` says so. silently: without any clause of it running."""

    when: Due
    silently: bool = False


@dataclass(eq=False)
class Turn:
    """One task: its function, and later its result."""

    label: str
    work: Callable[[], Any]
    kill: Kill | None = None
    result: Any = None
    error: BaseException | None = None
    killed: bool = False
    over: bool = False
    wakes: float = 0.0
    places: int = 0
    _go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class SharedClock(ManualClock):
    """The clock of cloud and tasks; whoever sleeps on it lets others have their turn."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = Random(f"turns:{seed}")
        # For tasks that do several things at once.
        self.rng = Random(f"lanes:{seed}")
        self._turns: list[Turn] = []
        self._current: Turn | None = None
        self._back = threading.Semaphore(0)
        self.on_silent_death: Callable[[Turn], None] = lambda turn: None

    @property
    def current(self) -> Turn | None:
        return self._current

    def run(self, turns: list[Turn]) -> None:
        """Returns when all are over."""
        self._turns = list(turns)
        for turn in turns:
            turn.wakes = self.now()
            threading.Thread(target=self._live, args=(turn,), daemon=True).start()
        while True:
            living = [turn for turn in self._turns if not turn.over]
            if not living:
                break
            first = min(turn.wakes for turn in living)
            if first > self.now():
                self.advance(first - self.now())
            self._hand_over(self._rng.choice([t for t in living if t.wakes <= self.now()]))
        self._turns = []

    def sleep(self, seconds: float) -> None:
        turn = self._current
        if turn is None:
            super().sleep(seconds)
            return
        turn.wakes = self.now() + max(0.0, seconds)
        if sum(not other.over for other in self._turns) == 1:
            self.advance(turn.wakes - self.now())
        else:
            self._back.release()
            turn._go.acquire()
        self.at("sleeping")

    def at(self, place: str) -> None:
        """A task is at a place where others may have their turn, and where it may be killed."""
        turn = self._current
        if turn is None:
            return
        turn.places += 1
        if turn.kill and turn.kill.when(place, turn.places):
            turn.killed = True
            self._die(turn, turn.kill)

    def breathe(self) -> None:
        """Lets another task have its turn, now and then."""
        if self._current and len(self._turns) > 1 and self._rng.random() < 0.3:
            self.sleep(0)

    def _die(self, turn: Turn, kill: Kill) -> None:
        turn.kill = None
        if not kill.silently:
            raise Killed
        self.on_silent_death(turn)
        turn.over = True
        self._back.release()
        threading.Event().wait()  # for ever: nothing of this task runs again

    def _hand_over(self, turn: Turn) -> None:
        self._current = turn
        turn._go.release()
        self._back.acquire()
        self._current = None

    def _live(self, turn: Turn) -> None:
        turn._go.acquire()
        try:
            turn.result = turn.work()
        except Killed:
            pass
        except BaseException as error:
            turn.error = error
        turn.over = True
        self._back.release()
