# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes room for a new image where names are unique: renames the old ones, and gives a name back
when the new image fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..._cloud import ims
from ..._cloud.errors import ApiError
from ..context import Task
from ..model.image import Image
from ..model.replaced import REPLACED, is_renamed_from, record_of, replaced_name
from ..waiting.awaited import Awaited
from ..waiting.awaiting import wait_for
from ..waiting.deletion import still_existing
from .converge import patch


def make_room(task: Task, images: Sequence[Image], renaming: Callable[[str], None]) -> None:
    """Only active images can be renamed (IMS API reference, "Updating Image Information").

    renaming: is called with the id of each image that is about to be renamed.
    """
    _wait_for_those_in_flight(task, images)
    for image in images:
        name = replaced_name(image.id, image.name)
        with task.step(f"renaming image '{image.name}' ({image.id}) to '{name}'"):
            renaming(image.id)
            _rename(task, image, name)
        task.known_renamed.add(image.id)
        task.renamed.append(image)


def _rename(task: Task, image: Image, name: str) -> None:
    """Records the name that the image had on the image itself, where the cloud takes attributes."""
    values = {REPLACED: record_of(image), "name": name}
    try:
        patch(task, image, values)
    except ApiError as error:
        stays = image.text(REPLACED).startswith(image.id)  # and would name another one
        if error.http_status >= 500 or stays:
            raise
        task.note(f"The cloud did not take the record of the image's name ({REPLACED}): {error}")
        patch(task, image, {"name": name})


def _wait_for_those_in_flight(task: Task, images: Sequence[Image]) -> None:
    awaited = [
        Awaited(image.name, image_id=image.id, image=image) for image in images if image.in_flight
    ]
    with task.step("waiting for the old image to be made, so that it can make room"):
        wait_for(task, awaited)
    for item in awaited:
        item.active_image()


def give_name_back(task: Task, name: str, images: Sequence[Image], there: Iterable[Image]) -> None:
    """Gives the first of the images that made room its name back, unless an active one of those
    that are there bears it, or somebody has renamed it since. Raises CloudError."""
    now = {image.id: image for image in there}
    ids = {image.id for image in images}
    bearing = [one for one in now.values() if one.ready and one.name == name and one.id not in ids]
    if still_existing(task, bearing):
        return
    for image in images:
        seen = now.get(image.id, image)
        if seen.name == name or is_renamed_from(seen, name):
            change = {"op": "replace", "path": "/name", "value": name}
            ims.update_image(task.client, image.id, [change])
            return
