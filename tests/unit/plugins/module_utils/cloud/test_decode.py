# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from the values of an answer, and what is unknown."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud import decode

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
    assert decode.moment(text) == NOON


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "2024-05-06", "04-Jun-2015 18:11:06:586", "2024-05-06T12:00:07 CET"),
        *("2024-13-06T12:00:07Z", "2024-02-30T12:00:07Z", "2024-05-06T25:00:07Z"),
        *("0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-08:00"),
        *("0001-01-01T00:00:00+08:00", "3000-01-01T00:00:00Z", "2024-05-06T12:00:07Z" * 2),
        *("٢٠٢٤-05-06T12:00:07Z", "\ud800", None, True, 7, 1.5, float("nan"), [], {}, ["2024"]),
    ],
)
def test_a_time_that_no_clock_shows_is_unknown(value: Any) -> None:
    assert decode.moment(value) is None
