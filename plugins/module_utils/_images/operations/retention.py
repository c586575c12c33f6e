# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes the images that their families no longer keep, one's failure not stopping the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from ..._cloud import ecs, ims
from ..._cloud.errors import CloudError, ImsError, Unavailable
from ..age import Clocks
from ..context import Task
from ..failures import Incomplete
from ..locking.image_lock import lock_image
from ..model.image import Image
from ..result import message, success
from ..waiting.deletion import await_deletions, not_own, obstacle, request_deletion, still_existing
from ..waiting.progress import Count
from .deletion_lookups import look_up
from .listing import tags_of
from .retention_rules import (
    Decisions,
    ImageFamily,
    PreDeletionState,
    RelatedImages,
    RetentionDecision,
    counted_images,
    decide_retention,
    keep_all,
    keep_forbidden,
    keep_replaced,
    keep_shared,
    keep_used,
    label_of,
    with_states,
)

# Being deleted already: neither kept nor deleted.
_GOING = ("deleted", "pending_delete")
# So many images are asked for their members, then deleted, before others are asked.
_BATCH = 100
# Images of so many names are deleted at once.
_NAMES = 10


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task's result. Raises Incomplete if something that goes could not be deleted."""
    families = [ImageFamily(**family) for family in arguments["families"]]
    if not task.check_mode:  # what was predicted exists by now
        families = [replace(family, predicted=0) for family in families]
    keep = frozenset(arguments["keep"])
    with task.step("looking for the images of the families"):
        decisions = _decide(task, families, keep, arguments["enterprise_project_id"])
    if not task.check_mode:
        decisions = _delete(task, decisions, keep, arguments["delete_backup"])
    result = _result(decisions, arguments["delete_backup"])
    with task.step("deleting what is no longer to be kept"):
        _fail_if_incomplete(decisions, result)
    return result


# --- Reading, as far as something would be deleted otherwise


def _decide(
    task: Task, families: Sequence[ImageFamily], keep: frozenset[str], project: str | None
) -> list[RetentionDecision]:
    """Newest first."""
    listed = map(Image.from_wire, _own_images(task, enterprise_project_id=project))
    images = [image for image in listed if image.status not in _GOING and not not_own(task, image)]
    related = _related_images(task, families, images)
    where = f"enterprise project {project}" if project else "project"
    _warn_of_wide_families(task, related, images, where)
    _warn_of_idle_entries(task, keep, images, where)
    clocks = Clocks.of(task.client)
    decisions: Decisions = _without_deleted(task, related, keep, clocks)
    decisions = keep_replaced(decisions, {image.name for image in images if image.ready})
    decisions = _without_forbidden(task, decisions)
    decisions = _without_used(task, decisions)
    decisions = _confirm_oldest(task, decisions, keep)
    if any(decision.goes and decision.by_age for decision in decisions):
        clocks.check()
    return list(decisions)


def _own_images(task: Task, **query: Any) -> list[dict[str, Any]]:
    return ims.list_images(task.client, owner=task.client.project_id, **query)


def _related_images(
    task: Task, families: Sequence[ImageFamily], images: Sequence[Image]
) -> RelatedImages:
    tags = partial(tags_of, task)
    tagged = [family for family in families if family.tag is not None]
    unclear = [
        image
        for image in images
        if image.certain_tags is None and any(family.may_include(image) for family in tagged)
    ]
    progress = Count(task, "looking up tags of images", len(unclear))
    task.client.run_concurrently([partial(tags, image) for image in unclear], progress.reached)
    return [(family, [one for one in images if family.includes(one, tags)]) for family in families]


def _warn_of_wide_families(
    task: Task, related: RelatedImages, images: Sequence[Image], where: str
) -> None:
    for family, ones in related:
        if images and len(ones) == len(images):
            task.warn(
                f"The family '{family}' matches every image of the {where} ({len(images)}). If some"
                " of them do not belong to it, narrow its name, tag or source."
            )


def _warn_of_idle_entries(
    task: Task, keep: frozenset[str], images: Sequence[Image], where: str
) -> None:
    known = {image.name for image in images} | {image.id.lower() for image in images}
    for entry in sorted(keep - known):
        task.warn(
            f"No image of the {where} has the id or name '{entry}' that is listed in keep, so this"
            " entry keeps nothing. Check how it is written."
        )


def _without_deleted(
    task: Task, related: RelatedImages, keep: frozenset[str], clocks: Clocks
) -> list[RetentionDecision]:
    """Lists go on to show deleted images, which must not count among the newest. So those that
    count are looked up, of families of which something goes."""
    present: set[str] = set()
    gone: set[str] = set()
    while True:
        left = [(family, [one for one in ones if one.id not in gone]) for family, ones in related]
        decisions = decide_retention(left, keep, clocks)
        unconfirmed = [one for one in counted_images(left, decisions) if one.id not in present]
        if not unconfirmed:
            return decisions
        present.update(image.id for image in still_existing(task, unconfirmed))
        gone.update({image.id for image in unconfirmed} - present)


