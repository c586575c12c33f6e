# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what exists: images of the wanted name, their provenance, what became of an earlier create
request, and what else a decision about them rests on. Writes nothing to the cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..._cloud import ims
from ..age import Clocks
from ..context import Task
from ..locking.image_lock import CreateRecord, ImageLock
from ..lookups import own_images, read_listed_images
from ..model.image import Image
from ..model.managed import ManagedAttributes
from ..model.provenance import Provenance
from ..model.replaced import is_replaced, may_be_replaced
from ..sources.protocol import provenance_by_create_record, provenance_of
from .decide import select_image
from .desired import Desired
from .existing import ExistingImage, ExistingImages

if TYPE_CHECKING:
    from ..locking.recovery import Recovered

# How long a list serves the items of a loop of which none has to be changed, in seconds.
_SHARED_LIST_SECONDS = 5.0


def find(task: Task, desired: Desired) -> ExistingImages:
    """Look up the images that the task may be about, with their provenance."""
    images, unidentified = _list(task, desired)
    existing = _with_provenance(task, desired, images)
    listed_ids = frozenset(image.id for image in images)
    return replace(existing, listed_ids=listed_ids, unidentified=tuple(unidentified))


def find_in_shared_list(task: Task, desired: Desired) -> ExistingImages | None:
    """Return the same from a list of all images that is some seconds old, and that the items of a
    loop or the entries of a batch share; None where there is none.

    That of a loop may leave out images that exist. For a task that may rename images no list
    suffices that shows any.
    """
    may_rename = desired.policy.may_rename_existing
    if task.listed is not None:
        images = task.listed()
    elif may_rename:
        return None
    else:
        ask = partial(own_images, task.client, thorough=False)
        images = task.client.shared("images", ask, _SHARED_LIST_SECONDS)
    if images is None or (may_rename and any(_concerns(image, desired) for image in images)):
        return None
    return _with_provenance(task, desired, images)


def images_of_name(task: Task, desired: Desired) -> list[Image]:
    """Look up all usable images of the wanted name that the project owns, replaced ones included.

    `owner` keeps public and foreign images out, and keeps own images in that are shared out (IMS
    API reference, "Querying Images"). No status is asked for: an image in flight counts.
    """
    return [image for image in _list(task, desired)[0] if _concerns(image, desired)]


def read_existing(task: Task, desired: Desired, lock: ImageLock) -> ExistingImages:
    """Look up the images that the task may be about, and what became of the last create request of
    this machine."""
    existing = _find_undeleted(task, desired, lock)
    if lock.record is None:
        return existing
    existing, recovered = _recover(task, desired, existing, lock, lock.record)
    if recovered is None:
        lock.forget_record()
    elif recovered.unfinished is not None:
        before = lock.record.other_ids
        existing = replace(existing, unfinished_request=recovered.unfinished, before_request=before)
    return existing


def complete(task: Task, desired: Desired, existing: ExistingImages, now: Clocks) -> ExistingImages:
    """Read what only some decisions rest on, if this one does.

    Lists go on to show deleted images. So none is deleted, and no other one deleted for its sake,
    that has not been read by itself. The tags of the image that is kept are read where they are
    managed.
    """
    while True:
        kept, going = select_image(desired, existing, now).rests_on
        unconfirmed = [one for one in (*kept, *going) if one.id not in existing.confirmed_ids]
        if not unconfirmed:
            break
        present = {image.id: image for image in _still_existing(task, unconfirmed)}
        going_ids = {image.id for image in going}
        ids = frozenset(image.id for image in unconfirmed)
        usable = {one.id for one in present.values() if not one.dead}
        existing = existing.without(ids - usable).updated(
            {image_id: image for image_id, image in present.items() if image_id in going_ids}
        )
        existing = replace(existing, confirmed_ids=existing.confirmed_ids | ids)
    image = select_image(desired, existing, now).managed_image
    if image is None:
        return existing
    tags = read_tags(task, desired.managed, image)
    return existing if tags is None else replace(existing, tags={image.id: tags})


def read_tags(task: Task, managed: ManagedAttributes, image: Image) -> Mapping[str, str] | None:
    """Read the tags of an image; None where tags are not managed."""
    if managed.tags is None:
        return None
    with task.step(f"reading the tags of image {image}"):
        return ims.list_tags(task.client, image.id)


def _with_provenance(task: Task, desired: Desired, images: Sequence[Image]) -> ExistingImages:
    concerned = sorted(
        (image for image in images if _concerns(image, desired)),
        key=lambda image: (image.ready, image.in_flight, *image.seniority),
        reverse=True,
    )
    named = [image for image in concerned if image.name == desired.name]
    others = [image for image in concerned if image.name != desired.name]
    known = task.known_renamed
    replaced = [image for image in others if is_replaced(image, desired.name, known)]

    def found(images: list[Image]) -> tuple[ExistingImage, ...]:
        return tuple(
            ExistingImage(image, provenance_of(desired.source, image, task)) for image in images
        )

    perhaps = tuple(image for image in others if image not in replaced)
    return ExistingImages(found(named), found(replaced), perhaps)


def _list(task: Task, desired: Desired) -> tuple[list[Image], list[str]]:
    """List the images of the name; for a task that may rename images all of the project, as there
    is no filter for replaced ones."""
    return read_listed_images(task, desired.name, filtered=not desired.policy.may_rename_existing)


def _concerns(image: Image, desired: Desired) -> bool:
    replaced = desired.policy.may_rename_existing and may_be_replaced(image, desired.name)
    return (image.name == desired.name or replaced) and not image.dead


def _find_undeleted(task: Task, desired: Desired, lock: ImageLock) -> ExistingImages:
    """Look up the images, without those that this machine has deleted, which the list may go on to
    show. Where the create record cannot be read, that may be any image."""
    existing = find(task, desired)
    unreadable = lock.record is not None and lock.record.unreadable
    suspected = {item.image.id for item in existing.candidates} if unreadable else lock.deleting
    shown = existing.ids & suspected
    if not shown:
        if lock.deleting:
            lock.record_deletions(())
        return existing
    suspects = [item.image for item in existing.candidates if item.image.id in shown]
    present = {image.id for image in _still_existing(task, suspects)}
    return existing.without(shown - present)


def _still_existing(task: Task, images: list[Image]) -> list[Image]:
    from ..waiting.deletion import still_existing

    return still_existing(task, images)


def _recover(
    task: Task, desired: Desired, existing: ExistingImages, lock: ImageLock, record: CreateRecord
) -> tuple[ExistingImages, Recovered | None]:
    """Find out what became of an earlier create request; its image's provenance goes by the record.
    An image of another source has to be seen before anything can be decided."""
    from ..locking.recovery import recover

    same_request = desired.source.identity.is_met_by(record.identity)

    def look_up(again: bool) -> list[Image]:
        nonlocal existing
        if again:
            existing = _find_undeleted(task, desired, lock)
        return [
            item.image
            for item in existing.candidates
            if not same_request or item.provenance is not Provenance.DIFFERENT
        ]

    found = recover(task, record, desired.name, look_up, until_seen=not same_request)
    if found is None:
        return existing, None
    if not same_request:
        found = replace(found, unfinished=None)
    if found.image is not None:
        finding = provenance_by_create_record(desired.source, found.image, record.identity, task)
        untagged = same_request and not record.done
        existing = existing.with_candidate(ExistingImage(found.image, finding, untagged))
    return existing, found
