# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is wanted and what is there to what will be done. Check mode and diff mode stop
here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..._cloud import ims
from ..._cloud.errors import BadRequest, Forbidden, NotFound
from ..age import Clocks
from ..context import Task
from ..failures import AlreadyMade, Refused
from ..lookups import refuse_unidentified
from ..model.image import REACTIVATE, Image
from ..model.managed import Drift, ManagedAttributes, after, before, drift
from ..model.plan import Plan
from ..model.provenance import CreateIds, Provenance
from ..model.replaced import former_name
from ..waiting.deletion import check_deletable, left_deactivated, still_existing
from ..waiting.patience import useful
from .desired import ConflictPolicy, Desired, drift_after_create
from .existing import ExistingImage, ExistingImages, without

# How long an image that its backup names may take to show up, and the pause between looks, in s.
_SHOWS_UP = 20.0
_PAUSE = 2.0
DELETE_BY_ID = (
    "What is not needed can be deleted by its id (huaweicloud.ims.image with image: <id> and state:"
    " absent)."
)


@dataclass(frozen=True)
class _Choice:
    """Which image the task is about: None for a new one; started: ordered before, not listed
    yet."""

    image: Image | None
    verified: bool
    remove: tuple[Image, ...] = ()
    room: tuple[Image, ...] = ()
    untouched: bool = False
    started: CreateIds | None = None


def make_plan(
    task: Task,
    desired: Desired,
    existing: ExistingImages,
    ordered: CreateIds | None = None,
    before: frozenset[str] | None = None,
) -> Plan:
    """ordered: the ids of an earlier order for this very image that the survey does not show.
    before: ids of the images of the name that were there before that order.

    Raises Refused when what was found, or what look-ups show, forbids the task.
    """
    choice = _choose(task, desired, existing, ordered)
    if choice.remove and choice.image and not still_existing(task, [choice.image]):
        # No other image goes for the sake of one that is only listed still.
        existing = without(existing, frozenset((choice.image.id,)))
        choice = _choose(task, desired, existing, ordered)
    if ordered and choice.image and choice.image.id == ordered.image_id:
        choice = replace(choice, started=ordered)
    _check_usable(desired, choice)
    choice = replace(choice, remove=tuple(still_existing(task, _without_deactivated(task, choice))))
    check_deletable(task, choice.remove)
    _check_not_replaced_elsewhere(desired, (*choice.remove, *choice.room))
    _warn_of_unproven(task, desired, existing)
    _tell_of_others(task, desired, existing, choice)
    if choice.image is None and choice.started is None:
        refuse_unidentified(desired.name, existing.doubtful)
        with task.step(f"checking whether {_made(desired)} can be made"):
            try:
                desired.source.check(task, desired.name)
            except AlreadyMade as made:
                image = _unlisted(task, desired, existing, made)
                choice = replace(choice, image=image, verified=True)
                _check_usable(desired, choice)
    if choice.image is None and choice.started is None:
        from .quota import check_room  # needed only by tasks that create

        check_room(task, desired.name, replaces=bool(choice.room or choice.remove))
        plan = _create(task, desired)
    elif choice.untouched and choice.image:
        plan = _leave(choice.image)
    elif choice.image is None or choice.image.in_flight:
        plan = _adopt(task, desired, choice)
    else:
        _warn_of_differences(task, desired, choice.image)
        plan = plan_change(task, desired.managed, choice.image, choice.verified)
    if choice.image is not None:
        task.image_id = choice.image.id
    aside = tuple(item.image for item in existing.renamed_earlier)
    untagged = any(item.untagged and item.image is choice.image for item in existing.candidates)
    plan = replace(plan, room=choice.room, aside=aside, untagged=untagged)
    plan = _with_known(desired, existing, plan, before)
    return _with_removals(task, plan, choice.remove)


