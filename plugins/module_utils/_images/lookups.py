# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lookups: reads that a task can perhaps do without, and images by id or by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple, TypeVar

from .._cloud import decode, ims
from .._cloud.client import Client
from .._cloud.errors import (
    ApiError,
    CloudError,
    Denied,
    GarbledAnswer,
    NotFound,
    TimeBudgetExceeded,
    Unanswered,
    Unreachable,
)
from .context import Task
from .model.image import Image, Job

# Seconds that such a read may take, and for which an unreachable service is not asked again.
BRIEF = 30.0
_GIVEN_UP = 300.0
# Every task needs this service: only reads that it refuses can be done without.
IMS = "ims"
T = TypeVar("T")
List = TypeVar("List", bound=Collection[Any])


def read(client: Client, service: str, ask: Callable[[], T]) -> T:
    """Return the answer of a read that the task can perhaps do without.

    Raises `Unavailable` where it cannot be made, at once if the service was unreachable a short
    while ago.
    """
    cause, since = client.unreachable.get(service, (None, 0.0))
    if cause is not None and client.clock.monotonic() - since < _GIVEN_UP:
        raise cause
    try:
        return ask()
    except Unanswered as error:
        cause = error.last if isinstance(error, TimeBudgetExceeded) else error
        if service != IMS and isinstance(cause, Unreachable):
            client.unreachable[service] = cause, client.clock.monotonic()
        raise


@contextmanager
def briefly(task: Task, service: str) -> Iterator[None]:
    """Give reads that are not worth waiting for `BRIEF` seconds. The image service, which every
    task needs, has all the time of the task."""
    with nullcontext() if service == IMS else task.client.within(BRIEF):
        yield


def is_needed(service: str, error: CloudError) -> bool:
    """Whether this is the error of a read that no task can do without."""
    return service == IMS and not isinstance(error, Denied)


def why_not(error: CloudError) -> str:
    """Completes "the look-up is …"."""
    return "not permitted" if isinstance(error, Denied) else "not possible"


def try_list(task: Task, service: str, what: str, ask: Callable[[], List]) -> List | None:
    """Return a list that only improves a message; None if it cannot be had
    soon, which the notes of the task then say."""
    try:
        with task.client.within(BRIEF):
            return read(task.client, service, ask)
    except CloudError as error:
        task.note(f"{what} could not be listed, which is {why_not(error)} here: {error}")
        return None


def own_images(client: Client, **query: Any) -> list[Image]:
    """List the images that the project owns; `query` as `ims.list_images` takes it."""
    return [
        Image.from_wire(one) for one in ims.list_images(client, owner=client.project_id, **query)
    ]


def listed_image(client: Client, image_id: str) -> Image | None:
    """Read an image by its id from the list; None if that does not show it."""
    wire = ims.get_image(client, image_id)
    return None if wire is None else Image.from_wire(wire)


def read_image(client: Client, image_id: str) -> Image | None:
    """Read an image by its id; None if there is none. The list is asked first, then Glance: the
    list may lag, or span one enterprise project only."""
    return listed_image(client, image_id) or read_image_from_glance(client, image_id)


def read_image_from_glance(client: Client, image_id: str) -> Image | None:
    """Read an image by its id from Glance, which needs no index and so knows it before lists do;
    None if there is none."""
    wire = ims.find_image(client, image_id)
    return None if wire is None else Image.from_wire(wire)


def read_job(client: Client, job_id: str) -> Job | None:
    """Read a job; None if the cloud does not know it (any more)."""
    wire = ims.find_job(client, job_id)
    return None if wire is None else Job.from_wire(wire)


def read_listed_images(
    task: Task, name: str, filtered: bool = True
) -> tuple[list[Image], list[str]]:
    """Return the images of the project, and in words the entries of the list that may be images of
    the name but cannot be identified. As long as there are any, no image of the name may be
    created or reported absent.

    `filtered`: only images of the name. An entry with an unreadable name is looked up by its id.
    """
    client = task.client
    asked = name if filtered else None
    listing = ims.read_images(client, owner=client.project_id, name=asked)
    images = [Image.from_wire(wire) for wire in listing.images]
    unidentified: list[str] = []
    for entry in map(Image.from_wire, listing.unreadable):
        known = _identify(client, entry, name)
        if isinstance(known, Image):
            images.append(known)
        elif known:
            unidentified.append(known)
    return images, unidentified


def _identify(client: Client, entry: Image, name: str) -> Image | str:
    """Identify an entry of a list with an unreadable id or name: return the image, why it may be
    one of the name, or '' if it is none."""
    if entry.dead or entry.name not in ("", name):
        return ""
    if not entry.id:
        return "one whose id cannot be read"
    try:
        image = Image.from_wire(ims.show_image(client, entry.id))
    except NotFound as error:
        return f"{entry.id}, whose name cannot be read" if error.unpublished else ""
    except (ApiError, GarbledAnswer) as error:
        return f"{entry.id}, whose name cannot be read ({error})"
    # Images created with the native Glance call may have no name.
    unreadable = not image.name and image.wire.get("name") not in (None, "")
    return f"{entry.id}, whose name cannot be read" if unreadable else image


class Quota(NamedTuple):
    """How many private images the project has, and may have (negative: any number)."""

    used: int
    most: int

    @property
    def left(self) -> int | None:
        """How many more images fit; None: any number."""
        return max(0, self.most - self.used) if self.most >= 0 else None


def image_quota(client: Client) -> Quota | None:
    """Read the quota of private images; None if the cloud has none. Raises CloudError."""
    listed = ims.get_quota(client).get("resources")
    rows = decode.objects(listed)
    row = next((row for row in rows if row.get("type") == "image"), None)
    if row is None and rows == listed:
        return None
    used, most = (decode.integer((row or {}).get(member)) for member in ("used", "quota"))
    if used is None or most is None or used < 0:
        raise GarbledAnswer("the quota was answered in a shape that is not known")
    return Quota(used, most)
