# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An unclear answer never makes a second image, busy clouds are waited for, failures say it all."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils.images import apply

from .conftest import Cloud
from .kinds import BACKUP, IMAGE, NAME, PRODUCTION, SERVER, every_kind, task

Arguments = dict[str, Any]

CREATE = {
    "method": "POST",
    "path": "(wholeimages/action|/copy|quickimport/action|/volumes/[^/]+/action)$",
}
LIST = {"method": "GET", "path": "/v2/cloudimages$"}
BACKUPS = ("backup", "CSBS backup")


def run(cloud: Cloud, kind: str, **more: Any) -> dict[str, Any]:
    module, arguments = task(kind, **more)
    return cloud.run(module, **arguments)


def assert_made(cloud: Cloud, result: dict[str, Any], creates: int = 1) -> None:
    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    [image] = cloud.images(NAME)
    assert image["status"] == "active"
    assert result["image_id"] == image["id"]
    assert len(cloud.creates()) == creates


# --- answers that do not tell whether the create call was carried out

UNCLEAR: dict[str, Arguments] = {
    "closed": {"action": "drop"},
    "reset": {"action": "drop", "how": "reset"},
    "no answer": {"action": "timeout", "seconds": 300},
    "500": {"action": "answer", "status": 500},
    "500 of the service": {"action": "answer", "status": 500, "code": "IMG.0014"},
    "502, a page": {"action": "answer", "status": 502, "shape": "html"},
    "503": {"action": "answer", "status": 503},
    "504, nothing": {"action": "answer", "status": 504, "shape": "empty"},
}
CARRIED_OUT = {
    **{title: {**fault, "handled": True} for title, fault in UNCLEAR.items()},
    "cut off": {"action": "truncate"},
    "a login page": {"action": "garbage"},
}


@every_kind
@pytest.mark.parametrize("fault", CARRIED_OUT.values(), ids=CARRIED_OUT)
def test_an_unclear_answer_to_a_call_that_was_carried_out_makes_one_image(
    cloud: Cloud, kind: str, fault: Arguments
) -> None:
    cloud.rules({**CREATE, "nth": 1, **fault})

    result = run(cloud, kind)

    assert_made(cloud, result)
    assert result["resumed"]
    assert result["source_verified"]
    cloud.forget_requests()
    assert not run(cloud, kind)["changed"]
    assert cloud.writes() == []


@every_kind
@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
def test_an_unclear_answer_to_a_call_that_was_not_carried_out_is_not_repeated(
    cloud: Cloud, kind: str, fault: Arguments
) -> None:
    """But for backups: the cloud itself refuses a second image of one."""
    cloud.rules({**CREATE, "nth": 1, **fault})

    result = run(cloud, kind)

    if kind in BACKUPS:
        assert_made(cloud, result, creates=2)
        return
    assert result["failed"]
    assert f"creating image '{NAME}'" in result["msg"]
    assert "the outcome is unknown" in result["msg"]
    assert "was not sent again" in result["msg"]
    assert "Running the task again is safe" in result["msg"]
    assert len(cloud.creates()) == 1
    assert cloud.images(NAME) == []
    if fault["action"] == "answer":
        assert result["error"]["http_status"] == fault["status"]
        assert result["error"]["request_id"] in result["msg"]
    assert_made(cloud, run(cloud, kind), creates=2)


@pytest.mark.parametrize("kind", BACKUPS)
def test_a_backup_is_tried_twice_at_most(cloud: Cloud, kind: str) -> None:
    cloud.rules({**CREATE, "action": "answer", "status": 500})

    result = run(cloud, kind)

    assert result["failed"]
    assert "the outcome is unknown" in result["msg"]
    assert len(cloud.creates()) == 2


def test_an_image_that_shows_up_late_is_still_found(cloud: Cloud) -> None:
    cloud.switch(list_delay=[50, 50])
    cloud.rules({**CREATE, "action": "drop", "handled": True})

    assert_made(cloud, run(cloud, "image"))


