# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one path of every module that makes an image: read, decide and, outside check mode, act.

Most tasks find everything as it should be, and Ansible compiles the code of a collection in each
run: what only the others need is imported when they need it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..age import Clocks
from ..context import Task
from ..failures import Failed
from ..locking.image_lock import ImageLock, lock_image
from ..model.decision import Decision
from ..model.provenance import Provenance
from ..sources.protocol import protect_source
from .decide import decide
from .desired import Desired
from .existing import ExistingImages
from .outcome import Outcome
from .preflight import announce, decide_and_check
from .read import complete, find_in_shared_list, read_existing

if TYPE_CHECKING:
    from ..waiting.awaited import Awaited


@dataclass(frozen=True)
class Begun:
    """A task that has decided and, if need be, sent its create request."""

    task: Task
    desired: Desired
    decision: Decision
    # Released by now.
    lock: ImageLock
    # The image was adopted.
    resumed: bool = False
    # What has to become active before the rest can be done.
    awaited: Awaited | None = None


def ensure(task: Task, desired: Desired) -> Outcome:
    """Make sure that the image exists as it is wanted.

    Raises Refused before anything is written, Failed or CloudError afterwards.
    """
    begun = begin(task, desired)
    if begun.awaited is not None:
        from .create import wait_for_image

        wait_for_image(begun.task, begun.desired, begun.awaited, fresh=not begun.resumed)
    return conclude(begun)


def begin(task: Task, desired: Desired) -> Begun:
    """Look up, decide and, outside check mode, send the create request. Waits for no new image."""
    task.subject = desired.name
    protect_source(task, desired.source)
    enterprise_project = task.client.connection.enterprise_project_id
    if enterprise_project:
        desired = replace(desired, defaults={"enterprise_project_id": enterprise_project})
    with lock_image(task, desired.name) as lock:
        task.known_renamed |= lock.renamed
        decision = _decide(task, desired, lock)
        if task.check_mode:
            return Begun(task, desired, decision, lock)
        decision, resumed = _start(task, desired, decision, lock)
    awaited = _to_await(task, desired, decision)
    return Begun(task, desired, decision, lock, resumed, awaited)


def conclude(begun: Begun) -> Outcome:
    """Do the rest, once what was to be awaited is over: converge, delete replaced images."""
    if begun.task.check_mode:
        return _predict(begun.task, begun.desired, begun.decision)
    outcome = _finish(begun)
    if outcome.pending is None:
        begun.lock.close_record()
    return outcome


def _decide(task: Task, desired: Desired, lock: ImageLock) -> Decision:
    """Decide on a list that many share, if it suffices, else on a look-up of this task's own.
    Raises Refused or CloudError.

    Where this machine has no create record, it has created no image within the last minute. So the
    list of a batch, although it may be some seconds older than the lock, shows all that it has
    created; for what other machines create meanwhile no list suffices.
    """
    with task.step(f"looking for image '{desired.name}'"):
        existing = None
        if lock.record is None and not lock.deleting:
            existing = find_in_shared_list(task, desired)
        decision = _unchanged(task, desired, existing)
        if decision is not None:
            return announce(task, decision)
        if existing is None or task.listed is None or not existing.is_empty:
            existing = read_existing(task, desired, lock)
    return decide_and_check(task, desired, existing)


def _unchanged(task: Task, desired: Desired, existing: ExistingImages | None) -> Decision | None:
    """Return the decision to do nothing, if a list that many share shows the image as it is wanted.

    Everything else needs a look-up of this task's own, except that a batch has no such image.
    """
    if existing is None or len(existing.candidates) != 1:
        return None
    [found] = existing.candidates
    if not found.image.ready or found.provenance is not Provenance.SAME:
        return None
    now = Clocks.of(task.client)
    existing = complete(task, desired, existing, now)
    decision = decide(desired, existing, now, wait=task.wait)
    return None if decision.changed else decision


def _predict(task: Task, desired: Desired, decision: Decision) -> Outcome:
    image = decision.image
    resumed = decision.adopted is not None or bool(image and image.in_flight)
    if not task.wait and not (image and image.ready):
        from .create import postpone

        return postpone(task, desired, decision, resumed)
    return Outcome(decision, image, tags=decision.tags, resumed=resumed)


def _start(
    task: Task, desired: Desired, decision: Decision, lock: ImageLock
) -> tuple[Decision, bool]:
    """See `create.start`."""
    if decision.nothing_to_do:
        return decision, False
    from .create import adopt, start

    if not decision.creates:
        return decision, adopt(task, decision)
    with lock.recording(desired.source.identity, decision.other_ids) as record:
        return start(task, desired, decision, lock.record_rename, record)


def _to_await(task: Task, desired: Desired, decision: Decision) -> Awaited | None:
    if decision.image is not None and decision.image.ready:
        return None
    task.in_flight = True
    if not task.wait:
        return None
    from .create import to_await

    return to_await(task, desired, decision)


def _finish(begun: Begun) -> Outcome:
    """See `create.finish`."""
    task, desired, decision = begun.task, begun.desired, begun.decision
    if decision.nothing_to_do:
        return Outcome(decision, decision.image, tags=decision.tags)
    from .create import finish
    from .renames import restore_name

    try:
        return finish(task, desired, decision, begun.resumed, begun.awaited)
    except Failed as error:
        if not error.unfinished:
            restore_name(task, desired, decision)
        raise
