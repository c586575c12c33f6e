# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes old images of families: looks up, decides, deletes, and returns what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...context import Task
from ...failures import Incomplete
from ...result import success
from ...waiting.deletable import warn_of_missing_owner
from .decision import ImageFamily, Inventory, RetentionDecision, decide_retention
from .delete import RetentionOutcome, delete_images
from .look_up import confirm_newest, look_up_oldest, read_families, read_server_use


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task's result. Raises Incomplete if an image that should go was not deleted."""
    families = [ImageFamily(**family) for family in arguments["families"]]
    if not task.check_mode:  # what was created meanwhile is there
        families = [replace(family, predicted=0) for family in families]
    delete_backup = arguments["delete_backup"]
    with task.step("looking for the images of the families"):
        keep, project = frozenset(arguments["keep"]), arguments["enterprise_project_id"]
        known = read_families(task, families, keep, project)
        known, decisions = _decide(task, known)
    if task.check_mode:
        outcomes = [RetentionOutcome(decision) for decision in decisions]
    else:
        outcomes = delete_images(task, known, decisions, delete_backup)
    result = _result(outcomes, delete_backup)
    with task.step("deleting images that are no longer kept"):
        _fail_if_incomplete(outcomes, result)
    return result


def _decide(task: Task, known: Inventory) -> tuple[Inventory, list[RetentionDecision]]:
    """Decide, and read more as long as a deletion depends on it. Raises Refused if ages that a
    deletion rests on cannot be relied on."""
    for read_more in (confirm_newest, read_server_use, look_up_oldest):
        known = read_more(task, known)
    decisions = decide_retention(known)
    going = [decision for decision in decisions if decision.delete]
    if any(decision.by_age for decision in going):
        known.clocks.check()
    for decision in going:
        warn_of_missing_owner(task, decision.image)
    return known, decisions


def _result(outcomes: Sequence[RetentionOutcome], delete_backup: bool) -> dict[str, Any]:
    gone = [outcome for outcome in outcomes if outcome.deleted]
    actions = []
    for outcome in gone:
        actions.append(f"delete image {outcome.image}: {outcome.decision.reason}")
        backup = outcome.image.text("__backup_id")
        if backup and delete_backup:
            actions.append(f"delete backup {backup}")
    going = [outcome for outcome in outcomes if outcome.decision.delete]
    return success(
        changed=bool(gone),
        actions=actions,
        diff=(
            {"images": [_label(outcome) for outcome in outcomes]},
            {"images": [_label(outcome) for outcome in outcomes if not outcome.deleted]},
        ),
        images=[_image(outcome) for outcome in outcomes],
        deleted=[outcome.image.id for outcome in gone],
        kept=[outcome.image.id for outcome in outcomes if not outcome.decision.delete],
        failed_images=[outcome.image.id for outcome in going if not outcome.deleted],
        report=[_line(outcome) for outcome in outcomes],
    )


def _fail_if_incomplete(outcomes: Sequence[RetentionOutcome], result: Mapping[str, Any]) -> None:
    going = [outcome for outcome in outcomes if outcome.decision.delete]
    failed = [outcome.error for outcome in going if outcome.error and not outcome.accepted]
    unfinished = [outcome.error for outcome in going if outcome.error and outcome.accepted]
    parts = []
    if failed:
        parts.append(f"{len(failed)} of {len(going)} images could not be deleted.")
    if unfinished:
        text = f"{len(unfinished)} of {len(going)} deletions were accepted but not finished."
        parts.append(text)
    if parts:
        raise Incomplete(" ".join(dict.fromkeys([*parts, *failed, *unfinished])), result)


def _image(outcome: RetentionOutcome) -> dict[str, Any]:
    image = outcome.image
    return {
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "created_at": image.text("created_at") or None,
        "whole_image": image.whole,
        "backup_id": image.text("__backup_id") or None,
        "decision": "delete" if outcome.decision.delete else "keep",
        "reason": outcome.decision.reason,
        "error": outcome.failure,
    }


def _line(outcome: RetentionOutcome) -> str:
    if outcome.failure:
        return f"{_label(outcome)}: could not be deleted, {outcome.failure}"
    more = f"; {outcome.error}" if outcome.error else ""
    decision = "delete" if outcome.decision.delete else "keep"
    return f"{_label(outcome)}: {decision}, {outcome.decision.reason}{more}"


def _label(outcome: RetentionOutcome) -> str:
    return f"{outcome.image.name} ({outcome.image.id})"
