# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Existing images of the wanted name, with all that a decision about them rests on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..failures import Refused
from ..model.image import Image
from ..model.provenance import CreateIds, Provenance, SourceFinding


class ExistingImage(NamedTuple):
    """An image of the wanted name, and its provenance."""

    image: Image
    finding: SourceFinding
    # This machine created it, and the source tag may not have been written yet.
    lacks_source_tag: bool = False

    @property
    def provenance(self) -> Provenance:
        return self.finding.provenance


@dataclass(frozen=True)
class ExistingImages:
    """All that was read about the images which a task may be about."""

    # Usable images of the name: active before in flight, new before old.
    candidates: tuple[ExistingImage, ...] = ()
    # Images that an earlier task renamed to make room for the wanted one.
    renamed_earlier: tuple[ExistingImage, ...] = ()
    # Images that may have been renamed so, but whose name was cut, and nothing else proves it.
    perhaps_renamed: tuple[Image, ...] = ()
    # Ids of all images that the list showed, of whatever name.
    listed_ids: frozenset[str] = frozenset()
    # Ids of candidates that are deleted, though they are still listed.
    deleted_ids: frozenset[str] = frozenset()
    # Ids of images that were read one by one after the list.
    confirmed_ids: frozenset[str] = frozenset()
    # Entries of the list that cannot be read and may be of the name, in words.
    unidentified: tuple[str, ...] = ()
    # Tags as the tag call returns them, by image id: those of the image that the task is about.
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # An earlier create request of this machine for the wanted image, which is not active yet.
    unfinished_request: CreateIds | None = None
    # Ids of the images of the name that existed before that request.
    before_request: frozenset[str] | None = None

    def of(self, provenance: Provenance) -> list[ExistingImage]:
        """Return the candidates of that provenance."""
        return [item for item in self.candidates if item.provenance is provenance]

    @property
    def acceptable(self) -> list[ExistingImage]:
        """The candidates of the wanted source; if there is none, those whose source is unknown.

        The task that sent an unfinished request knew that what existed before it is not wanted. It
        may have known that from a create record which its own has replaced since.
        """
        earlier = self.before_request or frozenset()
        unknown = (item for item in self.of(Provenance.UNKNOWN) if item.image.id not in earlier)
        return self.of(Provenance.SAME) or list(unknown)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that the task may be about."""
        return not (self.candidates or self.renamed_earlier or self.perhaps_renamed)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the candidates, including deleted ones."""
        return self.deleted_ids.union(item.image.id for item in self.candidates)

    def without(self, deleted: Collection[str]) -> ExistingImages:
        """Return the same without images that are deleted, though the list shows them."""

        def left(items: Sequence[ExistingImage]) -> tuple[ExistingImage, ...]:
            return tuple(item for item in items if item.image.id not in deleted)

        return replace(
            self,
            candidates=left(self.candidates),
            renamed_earlier=left(self.renamed_earlier),
            deleted_ids=self.deleted_ids.union(deleted),
        )

    def updated(self, images: Mapping[str, Image]) -> ExistingImages:
        """Return the same with what was read since about some images, by id."""

        def latest(items: Sequence[ExistingImage]) -> tuple[ExistingImage, ...]:
            return tuple(
                item._replace(image=images.get(item.image.id, item.image)) for item in items
            )

        return replace(
            self,
            candidates=latest(self.candidates),
            renamed_earlier=latest(self.renamed_earlier),
        )

    def with_candidate(self, candidate: ExistingImage) -> ExistingImages:
        """Return the same with that finding about an image; first if the list does not show it."""
        ids = [item.image.id for item in self.candidates]
        candidates = list(self.candidates)
        if candidate.image.id in ids:
            candidates[ids.index(candidate.image.id)] = candidate
        else:
            candidates.insert(0, candidate)
        return replace(self, candidates=tuple(candidates))

    def new_since(self, other_ids: frozenset[str]) -> list[ExistingImage]:
        """Return candidates that can have come of our create request: not among the other ids, and
        not of a different source."""
        return [
            item
            for item in self.candidates
            if item.image.id not in other_ids and item.provenance is not Provenance.DIFFERENT
        ]

    def newest_since(self, other_ids: frozenset[str]) -> Image | None:
        """Return the image that most probably came of our create request."""
        return next((item.image for item in self.new_since(other_ids)), None)


def refuse_unidentified(name: str, unidentified: Sequence[str]) -> None:
    """Raise Refused if the list has entries that may be images of the name."""
    if unidentified:
        raise Refused(
            f"Whether there is an image named '{name}' is not certain: the cloud's list of images"
            f" has an entry that may be it ({'; '.join(unidentified)}). Nothing was written. Run"
            " the task again; if that does not help, find out what changes the answers of the"
            " cloud."
        )
