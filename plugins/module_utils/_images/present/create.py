# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a plan: sends the create call once, waits, brings the image to the desired state, clears
up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from ..._cloud import ims
from ..._cloud.errors import ApiError, CloudError, GarbledAnswer
from ..context import Task
from ..failures import Failed, Refused
from ..lookups import refuse_unidentified, shown
from ..model.image import Image
from ..model.managed import drift
from ..model.plan import Plan
from ..model.provenance import CreateIds, Provenance
from ..sources.protocol import NAME_TAKEN
from ..waiting.awaited import Awaited
from ..waiting.awaiting import wait_for
from ..waiting.deletion import delete_replaced, wait_until_gone
from ..waiting.patience import Patience
from .converge import converge, reread, settle, write_source_tag
from .decide import DELETE_BY_ID, accept_unknown_source, make_plan
from .desired import Desired, drift_after_create
from .existing import ExistingImages, find, named, new_image, new_images
from .outcome import Outcome
from .pending import Pending
from .renames import give_name_back, make_room

# How long a lost create call's image may take to show up, and the pause between looks (seconds).
_SHOWN_WITHIN = 60.0
_PAUSE = 5.0


@dataclass(frozen=True)
class _Ordered:
    """found: the image was there already, or came up after an unclear answer. doubtful: somebody
    else has ordered it, of what could not be proved."""

    started: CreateIds
    found: bool = False
    doubtful: bool = False


class _AppearedMeanwhile(Exception):
    """While an order waited for its turn, the image came up: another machine has ordered it."""

    def __init__(self, existing: ExistingImages) -> None:
        super().__init__()
        self.survey = existing


def start(
    task: Task, desired: Desired, plan: Plan, renaming: Callable[[str], None]
) -> tuple[Plan, bool]:
    """Orders the image if one is to be made; its ids stand in run then. renaming: is called with
    the id of each image that is about to give its name away.

    The plan, with what was found out about the source, and whether the image was there already
    (found in flight, or by looking after an unclear answer). Raises Failed, Refused or CloudError.
    """
    if plan.image is not None or plan.started is not None:
        resumed = not (plan.image and plan.image.ready)
        order = _Ordered(plan.started or CreateIds(), resumed)
    else:
        with task.step(f"creating image '{desired.name}' of {desired.source.origin}"):
            order = _create(task, desired, plan, renaming)
    task.job_id = order.started.job_id
    task.image_id = order.started.image_id or task.image_id
    if order.doubtful:
        plan = replace(plan, source_verified=False)
    return plan, order.found


def finish(task: Task, desired: Desired, plan: Plan, resumed: bool) -> Outcome:
    """Waits for the image and brings it to the desired state; then the old ones go.

    Raises Failed, Refused or CloudError; what is known by then stands in run.
    """
    if plan.image is not None and plan.image.ready:
        image, tags = _changed(task, desired, plan, plan.image)
        outcome = Outcome(plan, image, tags=tags)
    elif not task.wait:
        task.in_flight = True
        return postpone(task, desired, plan, resumed)
    else:
        task.in_flight = True
        awaited = _wait(task, desired, plan, fresh=not resumed)
        image, tags = _completed(task, desired, plan, awaited.active_image())
        outcome = Outcome(plan, image, tags=tags, job=awaited.job, resumed=resumed)
    with_backup = desired.policy.delete_backup
    for old in delete_replaced(task, desired.name, image, plan.remove, with_backup):
        if task.wait:
            wait_until_gone(task, old)
    return outcome


def postpone(task: Task, desired: Desired, plan: Plan, resumed: bool) -> Outcome:
    """For tasks that do not wait: what is left to do is handed back."""
    pending = Pending.of(desired, plan, task.renamed).to_result()
    return Outcome(plan, plan.image, tags=plan.tags, resumed=resumed, pending=pending)


def _changed(
    task: Task, desired: Desired, plan: Plan, image: Image
) -> tuple[Image, Mapping[str, str] | None]:
    # Perhaps made by a task that did not come to note the source.
    tagged = plan.untagged and write_source_tag(task, desired.source.origin, image)
    if not plan.drift and not tagged:
        return image, plan.tags
    converge(task, image, plan.drift)
    return settle(task, desired.managed, reread(task, image), tagged)


