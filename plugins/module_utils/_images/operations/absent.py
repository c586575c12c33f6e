# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sure that an image is not there: found by name, id or source, deleted, and waited for until
it is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from ..context import Task
from ..failures import Refused
from ..locking.image_lock import CreateRecord, ImageLock, lock_image
from ..locking.recovery import recover
from ..lookups import listed, refuse_unidentified, see
from ..model.image import Image
from ..model.managed import Drift
from ..model.plan import Plan
from ..model.provenance import Identity, Provenance
from ..present.outcome import Outcome
from ..sources.protocol import Source, protect_source, provenance_by_create_record
from ..waiting.awaited import Awaited
from ..waiting.awaiting import wait_for
from ..waiting.deletion import (
    await_deletions,
    check_deletable,
    request_deletion,
    still_existing,
    wait_until_gone,
)
from ..waiting.stuck import is_stuck

# On their way out already; everything else of the name, failed images too, is to go.
_GOING = ("deleted", "pending_delete")


@dataclass(frozen=True)
class Removal:
    """Which images are to go: one by id, or those of a name; source: only those proved to be of
    it."""

    name: str | None = None
    image_id: str | None = None
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


def ensure_absent(task: Task, removal: Removal) -> Outcome:
    """Raises Refused before anything is written, Failed or CloudError afterwards."""
    task.subject = removal.name or removal.image_id or ""
    if removal.source is not None:
        protect_source(task, removal.source)
    with lock_image(task, removal.name) if removal.name else nullcontext() as lock:
        record = lock.record if lock is not None else None
        with task.step(f"looking for {removal}"):
            ordered = _ordered(task, removal, record)
            chosen = _chosen(task, removal, ordered)
        images = chosen.images
        plan = _plan(task, removal, images)
        if not task.check_mode:
            _delete(task, removal, chosen, lock)
            if task.wait:
                _see_off(task, removal, chosen.going, lock)
            if lock is not None and (ordered is None or ordered.image.id in plan.before["images"]):
                lock.forget_record()
    return Outcome(plan, images[0] if images else None)


@dataclass(frozen=True)
class _Chosen:
    """images: those to delete; stuck: ids of those that will never become active. going: those that
    are deleted, but listed still."""

    images: list[Image]
    stuck: frozenset[str]
    going: list[Image]


def _delete(task: Task, removal: Removal, chosen: _Chosen, lock: ImageLock | None) -> None:
    """In a way that a task which comes next does not take for there what is still listed."""
    images, stuck = chosen.images, chosen.stuck
    _wait_for_those_in_flight(task, [image for image in images if image.id not in stuck])
    if lock is not None and images:
        lock.record_deletions({image.id for image in images} | lock.deleting)
    left = {
        image.id: request_deletion(task, image, removal.delete_backup, image.id in stuck)
        for image in images
    }
    for image in images:
        await_deletions(task, image, removal.delete_backup, left[image.id])


def _see_off(task: Task, removal: Removal, going: Sequence[Image], lock: ImageLock | None) -> None:
    """Those that an earlier task has deleted may still be listed."""
    with task.step(f"waiting for {removal} to be gone from the list"):
        for image in going:
            wait_until_gone(task, image)
    if lock is not None:
        lock.record_deletions(())


@dataclass(frozen=True)
class _Ordered:
    """An image that this machine has ordered, of what, and by which job."""

    image: Image
    identity: Identity
    job_id: str | None


def _ordered(task: Task, removal: Removal, record: CreateRecord | None) -> _Ordered | None:
    """One that the cloud may not list yet is to go as well: it is waited for until it shows."""
    if record is None:
        return None

    def look(again: bool) -> list[Image]:
        return still_existing(task, _there(task, removal))

    found = recover(task, record, str(removal.name), look, insist=True)
    if found is None or found.image is None:
        return None
    return _Ordered(found.image, record.identity, record.started.job_id)


