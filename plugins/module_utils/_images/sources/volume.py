# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images exported from an EVS disk: Cinder's os-volume_upload_image. There is no job; the answer
names the image.

Source of the rules: EVS API reference, "Exporting EVS Disk Data as an Image".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..._cloud.client import Client
from ..._cloud.errors import ApiError, BadRequest, CloudError, Unavailable
from ..._cloud.wire import CreateHooks
from ..context import Task
from ..failures import Refused
from ..lookups import read
from ..model.image import Image, Origin
from ..model.provenance import CreateIds, SourceFinding, different, same, unknown
from .protocol import NAME_TAKEN, Source, differing, provenance_by_source_tag
from .reference import Reference, read_referenced, refer

if TYPE_CHECKING:
    from ..._cloud.records import Volume

# "uploading" is left out: another export of the disk is running, and EVS itself says when this one
# may start.
_UNUSABLE = frozenset(
    (
        "creating",
        "downloading",
        "restoring-backup",
        "error_restoring",
        "error",
        "error_extending",
        "deleting",
        "error_deleting",
        "rollbacking",
        "error_rollbacking",
        "awaiting-transfer",
    )
)


# Refused for the state of the disk, or for something else in the request: only the message says.
# Cinder has no code of its own for it ({"badRequest": {"code": 400, "message": "Invalid volume"}}).
_BAD_REQUEST = frozenset(("EVS.5400", "400", ""))
_OF_THE_STATE = re.compile(r"invalid volume|\bstat(e|us)\b", re.IGNORECASE)


@dataclass(frozen=True)
class VolumeSource(Source):
    volume: Reference[Volume]
    disk_format: str
    container_format: str
    force: bool | None = None
    os_type: str | None = None

    @property
    def origin(self) -> Origin:
        return Origin("volume", self.volume.id or self.volume.given)

    @property
    def is_resolved(self) -> bool:
        return self.volume.id is not None

    def provenance_of(self, image: Image, task: Task) -> SourceFinding:
        if self.volume.id is None:
            return unknown(self.volume.why_unresolved)
        by_source_tag = provenance_by_source_tag(image, self.origin)
        if by_source_tag:
            return by_source_tag
        if image.data_origin == self.origin:
            return same("the cloud names that disk")
        if image.data_origin:
            return different(f"it was made from {image.made_from}")
        if image.whole:
            return different("it is a whole image")
        if image.text("__root_origin") == "file":
            return different("it was made from a file")
        return self._provenance_by_volume(image, task)

    def _provenance_by_volume(self, image: Image, task: Task) -> SourceFinding:
        """Find out from the disk: exports do not name it, but it can contradict."""
        try:
            volume = self.volume.resource or read(
                task.client, "evs", lambda: _get_volume(task.client, str(self.volume.id))
            )
        except Unavailable:
            return unknown("the cloud does not say its disk, and that disk could not be read")
        if volume is None:
            return unknown("the cloud does not say its disk, and that disk is gone")
        if image.min_disk and volume.size and image.min_disk < volume.size:
            return different(f"it is for {image.min_disk} GB, the disk has {volume.size} GB")
        if image.created_at and volume.created_at and image.created_at < volume.created_at:
            return different("it is older than the disk")
        return unknown("the cloud does not say which disk it was exported from")

    def says_image_exists(self, refusal: ApiError, task: Task) -> bool:
        """Also where another machine, which creates the same image, is exporting the disk."""
        if refusal.code == NAME_TAKEN:
            return True
        wrong_state = refusal.code in _BAD_REQUEST and _OF_THE_STATE.search(refusal.message)
        if not (isinstance(refusal, BadRequest) and wrong_state):
            return False
        try:
            volume = _get_volume(task.client, str(self.volume.id))
        except CloudError:
            return False
        return volume is not None and volume.status == "uploading"

    def differences(self, image: Image) -> list[str]:
        return differing(
            disk_format=(self.disk_format, image.text("disk_format")),
            os_type=(self.os_type, image.text("__os_type")),
        )

    def check(self, task: Task, name: str) -> None:
        volume = read_referenced(
            task, "evs", self.volume, lambda volume_id: _get_volume(task.client, volume_id)
        )
        if volume is None:
            return
        label = f"disk {volume.name} ({volume.id})"
        status = volume.status
        if status in _UNUSABLE:
            raise Refused(
                f"The {label} is in status {status} and cannot be exported; it has to be available "
                f"or in-use."
            )
        if status == "in-use" and not self.force:
            servers = ", ".join(volume.server_ids)
            raise Refused(
                f"The {label} is in use{f' by server {servers}' if servers else ''}. Detach it, or "
                f"set force: true "
                "(stop writing to it first: what is in flight may be missing from the image)."
            )
        if self.os_type:
            _check_os_type(task, label, volume, self.os_type)

    def create(self, task: Task, name: str, body: dict[str, Any], hooks: CreateHooks) -> CreateIds:
        """Not with the body that all create requests of IMS share: EVS takes the request."""
        from ..._cloud import evs

        body = {
            "image_name": name,
            # The pages contradict each other about the default: always sent.
            "disk_format": self.disk_format,
            "container_format": self.container_format,
        }
        if self.force is not None:
            body["force"] = self.force
        if self.os_type:
            # Stock Cinder refuses keys it does not know: only when asked for.
            body["__os_type"] = self.os_type
        return CreateIds(image_id=evs.export_volume(task.client, str(self.volume.id), body, hooks))


def volume_source(client: Client, volume: str, **options: Any) -> VolumeSource:
    """Resolve a disk given by id or name. Raises Refused or CloudError."""
    return VolumeSource(
        refer(client, "evs", "disk", volume, partial(_list_volumes, client)),
        **options,
    )


def _list_volumes(client: Client, name: str | None) -> list[Volume]:
    from ..._cloud import evs

    return evs.list_volumes(client, name=name)


def _get_volume(client: Client, volume_id: str) -> Volume | None:
    from ..._cloud import evs

    return evs.get_volume(client, volume_id)


def _check_os_type(task: Task, label: str, volume: Volume, os_type: str) -> None:
    """Warn of an `os_type` without effect: the export honours it only for an available disk that
    does not know its own OS."""
    known, status = volume.os_type, volume.status
    if known:
        task.warn(
            f"os_type: {os_type} will be ignored: the {label} says itself that it is {known}."
        )
    elif status not in ("", "available"):
        task.warn(f"os_type: {os_type} will be ignored: the {label} is {status}, not available.")
