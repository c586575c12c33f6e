# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked up of single images before they are deleted, for many of them at once: what each
is like now, and whether it is shared with other projects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ..._cloud import ims
from ..._cloud.errors import Unavailable
from ..context import Task
from ..model.image import Image
from ..waiting.deletion import still_existing
from ..waiting.progress import Count


@dataclass(frozen=True)
class PreDeletionState:
    """image: as it is now, None if it is deleted (lists go on to show it). shared: None if that may
    not be looked up."""

    image: Image | None
    shared: bool | None


def has_shared_type(image: Image) -> bool:
    """An own image that is shared out is of the type "shared" (IMS API reference, "Querying
    Images"). Whether that is so of all clouds, its members tell."""
    return image.text("__imagetype") == "shared"


def look_up(task: Task, images: Sequence[Image]) -> dict[str, PreDeletionState]:
    """By the id of each image: two requests each, of several images at once."""
    progress = Count(task, "looking up what is to be deleted", len(images))
    looks = task.client.run_concurrently(
        [partial(_look, task, image) for image in images], progress.reached
    )
    return {image.id: look for image, look in zip(images, looks)}


def _look(task: Task, image: Image) -> PreDeletionState:
    for now in still_existing(task, [image]):
        return PreDeletionState(now, _is_shared(task, now))
    return PreDeletionState(None, None)


def _is_shared(task: Task, image: Image) -> bool | None:
    try:
        return bool(ims.list_members(task.client, image.id))
    except Unavailable as error:
        task.note(f"Whom image {image.id} is shared with may not be looked up: {error}")
        return None
