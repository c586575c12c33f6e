# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes images for good: waits for those still being made, for the deletion to show, and for
backups that go too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..cloud import cbr, ims
from ..cloud.errors import ApiError, Forbidden, NotFound, TimeBudgetExceeded
from .model import Image
from .progress import Beat
from .run import Failed, Refused, Run

_PAUSE = 3.0
# The image is still being made, or is used by a task right now.
_NOT_YET = frozenset(("IMG.0090",))
_GONE = frozenset(("IMG.0027", "IMG.0086", "IMG.0144"))
_BACKUP_LEFT = "IMG.0176"
# CBR: an image still uses the backup. Its image is gone, so this passes.
_BACKUP_USED = "BackupService.6204"


def check_removable(run: Run, images: Sequence[Image]) -> None:
    """Raises Refused for an image that must not or cannot go, before anything is written."""
    for image in images:
        owner = image.text("owner")
        if owner and owner != run.client.project_id:
            raise Refused(
                f"Image '{image.name}' ({image.id}) belongs to another project or to the cloud "
                "itself; only images of your own project are removed."
            )
        if image.protected:
            raise Refused(
                f"Image '{image.name}' ({image.id}) is protected. Take the protection off first "
                "(huaweicloud.ims.image with protected: false)."
            )


def left_deactivated(image: Image) -> str:
    """Why an image that is to make way for a new one does not go."""
    return (
        f"Image '{image.name}' ({image.id}) is left alone: it is deactivated, so somebody has a "
        "reason to look at it. It can be deleted by its id (huaweicloud.ims.image)."
    )


def still_there(run: Run, images: Sequence[Image]) -> list[Image]:
    """Without those that are deleted already: lists go on to show them, Glance does not."""
    return [image for image in images if image.in_flight or not _deleted(run, image)]


def _deleted(run: Run, image: Image) -> bool:
    try:
        ims.show_image(run.client, image.id)
    except NotFound as error:
        # Glance answers with a page of HTML; a path that is not published is the gateway's word.
        return not error.code.startswith("APIGW.")
    except Forbidden:
        return False
    return False


def remove(run: Run, image: Image, delete_backup: bool, until_gone: bool | None = None) -> None:
    """Returns when the image is gone from the list (until_gone, by default run.wait), or its
    deletion is ordered.

    Raises Failed when the deadline passes first, CloudError for a refusal.
    """
    left = order_removal(run, image, delete_backup)
    see_removed(run, image, delete_backup, left, until_gone)


def order_removal(run: Run, image: Image, delete_backup: bool) -> bool:
    """The first half: whether the backup was left behind. Many can be ordered, then seen off."""
    with run.step(f"deleting image '{image.name}' ({image.id})"):
        return _order(run, image, delete_backup and image.whole)


def see_removed(
    run: Run,
    image: Image,
    delete_backup: bool,
    backup_left: bool,
    until_gone: bool | None = None,
) -> None:
    """The second half: the image is gone, and so is its backup or it is told that it stays."""
    backup_id = image.text("__backup_id")
    if run.wait if until_gone is None else until_gone:
        with run.step(f"deleting image '{image.name}' ({image.id})"):
            wait_until_gone(run, image)
    if backup_left and backup_id and delete_backup:
        with run.step(f"deleting backup {backup_id} of image '{image.name}' ({image.id})"):
            _delete_backup(run, backup_id)
    if image.whole and backup_id and not delete_backup:
        run.warn(
            f"The backup {backup_id} of image '{image.name}' ({image.id}) stays, and goes on "
            "costing. Set delete_backup: true to delete it as well."
        )


def wait_until_gone(run: Run, image: Image) -> None:
    """Raises Failed when the deadline passes first."""
    _until(run, lambda: ims.get_image(run.client, image.id) is None, "it is still listed")


def _order(run: Run, image: Image, delete_backup: bool) -> bool:
    """Sends DELETE until the cloud takes it. Whether the backup was left behind."""
    left = False

    def ordered() -> bool | ApiError:
        nonlocal left
        try:
            ims.delete_image(run.client, image.id, delete_backup or None)
        except NotFound:
            return True
        except ApiError as error:
            if error.code == _BACKUP_LEFT:
                # The image may be gone all the same: its backup was still being written.
                left = True
                return ims.get_image(run.client, image.id) is None or error
            if error.code in _GONE:
                return True
            if error.code not in _NOT_YET:
                raise
            return error
        return True

    _until(run, ordered, "it is still being made or in use")
    return left


def _delete_backup(run: Run, backup_id: str) -> None:
    def deleted() -> bool | ApiError:
        try:
            cbr.delete_backup(run.client, backup_id)
        except NotFound:
            return True
        except ApiError as error:
            backup = cbr.get_backup(run.client, backup_id)
            if backup is None or backup.get("status") == "deleting":
                return True
            if error.code != _BACKUP_USED and backup.get("status") == "available":
                raise
            return error
        return True

    _until(run, deleted, "it is still being made or in use")


def _until(run: Run, done: Callable[[], bool | ApiError], otherwise: str) -> None:
    """Asks again and again, inside the time budget. done: or else the refusal to be told if the
    time runs out."""
    clock, deadline = run.client.clock, run.client.deadline
    last: bool | ApiError = False
    beat = Beat(run)
    try:
        while True:
            last = done()
            if last is True:
                return
            left = deadline.left() if deadline else _PAUSE
            if left <= 0:
                break
            beat.tell(f"{run.doing}; {otherwise}", _PAUSE)
            clock.sleep(min(_PAUSE, left))
    except TimeBudgetExceeded as error:
        if error.last is not None:
            raise
    refusal = last if isinstance(last, ApiError) else None
    text = f"not finished in time; {otherwise}" + (f": {refusal}" if refusal else "")
    raise Failed(text, unfinished=True) from refusal
