# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One of the things that `image_wait` waits for, and what is done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..context import Obstacle
from ..failures import Failed
from ..model.image import Image
from ..model.managed import Drift, ManagedAttributes
from ..present.pending import Pending
from ..waiting.awaited import Awaited

ACTIVE, FAILED, IN_PROGRESS = "active", "failed", "in_progress"
NOT_STARTED, SKIPPED = "not_started", "skipped"

_NOTHING = ManagedAttributes({})
_NO_CHANGE = Drift({}, {}, {})


def needed_for(name: str) -> Obstacle:
    """Return why a source image must not be deleted yet."""
    return Obstacle(
        f"is needed for '{name}', which is created from it and not finished",
        "Run the task again to finish both.",
    )


@dataclass
class Item:
    """One thing to wait for, and what is done to it."""

    # As arguments.py returns it.
    thing: Mapping[str, Any]
    awaited: Awaited | None = None
    pending: Pending | None = None
    # It was active at the first poll.
    ready: bool = False
    # What is to be done: the drift that is written, the old images that are deleted.
    change: Drift = _NO_CHANGE
    old: tuple[Image, ...] = ()
    actions: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    # What was done: all that the create request did not accept is set, which took a write.
    completed: bool = False
    rewritten: bool = False
    # The source tag was written.
    tagged: bool = False
    # The old images whose deletion the cloud has accepted.
    removed: tuple[Image, ...] = ()
    tags: Mapping[str, str] | None = None

    @property
    def image(self) -> Image | None:
        """The image as last read; None before there is one."""
        return self.awaited.image if self.awaited else None

    @property
    def source_image(self) -> str | None:
        """The id of the image that it is created from; None if its source is unknown, or no
        image."""
        origin = self.pending.origin if self.pending else None
        return origin.id if origin is not None and origin.kind == "image" else None

    @property
    def label(self) -> str:
        image = self.image
        thing = self.thing
        name = thing["name"] or thing["image"] or (image.name if image else None)
        job = f"job {thing['job_id']}" if thing["job_id"] else None
        return str(name or thing["image_id"] or job or thing["place"])

    @property
    def managed(self) -> ManagedAttributes:
        """The managed attributes that are still to be set."""
        return self.pending.managed if self.pending else _NOTHING

    @property
    def everything(self) -> ManagedAttributes:
        return self.pending.everything if self.pending else _NOTHING

    @property
    def status(self) -> str:
        if self.awaited is None:
            return self.thing["outcome"] or NOT_STARTED
        failure = self.awaited.failure
        if failure is not None:
            return IN_PROGRESS if failure.unfinished else FAILED
        return ACTIVE if self.awaited.over else IN_PROGRESS

    @property
    def done(self) -> tuple[str, ...]:
        """What was done to it beside waiting, in words."""
        changes = [f"{action} of image '{self.label}'" for action in self.change.actions()]
        removals = [f"delete old image '{old.name}' ({old.id})" for old in self.removed]
        return (*(changes if self.rewritten else ()), *removals)

    @property
    def changed(self) -> bool:
        """Whether it was changed, or became active, during this task."""
        return self.rewritten or bool(self.removed) or (self.status == ACTIVE and not self.ready)

    @property
    def failure(self) -> Failed | None:
        return self.awaited.failure if self.awaited else None

    @property
    def image_id(self) -> str | None:
        """The image's id, as given or found."""
        given: str | None = self.thing["image_id"]
        return (self.awaited.image_id if self.awaited else None) or given

    @property
    def why(self) -> str:
        """Why it failed, or how far it is."""
        if self.failure is not None:
            return str(self.failure).rstrip(".")
        if self.awaited is not None:
            return self.awaited.state()
        return str(self.thing["msg"]).rstrip(".")
