# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System and data disk images imported quickly from a ZVHD2 or RAW file in a bucket.

Source of the rules: IMS API reference, "Quickly Importing an Image File".
"""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from typing import Any

from ..._cloud import ims
from ..._cloud.client import Client
from ..._cloud.wire import CreateHooks
from ..context import Task
from ..failures import Refused
from ..lookups import IMS, try_list
from ..model.bucket_file import FORMS, read_bucket_file
from ..model.image import Image, Origin
from ..model.provenance import CreateIds, Identity, SourceFinding, different, same, unknown
from ..validation import reject
from .protocol import Source, differing, provenance_by_source_tag

DATA = "DataImage"
# `type` of the request -> `virtual_env_type` of the image.
_ENVIRONMENTS = {"ECS": "FusionCompute", "BMS": "Ironic", DATA: DATA}
_SUGGESTIONS = 3


def file_source(client: Client, image_url: str, **options: Any) -> FileSource:
    """Return the file that `image_url` names in any form. `options`: the other fields.

    Raises InvalidArgument, before any request, for the URL of a file in another region.
    """
    file = read_bucket_file(image_url)
    if file is None:
        raise reject("image_url", image_url, FORMS)
    if file.region not in (None, client.region):
        raise reject(
            "image_url",
            image_url,
            f"the file is in region {file.region}, and images of {client.region} need a file in "
            f"{client.region}; copy it to a bucket there, or set region: {file.region}",
        )
    return FileSource(image_url=file.reference, **options)


@dataclass(frozen=True)
class FileSource(Source):
    """A file in a bucket; its fields are the API's."""

    # <bucket>:<object key>
    image_url: str
    type: str
    # In GB.
    min_disk: int | None
    os_version: str | None = None
    os_type: str | None = None
    architecture: str | None = None
    hw_firmware_type: str | None = None
    license_type: str | None = None

    create_accepts = frozenset(("description", "enterprise_project_id", "tags"))

    @property
    def origin(self) -> Origin:
        return Origin("file", self.image_url)

    @property
    def identity(self) -> Identity:
        return Identity(str(self.origin), f"type {self.type}")

    def provenance_of(self, image: Image, task: Task) -> SourceFinding:
        contradiction = self._contradiction(image)
        if contradiction:
            return different(contradiction)
        if image.data_origin == self.origin:
            return same("the cloud names that file")
        if image.data_origin:
            return different(f"it was made from {image.made_from}")
        by_source_tag = provenance_by_source_tag(image, self.origin)
        if by_source_tag:
            return by_source_tag
        return unknown("the cloud does not say which file it was imported from")

    def _contradiction(self, image: Image) -> str | None:
        if image.whole:
            return "it is a whole image"
        environment = image.text("virtual_env_type")
        if environment and environment != _ENVIRONMENTS[self.type]:
            return f"it is of type {environment}, not {_ENVIRONMENTS[self.type]}"
        if self.architecture == "arm" and image.ready and image.architecture == "x86":
            return "it is for x86, not arm"
        if image.architecture == "arm" and self.type != DATA and self.architecture != "arm":
            return "it is for arm, not x86"
        if image.min_disk and image.ready and image.min_disk < (self.min_disk or 0):
            return f"it is for {image.min_disk} GB, not {self.min_disk} GB"
        return None

    def differences(self, image: Image) -> list[str]:
        return differing(
            os_version=(self.os_version, image.text("__os_version")),
            os_type=(self.os_type, image.text("__os_type")),
        )

    def check(self, task: Task, name: str) -> None:
        url = self.image_url.lower()
        if url.endswith((".raw", ".img")):
            task.note(
                f"{self.image_url}: a RAW file is imported only with its bitmap beside it (same "
                f"base name, suffix .mf)."
            )
        elif not url.endswith(".zvhd2"):
            task.warn(
                f"{self.image_url}: only ZVHD2 and RAW files can be imported quickly, whatever "
                f"they are called."
            )
        if self.os_version:
            self._check_os_version(task, self.os_version)

    def _check_os_version(self, task: Task, wanted: str) -> None:
        known = try_list(task, IMS, "OS versions", lambda: ims.list_os_versions(task.client))
        if not known or wanted in known:
            return
        close = difflib.get_close_matches(wanted, known, n=_SUGGESTIONS, cutoff=0.3)
        nearest = close or sorted(known)[:_SUGGESTIONS]
        raise Refused(
            f"os_version '{wanted}' is not known to this cloud. Nearest: "
            f"{', '.join(repr(name) for name in nearest)}."
        )

    def create(self, task: Task, name: str, body: dict[str, Any], hooks: CreateHooks) -> CreateIds:
        body.update((name, value) for name, value in asdict(self).items() if value is not None)
        return CreateIds(job_id=ims.quick_import(task.client, body, hooks))
