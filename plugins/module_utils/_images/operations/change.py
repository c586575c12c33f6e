# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes any image of the project in place, whatever its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..context import Task
from ..failures import Refused
from ..lookups import IMS, listed_image, own_images
from ..model.decision import Decision
from ..model.image import REACTIVATE, Image, Predicted
from ..model.managed import WIRE_NAMES, ManagedAttributes, Tags, managed_attributes_of
from ..present.converge import converge, read_back, reread
from ..present.decide import decide_change
from ..present.outcome import Outcome
from ..present.preflight import announce
from ..present.read import read_tags
from ..sources.reference import Reference, id_of, read_referenced, refer
from ..waiting.awaiting import wait_for_images
from .absent import Removal, ensure_absent
from .make import ABSENT


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task's result. Raises Refused before anything is written, Failed or CloudError
    afterwards."""
    if arguments["state"] == ABSENT:
        return ensure_absent(task, _removal(arguments)).to_result(task)
    reference = _refer(task, arguments["image"])
    managed = managed_attributes_of(arguments, WIRE_NAMES)
    if isinstance(reference.id, Predicted):
        return Outcome(decide_predicted(managed), None).to_result(task)
    if reference.id is None and reference.error is None and arguments.get("name"):
        renamed = _refer(task, arguments["name"])
        if renamed.resource is not None:
            return _accept_renamed(task, managed, reference.given, renamed.resource).to_result(task)
    image = read_referenced(
        task, IMS, reference, lambda image_id: listed_image(task.client, image_id)
    )
    if image is None:
        raise Refused(f"{reference} may not be read, so it cannot be changed.")
    return _ensure(task, managed, image).to_result(task)


# --- Deciding, on data


def refuse_foreign(image: Image, project_id: str) -> None:
    """Raise Refused for an image that another project owns."""
    if image.text("owner") not in ("", project_id):
        raise Refused(f"Image {image} belongs to another project: only its owner can change it.")


def decide_in_place(
    managed: ManagedAttributes, image: Image, tags: Tags | None, *, wait: bool
) -> Decision:
    """Return what makes the image match the managed attributes. `tags` are those that it carries;
    `wait`: whether it is waited for, should it still be in flight.

    Raises Refused for an image that cannot be changed.
    """
    decision = decide_change(managed, image, tags)
    if not decision.drift:
        return decision
    name = f"Image {image}"
    if image.deactivated:
        raise Refused(f"{name} is deactivated and cannot be changed. {REACTIVATE}")
    if image.dead:
        raise Refused(
            f"{name} is {image.status} and cannot be changed. Delete it and create it again."
        )
    if image.in_flight and not wait:
        raise Refused(
            f"{name} is still {image.status} and cannot be changed yet. "
            "Set wait: true to wait for that, or run this again later."
        )
    return decision


def decide_predicted(managed: ManagedAttributes) -> Decision:
    """Return what makes an image match that an earlier task would create: all that a new image does
    not have by itself."""
    decision = decide_change(managed, Image.from_wire({}), {})
    to_be = {key: value for key, value in decision.after.items() if (key, value) != ("name", "")}
    return decision._replace(image=None, before={}, after=to_be, tags=None)


def decide_renamed(
    managed: ManagedAttributes, old_name: str, image: Image, tags: Tags | None
) -> Decision:
    """Return the decision about an image that has the new name, while none has the old one: perhaps
    an earlier task renamed it. That is not proved, so it counts only where nothing has to change.

    Raises Refused otherwise.
    """
    decision = decide_change(managed, image, tags)
    missing = f"There is no image with the name '{old_name}'"
    if decision.drift:
        raise Refused(
            f"{missing}. Image {image} has the new name, but that it is the one to be changed "
            f"({', '.join(decision.drift.actions())}) is not proved. If it is, give its id or its "
            "new name in image; otherwise check the name in image."
        )
    warning = (
        f"{missing}; image {image} has the new name and needs no change, so it was taken for the "
        "renamed one. Give the id in image to be sure."
    )
    return decision._replace(warnings=(warning,))


# --- Doing it


def _accept_renamed(task: Task, managed: ManagedAttributes, old_name: str, image: Image) -> Outcome:
    tags = read_tags(task, managed, image)
    decision = announce(task, decide_renamed(managed, old_name, image, tags))
    return Outcome(decision, image, tags=tags)


def _ensure(task: Task, managed: ManagedAttributes, image: Image) -> Outcome:
    task.image_id, task.subject = image.id, image.name
    refuse_foreign(image, task.client.project_id)
    tags = read_tags(task, managed, image)
    decision = decide_in_place(managed, image, tags, wait=task.wait)
    if "name" in decision.drift.attributes:
        _warn_of_a_taken_name(task, image, decision.drift.attributes["name"])
    if task.check_mode or not decision.drift:
        return Outcome(decision, image, tags=tags)
    if image.in_flight:
        # Only active images can be changed (IMS API reference, "Updating Image Information").
        with task.step(f"waiting for image {image} to become active"):
            [awaited] = wait_for_images(task, [image])
            image = awaited.active_image()
    converge(task, image, decision.drift)
    image, tags = read_back(task, managed, reread(task, image))
    return Outcome(decision, image, tags=tags)


def _refer(task: Task, given: str) -> Reference[Image]:
    return refer(task.client, IMS, "image", given, lambda name: own_images(task.client, name=name))


def _removal(arguments: Mapping[str, Any]) -> Removal:
    """Return what `image`, an id or a name, or else `name` selects."""
    given = arguments["image"]
    image_id = id_of(given) if given is not None else None
    return Removal(
        name=None if image_id else given or arguments["name"],
        image_id=image_id,
        delete_all=arguments["delete_all"],
        delete_backup=arguments["delete_backup"],
    )


def _warn_of_a_taken_name(task: Task, image: Image, name: str) -> None:
    """Warn if other images have the name: most clouds accept it twice, and then only the ids
    differ."""
    others = sorted(
        one.id for one in own_images(task.client, name=name) if one.id != image.id and not one.dead
    )
    if others:
        task.warn(
            f"The name '{name}' is taken by {', '.join(others)}. If the cloud accepts it twice, "
            "only the ids of the images differ."
        )
