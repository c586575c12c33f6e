# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of images that are still being made: the order goes out once they are active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._cloud.client import Client
from ..context import Task
from ..model.image import Image
from ..model.managed import MANAGED
from ..operations.make import ensure_state
from ..present.desired import Desired
from ..sources import image
from ..sources.image import ImageSource, SourceInFlight
from ..sources.reference import Reference
from ..waiting.awaited import Awaited
from ..waiting.awaiting import wait_for

# What an order is made of, beside its name and its source.
_WISHES = (
    *("cmk_id", *MANAGED, "image_tags", "purge_tags"),
    *("if_source_differs", "if_source_unknown", "max_age", "keep_old"),
)


def start_or_defer(task: Task, arguments: Mapping[str, Any], source: ImageSource) -> dict[str, Any]:
    """The result of a task that copies an image.

    One that is still being made is waited for. A task that does not wait orders nothing then: it
    predicts the copy, and hands the order back, as `pending.order`, for who waits.
    """
    try:
        return ensure_state(task, arguments, source)
    except SourceInFlight as obstacle:
        image = obstacle.image
    source = replace(
        source, image=Reference("image", source.image.given, image.id), allow_in_flight=True
    )
    if task.check_mode:
        return _handed_on(ensure_state(task, arguments, source), arguments, image)
    if not task.wait:
        foretold = ensure_state(replace(task, check_mode=True), arguments, source)
        return _handed_on(foretold, arguments, image)
    with task.step(f"waiting for image '{image.name}' ({image.id}), which is to be copied"):
        awaited = Awaited(image.name, image_id=image.id, image=image)
        wait_for(task, [awaited])
        awaited.active_image()
    return ensure_state(task, arguments, source)


def _handed_on(
    foretold: dict[str, Any], arguments: Mapping[str, Any], image: Image
) -> dict[str, Any]:
    if "pending" not in foretold:
        return foretold
    order = {name: arguments.get(name) for name in ("name", *_WISHES)}
    pending = {**foretold["pending"], "order": {**order, "source_image": image.id}}
    return {**foretold, "pending": pending}


def desired_of(client: Client, order: Mapping[str, Any]) -> Desired:
    """order: as it was handed back, checked by given.py."""
    source = image.image_source(client, order["source_image"], order["cmk_id"])
    return Desired.from_arguments(order, source)
