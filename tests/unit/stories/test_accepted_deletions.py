# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deletion that the cloud has accepted is told as such, also when the list still shows the image
at the end of the time."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import VOLUME

from .conftest import Cloud, ok

Json = dict[str, Any]

ACCEPTED = "the deletion was accepted, the list still shows it"
REPLACE = {"if_source_differs": "replace"}
DELETE = {"method": "DELETE", "path": "/v2/images/"}


@pytest.fixture
def lingering(cloud: Cloud) -> Cloud:
    """A cloud whose lists show deleted images for hours."""
    cloud.switch(delete_lingers=[9999, 9999])
    return cloud


def made(cloud: Cloud, name: str = "web") -> str:
    """The id of an image that is an hour old."""
    image_id: str = ok(cloud.run("volume_image_export", name=name, volume=VOLUME))["image_id"]
    cloud.clock.advance(3600)
    cloud.forget_requests()
    return image_id


def assert_told(result: Json) -> None:
    assert result["failed"]
    assert result["changed"] is True
    assert ACCEPTED in result["msg"]
    assert "Nothing was deleted" not in result["msg"]


@pytest.mark.parametrize("by", ["name", "id"])
def test_absent_tells_it(lingering: Cloud, by: str) -> None:
    image_id = made(lingering)
    image = image_id if by == "id" else "web"

    result = lingering.run("image", image=image, state="absent", wait_timeout=60)

    assert_told(result)
    assert image_id in result["msg"]


def test_all_images_of_a_name_are_deleted_before_any_is_waited_for(lingering: Cloud) -> None:
    made(lingering)
    ok(lingering.run("volume_image_export", name="web", volume=VOLUME, max_age="1m", keep_old=True))
    lingering.clock.advance(60)

    result = lingering.run(
        "whole_image", name="web", state="absent", delete_all=True, wait_timeout=60
    )

    assert_told(result)
    assert lingering.images("web") == []


def test_retention_tells_it(lingering: Cloud) -> None:
    image_id = made(lingering)
    family = {"name": "web", "keep_newest": 0, "keep_younger_than": "1s"}

    result = lingering.run("image_retention", families=[family], wait_timeout=60)

    assert_told(result)
    assert result["msg"].count("1 of 1 deletions were accepted but not finished") == 1
    assert result["deleted"] == [image_id]
    assert result["failed_images"] == []
    assert result["diff"]["after"]["images"] == []
    assert result["images"][0]["error"] is None
    assert ACCEPTED in result["report"][0]


def test_retention_tells_what_went_from_what_did_not(lingering: Cloud) -> None:
    first, second = made(lingering, "web-1"), made(lingering, "web-2")
    lingering.rules({**DELETE, "path": second, "action": "answer", "status": 403, "code": "X"})
    family = {"name": "web-*", "keep_newest": 0, "keep_younger_than": "1s"}

    result = lingering.run("image_retention", families=[family], wait_timeout=60)

    assert_told(result)
    assert "1 of 2 images could not be deleted" in result["msg"]
    assert "1 of 2 deletions were accepted" in result["msg"]
    assert (result["deleted"], result["failed_images"]) == ([first], [second])


def test_replacing_tells_it(lingering: Cloud) -> None:
    made(lingering)

    result = lingering.run(
        "image_copy", name="web", source_image="linux-base", wait_timeout=600, **REPLACE
    )

    assert_told(result)
    assert [image["id"] for image in lingering.images("web")] == [result["image_id"]]


def test_image_wait_tells_it(lingering: Cloud) -> None:
    made(lingering)
    started = ok(
        lingering.run("image_copy", name="web", source_image="linux-base", wait=False, **REPLACE)
    )

    result = lingering.run("image_wait", results=[started], wait_timeout=600)

    assert_told(result)
    assert result["images"][0]["changed"]


def test_a_deletion_of_an_earlier_task_is_no_change_of_this_one(lingering: Cloud) -> None:
    made(lingering)
    ok(lingering.run("image", image="web", state="absent", wait=False))

    result = lingering.run("whole_image", name="web", state="absent", wait_timeout=60)

    assert result["failed"]
    assert not result.get("changed")
    assert ACCEPTED in result["msg"]
    assert "Nothing was deleted" not in result["msg"]


def test_an_ambiguous_answer_is_reported_as_that(cloud: Cloud) -> None:
    image_id = made(cloud)
    cloud.rules({**DELETE, "action": "drop", "how": "reset", "handled": True})

    result = cloud.run("image", image="web", state="absent", wait_timeout=60)

    assert result["failed"]
    assert f"Whether image {image_id} was deleted is not known" in result["msg"]
    assert result["changed"] is True


def test_a_deletion_that_the_cloud_refuses_is_no_change(cloud: Cloud) -> None:
    made(cloud)
    cloud.rules({**DELETE, "action": "answer", "status": 403, "code": "IMG.0026"})

    result = cloud.run("image", image="web", state="absent", wait_timeout=60)

    assert result["failed"]
    assert not result.get("changed")
    assert "Nothing was deleted" in result["msg"]


def test_a_backup_that_stays_behind_does_not_undo_the_deletion(cloud: Cloud) -> None:
    cloud.switch(backup_late=600)
    image_id = ok(cloud.run("whole_image", name="web", instance="web-01"))["image_id"]
    cloud.rules(
        {
            "method": "DELETE",
            "path": "/backups/",
            "action": "answer",
            "status": 400,
            "code": "BackupService.6204",
        }
    )

    result = cloud.run(
        "whole_image", name="web", state="absent", delete_backup=True, wait_timeout=60
    )

    assert result["failed"]
    assert result["changed"] is True
    assert f"The deletion of image {image_id} was accepted" in result["msg"]
