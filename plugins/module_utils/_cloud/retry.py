# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide whether a request is repeated, why, and after how many seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from . import errors
from .wire import Repeat

# A host that has never answered is more likely misspelled than down.
TRIES_OF_UNKNOWN_HOST = 5
# Useless answers, such as the login page of a proxy, rarely improve.
TRIES_OF_USELESS_ANSWERS = 5


class Pace(NamedTuple):
    """Seconds before the second try, and the most before a later one: doubled in between, and
    spread over three quarters to five quarters."""

    first: float
    most: float


# The gateway counts requests over minutes, so a throttled task has to wait long.
_THROTTLED = Pace(5.0, 60.0)
_BUSY = Pace(5.0, 30.0)
_TROUBLE = Pace(1.0, 30.0)


class Pause(NamedTuple):
    """A pause. `is_asked_for`: the cloud named the seconds, so less is pointless."""

    seconds: float
    reason: str
    is_asked_for: bool


@dataclass
class Tries:
    """Counts tries. `all`: failed tries of a request; `useless`: how many of them in a row, up to
    the last one, got a useless answer."""

    all: int = 0
    useless: int = 0

    def count(self, error: errors.CloudError) -> None:
        self.all += 1
        self.useless = self.useless + 1 if isinstance(error, errors.GarbledAnswer) else 0


def wait_before_next(
    error: errors.CloudError,
    repeat: Repeat,
    tries: Tries,
    host_is_known: bool,
    jitter: float,
) -> Pause | None:
    """Return the pause after `tries` failed tries, the last with `error`; None if the request is
    not to be repeated.

    `repeat` is SAFE, REFUSED or NEVER; `jitter` is between 0 and 1.
    """
    if repeat is Repeat.NEVER or error.exhausted or (repeat is Repeat.REFUSED and error.ambiguous):
        return None
    cause = _cause(error, tries, host_is_known)
    if cause is None:
        return None
    pace, reason = cause
    if isinstance(error, errors.ApiError) and error.retry_after is not None:
        # A little later than the cloud asks, so that waiting tasks do not all return at once.
        return Pause(error.retry_after + jitter, reason, True)
    # The exponent is capped, too: a wait of hours has so many tries that floats overflow.
    seconds = min(pace.most, pace.first * 2.0 ** min(tries.all - 1, 16))
    return Pause(seconds * (0.75 + jitter / 2), reason, False)


def _cause(error: errors.CloudError, tries: Tries, host_is_known: bool) -> tuple[Pace, str] | None:
    """Return why another try may succeed, and how soon; None if it would not."""
    if isinstance(error, errors.ApiError):
        said = " ".join(filter(None, (str(error.http_status), error.code, error.message)))
        if error.code in errors.BUSY_CODES:
            return _BUSY, f"the cloud is busy ({said})"
        # 413 with Retry-After is how the OpenStack services say 429.
        if error.http_status == 429 or (error.http_status == 413 and error.retry_after is not None):
            return _THROTTLED, f"the cloud limits requests ({said})"
        return (_TROUBLE, f"the cloud has problems ({said})") if error.http_status >= 500 else None
    if isinstance(error, errors.TransportError):
        is_known = host_is_known or tries.all < TRIES_OF_UNKNOWN_HOST
        return (_TROUBLE, str(error)) if is_known and not error.lasting else None
    if isinstance(error, errors.GarbledAnswer) and tries.useless < TRIES_OF_USELESS_ANSWERS:
        return _TROUBLE, str(error)
    return None
