# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes any image of the project in place; where it was made from does not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._cloud import ims
from ..context import Task
from ..failures import Refused
from ..lookups import IMS
from ..model.image import REACTIVATE, Image
from ..model.managed import WIRE_NAMES, ManagedAttributes, managed_attributes_of
from ..present.converge import converge, reread, settle
from ..present.decide import plan_change
from ..present.outcome import Outcome
from ..sources.reference import Reference, look_at, refer
from ..waiting.awaited import Awaited
from ..waiting.awaiting import wait_for
from .absent import Removal, ensure_absent
from .make import ABSENT


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The task's result. Raises Refused before anything is written, Failed or CloudError after."""
    reference = refer(task.client, IMS, "image", arguments["image"], lambda name: _own(task, name))
    if arguments["state"] == ABSENT:
        return ensure_absent(task, _removal(reference, arguments)).to_result(task)
    managed = managed_attributes_of(arguments, WIRE_NAMES)
    if reference.id is None and reference.closed is None and arguments.get("name"):
        renamed = refer(task.client, IMS, "image", arguments["name"], lambda name: _own(task, name))
        if renamed.seen is not None:
            return _left(task, managed, reference, renamed.seen).to_result(task)
    image = look_at(task, IMS, reference, lambda image_id: _listed(task, image_id))
    if image is None:
        raise Refused(f"{reference} may not be read, so it cannot be changed.")
    return _ensure(task, managed, image).to_result(task)


def _left(
    task: Task, managed: ManagedAttributes, reference: Reference[Image], image: Image
) -> Outcome:
    """No image bears the old name, one bears the new one: renamed by a task before, perhaps. That
    is not proved, so it counts only where nothing is to be changed. Raises Refused otherwise."""
    plan = plan_change(task, managed, image, verified=True)
    missing = f"There is no image with the name '{reference.given}'"
    if plan.drift:
        raise Refused(
            f"{missing}. Image '{image.name}' ({image.id}) has the new name, but that it is the "
            f"one to be changed ({', '.join(plan.drift.actions())}) is not proved. If it is, give "
            "its id or its new name in image; otherwise check the name in image."
        )
    task.image_id = image.id
    task.warn(
        f"{missing}; image '{image.name}' ({image.id}) has the new name and is as it is to be, so "
        "it was taken for the renamed one. Give the id in image to be sure."
    )
    return Outcome(plan, image, tags=plan.tags)


def _own(task: Task, name: str) -> list[Image]:
    listed = ims.list_images(task.client, name=name, owner=task.client.project_id)
    return [Image.from_wire(wire) for wire in listed]


def _listed(task: Task, image_id: str) -> Image | None:
    wire = ims.get_image(task.client, image_id)
    return None if wire is None else Image.from_wire(wire)


def _removal(reference: Reference[Image], arguments: Mapping[str, Any]) -> Removal:
    return Removal(
        name=None if reference.id else reference.given,
        image_id=reference.id,
        delete_backup=arguments["delete_backup"],
    )


def _ensure(task: Task, managed: ManagedAttributes, image: Image) -> Outcome:
    task.image_id, task.subject = image.id, image.name
    owner = image.text("owner")
    if owner and owner != task.client.project_id:
        raise Refused(
            f"Image '{image.name}' ({image.id}) belongs to somebody else: only its owner may "
            f"change it."
        )
    plan = plan_change(task, managed, image, verified=True)
    if plan.drift and image.deactivated:
        raise Refused(
            f"Image '{image.name}' ({image.id}) is deactivated and cannot be changed. {REACTIVATE}"
        )
    if plan.drift and image.dead:
        raise Refused(
            f"Image '{image.name}' ({image.id}) is {image.status} and cannot be changed. Delete it "
            "and make it again."
        )
    if plan.drift and image.in_flight and not task.wait:
        raise Refused(
            f"Image '{image.name}' ({image.id}) is still {image.status} and cannot be changed yet. "
            "Set wait: true to wait for that, or run this again later."
        )
    if "name" in plan.drift.attributes:
        _warn_of_a_taken_name(task, image, plan.drift.attributes["name"])
    if task.check_mode or not plan.drift:
        return Outcome(plan, image, tags=plan.tags)
    if image.in_flight:
        image = _when_active(task, image)
    converge(task, image, plan.drift)
    image, tags = settle(task, managed, reread(task, image))
    return Outcome(plan, image, tags=tags)


def _warn_of_a_taken_name(task: Task, image: Image, name: str) -> None:
    """Most clouds accept it, and then neither of the images can be named any more."""
    others = sorted(one.id for one in _own(task, name) if one.id != image.id and not one.dead)
    if others:
        task.warn(
            f"The name '{name}' is taken by {', '.join(others)}. If the cloud accepts it twice, "
            "the images can be told apart by their ids only."
        )


def _when_active(task: Task, image: Image) -> Image:
    """Only active images can be changed (IMS API reference, "Updating Image Information")."""
    awaited = Awaited(image.name, image_id=image.id, image=image)
    with task.step(f"waiting for image '{image.name}' ({image.id}) to become active"):
        wait_for(task, [awaited])
        return awaited.active_image()
