# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision: from what is wanted and what exists to what will be done.

Everything here is computed from data: nothing is asked, waited for or written. What a decision
rests on is read before, by `read.py`; design.md calls the table that this file carries out the
contract of state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..age import Clocks
from ..failures import ImageConflict, Refused
from ..model.decision import Decision
from ..model.image import DELETE_BY_ID, REACTIVATE, Image
from ..model.managed import ManagedAttributes, Tags, after, before, drift
from ..model.provenance import CreateIds, Provenance
from ..model.replaced import former_name, left_deactivated
from .desired import ConflictPolicy, Desired, drift_after_create
from .existing import ExistingImage, ExistingImages, refuse_unidentified

# What a new image has by itself: no description, limits or tags, the default enterprise project.
_NEW = Image.from_wire({})

Warn = Callable[[str], None]


class ImageSelection(NamedTuple):
    """Which existing image the task is about, and what becomes of the others."""

    # None for an image that is created, or adopted before it can be seen.
    existing: ExistingImage | None
    delete: tuple[Image, ...] = ()
    rename: tuple[Image, ...] = ()
    adopted: CreateIds | None = None
    # An image of another source is kept as it is.
    unmanaged: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def image(self) -> Image | None:
        return self.existing.image if self.existing else None

    @property
    def verified(self) -> bool:
        return self.existing is None or self.existing.provenance is Provenance.SAME

    @property
    def creates(self) -> bool:
        return self.existing is None and self.adopted is None

    @property
    def managed_image(self) -> Image | None:
        """The active image whose managed attributes are compared now."""
        image = self.image
        return image if image and not image.in_flight and not self.unmanaged else None

    @property
    def rests_on(self) -> tuple[tuple[Image, ...], tuple[Image, ...]]:
        """The image that others are deleted for, and those that are deleted."""
        kept = (self.image,) if self.image and self.delete else ()
        return kept, self.delete


def decide(desired: Desired, existing: ExistingImages, now: Clocks, *, wait: bool) -> Decision:
    """Return what the task will do. `wait`: whether it waits until the image is active.

    `existing` is complete (`read.complete`): what would be deleted has been read by itself, and so
    have the tags that are compared. Raises Refused where an existing image forbids the task,
    ImageConflict where it is named in the result.
    """
    selection = select_image(desired, existing, now)
    _refuse_images_of_another_name(desired, (*selection.delete, *selection.rename))
    warnings = [*selection.warnings, *_warnings_about_others(desired, existing, selection)]
    image = selection.image
    if selection.creates:
        refuse_unidentified(desired.name, existing.unidentified)
        decision = _create(desired, wait)
    elif image is not None and selection.unmanaged:
        decision = _leave(image)
    elif image is None or image.in_flight:
        decision = _adopt(desired, selection, wait)
    else:
        warnings += _warnings_about_differences(desired, image)
        tags = existing.tags.get(image.id)
        decision = decide_change(desired.managed, image, tags, selection.verified)
    decision = decision._replace(
        warnings=tuple(warnings),
        rename=selection.rename,
        renamed_earlier=tuple(item.image for item in existing.renamed_earlier),
        lacks_source_tag=bool(selection.existing and selection.existing.lacks_source_tag),
    )
    decision = _with_other_ids(desired, existing, decision)
    return _with_deletions(decision, selection.delete, wait)


def decide_change(
    managed: ManagedAttributes, image: Image, tags: Tags | None, verified: bool = True
) -> Decision:
    """Return what makes an active image match the managed attributes. `tags` are those that it
    carries, None where they are not managed."""
    change = drift(managed, image, tags)
    was = before(managed, image, tags)
    return Decision(
        was,
        after(managed, was),
        tuple(change.actions()),
        changed=bool(change),
        source_verified=verified,
        image=image,
        drift=change,
        tags=tags,
    )


# --- Which image


def select_image(desired: Desired, existing: ExistingImages, now: Clocks) -> ImageSelection:
    """Return which image the task is about, by provenance, age and policy.

    Raises Refused where an existing image forbids the task, ImageConflict where it is named in the
    result.
    """
    warnings: list[str] = []
    selection = _select_by_provenance(desired, existing, now, warnings.append)
    request = existing.unfinished_request
    if request and selection.image and selection.image.id == request.image_id:
        selection = selection._replace(adopted=request)
    _refuse_deactivated(desired, selection)
    for image in selection.delete:
        if image.deactivated:
            warnings.append(left_deactivated(image))
    delete = tuple(image for image in selection.delete if not image.deactivated)
    return selection._replace(delete=delete, warnings=tuple(warnings))


