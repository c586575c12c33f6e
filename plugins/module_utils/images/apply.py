# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a plan: sends the create call once, waits, brings the image to the desired state, clears
up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..cloud import ims
from ..cloud.errors import ApiError, CloudError
from .converge import converge, reread, settle, write_mark
from .desired import Desired, drift, untaken
from .find import aside_name, find, named, newcomer
from .model import Image, Job
from .pending import Pending
from .plan import Plan, make_plan
from .remove import remove
from .run import Failed, Refused, Run
from .source import NAME_TAKEN, Started
from .wait import Awaited, wait_for

# How long a lost create call's image may take to show up, and the pause between looks (seconds).
_LOOK_AGAIN = 60.0
_PAUSE = 5.0


@dataclass(frozen=True)
class Outcome:
    """What a task did. image: None when it is not to be seen yet; pending: what is still to be set
    once it is active."""

    plan: Plan
    image: Image | None
    tags: Mapping[str, str] | None = None
    job: Job | None = None
    resumed: bool = False
    pending: Mapping[str, Any] | None = None


def start(run: Run, desired: Desired, plan: Plan) -> bool:
    """Orders the image if one is to be made; its ids stand in run then.

    Whether it was there already (found in flight, or by looking after an unclear answer).
    Raises Failed, Refused or CloudError.
    """
    if plan.image is not None or plan.started is not None:
        started, resumed = plan.started or Started(), not (plan.image and plan.image.ready)
    else:
        with run.step(f"creating image '{desired.name}' of {desired.source.origin}"):
            started, resumed = _create(run, desired, plan)
    run.job_id = started.job_id
    run.image_id = started.image_id or run.image_id
    return resumed


def finish(run: Run, desired: Desired, plan: Plan, resumed: bool) -> Outcome:
    """Waits for the image and brings it to the desired state; then the old ones go.

    Raises Failed, Refused or CloudError; what is known by then stands in run.
    """
    if plan.image is not None and plan.image.ready:
        image, tags = _changed(run, desired, plan, plan.image)
        outcome = Outcome(plan, image, tags=tags)
    elif not run.wait:
        run.in_flight = True
        return postpone(run, desired, plan, resumed)
    else:
        run.in_flight = True
        awaited = _wait(run, desired, plan, fresh=not resumed)
        image, tags = _completed(run, desired, plan, awaited.active_image())
        outcome = Outcome(plan, image, tags=tags, job=awaited.job, resumed=resumed)
    for old in plan.remove:
        remove(run, old, desired.wishes.delete_backup)
    return outcome


def postpone(run: Run, desired: Desired, plan: Plan, resumed: bool) -> Outcome:
    """For tasks that do not wait: what is left to do is handed back."""
    pending = Pending.of(desired, plan, run.renamed).to_result()
    return Outcome(plan, plan.image, tags=plan.tags, resumed=resumed, pending=pending)


def _changed(
    run: Run, desired: Desired, plan: Plan, image: Image
) -> tuple[Image, Mapping[str, str] | None]:
    # Perhaps made by a task that did not come to note the source.
    marked = plan.unmarked and write_mark(run, desired.source.origin, image)
    if not plan.drift and not marked:
        return image, plan.tags
    converge(run, image, plan.drift)
    return settle(run, desired.wanted, reread(run, image), marked)


def _create(run: Run, desired: Desired, plan: Plan) -> tuple[Started, bool]:
    """Sends the create call. A cloud that wants names to be unique gets the old image's name freed
    first, and back if the new one is refused."""
    try:
        return _order(run, desired, plan)
    except ApiError as error:
        waits = any(image.in_flight for image in plan.room) and not run.wait
        if error.code != NAME_TAKEN or not plan.room or waits:
            raise
    _put_aside(run, plan.room)
    try:
        return _order(run, desired, plan)
    except (CloudError, Refused, Failed) as error:
        if not (isinstance(error, Failed) and error.unfinished):
            put_back(run, desired, plan)
        raise