def test_an_image_that_shows_up_too_late_is_taken_up_by_the_next_run(cloud: Cloud) -> None:
    cloud.switch(list_delay=[100, 100])
    cloud.rules({**CREATE, "nth": 1, "action": "drop", "handled": True})
    first = run(cloud, "image")
    assert "the outcome is unknown" in first["msg"]
    cloud.clock.advance(60)

    second = run(cloud, "image")

    assert_made(cloud, second)
    assert second["resumed"]


def test_an_unclear_answer_is_not_forgotten_over_trouble_afterwards(cloud: Cloud) -> None:
    cloud.rules(
        {**CREATE, "action": "answer", "status": 502, "message": "first trouble"},
        {**LIST, "after": 2, "action": "answer", "status": 503, "message": "second trouble"},
    )

    result = run(cloud, "image", wait_timeout=200)

    assert result["failed"]
    assert "the outcome is unknown" in result["msg"]
    assert "first trouble" in result["msg"]
    assert "second trouble" in result["msg"]
    assert "Running the task again is safe" in result["msg"]
    assert result["error"]["message"] == "first trouble"
    assert len(cloud.creates()) == 1


def test_an_unclear_answer_and_no_time_to_look_says_so(cloud: Cloud) -> None:
    cloud.rules({**CREATE, "action": "timeout", "handled": True})

    result = run(cloud, "image", wait_timeout=50)

    assert result["failed"]
    assert "the outcome is unknown" in result["msg"]
    assert result["elapsed"] == pytest.approx(50, abs=3)
    assert_made(cloud, run(cloud, "image"))


def test_an_image_of_another_source_is_not_taken_for_the_lost_one(cloud: Cloud) -> None:
    """Somebody else makes an image of that name at the very moment."""
    cloud.rules({**CREATE, "nth": 1, "action": "drop"})
    other = cloud.thing("images", "copied-image")["id"]

    def someone_else(call: str, answer: Any) -> Any:
        if call == "GET /v2/cloudimages" and cloud.creates() and not cloud.images(NAME):
            cloud.retell = None
            cloud.run("image_copy", name=NAME, source_image=other, wait=False)
            cloud.clock.advance(10)
        return answer

    cloud.retell = someone_else

    result = run(cloud, "image", source_image=IMAGE)

    assert result["failed"]
    assert "the outcome is unknown" in result["msg"]
    assert len(cloud.images(NAME)) == 1


# --- answers that prove that nothing was done

NOTHING_DONE: dict[str, Arguments] = {
    "refused": {"action": "drop", "how": "refuse"},
    "429": {"action": "throttle"},
    "429 with Retry-After": {"action": "throttle", "retry_after": 11},
    **{
        code: {"action": "answer", "status": 400, "code": code}
        for code in ("IMG.0060", "IMG.0149", "IMG.0010", "IMG.0136")
    },
    "EVS.2409": {"action": "answer", "status": 409, "code": "EVS.2409"},
    "401": {"action": "unauthorized", "times": 1},
}


@every_kind
@pytest.mark.parametrize("fault", NOTHING_DONE.values(), ids=NOTHING_DONE)
def test_a_call_that_was_surely_not_carried_out_waits_its_turn(
    cloud: Cloud, kind: str, fault: Arguments
) -> None:
    user = _by_password(cloud) if fault["action"] == "unauthorized" else {}
    cloud.rules({**CREATE, "times": 3, **fault})

    result = run(cloud, kind, **user)

    assert_made(cloud, result, creates=fault.get("times", 3) + 1)
    assert not result["resumed"]


def _by_password(cloud: Cloud) -> Arguments:
    facts = cloud.simulator.facts("http://127.0.0.1:8080")
    user = {name: facts[name] for name in ("username", "password", "domain_name")}
    return {"access_key": None, "secret_key": None, **user}


def test_waiting_for_a_turn_is_told(cloud: Cloud) -> None:
    cloud.rules({**CREATE, "times": 1, "action": "answer", "status": 400, "code": "IMG.0060"})
    module, arguments = task("image")

    result = cloud.run(module, verbosity=1, **arguments)

    assert any("IMG.0060" in note and "turn" in note for note in result["notes"])


