# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes images: waits until the cloud accepts the deletion, until it shows, and for backups that
are deleted as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from ..._cloud import cbr, ims
from ..._cloud.errors import ApiError, CloudError, Forbidden, NotFound, TimeBudgetExceeded
from ..context import Task
from ..failures import Failed, StillListed, Vanished
from ..model.image import Image
from ..model.replaced import is_renamed_from, left_deactivated
from .deletable import obstacle
from .poll import poll
from .progress import RequestProgress, Throttle
from .schedule import DELETION

# What was read longer ago (seconds) is read again before a deletion.
_RECENT = 60.0
# The image is still being created, or used by a task of the cloud right now.
_NOT_YET = frozenset(("IMG.0090",))
_BACKUP_LEFT = "IMG.0176"
# CBR: an image still uses the backup. Its image is gone, so this passes.
_BACKUP_USED = "BackupService.6204"


def still_existing(task: Task, images: Sequence[Image], stuck: Collection[str] = ()) -> list[Image]:
    """Return the images as they are now, without those that are deleted.

    Lists go on to show deleted images; Glance does not. It may not know images yet that are in
    flight, so these are not looked up, unless they are `stuck` (ids).
    """
    progress = RequestProgress(task, "looking up which images are still there", len(images))
    seen = task.client.run_concurrently(
        [partial(_unless_deleted, task, image, stuck) for image in images], progress.reached
    )
    return [image for image in seen if image is not None]


def _unless_deleted(task: Task, image: Image, stuck: Collection[str]) -> Image | None:
    return image if image.in_flight and image.id not in stuck else _now(task, image)


def _recent(task: Task, image: Image) -> Image | None:
    """Return the image as it was at most a minute ago; None if it is deleted."""
    read_at, known = task.read.get(image.id, (float("-inf"), image))
    return known if task.client.clock.monotonic() - read_at <= _RECENT else _now(task, image)


def _now(task: Task, image: Image) -> Image | None:
    """Return the image with everything that Glance shows of it; None if it is deleted."""
    try:
        shown = ims.show_image(task.client, image.id)
    except NotFound as error:
        # Glance answers with a page of HTML; a path that is not published is the gateway's word.
        return image if error.code.startswith("APIGW.") else None
    except Forbidden:
        return image
    # Some answers leave attributes out that others have.
    known = {name: value for name, value in shown.items() if value is not None}
    now = Image.from_wire({**image.wire, **known})
    task.read[image.id] = (task.client.clock.monotonic(), now)
    return now


def delete_replaced(
    task: Task, name: str, new: Image, old: Sequence[Image], delete_backup: bool
) -> list[Image]:
    """Delete the old images of a name, once the new one is proved to exist now; return the deleted
    images, which the list may go on to show.

    Raises Vanished if the new image does not exist, Failed or CloudError; `task.deletions` holds
    what was deleted by then.
    """
    going = replaced_to_delete(task, name, new, old)
    still_due = partial(replaced_to_delete, task, name, new)
    left = {
        image.id: request_deletion(task, image, delete_backup, still_due=still_due)
        for image in going
    }
    gone = [image for image in going if image.id in task.deletions]
    for image in gone:
        finish_deletion(task, image, delete_backup, left[image.id], until_gone=False)
    return gone


def replaced_to_delete(
    task: Task, name: str, new: Image | None, old: Sequence[Image]
) -> list[Image]:
    """Return the old images of a name that are deleted for the new one, in check mode as well.

    `new`: None where it is only predicted, or not active yet. Raises Vanished, Failed, CloudError.
    """
    if not old:
        return []
    label = f"'{name}' ({new.id})" if new else f"'{name}'"
    with task.step(f"checking that image {label} exists, before old ones are deleted"):
        if new:
            _check_exists(task, name, new)
        left = (_recent(task, image) for image in old if new is None or image.id != new.id)
        going = [image for image in left if image and still_belongs_to(task, name, image)]
        for image in going:
            _check_now(task, image)
    return going


def _check_exists(task: Task, name: str, new: Image) -> None:
    now = _recent(task, new)
    kept = "so old images of that name are not deleted"
    if now is None:
        raise Vanished(f"the image is gone, {kept}")
    if not now.ready:
        raise Vanished(f"the image is {now.status}, {kept}")
    if now.name != name:
        raise Failed(f"the image is called '{now.name}', {kept}")


def still_belongs_to(task: Task, name: str, image: Image) -> bool:
    """Whether an image that a new one of that name replaces still has it, or was renamed to make
    room. An image that was given another name since, or deactivated, is left alone."""
    if image.deactivated:
        task.warn(left_deactivated(image))
        return False
    if image.name == name or is_renamed_from(image, name):
        return True
    task.warn(
        f"Image {image} is left alone: a new '{name}' was to replace it, but it has another name "
        "now."
    )
    return False


