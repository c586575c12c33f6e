# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `image_wait` returns: its result, its failure, its timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..context import Task
from ..failures import Incomplete
from ..result import error_details
from ..waiting.timeline import INTERRUPTED, Entry
from .incomplete import FEW, NotDone, incomplete
from .item import ACTIVE, FAILED, IN_PROGRESS, NOT_STARTED, SKIPPED, Item

# A failure about more images says little of those that did not fail.
_MANY = 20


def fail_if_incomplete(task: Task, items: Sequence[Item], trouble: Exception | None) -> None:
    """Raise Incomplete if something failed or is not finished.

    `trouble`: what ended the wait for all, if something did.
    """
    failed = [item for item in items if item.status == FAILED]
    late = [item for item in items if item.status == IN_PROGRESS]
    if task.check_mode:  # which waits for nothing
        late = [item for item in late if item.failure is not None]
    if not failed and trouble is None and not late:
        return
    result = {"changed": any(_is_changed(task, item) for item in items), **members(task, items)}
    if is_long(items):
        statuses = Counter(item.status for item in items)
        result["images"] = [_brief(one, statuses[one["status"]] > FEW) for one in result["images"]]
    if len(failed) == 1 and failed[0].thing["error"]:
        result["error"] = failed[0].thing["error"]
    total = sum(item.status not in ("skipped", "absent") for item in items)
    raise incomplete(Incomplete, str(total), _not_done(failed), _not_done(late), trouble, result)


def _not_done(items: Sequence[Item]) -> list[NotDone]:
    return [NotDone(item.label, _named(item), item.why, item.failure) for item in items]


def is_long(items: Sequence[Item]) -> bool:
    """Whether a failure leaves out what can be left out, as Ansible prints all of it."""
    return len(items) > _MANY


def _brief(result: dict[str, Any], many: bool) -> dict[str, Any]:
    """Return what a long failure says of an image: nothing of how it looks, and little else where
    it did not fail, or many others did not as well."""
    names: tuple[str, ...] = ("name", "image_id", "status")
    if result["status"] == IN_PROGRESS and not result["image_id"]:
        names += ("job_id",)
    if result["msg"] and not many:
        names += ("job_id", "changed", "msg", "error")
    return {name: result[name] for name in names}


def _named(item: Item) -> str:
    """Return its label with its ids, which are needed to go on."""
    ids = [
        f"{what} {value}"
        for what, value in (("image", item.image_id), ("job", item.thing["job_id"]))
        if value and value not in item.label
    ]
    return f"{item.label} ({', '.join(ids)})" if ids else item.label


def members(task: Task, items: Sequence[Item]) -> dict[str, Any]:
    """Return the members that a success and a failure have in common."""
    [only] = items if len(items) == 1 else [None]
    return {
        "image_id": only.image_id if only else None,
        "job_id": only.thing["job_id"] if only else None,
        "images": [_one(task, item) for item in items],
    }


def _is_changed(task: Task, item: Item) -> bool:
    return bool(item.actions) if task.check_mode else item.changed


def _one(task: Task, item: Item) -> dict[str, Any]:
    awaited, status, image = item.awaited, item.status, item.image
    job = awaited.job if awaited else None
    late = status == IN_PROGRESS and item.failure is not None
    failed = status == FAILED or late
    failure = item.failure
    return {
        "name": item.thing["name"] or item.thing["image"] or (image.name if image else None),
        "image_id": item.image_id,
        "job_id": item.thing["job_id"],
        "status": status,
        "changed": _is_changed(task, item),
        "image": image.to_result(item.tags) if image else None,
        "job": job.to_result() if job else None,
        "msg": item.why if failed else None,
        "error": item.thing["error"] or (error_details(failure) if failure else None),
    }


# --- the timeline


def timeline(task: Task, items: Sequence[Item], interruption: str = "") -> list[dict[str, Any]]:
    """Return the entry of each item; of a failure about many, of those that are not active.

    `interruption`: what ended the wait for all, in words; it gets an entry of its own.
    """
    failed = not task.check_mode and any(item.status in (FAILED, IN_PROGRESS) for item in items)
    left_out = (ACTIVE, NOT_STARTED, SKIPPED) if failed and is_long(items) else ()
    entries = [_entry(task, item) for item in items if item.status not in left_out]
    if interruption:
        entries.append(Entry("", INTERRUPTED, msg=interruption))
    return [entry.to_result() for entry in entries]


def _entry(task: Task, item: Item) -> Entry:
    result = _one(task, item)
    pending, image = item.pending, item.image
    awaited = item.awaited
    source = (pending.origin if pending else None) or (image.source if image else None)
    over = item.status in (ACTIVE, FAILED)
    title = item.thing["title"] if item.label == item.thing["place"] else None
    wanted = item.thing["source"] if item.status == FAILED else None
    when = awaited.times(over) if awaited else {}
    return Entry(
        name=title or item.label,
        source=str(source) if source else wanted,
        region=task.client.region,
        made=item.thing["started"] or not item.ready,
        status=item.status,
        image_id=result["image_id"],
        job_id=result["job_id"],
        changed=result["changed"],
        msg=result["msg"],
        error=result["error"],
        actions=item.done,
        **when,
    )