def _without_forbidden(task: Task, decisions: Decisions) -> list[RetentionDecision]:
    obstacles = {one.image.id: obstacle(task, one.image) for one in decisions if one.goes}
    return keep_forbidden(decisions, obstacles)


def _without_used(task: Task, decisions: Decisions) -> list[RetentionDecision]:
    if not any(decision.goes for decision in decisions):
        return list(decisions)
    try:
        servers = ecs.list_servers(task.client)
    except Unavailable as error:
        task.warn(
            f"Nothing is deleted, because which images servers use cannot be looked up: {error} "
            "Have these credentials permitted to list servers (ECS), or check that the service can "
            "be reached."
        )
        return keep_all(decisions, "whether a server uses it cannot be looked up")
    unclear = next((server for server in servers if server.image_ids is None), None)
    if unclear is not None:
        task.warn(
            f"Nothing is deleted, because which image server {label_of(unclear)} uses cannot be "
            "read in the answer of the cloud."
        )
    return keep_used(decisions, servers)


def _confirm_oldest(
    task: Task, decisions: Decisions, keep: frozenset[str]
) -> list[RetentionDecision]:
    """Look up the oldest images that go. The others a real run looks up in batches, right before it
    deletes them; check mode believes the list about them, unless that has turned out to hide
    something."""
    going = [decision.image for decision in reversed(decisions) if decision.goes]
    first, rest = going[:_BATCH], going[_BATCH:]
    states = look_up(task, first)
    if rest and all(state.image and state.shared is None for state in states.values()):
        states.update((image.id, PreDeletionState(image, shared=None)) for image in rest)
    elif rest and task.check_mode:
        confirmed = [one for one in _with_states(task, decisions, keep, states) if one.confirmed]
        if all(decision.goes for decision in confirmed):
            task.warn(
                f"{len(rest)} of the images that would be deleted were not looked up one by one:"
                " that they are not shared is what their type says. A real run looks up each"
                " image before it deletes it."
            )
        else:
            states.update(look_up(task, rest))
    return _with_states(task, decisions, keep, states)


def _with_states(
    task: Task,
    decisions: Decisions,
    keep: frozenset[str],
    states: Mapping[str, PreDeletionState],
) -> list[RetentionDecision]:
    """Decide again on the images that were looked up."""
    decided = with_states(decisions, keep, states)
    looked_up = [one for one in decided if one.goes and one.image.id in states]
    obstacles = {one.image.id: obstacle(task, one.image) for one in looked_up}
    return keep_shared(keep_forbidden(decided, obstacles), states)


# --- Deleting


def _delete(
    task: Task, decisions: Sequence[RetentionDecision], keep: frozenset[str], delete_backup: bool
) -> list[RetentionDecision]:
    """Request all deletions, the oldest images first, then wait for them."""
    done = {decision.image.id: decision for decision in decisions}
    requested: list[tuple[Image, bool]] = []
    progress, count = (
        Count(task, "deleting images", sum(decision.goes for decision in decisions)),
        0,
    )
    for batch in _to_delete(task, done, keep):
        for some in _by_names(batch):
            images = [decision.image for decision in some]
            reached = partial(_reached, progress, count)
            outcomes, error = _try(
                task, partial(_request_deletions, task, images, delete_backup, reached)
            )
            for decision, (left, own) in zip(some, outcomes or [(None, error)] * len(some)):
                accepted = task.deletions.get(decision.image.id, False)
                done[decision.image.id] = replace(decision, error=own, accepted=accepted)
                if own is None:
                    requested.append((decision.image, bool(left)))
            count += len(some)
    listed = _still_listed(task, [image for image, _left in requested])
    for image, left in requested:
        waits = task.wait and image.id in listed
        error = _try(task, partial(_finish_deletion, task, image, delete_backup, left, waits))[1]
        done[image.id] = replace(done[image.id], error=error)
    return list(done.values())


def _to_delete(
    task: Task, done: dict[str, RetentionDecision], keep: frozenset[str]
) -> Iterator[list[RetentionDecision]]:
    """Yield what goes, the oldest first, in batches that have been looked up; decisions about the
    others are put into `done`."""
    going = [decision for decision in reversed(list(done.values())) if decision.goes]
    for start in range(0, len(going), _BATCH):
        batch = going[start : start + _BATCH]
        unseen = [decision.image for decision in batch if not decision.confirmed]
        states, error = _try(task, partial(look_up, task, unseen))
        if states is None:
            done.update(
                (decision.image.id, replace(decision, error=error)) for decision in going[start:]
            )
            return
        left = {decision.image.id: decision for decision in _with_states(task, batch, keep, states)}
        for decision in batch:
            if decision.image.id not in left:
                del done[decision.image.id]
        done.update(left)
        yield [decision for decision in left.values() if decision.goes]


