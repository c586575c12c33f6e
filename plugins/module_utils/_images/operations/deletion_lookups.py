# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks up many images at once before they are deleted: their present state, and whether they are
shared with other projects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..._cloud import ims
from ..._cloud.errors import Unavailable
from ..context import Task
from ..model.image import Image
from ..waiting.deletion import still_existing
from ..waiting.progress import Count
from .retention_rules import PreDeletionState


def look_up(task: Task, images: Sequence[Image]) -> dict[str, PreDeletionState]:
    """Return the states by image id. That takes two requests for each, of several images at
    once."""
    progress = Count(task, "looking up what is to be deleted", len(images))
    states = task.client.run_concurrently(
        [partial(_look_up, task, image) for image in images], progress.reached
    )
    return {image.id: state for image, state in zip(images, states)}


def _look_up(task: Task, image: Image) -> PreDeletionState:
    for now in still_existing(task, [image]):
        return PreDeletionState(now, _is_shared(task, now))
    return PreDeletionState(None, None)


def _is_shared(task: Task, image: Image) -> bool | None:
    try:
        return bool(ims.list_members(task.client, image.id))
    except Unavailable as error:
        task.note(f"The members of image {image.id} could not be looked up: {error}")
        return None
