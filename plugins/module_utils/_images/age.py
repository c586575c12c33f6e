# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How old an image is, where that decides whether it is deleted or replaced.

The cloud's clock is known from a header (`Date`) that any proxy can get wrong, and this machine's
clock can be wrong as well. So the younger of two ages counts, and none if the clocks differ by more
than is usual between computers.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from .._cloud.client import Client
from .failures import Refused
from .model.image import Image

# In seconds. Signatures are refused from the same difference on.
MOST_APART = 900.0
REMEDY = (
    "Set this machine's clock (NTP); if it is right, find out what changes or removes the Date"
    " header on the way, such as a proxy."
)
_DAY = 86400.0
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Clocks(NamedTuple):
    """The time by this machine's clock, and by the cloud's (None: not known from any answer)."""

    machine: datetime
    cloud: datetime | None

    @classmethod
    def of(cls, client: Client) -> Clocks:
        """Read both clocks. The client must have sent a request before."""
        machine = _EPOCH + timedelta(seconds=client.clock.time())
        ahead = client.seconds_ahead()
        return cls(machine, None if ahead is None else machine - timedelta(seconds=ahead))

    def age(self, image: Image) -> float | None:
        """Return the seconds since the create request, by the clock that makes the image younger,
        never negative; None if the cloud does not say when that was."""
        return min(self._ages(image), default=None)

    def older(self, image: Image, seconds: float) -> bool:
        """Whether the image is older than `seconds`, by both clocks, or by one of them where they
        disagree: call `check` before deleting or replacing it."""
        ages = self._ages(image)
        return bool(ages) and (max(ages) if self.disagreement else min(ages)) > seconds

    def check(self) -> None:
        """Raises Refused if no age can be relied on."""
        if self.disagreement:
            raise Refused(
                f"{self.disagreement}. Until both clocks are known and agree to {span(MOST_APART)},"
                f" nothing is deleted or replaced because of its age. {REMEDY}"
            )

    @property
    def disagreement(self) -> str:
        """Say why no age can be relied on, without a full stop; '' if the clocks agree."""
        if self.cloud is None:
            return "No answer of the cloud says what time it is (the Date header is missing)"
        ahead = (self.machine - self.cloud).total_seconds()
        if abs(ahead) <= MOST_APART:
            return ""
        apart = f"{_length(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'}"
        return (
            f"This machine's clock ({_text(self.machine)}) is {apart} the cloud's"
            f" ({_text(self.cloud)}, by the Date header of its answers)"
        )

    def _ages(self, image: Image) -> list[float]:
        clocks = (clock for clock in (self.machine, self.cloud) if clock is not None)
        ages = [image.age(clock) for clock in clocks]
        return [max(0.0, age) for age in ages if age is not None]


def _length(seconds: float) -> str:
    days = round(seconds / _DAY)
    return span(seconds) if days < 3 else f"{days} days"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def span(seconds: float) -> str:
    """Write a length of time as exactly as a person needs it."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
