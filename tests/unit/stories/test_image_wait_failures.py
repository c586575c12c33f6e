# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One failure does not hide the others, and a second run goes on where the first one ended."""

from __future__ import annotations

import json

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, VOLUME

from .conftest import Cloud, ok
from .waiting import COPY, Json, names, start, start_two_slow_ones, statuses, wait


def test_one_failure_does_not_hide_the_others(cloud: Cloud) -> None:
    cloud.rules(
        {**COPY, "nth": 2, "action": "job", "fail": "IMG.0014", "reason": "the moon was full"},
        {**COPY, "nth": 4, "action": "job", "fail": "IMG.0095"},
    )
    cloud.switch(copy_limit=None)
    started = start(cloud, 20)

    result = wait(cloud, results=started)

    assert result["failed"]
    assert "2 of 20 failed: " in result["msg"]
    assert "copy-2 (" in result["msg"]
    assert "the moon was full (IMG.0014)" in result["msg"]
    assert "copy-4 (" in result["msg"]
    assert "keep waiting" not in result["msg"]
    expected = ["active"] * 20
    expected[1] = expected[3] = "failed"
    assert statuses(result) == expected
    assert result["changed"]
    failed = result["images"][1]
    assert failed["error"]["code"] == "IMG.0014"
    assert failed["error"]["message"] == "the moon was full"
    assert failed["error"]["hint"]
    assert "the moon was full" in failed["msg"]
    assert failed["job_id"] == started[1]["job_id"]
    assert result["error"]["code"] == "IMG.0014"
    # The others are finished all the same.
    assert cloud.images("copy-20")[0]["tags"] == {"tier": "web"}
    assert [line for line in cloud.lines if "2 failed (copy-2, copy-4)" in line]


def test_the_jobs_that_fail_are_told_in_check_mode_too(cloud: Cloud) -> None:
    cloud.rules({**COPY, "nth": 1, "action": "job", "fail": "IMG.0014"})
    started = start(cloud, 2)
    cloud.clock.advance(300)

    result = wait(cloud, jobs=[one["job_id"] for one in started], check_mode=True)

    assert "1 of 2 failed: " in result["msg"]


@pytest.mark.parametrize("left", ["killed", "vanishes"])
def test_failures_are_noticed_soon_among_many(cloud: Cloud, left: str) -> None:
    cloud.switch(copy_limit=None, failed_image=left)
    cloud.rules(
        {**COPY, "action": "job", "duration": 1500},
        {**COPY, "nth": 7, "action": "job", "fail": "IMG.0014", "duration": 200},
    )
    started = start(cloud, 10)
    begun = cloud.clock.now()

    result = wait(cloud, results=started)

    assert statuses(result).count("failed") == 1
    asked = [entry for entry in cloud.simulator.requests if started[6]["job_id"] in entry["path"]]
    assert asked[-1]["time"] - begun < 200


def test_a_refused_write_is_told_and_the_others_are_written(cloud: Cloud) -> None:
    started = start(cloud, 3)
    refuse = {"action": "answer", "status": 403, "code": "IMG.0026"}
    cloud.rules({"method": "PATCH", "nth": 1, **refuse})

    result = wait(cloud, results=started)

    assert "1 of 3 failed: " in result["msg"]
    assert "setting min_ram of image" in result["msg"]
    assert result["error"]["code"] == "IMG.0026"
    assert sorted(statuses(result)) == ["active", "active", "failed"]
    assert sorted(cloud.images(name)[0]["min_ram"] for name in names(3)) == [0, 1024, 1024]
    cloud.rules()
    cloud.clock.advance(60)
    again = ok(wait(cloud, results=started))
    assert again["changed"]
    assert sum(image["changed"] for image in again["images"]) == 1


