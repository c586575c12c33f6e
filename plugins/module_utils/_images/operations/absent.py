# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sure that an image does not exist: finds it by name, id or source, deletes it, and waits
until it is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from ..age import Clocks
from ..context import Task
from ..failures import Refused
from ..locking.image_lock import CreateRecord, ImageLock, lock_image
from ..locking.recovery import recover
from ..lookups import read_image, read_job, read_listed_images
from ..model.decision import Decision
from ..model.image import Image
from ..model.provenance import Identity, Provenance, SourceFinding
from ..present.existing import refuse_unidentified
from ..present.outcome import Outcome
from ..sources.protocol import Source, protect_source, provenance_by_create_record
from ..waiting.awaiting import wait_for_images
from ..waiting.deletable import check_deletable
from ..waiting.deletion import (
    finish_deletion,
    request_deletion,
    still_existing,
    wait_until_gone,
)

# Images in these states for longer than the slowest creation known, which takes hours, will never
# become active. In seconds.
_UNDER_WAY = frozenset(("queued", "saving"))
_LONGEST = 86400.0


@dataclass(frozen=True)
class Removal:
    """Which images are to be absent: one by id, or those of a name."""

    name: str | None = None
    image_id: str | None = None
    # Only images that are proved to be made from it.
    source: Source | None = None
    delete_all: bool = False
    delete_backup: bool = False

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any], source: Source | None) -> Removal:
        return cls(
            arguments.get("name"),
            arguments.get("image_id"),
            source,
            arguments["delete_all"],
            arguments.get("delete_backup", False),
        )

    def __str__(self) -> str:
        return f"image '{self.name}'" if self.image_id is None else f"image {self.image_id}"


@dataclass(frozen=True)
class Candidates:
    """All that was read about the images which a removal may mean."""

    images: tuple[Image, ...] = ()
    # Ids of those in flight that will never become active.
    stuck: frozenset[str] = frozenset()
    # Images that are deleted, but still listed.
    still_listed: tuple[Image, ...] = ()
    # By id, where a source is given.
    provenance: Mapping[str, SourceFinding] | None = None


def ensure_absent(task: Task, removal: Removal) -> Outcome:
    """Delete the images that the removal means.

    Raises Refused before anything is written, Failed or CloudError afterwards.
    """
    task.subject = removal.name or removal.image_id or ""
    if removal.source is not None:
        protect_source(task, removal.source)
    with lock_image(task, removal.name) if removal.name else nullcontext() as lock:
        with task.step(f"looking for {removal}"):
            created = _find_created(task, removal, lock.record if lock is not None else None)
            candidates = _read(task, removal, created)
            decision = decide_deletion(removal, candidates, wait=task.wait)
            for warning in decision.warnings:
                task.warn(warning)
            check_deletable(task, decision.delete)
        images = decision.delete
        task.image_id = images[0].id if images else removal.image_id
        if not task.check_mode:
            _delete(task, removal, images, candidates.stuck, lock)
            if task.wait:
                _wait_until_unlisted(task, removal, candidates.still_listed, lock)
            remains = created is not None and created.image.id not in decision.before["images"]
            if lock is not None and not remains:
                lock.forget_record()
    return Outcome(decision, images[0] if images else None)


# --- Reading


@dataclass(frozen=True)
class _Created:
    """An image that this machine created, as its create record says."""

    image: Image
    identity: Identity
    job_id: str | None


def _find_created(task: Task, removal: Removal, record: CreateRecord | None) -> _Created | None:
    """Find the image of the last create request, waiting until it can be seen."""
    if record is None:
        return None

    def look_up(again: bool) -> list[Image]:
        return still_existing(task, _look_up(task, removal))

    found = recover(task, record, str(removal.name), look_up, until_seen=True)
    if found is None or found.image is None:
        return None
    return _Created(found.image, record.identity, record.ids.job_id)


def _read(task: Task, removal: Removal, created: _Created | None) -> Candidates:
    # Everything of the name that is not being deleted already is, failed images too.
    shown = [image for image in _look_up(task, removal) if not image.being_deleted]
    jobs = {created.image.id: created.job_id} if created is not None else {}
    stuck = frozenset(image.id for image in shown if _is_stuck(task, image, jobs.get(image.id)))
    images = still_existing(task, shown, stuck)
    ids = {image.id for image in images}
    still_listed = tuple(image for image in shown if image.id not in ids)
    if removal.image_id is None:  # the list may show a name that an image had
        images = [image for image in images if image.name == removal.name]
    if created is not None and created.image.id not in ids:
        images.append(created.image)
    if removal.source is None:
        return Candidates(tuple(images), stuck, still_listed)
    source = removal.source
    provenance = {image.id: _provenance_of(task, source, image, created) for image in images}
    return Candidates(tuple(images), stuck, still_listed, provenance)


