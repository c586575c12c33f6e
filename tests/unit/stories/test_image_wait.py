# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start many, wait for all: nothing is lost, nothing is done twice, and check mode tells the
truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, PRODUCTION, VOLUME

from .conftest import Cloud, ok
from .killing import killed_at
from .kinds import KINDS, task
from .waiting import COPY, LOOKS, Json, names, start, statuses, wait

LIST = "GET /v2/cloudimages"


def jobs_asked(cloud: Cloud) -> int:
    return sum("/jobs/" in call for call in cloud.requests("GET"))


def lists(cloud: Cloud) -> int:
    return cloud.requests("GET").count(LIST)


# --- what others have left to it


def test_what_the_cloud_left_out_of_an_order_is_set(cloud: Cloud) -> None:
    """A cloud for which an empty description is none, so that the copy inherits one."""
    cloud.switch(copy_description="inherited")
    arguments: Json = {"source_image": "linux-base", "description": ""}
    started = cloud.run("image_copy", name="copy-1", wait=False, **arguments)

    result = ok(wait(cloud, results=[started]))

    [truth] = cloud.images("copy-1")
    assert not truth["description"]
    assert result["images"][0]["image"]["description"] == ""
    cloud.clock.advance(600)
    assert not cloud.run("image_copy", name="copy-1", **arguments)["changed"]


@pytest.mark.parametrize("number", [1, 3])
def test_a_twin_of_another_machine_is_told(cloud: Cloud, tmp_path: Path, number: int) -> None:
    """Neither start could see the other's order."""
    cloud.switch(list_delay=[40, 40])
    started = []
    for machine in ("one", "other"):
        cloud.environ = {"XDG_CACHE_HOME": str(tmp_path / machine)}
        started.append([ok(result) for result in start(cloud, number)])

    result = ok(wait(cloud, results=started[0]))

    twins = {image["id"] for image in cloud.images("copy-1")}
    assert len(twins) == 2
    assert any(all(twin in warning for twin in twins) for warning in result["warnings"])


@pytest.mark.parametrize("answered", [True, False])
def test_the_note_of_an_order_that_was_found_in_flight_goes(
    cloud: Cloud, tmp_path: Path, answered: bool
) -> None:
    """On a cloud that takes no notes of sources, the task would else try to leave one again."""
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    cloud.switch(new_attributes="refused", list_delay=[0, 0])
    module, arguments = task("server")
    if answered:
        ok(cloud.run(module, wait=False, **arguments))
    else:
        killed_at(cloud, "POST", "/wholeimages/action", module, **arguments)
    cloud.clock.advance(30)
    adopted = ok(cloud.run(module, wait=False, **arguments))

    ok(wait(cloud, results=[{**adopted, "job_id": None}]))

    cloud.clock.advance(600)
    written = cloud.writes()
    assert not ok(cloud.run(module, **arguments))["changed"]
    assert cloud.writes() == written


# --- the whole of it


@pytest.mark.parametrize("stored", [True, False], ids=["notes", "no notes"])
def test_twenty_copies_are_started_waited_for_and_then_left_alone(
    cloud: Cloud, tmp_path: Path, stored: bool
) -> None:
    if stored:
        cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    started = [ok(result) for result in start(cloud, 20)]
    assert len(cloud.creates()) >= 20

    result = ok(wait(cloud, results=started))

    assert result["changed"]
    assert statuses(result) == ["active"] * 20
    assert [image["name"] for image in result["images"]] == names(20)
    for entry in result["images"]:
        [truth] = cloud.images(entry["name"])
        assert truth["id"] == entry["image_id"] == entry["image"]["id"]
        assert (truth["min_ram"], truth["tags"]) == (1024, {"tier": "web"})
        assert entry["image"]["min_ram"] == 1024
        assert entry["image"]["tags"] == {"tier": "web"}
        assert entry["msg"] is entry["error"] is None
    cloud.clock.advance(600)
    written = cloud.writes()
    again = [ok(result) for result in start(cloud, 20)]
    assert [result["changed"] for result in again] == [False] * 20
    assert cloud.writes() == written
    assert not ok(wait(cloud, results=again))["changed"]
    assert not ok(wait(cloud, results=started))["changed"]
    assert cloud.writes() == written


