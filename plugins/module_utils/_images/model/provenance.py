# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is made of, in words, and what is known of that of an image (provenance)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Provenance(Enum):
    """Is an image of the wanted name made from the wanted source? The cloud often cannot tell."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SourceFinding:
    """why completes "… because": what proves it, or what could not be proved."""

    provenance: Provenance
    why: str


def same(why: str) -> SourceFinding:
    return SourceFinding(Provenance.SAME, why)


def different(why: str) -> SourceFinding:
    return SourceFinding(Provenance.DIFFERENT, why)


def unknown(why: str) -> SourceFinding:
    return SourceFinding(Provenance.UNKNOWN, why)


@dataclass(frozen=True)
class CreateIds:
    """What a create call hands back: a job id from IMS, the image id at once from EVS."""

    job_id: str | None = None
    image_id: str | None = None


@dataclass(frozen=True)
class Identity:
    """What an image is ordered of, in words: its origin, and what else makes another image of it (a
    key, a type; '' where it does not matter or there is none)."""

    origin: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.origin}, {self.detail}" if self.detail else self.origin

    def is_met_by(self, ordered: Identity) -> bool:
        """Is an image that was ordered under the other identity what is wanted under this one?"""
        return self.origin == ordered.origin and self.detail in ("", ordered.detail)