def test_at_the_deadline_the_ids_are_kept_and_the_next_run_goes_on(cloud: Cloud) -> None:
    started = start(cloud, 3)
    started.append(cloud.run("volume_image_export", name="e", volume=VOLUME, wait=False))

    late = wait(cloud, results=started, wait_timeout=30)

    assert late["failed"]
    assert late["elapsed"] == pytest.approx(30, abs=3)
    assert "4 of 4 not finished in time: " in late["msg"]
    assert "Run the task again to keep waiting." in late["msg"]
    assert statuses(late) == ["in_progress"] * 4
    for one, entry in zip(started, late["images"], strict=True):
        assert entry["job_id"] == one["job_id"]
        assert (one["job_id"] or one["image_id"]) in late["msg"]
    assert cloud.requests("DELETE") == []
    assert not late["changed"]

    assert ok(wait(cloud, results=started))["changed"]


def test_what_many_images_have_in_common_is_said_once(tame: Cloud) -> None:
    """Ansible prints a failed result whole."""
    tame.switch(copy_limit=None, image_quota=100)
    started = start(tame, 30)

    late = wait(tame, results=started, wait_timeout=20)

    assert "30 of 30 not finished in time: copy-1, copy-2, copy-3 and 27 more" in late["msg"]
    assert len(json.dumps(late["images"])) < 30 * 120
    assert all(image["image_id"] or image["job_id"] for image in late["images"])
    assert [entry["job_id"] for entry in late["timeline"]] == [one["job_id"] for one in started]


def test_a_deadline_between_two_images_tells_what_each_lacks(cloud: Cloud) -> None:
    started = start_two_slow_ones(cloud)

    late = wait(cloud, results=started, wait_timeout=300)

    assert statuses(late) == ["active", "in_progress", "in_progress"]
    assert late["changed"]
    assert cloud.images("copy-1")[0]["min_ram"] == 1024


@pytest.mark.parametrize(
    "trouble",
    [
        {"action": "answer", "status": 503},
        {"action": "throttle", "retry_after": 20},
        {"action": "drop", "how": "reset"},
        {"action": "garbage"},
    ],
    ids=["503", "429", "reset", "garbage"],
)
def test_trouble_in_mid_wait_does_not_end_it(cloud: Cloud, trouble: Json) -> None:
    started = start(cloud, 4)
    cloud.rules({"method": "GET", "path": "/v2/cloudimages$", "nth": 3, **trouble})

    assert statuses(ok(wait(cloud, results=started))) == ["active"] * 4


def test_a_permission_that_is_taken_away_is_told_with_what_was_known(cloud: Cloud) -> None:
    started = start(cloud, 3)
    refuse = {"action": "answer", "status": 403, "code": "IMG.0026"}
    cloud.rules({"method": "GET", "path": "/v2/cloudimages$", "after": 2, **refuse})

    result = wait(cloud, results=started)

    assert result["error"]["http_status"] == 403
    assert "3 of 3 not finished: " in result["msg"]
    assert statuses(result) == ["in_progress"] * 3
    assert [entry["job_id"] for entry in result["images"]] == [one["job_id"] for one in started]


def test_jobs_that_nobody_knows_are_given_up_after_a_while(cloud: Cloud) -> None:
    unknown = [f"{number:032x}" for number in range(8)]

    result = wait(cloud, jobs=unknown)

    assert "8 of 8 failed: " in result["msg"]
    assert f"does not know job {unknown[0]}" in result["msg"]
    assert result["elapsed"] < 300


def test_an_image_that_is_not_there_is_given_up_after_a_while(cloud: Cloud) -> None:
    gone = "11111111-2222-4333-8444-555555555555"

    result = wait(cloud, images=[gone, IMAGE])

    assert f"1 of 2 failed: {gone}: image {gone} is not there (any more)" in result["msg"]
    assert result["elapsed"] < 200


def test_what_another_task_had_deleted_is_not_said_of_this_one(cloud: Cloud) -> None:
    failed = {
        "failed": True,
        "msg": "Failed while setting min_ram: the moon was full. Known so far: image abc. Nothing "
        "was deleted; run the task again to go on from here.",
        "image_id": "0a1b2c3d-0000-4000-8000-000000000000",
        "job_id": None,
    }

    result = wait(cloud, results=[failed, *start(cloud, 1)])

    assert "the moon was full" in result["msg"]
    assert "deleted" not in result["msg"]
