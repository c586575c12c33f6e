# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks of the simulated cloud.

All times that the cloud tells are wall time, like those of a real one. A time scale shortens what
the cloud does: jobs, delays, and the windows of its limits.
"""

from __future__ import annotations

import time as real
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Clock(Protocol):
    """What the simulator asks of a clock; all values in seconds.

    `scale`: how many seconds of the cloud's work are done in one second.
    """

    scale: float

    def now(self) -> float:
        """Epoch seconds on the cloud's clock."""

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of the client's time pass."""


class ManualClock:
    """A clock that stands still until told; client and cloud may share it.

    `step` sets the clock of the client's machine (`time`) and nothing else: neither the cloud's
    time (`now`) nor the client's monotonic and boot clocks move. `reboot` gives the machine a new
    boot clock. `boots = False` is a machine without one.
    """

    scale = 1.0

    def __init__(self, start: float = 1_789_000_000.0) -> None:
        self._now = float(start)
        self._stepped = 0.0
        self._booted = float(start) - 1000.0
        self._reboots = 0
        self._before_sleep: Callable[[float], object] = lambda seconds: None
        self.boots = True

    def now(self) -> float:
        return self._now

    def time(self) -> float:
        return self._now + self._stepped

    def boot(self) -> tuple[str, float] | None:
        return (f"boot-{self._reboots}", self._now - self._booted) if self.boots else None

    def step(self, seconds: float) -> None:
        self._stepped += seconds

    def reboot(self) -> None:
        self._reboots += 1
        self._booted = self._now

    def monotonic(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("a clock does not run backwards")
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        self._before_sleep(seconds)
        self.advance(max(0.0, seconds))

    @contextmanager
    def before_each_sleep(self, call: Callable[[float], object]) -> Iterator[None]:
        """Call a function with the seconds before each sleep within this block."""
        before, self._before_sleep = self._before_sleep, call
        try:
            yield
        finally:
            self._before_sleep = before


class RealClock:
    """The machine's clock; the cloud works `scale` times as fast as a real one."""

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("the time scale must be greater than 0")
        self.scale = scale

    def now(self) -> float:
        return real.time()

    def sleep(self, seconds: float) -> None:
        real.sleep(seconds)
