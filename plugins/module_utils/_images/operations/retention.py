# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images of a family are kept, which go, and why; deletes those that go, one's failure not
stopping the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, TypeVar

from ..._cloud import ecs, ims
from ..._cloud.errors import CloudError, ImsError, Unavailable
from ..._cloud.records import Server
from ..age import Clocks
from ..context import Task
from ..failures import Incomplete
from ..locking.image_lock import lock_image
from ..model.image import Image
from ..model.replaced import former_name
from ..result import message, success
from ..waiting.deletion import await_deletions, not_own, obstacle, request_deletion, still_existing
from ..waiting.progress import Count
from .deletion_lookups import PreDeletionState, has_shared_type, look_up
from .listing import has_tag, of_source, tags_of

# On their way out already: neither kept nor to be deleted.
_GOING = ("deleted", "pending_delete")
# The type of images for bare metal servers, in `virtual_env_type`.
_BARE_METAL = "Ironic"
# So many images are asked for their members, then deleted, before others are asked.
_BATCH = 100
# Images of so many names are deleted at once.
_NAMES = 10
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Family:
    """Images that belong together (name: with the wildcards of a shell), and how many of them stay:
    the newest so many, and those younger than so many seconds. predicted: how many newer ones there
    will be that check mode has only predicted."""

    name: str | None
    tag: str | None
    source: str | None
    keep_newest: int
    keep_younger_than: float | None
    predicted: int = 0

    def __str__(self) -> str:
        told = [f"{what} {value}" for what, value in self._marks().items() if value is not None]
        return ", ".join(told)

    def _marks(self) -> Mapping[str, str | None]:
        return {"name": self.name, "tag": self.tag, "source": self.source}

    def might_have(self, image: Image) -> bool:
        """Whether all but the tag fits."""
        named = self.name is None or fnmatchcase(image.name, self.name)
        return named and of_source(image, self.source)

    def has(self, image: Image, tags_of: Callable[[Image], Mapping[str, str]]) -> bool:
        """tags_of is asked last, as it may cost a request."""
        return self.might_have(image) and (self.tag is None or has_tag(tags_of(image), self.tag))

    @property
    def rule(self) -> str:
        """Completes "older than …"."""
        newest = "the newest" if self.keep_newest == 1 else f"the {self.keep_newest} newest"
        told = [f"{newest} of {self}"] if self.keep_newest else []
        if self.keep_younger_than is not None:
            told.append(_span(self.keep_younger_than))
        return " and ".join(told)


@dataclass(frozen=True)
class RetentionDecision:
    """What is to become of an image. why completes "is kept: …" and "goes: …". by_age: it goes only
    if the clocks can be relied on. looked_at: it was looked up by itself. accepted: the cloud has
    accepted its deletion."""

    image: Image
    goes: bool
    why: str
    error: str | None = None
    accepted: bool = False
    by_age: bool = False
    looked_at: bool = False

    def kept(self, why: str) -> RetentionDecision:
        return replace(self, goes=False, why=why)


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The task's result. Raises Incomplete if not all that was to go went."""
    families = [Family(**family) for family in arguments["families"]]
    if not task.check_mode:  # what was made meanwhile is there
        families = [replace(family, predicted=0) for family in families]
    keep = frozenset(arguments["keep"])
    with task.step("looking for the images of the families"):
        fates = _decide(task, families, keep, arguments["enterprise_project_id"])
    if not task.check_mode:
        fates = _delete(task, fates, keep, arguments["delete_backup"])
    result = _result(fates, arguments["delete_backup"])
    with task.step("deleting what is no longer to be kept"):
        _fail_if_incomplete(fates, result)
    return result


# --- Deciding