def _by_names(decisions: Sequence[RetentionDecision]) -> Iterator[list[RetentionDecision]]:
    """Yield parts of a few names each, whose locks are held while their images are deleted."""
    by_name: dict[str, list[RetentionDecision]] = {}
    for decision in decisions:
        by_name.setdefault(decision.image.name, []).append(decision)
    names = list(by_name)
    for start in range(0, len(names), _NAMES):
        yield [decision for name in names[start : start + _NAMES] for decision in by_name[name]]


def _still_listed(task: Task, images: Sequence[Image]) -> set[str]:
    """Return the ids of the deleted images to wait for. Of many, one list shows which are gone."""
    ids = {image.id for image in images}
    if not task.wait or len(ids) < 2:
        return ids
    try:
        return ids & {wire.get("id") for wire in _own_images(task)}
    except CloudError:  # waiting for each of them shows more
        return ids


T = TypeVar("T")


def _try(task: Task, action: Callable[[], T]) -> tuple[T | None, str | None]:
    """Return what it returns, or why it failed, in words."""
    doing = task.doing
    try:
        return action(), None
    except ImsError as error:
        text = message(task, error)
        task.doing = doing
        return None, text


def _reached(progress: Count, before: int, count: int) -> None:
    progress.reached(before + count)


def _request_deletions(
    task: Task, images: Sequence[Image], delete_backup: bool, reached: Callable[[int], None]
) -> list[tuple[bool | None, str | None]]:
    """Return what `request_deletion` returns for each image, or why it failed; several are sent at
    once.

    The deletions are recorded, so that other tasks of this machine know what is still listed. All
    locks are taken in one order, so that two tasks do not wait for each other.
    """
    with ExitStack() as locks:
        for name in sorted({image.name for image in images}):
            lock = locks.enter_context(lock_image(task, name))
            going = {image.id for image in images if image.name == name}
            lock.record_deletions(lock.deleting | going)
            if lock.record is not None and lock.record.ids.image_id in going:
                lock.forget_record()
        return task.client.run_concurrently(
            [partial(_request_deletion, task, image, delete_backup) for image in images], reached
        )


def _request_deletion(
    task: Task, image: Image, delete_backup: bool
) -> tuple[bool | None, str | None]:
    own = replace(task)  # each has its own `doing`
    return _try(own, partial(request_deletion, own, image, delete_backup))


def _finish_deletion(
    task: Task, image: Image, delete_backup: bool, backup_left: bool, waits: bool
) -> None:
    await_deletions(task, image, delete_backup, backup_left, waits)
    if task.wait:
        with lock_image(task, image.name) as lock:
            lock.record_deletions(lock.deleting - {image.id})


# --- The result


def _result(decisions: Sequence[RetentionDecision], delete_backup: bool) -> dict[str, Any]:
    going = [decision for decision in decisions if decision.goes]
    gone = [decision for decision in going if not decision.error or decision.accepted]
    actions = []
    for decision in gone:
        actions.append(
            f"delete image '{decision.image.name}' ({decision.image.id}): {decision.why}"
        )
        backup = decision.image.text("__backup_id")
        if backup and delete_backup:
            actions.append(f"delete backup {backup}")
    return success(
        changed=bool(gone),
        actions=actions,
        diff=(
            {"images": [_name(decision) for decision in decisions]},
            {"images": [_name(decision) for decision in decisions if decision not in gone]},
        ),
        images=[_entry(decision) for decision in decisions],
        deleted=[decision.image.id for decision in gone],
        kept=[decision.image.id for decision in decisions if not decision.goes],
        failed_images=[decision.image.id for decision in going if decision not in gone],
        report=[_line(decision) for decision in decisions],
    )


def _fail_if_incomplete(decisions: Sequence[RetentionDecision], result: Mapping[str, Any]) -> None:
    going = [decision for decision in decisions if decision.goes]
    failed = [decision.error for decision in going if decision.error and not decision.accepted]
    unseen = [decision.error for decision in going if decision.error and decision.accepted]
    parts = []
    if failed:
        parts.append(f"{len(failed)} of {len(going)} images could not be deleted.")
    if unseen:
        parts.append(f"{len(unseen)} of {len(going)} deletions were accepted but not finished.")
    if parts:
        raise Incomplete(" ".join(dict.fromkeys([*parts, *failed, *unseen])), result)


def _entry(decision: RetentionDecision) -> dict[str, Any]:
    image = decision.image
    return {
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "created_at": image.text("created_at") or None,
        "whole_image": image.whole,
        "backup_id": image.text("__backup_id") or None,
        "verdict": "delete" if decision.goes else "keep",
        "why": decision.why,
        "error": None if decision.accepted else decision.error,
    }


def _line(decision: RetentionDecision) -> str:
    if decision.error and not decision.accepted:
        return f"{_name(decision)}: could not be deleted, {decision.error}"
    more = f"; {decision.error}" if decision.error else ""
    return f"{_name(decision)}: {'delete' if decision.goes else 'keep'}, {decision.why}{more}"


def _name(decision: RetentionDecision) -> str:
    return f"{decision.image.name} ({decision.image.id})"