def test_a_turn_that_does_not_come_in_time_fails_with_the_reason(cloud: Cloud) -> None:
    cloud.rules({**CREATE, "action": "answer", "status": 400, "code": "IMG.0060"})

    result = run(cloud, "image", wait_timeout=300)

    assert result["failed"]
    assert result["error"]["code"] == "IMG.0060"
    assert (result["image_id"], result["job_id"]) == (None, None)
    assert result["elapsed"] == pytest.approx(300, abs=40)
    assert cloud.images(NAME) == []


def test_retry_after_is_honoured_by_create_calls(cloud: Cloud) -> None:
    cloud.rules({**CREATE, "nth": 1, "action": "throttle", "retry_after": 43})

    assert_made(cloud, run(cloud, "image"), creates=2)

    times = [entry["time"] for entry in cloud.simulator.requests if entry["path"].endswith("/copy")]
    assert times[1] - times[0] >= 43


def test_a_turn_that_was_waited_for_is_not_lost_on_a_stale_connection(cloud: Cloud) -> None:
    """The gateway closes idle connections: a create call on one would be unclear."""
    cloud.rules(
        {**CREATE, "times": 1, "action": "answer", "status": 400, "code": "IMG.0060"},
        {**CREATE, "action": "stale", "idle": 3},
    )

    result = run(cloud, "image")

    assert_made(cloud, result, creates=2)
    assert not result["resumed"]


def test_an_order_that_is_not_sent_again_for_want_of_a_look_has_no_unclear_outcome(
    cloud: Cloud,
) -> None:
    """Before it goes out again the list is asked; that this is of no avail is no doubt."""
    cloud.rules(
        {**CREATE, "action": "answer", "status": 400, "code": "IMG.0060"},
        {**LIST, "after": 1, "action": "timeout", "seconds": 300},
    )

    result = run(cloud, "system file", wait_timeout=300)

    assert result["failed"]
    assert "the outcome is unknown" not in result["msg"]
    assert len(cloud.creates()) == 1


def test_the_sixth_copy_waits_until_one_of_five_is_done(cloud: Cloud) -> None:
    started = [run(cloud, "image", name=f"copy-{number}", wait=False) for number in range(6)]

    assert not any(result.get("failed") for result in started)
    assert started[5]["elapsed"] > 60
    assert sum(len(cloud.images(f"copy-{number}")) for number in range(6)) == 6


def test_a_second_image_of_a_server_waits_for_the_backup_of_the_first(cloud: Cloud) -> None:
    run(cloud, "server", name="first", wait=False)

    second = run(cloud, "server", wait=False)

    assert not second.get("failed"), second["msg"]
    assert second["elapsed"] > 60
    assert len(cloud.images(NAME)) == 1


def test_the_gateways_limit_is_waited_out(cloud: Cloud) -> None:
    cloud.switch(rate_limit=6)

    assert_made(cloud, run(cloud, "image", wait_timeout=20000))


# --- refusals that say that the image is there already


@every_kind
def test_a_name_that_is_taken_is_looked_up(cloud: Cloud, kind: str) -> None:
    """Another run was faster: the list does not show its image yet."""
    cloud.switch(duplicate_names="refused", list_delay=[20, 20])
    run(cloud, kind, wait=False)

    result = run(cloud, kind)

    # EVS means the disk when it says that it is taken: by that very export.
    # A backup names its image at once, before any list.
    assert_made(cloud, result, creates=1 if kind == "backup" else 2)
    assert result["resumed"]


@pytest.mark.parametrize(("kind", "code"), [("backup", "IMG.0029"), ("CSBS backup", "IMG.0134")])
def test_a_backup_that_is_used_by_now_is_looked_up(cloud: Cloud, kind: str, code: str) -> None:
    """The answer of the first try got lost with everything else for a while."""
    cloud.switch(list_delay=[70, 70])
    cloud.rules({**CREATE, "nth": 1, "action": "drop", "handled": True})

    result = run(cloud, kind)

    assert_made(cloud, result, creates=2)
    assert result["resumed"]
    codes = [entry.get("code") for entry in cloud.simulator.requests if entry["method"] == "POST"]
    assert codes[1] == code


