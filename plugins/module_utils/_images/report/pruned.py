# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What image_retention has told of an image, for the report of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..._cloud.decode import parse_time

KEPT, DELETED, NOT_DELETED = "kept", "deleted", "not deleted"
_TEXT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Pruned:
    """An image of a family. outcome: KEPT, DELETED or NOT_DELETED. why: the rule. error: why it
    could not be deleted."""

    image_id: str
    name: str
    outcome: str
    why: str
    created_at: datetime | None = None
    error: str | None = None

    @property
    def weight(self) -> int:
        """Of an image that several tasks tell of, the heaviest word counts: one that is gone is
        not kept, whatever was true of it before."""
        return (KEPT, NOT_DELETED, DELETED).index(self.outcome)

    @classmethod
    def from_result(cls, told: Any) -> Pruned:
        """As image_retention returns it in `images`. Raises ValueError for what it does not."""
        if not isinstance(told, Mapping):
            raise ValueError("it is no dictionary")
        for name in ("id", "name", "verdict", "why"):
            if not isinstance(told.get(name), str):
                raise ValueError(f"its {name} is not as it should be")
        for name in ("created_at", "error"):
            if not isinstance(told.get(name), (str, type(None))):
                raise ValueError(f"its {name} is not as it should be")
        if told["verdict"] not in ("keep", "delete"):
            raise ValueError("its verdict is neither keep nor delete")
        error = told.get("error")
        going = NOT_DELETED if error else DELETED
        return cls(
            image_id=told["id"],
            name=told["name"],
            outcome=going if told["verdict"] == "delete" else KEPT,
            why=told["why"],
            created_at=parse_time(told.get("created_at") or ""),
            error=error,
        )

    def to_result(self) -> dict[str, Any]:
        """Plain JSON types, which from_result understands."""
        return {
            "id": self.image_id,
            "name": self.name,
            "verdict": "keep" if self.outcome == KEPT else "delete",
            "why": self.why,
            "created_at": self.created_at.strftime(_TEXT) if self.created_at else None,
            "error": self.error,
        }
