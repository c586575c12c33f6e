# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When to poll: soon enough to notice an end, rarely enough to be no burden.

Without word of progress an end is noticed at most 4 s late, or a tenth of the time waited if that
is more, and at most a minute. Where the cloud reports progress, the next poll is aimed at the end
that the progress points to; not so for several images at once, as the number of polls must not grow
with theirs. test_pace.py measures the outcome.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# The first two polls after a create request, in seconds: one for what fails at once, and the next.
# No image is active within 5 s.
_EARLY = (1.2, 1.7)
_FIRST = (6.0, 7.0)
_SHORT = 3.95
_GROWTH = 0.1
LONGEST = 60.0
# For so long (seconds) a job or an image that the cloud does not know may still show up; then it is
# taken to be gone.
GRACE = 60.0
# Pauses are shortened by up to this part, so that tasks that start together drift apart.
_JITTER = 0.03

# A forecast needs percentages that are this far apart, as they are reported in whole numbers.
_APART = 5.0
# A poll that is aimed at the expected end comes so many seconds after it, and this part of the
# whole duration, up to a limit.
_LATE, _LATE_PART, _LATE_MOST = 0.4, 0.004, 8.0
# Pauses of aimed polls are at most so many times as long as others, since progress may mislead, and
# at least this part of the time waited, within limits.
_TRUST = 3.0
_LEAST_PART, _LEAST, _LEAST_MOST = 0.02, 1.0, 20.0
# The same for the last of several images, whose times are reported in whole seconds.
_LATE_LAST = 1.0


@dataclass(frozen=True)
class Schedule:
    """When a wait polls, in seconds."""

    # Returns the length of the next pause.
    pause: Callable[[], float]
    # How long the wait lasts at most; the task's deadline ends it in any case.
    within: float = math.inf


def every(seconds: float, within: float = math.inf) -> Schedule:
    return Schedule(lambda: seconds, within)


# The waits that poll at fixed intervals.
# What was written to an image: until it can be read back, before and after it is written again.
WRITE_TO_SHOW = every(2.0, within=15.0)
# The image that a backup says it already has: until it shows.
IMAGE_OF_BACKUP = every(2.0, within=20.0)
# A source image that lists do not show: it may be new.
SOURCE_IMAGE = every(2.0, within=4.0)
# A create request without a clear answer: until an image shows.
UNANSWERED_REQUEST = every(5.0, within=GRACE)
# A create request of an earlier task: until its image shows, or is no longer expected.
EARLIER_REQUEST = every(5.0)
# A deletion: until the cloud accepts it, and until the image is gone.
DELETION = every(3.0)
# An image lock that another task of this machine holds.
IMAGE_LOCK = every(0.5)


@dataclass
class Forecast:
    """Forecasts when something will end, from the progress that the cloud reports."""

    # The first and the last report: when (monotonic seconds), and the percentage.
    first: tuple[float, float] | None = None
    last: tuple[float, float] | None = None
    # The last report was a higher percentage than the one before.
    moving: bool = False

    def add(self, now: float, percent: float | None) -> None:
        """Take note of a report: 0 to 100, None where the cloud reports nothing."""
        if percent is not None and self.last is not None and percent < self.last[1]:
            self.first = self.last = None  # one was no percentage: 1 may mean 1 % or all of it
        self.moving = percent is not None and (self.last is None or percent > self.last[1])
        if percent is None or not self.moving:
            return
        self.last = (now, percent)
        self.first = self.first or self.last

    @property
    def per_percent(self) -> float | None:
        """Seconds for each percent; None as long as that is unknown."""
        if self.first is None or self.last is None or self.last[1] - self.first[1] < _APART:
            return None
        return (self.last[0] - self.first[0]) / (self.last[1] - self.first[1])

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds from now to the end, with a margin; None as long as that is unknown,
        or when the progress has come to a halt."""
        if not self.moving or self.last is None or self.per_percent is None:
            return None
        end = self.last[0] + (100 - self.last[1]) * self.per_percent
        late = min(100 * self.per_percent * _LATE_PART, _LATE_MOST)
        return max(0.0, end - now) + late + _LATE


def last_of_several(took: Iterable[float], ages: Iterable[float]) -> float | None:
    """Return the seconds until the last image is active if it takes as long as the slowest so far,
    with a margin; None as long as that is unknown, or when that time has come.

    `took`: seconds that the others took. `ages`: seconds since the create requests of those that
    are unfinished, empty if that is not known of all.
    """
    left = max(took, default=0.0) - min(ages, default=math.inf)
    return left + _LATE_LAST if left > 0 else None


def first_pause() -> float:
    """Return the seconds from a create request to the first poll."""
    return random.uniform(*_EARLY)


def next_pause(elapsed: float, left: float | None = None) -> float:
    """Return the seconds until the next poll.

    `elapsed`: seconds since the wait began. `left`: the forecast, None without one.
    """
    usual = _usual(elapsed)
    if left is None or elapsed < _EARLY[1]:
        return usual
    least = max(_LEAST, min(elapsed * _LEAST_PART, _LEAST_MOST))
    return min(max(least, min(left, usual * _TRUST)), LONGEST)


def _usual(elapsed: float) -> float:
    if elapsed <= _EARLY[1]:
        return random.uniform(*_FIRST) - elapsed
    if elapsed * _GROWTH <= _SHORT:
        return _SHORT
    return min(elapsed * _GROWTH, LONGEST) * random.uniform(1 - _JITTER, 1)
