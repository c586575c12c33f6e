# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry of a batch: one image, from what the user asked for to what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..._cloud.errors import ImsError, TimeBudgetExceeded
from ..context import Task
from ..failures import Failed
from ..model.image import Image, Predicted
from ..present.desired import Desired
from ..present.ensure import Begun
from ..present.outcome import Outcome
from ..result import is_bug
from ..waiting.awaited import Awaited
from .item import ACTIVE, FAILED, IN_PROGRESS, NOT_STARTED, SKIPPED


@dataclass
class BatchImage:
    """One image of a batch."""

    # The maker and its checked options; `label` is how messages name it.
    kind: str
    options: Mapping[str, Any]
    label: str
    # Its own: what is being done about it, and what is known of it.
    task: Task
    # The entry whose image it is created from, and those that are created from its own.
    source: BatchImage | None = None
    dependents: list[BatchImage] = field(default_factory=list)
    # The one that begins when this one is over, as the cloud exports a disk once at a time.
    follower: BatchImage | None = None
    desired: Desired | None = None
    begun: Begun | None = None
    # What is waited for now: its image or, before it can be requested, its source.
    awaited: Awaited | None = None
    outcome: Outcome | None = None
    error: Exception | None = None
    # The entry that failed, so that this one was not begun.
    skipped_for: BatchImage | None = None
    # A thread has begun, or is about to begin, to work on it.
    is_begun: bool = False

    @property
    def name(self) -> str:
        return str(self.options["name"])

    @property
    def is_over(self) -> bool:
        return bool(self.outcome or self.error or self.skipped_for)

    @property
    def image(self) -> Image | None:
        """The image as last read."""
        if self.outcome is not None:
            return self.outcome.image
        return self.awaited.image if self.awaited and self.begun else None

    @property
    def image_id(self) -> str | None:
        image = self.image
        return image.id if image is not None else self.task.image_id

    @property
    def source_image_id(self) -> str:
        """The id of its image, for those that are created from it; predicted in check mode."""
        ready = self.awaited.image if self.awaited and self.awaited.ready and self.begun else None
        image = ready or self.image
        return image.id if image is not None else Predicted(f"'{self.name}'")

    @property
    def status(self) -> str:
        if self.skipped_for is not None:
            return SKIPPED
        if self.error is not None:
            return IN_PROGRESS if _is_unfinished(self.error) else FAILED
        if self.outcome is None:
            return IN_PROGRESS if self.begun else NOT_STARTED
        if self.outcome.image is not None and self.outcome.image.ready:
            return ACTIVE
        return NOT_STARTED if self.task.check_mode else IN_PROGRESS

    @property
    def changed(self) -> bool:
        """Whether it was changed by this task, or would be."""
        if self.outcome is not None:
            return self.outcome.decision.changed
        is_requested = bool(self.begun and self.begun.decision.creates)
        return bool(self.task.deletions) or (is_requested and not self.task.check_mode)

    @property
    def why(self) -> str:
        """Why it failed, was skipped or is not finished, without a full stop; '' if it did not."""
        if self.skipped_for is not None:
            return f"not created, because '{self.skipped_for.name}' failed"
        if self.error is not None:
            return _reason(self.task, self.error).rstrip(".")
        if self.outcome is None:
            return "not started"
        return ""


def _reason(task: Task, error: Exception) -> str:
    """Say what was being done and what went wrong, in fewer words than the failure of a task."""
    if is_bug(error):
        bug = f"{type(error).__name__}: {error}"
        return f"{task.doing}: {bug} (a bug of the collection huaweicloud.ims; please report it)"
    is_complete = isinstance(error, ImsError) and error.is_complete
    return str(error) if is_complete else f"{task.doing}: {error}"


def _is_unfinished(error: Exception) -> bool:
    late = isinstance(error, TimeBudgetExceeded)
    return not is_bug(error) and (late or (isinstance(error, Failed) and error.unfinished))
