# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must never be deleted, whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from ..context import Obstacle, Task
from ..failures import Refused
from ..model.image import Image

# Visibility (Glance) and type (IMS) of public images.
_PUBLIC = frozenset(("public", "gold"))
# The attributes that decide whether an image may be deleted.
_DECISIVE = ("owner", "visibility", "__imagetype")
_ONLY_OWN = "Only images of your own project are deleted."


def check_deletable(task: Task, images: Sequence[Image]) -> None:
    """Raise Refused for an image that must not be deleted, before anything is written."""
    for image in images:
        found = obstacle(task, image)
        if found is not None:
            raise Refused(found.of(image))


def obstacle(task: Task, image: Image) -> Obstacle | None:
    """Return why a task must not delete an image; None if nothing forbids it."""
    if image.id in task.sources:
        return task.sources[image.id]
    found = forbids_deletion(image, task.client.project_id)
    if found is None:
        warn_of_missing_owner(task, image)
    return found


def forbids_deletion(image: Image, project_id: str) -> Obstacle | None:
    """Return what forbids to delete an image, by its own attributes."""
    unreadable = image.unreadable(_DECISIVE)
    if unreadable:
        which = ", ".join(unreadable)
        why = f"may be one of those that must stay ({which} cannot be read)"
        return Obstacle(why, _ONLY_OWN)
    return not_own(image, project_id) or _protection(image)


def not_own(image: Image, project_id: str) -> Obstacle | None:
    """Return why an image does not count as the project's own.

    An image without an owner does so only if it is said to be private, and nothing else.
    """
    kinds = {image.text("visibility").lower(), image.text("__imagetype").lower()}
    if kinds & _PUBLIC:
        return Obstacle("is public", _ONLY_OWN)
    owner = image.text("owner")
    if owner and owner != project_id:
        return Obstacle("belongs to another project or to the cloud itself", _ONLY_OWN)
    if not owner and kinds - {""} != {"private"}:
        return Obstacle("is not said to be of this project, nor to be private", _ONLY_OWN)
    return None


def warn_of_missing_owner(task: Task, image: Image) -> None:
    if not image.text("owner"):
        task.warn(
            f"The cloud does not say who owns image {image}. It is private, so "
            "it was taken for the project's own."
        )


def _protection(image: Image) -> Obstacle | None:
    if image.protected is False:
        return None
    remedy = "Take the protection off first (huaweicloud.ims.image with protected: false)."
    return Obstacle("is protected" if image.protected else "may be protected", remedy)