def _decide(
    task: Task, families: Sequence[Family], keep: frozenset[str], project: str | None
) -> list[RetentionDecision]:
    """Newest first. Look-ups are made only for images that would go otherwise."""
    listed = map(Image.from_wire, _own_images(task, enterprise_project_id=project))
    images = [image for image in listed if image.status not in _GOING and not not_own(task, image)]
    kin = _related_images(task, families, images)
    where = f"enterprise project {project}" if project else "project"
    _warn_of_wide_families(task, kin, images, where)
    _warn_of_idle_entries(task, keep, images, where)
    clocks = Clocks.of(task.client)
    fates = _without_deleted(task, kin, keep, clocks)
    active = {image.name for image in images if image.ready}
    fates = [_unless_last(active, fate) if fate.goes else fate for fate in fates]
    fates = [_unless_forbidden(task, fate) if fate.goes else fate for fate in fates]
    fates = _without_those_in_use(task, fates)
    fates = _after_first_looks(task, fates, keep)
    if any(fate.goes and fate.by_age for fate in fates):
        clocks.check()
    return fates


def _own_images(task: Task, **query: Any) -> list[dict[str, Any]]:
    return ims.list_images(task.client, owner=task.client.project_id, **query)


RelatedImages = Sequence[tuple[Family, Sequence[Image]]]


def _related_images(
    task: Task, families: Sequence[Family], images: Sequence[Image]
) -> RelatedImages:
    """The images of each family."""
    tags = partial(tags_of, task)
    tagged = [family for family in families if family.tag is not None]
    unclear = [
        image
        for image in images
        if image.certain_tags is None and any(family.might_have(image) for family in tagged)
    ]
    progress = Count(task, "looking up tags of images", len(unclear))
    task.client.run_concurrently([partial(tags, image) for image in unclear], progress.reached)
    return [(family, [one for one in images if family.has(one, tags)]) for family in families]


def _warn_of_wide_families(
    task: Task, kin: RelatedImages, images: Sequence[Image], where: str
) -> None:
    for family, ones in kin:
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
    task: Task, kin: RelatedImages, keep: frozenset[str], clocks: Clocks
) -> list[RetentionDecision]:
    """Lists go on to show deleted images, which must not count among the newest. So those that
    count are looked up, of families of which something goes."""
    there: set[str] = set()
    gone: set[str] = set()
    while True:
        left = [(family, [one for one in ones if one.id not in gone]) for family, ones in kin]
        fates = decide_retention(left, keep, clocks)
        going = {fate.image.id for fate in fates if fate.goes}
        counting = {
            image.id: image
            for family, ones in left
            if any(one.id in going for one in ones)
            for image in _newest(family, ones)
            if image.id not in there
        }
        if not counting:
            return fates
        there.update(image.id for image in still_existing(task, list(counting.values())))
        gone.update(counting.keys() - there)


def decide_retention(
    kin: RelatedImages, keep: frozenset[str], clocks: Clocks
) -> list[RetentionDecision]:
    """What can be said of the images themselves, newest first: an image that belongs to several
    families goes only if all of them let it go."""
    fates: dict[str, RetentionDecision] = {}
    for family, images in kin:
        newest = {image.id for image in _newest(family, images)}
        for image in images:
            fate = _decision(image, family, newest, clocks)
            earlier = fates.get(image.id, fate)
            if earlier.goes or earlier is fate:
                fates[image.id] = replace(fate, by_age=fate.by_age or earlier.by_age)
    ordered = sorted(fates.values(), key=lambda fate: fate.image.seniority, reverse=True)
    return [_unless_untouchable(fate, keep) for fate in ordered]


def _newest(family: Family, images: Sequence[Image]) -> list[Image]:
    """The active images that count as the newest."""
    ready = (image for image in images if image.ready)
    ordered = sorted(ready, key=lambda image: image.seniority, reverse=True)
    return ordered[: max(0, family.keep_newest - family.predicted)]


def _decision(image: Image, family: Family, newest: set[str], clocks: Clocks) -> RetentionDecision:
    """By the family's own rules. Only active images count among the newest; one that failed is
    nobody's last image, so that it goes as soon as it is old enough."""
    if image.id in newest:
        count = family.keep_newest
        place = "the newest" if count == 1 else f"one of the {count} newest"
        return RetentionDecision(image, False, f"{place} of {family}")
    if clocks.age(image) is None:
        return RetentionDecision(image, False, "the cloud does not tell when it was made")
    limit = family.keep_younger_than
    if limit is not None and not clocks.older(image, limit):
        return RetentionDecision(image, False, f"younger than {_span(limit)}")
    why = f"it is {image.status}" if image.dead else f"older than {family.rule}"
    return RetentionDecision(image, True, why, by_age=limit is not None)


