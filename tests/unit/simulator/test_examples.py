# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each request example of the public documents runs as it stands, in a fresh world."""

from __future__ import annotations

from typing import Any

import pytest

from .client import IMPORT, WHOLE, Client

OLD_TAGS = {"tags": ["aaa.111", "bbb.333", "ccc.444"]}
NEW_TAGS = {"image_tags": [{"key": "key2", "value": "value2"}, {"key": "key1", "value": "value1"}]}
SERVER = {
    "name": "instance_whole_image",
    "description": "creating an image from an ECS",
    "instance_id": "877a2cda-ba63-4e1e-b95f-e67e48b6129a",
    "vault_id": "de9fcf45-11b2-432c-8562-5c5428574600",
}
BACKUP = {
    "name": "backup_whole_image",
    "description": "Creating a full-ECS image using a CBR backup",
    "backup_id": "9b27efab-4a17-4c06-bfa2-3e0cf021d3c3",
    "whole_image_type": "CBR",
}
UNTYPED_BACKUP = {
    "name": "backup_whole_image",
    "description": "Creating a full-ECS image from a ",
    "backup_id": "9b27efab-4a17-4c06-bfa2-3e0cf021d3c3",
}
CHINESE = {**SERVER, "description": "云服务器制作镜像"}
SYSTEM = {
    "name": "ims_test_file",
    "description": "Create an image using a file in the OBS bucket.",
    "image_url": "ims-image:centos70.zvhd2",
    "os_version": "CentOS 7.0 64bit",
    "min_disk": 40,
    "type": "ECS",
}
DATA = {
    "name": "ims_test_file",
    "description": "Create an image using a file in the OBS bucket.",
    "image_url": "ims-image:centos70.qcow2",
    "os_type": "Linux",
    "min_disk": 40,
    "type": "DataImage",
}
COPY = {
    "name": "ims_encrypted_copy3",
    "description": "test copy",
    "cmk_id": "bd66288c-9081-460a-8227-4cbd0c814cb4",
}
COPY_PATH = "/v1/cloudimages/465076de-dc36-4aec-80f5-ef9d8009428f/copy"
OLD = {"aaa": "111", "bbb": "333", "ccc": "444"}
NEW = {"key1": "value1", "key2": "value2"}


@pytest.mark.parametrize(
    ("path", "body", "tags"),
    [
        (WHOLE, {**SERVER, **OLD_TAGS}, OLD),
        (WHOLE, {**SERVER, **NEW_TAGS}, NEW),
        (WHOLE, {**CHINESE, **OLD_TAGS}, OLD),
        (WHOLE, {**UNTYPED_BACKUP, **NEW_TAGS}, NEW),
        (WHOLE, {**BACKUP, **OLD_TAGS}, OLD),
        (WHOLE, {**BACKUP, **NEW_TAGS}, NEW),
        (IMPORT, {**SYSTEM, **OLD_TAGS}, OLD),
        (IMPORT, {**SYSTEM, **NEW_TAGS}, NEW),
        (IMPORT, {**DATA, **OLD_TAGS}, OLD),
        (IMPORT, {**DATA, **NEW_TAGS}, NEW),
        (COPY_PATH, COPY, {}),
    ],
)
def test_an_example_makes_its_image(
    cloud: Client, path: str, body: dict[str, Any], tags: dict[str, str]
) -> None:
    image = cloud.make(path, body)

    assert (image["name"], image["status"]) == (body["name"], "active")
    assert image["__description"] == body["description"]
    shown = cloud.ok("GET", f"/v2/{{pid}}/images/{image['id']}/tags")["tags"]
    assert {tag["key"]: tag["value"] for tag in shown} == tags


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_the_export_example_makes_its_image(cloud: Client, version: str) -> None:
    body = {
        "os-volume_upload_image": {
            "image_name": "sxmatch2",
            "force": True,
            "container_format": "bare",
            "disk_format": "vhd",
            "__os_type": "linux",
        }
    }
    path = f"/{version}/{{pid}}/volumes/16369c5d-384d-4e64-b37a-56d898769362/action"

    answer = cloud.call("POST", path, body)

    assert answer.status_code == 202
    exported = answer.json()["os-volume_upload_image"]
    assert (exported["status"], exported["size"]) == ("uploading", 40)
    assert exported["volume_type"]["name"] == "SATA"
    cloud.clock.advance(3600)
    assert cloud.images("name=sxmatch2")[0]["status"] == "active"
