# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed values from whatever an answer of the cloud holds.

The functions take any JSON value and raise nothing: what cannot be read is None, unknown.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

# Every other time is a mistake. The room up to year 9999 is for sums.
_EARLIEST = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(3000, 1, 1, tzinfo=timezone.utc)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)? ?(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)


def moment(value: Any) -> datetime | None:
    """A time in ISO 8601 as UTC, in whole seconds; without an offset it is UTC already.

    Services differ in what they say of a second: IMS writes 2018-09-06T14:03:27Z, EVS
    2018-01-11T01:50:25.800931, so fractions are dropped. An old document shows
    04-Jun-2015 18:11:06:586, which is None.
    """
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    day, clock, sign, hours, minutes = found.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{clock}+00:00")
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return in_range(local + offset if sign == "-" else local - offset)
    except (ValueError, OverflowError):
        return None


def in_range(then: datetime) -> datetime | None:
    """None for a time that no clock of a cloud shows."""
    return then if _EARLIEST <= then < _LATEST else None
