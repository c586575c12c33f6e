# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for all images that other tasks have started at once, and does their pending work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._cloud import ims
from ..._cloud.errors import ImsError
from ..context import Task
from ..failures import Incomplete, Refused
from ..model.image import Image
from ..present.duplicates import look_up_with_duplicates, warn_of_duplicates
from ..present.pending import Pending
from ..result import success
from ..waiting.awaited import Awaited
from ..waiting.awaiting import Wait
from ..waiting.poll import poll
from ..waiting.schedule import every
from .finish import do_pending_work, finish_all, mark_unfinished
from .item import Item
from .plan import plan_all
from .summary import fail_if_incomplete, members, timeline

# Seconds between the tries of the first poll.
_PAUSE = 4.0


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of `image_wait`. Raises Refused before anything is waited for, Incomplete
    when something failed or is not finished."""
    items = [Item(thing) for thing in arguments["things"]]
    try:
        result = _wait_for_all(task, items)
    except Incomplete as error:
        error.members = {**error.members, "timeline": timeline(task, items, error.interruption)}
        raise
    return {**result, "timeline": timeline(task, items)}


def _wait_for_all(task: Task, items: Sequence[Item]) -> dict[str, Any]:
    _refuse_null_ids(task, items)
    _find_named(task, items)
    for item in items:
        _prepare(task, item)
    waited = [item for item in items if item.awaited]
    trouble: Exception | None = None
    with task.step(f"waiting for {_count(len(items), 'image')}"):
        doing = task.doing
        try:
            _poll_and_wait(task, items, waited)
        except ImsError as error:
            trouble = error
        if not task.check_mode:
            mark_unfinished(waited)
            finish_all(task, waited)
        task.doing = doing
        fail_if_incomplete(task, items, trouble)
    changed = [item for item in items if item.actions]
    return success(
        changed=bool(changed),
        actions=[action for item in changed for action in item.actions],
        diff=(
            {"images": [dict(item.before) for item in changed]},
            {"images": [dict(item.after) for item in changed]},
        ),
        **members(task, items),
    )


def _refuse_null_ids(task: Task, items: Sequence[Item]) -> None:
    """Refuse ids that are null, except in check mode, where earlier tasks have started nothing."""
    for item in items:
        thing = item.thing
        known = any(thing[key] for key in ("job_id", "image_id", "image", "outcome"))
        if known or task.check_mode:
            continue
        if thing["name"] is None:
            raise Refused(
                f"{thing['place']} is null, so nothing was started there. Give the registered "
                "results, which also hold what was skipped or failed."
            )
        task.warn(
            f"{thing['place']}: image '{thing['name']}' was only predicted (check mode); there is "
            "nothing to wait for."
        )


def _find_named(task: Task, items: Sequence[Item]) -> None:
    """Fill in the ids of images that are given by name. Raises Refused."""
    named = [item for item in items if item.thing["image"]]
    if not named:
        return
    with task.step("looking for images by their names"):
        listed = [
            image
            for image in map(
                Image.from_wire, ims.list_images(task.client, owner=task.client.project_id)
            )
            if not image.dead
        ]
    for item in named:
        name = item.thing["image"]
        ids = sorted(image.id for image in listed if image.name == name)
        if len(ids) > 1:
            raise Refused(
                f"{len(ids)} images are named '{name}': {', '.join(ids)}. Give the id of the one "
                "to wait for."
            )
        if not ids:
            raise Refused(
                f"There is no image named '{name}' in project {task.client.project_id}. Check the "
                "name, the region and the project."
            )
        item.thing = {**item.thing, "name": name, "image_id": ids[0]}


def _prepare(task: Task, item: Item) -> None:
    thing = item.thing
    if thing["pending"]:
        item.pending = Pending.from_result(thing["pending"])
    if thing["outcome"]:
        return
    if not (thing["job_id"] or thing["image_id"]):
        return
    item.awaited = _awaited(task, item)


def _awaited(task: Task, item: Item) -> Awaited:
    thing = item.thing
    known = item.pending.other_ids if item.pending else frozenset[str]()
    name = item.pending.name if item.pending else None
    awaited = Awaited(
        item.label,
        job_id=thing["job_id"],
        image_id=thing["image_id"],
        find_image=lambda: _newest(task, name, known),
        look_up=look_up_with_duplicates(task, name, known) if name else None,
        name=name,
        other_ids=known,
    )
    if awaited.image_id in known:
        awaited.reject(str(awaited.image_id), "existed before")
        item.thing = {**thing, "image_id": None}
    return awaited


def _newest(task: Task, name: str | None, known: frozenset[str]) -> Image | None:
    """Return the newest usable image of the name, for a job that ends without naming its image."""
    if name is None:
        return None
    for wire in ims.list_images(task.client, name=name, owner=task.client.project_id):
        image = Image.from_wire(wire)
        if image.name == name and image.id not in known and not image.dead:
            return image
    return None


def _poll_first(task: Task, wait: Wait) -> None:
    """Poll once. In check mode, which does not wait, useless answers are not tolerated."""
    if task.check_mode:
        wait.poll_once()
    else:
        poll(task, wait.poll_once, every(_PAUSE))


def _poll_and_wait(task: Task, items: Sequence[Item], waited: Sequence[Item]) -> None:
    """Poll everything, plan what is to be done, and wait.

    Raises CloudError, and Failed when the deadline passes first.
    """
    item_of = {id(item.awaited): item for item in waited}

    def ready(awaited: Awaited) -> None:
        do_pending_work(task, item_of[id(awaited)])

    wait = Wait(task, [item.awaited for item in waited if item.awaited], ready)
    _poll_first(task, wait)
    plan_all(task, items)
    if task.check_mode:
        return
    try:
        wait.wait()
    finally:
        for item in waited:
            _warn_of_duplicates(task, item, wait)


def _warn_of_duplicates(task: Task, item: Item, wait: Wait) -> None:
    """Warn if another machine has created the same image at the same time. Where a single image is
    awaited, its look-up by name warns."""
    pending, image = item.pending, item.image
    if pending is None or image is None or not item.actions:
        return
    warn_of_duplicates(task, pending.name, image.id, wait.listed.values(), pending.other_ids)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