def _order(run: Run, desired: Desired, plan: Plan) -> tuple[Started, bool]:
    """An unclear answer is cleared up by looking, never by sending the call again.

    Only a call that the cloud itself refuses to carry out twice (a backup makes one image) is
    repeated. The flag says whether the image was found rather than answered.
    """
    for last in (False, True) if desired.source.repeatable else (True,):
        if not run.alive():
            raise Refused(
                "The play that this task belongs to is gone (killed?), so nothing was ordered."
            )
        try:
            return desired.source.create(run, desired), False
        except CloudError as error:
            made = isinstance(error, ApiError) and error.code in desired.source.made_codes
            if not (error.ambiguous or made):
                raise
            image = _look_again(run, desired, plan.known, error, made)
            if image is not None:
                run.note(
                    f"The create call was answered with: {error} Its image was found all the same."
                )
                return Started(image_id=image.id), True
            if made and plan.room and not run.renamed:
                raise  # so the name is taken by the old image
            if made:
                # What is in the way is told better by the plan, if it can be seen at all.
                make_plan(run, desired, find(run, desired, everywhere=True))
                raise
            if last:
                raise Failed(
                    f"the outcome is unknown: {error} No such image showed up within "
                    f"{_LOOK_AGAIN:.0f} s, and the order was not sent again",
                    unfinished=True,
                ) from error
    raise AssertionError("unreachable")


def _look_again(
    run: Run, desired: Desired, known: frozenset[str], answer: CloudError, made: bool
) -> Image | None:
    """An image that was not there before the call and does not contradict its source is ours.

    answer: that of the create call, which must not be forgotten over others. made: it says that
    there is an image, so that the first one to be seen ends the search.
    """
    clock = run.client.clock
    answered = clock.monotonic()
    while True:
        begun = clock.monotonic()  # a look may take long itself
        try:
            survey = find(run, desired, everywhere=made)
        except CloudError as error:
            raise Failed(
                f"the outcome is unknown: {answer} Whether the image is there could not be looked "
                f"up either: {error}",
                unfinished=True,
            ) from answer
        image = newcomer(survey, known)
        seen = made and not survey.ids <= known
        if image is not None or seen or begun - answered >= _LOOK_AGAIN:
            return image
        clock.sleep(_PAUSE)


def _put_aside(run: Run, images: Sequence[Image]) -> None:
    """Only active images can be renamed (IMS API reference, "Updating Image Information")."""
    _wait_for_those_in_flight(run, images)
    for image in images:
        name = aside_name(image)
        with run.step(f"renaming image '{image.name}' ({image.id}) to '{name}'"):
            _rename(run, image, name)
            run.renamed.append(image)


def _wait_for_those_in_flight(run: Run, images: Sequence[Image]) -> None:
    awaited = [
        Awaited(image.name, image_id=image.id, image=image) for image in images if image.in_flight
    ]
    with run.step("waiting for the old image to be made, so that it can make room"):
        wait_for(run, awaited)
    for item in awaited:
        item.active_image()


def put_back(run: Run, desired: Desired, plan: Plan) -> None:
    """Gives the newest of the images that made room, now or in an earlier task, its name back; the
    failure stays the news."""
    images = (*run.renamed, *plan.aside)
    if images:
        with suppress(CloudError):
            give_back(run, desired.name, images, named(run, desired))


def give_back(run: Run, name: str, images: Sequence[Image], there: Iterable[Image]) -> None:
    """Gives the first of the images that made room its name back, unless an active one of those
    that are there bears it. Raises CloudError."""
    ids = {image.id for image in images}
    others = (image for image in there if image.id not in ids)
    if not any(image.ready and image.name == name for image in others):
        _rename(run, images[0], name)


def _rename(run: Run, image: Image, name: str) -> None:
    ims.update_image(run.client, image.id, [{"op": "replace", "path": "/name", "value": name}])


def _wait(run: Run, desired: Desired, plan: Plan, fresh: bool) -> Awaited:
    awaited = Awaited(
        desired.name,
        job_id=run.job_id,
        image_id=run.image_id,
        find=lambda: newcomer(find(run, desired), plan.known),
    )
    with run.step(f"waiting for image '{desired.name}' of {desired.source.origin}"):
        try:
            wait_for(run, [awaited], fresh)
        finally:
            run.image_id = awaited.image_id or run.image_id
        awaited.active_image()  # a failure belongs to this step
    run.in_flight = False
    return awaited


def _completed(
    run: Run, desired: Desired, plan: Plan, image: Image
) -> tuple[Image, Mapping[str, str] | None]:
    """The image is active now: what the create call could not take is set, the source noted, the
    state read back."""
    change = untaken(desired, drift(desired.wanted, image, image.tags))
    converge(run, image, change)
    marked = plan.source_verified and write_mark(run, desired.source.origin, image)
    if change or marked:
        image = reread(run, image)
    return settle(run, desired.wanted, image, marked)
