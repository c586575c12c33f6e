# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of images, also of images that are still being created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._cloud.client import Client
from ..context import Task
from ..model.image import Image
from ..sources.image import ImageSource, SourceInFlight, image_source
from ..sources.reference import Reference
from .make import ensure_state


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of the module `image_copy`.

    A source image that is still being created is waited for, with `wait: false` too: the create
    request cannot be sent before.
    """
    source = source_of(task.client, arguments)
    try:
        return ensure_state(task, arguments, source)
    except SourceInFlight as obstacle:
        image = obstacle.image
    if not task.check_mode:
        # See present/ensure.py.
        from ..waiting.awaiting import wait_for_images

        with task.step(f"waiting for image {image}, which is to be copied"):
            for awaited in wait_for_images(task, [image]):
                awaited.active_image()
    return ensure_state(task, arguments, once_active(source, image))


def source_of(client: Client, arguments: Mapping[str, Any]) -> ImageSource | None:
    """Resolve the source; None where none is given. Raises Refused or CloudError."""
    if arguments["source_image"] is None:
        return None
    return image_source(client, arguments["source_image"], arguments["cmk_id"])


def once_active(source: ImageSource | None, image: Image) -> ImageSource | None:
    """Return the source for a task that has waited for its image, or would outside check mode."""
    if source is None:
        return None
    reference = Reference[Image]("image", source.image.given, image.id)
    return replace(source, image=reference, allow_in_flight=True)
