# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quota of private images: what cannot fit is said before the create request."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import VOLUME

from .conftest import Cloud, ok
from .kinds import NAME, every_kind, task

QUOTA = "/v1/cloudimages/quota"
FULL = "The quota of private images is used up"


def fill(cloud: Cloud, left: int = 0) -> None:
    """Leaves room for so many images."""
    project = cloud.simulator.facts("")["project_id"]
    used = len(cloud.simulator.cloud.world.own_images(project))
    cloud.switch(image_quota=used + left)


@every_kind
def test_what_cannot_fit_is_said_before_the_create_request(cloud: Cloud, kind: str) -> None:
    fill(cloud)
    module, arguments = task(kind)

    foretold = cloud.run(module, check_mode=True, **arguments)
    result = cloud.run(module, **arguments)

    assert result["failed"]
    assert FULL in result["msg"]
    assert "have the quota raised" in result["msg"]
    assert foretold["msg"] == result["msg"]
    assert cloud.writes() == []


@every_kind
def test_the_last_place_is_taken(cloud: Cloud, kind: str) -> None:
    fill(cloud, left=1)
    module, arguments = task(kind)

    assert ok(cloud.run(module, **arguments))["changed"]


@pytest.mark.parametrize("names", ["allowed", "refused"])
@pytest.mark.parametrize(
    "more", [{"if_source_differs": "replace", "volume": "data-available"}, {"max_age": "1d"}]
)
def test_an_old_image_and_its_successor_need_room_at_once(
    cloud: Cloud, names: str, more: dict[str, Any]
) -> None:
    cloud.switch(duplicate_names=names)
    arguments = {"name": NAME, "volume": VOLUME}
    old = ok(cloud.run("volume_image_export", **arguments))
    cloud.clock.advance(2 * 86400)
    fill(cloud)
    cloud.forget_requests()

    result = cloud.run("volume_image_export", **{**arguments, **more})

    assert FULL in result["msg"]
    assert "so both need room" in result["msg"]
    assert cloud.writes() == []
    assert [image["id"] for image in cloud.images(NAME)] == [old["image_id"]]


def test_an_image_that_is_there_needs_no_room(cloud: Cloud) -> None:
    arguments = {"name": NAME, "volume": VOLUME}
    started = ok(cloud.run("volume_image_export", **arguments, wait=False))
    cloud.clock.advance(10)  # until it is listed
    fill(cloud)
    cloud.forget_requests()

    adopted = ok(cloud.run("volume_image_export", **arguments))
    unchanged = ok(cloud.run("volume_image_export", **arguments))

    assert adopted["image_id"] == unchanged["image_id"] == started["image_id"]
    assert f"GET {QUOTA}" not in cloud.requests()


def test_a_copy_of_an_image_in_flight_is_refused_before_its_request_as_well(cloud: Cloud) -> None:
    source = ok(cloud.run("volume_image_export", name="source", volume=VOLUME, wait=False))
    fill(cloud)
    before = len(cloud.creates())

    result = cloud.run("image_copy", name=NAME, source_image=source["image_id"], wait=False)

    assert FULL in result["msg"]
    assert len(cloud.creates()) == before


def row(**members: Any) -> dict[str, Any]:
    return {"quotas": {"resources": [{"type": "image", **members}]}}


ODD: dict[str, Any] = {
    "no limit": row(used=7, quota=-1),
    "nothing told": row(),
    "null": row(used=None, quota=None),
    "no number": row(used=True, quota="many"),
    "negative": row(used=-1, quota=-1),
    "of other things": {"quotas": {"resources": [{"type": "image_member", "used": 1, "quota": 1}]}},
    "no list": {"quotas": {"resources": {"type": "image"}}},
    "no objects": {"quotas": {"resources": [7, None]}},
    "something else": {"quota": 7},
    "a list": [1],
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_an_odd_quota_stops_nobody(cloud: Cloud, answer: Any) -> None:
    cloud.retell = lambda call, told: answer if call.endswith(QUOTA) else told

    assert ok(cloud.run("volume_image_export", name=NAME, volume=VOLUME))["changed"]


@pytest.mark.parametrize(("used", "quota"), [("50", "50"), (51, 50), (50.0, 50), (0, 0)])
def test_a_quota_that_is_used_up_is_read_in_any_form(cloud: Cloud, used: Any, quota: Any) -> None:
    told = row(used=used, quota=quota)
    cloud.retell = lambda call, answer: told if call.endswith(QUOTA) else answer

    assert FULL in cloud.run("volume_image_export", name=NAME, volume=VOLUME)["msg"]


TROUBLE: dict[str, dict[str, Any]] = {
    "forbidden": {"action": "answer", "status": 403},
    "unpublished": {"action": "answer", "status": 404, "code": "APIGW.0101"},
    "bad request": {"action": "answer", "status": 400},
    "throttled": {"action": "throttle", "retry_after": 60},
    "trouble": {"action": "answer", "status": 503},
    "login page": {"action": "garbage"},
    "no answer": {"action": "timeout"},
    "cut off": {"action": "drop"},
}


@pytest.mark.parametrize("rule", TROUBLE.values(), ids=TROUBLE)
def test_a_quota_that_cannot_be_had_stops_nobody(cloud: Cloud, rule: dict[str, Any]) -> None:
    usual = ok(cloud.run("volume_image_export", name="usual", volume=VOLUME, wait=False))
    cloud.rules({"path": QUOTA, **rule})
    given = {"name": NAME, "volume": "data-available"}

    result = ok(cloud.run("volume_image_export", **given, wait=False, verbosity=1))

    assert result["changed"]
    assert result["warnings"] == []
    assert any("quota" in note for note in result["notes"])
    assert result["elapsed"] < usual["elapsed"] + 20
