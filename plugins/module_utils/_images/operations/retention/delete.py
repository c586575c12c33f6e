# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes the images that were decided upon; the failure of one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from ...._cloud.errors import CloudError, ImsError
from ...context import Task
from ...locking.image_lock import lock_image
from ...lookups import own_images
from ...model.image import Image
from ...result import message
from ...waiting.deletion import finish_deletion, request_deletion
from ...waiting.progress import RequestProgress
from .decision import Inventory, RetentionDecision, reconsider
from .look_up import in_batches, look_up_states

T = TypeVar("T")

# Images of so many names are deleted at once.
_NAMES = 10


@dataclass(frozen=True)
class RetentionOutcome:
    """What a decision has led to."""

    decision: RetentionDecision
    # Why the deletion failed, or is not finished.
    error: str | None = None
    # The cloud has accepted the deletion.
    accepted: bool = False

    @property
    def image(self) -> Image:
        return self.decision.image

    @property
    def deleted(self) -> bool:
        """Whether its deletion was accepted or, in check mode, is predicted."""
        return self.decision.delete and (self.error is None or self.accepted)

    @property
    def failure(self) -> str | None:
        """Why the image was not deleted."""
        return None if self.accepted else self.error


Outcomes = dict[str, RetentionOutcome]


def delete_images(
    task: Task, known: Inventory, decisions: Sequence[RetentionDecision], delete_backup: bool
) -> list[RetentionOutcome]:
    """Request all deletions, the oldest images first, before any is waited for."""
    outcomes = {one.image.id: RetentionOutcome(one) for one in decisions}
    requested: list[tuple[Image, bool]] = []
    total = sum(decision.delete for decision in decisions)
    progress, count = RequestProgress(task, "deleting images", total), 0
    for batch in _confirmed_batches(task, known, decisions, outcomes):
        for part in _by_names(batch):
            images = [decision.image for decision in part]
            reached = partial(progress.reached, before=count)
            results, error = _try(
                task, partial(_request_deletions, task, images, delete_backup, reached)
            )
            for decision, (backup_left, own_error) in zip(
                part, results or [(None, error)] * len(part)
            ):
                accepted = task.deletions.get(decision.image.id, False)
                outcomes[decision.image.id] = RetentionOutcome(decision, own_error, accepted)
                if own_error is None:
                    requested.append((decision.image, bool(backup_left)))
            count += len(part)
    _await_all(task, requested, delete_backup, outcomes)
    return list(outcomes.values())


def _confirmed_batches(
    task: Task, known: Inventory, decisions: Sequence[RetentionDecision], outcomes: Outcomes
) -> Iterator[list[RetentionDecision]]:
    """Yield the images that are deleted, oldest first, each batch right after it was looked up.

    Outcomes of images that turn out to be kept, gone, or impossible to look up are recorded.
    """
    failure: str | None = None
    for batch in in_batches(decisions):
        looked_up, error = (
            (None, failure) if failure else _try(task, partial(look_up_states, task, known, batch))
        )
        if looked_up is None:
            failure = error
            outcomes.update((one.image.id, RetentionOutcome(one, error)) for one in batch)
            continue
        left = reconsider(looked_up, batch)
        outcomes.update((one.image.id, RetentionOutcome(one)) for one in left)
        for image_id in {one.image.id for one in batch} - {one.image.id for one in left}:
            del outcomes[image_id]
        yield [decision for decision in left if decision.delete]


def _by_names(decisions: Sequence[RetentionDecision]) -> Iterator[list[RetentionDecision]]:
    """Yield parts of a few names each, whose locks are held while their images are deleted."""
    by_name: dict[str, list[RetentionDecision]] = {}
    for decision in decisions:
        by_name.setdefault(decision.image.name, []).append(decision)
    names = list(by_name)
    for start in range(0, len(names), _NAMES):
        some = names[slice(start, start + _NAMES)]
        yield [decision for name in some for decision in by_name[name]]


def _request_deletions(
    task: Task, images: Sequence[Image], delete_backup: bool, reached: Callable[[int], None]
) -> list[tuple[bool | None, str | None]]:
    """Return for each image what `request_deletion` returns, or why it failed; several are sent at
    once.

    The deletions are recorded, so that no task of this machine takes an image for existing that the
    list goes on to show. All tasks take locks in the same order and so never wait for each other.
    """
    with ExitStack() as locks:
        for name in sorted({image.name for image in images}):
            lock = locks.enter_context(lock_image(task, name))
            ids = {image.id for image in images if image.name == name}
            lock.record_deletions(lock.deleting | ids)
            if lock.record is not None and lock.record.ids.image_id in ids:
                lock.forget_record()
        return task.client.run_concurrently(
            [partial(_request_deletion, task, image, delete_backup) for image in images], reached
        )


def _request_deletion(
    task: Task, image: Image, delete_backup: bool
) -> tuple[bool | None, str | None]:
    own = replace(task)  # each one says for itself what is being done
    return _try(own, partial(request_deletion, own, image, delete_backup))


def _await_all(
    task: Task,
    requested: Sequence[tuple[Image, bool]],
    delete_backup: bool,
    outcomes: Outcomes,
) -> None:
    listed = _still_listed(task, [image for image, _backup_left in requested])
    for image, backup_left in requested:
        waits = task.wait and image.id in listed
        finish = partial(_finish_deletion, task, image, delete_backup, backup_left, waits)
        error = _try(task, finish)[1]
        outcomes[image.id] = replace(outcomes[image.id], error=error)


def _still_listed(task: Task, images: Sequence[Image]) -> set[str]:
    """Return the ids of those deleted images that have to be waited for. Of many, one list tells
    which are gone."""
    ids = {image.id for image in images}
    if not task.wait or len(ids) < 2:
        return ids
    try:
        return ids & {image.id for image in own_images(task.client)}
    except CloudError:  # the wait for each of them finds out more
        return ids


def _finish_deletion(
    task: Task, image: Image, delete_backup: bool, backup_left: bool, waits: bool
) -> None:
    finish_deletion(task, image, delete_backup, backup_left, waits)
    if task.wait:
        with lock_image(task, image.name) as lock:
            lock.record_deletions(lock.deleting - {image.id})


def _try(task: Task, action: Callable[[], T]) -> tuple[T | None, str | None]:
    """Return what the action returns, or why it failed, in words."""
    doing = task.doing
    try:
        return action(), None
    except ImsError as error:
        text = message(task, error)
        task.doing = doing
        return None, text
