# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline of a task that waits for many images: when each was created, and how it ended.

All times are UTC by the cloud's clock, whole seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Who says when something was: the cloud, or our polls.
CLOUD, OBSERVED = "cloud", "observed"
# The status of an Entry that stands for no image: its msg says what ended the wait for all.
INTERRUPTED = "interrupted"
_TEXT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Entry:
    """One awaited image."""

    name: str
    # As `image_wait` returns it, or INTERRUPTED.
    status: str
    image_id: str | None = None
    job_id: str | None = None
    source: str | None = None
    region: str | None = None
    # It was created, or still being created, during this run; else it existed before.
    made: bool = False
    changed: bool = False
    began_at: datetime | None = None
    # CLOUD or OBSERVED.
    began_by: str | None = None
    # The last poll that saw it in the queue, and the first one that saw it running.
    queued_until: datetime | None = None
    running_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    # The last poll, and the progress then.
    polled_at: datetime | None = None
    percent: float | None = None
    # What was done to it.
    actions: tuple[str, ...] = ()
    msg: str | None = None
    error: Mapping[str, Any] | None = None

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Its beginning, and its end or the last poll; None if it existed before, or this is not
        known."""
        end = self.ended_at or self.polled_at
        if not self.made or self.began_at is None or end is None:
            return None
        return self.began_at, max(self.began_at, end)

    @property
    def seconds(self) -> float | None:
        return (self.span[1] - self.span[0]).total_seconds() if self.span else None

    def to_result(self) -> dict[str, Any]:
        """Return plain JSON types."""
        values = {
            name: value.strftime(_TEXT) if isinstance(value, datetime) else value
            for name, value in vars(self).items()
        }
        error = dict(self.error) if self.error else None
        return {**values, "actions": list(self.actions), "error": error, "seconds": self.seconds}
