# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module `image_batch`: many images, each described like a task of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..context import Task
from .batch_image import BatchImage
from .batch_result import batch_result
from .make_all import make_all
from .prepare import refuse_if_too_many, share_lists
from .progress import with_few_pauses


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of `image_batch`. Raises BatchIncomplete when something failed or is not
    finished, Refused when the image quota has no room for all."""
    task.show_line = with_few_pauses(task)
    entries = _entries(task, arguments["images"])
    with task.step(f"making {len(entries)} images"):
        doing = task.doing
        refuse_if_too_many(task, entries, share_lists(task, entries))
        trouble = make_all(task, entries, arguments["concurrency"])
        task.doing = doing
        for entry in entries:
            for warning in entry.task.warnings:
                task.warn(warning)
            task.deletions.update(entry.task.deletions)
        return batch_result(task, entries, trouble, arguments["full_result"])


def _entries(task: Task, given: Sequence[Mapping[str, Any]]) -> list[BatchImage]:
    """Return the entries, linked with those that they are created from."""
    entries = [
        BatchImage(one["kind"], one["options"], one["label"], _own_task(task)) for one in given
    ]
    for entry, one in zip(entries, given):
        if one["after"] is not None:
            entry.source = entries[one["after"]]
            entry.source.dependents.append(entry)
    for entry in entries:
        entry.task.wait = task.wait or bool(entry.dependents)
    return entries


def _own_task(task: Task) -> Task:
    """Return a task for one of many images. They share what must not be deleted."""
    return replace(
        task,
        warnings=[],
        renamed=[],
        known_renamed=set(),
        sources={},
        read={},
        deletions={},
        _answers={},
    )
