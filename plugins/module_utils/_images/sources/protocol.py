# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is created from, as the policy needs it. Each kind of source has a file beside this
one: server.py, volume.py, …"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ..._cloud.errors import ApiError
from ..._cloud.wire import CreateHooks
from ..context import Obstacle, Task
from ..model.image import Image, Origin, Predicted
from ..model.provenance import CreateIds, Identity, Provenance, SourceFinding, different, same

# "The image name is already used". When the cloud answers so is not documented.
NAME_TAKEN = "IMG.0009"


# The identity in a create record that cannot be read.
UNREADABLE = Identity("")


class Source(ABC):
    """One kind of source; each file beside this one has a subclass."""

    # Managed attributes (and "tags") that the create request can carry.
    create_accepts: frozenset[str] = frozenset()
    # Whether the create request may be repeated after an unclear answer, because the cloud itself
    # refuses a second image.
    may_be_repeated = False

    @property
    @abstractmethod
    def origin(self) -> Origin:
        """Kind and id, as they stand in the source tag and in messages."""

    @property
    def is_resolved(self) -> bool:
        """Whether it is known which resource the user means; of an unresolved name it is not known
        which images were created from something else."""
        return True

    @property
    def identity(self) -> Identity:
        """What the create record of an image of this source says about it."""
        return Identity(str(self.origin))

    @abstractmethod
    def provenance_of(self, image: Image, task: Task) -> SourceFinding:
        """Find out whether the image was created from this source. May read; never writes."""

    def differences(self, image: Image) -> list[str]:
        """Return how an active image of this source differs from what the task asks for, in words,
        in what can no longer be changed."""
        return []

    @abstractmethod
    def check(self, task: Task, name: str) -> None:
        """Look up what would make the create request of an image of that name fail: raise Refused,
        or warn. Writes nothing."""

    @abstractmethod
    def create(self, task: Task, name: str, body: dict[str, Any], hooks: CreateHooks) -> CreateIds:
        """Send the create request, once. `name` is that of the new image, `body` what all create
        requests of IMS have in common."""

    def says_image_exists(self, refusal: ApiError, task: Task) -> bool:
        """Whether this refusal of the create request says that the image exists already, or is
        being created, so that it has to be looked up."""
        return refusal.code == NAME_TAKEN


def differing(**values: tuple[str | None, str]) -> list[str]:
    """Return differences in words. `values` hold, by option, what the task gives and what the image
    shows; one of them empty is no difference, nor is case, which the services write differently."""
    return [
        f"{option} is {shown}, not {given}"
        for option, (given, shown) in values.items()
        if given and shown and given.lower() != shown.lower()
    ]


def protect_source(task: Task, source: Source) -> None:
    """Forbid the task to delete the image that it copies."""
    if source.origin.kind == "image":
        remedy = "It cannot be replaced by a copy of itself; give the copy another name."
        task.sources[source.origin.id] = Obstacle("is the source of this task", remedy)


def provenance_of(source: Source, image: Image, task: Task) -> SourceFinding:
    """Find out whether the image was created from this source, which it never was from one that
    check mode has only predicted."""
    if isinstance(source.origin.id, Predicted):
        return different("it is older than its source would be")
    return source.provenance_of(image, task)


def provenance_by_create_record(
    source: Source, image: Image, recorded: Identity, task: Task
) -> SourceFinding:
    """Find out whether an image that this machine created is of this source. `recorded` is what its
    create record says.

    Where both speak against it, what the image itself shows makes the better message.
    """
    if source.identity.is_met_by(recorded):
        return same("this machine created it")
    shown = provenance_of(source, image, task)
    speaks_for_itself = shown.provenance is Provenance.DIFFERENT or not source.is_resolved
    if speaks_for_itself or recorded == UNREADABLE:
        return shown
    return different(f"this machine created it from {recorded}")


def provenance_by_source_tag(image: Image, origin: Origin) -> SourceFinding | None:
    """Return what the source tag says; None if there is none."""
    source_tag = image.source_tag
    if source_tag is None:
        return None
    if source_tag == origin:
        return same("its source tag names that source")
    return different(f"its source tag says that it was made from {source_tag}")
