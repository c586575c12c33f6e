# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four modules make an image, once, and say what they did."""

from __future__ import annotations

from typing import Any

from ansible_collections.huaweicloud.ims.tests.samples import EXAMPLES, VOLUME

from .conftest import Cloud, ok
from .kinds import example


@example
def test_each_example_of_the_api_makes_an_active_image(
    cloud: Cloud, module: str, arguments: dict[str, Any]
) -> None:
    result = ok(cloud.run(module, **arguments))

    assert result["changed"]
    name = arguments.get("name") or arguments["image_name"]
    [image] = cloud.images(name)
    assert image["status"] == "active"
    assert result["image"]["status"] == "active"
    assert result["image_id"] == result["image"]["id"] == image["id"]
    assert result["image"]["description"] == arguments.get("description", "")


@example
def test_a_second_run_changes_nothing_and_writes_nothing(
    cloud: Cloud, module: str, arguments: dict[str, Any]
) -> None:
    first = cloud.run(module, **arguments)

    second = cloud.unchanged(module, **arguments)

    assert second["image_id"] == first["image_id"]
    assert second["source_verified"]
    assert second["actions"] == []
    assert second["diff"]["before"] == second["diff"]["after"]


@example
def test_check_mode_says_what_the_real_run_does_and_writes_nothing(
    cloud: Cloud, module: str, arguments: dict[str, Any]
) -> None:
    predicted = cloud.run(module, check_mode=True, **arguments)
    assert cloud.requests("POST", "PATCH", "PUT", "DELETE") == []

    real = cloud.run(module, **arguments)

    for key in ("changed", "diff", "actions", "source_verified", "resumed"):
        assert predicted[key] == real[key], key
    assert predicted["image_id"] is None
    assert predicted["image"]["name"] == real["image"]["name"]
    assert set(predicted["image"]) == set(real["image"])


def test_tags_come_back_as_a_mapping_under_both_names(cloud: Cloud) -> None:
    module, arguments = EXAMPLES["server, tags"]

    result = cloud.run(module, **arguments)

    assert result["image"]["tags"] == {"aaa": "111", "bbb": "333", "ccc": "444"}
    assert result["image"]["image_tags"] == result["image"]["tags"]


def test_what_the_create_request_cannot_carry_is_set_once_the_image_is_active(cloud: Cloud) -> None:
    result = ok(
        cloud.run(
            "volume_image_export",
            name="web-data",
            volume=VOLUME,
            description="data of web",
            min_ram=1024,
            max_ram=4096,
            image_tags={"tier": "web"},
        )
    )

    assert result["actions"] == [
        f"create image 'web-data' of volume {VOLUME}",
        "set description",
        "set min_ram",
        "set max_ram",
        "set tags tier",
    ]
    image = result["image"]
    assert (image["description"], image["min_ram"], image["max_ram"]) == ("data of web", 1024, 4096)
    assert image["tags"] == {"tier": "web"}
