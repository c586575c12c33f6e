# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a decision out: sends the create request once, waits, converges, deletes replaced
images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..._cloud.errors import ApiError, CloudError, GarbledAnswer, ImsError
from ..._cloud.wire import CreateHooks
from ..context import Task
from ..failures import Failed, Refused
from ..locking.image_lock import Recording
from ..model.decision import Decision
from ..model.image import Image
from ..model.managed import Tags, drift
from ..model.provenance import CreateIds, Provenance
from ..sources.protocol import NAME_TAKEN
from ..waiting.awaited import Awaited
from ..waiting.awaiting import wait_for
from ..waiting.deletion import delete_replaced, wait_until_gone
from ..waiting.poll import poll
from ..waiting.schedule import UNANSWERED_REQUEST
from .converge import converge, read_back, reread, write_source_tag
from .decide import accept_unknown_source
from .desired import Desired, drift_after_create
from .duplicates import look_up_with_duplicates
from .existing import ExistingImages, refuse_unidentified
from .outcome import Outcome
from .pending import Pending
from .preflight import decide_and_check
from .read import find
from .renames import make_room, restore_name


@dataclass(frozen=True)
class _Started:
    """An image that is being created."""

    ids: CreateIds
    # It was found: in flight from the beginning, or after an unclear answer.
    adopted: bool = False
    # Another machine created it, of a source that could not be proved.
    unproven: bool = False


class _AppearedMeanwhile(Exception):
    """The image came up while the create request waited: another machine created it."""

    def __init__(self, existing: ExistingImages) -> None:
        super().__init__()
        self.existing = existing


def start(
    task: Task,
    desired: Desired,
    decision: Decision,
    renaming: Callable[[str], None],
    record: Recording,
) -> tuple[Decision, bool]:
    """Send the create request; `task` holds the ids afterwards.

    `renaming` is called with the id of each image that is about to be renamed. Returns the decision
    with what was learned of the source, and whether the image was adopted. Raises Failed, Refused
    or CloudError.
    """
    with task.step(f"creating image '{desired.name}' of {desired.source.origin}"):
        started = _create(task, desired, decision, renaming, record)
    _note_ids(task, started.ids)
    record.unproven = started.unproven
    if started.unproven:
        decision = decision._replace(source_verified=False)
    return decision, started.adopted


def adopt(task: Task, decision: Decision) -> bool:
    """Go on with the image of the decision; return whether it is being created."""
    _note_ids(task, decision.adopted or CreateIds())
    return not (decision.image and decision.image.ready)


def _note_ids(task: Task, ids: CreateIds) -> None:
    task.job_id = ids.job_id
    task.image_id = ids.image_id or task.image_id


def finish(
    task: Task, desired: Desired, decision: Decision, resumed: bool, awaited: Awaited | None
) -> Outcome:
    """Bring the image to the desired state once it is active, then delete the old ones.

    `awaited`: what was waited for; None for an image that was active before. Raises Failed, Refused
    or CloudError; what is known by then stands in `task`.
    """
    if decision.image is not None and decision.image.ready:
        image, tags = _converge_existing(task, desired, decision, decision.image)
        outcome = Outcome(decision, image, tags=tags)
    elif awaited is None:
        return postpone(task, desired, decision, resumed)
    else:
        new = _awaited_image(task, desired, awaited)
        image, tags = _converge_new(task, desired, decision, new)
        outcome = Outcome(decision, image, tags=tags, job=awaited.job, resumed=resumed)
    with_backup = desired.policy.delete_backup
    for old in delete_replaced(task, desired.name, image, decision.delete, with_backup):
        if task.wait:
            wait_until_gone(task, old)
    return outcome


def postpone(task: Task, desired: Desired, decision: Decision, resumed: bool) -> Outcome:
    """Return the outcome of a task that does not wait, with the pending work."""
    pending = Pending.of(desired, decision, task.renamed).to_result()
    return Outcome(decision, decision.image, tags=decision.tags, resumed=resumed, pending=pending)


