# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One of the things that `image_wait` waits for, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..failures import Failed
from ..model.image import Image
from ..model.managed import Drift, ManagedAttributes
from ..present.pending import Pending
from ..waiting.awaited import Awaited

ACTIVE, FAILED, IN_PROGRESS = "active", "failed", "in_progress"
NOT_STARTED = "not_started"

_NOTHING = ManagedAttributes({})
_NO_CHANGE = Drift({}, {}, {})


@dataclass
class Item:
    """One thing that was given, and what becomes of it.

    thing: as given.py makes it. order: of a copy that cannot go out before its source is active; as
    long as it is not out, that is what is awaited. ready: whether it was active at the first look.
    change, actions, before and after: what is to be done to it. old: images that go for it.
    completed: what its order could not take was set; rewritten: that took a write. removed: those
    of the old images whose deletion the cloud has accepted.
    """

    thing: Mapping[str, Any]
    awaited: Awaited | None = None
    pending: Pending | None = None
    order: Mapping[str, Any] | None = None
    ready: bool = False
    change: Drift = _NO_CHANGE
    old: tuple[Image, ...] = ()
    actions: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    completed: bool = False
    rewritten: bool = False
    tagged: bool = False
    removed: tuple[Image, ...] = ()
    tags: Mapping[str, str] | None = None

    @property
    def image(self) -> Image | None:
        """As it was last seen; None before there is one."""
        return self.awaited.image if self.awaited and self.order is None else None

    @property
    def source_image(self) -> str | None:
        """The id of the image that it is made from; None if it is made from something else, or that
        is not known."""
        if self.order is not None:
            return str(self.order["source_image"])
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
        """What is known to be left to set."""
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
        return ACTIVE if self.awaited.over and self.order is None else IN_PROGRESS

    @property
    def done(self) -> tuple[str, ...]:
        """What really was done to it, in words, beside waiting."""
        changes = [f"{action} of image '{self.label}'" for action in self.change.actions()]
        removals = [f"delete old image '{old.name}' ({old.id})" for old in self.removed]
        return (*(changes if self.rewritten else ()), *removals)

    @property
    def changed(self) -> bool:
        """What really happened to it."""
        return self.rewritten or bool(self.removed) or (self.status == ACTIVE and not self.ready)

    @property
    def failure(self) -> Failed | None:
        return self.awaited.failure if self.awaited else None

    @property
    def image_id(self) -> str | None:
        """As it was given, or found out."""
        given: str | None = self.thing["image_id"]
        if self.order is not None:
            return given
        return (self.awaited.image_id if self.awaited else None) or given

    @property
    def why(self) -> str:
        """What it failed of, or how far it is."""
        if self.failure is not None:
            return str(self.failure).rstrip(".")
        if self.awaited is not None:
            return ("not ordered yet, " if self.order else "") + self.awaited.state()
        return str(self.thing["msg"]).rstrip(".")
