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

from ..context import Run
from ..failures import Failed
from ..locking.image_lock import Claim, Order, claim
from ..model.image import Image
from ..model.plan import Plan
from ..model.provenance import Provenance
from ..result import Outcome
from ..sources.protocol import judge_by_order, keep_source
from ..waiting.deletion import still_there
from .decide import make_plan
from .desired import Desired
from .existing import Candidate, Survey, find, glance, without

if TYPE_CHECKING:
    from ..locking.recovery import Recalled

DIFFERENT = Provenance.DIFFERENT


def ensure(run: Run, desired: Desired) -> Outcome:
    """Raises Refused before anything is written, Failed or CloudError afterwards."""
    run.subject = desired.name
    keep_source(run, desired.source)
    enterprise_project = run.client.connection.enterprise_project_id
    if enterprise_project:
        desired = replace(desired, defaults={"enterprise_project_id": enterprise_project})
    with claim(run, desired.name) as turn:
        run.known_renamed |= turn.renamed
        plan = _plan(run, desired, turn)
        if run.check_mode:
            return _predicted(run, desired, plan)
        plan, resumed = _started(run, desired, plan, turn)
    outcome = _finished(run, desired, plan, resumed)
    if outcome.pending is None:
        turn.settled()
    return outcome


def _predicted(run: Run, desired: Desired, plan: Plan) -> Outcome:
    resumed = plan.started is not None or bool(plan.image and plan.image.in_flight)
    if not run.wait and not (plan.image and plan.image.ready):
        from .create import postpone

        return postpone(run, desired, plan, resumed)
    return Outcome(plan, plan.image, tags=plan.tags, resumed=resumed)


def _started(run: Run, desired: Desired, plan: Plan, turn: Claim) -> tuple[Plan, bool]:
    """See apply.start."""
    if plan.nothing_to_do:
        return plan, False
    from .create import start

    new = plan.image is None and plan.started is None
    with turn.ordering(desired.source.identity, plan.known) if new else nullcontext():
        return start(run, desired, plan, turn.renaming)


def _finished(run: Run, desired: Desired, plan: Plan, resumed: bool) -> Outcome:
    """See apply.finish."""
    if plan.nothing_to_do:
        return Outcome(plan, plan.image, tags=plan.tags)
    from .create import finish, put_back

    try:
        return finish(run, desired, plan, resumed)
    except Failed as error:
        if not error.unfinished:
            put_back(run, desired, plan)
        raise


def _plan(run: Run, desired: Desired, turn: Claim) -> Plan:
    """Raises Refused."""
    started = before = None
    with run.step(f"looking for image '{desired.name}'"):
        plan = _unchanged(run, desired, turn)
        if plan is not None:
            return plan
        survey = _look(run, desired, turn)
        if turn.order is not None:
            survey, found = _recall(run, desired, survey, turn, turn.order)
            if found is None:
                turn.forget()
            else:
                started = found.started
                before = turn.order.known if started else None
    return make_plan(run, desired, survey, started, before)


def _unchanged(run: Run, desired: Desired, turn: Claim) -> Plan | None:
    """The plan to do nothing, for what a glance shows to be as it is wanted.

    Everything else, an image that is missing above all, needs a look of this task's own.
    """
    if turn.order is not None or turn.deleting or desired.wishes.puts_aside:
        return None
    survey = glance(run, desired)
    if survey is None or len(survey.candidates) != 1:
        return None
    [found] = survey.candidates
    if not found.image.ready or found.provenance is not Provenance.SAME:
        return None
    plan = make_plan(run, desired, survey)
    return None if plan.changed else plan


def _look(run: Run, desired: Desired, turn: Claim) -> Survey:
    """Without what this machine has deleted, though the list goes on to show it. Where the create
    record cannot be read, that may be anything."""
    survey = find(run, desired)
    unclear = turn.order is not None and turn.order.unreadable
    suspected = {item.image.id for item in survey.candidates} if unclear else turn.deleting
    listed = survey.ids & suspected
    if not listed:
        if turn.deleting:
            turn.doom(())
        return survey
    suspects = [item.image for item in survey.candidates if item.image.id in listed]
    there = {image.id for image in still_there(run, suspects)}
    return without(survey, listed - there)


def _recall(
    run: Run, desired: Desired, survey: Survey, turn: Claim, order: Order
) -> tuple[Survey, Recalled | None]:
    """What became of an earlier order: the survey with its image, judged by what was ordered. One
    of another source has to be seen before this task can be decided upon."""
    from ..locking.recovery import recall

    mine = desired.source.identity.is_met_by(order.identity)

    def look(again: bool) -> list[Image]:
        nonlocal survey
        if again:
            survey = _look(run, desired, turn)
        candidates = survey.candidates
        return [c.image for c in candidates if not mine or c.provenance is not DIFFERENT]

    found = recall(run, order, desired.name, look, insist=not mine)
    if found is None:
        return survey, None
    if not mine:
        found = replace(found, started=None)
    if found.image is not None:
        verdict = judge_by_order(desired.source, found.image, order.identity, run)
        unmarked = mine and not order.done
        survey = _with(survey, Candidate(found.image, verdict, unmarked))
    return survey, found


def _with(survey: Survey, candidate: Candidate) -> Survey:
    """The survey with this image judged anew, first if the cloud does not list it yet."""
    listed = [item.image.id for item in survey.candidates]
    if candidate.image.id not in listed:
        return replace(survey, candidates=(candidate, *survey.candidates))
    candidates = list(survey.candidates)
    candidates[listed.index(candidate.image.id)] = candidate
    return replace(survey, candidates=tuple(candidates))
