# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the images of a batch have in common: one list, and the room that the quota leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ..._cloud.errors import CloudError
from ..context import Task
from ..failures import Refused
from ..locking.image_lock import has_create_record
from ..lookups import image_quota, own_images
from ..model.image import Image
from .batch_image import BatchImage

# How long a list serves entries that need no change (seconds).
_FRESH = 5.0
# How long the quota is asked for (seconds).
_PATIENCE = 10.0
_NAMED = 3
# How long a list waits for others that want it too, and the longest that they wait for one
# (seconds).
_JOINED, _LONGEST = 0.2, 600.0


def share_list(task: Task, entries: Sequence[BatchImage]) -> None:
    """Give the entries one list of all images, by which those that need no change are recognized.

    Everything else is looked up for each entry by itself.
    """
    if len(entries) < 2:
        return
    listed = _shared_list(task)
    listed()
    list_again = JoinedList(task)
    for entry in entries:
        entry.task.listed, entry.task.list_again = listed, list_again
        entry.task.quota = partial(task.once, "quota", partial(image_quota, task.client))


class JoinedList:
    """Lists all images of the project for the entries that want to see what they have written: one
    request serves all that ask before it is sent."""

    def __init__(self, task: Task) -> None:
        self._client = task.client
        self._images: list[Image] = []
        # How many lists were begun, and which of them is the last that was read.
        self._begun = self._read = 0
        self._is_taken = False

    def __call__(self) -> list[Image]:
        """Return a list that is requested after this call. Raises CloudError."""
        wanted = self._begun + 1
        while self._read < wanted:
            if self._is_taken:
                self._client.sleep(_LONGEST, lambda: not self._is_taken or self._read >= wanted)
            else:
                self._read_next()
        return self._images

    def _read_next(self) -> None:
        self._is_taken = True
        try:
            self._client.sleep(_JOINED)
            self._begun += 1
            begun = self._begun
            self._images, self._read = own_images(self._client, thorough=False), begun
        finally:
            self._is_taken = False


def _shared_list(task: Task) -> Callable[[], list[Image]]:
    client = task.client
    images: list[Image] = []
    read_at = float("-inf")
    is_reading = False

    def listed() -> list[Image]:
        nonlocal images, read_at, is_reading
        if not is_reading and client.clock.monotonic() - read_at > _FRESH:
            is_reading, begun = True, client.clock.monotonic()
            try:
                images, read_at = own_images(client), begun
            finally:
                is_reading = False
        return images

    return listed


def refuse_if_too_many(task: Task, entries: Sequence[BatchImage]) -> None:
    """Raise Refused if the quota has no room for the images that have to be created: those of which
    there is none of the name. The cloud would accept some and refuse the others."""
    if len(entries) < 2:
        return
    listed = entries[0].task.listed
    names = {image.name for image in listed() if not image.dead} if listed else set()
    new = [
        one for one in entries if one.name not in names and not has_create_record(task, one.name)
    ]
    if len(new) < 2:
        return
    try:
        with task.client.within(_PATIENCE):
            quota = task.once("quota", lambda: image_quota(task.client))
    except CloudError as error:
        task.note(f"Whether the quota has room for {len(new)} images is not known: {error}")
        return
    if quota is None or quota.left is None or quota.left >= len(new):
        return
    some = ", ".join(f"'{one.name}'" for one in new[:_NAMED]) + (" …" if len(new) > _NAMED else "")
    raise Refused(
        f"The quota of private images has room for {quota.left} more ({quota.used} of {quota.most} "
        f"are used), but {len(new)} images have to be created ({some}), so none was requested. "
        "Delete images that are not needed, have the quota raised, or make fewer images at once."
    )
