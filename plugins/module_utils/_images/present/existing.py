# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which existing images bear the wanted name, and are they made from the wanted source?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..._cloud import ims
from ..context import Task
from ..lookups import listed
from ..model.image import Image
from ..model.provenance import Provenance, SourceFinding
from ..model.replaced import former_name, is_renamed_from
from .desired import Desired

# For so long (seconds) a list serves the items of a loop of which none has to be changed.
_SHARED_LIST_SECONDS = 5.0


@dataclass(frozen=True)
class ExistingImage:
    """An image of the wanted name, with what was found out of its source. unmarked: this machine
    has ordered it, but nobody has come to note its source on it."""

    image: Image
    finding: SourceFinding
    untagged: bool = False

    @property
    def provenance(self) -> Provenance:
        return self.finding.provenance


@dataclass(frozen=True)
class ExistingImages:
    """candidates: usable images of the name, active before in flight, new before old.

    put_aside: images that an earlier task renamed to make room for the wanted one. unproven: images
    that may have been called so, too, but whose name was cut and that nothing else proves. seen:
    ids of all images that the list showed, of whatever name. deleted: ids of candidates that are
    gone, but still listed. doubtful: entries of the list that may be of the name, in words, as what
    they are cannot be read.
    """

    candidates: tuple[ExistingImage, ...] = ()
    renamed_earlier: tuple[ExistingImage, ...] = ()
    unproven: tuple[Image, ...] = ()
    seen: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    doubtful: tuple[str, ...] = ()

    def of(self, provenance: Provenance) -> list[ExistingImage]:
        return [item for item in self.candidates if item.provenance is provenance]

    @property
    def ids(self) -> frozenset[str]:
        return self.deleted.union(item.image.id for item in self.candidates)


def find(task: Task, desired: Desired) -> ExistingImages:
    """All images of the project that the task may mean."""
    images, doubtful = _listed(task, desired)
    existing = _judged(task, desired, [image for image in images if _is_meant(image, desired)])
    seen = frozenset(image.id for image in images)
    return replace(existing, seen=seen, doubtful=tuple(doubtful))


def find_in_shared_list(task: Task, desired: Desired) -> ExistingImages | None:
    """The same by one list of all images, which the items of a loop share: it may be some seconds
    old, and what it does not show may be there all the same. None where there is no such list."""
    client = task.client

    def ask() -> list[Image]:
        wires = ims.list_images(client, thorough=False, owner=client.project_id)
        return [Image.from_wire(wire) for wire in wires]

    images = client.shared("images", ask, _SHARED_LIST_SECONDS)
    if images is None:
        return None
    return _judged(task, desired, [image for image in images if _is_meant(image, desired)])


def _judged(task: Task, desired: Desired, images: list[Image]) -> ExistingImages:
    images.sort(key=_preference, reverse=True)
    bearing = [image for image in images if image.name == desired.name]
    others = [image for image in images if image.name != desired.name]
    proven = [image for image in others if _is_replaced(task, image, desired.name)]

    def judged(some: list[Image]) -> tuple[ExistingImage, ...]:
        return tuple(
            ExistingImage(image, desired.source.provenance_of(image, task)) for image in some
        )

    unproven = tuple(image for image in others if image not in proven)
    return ExistingImages(judged(bearing), judged(proven), unproven)


def without(existing: ExistingImages, deleted: frozenset[str]) -> ExistingImages:
    """The survey without candidates that are gone, though they are listed."""
    left = tuple(item for item in existing.candidates if item.image.id not in deleted)
    return replace(existing, candidates=left, deleted=existing.deleted | deleted)


def _preference(image: Image) -> tuple[bool, bool, float, str]:
    return (image.ready, image.in_flight, *image.seniority)


def new_images(existing: ExistingImages, known: frozenset[str]) -> list[ExistingImage]:
    """Images of the name that were not there before our order and do not contradict it."""
    return [
        item
        for item in existing.candidates
        if item.image.id not in known and item.provenance is not Provenance.DIFFERENT
    ]


def new_image(existing: ExistingImages, known: frozenset[str]) -> Image | None:
    """The one that is ours, as far as can be told."""
    return next((item.image for item in new_images(existing, known)), None)


def named(task: Task, desired: Desired) -> list[Image]:
    """All images of the wanted name that the project owns and that can still be used.

    `owner` keeps public and foreign images out, and keeps own images in that are shared out (IMS
    API reference, "Querying Images"). No status is asked for: an image in flight counts.
    """
    return [image for image in _listed(task, desired)[0] if _is_meant(image, desired)]


def _listed(task: Task, desired: Desired) -> tuple[list[Image], list[str]]:
    """With an eye for images put aside, for which there is no filter, where the task puts aside."""
    return listed(task, desired.name, filtered=not desired.policy.may_rename_existing)


def _is_meant(image: Image, desired: Desired) -> bool:
    aside = desired.policy.may_rename_existing and _may_be_replaced(image, desired.name)
    return (image.name == desired.name or aside) and not image.dead


def _may_be_replaced(image: Image, name: str) -> bool:
    """Is it, as far as its own attributes tell, an old image of that very name?"""
    return is_renamed_from(image, name) and former_name(image) in (None, name)


def _is_replaced(task: Task, image: Image, name: str) -> bool:
    """Is that proved, by its attributes or by what this machine knows of it?"""
    return former_name(image) == name or image.id in task.known_renamed
