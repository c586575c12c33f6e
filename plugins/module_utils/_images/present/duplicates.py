# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Duplicates: a second image of the name, which another machine created at the same time. No lock
reaches that far, so whoever sees a duplicate names both ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..context import Task
from ..lookups import own_images, read_image_from_glance
from ..model.image import DELETE_BY_ID, Image


def look_up_with_duplicates(
    task: Task, name: str, other_ids: frozenset[str]
) -> Callable[[str], Image | None]:
    """Return a function that looks up an image by its id in the list of its name. That costs no
    more than a look-up by id, and shows duplicates.

    `other_ids` are images of the name that existed before.
    """

    def look_up(image_id: str) -> Image | None:
        images = own_images(task.client, thorough=False, name=name)
        warn_of_duplicates(task, name, image_id, images, other_ids)
        shown = next((image for image in images if image.id == image_id), None)
        return shown or read_image_from_glance(task.client, image_id)

    return look_up


def warn_of_duplicates(
    task: Task, name: str, image_id: str, listed: Iterable[Image], other_ids: frozenset[str]
) -> None:
    """Warn of usable images of the name that came up while that image was being created."""
    ids = sorted(
        image.id
        for image in listed
        if image.name == name and not image.dead and image.id not in (image_id, *other_ids)
    )
    if ids:
        task.warn(
            f"While image '{name}' ({image_id}) was being created, another of that name came up: "
            f"{', '.join(ids)}. Another machine seems to have created it at the same time. This "
            f"task goes on with {image_id}. {DELETE_BY_ID}"
        )