def _create(task: Task, desired: Desired, plan: Plan, renaming: Callable[[str], None]) -> _Ordered:
    """Sends the create call. A cloud that wants names to be unique gets the old image's name freed
    first, and back if the new one is refused."""
    try:
        return _order(task, desired, plan)
    except ApiError as error:
        waits = any(image.in_flight for image in plan.room) and not task.wait
        if error.code != NAME_TAKEN or not plan.room or waits:
            raise
    make_room(task, plan.room, renaming)
    try:
        return _order(task, desired, plan)
    except (CloudError, Refused, Failed) as error:
        if not (isinstance(error, Failed) and error.unfinished):
            restore_name(task, desired, plan)
        raise


def _order(task: Task, desired: Desired, plan: Plan) -> _Ordered:
    """An unclear answer is cleared up by looking, never by sending the call again.

    Only a call that the cloud itself refuses to carry out twice (a backup makes one image) is
    repeated.
    """
    for last in (False, True) if desired.source.may_be_repeated else (True,):
        if not task.alive():
            raise Refused(
                "The play that this task belongs to is gone (killed?), so nothing was ordered."
            )
        try:
            with _look_up_before_each_repeat(task, desired, plan.known):
                started = desired.source.create(task, desired.name, desired.create_body())
                return _Ordered(_new(started, plan))
        except _AppearedMeanwhile as overtaken:
            return _adopt_from_elsewhere(task, desired, plan.known, overtaken.survey)
        except CloudError as error:
            order = _resolve_unclear_answer(task, desired, plan, error)
            if order is not None:
                return order
            if last:
                raise Failed(
                    f"the outcome is unknown: {error} {_nothing_showed_up(desired)}",
                    unfinished=True,
                ) from error
    raise AssertionError("unreachable")


def _nothing_showed_up(desired: Desired) -> str:
    if desired.source.may_be_repeated:
        return f"No such image showed up within {_SHOWN_WITHIN:.0f} s of either create request"
    return (
        f"No such image showed up within {_SHOWN_WITHIN:.0f} s, and the create request was not "
        "sent again"
    )


def _new(started: CreateIds, plan: Plan) -> CreateIds:
    """Raises GarbledAnswer where the answer names an image that was there before."""
    if started.image_id in plan.old:
        raise GarbledAnswer(
            f"the create request was answered with image {started.image_id}, which existed before."
        )
    return started


def _resolve_unclear_answer(
    task: Task, desired: Desired, plan: Plan, answer: CloudError
) -> _Ordered | None:
    """The image that came of an order which was answered like this; None where an unclear answer
    stays unclear. Raises a plain refusal, and one for an image that does not show."""
    made = isinstance(answer, ApiError) and desired.source.says_image_exists(answer, task)
    if not (answer.ambiguous or made):
        raise answer
    existing = _look_up_until_shown(task, desired, plan.known, answer, made)
    image = new_image(existing, plan.known)
    if image is not None:
        task.note(f"The create call was answered with: {answer} Its image was found all the same.")
        if made:
            return _adopt_from_elsewhere(task, desired, plan.known, existing)
        return _Ordered(CreateIds(image_id=image.id), found=True)
    if not made:
        return None
    if not plan.room or task.renamed:
        # What is in the way is told better by the plan, if it can be seen at all; otherwise it is
        # the old image, which has yet to make room.
        make_plan(task, desired, find(task, desired))
    raise answer


@contextmanager
def _look_up_before_each_repeat(
    task: Task, desired: Desired, known: frozenset[str]
) -> Iterator[None]:
    """What made the order wait may be that another machine has ordered the very same."""

    def look() -> None:
        try:
            existing = find(task, desired)
        except CloudError as error:
            error.ambiguous = False  # it is not the order that failed
            raise
        if new_image(existing, known) is not None:
            raise _AppearedMeanwhile(existing)
        refuse_unidentified(desired.name, existing.doubtful)

    asked = task.client.before_repeat
    task.client.before_repeat = look
    try:
        yield
    finally:
        task.client.before_repeat = asked


