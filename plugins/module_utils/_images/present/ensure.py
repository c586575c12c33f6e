# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one path of every module that makes an image: find, plan, and, outside check mode, apply.

Most tasks find everything as it should be, and Ansible compiles the code of a collection anew in
each run: what only the others need is imported when they need it.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from ..context import Task
from ..failures import Failed
from ..locking.image_lock import CreateRecord, ImageLock, lock_image
from ..model.image import Image
from ..model.plan import Plan
from ..model.provenance import Provenance
from ..sources.protocol import protect_source, provenance_by_create_record
from ..waiting.deletion import still_existing
from .decide import make_plan
from .desired import Desired
from .existing import ExistingImage, ExistingImages, find, find_in_shared_list, without
from .outcome import Outcome

if TYPE_CHECKING:
    from ..locking.recovery import Recovered

DIFFERENT = Provenance.DIFFERENT


def ensure(task: Task, desired: Desired) -> Outcome:
    """Raises Refused before anything is written, Failed or CloudError afterwards."""
    task.subject = desired.name
    protect_source(task, desired.source)
    enterprise_project = task.client.connection.enterprise_project_id
    if enterprise_project:
        desired = replace(desired, defaults={"enterprise_project_id": enterprise_project})
    with lock_image(task, desired.name) as lock:
        task.known_renamed |= lock.renamed
        plan = _plan(task, desired, lock)
        if task.check_mode:
            return _predicted(task, desired, plan)
        plan, resumed = _started(task, desired, plan, lock)
    outcome = _finished(task, desired, plan, resumed)
    if outcome.pending is None:
        lock.settled()
    return outcome


def _predicted(task: Task, desired: Desired, plan: Plan) -> Outcome:
    resumed = plan.started is not None or bool(plan.image and plan.image.in_flight)
    if not task.wait and not (plan.image and plan.image.ready):
        from .create import postpone

        return postpone(task, desired, plan, resumed)
    return Outcome(plan, plan.image, tags=plan.tags, resumed=resumed)


def _started(task: Task, desired: Desired, plan: Plan, lock: ImageLock) -> tuple[Plan, bool]:
    """See apply.start."""
    if plan.nothing_to_do:
        return plan, False
    from .create import start

    new = plan.image is None and plan.started is None
    with lock.recording(desired.source.identity, plan.known) if new else nullcontext():
        return start(task, desired, plan, lock.renaming)


def _finished(task: Task, desired: Desired, plan: Plan, resumed: bool) -> Outcome:
    """See apply.finish."""
    if plan.nothing_to_do:
        return Outcome(plan, plan.image, tags=plan.tags)
    from .create import finish, restore_name

    try:
        return finish(task, desired, plan, resumed)
    except Failed as error:
        if not error.unfinished:
            restore_name(task, desired, plan)
        raise


def _plan(task: Task, desired: Desired, lock: ImageLock) -> Plan:
    """Raises Refused."""
    started = before = None
    with task.step(f"looking for image '{desired.name}'"):
        plan = _unchanged(task, desired, lock)
        if plan is not None:
            return plan
        existing = _look(task, desired, lock)
        if lock.record is not None:
            existing, found = _recover(task, desired, existing, lock, lock.record)
            if found is None:
                lock.forget_record()
            else:
                started = found.started
                before = lock.record.known if started else None
    return make_plan(task, desired, existing, started, before)


def _unchanged(task: Task, desired: Desired, lock: ImageLock) -> Plan | None:
    """The plan to do nothing, for what a glance shows to be as it is wanted.

    Everything else, an image that is missing above all, needs a look of this task's own.
    """
    if lock.record is not None or lock.deleting or desired.policy.may_rename_existing:
        return None
    existing = find_in_shared_list(task, desired)
    if existing is None or len(existing.candidates) != 1:
        return None
    [found] = existing.candidates
    if not found.image.ready or found.provenance is not Provenance.SAME:
        return None
    plan = make_plan(task, desired, existing)
    return None if plan.changed else plan


def _look(task: Task, desired: Desired, lock: ImageLock) -> ExistingImages:
    """Without what this machine has deleted, though the list goes on to show it. Where the create
    record cannot be read, that may be anything."""
    existing = find(task, desired)
    unclear = lock.record is not None and lock.record.unreadable
    suspected = {item.image.id for item in existing.candidates} if unclear else lock.deleting
    listed = existing.ids & suspected
    if not listed:
        if lock.deleting:
            lock.record_deletions(())
        return existing
    suspects = [item.image for item in existing.candidates if item.image.id in listed]
    there = {image.id for image in still_existing(task, suspects)}
    return without(existing, listed - there)


def _recover(
    task: Task, desired: Desired, existing: ExistingImages, lock: ImageLock, record: CreateRecord
) -> tuple[ExistingImages, Recovered | None]:
    """What became of an earlier order: the survey with its image, judged by what was ordered. One
    of another source has to be seen before this task can be decided upon."""
    from ..locking.recovery import recover

    mine = desired.source.identity.is_met_by(record.identity)

    def look(again: bool) -> list[Image]:
        nonlocal existing
        if again:
            existing = _look(task, desired, lock)
        candidates = existing.candidates
        return [c.image for c in candidates if not mine or c.provenance is not DIFFERENT]

    found = recover(task, record, desired.name, look, insist=not mine)
    if found is None:
        return existing, None
    if not mine:
        found = replace(found, started=None)
    if found.image is not None:
        finding = provenance_by_create_record(desired.source, found.image, record.identity, task)
        untagged = mine and not record.done
        existing = _with(existing, ExistingImage(found.image, finding, untagged))
    return existing, found


def _with(existing: ExistingImages, candidate: ExistingImage) -> ExistingImages:
    """The survey with this image judged anew, first if the cloud does not list it yet."""
    listed = [item.image.id for item in existing.candidates]
    if candidate.image.id not in listed:
        return replace(existing, candidates=(candidate, *existing.candidates))
    candidates = list(existing.candidates)
    candidates[listed.index(candidate.image.id)] = candidate
    return replace(existing, candidates=tuple(candidates))
