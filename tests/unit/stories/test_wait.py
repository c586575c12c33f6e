# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task waits until its image is active, whatever the cloud does in between, and loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Job

from .conftest import Cloud, in_lists, ok
from .kinds import NAME, each_kind_and_each, every_kind, run, task

Arguments = dict[str, Any]

JOBS = ["server", "backup", "CSBS backup", "image", "encrypted copy", "system file", "data file"]
every_job = pytest.mark.parametrize("kind", JOBS)
CREATE = {"method": "POST", "path": "(wholeimages/action|/copy|quickimport/action)$"}
POLL = {"method": "GET", "path": "/jobs/"}
LIST = {"method": "GET", "path": "/v2/cloudimages$"}


def assert_made_once(cloud: Cloud, result: dict[str, Any]) -> None:
    assert not result.get("failed"), result["msg"]
    [image] = cloud.images(NAME)
    assert image["status"] == result["image"]["status"] == "active"
    assert result["image_id"] == image["id"]
    assert len(cloud.creates()) == 1


# --- jobs that fail


@each_kind_and_each("code", {code: code for code in ("IMG.0014", "IMG.0060", "IMG.0182")}, JOBS)
def test_a_job_that_fails_tells_its_code_and_reason(cloud: Cloud, kind: str, code: str) -> None:
    cloud.rules({**CREATE, "action": "job", "fail": code, "reason": "the moon was full"})

    result = run(cloud, kind)

    assert result["failed"]
    assert "waiting for image" in result["msg"]
    assert NAME in result["msg"]
    assert "the moon was full" in result["msg"]
    assert code in result["msg"]
    assert result["job_id"] in result["msg"]
    assert result["error"]["code"] == code
    assert result["error"]["message"] == "the moon was full"
    assert result["error"]["hint"] in result["msg"]
    assert "keep waiting" not in result["msg"]
    assert len(cloud.creates()) == 1


SUB_JOB = {"status": "FAIL", "error_code": "IMG.0057", "fail_reason": "no such file"}
FAILURES: dict[str, Arguments] = {
    "at the top": {"entities": {}, "error_code": "IMG.0057", "fail_reason": "no such file"},
    "in the entities": {"entities": {"error_code": "IMG.0057", "error": "no such file"}},
    "in the only sub job": {"entities": {"sub_jobs_result": [SUB_JOB]}},
    "in the second sub job": {
        "entities": {"sub_jobs_result": [{"status": "SUCCESS", "error_code": None}, SUB_JOB]}
    },
    "in a sub job whose status is in lower case": {
        "entities": {"sub_jobs_result": [{**SUB_JOB, "status": "fail"}]}
    },
    "in the entities of a sub job": {
        "entities": {
            "sub_jobs_result": [
                {
                    "status": "FAIL",
                    "entities": {
                        "addition_error_code": "IMG.0057",
                        "addition_error_msg": "no such file",
                    },
                }
            ]
        }
    },
    "in a result": {
        "entities": {
            "results": [
                {"status": "success", "error_code": "IMG.0014"},
                {"status": "failed", "errCode": "IMG.0057", "errorMessage": "no such file"},
            ]
        }
    },
    "as an addition": {
        "entities": {"addition_error_code": "IMG.0057", "addition_error_msg": "no such file"}
    },
    "beside values that cannot be read": {
        "entities": {
            "error_code": {"code": 7},
            "results": "none",
            "sub_jobs_result": [None, 7, SUB_JOB],
        },
        "fail_reason": ["?"],
    },
    "at the top before the sub jobs": {
        "entities": {"sub_jobs_result": [{**SUB_JOB, "error_code": "IMG.0014"}]},
        "error_code": "IMG.0057",
        "fail_reason": "no such file",
    },
    "in capitals and FAILED": {
        "entities": {"error_code": "IMG.0057", "error": "no such file"},
        "status": "Failed",
    },
}


@pytest.mark.parametrize("wire", FAILURES.values(), ids=FAILURES)
def test_the_reason_is_found_wherever_the_job_states_it(wire: Arguments) -> None:
    job = Job.from_wire({"status": "FAIL", "error_code": None, "fail_reason": None, **wire})

    assert job.failed
    assert (job.error_code, job.fail_reason) == ("IMG.0057", "no such file")


def test_a_job_that_fails_without_a_word_fails_all_the_same(cloud: Cloud) -> None:
    def silent(call: str, answer: Any) -> Any:
        bare: Arguments = {"error_code": None, "fail_reason": None, "entities": {}}
        running = "/jobs/" in call and answer["status"] == "RUNNING"
        return {**answer, "status": "FAIL", **bare} if running else answer

    cloud.retell = silent

    result = run(cloud, "system file")

    assert result["failed"]
    assert "no reason given (no error code)" in result["msg"]
    assert result["job_id"]