def _chosen(task: Task, removal: Removal, ordered: _Ordered | None) -> _Chosen:
    """Raises Refused."""
    listed = [image for image in _there(task, removal) if image.status not in _GOING]
    stuck = _stuck(task, listed, ordered)
    images = still_existing(task, listed, stuck)
    there = {image.id for image in images}
    going = [image for image in listed if image.id not in there]
    if removal.image_id is None:  # the list may show a name that an image had
        images = [image for image in images if image.name == removal.name]
    if ordered is not None and ordered.image.id not in there:
        images.append(ordered.image)
    if removal.source is not None:
        images = _proved(task, removal.source, images, ordered)
    usable = [image for image in images if not image.dead]  # failed ones are nobody's loss
    if len(usable) > 1 and not removal.delete_all:
        ids = ", ".join(sorted(image.id for image in usable))
        raise Refused(
            f"{len(usable)} images are named '{removal.name}': {ids}. Give the image_id of the one "
            "to delete, or set delete_all: true for all of them."
        )
    check_deletable(task, images)
    if not task.wait:
        _refuse_those_in_flight([image for image in images if image.id not in stuck])
    return _Chosen(images, stuck, going)


def _stuck(task: Task, images: Sequence[Image], ordered: _Ordered | None) -> frozenset[str]:
    """The ids of those that would be waited for in vain."""
    jobs = {ordered.image.id: ordered.job_id} if ordered is not None else {}
    return frozenset(image.id for image in images if is_stuck(task, image, jobs.get(image.id)))


def _there(task: Task, removal: Removal) -> list[Image]:
    """Images shared with the project, and public ones, are never meant by a name."""
    if removal.image_id is not None:
        image = see(task.client, removal.image_id)
        return [image] if image else []
    name = removal.name or ""
    images, doubtful = listed(task, name)
    refuse_unidentified(name, doubtful)
    return [image for image in images if image.name == name]


def _proved(
    task: Task, source: Source, images: Sequence[Image], ordered: _Ordered | None
) -> list[Image]:
    """A doubt is never enough to delete, nor to say that there is nothing to delete."""
    chosen = []
    for image in images:
        if ordered is not None and image.id == ordered.image.id:
            finding = provenance_by_create_record(source, image, ordered.identity, task)
        else:
            finding = source.provenance_of(image, task)
        if finding.provenance is Provenance.SAME:
            chosen.append(image)
        elif finding.provenance is Provenance.UNKNOWN:
            raise Refused(
                f"That image '{image.name}' ({image.id}) was made from {source.origin} could not "
                f"be proved: {finding.why}. Give its image_id, or its name alone, to delete it."
            )
        else:
            task.warn(f"Image '{image.name}' ({image.id}) is left alone: {finding.why}.")
    return chosen


def _refuse_those_in_flight(images: Sequence[Image]) -> None:
    for image in images:
        if image.in_flight:
            raise Refused(
                f"Image '{image.name}' ({image.id}) is still being made and cannot be deleted yet. "
                "Set wait: true to wait for that, or run this again later."
            )


def _wait_for_those_in_flight(task: Task, images: Sequence[Image]) -> None:
    awaited = [
        Awaited(image.name, image_id=image.id, image=image) for image in images if image.in_flight
    ]
    with task.step("waiting for the image to be made, so that it can be deleted"):
        wait_for(task, awaited)  # one that fails meanwhile is as good as one that is done


def _plan(task: Task, removal: Removal, images: Sequence[Image]) -> Plan:
    task.image_id = images[0].id if images else removal.image_id
    backups = [image.text("__backup_id") for image in images if image.text("__backup_id")]
    ids = [image.id for image in images]
    actions = [f"delete image '{image.name}' ({image.id})" for image in images]
    if removal.delete_backup:
        actions += [f"delete backup {backup}" for backup in backups]
    return Plan(
        None,
        Drift({}, {}, {}),
        before={"images": ids, "backups": backups},
        after={"images": [], "backups": [] if removal.delete_backup else backups},
        actions=tuple(actions),
        changed=bool(images),
        source_verified=removal.source is not None,
    )