def request_deletion(
    task: Task,
    image: Image,
    delete_backup: bool,
    stuck: bool = False,
    still_due: Callable[[Sequence[Image]], Sequence[Image]] | None = None,
) -> bool:
    """Request a deletion; return whether the backup was left behind.

    That is the first half, so that many deletions can be requested before any is waited for.
    `stuck`: do not wait until the image is no longer in flight. `still_due` returns which images
    are still to be deleted: what the deletion rests on may change while the cloud does not accept
    it. Raises Failed where something forbids the deletion or the time is over, CloudError.
    """

    def is_due() -> bool:
        now = _recent(task, image)
        if now is None:
            return True  # the answer to DELETE says so as well
        _check_now(task, now)
        return still_due is None or bool(still_due([now]))

    with task.step(f"deleting image {image}"):
        now = _recent(task, image)
        if now is None:
            return False
        not_yet = frozenset() if stuck else _NOT_YET
        return _send_until_accepted(task, now, delete_backup and now.whole, not_yet, is_due)


def _check_now(task: Task, image: Image) -> None:
    """Raise Failed for an image that must not be deleted at this moment, when other things may have
    been written already."""
    used = task.in_use.get(image.id)
    found = used or obstacle(task, image)
    if found is not None:
        raise Failed(found.of(image), unfinished=used is not None)


def finish_deletion(
    task: Task,
    image: Image,
    delete_backup: bool,
    backup_left: bool,
    until_gone: bool | None = None,
) -> None:
    """Delete the backup, or warn that it is kept, and wait until the image is gone.

    That is the second half of a deletion. `until_gone`: whether to wait, by default `task.wait`.
    """
    backup_id = image.text("__backup_id")
    if backup_left and backup_id and delete_backup:
        with task.step(f"deleting backup {backup_id} of image {image}"):
            _delete_backup(task, backup_id)
    if image.whole and backup_id and not delete_backup:
        task.warn(
            f"The backup {backup_id} of image {image} is kept and still incurs charges. Set "
            "delete_backup: true to delete it as well."
        )
    if task.wait if until_gone is None else until_gone:
        wait_until_gone(task, image)


def wait_until_gone(task: Task, image: Image) -> None:
    """Wait until the list no longer shows a deleted image. Raises StillListed when the deadline
    passes first."""
    state = "the deletion was accepted, the list still shows it"
    with task.step(f"deleting image {image}"):
        try:
            _until(task, lambda: ims.get_image(task.client, image.id) is None, state)
        except Failed as error:
            raise StillListed(str(error), unfinished=True) from error


def _send_until_accepted(
    task: Task,
    image: Image,
    delete_backup: bool,
    not_yet: frozenset[str],
    is_due: Callable[[], bool],
) -> bool:
    """Send DELETE until the cloud accepts it; return whether the backup was left behind.

    `not_yet`: codes of refusals that pass. `is_due`: asked before each DELETE.
    """
    left = again = given_up = False

    def attempt() -> bool | ApiError:
        nonlocal left, again, given_up
        if again:
            task.read.clear()  # that was before the pause
        again, given_up = True, not is_due()
        if given_up:
            return True
        try:
            _send(task, image, delete_backup)
        except ApiError as error:
            if error.says_gone:
                return True
            if error.code == _BACKUP_LEFT:
                # The image may be gone all the same: its backup was still being written.
                left = True
                task.deletions[image.id] = False
                return ims.get_image(task.client, image.id) is None or error
            if error.code not in not_yet:
                raise
            return error
        return True

    _until(task, attempt, "it is still being created or in use")
    if not given_up:
        task.deletions[image.id] = True
    return left


def _send(task: Task, image: Image, delete_backup: bool) -> None:
    task.deletions[image.id] = False
    try:
        ims.delete_image(task.client, image.id, delete_backup or None)
    except CloudError as error:
        if not error.ambiguous:
            del task.deletions[image.id]
        raise


def _delete_backup(task: Task, backup_id: str) -> None:
    def attempt() -> bool | ApiError:
        try:
            cbr.delete_backup(task.client, backup_id)
        except NotFound:
            return True
        except ApiError as error:
            backup = cbr.get_backup(task.client, backup_id)
            if backup is None or backup.status == "deleting":
                return True
            if error.code != _BACKUP_USED and backup.status == "available":
                raise
            return error
        return True

    _until(task, attempt, "it is still being created or in use")


def _until(task: Task, attempt: Callable[[], bool | ApiError], state: str) -> None:
    """Repeat an attempt until it returns True, inside the time budget.

    Before that it returns what the cloud refused it with, if it did. Raises Failed, which states
    `state` and the last refusal, when the time is over.
    """
    last: bool | ApiError = False

    def read() -> bool | ApiError:
        nonlocal last
        last = attempt()
        return last

    show = partial(Throttle(task).show, f"{task.doing}; {state}")
    try:
        poll(task, read, DELETION, lambda done: done is True, show=show)
    except TimeBudgetExceeded as error:
        if error.last is not None:
            raise
        refusal = last if isinstance(last, ApiError) else None
        text = f"not finished in time; {state}" + (f": {refusal}" if refusal else "")
        raise Failed(text, unfinished=True) from refusal