def _select_by_provenance(
    desired: Desired, existing: ExistingImages, now: Clocks, warn: Warn
) -> ImageSelection:
    policy = desired.policy
    different = existing.of(Provenance.DIFFERENT)
    acceptable = existing.acceptable
    superseded = _superseded(desired, existing, warn)
    if acceptable:
        accept_unknown_source(desired, acceptable[0], warn)
        return _select_by_age(desired, existing, acceptable, superseded, now, warn)
    if existing.unfinished_request is not None:
        return ImageSelection(None, superseded, adopted=existing.unfinished_request)
    if different and policy.differs is ConflictPolicy.KEEP:
        warn(f"{_other_source(desired, different[0])} It is kept as it is.")
        return ImageSelection(different[0], unmanaged=True)
    if different and policy.differs is ConflictPolicy.FAIL:
        raise ImageConflict(
            f"{_other_source(desired, different[0])} Choose another name, rename or remove that "
            "image, or set if_source_differs to replace or keep.",
            different[0].image.id,
        )
    return ImageSelection(None, superseded, rename=tuple(item.image for item in different))


def _superseded(desired: Desired, existing: ExistingImages, warn: Warn) -> tuple[Image, ...]:
    """Return the images that are deleted whichever one of the wanted source is kept: those to be
    replaced, and those that an interrupted task renamed but did not delete. Never images of unknown
    provenance."""
    policy = desired.policy
    going = existing.of(Provenance.DIFFERENT) if policy.differs is ConflictPolicy.REPLACE else []
    for item in existing.renamed_earlier:
        if item.provenance is Provenance.UNKNOWN:
            warn(
                f"Image {item.image} was renamed for a new one, but is not deleted: that it was "
                f"made from {desired.source.origin} could not be proved."
            )
        elif item.provenance is Provenance.SAME:
            going += [] if policy.keep_old else [item]
        elif policy.differs is ConflictPolicy.REPLACE:
            going.append(item)
    return tuple(item.image for item in going)


def _select_by_age(
    desired: Desired,
    existing: ExistingImages,
    acceptable: Sequence[ExistingImage],
    superseded: tuple[Image, ...],
    now: Clocks,
    warn: Warn,
) -> ImageSelection:
    """Return the newest acceptable image, or a new one where that is older than `max_age`."""
    max_age = desired.policy.max_age
    newest = acceptable[0]
    verified = newest.provenance is Provenance.SAME
    # An unknown source is never enough to delete.
    may_delete = verified and not desired.policy.keep_old
    if not _is_outdated(newest.image, max_age, now):
        older = acceptable[1:] if may_delete else ()
        return ImageSelection(newest, (*_outdated(older, max_age, now), *superseded))
    outdated = _outdated(acceptable, max_age, now)
    delete = (*(outdated if may_delete else ()), *superseded)
    unproven = existing.of(Provenance.UNKNOWN) if verified else []
    recent = [item for item in unproven if not _is_outdated(item.image, max_age, now)]
    if recent and existing.unfinished_request is None:
        # Most likely created by a task that was killed before it could write the source tag.
        accept_unknown_source(desired, recent[0], warn)
        return ImageSelection(recent[0], superseded)
    if not verified and not desired.policy.keep_old:
        warn(
            f"The old image {newest.image.id} is not deleted: that it was made from "
            f"{desired.source.origin} could not be proved."
        )
    in_flight = next((item for item in acceptable if item.image.in_flight), None)
    adopted = existing.unfinished_request if in_flight is None else None
    return ImageSelection(in_flight, delete, rename=outdated, adopted=adopted)


def _outdated(
    items: Sequence[ExistingImage], max_age: float | None, now: Clocks
) -> tuple[Image, ...]:
    return tuple(item.image for item in items if _is_outdated(item.image, max_age, now))


def _is_outdated(image: Image, max_age: float | None, now: Clocks) -> bool:
    """Whether the image is older than `max_age` (seconds); images in flight are new. Raises Refused
    where the clocks differ too much to decide."""
    if max_age is None or not image.ready or not now.older(image, max_age):
        return False
    now.check()
    return True


def accept_unknown_source(desired: Desired, item: ExistingImage, warn: Warn) -> None:
    """Warn of a source that could not be proved. Raises Refused where the policy demands proof."""
    if item.provenance is Provenance.SAME:
        return
    doubt = (
        f"that image '{desired.name}' ({item.image.id}) was made from {desired.source.origin} "
        f"could not be proved: {item.finding.why}"
    )
    if desired.policy.unknown is ConflictPolicy.FAIL:
        raise Refused(
            f"if_source_unknown is fail, and {doubt}. Choose another name, rename or remove that "
            "image, or set if_source_unknown: accept."
        )
    warn(f"{doubt[0].upper()}{doubt[1:]}. It was taken for the wanted one.")


# --- What forbids it


def _refuse_deactivated(desired: Desired, selection: ImageSelection) -> None:
    """Raise Refused where a deactivated image is the wanted one, or has to be renamed for it."""
    for image in (*([selection.image] if selection.image else []), *selection.rename):
        if image.deactivated:
            raise Refused(
                f"An image named '{desired.name}' exists ({image.id}), but it is deactivated, so "
                f"it can neither be used nor replaced. {REACTIVATE} Or delete it by its id, or "
                "choose another name."
            )


