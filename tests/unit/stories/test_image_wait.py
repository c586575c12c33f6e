# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start many, wait for all: nothing is lost, nothing is done twice, and check mode tells the
truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import Cloud, ok
from .kinds import IMAGE, KINDS, VOLUME, task
from .test_killed import killed_at

Json = dict[str, Any]

LOOKS: Json = {"min_ram": 1024, "image_tags": {"tier": "web"}}
COPY = {"method": "POST", "path": "/copy$"}
LIST = "GET /v2/cloudimages"


def names(number: int) -> list[str]:
    return [f"copy-{one}" for one in range(1, number + 1)]


def start(cloud: Cloud, number: int, **more: Any) -> list[Json]:
    """The results of a loop over copies that does not wait."""
    arguments: Json = {"source_image": IMAGE, "wait": False, **LOOKS, **more}
    return [cloud.run("image_copy", name=name, **arguments) for name in names(number)]


def wait(cloud: Cloud, **arguments: Any) -> Json:
    return cloud.run("image_wait", **arguments)


def start_two_slow_ones(cloud: Cloud) -> list[Json]:
    """Three copies, of which the first takes 30 s and the others 2,000 s."""
    cloud.switch(copy_limit=None)
    cloud.rules(
        {**COPY, "action": "job", "duration": 2000},
        {**COPY, "nth": 1, "action": "job", "duration": 30},
    )
    return start(cloud, 3)


def statuses(result: Json) -> list[str]:
    return [image["status"] for image in result["images"]]


def jobs_asked(cloud: Cloud) -> int:
    return sum("/jobs/" in call for call in cloud.requests("GET"))


def lists(cloud: Cloud) -> int:
    return cloud.requests("GET").count(LIST)


# --- what tests/chaos found


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

    assert [
        line for line in cloud.lines if line.startswith("copy-6: waiting for our turn (400 IMG")
    ]
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
    project = "5a3f8f6e-0d6a-4c1c-9d3b-7f1f0f6d2a10"
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


# --- failures


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
    assert "1 of 2 failed: results[1]: There is no image with the name" in result["msg"]
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
    assert started["pending"]["aside"] == [old]

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