def test_a_backup_used_by_an_image_of_another_name_is_told_with_that_name(cloud: Cloud) -> None:
    first = run(cloud, "backup", name="the-first")

    result = run(cloud, "backup")

    assert result["failed"]
    assert f"the-first ({first['image_id']})" in result["msg"]
    assert cloud.images(NAME) == []


def test_a_name_taken_in_another_enterprise_project_is_told_with_its_image(cloud: Cloud) -> None:
    first = run(cloud, "image", enterprise_project_id=PRODUCTION)
    cloud.switch(list_projects="default", duplicate_names="refused")

    same = run(cloud, "image")
    other = run(cloud, "system file")

    assert not same.get("failed"), same["msg"]
    assert same["image_id"] == first["image_id"]
    assert other["failed"]
    assert f"An image named '{NAME}' exists ({first['image_id']})" in other["msg"]
    assert other["elapsed"] < 10


def test_an_image_that_its_backup_names_but_nobody_sees_is_told_soon(cloud: Cloud) -> None:
    gone = "11111111-2222-4333-8444-555555555555"
    cloud.simulator.cloud.world.backups[BACKUP].image_ids.append(gone)

    result = run(cloud, "backup")

    assert result["failed"]
    assert gone in result["msg"]
    assert result["elapsed"] < 30
    assert cloud.creates() == []


def test_a_name_taken_by_something_unseen_fails_with_the_clouds_words(cloud: Cloud) -> None:
    cloud.rules({**CREATE, "action": "answer", "status": 400, "code": "IMG.0009"})

    result = run(cloud, "image")

    assert result["failed"]
    assert result["error"]["code"] == "IMG.0009"
    assert result["error"]["hint"] in result["msg"]
    assert len(cloud.creates()) == 1


# --- what every failure tells

KEYS = {"http_status", "code", "message", "request_id", "hint"}
SHAPES = [
    "error",
    "swapped",
    "gateway",
    "cbr",
    "flat",
    "camel",
    "nova",
    "keystone",
    "encoded",
    "html",
    "text",
    "empty",
]


@every_kind
def test_a_refused_create_call_tells_all_there_is_to_tell(cloud: Cloud, kind: str) -> None:
    refusal = {"action": "answer", "status": 400, "code": "IMG.0015", "message": "no room left"}
    cloud.rules({**CREATE, **refusal})

    result = run(cloud, kind)

    assert result["failed"]
    assert set(result["error"]) == KEYS
    assert result["error"]["http_status"] == 400
    assert result["error"]["code"] == "IMG.0015"
    assert result["error"]["message"] == "no room left"
    post = next(entry for entry in cloud.simulator.requests if entry["method"] == "POST")
    assert result["error"]["request_id"] == post["request_id"]
    assert f"creating image '{NAME}' of " in result["msg"]
    for words in ("400", "IMG.0015", "no room left", post["request_id"], result["error"]["hint"]):
        assert words in result["msg"]
    assert (result["image_id"], result["job_id"]) == (None, None)
    assert "exception" not in result
    assert "Traceback" not in str(result)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_refusal_is_understood_in_every_shape(cloud: Cloud, shape: str, status: int) -> None:
    cloud.rules({**CREATE, "action": "answer", "status": status, "shape": shape, "code": "IMG.1"})

    result = run(cloud, "image")

    assert result["failed"]
    assert result["error"]["http_status"] == status
    assert result["error"]["request_id"]
    assert "bug" not in result["msg"]
    assert len(cloud.creates()) == 1