def _converge_existing(
    task: Task, desired: Desired, decision: Decision, image: Image
) -> tuple[Image, Tags | None]:
    # It may have been created by a task that was killed before it could write the source tag.
    tagged = decision.lacks_source_tag and write_source_tag(task, desired.source.origin, image)
    if not decision.drift and not tagged:
        return image, decision.tags
    converge(task, image, decision.drift)
    return read_back(task, desired.managed, reread(task, image), tagged)


def _create(
    task: Task,
    desired: Desired,
    decision: Decision,
    renaming: Callable[[str], None],
    record: Recording,
) -> _Started:
    """Send the create request. Where the cloud wants names to be unique, old images are renamed
    first, and get the name back if the new image is refused."""
    try:
        return _send(task, desired, decision, record)
    except ApiError as error:
        has_to_wait = any(image.in_flight for image in decision.rename) and not task.wait
        if error.code != NAME_TAKEN or not decision.rename or has_to_wait:
            raise
    make_room(task, decision.rename, renaming)
    try:
        return _send(task, desired, decision, record)
    except ImsError as error:
        if not (isinstance(error, Failed) and error.unfinished):
            restore_name(task, desired, decision)
        raise


def _send(task: Task, desired: Desired, decision: Decision, record: Recording) -> _Started:
    """Send the create request. After an unclear answer the image is looked up; the request is never
    repeated.

    The exception is a request that the cloud itself refuses to carry out twice (a backup makes one
    image).
    """
    before_repeat = partial(_look_up_before_repeat, task, desired, decision.other_ids)
    hooks = CreateHooks(before_repeat, record.before_send, record.not_executed)
    for last in (False, True) if desired.source.may_be_repeated else (True,):
        if not task.alive():
            raise Refused(
                "The play that this task belongs to is gone (killed?), so nothing was created."
            )
        try:
            ids = desired.source.create(task, desired.name, desired.create_body(), hooks)
            if ids.image_id in decision.existed_before:
                raise GarbledAnswer(
                    f"the create request was answered with image {ids.image_id}, which existed "
                    "before."
                )
            return _Started(ids)
        except _AppearedMeanwhile as overtaken:
            return _adopt_from_elsewhere(task, desired, decision.other_ids, overtaken.existing)
        except CloudError as error:
            started = _resolve_unclear_answer(task, desired, decision, error, record)
            if started is not None:
                return started
            if last:
                raise Failed(
                    f"the outcome is unknown: {error} {_nothing_showed_up(desired)}",
                    unfinished=True,
                ) from error
    raise AssertionError("unreachable")


def _nothing_showed_up(desired: Desired) -> str:
    nothing = f"No such image showed up within {UNANSWERED_REQUEST.within:.0f} s"
    if desired.source.may_be_repeated:
        return f"{nothing} of either create request"
    return f"{nothing}, and the create request was not sent again"


def _resolve_unclear_answer(
    task: Task, desired: Desired, decision: Decision, answer: CloudError, record: Recording
) -> _Started | None:
    """Look up the image of a create request that was answered like this; None where the answer
    stays unclear. Raises a plain refusal, and one that says the image exists if none shows."""
    exists = isinstance(answer, ApiError) and desired.source.says_image_exists(answer, task)
    record.unclear |= answer.ambiguous
    if not (answer.ambiguous or exists):
        record.not_executed()
        raise answer
    if exists:
        record.doubt()
    existing = _look_up_until_shown(task, desired, decision.other_ids, answer, exists)
    image = existing.newest_since(decision.other_ids)
    if image is not None:
        task.note(f"The create request was answered with: {answer} Its image was found anyway.")
        if exists:
            return _adopt_from_elsewhere(task, desired, decision.other_ids, existing)
        return _Started(CreateIds(image_id=image.id), adopted=True)
    if not exists:
        return None
    record.not_executed()
    if not decision.rename or task.renamed:
        # A decision on what exists now says better what is in the way, if that shows at all.
        # Otherwise it is the old image, which has yet to be renamed.
        decide_and_check(task, desired, find(task, desired))
    raise answer