def _unless_untouchable(fate: RetentionDecision, keep: frozenset[str]) -> RetentionDecision:
    """Never one in flight, protected, shared out or listed in keep, whatever the families say."""
    image = fate.image
    if image.id.lower() in keep or image.name in keep:
        return fate.kept("listed in keep")
    if image.in_flight:
        return fate.kept(f"still being made ({image.status})")
    if image.deactivated:
        return fate.kept("deactivated, so somebody has a reason to look at it")
    if image.protected:
        return fate.kept("protected against deletion")
    if has_shared_type(image):
        return fate.kept("shared with other projects")
    if fate.goes and image.text("virtual_env_type") == _BARE_METAL:
        # The list of servers (ECS) does not hold bare metal servers.
        return fate.kept("for bare metal servers, and which of those use it cannot be looked up")
    if fate.goes and image.unreadable(("virtual_env_type",)):
        return fate.kept("whether it is for bare metal servers cannot be read (virtual_env_type)")
    return fate


def _unless_last(active: Collection[str], fate: RetentionDecision) -> RetentionDecision:
    """An image that was renamed to make room stays until the new one of its name is active."""
    name = former_name(fate.image)
    if name is None or name in active:
        return fate
    return fate.kept(f"it made room for a new '{name}', which is not active yet")


def _unless_forbidden(task: Task, fate: RetentionDecision) -> RetentionDecision:
    found = obstacle(task, fate.image)
    return fate.kept(f"it {found.why}") if found else fate


def _without_those_in_use(
    task: Task, fates: Sequence[RetentionDecision]
) -> list[RetentionDecision]:
    if not any(fate.goes for fate in fates):
        return list(fates)
    try:
        servers = ecs.list_servers(task.client)
    except Unavailable as error:
        task.warn(
            f"Nothing is deleted, because which images servers use cannot be looked up: {error} "
            "Have these credentials permitted to list servers (ECS), or check that the service can "
            "be reached."
        )
        why = "whether a server uses it cannot be looked up"
        return [fate.kept(why) if fate.goes else fate for fate in fates]
    silent = [server for server in servers if server.image_ids is None]
    if silent:
        task.warn(
            f"Nothing is deleted, because which image server {_label(silent[0])} uses cannot be "
            "read in the answer of the cloud."
        )
        why = f"whether server {_label(silent[0])} uses it cannot be read"
        return [fate.kept(why) if fate.goes else fate for fate in fates]
    users = _users(servers)
    return [
        fate.kept(f"in use by {_some(users[fate.image.id.lower()])}")
        if fate.goes and fate.image.id.lower() in users
        else fate
        for fate in fates
    ]


def _users(servers: Sequence[Server]) -> dict[str, list[str]]:
    """Image id -> servers."""
    users: dict[str, list[str]] = {}
    for server in servers:
        for image_id in server.image_ids or ():
            users.setdefault(image_id.lower(), []).append(_label(server))
    return users


def _label(server: Server) -> str:
    return f"{server.name} ({server.id})"


def _some(servers: Sequence[str]) -> str:
    more = len(servers) - 1
    return f"server {servers[0]}" + (f" and {more} more" if more else "")


def _after_first_looks(
    task: Task, fates: Sequence[RetentionDecision], keep: frozenset[str]
) -> list[RetentionDecision]:
    """Looks up the oldest images that go. The others a real run looks up in batches, right before
    it deletes them; check mode goes by what the list tells of them, unless that has turned out to
    hide something."""
    going = [fate.image for fate in reversed(fates) if fate.goes]
    first, rest = going[:_BATCH], going[_BATCH:]
    looks = look_up(task, first)
    if rest and all(look.image and look.shared is None for look in looks.values()):
        looks.update((image.id, PreDeletionState(image, shared=None)) for image in rest)
    elif rest and task.check_mode:
        if all(fate.goes for fate in _after_looks(task, fates, keep, looks) if fate.looked_at):
            task.warn(
                f"{len(rest)} of the images that would be deleted were not looked up one by one:"
                " that they are not shared is what their type says. A real run looks up each"
                " image before it deletes it."
            )
        else:
            looks.update(look_up(task, rest))
    return _after_looks(task, fates, keep, looks)