@pytest.mark.parametrize("left", ["killed", "vanishes"])
def test_what_a_failed_job_leaves_behind_is_not_taken_for_the_image(
    cloud: Cloud, left: str
) -> None:
    cloud.switch(failed_image=left)
    cloud.rules({**CREATE, "times": 1, "action": "job", "fail": "IMG.0014"})
    first = run(cloud, "system file")

    second = run(cloud, "system file")

    assert second["changed"]
    assert second["image_id"] != first["image_id"]
    assert second["image"]["status"] == "active"


# --- where the job names its image


@each_kind_and_each("where", {w: w for w in ("sub_jobs_result", "results", "entities")}, JOBS)
def test_the_image_is_found_wherever_the_job_names_it(cloud: Cloud, kind: str, where: str) -> None:
    cloud.rules({**CREATE, "action": "job", "image_id_in": where})

    result = run(cloud, kind)

    assert_made_once(cloud, result)
    assert result["job"]["image_id"] == result["image_id"]


@every_job
def test_a_job_that_never_names_its_image_is_cleared_up_by_name(cloud: Cloud, kind: str) -> None:
    cloud.rules({**CREATE, "action": "job", "empty": True})

    result = run(cloud, kind)

    assert_made_once(cloud, result)
    assert result["job"]["image_id"] is None


@every_job
def test_a_job_that_names_its_image_at_the_end_only(cloud: Cloud, kind: str) -> None:
    cloud.switch(image_id_in_job="end")

    assert_made_once(cloud, run(cloud, kind))


@pytest.mark.parametrize(
    ("told", "percent"),
    [
        (0.4, 40.0),
        (0.0, 0.0),
        (1, 100.0),
        (40, 40.0),
        (99.5, 99.5),
        ("0.40", 40.0),
        ("55", 55.0),
        ("", None),
        (None, None),
        ("soon", None),
        ({}, None),
    ],
)
def test_progress_is_percent_however_the_cloud_sends_it(told: Any, percent: float | None) -> None:
    job = Job.from_wire({"status": "RUNNING", "entities": {"process_percent": told}})

    assert job.percent == (None if percent is None else pytest.approx(percent))


@pytest.mark.parametrize("entities", [{}, None, {"current_task": "x"}])
def test_progress_may_be_missing(entities: Any) -> None:
    assert Job.from_wire({"status": "RUNNING", "entities": entities}).percent is None


# --- jobs and images that come late, or never


@each_kind_and_each(
    "status,seconds", {"45-404": ("404", 45), "4-400": ("400", 4), "45-400": ("400", 45)}, JOBS
)
def test_a_new_job_may_be_unknown_at_first(
    cloud: Cloud, kind: str, status: str, seconds: float
) -> None:
    cloud.switch(job_unknown=seconds, job_unknown_answer=status)

    assert_made_once(cloud, run(cloud, kind))


@pytest.mark.parametrize("status", ["400", "404"])
def test_a_job_that_stays_unknown_ends_the_wait(cloud: Cloud, status: str) -> None:
    cloud.switch(job_unknown=9999, job_unknown_answer=status)
    begun = cloud.clock.now()

    result = run(cloud, "image")

    assert result["failed"]
    assert f"does not know job {result['job_id']}" in result["msg"]
    assert result["error"]["code"] == "IMG.0023"
    assert result["error"]["http_status"] == int(status)
    assert 60 <= cloud.clock.now() - begun < 120


def test_a_job_that_is_forgotten_halfway_leaves_its_image_to_wait_for(cloud: Cloud) -> None:
    gone = {"action": "answer", "status": 404, "code": "IMG.0023"}
    cloud.rules({**POLL, "after": 6, **gone})

    assert_made_once(cloud, run(cloud, "image"))


@each_kind_and_each("delay", {"400": 400, "30": 30})
def test_lists_may_show_a_new_image_late(cloud: Cloud, kind: str, delay: float) -> None:
    cloud.switch(list_delay=[delay, delay])

    assert_made_once(cloud, run(cloud, kind))


@each_kind_and_each("skew", {"30": 30, "-30": -30}, JOBS)
def test_job_and_image_may_disagree_for_a_while(cloud: Cloud, kind: str, skew: float) -> None:
    cloud.rules({**CREATE, "action": "job", "status_skew": skew})

    result = run(cloud, kind)

    assert_made_once(cloud, result)
    assert result["job"]["status"] == "SUCCESS"


def test_a_backup_that_is_still_being_written_does_not_hold_the_task(cloud: Cloud) -> None:
    cloud.rules({**CREATE, "action": "job", "backup_late": 3000})

    result = run(cloud, "server")

    assert_made_once(cloud, result)
    assert result["elapsed"] < 1500
    assert not run(cloud, "server")["changed"]