def _with_known(
    desired: Desired, existing: ExistingImages, plan: Plan, before: frozenset[str] | None
) -> Plan:
    """What is adopted was there before this task, but not before its own create request."""
    origin = desired.source.origin
    others = {image.id for image in plan.aside}
    others |= {origin.id} if origin.kind == "image" else set()
    adopted = {plan.image.id} if plan.image and plan.image.in_flight else set()
    known = (existing.ids | others) - adopted
    old = existing.seen | known if before is None else before | others
    return replace(plan, known=known, old=old - adopted)


def _choose(
    task: Task, desired: Desired, existing: ExistingImages, ordered: CreateIds | None
) -> _Choice:
    policy = desired.policy
    different = [item.image for item in existing.of(Provenance.DIFFERENT)]
    mine = existing.of(Provenance.SAME) or existing.of(Provenance.UNKNOWN)
    leftovers = _leftovers(task, desired, existing)
    if mine:
        accept_unknown_source(task, desired, mine[0])
        return _among(task, desired, existing, mine, leftovers, ordered)
    if ordered is not None:
        return _Choice(None, verified=True, remove=leftovers, started=ordered)
    if different and policy.differs is ConflictPolicy.KEEP:
        task.warn(f"{_differs(desired, existing)} It is kept as it is.")
        return _Choice(different[0], verified=False, untouched=True)
    if different and policy.differs is ConflictPolicy.FAIL:
        task.image_id = different[0].id
        raise Refused(
            f"{_differs(desired, existing)} Choose another name, rename or remove that image, or "
            "set if_source_differs to replace or keep."
        )
    return _Choice(None, verified=True, remove=leftovers, room=tuple(different))


def _without_deactivated(task: Task, choice: _Choice) -> tuple[Image, ...]:
    """What is to be deleted, without images that somebody has taken out of use on purpose."""
    for image in choice.remove:
        if image.deactivated:
            task.warn(left_deactivated(image))
    return tuple(image for image in choice.remove if not image.deactivated)


def _check_usable(desired: Desired, choice: _Choice) -> None:
    """Raises Refused where a deactivated image is the wanted one, or is in its way."""
    blocking = [*([choice.image] if choice.image else []), *choice.room]
    for image in blocking:
        if image.deactivated:
            raise Refused(
                f"An image named '{desired.name}' exists ({image.id}), but it is deactivated, so "
                f"it can neither be used nor replaced. {REACTIVATE} Or delete it by its id, or "
                "choose another name."
            )


def _leftovers(task: Task, desired: Desired, existing: ExistingImages) -> tuple[Image, ...]:
    """What goes whatever becomes of the images of the wanted source: those to be replaced, and
    those that an earlier task did not come to delete. Not what is doubtful."""
    policy = desired.policy
    going = existing.of(Provenance.DIFFERENT) if policy.differs is ConflictPolicy.REPLACE else []
    for item in existing.renamed_earlier:
        if item.provenance is Provenance.UNKNOWN:
            task.warn(
                f"Image '{item.image.name}' ({item.image.id}) has made room for another, but is not"
                f" deleted: that it was made from {desired.source.origin} could not be proved."
            )
        elif item.provenance is Provenance.SAME:
            going += [] if policy.keep_old else [item]
        elif policy.differs is ConflictPolicy.REPLACE:
            going.append(item)
    return tuple(item.image for item in going)


