# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `image_wait` tells of all that it has waited for: its result, its failure, its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..._cloud.errors import CloudError, TimeBudgetExceeded
from ..context import Task
from ..failures import Incomplete
from ..report.report_file import write
from ..result import error_details
from ..waiting.timeline import INTERRUPTED, Entry, times
from .item import ACTIVE, FAILED, IN_PROGRESS, Item

if TYPE_CHECKING:
    from ..report.pruned import Pruned


def fail_if_incomplete(task: Task, items: Sequence[Item], trouble: Exception | None) -> None:
    """Raises Incomplete. trouble: what ended the wait for all, if something did."""
    failed = [item for item in items if item.status == FAILED]
    late = [item for item in items if item.status == IN_PROGRESS]
    if task.check_mode:  # which waits for nothing
        late = [item for item in late if item.failure is not None]
    if not failed and trouble is None and not late:
        return
    total = sum(item.status not in ("skipped", "absent") for item in items)
    parts = []
    if failed:
        whys = "; ".join(f"{_named(item)}: {item.why}" for item in failed)
        parts.append(f"{len(failed)} of {total} failed: {whys}")
    if late:
        states = "; ".join(f"{_named(item)}: {item.why}" for item in late)
        parts.append(f"{len(late)} of {total} not finished{_when(trouble)}: {states}")
    interruption = str(trouble) if trouble is not None and not (_when(trouble) and late) else ""
    remarks = [interruption] if interruption else []
    if late or trouble is not None:
        remarks.append("Run the task again to keep waiting")
    text = ". ".join(part.rstrip(".") for part in (*parts, *remarks))
    first = trouble or next((item.failure for item in failed if item.failure is not None), None)
    cause = first if isinstance(first, CloudError) else getattr(first, "__cause__", None)
    told = {"changed": any(_is_changed(task, item) for item in items), **members(task, items)}
    if len(failed) == 1 and failed[0].thing["error"]:
        told["error"] = failed[0].thing["error"]
    raise Incomplete(
        text,
        told,
        code=getattr(first, "code", ""),
        reason=getattr(first, "reason", ""),
        unfinished=not failed,
        interruption=interruption,
    ) from cause


def _when(trouble: Exception | None) -> str:
    over = trouble is None or isinstance(trouble, TimeBudgetExceeded)
    return " in time" if over or getattr(trouble, "unfinished", False) else ""


def _named(item: Item) -> str:
    """With the ids, which are what is needed to go on."""
    ids = [
        f"{what} {value}"
        for what, value in (("image", item.image_id), ("job", item.thing["job_id"]))
        if value and value not in item.label
    ]
    return f"{item.label} ({', '.join(ids)})" if ids else item.label


def members(task: Task, items: Sequence[Item]) -> dict[str, Any]:
    """What success and failure hand back alike."""
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


# --- the timeline and the report


def publish(
    task: Task, arguments: Mapping[str, Any], items: Sequence[Item], interruption: str = ""
) -> dict[str, Any]:
    """The members of the result about it. interruption: what has ended the wait for all, in words.

    A report that cannot be written takes nothing away from the result.
    """
    entries = [*arguments["timeline"], *(_entry(task, item) for item in items)]
    if interruption:
        entries.append(Entry("", INTERRUPTED, msg=interruption))
    told: dict[str, Any] = {"timeline": [entry.to_result() for entry in entries]}
    path = arguments.get("report")
    if path is None:
        return told
    told["report"] = {"path": path, "written": False}
    if task.check_mode:
        task.note(f"check mode: the report {path} is not written")
        return told
    try:
        write(path, _page(task, told["timeline"], arguments["retention"]))
    except Exception as error:  # whatever it is, a mistake of ours included
        why = error if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        task.warn(f"The report was not written to {path}: {why}. Nothing else is affected.")
    else:
        told["report"]["written"] = True
    return told


def _page(task: Task, timeline: Sequence[Mapping[str, Any]], retention: Sequence[Pruned]) -> str:
    from ..report.html_report import Report, render  # most tasks write none
    from ..report.pruned import Pruned

    entries = [Entry.from_result(told) for told in task.censor(timeline)]
    told = task.censor([one.to_result() for one in retention])
    pruned = [Pruned.from_result(one) for one in told]
    client = task.client
    return render(Report(entries, client.cloud_time(), client.region, pruned))


def _entry(task: Task, item: Item) -> Entry:
    told = _one(task, item)
    pending, image = item.pending, item.image
    awaited = None if item.order else item.awaited  # until then it is the source
    source = (pending.origin if pending else None) or (image.source if image else None)
    over = item.status in (ACTIVE, FAILED)
    title = item.thing["title"] if item.label == item.thing["place"] else None
    when = times(awaited.track, awaited.job, image, over) if awaited else {}
    return Entry(
        name=title or item.label,
        source=str(source) if source else None,
        made=item.thing["started"] or not item.ready,
        status=item.status,
        image_id=told["image_id"],
        job_id=told["job_id"],
        changed=told["changed"],
        msg=told["msg"],
        error=told["error"],
        actions=item.done,
        **when,
    )