def test_the_same_in_check_mode_on_an_empty_world_writes_nothing(cloud: Cloud) -> None:
    predicted = [ok(result) for result in start(cloud, 20, check_mode=True)]
    assert {result["image_id"] for result in predicted} == {None}

    prediction = ok(wait(cloud, check_mode=True, results=predicted))

    assert cloud.writes() == []
    assert prediction["changed"]
    assert statuses(prediction) == ["not_started"] * 20
    # Slow enough that none is ready before it is waited for.
    cloud.rules({**COPY, "action": "job", "duration": 3000})
    cloud.switch(copy_limit=20)
    result = ok(wait(cloud, results=start(cloud, 20)))
    for key in ("changed", "actions", "diff"):
        assert prediction[key] == result[key]
    assert [len(prediction["diff"][side]["images"]) for side in ("before", "after")] == [20, 20]
    assert prediction["diff"]["before"]["images"][0] == {
        "name": "copy-1",
        "active": False,
        "min_ram": 0,
        "tags": {},
    }
    assert prediction["diff"]["after"]["images"][0] == {
        "name": "copy-1",
        "active": True,
        "min_ram": 1024,
        "tags": {"tier": "web"},
    }
    assert result["actions"][:3] == [
        "wait for image 'copy-1' to become active",
        "set min_ram of image 'copy-1'",
        "set tags tier of image 'copy-1'",
    ]


def test_one_hundred_copies_take_turns_at_the_limit_of_the_tenant(cloud: Cloud) -> None:
    cloud.switch(image_quota=200)

    started = [ok(result) for result in start(cloud, 100)]
    result = ok(wait(cloud, results=started))

    assert statuses(result) == ["active"] * 100
    assert len(cloud.images("copy-100")) == 1
    refused = [entry for entry in cloud.simulator.requests if entry["code"] == "IMG.0060"]
    assert len(refused) >= 95
    assert [entry for entry in cloud.simulator.requests if entry["status"] == 429] == []


def test_the_turn_of_a_start_is_told(cloud: Cloud) -> None:
    start(cloud, 6)

    assert [line for line in cloud.lines if line.startswith("copy-6: the cloud is busy (400 IMG")]
    assert all("next try in" in line for line in cloud.lines)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_image_is_finished_as_by_a_task_that_waits(cloud: Cloud, kind: str) -> None:
    module, arguments = task(kind, description="d", **LOOKS)
    started = ok(cloud.run(module, wait=False, **arguments))

    waited = ok(wait(cloud, results=[started]))

    again = ok(cloud.run(module, **arguments))
    assert not again["changed"]
    assert again["source_verified"]
    assert again["image"] == {**waited["images"][0]["image"], "updated_at": ANY}
    assert waited["image_id"] == again["image_id"]
    assert waited["job_id"] == started["job_id"]


class _Any:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


ANY = _Any()


@pytest.mark.parametrize("stored", [True, False], ids=["notes", "no notes"])
def test_without_image_wait_the_starting_task_finishes_it(
    cloud: Cloud, tmp_path: Path, stored: bool
) -> None:
    """The note of the source only where this machine knows that it ordered the image."""
    if stored:
        cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    arguments: Json = {"name": "later", "volume": VOLUME, "wait": False, **LOOKS}
    ok(cloud.run("volume_image_export", **arguments))
    cloud.clock.advance(900)

    second = ok(cloud.run("volume_image_export", **arguments))

    assert second["changed"]
    assert second["source_verified"] == stored
    [truth] = cloud.images("later")
    assert (truth["min_ram"], truth["tags"]) == (1024, {"tier": "web"})
    cloud.clock.advance(60)
    assert not ok(cloud.run("volume_image_export", **arguments))["changed"]


# --- by ids


def test_jobs_alone_are_waited_for(cloud: Cloud) -> None:
    started = start(cloud, 3)

    result = ok(wait(cloud, jobs=[one["job_id"] for one in started]))

    assert result["changed"]
    assert statuses(result) == ["active"] * 3
    assert [image["name"] for image in result["images"]] == names(3)
    assert [image["job_id"] for image in result["images"]] == [one["job_id"] for one in started]
    # An id says nothing of limits and tags.
    assert cloud.images("copy-1")[0]["min_ram"] == 0
    assert cloud.requests("PATCH") == []


@pytest.mark.parametrize("where", ["end", "running"])
def test_many_jobs_are_waited_for_wherever_they_name_their_image(cloud: Cloud, where: str) -> None:
    cloud.switch(image_id_in_job=where, copy_limit=None, image_quota=100)
    started = start(cloud, 12)

    assert statuses(ok(wait(cloud, jobs=[one["job_id"] for one in started]))) == ["active"] * 12
    cloud.clock.advance(600)
    assert statuses(ok(wait(cloud, results=start(cloud, 24)))) == ["active"] * 24


