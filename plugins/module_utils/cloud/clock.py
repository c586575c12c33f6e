# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time, as something that a test can replace."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the layer knows of time. Everything is in seconds."""

    def monotonic(self) -> float:
        """Seconds since some moment in the past; never goes back. For deadlines."""

    def time(self) -> float:
        """Seconds since 1970 by this machine's clock. For signatures."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Deadline:
    """A moment on the monotonic clock, ``seconds`` from now."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, 0 when it has passed."""
        return max(0.0, self._end - self._clock.monotonic())

    def passed(self) -> bool:
        return self.left() <= 0.0
