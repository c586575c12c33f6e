# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from the values of an answer, and what is unknown."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import decode
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE

NOON = datetime(2024, 5, 6, 12, 0, 7, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-06T12:00:07Z",
        "2024-05-06T12:00:07",
        "2024-05-06 12:00:07",
        "2024-05-06T12:00:07.195Z",
        "2024-05-06T12:00:07.800931",
        "2024-05-06T12:00:07+00:00",
        "2024-05-06T20:00:07+08:00",
        "2024-05-06T20:00:07.123+0800",
        "2024-05-06T20:00:07+08",
        "2024-05-06T06:30:07-05:30",
        "2024-05-07T01:00:07 +13:00",
        "2024-05-06 12:00:07 UTC",
        " 2024-05-06T12:00:07Z\n",
    ],
)
def test_a_time_is_read_with_the_offset_that_it_names(text: str) -> None:
    assert decode.parse_time(text) == NOON


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "2024-05-06", "04-Jun-2015 18:11:06:586", "2024-05-06T12:00:07 CET"),
        *("2024-13-06T12:00:07Z", "2024-02-30T12:00:07Z", "2024-05-06T25:00:07Z"),
        *("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-08:00"),
        *("0001-01-01T00:00:00+08:00", "3000-01-01T00:00:00Z", "2024-05-06T12:00:07Z" * 2),
        *("٢٠٢٤-05-06T12:00:07Z", "\ud800", None, True, 7, 1.5, float("nan"), [], {}, ["2024"]),
    ],
)
def test_a_time_that_no_clock_shows_is_unknown(value: Any) -> None:
    assert decode.parse_time(value) is None


def test_what_other_programs_cannot_read_is_unknown() -> None:
    body = b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": %s, "e": 1.5}' % (b"9" * 5000)
    assert decode.json_value(body) == {"a": None, "b": None, "c": None, "d": None, "e": 1.5}


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (rb"\ud83d\ude00", "\U0001f600"),
        (rb"\ud83dx", "\ufffdx"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\uD83D\uD83D\uDE00", "\ufffd\U0001f600"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\\\ud83d", "\\\ufffd"),
        (rb"\n\u00e9", "\n\u00e9"),
    ],
)
def test_half_of_a_character_is_replaced_and_nothing_else(escaped: bytes, read: str) -> None:
    assert decode.json_value(b'{"%s": "%s"}' % (escaped, escaped)) == {read: read}


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'"\xff"', b"\xef\xbb\xbf{}", b"nan"])
def test_what_is_no_json_is_one_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (Python words it in several ways)
        decode.json_value(body)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *[(40, 40), ("40", 40), (" 40 ", 40), ("40.0", 40), (40.9, 40), ("-3", -3), (0, 0)],
        *[(value, None) for value in ("", "1e3", "inf", "NaN", "٤٠", "1_0", "40 GB", "9" * 5000)],
        *[(value, None) for value in (None, True, [], {}, 1e300, float("nan"), float("inf"))],
    ],
)
def test_an_integer_may_be_text_and_has_bounds(value: Any, number: int | None) -> None:
    assert decode.integer(value) == number


@pytest.mark.parametrize(
    "value",
    ["", " ", ".", "..", "a b", "a\n", "\x1b[0m", "\ufffd", "é", "x" * 256, 7, None, {}, []],
)
def test_what_cannot_stand_in_a_path_is_no_id(value: Any) -> None:
    assert decode.identifier(value) is None


@pytest.mark.parametrize("value", [IMAGE, "ff80", "a/b", "a.b"])
def test_an_id_is_read_as_it_is(value: str) -> None:
    assert decode.identifier(value) == value