def _adopt_from_elsewhere(
    task: Task, desired: Desired, known: frozenset[str], existing: ExistingImages
) -> _Ordered:
    """An image that came up although this task has ordered none. Raises Refused where that it is
    the wanted one can not be proved and has to be."""
    item = new_images(existing, known)[0]
    accept_unknown_source(task, desired, item)
    task.note(f"Image {item.image.id} was ordered by somebody else meanwhile; it was taken up.")
    doubtful = item.provenance is Provenance.UNKNOWN
    return _Ordered(CreateIds(image_id=item.image.id), found=True, doubtful=doubtful)


def _look_up_until_shown(
    task: Task, desired: Desired, known: frozenset[str], answer: CloudError, made: bool
) -> ExistingImages:
    """An image that was not there before the call and does not contradict its source is ours.

    answer: that of the create call, which must not be forgotten over others. made: it says that
    there is an image, so that the first one to be seen ends the search.
    """
    clock = task.client.clock
    answered = clock.monotonic()
    patience = Patience()
    while True:
        begun = clock.monotonic()  # a look may take long itself
        try:
            existing = patience.poll(task.client, lambda: find(task, desired))
        except CloudError as error:
            raise Failed(
                f"the outcome is unknown: {answer} Whether the image is there could not be looked "
                f"up either: {error}",
                unfinished=True,
            ) from answer
        if existing is not None:
            seen = new_image(existing, known) is not None or (made and not existing.ids <= known)
            if seen or begun - answered >= _SHOWN_WITHIN:
                return existing
        clock.sleep(_PAUSE)


def restore_name(task: Task, desired: Desired, plan: Plan) -> None:
    """Gives the newest of the images that made room, now or in an earlier task, its name back; the
    failure stays the news."""
    images = [*task.renamed, *plan.aside]
    if images or task.known_renamed:
        with suppress(CloudError):
            there = named(task, desired)
            images += [image for image in there if image.id in task.known_renamed]
            give_name_back(task, desired.name, images, there)


def _wait(task: Task, desired: Desired, plan: Plan, fresh: bool) -> Awaited:
    awaited = Awaited(
        desired.name,
        job_id=task.job_id,
        image_id=task.image_id,
        find=lambda: new_image(find(task, desired), plan.known),
        look=look_up_with_duplicates(task, desired.name, plan.known),
        known=plan.old,
        # Only active images can be renamed: until then nobody else can have done that.
        accepts=lambda image: not image.ready or image.name == desired.name,
    )
    with task.step(f"waiting for image '{desired.name}' of {desired.source.origin}"):
        try:
            wait_for(task, [awaited], fresh)
        finally:
            known = None if awaited.disowned else task.image_id
            task.image_id = awaited.image_id or known
        awaited.active_image()  # a failure belongs to this step
    task.in_flight = False
    task.read.clear()  # that was before the wait
    return awaited


def look_up_with_duplicates(
    task: Task, name: str, known: frozenset[str]
) -> Callable[[str], Image | None]:
    """Looks up the image by its name, which costs no more than by its id and shows whether another
    machine has ordered one, too: no lock reaches that far."""

    def look(image_id: str) -> Image | None:
        owner = task.client.project_id
        listed = ims.list_images(task.client, thorough=False, name=name, owner=owner)
        images = {str(wire.get("id")): Image.from_wire(wire) for wire in listed}
        warn_of_duplicates(task, name, image_id, [images[i] for i in images if i not in known])
        return images.get(image_id) or shown(task.client, image_id)

    return look


def warn_of_duplicates(task: Task, name: str, image_id: str, images: Iterable[Image]) -> None:
    """Whoever sees that two were made at once says so."""
    twins = [
        image.id
        for image in images
        if image.id != image_id and image.name == name and not image.dead
    ]
    if twins:
        task.warn(
            f"While image '{name}' ({image_id}) was being made, another of that name came "
            f"up: {', '.join(sorted(twins))}. Another machine has ordered it at the same time, it "
            f"seems. This task goes on with {image_id}. {DELETE_BY_ID}"
        )


def _completed(
    task: Task, desired: Desired, plan: Plan, image: Image
) -> tuple[Image, Mapping[str, str] | None]:
    """The image is active now: what the create call could not take is set, the source noted, the
    state read back."""
    change = drift_after_create(desired, drift(desired.new, image, image.tags))
    converge(task, image, change)
    tagged = plan.source_verified and write_source_tag(task, desired.source.origin, image)
    if change or tagged:
        image = reread(task, image)
    return settle(task, desired.new, image, tagged)
