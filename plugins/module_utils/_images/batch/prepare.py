# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the images of a batch have in common: lists, and the room that the quota leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..._cloud import ecs, evs, ims
from ..._cloud.client import Client
from ..._cloud.errors import CloudError
from ..context import Task
from ..failures import Refused
from ..locking.image_lock import has_create_record
from ..lookups import image_quota, own_images
from ..model.image import Image
from .batch_image import BatchImage

# How long a list shows which images exist (seconds).
_FRESH = 5.0
# How long the quota is asked for (seconds).
_PATIENCE = 10.0
_NAMED = 3
# From so many sources of a kind on, one list replaces their look-ups.
_MANY = 10
# How long a list waits for others that want it too, and the longest that they wait for one
# (seconds).
_JOINED, _LONGEST = 0.2, 600.0


def share_lists(task: Task, entries: Sequence[BatchImage]) -> list[Image] | None:
    """Give the entries lists of all images: one that shows which of them need no change or do not
    exist, and one that shows what they have written. Return the first one, None without."""
    if len(entries) < 2:
        return None
    client = task.client
    listed = SharedList(client, partial(_all_images, client))
    images = listed()
    list_again = SharedList(client, partial(own_images, client, thorough=False))
    for entry in entries:
        entry.task.listed, entry.task.list_again = partial(listed, _FRESH), list_again
        entry.task.quota = partial(task.once, "quota", partial(image_quota, client))
    for kind, (option, read) in _SOURCES.items():
        if sum(not one.source and bool(one.options.get(option)) for one in entries) >= _MANY:
            shared = SharedList(client, partial(_all_sources, client, kind, read))
            client.shared_lists[kind] = partial(shared, _FRESH)
    return images


def _all_sources(
    client: Client, kind: str, read: Callable[[Client], list[Any]]
) -> list[Any] | None:
    """List all sources of a kind; None, from now on, where that is not possible."""
    try:
        return read(client)
    except CloudError:
        client.shared_lists.pop(kind, None)
        return None


def _settled_images(client: Client) -> list[Image]:
    """List all images that can be copied, without those whose name an image in flight has as
    well."""
    images = [Image.from_wire(wire) for wire in ims.list_images(client)]
    unsettled = {image.name for image in images if not image.ready}
    return [image for image in images if image.name not in unsettled]


# By kind of source: the option that names it, and what lists all.
_SOURCES: dict[str, tuple[str, Callable[[Client], list[Any]]]] = {
    "disk": ("volume", evs.list_volumes),
    "server": ("instance", ecs.list_servers),
    "image": ("source_image", _settled_images),
}


def _all_images(client: Client) -> list[Image] | None:
    """List all images of the project; None if any entry cannot be read: it may be any image."""
    listing = ims.read_images(client, owner=client.project_id)
    return None if listing.unreadable else [Image.from_wire(wire) for wire in listing.images]


class SharedList:
    """Lists all resources of a kind for the entries of a batch: one list serves all that ask before
    it is requested."""

    def __init__(self, client: Client, read: Callable[[], list[Any] | None]) -> None:
        self._client = client
        self._read = read
        self._found: list[Any] | None = None
        # How many lists were begun, and which of them was the last to be answered.
        self._begun = self._answered = 0
        # When the last one was requested (monotonic seconds), and how many requests it took.
        self._requested_at, self._pages = float("-inf"), 0
        # How many entries want the next one.
        self._waiting = 0
        self._is_taken = False

    def __call__(self, seconds: float = 0.0) -> list[Any] | None:
        """Return a list that is requested after this call or, if that is not 0, was requested at
        most so many seconds before. None where it cannot be read, or takes more requests than
        there are entries that wait for it. Raises CloudError."""
        clock = self._client.clock
        oldest, wanted = clock.monotonic() - seconds, self._begun + 1
        self._waiting += 1
        try:
            while self._answered < wanted and not (seconds and self._requested_at >= oldest):
                if self._is_taken:
                    self._client.sleep(_LONGEST, lambda: not self._is_taken)
                else:
                    self._read_next()
        finally:
            self._waiting -= 1
        return self._found

    def _read_next(self) -> None:
        self._is_taken = True
        try:
            if self._begun:
                self._client.sleep(_JOINED)
            self._begun += 1
            begun, now, found = self._begun, self._client.clock.monotonic(), None
            if self._waiting >= self._pages:
                found = self._read()
                self._requested_at = now
                self._pages = len(found or ()) // ims.PAGE + 2
            self._found, self._answered = found, begun
        finally:
            self._is_taken = False


def refuse_if_too_many(
    task: Task, entries: Sequence[BatchImage], listed: Sequence[Image] | None
) -> None:
    """Raise Refused if the quota has no room for the images that have to be created: those of which
    none of the name is listed. The cloud would accept some and refuse the others."""
    if listed is None:
        return
    names = {image.name for image in listed if not image.dead}
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
