# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quick imports from a bucket (IMS API, 'Importing an Image File Quickly')."""

from __future__ import annotations

import re
from typing import Any

from .. import records
from ..api import Call, Reply, Routes
from ..errors import img
from ..seed.images import data_disk, linux, windows
from ..seed.os_versions import OS_TYPE_OF, platform_of
from . import rules
from .jobs import Work, launch

ROUTES = Routes("ims")
MOST_GB = 1024
_BUCKET = re.compile(r"^[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$")


@ROUTES.on(
    "POST",
    "/v2/cloudimages/quickimport/action",
    "/v2.1/cloudimages/quickimport/action",
    action="ims:serverImages:create",
)
def quick_import(call: Call) -> Reply:
    body = call.json()
    facets = rules.facets_of(call, {**body, "min_ram": 0, "max_ram": None})
    kind = body.get("type") or "ECS"
    if kind not in ("ECS", "BMS", "DataImage"):
        raise img("0024", "The image type is invalid.")
    attributes = _data_disk(body) if kind == "DataImage" else _system_disk(body, kind)
    min_disk = _min_disk(call, body, attributes)
    bucket, key = checked_url(call, body.get("image_url"))
    rules.check_room(call, facets.name)
    if call.cloud.switches["import_root_origin"] == "file":
        attributes["__root_origin"] = "file"
    if call.cloud.switches["import_data_origin"] == "file":
        attributes["__data_origin"] = f"file,{bucket}:{key}"
    file = call.cloud.world.objects.get((bucket, key))
    image = records.Image(
        id=call.cloud.world.new_id(),
        owner=call.project_id,
        facets=facets,
        created=call.now,
        min_disk=min_disk,
        size_gb=file.size_gb if file else 0,
        attributes=attributes,
    )
    system = kind != "DataImage"
    work = Work(
        kind="import",
        type="imsImportImageJob" if system else "imsImportDataImageJob",
        task="ImportBigFileImageTask",
        image=image,
        failure=_file_failure(call, file, min_disk),
    )
    return launch(call, work)


def _system_disk(body: dict[str, Any], kind: str) -> dict[str, Any]:
    version = body.get("os_version")
    if not version:
        raise img("0159", "os_version is missing.")
    if version not in OS_TYPE_OF:
        raise img("0056", "os_version is invalid.")
    architecture = body.get("architecture") or "x86"
    if architecture not in ("x86", "arm"):
        raise img("0212", "The architecture must be x86 or arm.")
    firmware = body.get("hw_firmware_type") or ("uefi" if architecture == "arm" else None)
    if firmware not in (None, "bios", "uefi") or (architecture == "arm" and firmware == "bios"):
        raise img("0141", "hw_firmware_type is invalid.")
    if body.get("license_type") not in (None, "", "platform", "byol"):
        raise img("0016", "license_type is invalid.")
    make = windows if OS_TYPE_OF[version] == "Windows" else linux
    attributes = make()
    attributes["__os_version"] = version
    attributes["__platform"] = platform_of(version)
    attributes["virtual_env_type"] = "Ironic" if kind == "BMS" else "FusionCompute"
    if architecture == "arm":
        attributes["__support_arm"] = "true"
    if firmware:
        attributes["hw_firmware_type"] = firmware
    return attributes


def _data_disk(body: dict[str, Any]) -> dict[str, Any]:
    os_type = body.get("os_type") or "Linux"
    if os_type not in ("Linux", "Windows"):
        raise img("0122", "os_type must be Linux or Windows.")
    return data_disk(__os_type=os_type)


def _min_disk(call: Call, body: dict[str, Any], attributes: dict[str, Any]) -> int:
    value = body.get("min_disk")
    least = 1
    data = attributes["virtual_env_type"] == "DataImage"
    if call.cloud.switches["min_disk_rule"] == "10/20..1024" and not data:
        least = 20 if attributes["__os_type"] == "Windows" else 10
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 1024:
        raise img("0055", "The value of min_disk is invalid.")
    return value


def checked_url(call: Call, value: Any) -> tuple[str, str]:
    """Bucket and key of `bucket:key`; what is in the file is the job's business."""
    if not isinstance(value, str) or ":" not in value:
        raise img("0017", "image_url must be <bucket>:<file>.")
    bucket, _mark, key = value.partition(":")
    if not bucket:
        raise img("0068", "The name of the bucket is empty.")
    if not key:
        raise img("0017", "image_url names no file.")
    if re.search(r"\s", key):
        raise img("0175", "The name of the file must not contain blanks.")
    if not _BUCKET.match(bucket):
        raise img("0109", "The name of the bucket is invalid.")
    files = [f for (name, _key), f in call.cloud.world.objects.items() if name == bucket]
    if not files:
        raise img("0069", "The bucket cannot be reached.")
    if all(file.region != call.region for file in files):
        raise img("0058", "The bucket is in another region.")
    return bucket, key


def _file_failure(call: Call, file: records.BucketObject | None, min_disk: int) -> str | None:
    if file is None or not file.readable or file.content == "empty":
        return "IMG.0057"
    if file.storage_class != "STANDARD":
        return "IMG.0057"
    if file.content not in ("zvhd2", "raw"):
        return "IMG.0158"
    bitmap = (file.bucket, file.key.rpartition(".")[0] + ".mf")
    if file.content == "raw" and bitmap not in call.cloud.world.objects:
        return "IMG.0158"
    if file.size_gb > MOST_GB:
        return "IMG.0059"
    return "IMG.0055" if file.disk_gb >= min_disk else None
