# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one path of every module that makes an image: find, plan, and, outside check mode, apply."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from .apply import Outcome, finish, postpone, put_back, start
from .claim import Claim, Order, claim
from .desired import Desired
from .find import Candidate, Survey, find, without
from .model import Image
from .plan import Plan, make_plan
from .recall import Recalled, recall
from .remove import still_there
from .run import Failed, Run
from .source import Provenance, judge_by_order

DIFFERENT = Provenance.DIFFERENT


def ensure(run: Run, desired: Desired) -> Outcome:
    """Raises Refused before anything is written, Failed or CloudError afterwards."""
    run.subject = desired.name
    with claim(run, desired.name) as turn:
        plan = _plan(run, desired, turn)
        if run.check_mode:
            resumed = plan.started is not None or bool(plan.image and plan.image.in_flight)
            if not run.wait and not (plan.image and plan.image.ready):
                return postpone(run, desired, plan, resumed)
            return Outcome(plan, plan.image, tags=plan.tags, resumed=resumed)
        new = plan.image is None and plan.started is None
        with turn.ordering(desired.source.identity, plan.known) if new else nullcontext():
            resumed = start(run, desired, plan)
    try:
        outcome = finish(run, desired, plan, resumed)
    except Failed as error:
        if not error.unfinished:
            put_back(run, desired, plan)
        raise
    if outcome.pending is None:
        turn.settled()
    return outcome


def _plan(run: Run, desired: Desired, turn: Claim) -> Plan:
    """Raises Refused."""
    started = None
    with run.step(f"looking for image '{desired.name}'"):
        survey = _look(run, desired, turn)
        if turn.order is not None:
            survey, found = _recall(run, desired, survey, turn, turn.order)
            if found is None:
                turn.forget()
            else:
                started = found.started
    return make_plan(run, desired, survey, started)


def _look(run: Run, desired: Desired, turn: Claim) -> Survey:
    """Without what this machine has deleted, though the list goes on to show it."""
    survey = find(run, desired)
    listed = survey.ids & turn.deleting
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
    mine = desired.source.identity.is_met_by(order.identity)

    def look(again: bool) -> list[Image]:
        nonlocal survey
        if again:
            survey = _look(run, desired, turn)
        candidates = survey.candidates
        return [c.image for c in candidates if not mine or c.provenance is not DIFFERENT]

    found = recall(run, order, look, insist=not mine)
    if found is None:
        return survey, None
    if not mine:
        found = replace(found, started=None)
    if found.image is not None:
        verdict = judge_by_order(desired.source, found.image, order.identity, run)
        survey = _with(survey, Candidate(found.image, verdict, ordered=mine))
    return survey, found


def _with(survey: Survey, candidate: Candidate) -> Survey:
    """The survey with this image first, judged anew."""
    others = tuple(item for item in survey.candidates if item.image.id != candidate.image.id)
    return replace(survey, candidates=(candidate, *others))
