# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides on what exists, and makes the checks that may still forbid it before anything is
written."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from ..._cloud.errors import Forbidden
from ..age import Clocks
from ..context import Task
from ..failures import AlreadyMade, ImageConflict
from ..lookups import read_image_from_glance
from ..model.decision import Decision
from ..model.image import Image
from ..model.provenance import same
from .decide import decide
from .desired import Desired
from .existing import ExistingImage, ExistingImages
from .read import complete


def decide_and_check(task: Task, desired: Desired, existing: ExistingImages) -> Decision:
    """Decide, then check that nothing forbids what was decided.

    A check may find that the image exists already, although no list shows it: that is decided upon
    once more. Raises Refused or CloudError.
    """
    decision = decide_on(task, desired, existing)
    try:
        check_decision(task, desired, decision)
    except AlreadyMade as made:
        image = _unlisted_image(task, desired, existing, made)
        candidate = ExistingImage(image, same("its backup lists it"))
        decision = decide_on(task, desired, existing.with_candidate(candidate))
        if decision.creates:
            raise
        check_decision(task, desired, decision)
    return decision


def decide_on(task: Task, desired: Desired, existing: ExistingImages) -> Decision:
    """Read what is missing, and decide. Raises Refused or CloudError."""
    now = Clocks.of(task.client)
    try:
        with task.step(f"looking for image '{desired.name}'"):
            existing = complete(task, desired, existing, now)
        decision = decide(desired, existing, now, wait=task.wait)
    except ImageConflict as conflict:
        task.image_id = conflict.image_id
        raise
    return announce(task, decision)


def announce(task: Task, decision: Decision) -> Decision:
    """Give the task the warnings and the id of the decision's image; return the decision."""
    for warning in decision.warnings:
        task.warn(warning)
    if decision.image is not None:
        task.image_id = decision.image.id
    return decision


def check_decision(task: Task, desired: Desired, decision: Decision) -> None:
    """Look up what may forbid the decision. Raises Refused or CloudError."""
    going = (*decision.delete, *decision.delete_later)
    if going:
        from ..waiting.deletable import check_deletable

        check_deletable(task, going)
    if not decision.creates:
        return
    from .quota import check_room

    with task.step(
        f"checking whether image '{desired.name}' of {desired.source.origin} can be made"
    ):
        desired.source.check(task, desired.name)
    check_room(task, desired.name, replaces=bool(decision.rename or going))


def _unlisted_image(
    task: Task, desired: Desired, existing: ExistingImages, made: AlreadyMade
) -> Image:
    """Return the image that the source has made already. Lists show new images late, but a backup
    names its image from the beginning. Raises `made` where it is not the wanted image, or the one
    that is older than `max_age`."""
    from ..waiting.poll import poll
    from ..waiting.schedule import IMAGE_OF_BACKUP

    image = None
    if made.image_id not in existing.ids:
        read = partial(read_image_from_glance, task.client, made.image_id)
        with suppress(Forbidden):
            image = poll(task, read, IMAGE_OF_BACKUP, lambda image: image is not None)
    if image is None or image.name != desired.name or image.dead:
        raise made
    return image
