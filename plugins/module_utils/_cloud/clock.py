# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time, which tests can replace."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Clock(Protocol):
    """A source of time, in seconds."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; never goes back. For deadlines."""

    def time(self) -> float:
        """Return seconds since 1970 by this machine's clock, which can be set. For signatures."""

    def boot(self) -> tuple[str, float] | None:
        """Return the id of this boot and the seconds since then, including suspended ones; setting
        the clock does not change them. None where the system has no such clock."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def boot(self) -> tuple[str, float] | None:
        with suppress(OSError, AttributeError):  # Linux only
            with open(_BOOT_ID, encoding="ascii") as file:
                boot_id = file.read().strip()
            return boot_id, time.clock_gettime(time.CLOCK_BOOTTIME)
        return None

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Deadline:
    """A moment on the monotonic clock, `seconds` from its creation."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left, 0 once it has passed."""
        return max(0.0, self._end - self._clock.monotonic())

    def passed(self) -> bool:
        return self.left() <= 0.0


class Moment(NamedTuple):
    """A moment that another process can compare with its own time. `epoch`: seconds since 1970 by
    the machine's clock; `boot`: from `Clock.boot`."""

    epoch: float
    boot: tuple[str, float] | None = None

    @classmethod
    def now(cls, clock: Clock) -> Moment:
        return cls(clock.time(), clock.boot())

    @classmethod
    def read(cls, epoch: Any, boot: Any) -> Moment:
        """Return a moment that another process wrote as JSON. Without a readable `boot` its system
        had no boot clock, or its version of the collection did not record it. Raises ValueError,
        TypeError."""
        with suppress(TypeError, ValueError):
            boot_id, seconds = boot
            return cls(float(epoch), (str(boot_id), float(seconds)))
        return cls(float(epoch))

    def since(self, clock: Clock) -> float:
        """Return the seconds since then, negative if the machine's clock has been set back.

        The machine's clock counts only across a reboot, or without a boot clock: setting it must
        make nothing older or younger.
        """
        then, now = self.boot, clock.boot()
        if then and now and then[0] == now[0] and then[1] <= now[1]:
            return now[1] - then[1]
        return clock.time() - self.epoch

    def age(self, clock: Clock) -> float:
        """Return what `since` returns, but nothing negative."""
        return max(0.0, self.since(clock))