def _after_looks(
    task: Task,
    fates: Sequence[RetentionDecision],
    keep: frozenset[str],
    looks: Mapping[str, PreDeletionState],
) -> list[RetentionDecision]:
    """What becomes of the images by what is known of each now, without those that are gone."""
    left = []
    for fate in fates:
        look = looks.get(fate.image.id)
        if look is None:
            left.append(fate)
        elif look.image is not None:
            now = _unless_untouchable(replace(fate, image=look.image, looked_at=True), keep)
            now = _unless_forbidden(task, now) if now.goes else now
            left.append(_unless_shared(now, look) if now.goes else now)
    return left


def _unless_shared(fate: RetentionDecision, look: PreDeletionState) -> RetentionDecision:
    if look.shared is None:
        return fate.kept("whether it is shared with other projects may not be looked up")
    return fate.kept("shared with other projects") if look.shared else fate


# --- Deleting


def _delete(
    task: Task, fates: Sequence[RetentionDecision], keep: frozenset[str], delete_backup: bool
) -> list[RetentionDecision]:
    """All deletions are requested, the oldest images first, before any is waited for."""
    done = {fate.image.id: fate for fate in fates}
    ordered: list[tuple[Image, bool]] = []
    progress, count = Count(task, "deleting images", sum(fate.goes for fate in fates)), 0
    for batch in _to_delete(task, done, keep):
        for some in _by_names(batch):
            images = [fate.image for fate in some]
            reached = partial(_reached, progress, count)
            outcomes, error = _try(
                task, partial(_request_deletions, task, images, delete_backup, reached)
            )
            for fate, (left, own) in zip(some, outcomes or [(None, error)] * len(some)):
                accepted = task.deletions.get(fate.image.id, False)
                done[fate.image.id] = replace(fate, error=own, accepted=accepted)
                if own is None:
                    ordered.append((fate.image, bool(left)))
            count += len(some)
    listed = _listed(task, [image for image, _left in ordered])
    for image, left in ordered:
        waits = task.wait and image.id in listed
        error = _try(task, partial(_see_off, task, image, delete_backup, left, waits))[1]
        done[image.id] = replace(done[image.id], error=error)
    return list(done.values())


def _to_delete(
    task: Task, done: dict[str, RetentionDecision], keep: frozenset[str]
) -> Iterator[list[RetentionDecision]]:
    """Those that go, the oldest first, in batches, each after it was looked up. What becomes of the
    others is noted in done."""
    going = [fate for fate in reversed(list(done.values())) if fate.goes]
    for start in range(0, len(going), _BATCH):
        batch = going[start : start + _BATCH]
        unseen = [fate.image for fate in batch if not fate.looked_at]
        looks, error = _try(task, partial(look_up, task, unseen))
        if looks is None:
            done.update((fate.image.id, replace(fate, error=error)) for fate in going[start:])
            return
        left = {fate.image.id: fate for fate in _after_looks(task, batch, keep, looks)}
        for fate in batch:
            if fate.image.id not in left:
                del done[fate.image.id]
        done.update(left)
        yield [fate for fate in left.values() if fate.goes]


def _by_names(fates: Sequence[RetentionDecision]) -> Iterator[list[RetentionDecision]]:
    """In parts of a few names each, whose locks are held while their images are deleted."""
    by_name: dict[str, list[RetentionDecision]] = {}
    for fate in fates:
        by_name.setdefault(fate.image.name, []).append(fate)
    names = list(by_name)
    for start in range(0, len(names), _NAMES):
        yield [fate for name in names[start : start + _NAMES] for fate in by_name[name]]


