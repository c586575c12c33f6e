# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task will do, as it is computed from data that has been read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .image import Image
from .managed import NO_DRIFT, Drift
from .provenance import CreateIds


class Decision(NamedTuple):
    """What a task will do. Check mode and diff mode stop here.

    `before` and `after` hold exactly the managed attributes. `actions` and `warnings` are sentences
    for the result.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    actions: tuple[str, ...]
    changed: bool
    source_verified: bool
    warnings: tuple[str, ...] = ()
    # The existing image that the task is about; None where one is created, or an image is adopted
    # that cannot be seen yet.
    image: Image | None = None
    # What is written to the image once it is active.
    drift: Drift = NO_DRIFT
    # The tags of the existing image; None where they are not managed, or cannot be known yet.
    tags: Mapping[str, str] | None = None
    # Ids of an earlier create request of this machine that the task adopts.
    adopted: CreateIds | None = None
    # Old images that the task deletes once the wanted one is active.
    delete: tuple[Image, ...] = ()
    # Old images that are left to whoever waits for the wanted one, as this task does not.
    delete_later: tuple[Image, ...] = ()
    # Old images that are renamed if the cloud wants the name for the new one alone.
    rename: tuple[Image, ...] = ()
    # Old images that an earlier task has renamed for that reason.
    renamed_earlier: tuple[Image, ...] = ()
    # Whether the source tag may be missing on the existing image, which this machine created.
    lacks_source_tag: bool = False
    # Ids of images that must not be taken for the new one: those of the name, replaced ones, the
    # source.
    other_ids: frozenset[str] = frozenset()
    # Ids of all images, of whatever name, that are known to have existed before the create request.
    existed_before: frozenset[str] = frozenset()

    @property
    def creates(self) -> bool:
        return self.image is None and self.adopted is None

    @property
    def nothing_to_do(self) -> bool:
        """Whether the image is there as it is wanted, and no other one has to go."""
        ready = self.image is not None and self.image.ready
        return ready and not (self.changed or self.drift or self.lacks_source_tag or self.delete)
