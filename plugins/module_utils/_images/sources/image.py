# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of an image within the region, encrypted with a key or not.

Source of the rules: IMS API reference, "Replicating an Image Within a Region".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

from ..._cloud import ims
from ..._cloud.client import Client
from ..._cloud.decode import integer
from ..._cloud.wire import CreateHooks
from ..context import Task
from ..failures import Refused
from ..lookups import IMS, listed_image, read_image_from_glance
from ..model.image import Image, Origin
from ..model.provenance import CreateIds, Identity, SourceFinding, different, same, unknown
from ..waiting.poll import poll
from ..waiting.schedule import SOURCE_IMAGE
from .protocol import Source, provenance_by_source_tag
from .reference import Reference, read_referenced, refer

_LARGEST = 128  # GB


class SourceInFlight(Refused):
    """The image to be copied, `image`, is still being created."""

    def __init__(self, image: Image) -> None:
        super().__init__(
            f"The image {image.name} ({image.id}) is {image.status}, not active. "
            "Copy it when it is."
        )
        self.image = image


@dataclass(frozen=True)
class ImageSource(Source):
    """An image, and the key that its copy is encrypted with."""

    image: Reference[Image]
    cmk_id: str | None = None
    # Accept a source image that is still being created: the create request is sent later.
    allow_in_flight: bool = False

    create_accepts = frozenset(("description", "enterprise_project_id"))

    @property
    def origin(self) -> Origin:
        return Origin("image", self.image.id or self.image.given)

    @property
    def identity(self) -> Identity:
        return Identity(str(self.origin), f"key {self.cmk_id}" if self.cmk_id else "")

    @property
    def is_resolved(self) -> bool:
        return self.image.id is not None

    def provenance_of(self, image: Image, task: Task) -> SourceFinding:
        if self.cmk_id and image.unreadable(("__system__cmkid",)):
            return unknown("the key that it is encrypted with cannot be read")
        known = (
            image.ready or image.cmk_id
        )  # some clouds show the key only once the image is active
        if self.cmk_id and known and image.cmk_id != self.cmk_id:
            key = f"key {image.cmk_id}" if image.cmk_id else "no key"
            return different(f"it is encrypted with {key}")
        if self.image.id is None:
            return unknown(self.image.why_unresolved)
        if image.id == self.image.id:
            return different("it is the source image itself")
        if image.names(self.origin):
            return same("the cloud names that source image")
        if image.data_origin:
            return different(f"it was made from {image.made_from}")
        by_source_tag = provenance_by_source_tag(image, self.origin)
        if by_source_tag:
            return by_source_tag
        if image.whole:
            return different("it is a whole image")
        parent = image.text("__originalimagename")
        if parent:
            return different(f"it comes from image {parent}")
        return unknown("the cloud does not say its source")

    def differences(self, image: Image) -> list[str]:
        """Return the key of an image that is to have none. Another key than the wanted one makes
        another source; see `provenance_of`."""
        if self.cmk_id or not image.cmk_id:
            return []
        return [f"it is encrypted with key {image.cmk_id}, and the task gives no cmk_id"]

    def check(self, task: Task, name: str) -> None:
        source = read_referenced(task, IMS, self.image, partial(_read_source, task))
        if source is None:
            return
        label = f"image {source.name} ({source.id})"
        if source.name == name and source.text("owner") == task.client.project_id:
            raise Refused(
                f"The {label} cannot be replaced by a copy of itself: the source would be deleted. "
                f"Give the copy another name."
            )
        problem = self._problem(task, source)
        if problem:
            raise Refused(f"The {label} {problem}")
        if source.in_flight and not self.allow_in_flight:
            raise SourceInFlight(source)
        if source.text("__os_type").lower() == "windows":
            task.warn(f"The {label} is a Windows image: some clouds no longer copy those.")

    def _problem(self, task: Task, source: Image) -> str | None:
        if source.whole:
            return "is a whole image; those cannot be copied within a region."
        if source.text("virtual_env_type") == "IsoImage" or source.text("disk_format") == "iso":
            return "is an ISO image; those cannot be copied within a region."
        if source.dead or source.deactivated:
            return f"is {source.status}, not active. Copy it when it is."
        # Of the data, not of the disk: a large disk may be nearly empty.
        size = (integer(source.wire.get("__image_size")) or 0) / 1024**3
        if size > _LARGEST:
            return f"has {ceil(size)} GB; at most {_LARGEST} GB can be copied within a region."
        foreign = source.text("owner") != task.client.project_id
        shared = foreign and source.text("__imagetype") == "shared"
        if shared and source.cmk_id:
            return "is shared by another tenant and encrypted; such an image cannot be copied."
        if shared and source.text("member_status") == "pending":
            return "was shared with you and is not accepted yet. Accept it first."
        if self.cmk_id and source.cmk_id == self.cmk_id:
            return (
                f"is encrypted with the same key {self.cmk_id}; a copy needs another one (or none)."
            )
        if self.cmk_id and source.text("virtual_env_type") == "Ironic":
            return "is for bare metal servers (BMS); such an image cannot be encrypted."
        return None

    def create(self, task: Task, name: str, body: dict[str, Any], hooks: CreateHooks) -> CreateIds:
        if self.cmk_id:
            body["cmk_id"] = self.cmk_id
        return CreateIds(job_id=ims.copy_image(task.client, str(self.image.id), body, hooks))


def _read_source(task: Task, image_id: str) -> Image | None:
    """Read the image from the list; an own image that it does not show yet from Glance, which may
    lag for a moment as well."""
    found = listed_image(task.client, image_id)
    if found is not None:
        return found
    find = partial(read_image_from_glance, task.client, image_id)
    image = poll(task, find, SOURCE_IMAGE, lambda image: image is not None)
    return image if image and image.text("owner") == task.client.project_id else None


def _named(client: Client, name: str | None) -> list[Image]:
    return [Image.from_wire(wire) for wire in ims.list_images(client, name=name)]


def image_source(client: Client, image: str, cmk_id: str | None) -> ImageSource:
    """Resolve an image given by id or name. Raises Refused or CloudError."""
    return ImageSource(
        refer(client, IMS, "image", image, lambda name: _named(client, name)),
        cmk_id.lower() if cmk_id else None,
    )
