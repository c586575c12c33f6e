# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services' several ways to write a moment down; all take epoch seconds."""

from __future__ import annotations

import re
from datetime import datetime, timezone


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, timezone.utc)


def ims(moment: float) -> str:
    """Image attributes: `2018-09-06T14:03:27Z`."""
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def job(moment: float) -> str:
    """Jobs: `2024-11-06T06:19:43.195Z`."""
    when = _utc(moment)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def evs(moment: float) -> str:
    """Volumes: `2016-05-25T02:42:10.856332`, without a zone."""
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%S.%f")


def iam(moment: float) -> str:
    """Tokens and temporary keys: `2015-11-09T01:42:57.527363Z`."""
    return evs(moment) + "Z"


def cbr(moment: float) -> str:
    """Backups: `2020-02-21T07:07:25.114+00:00`."""
    when = _utc(moment)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}+00:00"


def parse(text: str) -> float | None:
    """A time as list filters take it, or None: `…T…Z` or `yyyy-MM-dd hh:mm:ss` (UTC)."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)Z?", text)
    if not match:
        return None
    try:
        when = datetime.strptime(" ".join(match.groups()), "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    return when.replace(tzinfo=timezone.utc).timestamp()
