# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `image_batch` returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..context import Task
from ..failures import Incomplete
from ..result import desired_image, error_details, success
from ..waiting.timeline import Entry
from .batch_image import BatchImage
from .incomplete import FEW, NotDone, incomplete, some_of
from .item import ACTIVE, FAILED, IN_PROGRESS, NOT_STARTED, SKIPPED


class BatchIncomplete(Incomplete):
    """Some images of a batch failed, or are not finished. The text says it all."""

    is_complete = True


def batch_result(
    task: Task, entries: Sequence[BatchImage], trouble: Exception | None, full: bool
) -> dict[str, Any]:
    """Return the result. Raises BatchIncomplete if something failed or is not finished.

    `trouble`: what ended the wait for all, if something did. `full`: a failure says as much of each
    image as a success.
    """
    if trouble is not None or any(entry.error for entry in entries):
        many = {status for status, count in _statuses(entries).items() if count > FEW}
        images = [
            _image(task, entry) if full else _brief(entry, entry.status in many)
            for entry in entries
        ]
        raise _incomplete(entries, trouble, images)
    changed = [entry for entry in entries if entry.changed]
    return success(
        changed=bool(changed),
        actions=[action for one in changed for action in _actions(one)],
        diff=(
            {"images": [_diff(entry, "before") for entry in changed]},
            {"images": [_diff(entry, "after") for entry in changed]},
        ),
        msg=_counted(entries),
        images=[_image(task, entry) for entry in entries],
    )


def _statuses(entries: Sequence[BatchImage]) -> Counter[str]:
    return Counter(entry.status for entry in entries)


def _counted(entries: Sequence[BatchImage]) -> str:
    """Say how many images there are, and what was done, in one sentence."""
    changed = sum(entry.changed for entry in entries)
    parts = [f"{changed} changed"] if changed else []
    parts += [f"{len(entries) - changed} unchanged"] if len(entries) > changed else []
    waiting = sum(entry.status in (IN_PROGRESS, NOT_STARTED) for entry in entries)
    parts += [f"{waiting} not active yet"] if waiting else []
    return f"{_images(len(entries))}: {', '.join(parts)}." if entries else "There are no images."


def _actions(entry: BatchImage) -> list[str]:
    """Return what was done. Those that do not name an image get its name."""
    if entry.outcome is None:
        return []
    named = f"'{entry.name}'"
    return [
        action if named in action else f"{action} of image {named}"
        for action in entry.outcome.decision.actions
    ]


def _diff(entry: BatchImage, side: str) -> dict[str, Any]:
    """Return one side of the diff of an image, with its name; nothing where there is no image."""
    state = dict(getattr(entry.outcome.decision, side)) if entry.outcome else {}
    return {"name": entry.name, **state} if state else {}


def _image(task: Task, entry: BatchImage) -> dict[str, Any]:
    outcome = entry.outcome
    result: dict[str, Any] = {
        "name": entry.name,
        "id": entry.image_id,
        "job_id": entry.task.job_id,
        "status": entry.status,
        "changed": entry.changed,
        "actions": _actions(entry),
        "msg": entry.why or None,
        "error": error_details(entry.error) if entry.error is not None else None,
        "timeline": _timeline(task, entry).to_result(),
    }
    if outcome is not None and outcome.pending is not None:
        result["pending"] = dict(outcome.pending)
    return result


def _timeline(task: Task, entry: BatchImage) -> Entry:
    awaited = entry.awaited if entry.begun is not None else None
    begun = entry.begun
    return Entry(
        name=entry.name,
        source=str(begun.desired.source.origin) if begun else _wanted_source(entry),
        region=task.client.region,
        made=awaited is not None,
        status=entry.status,
        image_id=entry.image_id,
        job_id=entry.task.job_id,
        changed=entry.changed,
        msg=entry.why or None,
        error=error_details(entry.error) if entry.error is not None else None,
        actions=tuple(_actions(entry)),
        **(awaited.times(entry.status in (ACTIVE, FAILED)) if awaited else {}),
    )


def _wanted_source(entry: BatchImage) -> str | None:
    """Return the source as the user named it, of an image that could not be begun."""
    desired = desired_image({**entry.options, "state": "present"}).get("desired", {})
    source: str | None = desired.get("source")
    return source


def _brief(entry: BatchImage, many: bool) -> dict[str, Any]:
    """Return what a failed batch says about an image: little of what succeeded, and of what did not
    all, unless there are many of the same status, as Ansible prints failed results whole."""
    result: dict[str, Any] = {
        "name": entry.name,
        "id": entry.image_id,
        "status": entry.status,
    }
    if entry.status == IN_PROGRESS and not (many and entry.image_id):
        # It is only by its job that an image which has no id yet is not lost.
        result["job_id"] = entry.task.job_id
    if many or not entry.why:
        return result
    result["changed"] = entry.changed
    error = error_details(entry.error) if entry.error is not None else None
    if entry.status == SKIPPED:
        return {**result, "msg": entry.why}
    return {**result, "job_id": entry.task.job_id, "msg": entry.why, "error": error}


def _incomplete(
    entries: Sequence[BatchImage], trouble: Exception | None, images: Sequence[dict[str, Any]]
) -> Incomplete:
    def not_done(*statuses: str) -> list[NotDone]:
        return [
            NotDone(entry.name, entry.name, entry.why, entry.error)
            for entry in entries
            if entry.why and entry.status in statuses
        ]

    skipped: dict[str, list[str]] = {}
    for entry in entries:
        if entry.skipped_for is not None:
            skipped.setdefault(entry.skipped_for.name, []).append(entry.name)
    return incomplete(
        BatchIncomplete,
        _images(len(entries)),
        not_done(FAILED),
        [*not_done(IN_PROGRESS), *not_done(NOT_STARTED)],
        trouble,
        {"changed": any(entry.changed for entry in entries), "images": list(images)},
        [f"Skipped, as {name} failed: {some_of(names)}" for name, names in skipped.items()],
    )


def _images(number: int) -> str:
    return "1 image" if number == 1 else f"{number} images"