def _is_stuck(task: Task, image: Image, job_id: str | None) -> bool:
    """Whether an image is in flight only in name: too old by both clocks, and its job, as far as
    this machine knows it, unknown or over."""
    clocks = Clocks.of(task.client)
    if image.status not in _UNDER_WAY or clocks.disagreement or not clocks.older(image, _LONGEST):
        return False
    job = read_job(task.client, job_id) if job_id is not None else None
    return job is None or job.succeeded or job.failed


def _look_up(task: Task, removal: Removal) -> list[Image]:
    """Look up the images that the removal may mean: by a name never public ones, nor those that are
    shared with the project."""
    if removal.image_id is not None:
        image = read_image(task.client, removal.image_id)
        return [image] if image else []
    name = removal.name or ""
    images, unidentified = read_listed_images(task, name)
    refuse_unidentified(name, unidentified)
    return [image for image in images if image.name == name]


def _provenance_of(
    task: Task, source: Source, image: Image, created: _Created | None
) -> SourceFinding:
    if created is not None and image.id == created.image.id:
        return provenance_by_create_record(source, image, created.identity, task)
    return source.provenance_of(image, task)


# --- Deciding, on data


def decide_deletion(removal: Removal, candidates: Candidates, *, wait: bool) -> Decision:
    """Return which images are deleted. `wait`: whether images in flight are waited for first.

    Raises Refused where that is not clear enough to delete anything.
    """
    warnings: list[str] = []
    images = _proved(removal, candidates, warnings)
    usable = [image for image in images if not image.dead]  # nobody misses failed ones
    if len(usable) > 1 and not removal.delete_all:
        ids = ", ".join(sorted(image.id for image in usable))
        raise Refused(
            f"{len(usable)} images are named '{removal.name}': {ids}. Give the image_id of the one "
            "to delete, or set delete_all: true for all of them."
        )
    for image in images:
        if image.in_flight and not wait and image.id not in candidates.stuck:
            raise Refused(
                f"Image {image} is still being created and cannot be deleted yet. Set wait: true "
                "to wait for that, or run this again later."
            )
    backups = [image.text("__backup_id") for image in images if image.text("__backup_id")]
    actions = [f"delete image {image}" for image in images]
    if removal.delete_backup:
        actions += [f"delete backup {backup}" for backup in backups]
    return Decision(
        before={"images": [image.id for image in images], "backups": backups},
        after={"images": [], "backups": [] if removal.delete_backup else backups},
        actions=tuple(actions),
        changed=bool(images),
        source_verified=removal.source is not None,
        warnings=tuple(warnings),
        delete=tuple(images),
    )


def _proved(removal: Removal, candidates: Candidates, warnings: list[str]) -> list[Image]:
    """Return the images that are proved to be of the source. Unknown provenance is never enough to
    delete, nor to say that there is nothing to delete."""
    if removal.source is None or candidates.provenance is None:
        return list(candidates.images)
    proved = []
    for image in candidates.images:
        finding = candidates.provenance[image.id]
        if finding.provenance is Provenance.SAME:
            proved.append(image)
        elif finding.provenance is Provenance.UNKNOWN:
            raise Refused(
                f"That image {image} was made from {removal.source.origin} could not be proved: "
                f"{finding.why}. Give its image_id, or its name alone, to delete it."
            )
        else:
            warnings.append(f"Image {image} is left alone: {finding.why}.")
    return proved


# --- Deleting


def _delete(
    task: Task,
    removal: Removal,
    images: Sequence[Image],
    stuck: frozenset[str],
    lock: ImageLock | None,
) -> None:
    """Delete the images, recorded so that the next task of this machine knows what lists may go on
    to show."""
    with task.step("waiting for the image to be created, so that it can be deleted"):
        # One that fails meanwhile can be deleted as well.
        wait_for_images(task, [image for image in images if image.id not in stuck])
    if lock is not None and images:
        lock.record_deletions({image.id for image in images} | lock.deleting)
    backup_left = {
        image.id: request_deletion(task, image, removal.delete_backup, image.id in stuck)
        for image in images
    }
    for image in images:
        finish_deletion(task, image, removal.delete_backup, backup_left[image.id])


def _wait_until_unlisted(
    task: Task, removal: Removal, images: Sequence[Image], lock: ImageLock | None
) -> None:
    """Wait for images that an earlier task has deleted."""
    with task.step(f"waiting for {removal} to be gone from the list"):
        for image in images:
            wait_until_gone(task, image)
    if lock is not None:
        lock.record_deletions(())