def test_images_are_waited_for_by_id_and_by_name(cloud: Cloud) -> None:
    exported = ok(cloud.run("volume_image_export", name="exported", volume=VOLUME, wait=False))
    start(cloud, 1)
    cloud.clock.advance(20)

    result = ok(wait(cloud, images=[exported["image_id"].upper(), "copy-1", IMAGE]))

    assert statuses(result) == ["active"] * 3
    assert [image["changed"] for image in result["images"]] == [True, True, False]
    assert result["images"][1]["name"] == "copy-1"


def test_what_is_active_already_is_left_as_it_is(cloud: Cloud) -> None:
    result = ok(wait(cloud, images=[IMAGE]))

    assert not result["changed"]
    assert result["actions"] == []
    assert result["diff"] == {"before": {"images": []}, "after": {"images": []}}
    assert result["image_id"] == IMAGE
    assert result["elapsed"] == 0
    assert cloud.requests() == [LIST]


def test_jobs_that_are_done_are_left_as_they_are(cloud: Cloud) -> None:
    started = start(cloud, 7)
    cloud.clock.advance(900)
    jobs = [one["job_id"] for one in started]

    result = ok(wait(cloud, jobs=jobs))

    assert not result["changed"]
    assert statuses(result) == ["active"] * 7
    assert not ok(wait(cloud, jobs=jobs, check_mode=True))["changed"]


@pytest.mark.parametrize("nothing", [{"results": []}, {"jobs": []}, {"images": []}])
def test_nothing_to_wait_for_is_fine(cloud: Cloud, nothing: Json) -> None:
    result = ok(wait(cloud, **nothing))

    assert not result["changed"]
    assert result["images"] == []
    assert cloud.requests() == []


def test_a_name_that_is_not_there_or_not_the_only_one_is_refused(cloud: Cloud) -> None:
    missing = wait(cloud, images=["no-such-image"])
    assert "There is no image named 'no-such-image'" in missing["msg"]
    ok(cloud.run("image_copy", name="twin", source_image=IMAGE))
    other = ok(cloud.run("image_copy", name="other", source_image=IMAGE))
    ok(cloud.run("image", image=other["image_id"], name="twin"))

    twins = wait(cloud, images=["twin"])

    assert twins["msg"].startswith("2 images are named 'twin': ")
    assert other["image_id"] in twins["msg"]


def test_an_image_of_another_owner_or_enterprise_project_is_found(cloud: Cloud) -> None:
    """The list of the project shows neither."""
    cloud.switch(list_projects="default")
    public = ok(cloud.run("image_info", image_type="gold"))["images"][0]["id"]
    project = PRODUCTION
    started = start(cloud, 2, enterprise_project_id=project)

    result = ok(wait(cloud, results=started, images=[public]))

    assert statuses(result) == ["active"] * 3
    assert not result["images"][2]["changed"]


# --- what it costs


def test_many_exports_cost_one_list_for_each_look(cloud: Cloud) -> None:
    volumes = [one["id"] for one in cloud.simulator.state()["volumes"] if one["size"] <= 100][:3]
    started = [
        ok(cloud.run("volume_image_export", name=f"e{n}", volume=volume, force=True, wait=False))
        for n, volume in enumerate(volumes)
    ]
    cloud.forget_requests()

    ok(wait(cloud, results=started, check_mode=True))
    assert cloud.requests() == [LIST]
    cloud.forget_requests()
    ok(wait(cloud, results=started))

    # A note of the source for each, and one list to read them back.
    assert cloud.requests("PATCH", "POST") == [
        f"PATCH /v2/cloudimages/{one['image_id']}" for one in started
    ] or len(cloud.requests("PATCH")) == len(started)
    assert set(cloud.requests("GET")) == {LIST}
    assert lists(cloud) <= 40


def test_many_jobs_cost_little_more(cloud: Cloud) -> None:
    cloud.switch(copy_limit=None, image_quota=100)
    cloud.rules({**COPY, "action": "job", "duration": 600})
    started = start(cloud, 30)
    cloud.forget_requests()

    ok(wait(cloud, results=started))

    times = [entry["time"] for entry in cloud.simulator.requests if entry["method"] == "GET"]
    assert sum(moment - times[0] <= 60 for moment in times) <= 15
    assert lists(cloud) <= 45
    # One question when a job is over, and after the first minute one in each look.
    assert jobs_asked(cloud) <= 30 * 2 + 30
