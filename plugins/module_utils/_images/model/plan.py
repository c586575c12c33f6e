# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task will do: the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .image import Image
from .managed import Drift
from .provenance import CreateIds


@dataclass(frozen=True)
class Plan:
    """before and after hold exactly the managed attributes; actions say in words what will be done.

    image: the one to keep, None for one to be made or taken up by the ids of its order (started).
    remove: old images that go once the wanted one is active; later: those that go only then, but
    this task does not wait for it. room: those that are renamed where the
    cloud wants the name to be free for the new one; aside: those that were, by an earlier task.
    known: ids of the others that could be taken for it: those of the name, replaced ones, the
    source. old: ids of all that are known to have been there before its create request, of whatever
    name. unmarked: the image may lack the note of its source.
    tags: what the existing image carries, None where unmanaged or not yet to be known.
    """

    image: Image | None
    drift: Drift
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    actions: tuple[str, ...]
    changed: bool
    source_verified: bool
    tags: Mapping[str, str] | None = None
    started: CreateIds | None = None
    remove: tuple[Image, ...] = ()
    later: tuple[Image, ...] = ()
    room: tuple[Image, ...] = ()
    aside: tuple[Image, ...] = ()
    untagged: bool = False
    known: frozenset[str] = frozenset()
    old: frozenset[str] = frozenset()

    @property
    def nothing_to_do(self) -> bool:
        """The image is there as it is wanted, and no other one has to go."""
        ready = self.image is not None and self.image.ready
        return ready and not (self.changed or self.drift or self.untagged or self.remove)