def _among(
    task: Task,
    desired: Desired,
    existing: ExistingImages,
    mine: Sequence[ExistingImage],
    leftovers: Sequence[Image],
    ordered: CreateIds | None,
) -> _Choice:
    """One of those made from the wanted source, or a new one if the newest is too old."""
    policy = desired.policy
    best = mine[0]
    verified = best.provenance is Provenance.SAME
    if not _too_old(task, best.image, policy.max_age):
        # An unknown source is never enough to delete.
        rest = mine[1:] if verified and not policy.keep_old else []
        old = [item.image for item in rest if _too_old(task, item.image, policy.max_age)]
        return _Choice(best.image, verified, remove=(*old, *leftovers))
    aged = [item.image for item in mine if _too_old(task, item.image, policy.max_age)]
    doubtful = existing.of(Provenance.UNKNOWN) if verified else []
    fresh = [item for item in doubtful if not _too_old(task, item.image, policy.max_age)]
    if fresh and ordered is None:
        # Made by a task that was killed before it could note the source, most likely.
        accept_unknown_source(task, desired, fresh[0])
        return _Choice(fresh[0].image, False, remove=tuple(leftovers))
    old = [] if policy.keep_old else aged
    if old and not verified:
        task.warn(
            f"The old image {best.image.id} is not deleted: that it was made from "
            f"{desired.source.origin} could not be proved."
        )
    remove = (*(old if verified else ()), *leftovers)
    baking = next((item.image for item in mine if item.image.in_flight), None)
    if baking is None and ordered is not None:
        return _Choice(None, True, remove, started=ordered)
    return _Choice(baking, verified, remove, room=tuple(aged))


def _too_old(task: Task, image: Image, max_age: float | None) -> bool:
    """Images in flight are new. Raises Refused where the clocks do not allow to tell."""
    if max_age is None or not image.ready:
        return False
    clocks = Clocks.of(task.client)
    if not clocks.older(image, max_age):
        return False
    clocks.check()
    return True


def accept_unknown_source(task: Task, desired: Desired, best: ExistingImage) -> None:
    """Warns that a source could not be proved. Raises Refused where it has to be."""
    if best.provenance is Provenance.SAME:
        return
    doubt = (
        f"that image '{desired.name}' ({best.image.id}) was made from {desired.source.origin} "
        f"could not be proved: {best.finding.why}"
    )
    if desired.policy.unknown is ConflictPolicy.FAIL:
        raise Refused(
            f"if_source_unknown is fail, and {doubt}. Choose another name, rename or remove that "
            "image, or set if_source_unknown: accept."
        )
    task.warn(f"{doubt[0].upper()}{doubt[1:]}. It was taken for the wanted one.")


def _check_not_replaced_elsewhere(desired: Desired, images: Sequence[Image]) -> None:
    """Raises Refused for an image that another name may need back."""
    for image in images:
        name = former_name(image)
        if image.name == desired.name and name is not None:
            raise Refused(
                f"Image '{image.name}' ({image.id}) is the old image of '{name}', renamed to make "
                "room for a new one, so it is not replaced under its temporary name. Choose "
                "another name, or delete that image by its id first."
            )


def _warn_of_unproven(task: Task, desired: Desired, existing: ExistingImages) -> None:
    for image in existing.unproven:
        task.warn(
            f"Image '{image.name}' ({image.id}) may be an old image of '{desired.name}' that was "
            "renamed to make room, but its name was cut, so that cannot be proved: it is neither "
            f"deleted nor given its name back. {DELETE_BY_ID}"
        )


def _warn_of_differences(task: Task, desired: Desired, image: Image) -> None:
    differences = desired.source.differences(image)
    if differences:
        task.warn(
            f"Image '{image.name}' ({image.id}) exists, but differs from what the task asks for: "
            f"{'; '.join(differences)}. It is left as it is; to get another one, choose another "
            "name or delete it first."
        )


def _differs(desired: Desired, existing: ExistingImages) -> str:
    item = existing.of(Provenance.DIFFERENT)[0]
    return (
        f"An image named '{desired.name}' exists ({item.image.id}), but {item.finding.why}; the "
        f"task wants one of {desired.source.origin}."
    )


