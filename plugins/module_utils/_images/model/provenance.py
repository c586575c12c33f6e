# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provenance: whether an image was created from the wanted source, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Provenance(Enum):
    """Whether an image was created from the wanted source. The cloud often does not say."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


class SourceFinding(NamedTuple):
    """Provenance, and its reason."""

    provenance: Provenance
    # Completes "… because": what proves it, or what could not be proved.
    why: str


def same(why: str) -> SourceFinding:
    return SourceFinding(Provenance.SAME, why)


def different(why: str) -> SourceFinding:
    return SourceFinding(Provenance.DIFFERENT, why)


def unknown(why: str) -> SourceFinding:
    return SourceFinding(Provenance.UNKNOWN, why)


class CreateIds(NamedTuple):
    """What a create request returns: IMS a job id, EVS the image id."""

    job_id: str | None = None
    image_id: str | None = None


@dataclass(frozen=True)
class Identity:
    """What an image is created from, in words, for the create record."""

    origin: str
    # What else makes another image of it: a key, a type. '' where it does not matter.
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.origin}, {self.detail}" if self.detail else self.origin

    def is_met_by(self, recorded: Identity) -> bool:
        """Whether an image that was created under the recorded identity is what this one wants."""
        return self.origin == recorded.origin and self.detail in ("", recorded.detail)
