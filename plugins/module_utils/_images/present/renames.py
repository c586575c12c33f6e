# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renames old images so that a new one can have their name, on clouds that want names to be unique,
and gives the name back if the new image fails."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress

from ..._cloud import ims
from ..._cloud.errors import ApiError, CloudError
from ..context import Task
from ..lookups import own_images, read_image
from ..model.decision import Decision
from ..model.image import Image
from ..model.replaced import REPLACED, is_renamed_from, record_of, replaced_name
from ..waiting.awaiting import wait_for_images
from ..waiting.deletion import still_existing
from .converge import patch
from .desired import Desired
from .read import images_of_name


def make_room(task: Task, images: Sequence[Image], renaming: Callable[[str], None]) -> None:
    """Rename images; `renaming` is called with the id of each just before.

    Images in flight are waited for: only active ones can be renamed (IMS API reference, "Updating
    Image Information"). Raises Failed or CloudError.
    """
    with task.step("waiting for the old image to become active, so that it can be renamed"):
        awaited = wait_for_images(task, images)
    for item in awaited:
        item.active_image()
    for image in images:
        name = replaced_name(image.id, image.name)
        with task.step(f"renaming image {image} to '{name}'"):
            renaming(image.id)
            _rename(task, image, name)
        task.known_renamed.add(image.id)
        task.renamed.append(image)


def restore_name(task: Task, desired: Desired, decision: Decision) -> None:
    """Give the name back to the newest of the images that made room, now or in an earlier task.
    Errors are suppressed: the failure of the new image is the news."""
    images = [*task.renamed, *decision.renamed_earlier]
    if images or task.known_renamed:
        with suppress(CloudError):
            existing = images_of_name(task, desired)
            images += [image for image in existing if image.id in task.known_renamed]
            _give_name_back(task, desired.name, images, existing)


def restore_name_by_ids(task: Task, name: str, renamed_ids: Collection[str]) -> None:
    """Give the name back in the same way, to images of which only the ids are known, newest
    first."""
    with suppress(CloudError):
        seen = [image for image in (read_image(task.client, one) for one in renamed_ids) if image]
        renamed = [image for image in seen if is_renamed_from(image, name)]
        _give_name_back(task, name, renamed, own_images(task.client, name=name))


def _rename(task: Task, image: Image, name: str) -> None:
    """Record the former name on the image itself, where the cloud accepts the attribute."""
    values = {REPLACED: record_of(image), "name": name}
    try:
        patch(task, image, values)
    except ApiError as error:
        stays = image.text(REPLACED).startswith(image.id)  # and would name another one
        if error.http_status >= 500 or stays:
            raise
        task.note(f"The cloud did not accept the attribute {REPLACED}: {error}")
        patch(task, image, {"name": name})


def _give_name_back(
    task: Task, name: str, images: Sequence[Image], existing: Iterable[Image]
) -> None:
    """Give the first of the renamed images its name back, unless another active image has the name,
    or the image has been renamed since. Raises CloudError."""
    now = {image.id: image for image in existing}
    ids = {image.id for image in images}
    named = [one for one in now.values() if one.ready and one.name == name and one.id not in ids]
    if still_existing(task, named):
        return
    for image in images:
        seen = now.get(image.id, image)
        if seen.name == name or is_renamed_from(seen, name):
            change = {"op": "replace", "path": "/name", "value": name}
            ims.update_image(task.client, image.id, [change])
            return