def _tell_of_others(
    task: Task, desired: Desired, existing: ExistingImages, choice: _Choice
) -> None:
    going = {image.id for image in choice.remove}
    others = [
        f"{item.image.id} ({item.image.status})"
        for item in existing.candidates
        if item.image is not choice.image and item.image.id not in going
    ]
    if others:
        taken = choice.image.id if choice.image else "a new one"
        task.warn(
            f"Several images are named '{desired.name}'; the task is about {taken}, others are "
            f"left alone: {', '.join(others)}. {DELETE_BY_ID}"
        )


def _unlisted(task: Task, desired: Desired, existing: ExistingImages, made: AlreadyMade) -> Image:
    """A new image shows up late, but its backup names it from the beginning. Raises made when it is
    not the wanted one, or the one that is too old."""
    clock = task.client.clock
    begun = clock.monotonic()
    while made.image_id not in existing.ids:
        try:
            show = partial(ims.show_image, task.client, made.image_id)
            image = Image.from_wire(useful(task.client, show, _PAUSE))
        except (NotFound, BadRequest):
            if clock.monotonic() - begun >= _SHOWS_UP:
                break
        except Forbidden:
            break
        else:
            if image.name == desired.name and not image.dead:
                return image
            break
        clock.sleep(_PAUSE)
    raise made


# What a new image has by itself: no description, limits or tags, the default enterprise project.
_NEW = Image.from_wire({})


def _made(desired: Desired) -> str:
    return f"image '{desired.name}' of {desired.source.origin}"


def _create(task: Task, desired: Desired) -> Plan:
    later = drift_after_create(desired, drift(desired.new, _NEW, {}))
    actions = [f"create {_made(desired)}"]
    if task.wait:
        actions += later.actions()
    to_be = after(desired.new, {"name": desired.name})
    to_be["source"] = str(desired.source.origin)
    return Plan(None, later, {}, to_be, tuple(actions), changed=True, source_verified=True)


def _adopt(task: Task, desired: Desired, choice: _Choice) -> Plan:
    """The create call's own attributes show up as the image becomes active; the others are compared
    now."""
    image = choice.image or _NEW
    now = image.tags or {}
    later = drift_after_create(desired, drift(desired.new, image, now))
    was = before(desired.new, image, now)
    was.update(name=desired.name, status=image.status or None)
    actions: list[str] = []
    to_be = was
    if task.wait:
        actions = [f"wait for {_made(desired)} to become active", *later.actions()]
        to_be = {**after(desired.new, was), "status": "active"}
    return Plan(
        choice.image,
        later,
        was,
        to_be,
        tuple(actions),
        changed=task.wait,
        source_verified=choice.verified,
        started=choice.started,
    )


def plan_change(task: Task, managed: ManagedAttributes, image: Image, verified: bool) -> Plan:
    """What it takes to make an active image look as wanted."""
    tags = None
    if managed.tags is not None:
        with task.step(f"reading the tags of image '{image.name}' ({image.id})"):
            tags = ims.list_tags(task.client, image.id)
    change = drift(managed, image, tags)
    was = before(managed, image, tags)
    return Plan(
        image,
        change,
        was,
        after(managed, was),
        tuple(change.actions()),
        changed=bool(change),
        source_verified=verified,
        tags=tags,
    )


def _leave(image: Image) -> Plan:
    """An image of another source that is kept: nothing of it is managed."""
    state = {"name": image.name}
    return Plan(image, Drift({}, {}, {}), state, state, (), changed=False, source_verified=False)


def _with_removals(task: Task, plan: Plan, remove: Sequence[Image]) -> Plan:
    """Old images go last, and only when the wanted one is active: not without waiting for it."""
    waits = plan.image is None or plan.image.in_flight
    if not remove:
        return plan
    if waits and not task.wait:
        return replace(plan, later=tuple(remove))
    ids = [image.id for image in remove]
    return replace(
        plan,
        before={**plan.before, "old_images": ids},
        after={**plan.after, "old_images": []},
        actions=(*plan.actions, *(f"delete old image '{i.name}' ({i.id})" for i in remove)),
        changed=True,
        remove=tuple(remove),
    )