@each_kind_and_each(
    "what,says",
    {"killed": ("killed", "became killed"), "vanishes": ("vanishes", "is not there (any more)")},
    JOBS,
)
def test_an_image_that_dies_though_its_job_succeeds_is_a_failure(
    cloud: Cloud, kind: str, what: str, says: str
) -> None:
    cloud.rules({**CREATE, "action": "job", "image": what})

    result = run(cloud, kind)

    assert result["failed"]
    assert says in result["msg"]
    assert result["image_id"] in result["msg"]
    assert result["job_id"]
    assert "keep waiting" not in result["msg"]


def test_an_export_that_fails_leaves_nothing_behind_but_is_reported(cloud: Cloud) -> None:
    """The record goes queued, saving, queued and vanishes; the disk looks fine."""
    cloud.rules({"method": "POST", "path": "/volumes/", "action": "volume", "fail": True})

    result = run(cloud, "disk")

    assert result["failed"]
    assert f"image {result['image_id']} is not there (any more)" in result["msg"]
    assert result["job_id"] is None
    assert result["elapsed"] < 600
    assert cloud.images(NAME) == []


def test_an_export_of_a_disk_that_gets_stuck_ends_at_the_deadline(cloud: Cloud) -> None:
    cloud.rules({"method": "POST", "path": "/volumes/", "action": "volume", "stuck": True})

    result = run(cloud, "disk", wait_timeout=1200)

    assert result["failed"]
    assert f"image {result['image_id']} is saving" in result["msg"]
    assert result["elapsed"] == pytest.approx(1200, abs=5)


@pytest.mark.parametrize("word", ["error", "deleted", "pending_delete", "deactivated", "KILLED"])
def test_other_words_for_an_end_end_the_wait_too(cloud: Cloud, word: str) -> None:
    def end(image: Arguments) -> None:
        if image["name"] == NAME and image["status"] == "saving":
            image["status"] = word

    cloud.retell = in_lists(end)

    result = run(cloud, "disk")

    assert result["failed"]
    # What is deactivated is not dead, but does not become active by itself.
    verb = "is" if word == "deactivated" else "became"
    assert f"{verb} {word.lower()}" in result["msg"]


def test_words_that_nobody_knows_are_waited_through(cloud: Cloud) -> None:
    def retell(call: str, answer: Any) -> Any:
        for image in answer.get("images", ()) if "cloudimages" in call else ():
            if image["name"] == NAME and image["status"] in ("queued", "saving"):
                image["status"] = "importing"
        if "/jobs/" in call and answer["status"] == "INIT":
            answer["status"] = "WAITING"
        return answer

    cloud.retell = retell

    assert_made_once(cloud, run(cloud, "image"))


# --- the deadline


@every_kind
def test_at_the_deadline_nothing_is_lost_and_the_next_run_goes_on(cloud: Cloud, kind: str) -> None:
    late = run(cloud, kind, wait_timeout=30)

    assert late["failed"]
    assert late["elapsed"] == pytest.approx(30, abs=3)
    assert "not finished in time" in late["msg"]
    assert "run the task again to keep waiting" in late["msg"]
    assert "Nothing was deleted" in late["msg"]
    for number in (late["image_id"], late["job_id"]):
        assert number is None or number in late["msg"]
    assert late["image_id"] or late["job_id"]
    assert kind == "disk" or f"job {late['job_id']} is RUNNING" in late["msg"]
    assert cloud.requests("DELETE") == []

    again = run(cloud, kind)

    assert_made_once(cloud, again)
    assert again["resumed"]
    assert again["changed"]
    assert again["image_id"] == (late["image_id"] or again["image_id"])


def test_trouble_until_the_deadline_is_reported_with_the_clouds_words(cloud: Cloud) -> None:
    cloud.rules({**POLL, "action": "answer", "status": 503, "message": "tea break"})

    result = run(cloud, "image", wait_timeout=300)

    assert result["failed"]
    assert "tea break" in result["msg"]
    assert result["error"]["http_status"] == 503
    assert result["job_id"] in result["msg"]
    assert "run the task again to keep waiting" in result["msg"]
    assert result["elapsed"] == pytest.approx(300, abs=40)


def test_the_deadline_bounds_a_single_slow_answer(cloud: Cloud) -> None:
    cloud.rules({**POLL, "after": 2, "action": "timeout", "seconds": 500})

    result = run(cloud, "image", wait_timeout=100)

    assert result["failed"]
    assert result["job_id"]
    assert result["elapsed"] <= 103


# --- trouble in mid-wait

TROUBLE: dict[str, Arguments] = {
    "429": {"action": "throttle"},
    "429 with Retry-After": {"action": "throttle", "retry_after": 20},
    "500": {"action": "answer", "status": 500},
    "502, a page": {"action": "answer", "status": 502, "shape": "html"},
    "503": {"action": "answer", "status": 503},
    "504, nothing": {"action": "answer", "status": 504, "shape": "empty"},
    "closed": {"action": "drop"},
    "reset": {"action": "drop", "how": "reset"},
    "refused": {"action": "drop", "how": "refuse"},
    "no answer": {"action": "timeout", "seconds": 90},
    "cut off": {"action": "truncate"},
    "a login page": {"action": "garbage"},
}


