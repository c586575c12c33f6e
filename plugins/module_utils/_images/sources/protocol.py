# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is made from, as the policy needs it; one file per kind says how (from_server.py,
from_volume.py …)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..._cloud.errors import ApiError
from ..context import Obstacle, Task
from ..model.image import Image, Origin
from ..model.provenance import CreateIds, Identity, Provenance, SourceFinding, different, same

# "The image name is already used": when the cloud says so is not documented.
NAME_TAKEN = "IMG.0009"


# Of a create record that cannot be read.
UNREADABLE = Identity("")


class Source(Protocol):
    """One kind of thing that an image can be made from."""

    @property
    def origin(self) -> Origin:
        """Kind and id, as they go into the mark and the messages."""

    @property
    def identity(self) -> Identity:
        """What tells an order for this source from others."""

    @property
    def create_accepts(self) -> frozenset[str]:
        """Managed attributes (and "tags") that the create call itself takes."""

    def provenance_of(self, image: Image, task: Task) -> SourceFinding:
        """Was this image made from this source? May look things up; never writes."""

    def differences(self, image: Image) -> list[str]:
        """What an active image of this source has otherwise than a new one would, in words, of what
        cannot be changed any more."""

    def check(self, task: Task, name: str) -> None:
        """Looks up what would make the create request of an image of this name fail: raises
        Refused, or warns. Writes nothing."""

    def create(self, task: Task, name: str, common: Mapping[str, Any]) -> CreateIds:
        """Sends the create request, once. `name`: of the new image; `common`: the body that all
        create requests of IMS share."""

    def says_image_exists(self, refusal: ApiError, task: Task) -> bool:
        """Does this refusal of the create call say that the image is there already, or on its way,
        so that it is to be looked up?"""

    @property
    def may_be_repeated(self) -> bool:
        """May the create call be sent again after an unclear answer, because the cloud itself
        refuses a second image?"""


def differing(**values: tuple[str | None, str]) -> list[str]:
    """By option: what the task gives, and what the image shows. Nothing is said of what one of them
    leaves open, nor of case, which the services write differently."""
    return [
        f"{option} is {shown}, not {given}"
        for option, (given, shown) in values.items()
        if given and shown and given.lower() != shown.lower()
    ]


def protect_source(task: Task, source: Source) -> None:
    """The image that a task copies is never one that it may delete."""
    if source.origin.kind == "image":
        remedy = "It cannot be replaced by a copy of itself; give the copy another name."
        task.sources[source.origin.id] = Obstacle("is the source of this task", remedy)


def provenance_by_create_record(
    source: Source, image: Image, ordered: Identity, task: Task
) -> SourceFinding:
    """Was an image that this machine has ordered made from this source?

    What the image itself shows is told rather than what was noted, where both speak against it.
    """
    if source.identity.is_met_by(ordered):
        return same("this machine ordered it")
    shown = source.provenance_of(image, task)
    if shown.provenance is Provenance.DIFFERENT or ordered == UNREADABLE:
        return shown
    return different(f"this machine ordered it of {ordered}")


def provenance_by_source_tag(image: Image, origin: Origin) -> SourceFinding | None:
    """What our own mark says; None without one of this kind."""
    source_tag = image.source_tag
    if source_tag is None:
        return None
    if source_tag == origin:
        return same("it carries our mark of that source")
    return different(f"it is marked as made from {source_tag}")