def _refuse_images_of_another_name(desired: Desired, images: Sequence[Image]) -> None:
    """Raise Refused for a replaced image that another name may need back."""
    for image in images:
        name = former_name(image)
        if image.name == desired.name and name is not None:
            raise Refused(
                f"Image {image} is the old image of '{name}', renamed to make room for a new one, "
                "so it is not replaced under its temporary name. Choose another name, or delete "
                "that image by its id first."
            )


# --- What is said about it


def _other_source(desired: Desired, item: ExistingImage) -> str:
    return (
        f"An image named '{desired.name}' exists ({item.image.id}), but {item.finding.why}; the "
        f"task wants one of {desired.source.origin}."
    )


def _warnings_about_others(
    desired: Desired, existing: ExistingImages, selection: ImageSelection
) -> list[str]:
    warnings = [
        f"Image {image} may be an old image of '{desired.name}' that was "
        "renamed to make room, but its name was cut, so that cannot be proved: it is neither "
        f"deleted nor given its name back. {DELETE_BY_ID}"
        for image in existing.perhaps_renamed
    ]
    image = selection.image
    concerned = {one.id for one in (*selection.delete, *([image] if image else []))}
    others = [
        f"{item.image.id} ({item.image.status})"
        for item in existing.candidates
        if item.image.id not in concerned
    ]
    if others:
        warnings.append(
            f"Several images are named '{desired.name}'; the task is about "
            f"{image.id if image else 'a new one'}, others are left alone: {', '.join(others)}. "
            f"{DELETE_BY_ID}"
        )
    return warnings


def _warnings_about_differences(desired: Desired, image: Image) -> list[str]:
    differences = desired.source.differences(image)
    if not differences:
        return []
    return [
        f"Image {image} exists, but differs from what the task asks for: "
        f"{'; '.join(differences)}. It is left as it is; to get another one, choose another "
        "name or delete it first."
    ]


# --- What is done


def _description(desired: Desired) -> str:
    return f"image '{desired.name}' of {desired.source.origin}"


def _create(desired: Desired, wait: bool) -> Decision:
    once_active = drift_after_create(desired, drift(desired.new, _NEW, {}))
    actions = [f"create {_description(desired)}", *(once_active.actions() if wait else ())]
    to_be = {
        **after(desired.new, {"name": desired.name}),
        "source": str(desired.source.origin),
    }
    return Decision(
        {}, to_be, tuple(actions), changed=True, source_verified=True, drift=once_active
    )


def _adopt(desired: Desired, selection: ImageSelection, wait: bool) -> Decision:
    """Return the decision about an image in flight. Attributes of the create request show once it
    is active; the others are compared now."""
    image = selection.image or _NEW
    tags = image.tags or {}
    once_active = drift_after_create(desired, drift(desired.new, image, tags))
    was = before(desired.new, image, tags)
    was.update(name=desired.name, status=image.status or None)
    actions: list[str] = []
    to_be = was
    if wait:
        actions = [
            f"wait for {_description(desired)} to become active",
            *once_active.actions(),
        ]
        to_be = {**after(desired.new, was), "status": "active"}
    return Decision(
        was,
        to_be,
        tuple(actions),
        changed=wait,
        source_verified=selection.verified,
        image=selection.image,
        drift=once_active,
        adopted=selection.adopted,
    )


def _leave(image: Image) -> Decision:
    """Return the decision to keep an image of another source, of which nothing is managed."""
    state = {"name": image.name}
    return Decision(state, state, (), changed=False, source_verified=False, image=image)


def _with_deletions(decision: Decision, delete: tuple[Image, ...], wait: bool) -> Decision:
    """Add the old images to the decision. They are deleted last, and only once the wanted image is
    active: not by a task that does not wait for it."""
    is_active = decision.image is not None and not decision.image.in_flight
    if not delete:
        return decision
    if not (is_active or wait):
        return decision._replace(delete_later=delete)
    ids = [image.id for image in delete]
    actions = [f"delete old image {image}" for image in delete]
    return decision._replace(
        before={**decision.before, "old_images": ids},
        after={**decision.after, "old_images": []},
        actions=(*decision.actions, *actions),
        changed=True,
        delete=delete,
    )


def _with_other_ids(desired: Desired, existing: ExistingImages, decision: Decision) -> Decision:
    """Add the ids of other images to the decision. An adopted image existed before this task, but
    not before its own create request."""
    origin = desired.source.origin
    others = {image.id for image in decision.renamed_earlier}
    others |= {origin.id} if origin.kind == "image" else set()
    image = decision.image
    adopted = {image.id} if image and image.in_flight else set()
    other_ids = (existing.ids | others) - adopted
    if existing.before_request is None:
        existed = existing.listed_ids | other_ids
    else:
        existed = existing.before_request | others
    return decision._replace(other_ids=other_ids, existed_before=existed - adopted)