@each_kind_and_each("trouble", TROUBLE, ["disk"])
def test_trouble_in_mid_wait_does_not_end_it(cloud: Cloud, kind: str, trouble: Arguments) -> None:
    where = LIST if kind == "disk" else POLL
    cloud.rules({**where, "after": 3, "times": 4, **trouble})

    assert_made_once(cloud, run(cloud, kind))
    assert cloud.simulator.rules[0].struck == 4


def test_trouble_everywhere_in_mid_wait_does_not_end_it(cloud: Cloud) -> None:
    chance = {"method": "GET", "after": 4, "probability": 0.3}
    cloud.rules(*({**chance, **trouble} for trouble in TROUBLE.values() if trouble))

    assert_made_once(cloud, run(cloud, "image", wait_timeout=20000))
    assert sum(rule.struck for rule in cloud.simulator.rules) > 10


def test_a_token_that_is_never_good_ends_the_wait(cloud: Cloud) -> None:
    cloud.rules({**POLL, "after": 2, "action": "unauthorized"})

    result = run(cloud, "image", **cloud.user())

    assert result["failed"]
    assert result["error"]["http_status"] == 401
    assert result["job_id"] in result["msg"]
    assert "run the task again to keep waiting" in result["msg"]
    assert cloud.requests("POST").count("POST /v3/auth/tokens") == 2


def test_a_permission_that_is_taken_away_in_mid_wait_is_reported(cloud: Cloud) -> None:
    cloud.rules({**POLL, "after": 2, "action": "answer", "status": 403, "code": "IMG.0026"})

    result = run(cloud, "image")

    assert result["failed"]
    assert result["error"]["code"] == "IMG.0026"
    assert result["job_id"] in result["msg"]


# --- not waiting


@every_kind
def test_who_does_not_wait_gets_the_ids_at_once(cloud: Cloud, kind: str) -> None:
    result = ok(run(cloud, kind, wait=False, description="later", image_tags={"a": "1"}))

    assert result["changed"]
    assert result["elapsed"] < 30
    assert bool(result["job_id"]) == (kind != "disk")
    assert bool(result["image_id"]) == (kind == "disk")
    assert result["image"]["status"] is None
    assert result["image"]["name"] == NAME
    assert result["image"]["tags"] == {"a": "1"}
    mark = result["pending"]["ansible_ims_source"]
    assert mark.partition(",")[2] in task(kind)[1].values()
    assert not any("/jobs/" in call for call in cloud.requests())


def test_what_the_create_request_cannot_carry_is_pending(cloud: Cloud) -> None:
    wanted = {"description": "d", "min_ram": 1, "image_tags": {"a": "1"}}

    pending = {
        kind: run(cloud, kind, wait=False, **{**wanted, "name": kind.replace(",", "")})["pending"]
        for kind in ("backup", "disk", "image", "system file")
    }

    assert {kind: (told["attributes"], told["tags"]) for kind, told in pending.items()} == {
        "backup": ({}, {}),
        "disk": ({"description": "d", "min_ram": 1}, {"a": "1"}),
        "image": ({"min_ram": 1}, {"a": "1"}),
        "system file": ({"min_ram": 1}, {}),
    }


@every_kind
def test_who_does_not_wait_twice_starts_once(cloud: Cloud, kind: str) -> None:
    first = run(cloud, kind, wait=False)
    cloud.clock.advance(20)

    second = ok(run(cloud, kind, wait=False))

    assert not second["changed"]
    assert second["resumed"]
    assert second["image_id"] == cloud.images(NAME)[0]["id"]
    assert first["image_id"] in (None, second["image_id"])
    assert len(cloud.creates()) == 1


@every_kind
def test_a_run_that_takes_the_image_up_sets_what_was_pending(cloud: Cloud, kind: str) -> None:
    wanted = {"description": "d", "min_ram": 1024, "image_tags": {"a": "1"}}
    run(cloud, kind, wait=False, **wanted)
    cloud.clock.advance(20)
    predicted = cloud.run(*task(kind, **wanted)[:1], check_mode=True, **task(kind, **wanted)[1])

    result = run(cloud, kind, **wanted)

    assert_made_once(cloud, result)
    for key in ("changed", "diff", "actions", "resumed"):
        assert predicted[key] == result[key]
    [image] = cloud.images(NAME)
    assert (image["description"], image["min_ram"], image["tags"]) == ("d", 1024, {"a": "1"})
    assert not run(cloud, kind, **wanted)["changed"]