def _listed(task: Task, images: Sequence[Image]) -> set[str]:
    """Which of the deleted images are to be waited for. Of many, one list tells which are gone."""
    ids = {image.id for image in images}
    if not task.wait or len(ids) < 2:
        return ids
    try:
        return ids & {wire.get("id") for wire in _own_images(task)}
    except CloudError:  # whoever waits for each of them finds out more
        return ids


T = TypeVar("T")


def _try(task: Task, deed: Callable[[], T]) -> tuple[T | None, str | None]:
    """What came of it, or why it failed, in words."""
    doing = task.doing
    try:
        return deed(), None
    except ImsError as error:
        told = message(task, error)
        task.doing = doing
        return None, told


def _reached(progress: Count, before: int, count: int) -> None:
    progress.reached(before + count)


def _request_deletions(
    task: Task, images: Sequence[Image], delete_backup: bool, reached: Callable[[int], None]
) -> list[tuple[bool | None, str | None]]:
    """What `request_deletion` returns for each image, or why it failed; several are sent at once.

    A task of this machine that means one of the names must not take for there what is still listed.
    All locks are taken in one order, so that two tasks do not wait for each other.
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
    own = replace(task)  # what is being done, in words, is a matter of each
    return _try(own, partial(request_deletion, own, image, delete_backup))


def _see_off(task: Task, image: Image, delete_backup: bool, backup_left: bool, waits: bool) -> None:
    await_deletions(task, image, delete_backup, backup_left, waits)
    if task.wait:
        with lock_image(task, image.name) as lock:
            lock.record_deletions(lock.deleting - {image.id})


# --- Telling


def _result(fates: Sequence[RetentionDecision], delete_backup: bool) -> dict[str, Any]:
    going = [fate for fate in fates if fate.goes]
    gone = [fate for fate in going if not fate.error or fate.accepted]
    actions = []
    for fate in gone:
        actions.append(f"delete image '{fate.image.name}' ({fate.image.id}): {fate.why}")
        backup = fate.image.text("__backup_id")
        if backup and delete_backup:
            actions.append(f"delete backup {backup}")
    return success(
        changed=bool(gone),
        actions=actions,
        diff=(
            {"images": [_name(fate) for fate in fates]},
            {"images": [_name(fate) for fate in fates if fate not in gone]},
        ),
        images=[_told(fate) for fate in fates],
        deleted=[fate.image.id for fate in gone],
        kept=[fate.image.id for fate in fates if not fate.goes],
        failed_images=[fate.image.id for fate in going if fate not in gone],
        report=[_line(fate) for fate in fates],
    )


def _fail_if_incomplete(fates: Sequence[RetentionDecision], result: Mapping[str, Any]) -> None:
    going = [fate for fate in fates if fate.goes]
    failed = [fate.error for fate in going if fate.error and not fate.accepted]
    unseen = [fate.error for fate in going if fate.error and fate.accepted]
    parts = []
    if failed:
        parts.append(f"{len(failed)} of {len(going)} images could not be deleted.")
    if unseen:
        parts.append(f"{len(unseen)} of {len(going)} deletions were accepted but not finished.")
    if parts:
        raise Incomplete(" ".join(dict.fromkeys([*parts, *failed, *unseen])), result)


def _told(fate: RetentionDecision) -> dict[str, Any]:
    image = fate.image
    return {
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "created_at": image.text("created_at") or None,
        "whole_image": image.whole,
        "backup_id": image.text("__backup_id") or None,
        "verdict": "delete" if fate.goes else "keep",
        "why": fate.why,
        "error": None if fate.accepted else fate.error,
    }


def _line(fate: RetentionDecision) -> str:
    if fate.error and not fate.accepted:
        return f"{_name(fate)}: could not be deleted, {fate.error}"
    more = f"; {fate.error}" if fate.error else ""
    return f"{_name(fate)}: {'delete' if fate.goes else 'keep'}, {fate.why}{more}"


def _name(fate: RetentionDecision) -> str:
    return f"{fate.image.name} ({fate.image.id})"


def _span(seconds: float) -> str:
    for unit, length in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s"