@pytest.mark.parametrize(
    "body", [None, [], "text", 7, {}, {"job_id": None}, {"job": "x"}, {"job_id": ""}]
)
def test_good_answers_with_nonsense_in_them_are_unclear_not_bugs(cloud: Cloud, body: Any) -> None:
    cloud.retell = lambda call, answer: body if call.endswith("/copy") else answer

    result = run(cloud, "image")

    assert_made(cloud, result)
    assert result["resumed"]


NONSENSE: dict[str, tuple[str, Any]] = {
    "a list without images": ("/v2/cloudimages", {}),
    "images that are null": ("/v2/cloudimages", {"images": None}),
    "a list for an object": ("/v2/cloudimages", []),
    "a server that is null": ("/cloudservers/", {"server": None}),
    "a disk that is a list": ("/cloudvolumes/", {"volumes": {}}),
    "a job that is null": ("/jobs/", None),
    "a job without status": ("/jobs/", {"job_id": "x"}),
}


@pytest.mark.parametrize(("path", "body"), NONSENSE.values(), ids=NONSENSE)
def test_lasting_nonsense_is_a_failure_with_a_message_not_a_traceback(
    cloud: Cloud, path: str, body: Any
) -> None:
    cloud.retell = lambda call, answer: body if path in call else answer

    result = run(cloud, "server", wait_timeout=120)

    assert result["failed"]
    assert "bug" not in result["msg"]
    assert "image_id" in result
    assert "job_id" in result


STEPS: dict[str, tuple[str, Arguments, str]] = {
    "looking up a name": (
        "server by name",
        {"path": "/cloudservers/detail", "action": "answer", "status": 400, "code": "Ecs.0005"},
        "looking up what the image is to be made of",
    ),
    "looking for the image": (
        "image",
        {**LIST, "action": "answer", "status": 403, "code": "IMG.0026"},
        f"looking for image '{NAME}'",
    ),
    "looking up the source": (
        "disk",
        {"path": "/cloudvolumes/", "action": "answer", "status": 400, "code": "EVS.1002"},
        "checking whether image",
    ),
    "reading the tags": (
        "image",
        {"path": "/tags$", "method": "GET", "action": "answer", "status": 400, "code": "IMG.0025"},
        "reading the tags of image",
    ),
}


@pytest.mark.parametrize(("kind", "rule", "says"), STEPS.values(), ids=STEPS)
def test_a_failure_says_what_was_being_done(
    cloud: Cloud, kind: str, rule: Arguments, says: str
) -> None:
    more: Arguments = {"instance": "web-01"} if kind == "server by name" else {}
    kind = kind.partition(" ")[0]
    if "tags" in rule["path"]:
        run(cloud, kind)
    cloud.rules(rule)

    result = run(cloud, kind, **more, image_tags={"a": "1"})

    assert result["failed"]
    assert says in result["msg"]
    assert "keep waiting" not in result["msg"]
    assert set(result["error"]) == KEYS
    assert result["error"]["code"] == rule["code"]
    assert cloud.writes() == [] or kind == "image"


@pytest.mark.parametrize("kind", ["server", "disk", "image"])
def test_a_failure_after_the_create_call_carries_the_ids(cloud: Cloud, kind: str) -> None:
    cloud.rules({"method": "PATCH", "action": "answer", "status": 403, "code": "IMG.0026"})

    result = run(cloud, kind, min_ram=1, description="x", image_tags={"a": "1"})

    if kind == "server":
        # All of it goes into the create call; only our own note is refused, which is no failure.
        assert_made(cloud, result)
        return
    assert result["failed"]
    assert result["image_id"] == cloud.images(NAME)[0]["id"]
    assert bool(result["job_id"]) == (kind != "disk")
    assert result["image_id"] in result["msg"]
    assert "of image" in result["msg"]
    assert result["error"]["code"] == "IMG.0026"
    cloud.simulator.rules.clear()
    again = run(cloud, kind, min_ram=1, description="x", image_tags={"a": "1"})
    assert_made(cloud, again)
    assert (again["image"]["min_ram"], again["image"]["tags"]) == (1, {"a": "1"})


