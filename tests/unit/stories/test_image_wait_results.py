# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks and loops register is all that image_wait needs; old images go once new are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, VOLUME

from .conftest import Cloud, ok
from .waiting import COPY, Json, start, statuses, wait

# --- what loops register


def test_skipped_failed_and_deleted_items_are_told_as_what_they_are(cloud: Cloud) -> None:
    [made] = start(cloud, 1)
    ok(cloud.run("image_copy", name="old", source_image=IMAGE))
    results = [
        {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"},
        cloud.run("image_copy", name="wrong", source_image="no-such-image", wait=False),
        made,
        ok(cloud.run("image_copy", name="old", state="absent")),
    ]

    result = wait(cloud, results={"results": results, "changed": True})

    assert statuses(result) == ["skipped", "failed", "active", "absent"]
    assert "1 of 2 failed: wrong: There is no image with the name" in result["msg"]
    assert result["images"][1]["msg"] == results[1]["msg"].rstrip(".")
    assert result["images"][2]["image"]["min_ram"] == 1024


def test_a_refusal_that_names_an_image_in_the_way_counts_as_failed(cloud: Cloud) -> None:
    ok(cloud.run("volume_image_export", name="copy-1", volume=VOLUME))
    [refused] = start(cloud, 1)
    assert refused["image_id"]

    assert statuses(wait(cloud, results=[refused])) == ["failed"]


def test_what_is_registered_of_a_single_task_is_taken_as_it_is(cloud: Cloud) -> None:
    [started] = start(cloud, 1)

    assert statuses(ok(wait(cloud, results=started))) == ["active"]
    assert statuses(ok(wait(cloud, results={"skipped": True}))) == ["skipped"]
    assert ok(wait(cloud, results={"skipped": True, "results": []}))["images"] == []


def test_check_mode_of_a_single_task_starts_nothing_and_that_is_told(cloud: Cloud) -> None:
    predicted = start(cloud, 1, check_mode=True)

    result = ok(wait(cloud, results=predicted))

    assert not result["changed"]
    assert statuses(result) == ["not_started"]
    assert "was only predicted" in result["warnings"][0]


def test_ids_that_are_null_are_for_check_mode(cloud: Cloud) -> None:
    assert ok(wait(cloud, jobs=[None], check_mode=True))["images"][0]["status"] == "not_started"

    refused = wait(cloud, jobs=[None])

    assert "jobs[0] is null, so nothing was started there" in refused["msg"]
    assert cloud.requests() == []


def test_a_task_that_waits_itself_leaves_nothing_to_predict(cloud: Cloud) -> None:
    predicted = start(cloud, 1, check_mode=True, wait=True)

    assert not ok(wait(cloud, results=predicted, check_mode=True))["changed"]


# --- old images


def old_and_new(cloud: Cloud, **more: Any) -> tuple[str, Json]:
    """An image of a disk, and what a task that is to replace it by a copy hands back."""
    old = ok(cloud.run("volume_image_export", name="web", volume=VOLUME))["image_id"]
    arguments: Json = {"name": "web", "source_image": IMAGE, "if_source_differs": "replace"}
    return old, ok(cloud.run("image_copy", wait=False, **arguments, **more))


def test_what_was_to_be_replaced_goes_when_the_new_one_is_active(cloud: Cloud) -> None:
    old, started = old_and_new(cloud)
    assert cloud.requests("DELETE") == []

    predicted = ok(wait(cloud, results=[started], check_mode=True))
    assert cloud.requests("DELETE") == []
    result = ok(wait(cloud, results=[started]))

    assert predicted["actions"] == result["actions"]
    assert predicted["diff"] == result["diff"]
    assert result["actions"][-1] == f"delete old image 'web' ({old})"
    assert result["diff"]["before"]["images"][0]["old_images"] == [old]
    assert [image["id"] for image in cloud.images("web")] == [result["image_id"]]
    again = ok(cloud.run("image_copy", name="web", source_image=IMAGE, if_source_differs="replace"))
    assert not again["changed"]
    assert not ok(wait(cloud, results=[started]))["changed"]


def test_without_image_wait_the_starting_task_deletes_it(cloud: Cloud) -> None:
    old, _started = old_and_new(cloud)
    cloud.clock.advance(900)

    again = ok(
        cloud.run(
            "image_copy", name="web", source_image=IMAGE, if_source_differs="replace", wait=False
        )
    )

    assert again["actions"] == [f"delete old image 'web' ({old})"]
    assert old not in [image["id"] for image in cloud.images("web")]


def test_an_image_that_is_too_old_goes_when_the_newer_is_active(cloud: Cloud) -> None:
    ok(cloud.run("image_copy", name="web", source_image=IMAGE))
    cloud.clock.advance(3 * 86400)
    started = ok(cloud.run("image_copy", name="web", source_image=IMAGE, max_age="1d", wait=False))

    result = ok(wait(cloud, results=[started]))

    assert [image["id"] for image in cloud.images("web")] == [result["image_id"]]


@pytest.mark.parametrize("unique", ["allowed", "refused"])
def test_when_the_new_one_fails_the_old_one_stays_under_its_name(cloud: Cloud, unique: str) -> None:
    cloud.switch(duplicate_names=unique)
    cloud.rules({**COPY, "action": "job", "fail": "IMG.0014"})
    old, started = old_and_new(cloud)

    result = wait(cloud, results=[started])

    assert result["failed"]
    assert [(image["id"], image["status"]) for image in cloud.images("web")][:1] == [
        (old, "active")
    ]


def test_on_a_cloud_of_unique_names_what_made_room_goes(cloud: Cloud) -> None:
    cloud.switch(duplicate_names="refused")
    old, started = old_and_new(cloud)
    assert started["pending"]["renamed_ids"] == [old]

    result = ok(wait(cloud, results=[started]))

    there = [image["id"] for image in cloud.simulator.state()["images"] if not image["deleted"]]
    assert old not in there
    assert result["image_id"] in there


def test_a_protected_old_image_is_told_and_stays(cloud: Cloud) -> None:
    old, started = old_and_new(cloud)
    ok(cloud.run("image", image=old, protected=True))

    result = wait(cloud, results=[started])

    assert "is protected" in result["msg"]
    assert len(cloud.images("web")) == 2
    assert cloud.requests("DELETE") == []


def test_an_old_image_that_has_another_name_by_now_is_left_alone(cloud: Cloud) -> None:
    old, started = old_and_new(cloud)
    ok(cloud.run("image", image=old, name="kept"))

    result = ok(wait(cloud, results=[started]))

    assert cloud.images("kept")[0]["id"] == old
    assert any("left alone" in warning for warning in result["warnings"])


def test_an_order_that_is_waited_for_leaves_no_note_on_this_machine(
    cloud: Cloud, tmp_path: Path
) -> None:
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    started = start(cloud, 2)
    assert len(list(tmp_path.rglob("image-*"))) == 2

    ok(wait(cloud, results=started))

    assert list(tmp_path.rglob("image-*")) == []


def test_no_image_is_marked_whose_source_is_not_proved(cloud: Cloud) -> None:
    """A task took up an image in flight that may be of another disk."""
    arguments: Json = {"name": "web", "volume": VOLUME, "wait": False}
    ok(cloud.run("volume_image_export", **arguments))
    cloud.clock.advance(20)
    resumed = ok(cloud.run("volume_image_export", **arguments))
    assert not resumed["source_verified"]
    assert resumed["pending"]["ansible_ims_source"] is None

    ok(wait(cloud, results=[resumed]))

    assert cloud.requests("PATCH") == []


def test_one_failure_of_a_hundred_prints_little(tame: Cloud) -> None:
    """Ansible prints a failed result whole, and its message once more."""
    tame.switch(copy_limit=None, create_limit=None)
    tame.rules({**COPY, "nth": 50, "action": "job", "fail": "IMG.0060"})
    started = start(tame, 100)

    result = wait(tame, results=started)

    assert result["failed"]
    assert statuses(result).count("active") == 99
    assert [entry["status"] for entry in result["timeline"]] == ["failed"]
    assert len(json.dumps(result)) + len(result["msg"]) < 12_000
