# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed image_batch says about its images."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Cloud, ok

Json = dict[str, Any]

IMAGES = [
    {"volume_image_export": {"name": "data", "volume": "data-available"}},
    {"volume_image_export": {"name": "lost", "volume": "data-error"}},
]


@pytest.mark.parametrize("full", [True, False])
def test_a_failure_returns_all_about_active_images_only_on_request(
    cloud: Cloud, full: bool
) -> None:
    result = cloud.run("image_batch", images=IMAGES, full_result=full)

    made, lost = result["images"]
    assert made["status"] == "active"
    assert (lost["status"], lost["changed"]) == ("failed", False)
    assert "data-error" in lost["msg"]
    assert (set(made) == {"name", "id", "status"}) is not full
    if full:
        assert made["changed"]
        assert made["timeline"]["ended_at"]
        assert lost["timeline"]["source"] == "volume data-error"


def test_a_success_returns_all_about_all_images(cloud: Cloud) -> None:
    [made] = ok(cloud.run("image_batch", images=IMAGES[:1]))["images"]

    assert made["timeline"]["status"] == "active"


def test_each_failure_has_an_error(cloud: Cloud) -> None:
    """By which a play tells it from a success, also with `failed_when: false`."""
    refused = cloud.run("image_batch", images=[{"image_copy": {"name": ""}}])
    incomplete = cloud.run("image_batch", images=IMAGES)

    assert refused["error"]["code"]
    assert incomplete["error"]["code"]


def test_a_failure_keeps_the_jobs_of_images_that_are_being_created(cloud: Cloud) -> None:
    copy = {"image_copy": {"name": "copy", "source_image": "linux-base"}}

    result = cloud.run("image_batch", images=[copy, IMAGES[1]], wait=False)

    started = result["images"][0]
    assert result["failed"]
    assert (started["id"], started["status"]) == (None, "in_progress")
    assert ok(cloud.run("image_wait", jobs=[started["job_id"]]))["image_id"]


def test_an_image_that_is_not_finished_in_time_was_changed(tame: Cloud) -> None:
    images = [
        {"image_copy": {"name": "copy", "source_image": "linux-base"}},
        {"image_copy": {"name": "second", "source_image": "copy"}},
    ]

    result = tame.run("image_batch", images=images, wait_timeout=20)

    assert [image["status"] for image in result["images"]] == ["in_progress", "not_started"]
    assert [image["changed"] for image in result["images"]] == [True, False]
    assert result["changed"]
    assert result["error"]["code"] == result["images"][0]["error"]["code"] == "timeout"


def test_what_many_images_have_in_common_is_said_once(tame: Cloud) -> None:
    """Ansible prints a failed result whole."""
    tame.switch(copy_limit=None, create_limit=None)
    copies = [
        {"image_copy": {"name": f"copy-{number:02}", "source_image": "linux-base"}}
        for number in range(30)
    ]

    late = tame.run("image_batch", images=copies, wait_timeout=20)

    assert (
        "30 of 30 images not finished in time: copy-00, copy-01, copy-02 and 27 more" in late["msg"]
    )
    assert {image["status"] for image in late["images"]} == {"in_progress"}
    assert all(image["id"] or image["job_id"] for image in late["images"])
    assert len(json.dumps(late["images"])) < 30 * 120
    tame.clock.advance(600)
    tame.rules({"method": "POST", "path": "/copy$", "action": "job", "fail": "IMG.0060"})
    again = [
        {"image_copy": {**one["image_copy"], "name": f"new-{at}"}} for at, one in enumerate(copies)
    ]

    failed = tame.run("image_batch", images=again)

    assert failed["msg"].count("IMG.0060") == 1
    assert "30 of 30 images failed: new-0, new-1, new-2 and 27 more: " in failed["msg"]
    assert sum(": failed: " in line for line in tame.lines) == 20
    full = tame.run("image_batch", images=again, full_result=True)["images"]
    assert {image["error"]["code"] for image in full} == {"IMG.0060"}


def test_a_skipped_image_names_the_entry_that_failed(cloud: Cloud) -> None:
    copies = [
        {"image_copy": {"name": f"copy-{number:02}", "source_image": "lost"}}
        for number in range(30)
    ]

    cloud.switch(image_quota=100)

    result = cloud.run("image_batch", images=[IMAGES[1], *copies])

    assert "Skipped, as lost failed: copy-00, copy-01, copy-02 and 27 more" in result["msg"]
    assert len(json.dumps(result["images"][1:])) < 30 * 80