def _look_up_before_repeat(task: Task, desired: Desired, other_ids: frozenset[str]) -> None:
    """Raise `_AppearedMeanwhile` if there is an image now: the create request may have had to wait
    because another machine has just sent the same."""
    try:
        existing = find(task, desired)
    except CloudError as error:
        error.ambiguous = False  # it is not the create request that failed
        raise
    if existing.newest_since(other_ids) is not None:
        raise _AppearedMeanwhile(existing)
    refuse_unidentified(desired.name, existing.unidentified)


def _adopt_from_elsewhere(
    task: Task, desired: Desired, other_ids: frozenset[str], existing: ExistingImages
) -> _Started:
    """Adopt an image that came up although this task created none. Raises Refused where its source
    is unknown and the policy demands proof."""
    item = existing.new_since(other_ids)[0]
    accept_unknown_source(desired, item, task.warn)
    task.note(f"Image {item.image.id} was created by another machine meanwhile; it was adopted.")
    unproven = item.provenance is Provenance.UNKNOWN
    return _Started(CreateIds(image_id=item.image.id), adopted=True, unproven=unproven)


def _look_up_until_shown(
    task: Task, desired: Desired, other_ids: frozenset[str], answer: CloudError, exists: bool
) -> ExistingImages:
    """Look up until an image shows that did not exist before and may be of the source.

    `answer`: that of the create request, which other errors must not hide. `exists`: it says that
    there is an image, so any image that shows ends the search.
    """

    def shows(existing: ExistingImages) -> bool:
        appeared = existing.newest_since(other_ids) is not None
        return appeared or (exists and not existing.ids <= other_ids)

    try:
        return poll(task, lambda: find(task, desired), UNANSWERED_REQUEST, shows)
    except CloudError as error:
        raise Failed(
            f"the outcome is unknown: {answer} Whether the image exists could not be looked up "
            f"either: {error}",
            unfinished=True,
        ) from answer


def to_await(task: Task, desired: Desired, decision: Decision) -> Awaited:
    """Return what has to be waited for, now that the image is being created."""
    return Awaited(
        desired.name,
        job_id=task.job_id,
        image_id=task.image_id,
        find_image=lambda: find(task, desired).newest_since(decision.other_ids),
        look_up=look_up_with_duplicates(task, desired.name, decision.other_ids),
        name=desired.name,
        other_ids=decision.existed_before,
        # Only active images can be renamed: until then nobody else can have done that.
        accepts=lambda image: not image.ready or image.name == desired.name,
    )


def wait_for_image(task: Task, desired: Desired, awaited: Awaited, fresh: bool) -> None:
    """Wait as `wait_for` does; `task` holds the id of the image afterwards."""
    with task.step(_waiting(desired)):
        try:
            wait_for(task, [awaited], fresh)
        finally:
            _note_id(task, awaited)


def _awaited_image(task: Task, desired: Desired, awaited: Awaited) -> Image:
    """Return the image, which is active now. Raises Failed where the wait has ended otherwise."""
    with task.step(_waiting(desired)):
        _note_id(task, awaited)
        image = awaited.active_image()
    task.in_flight = False
    task.read.clear()  # that was before the wait
    return image


def _waiting(desired: Desired) -> str:
    return f"waiting for image '{desired.name}' of {desired.source.origin}"


def _note_id(task: Task, awaited: Awaited) -> None:
    task.image_id = awaited.image_id or (None if awaited.rejected else task.image_id)


def _converge_new(
    task: Task, desired: Desired, decision: Decision, image: Image
) -> tuple[Image, Tags | None]:
    """Set what the create request could not carry, write the source tag, and read both back."""
    change = drift_after_create(desired, drift(desired.new, image, image.tags))
    converge(task, image, change)
    tagged = decision.source_verified and write_source_tag(task, desired.source.origin, image)
    if change or tagged:
        image = reread(task, image)
    return read_back(task, desired.new, image, tagged)
