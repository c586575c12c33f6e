# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each request example of the public documents runs as it stands, in a fresh world."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import EXAMPLES, EXPORT, IMAGE, VOLUME

from .client import IMPORT, WHOLE, Client

OLD = {"aaa": "111", "bbb": "333", "ccc": "444"}
NEW = {"key1": "value1", "key2": "value2"}
PATHS = {
    "whole_image": WHOLE,
    "quick_import": IMPORT,
    "image_copy": f"/v1/cloudimages/{IMAGE}/copy",
}


@pytest.mark.parametrize(
    ("module", "example"),
    [example for name, example in EXAMPLES.items() if name != "export"],
    ids=[name for name in EXAMPLES if name != "export"],
)
def test_an_example_makes_its_image(cloud: Client, module: str, example: dict[str, Any]) -> None:
    body = {key: value for key, value in example.items() if key != "image_id"}
    image = cloud.make(PATHS[module], body)

    assert (image["name"], image["status"]) == (body["name"], "active")
    assert image["__description"] == body["description"]
    shown = cloud.ok("GET", f"/v2/{{pid}}/images/{image['id']}/tags")["tags"]
    tags = OLD if "tags" in body else NEW if "image_tags" in body else {}
    assert {tag["key"]: tag["value"] for tag in shown} == tags


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_the_export_example_makes_its_image(cloud: Client, version: str) -> None:
    body = {"os-volume_upload_image": EXPORT}
    path = f"/{version}/{{pid}}/volumes/{VOLUME}/action"

    answer = cloud.call("POST", path, body)

    assert answer.status_code == 202
    exported = answer.json()["os-volume_upload_image"]
    assert (exported["status"], exported["size"]) == ("uploading", 40)
    assert exported["volume_type"]["name"] == "SATA"
    cloud.clock.advance(3600)
    assert cloud.images("name=sxmatch2")[0]["status"] == "active"
