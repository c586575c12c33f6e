# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decode values of an answer.

`json_value` reads a body. The other functions take any value that it returns, and raise nothing:
what cannot be read is None, which means unknown.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

Json = dict[str, Any]

# Far more than any size in bytes. Python itself refuses integers of some thousand digits.
_MOST_DIGITS = 18
_NUMBER = re.compile(rf"\s*(-?\d{{1,{_MOST_DIGITS}}})(\.\d*)?\s*", re.ASCII)
# Characters that are safe in a path, a header and a message.
_IDENTIFIER = re.compile(r"[!-~]{1,255}")
# In the text of a JSON document: a pair of escapes for one character (kept), half of one, or any
# other escape (kept).
_HALF = re.compile(
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NO_CHARACTER = "\\ufffd"

# Any other time is a mistake. 1970 is a zero, which must not make an image old enough to delete.
# The distance to the year 9999 leaves room for sums.
_EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(3000, 1, 1, tzinfo=timezone.utc)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)? ?(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)


def json_value(body: bytes) -> Any:
    """Return the value of a JSON document. Raises ValueError for everything else.

    Python reads more than other programs: NaN, infinity and numbers
    of many digits become None here, halves of characters (\\ud800) the replacement character.
    """
    text = body.decode("utf-8")
    if _SURROGATE.search(text):
        text = _HALF.sub(lambda one: _NO_CHARACTER if one["half"] else one[0], text)
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _float_of(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


_DECODER = json.JSONDecoder(
    parse_int=lambda digits: int(digits) if len(digits) <= _MOST_DIGITS else None,
    parse_float=_float_of,
    parse_constant=lambda _name: None,
)


def text(value: Any) -> str | None:
    """Return a text; numbers too, which some services write without quotes."""
    if isinstance(value, str):
        return value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number else None


def name(value: Any) -> str | None:
    """Return a name, which must be a text: a misread name decides what is created and deleted."""
    return value if isinstance(value, str) and value.strip() else None


def identifier(value: Any) -> str | None:
    """Return an id; None if it consists of spaces, control characters or only dots."""
    if isinstance(value, str) and _IDENTIFIER.fullmatch(value) and value.strip("."):
        return value
    return None


def integer(value: Any) -> int | None:
    """Return an integer, also from a text; fractions are dropped. IMS sends `max_ram` and some
    sizes as text; unset ones are missing, null or ''."""
    whole = number(value)
    return None if whole is None else int(whole)


def number(value: Any) -> int | float | None:
    """Return a number, also from a text."""
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        if found is None:
            return None
        return float(found[0]) if found[2] else int(found[1])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < 10**_MOST_DIGITS else None


def flag(value: Any) -> bool | None:
    """Return True or False, also from 1 and 0 and the words that ansible-core accepts. The only
    parser of booleans, for answers and settings."""
    return value if isinstance(value, bool) else _FLAGS.get((text(value) or "").strip().lower())


_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on", "y", "t"), True),
    **dict.fromkeys(("0", "false", "no", "off", "n", "f"), False),
}


def mapping(value: Any) -> Json:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Json]:
    """Return the objects of a list, none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def first_text(value: Mapping[str, Any], *members: str) -> str:
    """Return the first of these members that has a text, '' if none has."""
    return next((found for found in (text(value.get(one)) for one in members) if found), "")


def parse_time(value: Any) -> datetime | None:
    """Return a time in ISO 8601 as UTC, in whole seconds. Without an offset it is UTC already.

    Services differ in fractions of a second: IMS writes 2018-09-06T14:03:27Z, EVS
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
        return _in_range(local + offset if sign == "-" else local - offset)
    except (ValueError, OverflowError):
        return None


def parse_http_time(value: str) -> float | None:
    """Return the time of an HTTP header in seconds since 1970. Without a zone it is GMT."""
    try:
        then = parsedate_to_datetime(value)
        if then.tzinfo is None:  # -0000 means the same
            then = then.replace(tzinfo=timezone.utc)
        known = _in_range(then.astimezone(timezone.utc))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return known.timestamp() if known else None


def _in_range(then: datetime) -> datetime | None:
    """Return None for a time that no clock of a cloud shows."""
    return then if _EARLIEST <= then < _LATEST else None
