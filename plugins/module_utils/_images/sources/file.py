# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System and data disk images imported quickly from a ZVHD2 or RAW file in a bucket.

Source of the rules: IMS API reference, "Quickly Importing an Image File".
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..._cloud import ims
from ..._cloud.errors import ApiError
from ..context import Run
from ..failures import Refused
from ..lookups import IMS, try_list
from ..model.image import Image, Origin
from ..model.provenance import Identity, Started, Verdict, different, same, unknown
from .protocol import NAME_TAKEN, differing, judge_by_mark

DATA = "DataImage"
# `type` of the request -> `virtual_env_type` of the image.
_ENVIRONMENTS = {"ECS": "FusionCompute", "BMS": "Ironic", DATA: DATA}
_SUGGESTIONS = 3


@dataclass(frozen=True)
class FileSource:
    """image_url is <bucket>:<object key>; min_disk in GB; the rest as in the API."""

    image_url: str
    type: str
    min_disk: int | None
    os_version: str | None = None
    os_type: str | None = None
    architecture: str | None = None
    hw_firmware_type: str | None = None
    license_type: str | None = None

    takes = frozenset(("description", "enterprise_project_id", "tags"))
    repeatable = False

    @property
    def origin(self) -> Origin:
        return Origin("file", self.image_url)

    @property
    def identity(self) -> Identity:
        return Identity(str(self.origin), f"type {self.type}")

    def judge(self, image: Image, run: Run) -> Verdict:
        contradiction = self._contradiction(image)
        if contradiction:
            return different(contradiction)
        if image.data_origin == self.origin:
            return same("the cloud names that file")
        if image.data_origin:
            return different(f"it was made from {image.made_from}")
        by_mark = judge_by_mark(image, self.origin)
        if by_mark:
            return by_mark
        return unknown("the cloud does not tell which file it was imported from")

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

    def is_made(self, refusal: ApiError, run: Run) -> bool:
        return refusal.code == NAME_TAKEN

    def differences(self, image: Image) -> list[str]:
        return differing(
            os_version=(self.os_version, image.text("__os_version")),
            os_type=(self.os_type, image.text("__os_type")),
        )

    def check(self, run: Run, name: str) -> None:
        name = self.image_url.lower()
        if name.endswith((".raw", ".img")):
            run.note(
                f"{self.image_url}: a RAW file is imported only with its bitmap beside it (same "
                f"base name, suffix .mf)."
            )
        elif not name.endswith(".zvhd2"):
            run.warn(
                f"{self.image_url}: only ZVHD2 and RAW files can be imported quickly, whatever "
                f"they are called."
            )
        if self.os_version:
            self._check_os_version(run, self.os_version)

    def _check_os_version(self, run: Run, wanted: str) -> None:
        known = try_list(run, IMS, "OS versions", lambda: ims.list_os_versions(run.client))
        if not known or wanted in known:
            return
        close = difflib.get_close_matches(wanted, known, n=_SUGGESTIONS, cutoff=0.3)
        nearest = close or sorted(known)[:_SUGGESTIONS]
        raise Refused(
            f"os_version '{wanted}' is not known to this cloud. Nearest: "
            f"{', '.join(repr(name) for name in nearest)}."
        )

    def create(self, run: Run, name: str, common: Mapping[str, Any]) -> Started:
        body = dict(common)
        for name in (
            "image_url",
            "type",
            "min_disk",
            "os_version",
            "os_type",
            "architecture",
            "hw_firmware_type",
            "license_type",
        ):
            value = getattr(self, name)
            if value is not None:
                body[name] = value
        return Started(job_id=ims.quick_import(run.client, body))