def test_a_cloud_that_is_not_there_is_told_by_its_address(cloud: Cloud) -> None:
    cloud.rules({"action": "drop", "how": "refuse"})

    result = run(cloud, "image")

    assert result["failed"]
    assert "127.0.0.1:8080" in result["msg"]
    assert "error" not in result
    assert (result["image_id"], result["job_id"]) == (None, None)


def test_a_redirection_is_not_followed_and_told(cloud: Cloud) -> None:
    cloud.rules({"action": "redirect", "location": "https://elsewhere.example.com/"})

    result = run(cloud, "image")

    assert result["failed"]
    assert "elsewhere.example.com" in result["msg"]
    assert "bug" not in result["msg"]


def test_wrong_keys_are_told_with_a_hint(cloud: Cloud) -> None:
    result = run(cloud, "image", secret_key="wrong-secret")

    assert result["failed"]
    assert result["error"]["http_status"] == 401
    assert result["error"]["hint"] in result["msg"]
    assert "wrong-secret" not in str(result)
    assert "wrong-secret" in cloud.secrets


def test_a_reader_may_not_make_images_and_is_told_so(cloud: Cloud) -> None:
    result = run(cloud, "image", **cloud.credential("reader"))

    assert result["failed"]
    assert result["error"]["http_status"] == 403
    assert "creating image" in result["msg"]
    assert cloud.images(NAME) == []


def test_a_reader_runs_unchanged_tasks(cloud: Cloud) -> None:
    run(cloud, "image", image_tags={"a": "1"})

    result = run(cloud, "image", image_tags={"a": "1"}, **cloud.credential("reader"))

    assert not result.get("failed"), result["msg"]
    assert not result["changed"]


def test_an_image_of_another_source_fails_stating_both(cloud: Cloud) -> None:
    made = run(cloud, "image")

    result = run(cloud, "server")

    assert result["failed"]
    assert made["image_id"] in result["msg"]
    assert IMAGE in result["msg"]
    assert SERVER in result["msg"]
    assert result["image_id"] == made["image_id"]
    assert len(cloud.creates()) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("server", "backup"),
        ("disk", "image"),
        ("disk", "server"),
        ("image", "image, encrypted"),
        ("system file", "data file"),
        ("data file", "disk"),
        ("image", "system file"),
    ],
)
def test_no_kind_is_taken_for_another(cloud: Cloud, first: str, second: str) -> None:
    run(cloud, first)
    cloud.forget_requests()

    result = run(cloud, second)

    assert result["failed"]
    assert f"An image named '{NAME}' exists" in result["msg"]
    assert cloud.writes() == []


def test_the_newest_of_several_is_taken_and_the_others_are_told(cloud: Cloud) -> None:
    twins = []
    for name in ("one", "two"):
        twins.append(run(cloud, "image", name=name)["image_id"])
        cloud.simulator.cloud.world.images[twins[-1]].facets.name = NAME
        cloud.clock.advance(60)

    result = run(cloud, "image")

    assert not result.get("failed"), result["msg"]
    assert not result["changed"]
    assert result["image_id"] == twins[1]
    [warning] = result["warnings"]
    assert twins[0] in warning


def test_a_bug_of_ours_says_so_with_the_ids_and_its_traceback_only_at_vvv(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(apply, "_completed", broken)
    module, arguments = task("image")

    quiet = cloud.run(module, **arguments)
    verbose = cloud.run(module, verbosity=3, **{**arguments, "name": "another"})

    assert quiet["failed"]
    assert "KeyError" in quiet["msg"]
    assert "bug of the collection" in quiet["msg"]
    assert quiet["image_id"] in quiet["msg"]
    assert quiet["job_id"] in quiet["msg"]
    assert "exception" not in quiet
    assert "Traceback" in verbose["exception"]


def test_a_backup_is_one_image_however_many_tasks_ask_for_it(cloud: Cloud) -> None:
    results = [run(cloud, "backup", backup=BACKUP) for _time in range(3)]

    assert [result["changed"] for result in results] == [True, False, False]
    assert len({result["image_id"] for result in results}) == 1
