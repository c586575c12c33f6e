# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs and the images they make, in a nasty cloud and under faults."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS, SERVER, VOLUME

from .client import BODY, IMPORT, Client


def post(cloud: Client, **fault: Any) -> str:
    if fault:
        cloud.simulator.faults({"rules": [{"action": "job", **fault}]})
    return str(cloud.ok("POST", IMPORT, BODY)["job_id"])


def switch(cloud: Client, **switches: Any) -> None:
    cloud.simulator.faults({"switches": switches})


def watch(cloud: Client, job_id: str, seconds: int) -> list[tuple[str, str]]:
    """Second by second: what the job says, and what the list says of the image."""
    seen: list[tuple[str, str]] = []
    for _count in range(seconds):
        answer = cloud.call("GET", f"/v1/{{pid}}/jobs/{job_id}")
        job = answer.json()["status"] if answer.ok else str(answer.status_code)
        images = cloud.images("name=new")
        entry = (job, images[0]["status"] if images else "-")
        if not seen or seen[-1] != entry:
            seen.append(entry)
        cloud.clock.advance(1)
    return seen


def test_a_tame_job_goes_straight_ahead(tame: Client) -> None:
    assert watch(tame, post(tame), 300) == [
        ("INIT", "queued"),
        ("RUNNING", "queued"),
        ("RUNNING", "saving"),
        ("SUCCESS", "active"),
    ]


def test_a_nasty_job_is_unknown_first_and_its_image_listed_late(cloud: Client) -> None:
    seen = watch(cloud, post(cloud), 20)

    assert seen[0] == ("400", "-")
    assert {job for job, _image in seen} == {"400", "RUNNING"}
    assert seen[-1] == ("RUNNING", "queued")


def test_success_and_active_disagree_both_ways(cloud: Client) -> None:
    cloud.simulator.faults({"rules": [{"action": "job", "duration": 10}]})
    switch(cloud, rate_limit=None)
    pairs = set()
    for _count in range(12):
        pairs |= set(watch(cloud, post(cloud), 18))
        number = cloud.images("name=new")[0]["id"]
        cloud.call("DELETE", f"/v2/images/{number}")
        cloud.clock.advance(10)

    assert {("SUCCESS", "saving"), ("RUNNING", "active")} <= pairs


@pytest.mark.parametrize(("how", "status"), [("vanishes", None), ("killed", "killed")])
def test_the_image_of_a_failed_job_vanishes_or_is_killed(
    cloud: Client, how: str, status: str | None
) -> None:
    switch(cloud, failed_image=how)
    job = cloud.finish(post(cloud, fail="IMG.0014"))

    assert (job["status"], job["error_code"]) == ("FAIL", "IMG.0014")
    assert job["fail_reason"]
    images = cloud.images("name=new")
    assert [image["status"] for image in images] == ([status] if status else [])


def test_a_fault_may_word_the_reason(tame: Client) -> None:
    job = tame.finish(post(tame, fail="IMG.9999", reason="because"))

    assert (job["error_code"], job["fail_reason"]) == ("IMG.9999", "because")


def test_success_without_entities(tame: Client) -> None:
    job = tame.finish(post(tame, empty=True))

    assert (job["status"], job["entities"]) == ("SUCCESS", {})
    assert tame.images("name=new")[0]["status"] == "active"


def test_the_image_id_can_hide(tame: Client) -> None:
    job = tame.finish(post(tame, image_id_in="sub_jobs_result", times=1))
    number = tame.images("name=new")[0]["id"]
    assert set(job["entities"]) == {"sub_jobs_result", "sub_jobs_list"}
    assert job["entities"]["sub_jobs_result"][0]["entities"]["image_id"] == number

    tame.call("DELETE", f"/v2/images/{number}")
    job = tame.finish(post(tame, image_id_in="results"))
    assert [row["image_id"] for row in job["entities"]["results"]] == [
        tame.images("name=new")[0]["id"]
    ]


@pytest.mark.parametrize(
    ("how", "value"), [("fraction", 0.5), ("percent", 50), ("string", "50"), ("absent", None)]
)
def test_progress_comes_in_several_ways(tame: Client, how: str, value: object) -> None:
    switch(tame, process_percent=how)
    job_id = post(tame)
    tame.clock.advance(2 + 245 / 2 + 0.1)

    assert tame.job(job_id)["entities"].get("process_percent") == value


@pytest.mark.parametrize(("how", "there"), [("running", True), ("end", False)])
def test_a_running_job_may_name_its_image(tame: Client, how: str, there: bool) -> None:
    switch(tame, image_id_in_job=how)
    job_id = post(tame)
    tame.clock.advance(10)

    assert ("image_id" in tame.job(job_id)["entities"]) is there
    assert "image_id" in tame.finish(job_id)["entities"]


def test_times_of_a_job(tame: Client) -> None:
    job_id = post(tame)
    assert tame.job(job_id)["end_time"] == ""
    job = tame.finish(job_id)

    assert job["begin_time"] < job["end_time"]
    assert job["end_time"].endswith("Z")


def test_a_job_belongs_to_its_project(cloud: Client) -> None:
    job_id = post(cloud)
    cloud.clock.advance(10)
    cloud.login(project_id=cloud.facts["others"]["team_project_id"])

    assert cloud.refused("GET", f"/v1/{{pid}}/jobs/{job_id}")[1] == "IMG.0023"


def test_an_image_can_be_listed_very_late(tame: Client) -> None:
    tame.finish(post(tame, list_delay=4000))

    assert tame.images("name=new") == []
    tame.clock.advance(1000)
    assert tame.images("name=new")[0]["status"] == "active"


def test_an_image_can_be_killed_though_its_job_succeeds(tame: Client) -> None:
    job = tame.finish(post(tame, image="killed", status_skew=100))

    assert job["status"] == "SUCCESS"
    assert tame.images("name=new")[0]["status"] == "killed"


def test_an_image_being_made_cannot_be_deleted(tame: Client) -> None:
    job_id = post(tame)
    tame.clock.advance(100)
    number = tame.job(job_id)["entities"]["image_id"]

    assert tame.refused("DELETE", f"/v2/images/{number}") == (400, "IMG.0090")


@pytest.mark.parametrize(
    ("how", "origin"), [("absent", None), ("file", "file,ims-image:centos70.zvhd2")]
)
def test_the_origin_of_an_import_is_disputed(tame: Client, how: str, origin: str | None) -> None:
    switch(tame, import_data_origin=how)
    tame.finish(post(tame))

    assert tame.images("name=new")[0].get("__data_origin") == origin


@pytest.mark.parametrize(
    ("how", "value"), [("absent", None), ("string", "true"), ("boolean", True)]
)
def test_lists_may_hide_that_an_image_is_whole(tame: Client, how: str, value: object) -> None:
    switch(tame, whole_image_in_lists=how)

    [image] = tame.images("name=whole-from-server")
    assert image.get("__whole_image") == value
    assert image["__backup_id"]


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ({"instance_id": SERVER}, "instance,"),
        ({"volume_id": VOLUME, "os_version": CENTOS}, "volume,"),
        ({"image_url": "ims-image:small.zvhd2", "min_disk": 40}, "file,"),
    ],
)
def test_the_ordinary_creations_tell_their_source(
    tame: Client, source: dict[str, Any], origin: str
) -> None:
    image = tame.make("/v2/cloudimages/action", {"name": "new", **source})

    assert image["__data_origin"].startswith(origin)
