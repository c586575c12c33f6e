# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ambiguous answer never makes a second image, and busy clouds are waited for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import BACKUP, IMAGE, PRODUCTION

from .conftest import Cloud, ok
from .failing import CREATE, LIST, Arguments, assert_made
from .kinds import NAME, each_kind_and_each, every_kind, run, task

BACKUPS = ("backup", "CSBS backup")


# --- answers that do not tell whether the create request was carried out

UNCLEAR: dict[str, Arguments] = {
    "closed": {"action": "drop"},
    "reset": {"action": "drop", "how": "reset"},
    "no answer": {"action": "timeout", "seconds": 300},
    "500": {"action": "answer", "status": 500},
    "500 of the service": {"action": "answer", "status": 500, "code": "IMG.0014"},
    "502, a page": {"action": "answer", "status": 502, "shape": "html"},
    "503": {"action": "answer", "status": 503},
    "504, nothing": {"action": "answer", "status": 504, "shape": "empty"},
    "408": {"action": "answer", "status": 408},
    "400, a page": {"action": "answer", "status": 400, "shape": "html"},
}


def raw(text: str) -> Arguments:
    return {"action": "raw", "text": text}


def redirection(status: int, location: str) -> Arguments:
    return {"action": "answer", "status": status, "headers": {"Location": location}}


CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
# Answers that no API gives.
STRANGE: dict[str, Arguments] = {
    "303": redirection(303, "/v1/elsewhere"),
    "a negative chunk": raw(CHUNKED + "-5\r\n{}"),
}
STRANGER: dict[str, Arguments] = {
    "425": {"action": "answer", "status": 425},
    "499": {"action": "answer", "status": 499, "code": "IMG.0001"},
    "403, text": {"action": "answer", "status": 403, "shape": "text"},
    "404, nothing": {"action": "answer", "status": 404, "shape": "empty"},
    "409, an unknown shape": {"action": "answer", "status": 409, "text": '{"unheard": "of"}'},
    "413, a page": {
        "action": "answer",
        "status": 413,
        "shape": "html",
        "headers": {"Retry-After": "1"},
    },
    "300": {"action": "answer", "status": 300},
    "302 to nowhere": redirection(302, "http://["),
    "304": {"action": "answer", "status": 304, "shape": "empty"},
    "307": redirection(307, "https://elsewhere.example.com/login"),
    "308, bytes": redirection(308, "\xff\xfe"),
    "103": raw('HTTP/1.1 103 Early Hints\r\n\r\n{"job_id": "x"}'),
    "a chunk without an end": raw(CHUNKED + "-1\r\n{}"),
    "a chunk of no size": raw(CHUNKED + "what\r\n{}\r\n0\r\n\r\n"),
    "too few chunks": raw(CHUNKED + "5\r\n{"),
    "no HTTP": raw("SSH-2.0-OpenSSH_9.2\r\n"),
    "no status": raw("HTTP/1.1 what OK\r\n\r\n"),
    "a long line": raw("HTTP/1.1 200 OK\r\nX: " + "x" * 70000 + "\r\n\r\n{}"),
    "many headers": raw("HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 200 + "\r\n{}"),
    "an unknown encoding": raw("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n{}"),
    "no gzip": raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{}"),
    "a negative length": raw("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"),
    "no text": raw("HTTP/1.1 200 OK\r\n\r\n\xff\xfe{}"),
    "nothing": raw("HTTP/1.1 200 OK\r\n\r\n"),
    "204": raw("HTTP/1.1 204 No Content\r\n\r\n"),
}

CARRIED_OUT = {
    **{title: {**fault, "handled": True} for title, fault in {**UNCLEAR, **STRANGE}.items()},
    "cut off": {"action": "truncate"},
    "a login page": {"action": "garbage"},
}


@each_kind_and_each("fault", CARRIED_OUT)
def test_an_ambiguous_answer_to_a_call_that_was_carried_out_makes_one_image(
    cloud: Cloud, kind: str, fault: Arguments
) -> None:
    cloud.rules({**CREATE, "nth": 1, **fault})

    result = run(cloud, kind)

    assert_made(cloud, result)
    assert result["resumed"]
    assert result["source_verified"]
    module, arguments = task(kind)
    cloud.unchanged(module, **arguments)


@each_kind_and_each("fault", UNCLEAR)
def test_an_ambiguous_answer_to_a_call_that_was_not_carried_out_is_not_repeated(
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
    assert "within 60 s of either create request" in result["msg"]
    assert "not sent again" not in result["msg"]
    assert len(cloud.creates()) == 2


def test_an_image_that_shows_up_late_is_still_found(cloud: Cloud) -> None:
    cloud.switch(list_delay=[50, 50])
    cloud.rules({**CREATE, "action": "drop", "handled": True})

    assert_made(cloud, run(cloud, "image"))


@pytest.mark.parametrize("fault", {**STRANGE, **STRANGER}.values(), ids=[*STRANGE, *STRANGER])
def test_a_create_request_stays_on_record_whatever_was_answered(
    cloud: Cloud, fault: Arguments, tmp_path: Path
) -> None:
    """The image shows up after the search for it has ended."""
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    cloud.switch(list_delay=[75, 75])
    cloud.rules({**CREATE, "nth": 1, **fault, "handled": True})
    first = run(cloud, "image", wait=False)
    assert "the outcome is unknown" in first["msg"]
    assert "Running the task again is safe" in first["msg"]
    assert len(list(tmp_path.rglob("image-*"))) == 1
    cloud.clock.advance(20)

    assert_made(cloud, run(cloud, "image"))


def test_an_image_that_shows_up_too_late_is_adopted_by_the_next_run(cloud: Cloud) -> None:
    cloud.switch(list_delay=[100, 100])
    cloud.rules({**CREATE, "nth": 1, "action": "drop", "handled": True})
    first = run(cloud, "image")
    assert "the outcome is unknown" in first["msg"]
    cloud.clock.advance(60)

    second = run(cloud, "image")

    assert_made(cloud, second)
    assert second["resumed"]


def test_an_ambiguous_answer_is_not_forgotten_over_trouble_afterwards(cloud: Cloud) -> None:
    cloud.rules(
        {**CREATE, "action": "answer", "status": 502, "message": "first trouble"},
        {**LIST, "after": 3, "action": "answer", "status": 503, "message": "second trouble"},
    )

    result = run(cloud, "image", wait_timeout=200)

    assert result["failed"]
    assert "the outcome is unknown" in result["msg"]
    assert "first trouble" in result["msg"]
    assert "second trouble" in result["msg"]
    assert "Running the task again is safe" in result["msg"]
    assert result["error"]["message"] == "first trouble"
    assert len(cloud.creates()) == 1


def test_an_ambiguous_answer_and_no_time_to_look_says_so(cloud: Cloud) -> None:
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


@each_kind_and_each("fault", NOTHING_DONE)
def test_a_call_that_was_surely_not_carried_out_waits_its_turn(
    cloud: Cloud, kind: str, fault: Arguments
) -> None:
    user = cloud.user() if fault["action"] == "unauthorized" else {}
    cloud.rules({**CREATE, "times": 3, **fault})

    result = run(cloud, kind, **user)

    assert_made(cloud, result, creates=fault.get("times", 3) + 1)
    assert not result["resumed"]


def test_a_turn_that_does_not_come_in_time_fails_with_the_reason(cloud: Cloud) -> None:
    cloud.rules({**CREATE, "action": "answer", "status": 400, "code": "IMG.0060"})

    result = run(cloud, "image", wait_timeout=300)

    assert result["failed"]
    assert result["error"]["code"] == "IMG.0060"
    assert (result["image_id"], result["job_id"]) == (None, None)
    assert result["elapsed"] == pytest.approx(300, abs=40)
    assert cloud.images(NAME) == []


def test_a_turn_that_was_waited_for_is_not_lost_on_a_stale_connection(cloud: Cloud) -> None:
    """The gateway closes idle connections: a create request on one would be ambiguous."""
    cloud.rules(
        {**CREATE, "times": 1, "action": "answer", "status": 400, "code": "IMG.0060"},
        {**CREATE, "action": "stale", "idle": 3},
    )

    result = run(cloud, "image")

    assert_made(cloud, result, creates=2)
    assert not result["resumed"]


def test_a_create_request_that_cannot_be_repeated_for_lack_of_a_look_up_is_not_ambiguous(
    cloud: Cloud,
) -> None:
    """Before it goes out again the list is asked; that this is of no avail is no doubt."""
    cloud.rules(
        {**CREATE, "action": "answer", "status": 400, "code": "IMG.0060"},
        # The empty list and its check come first.
        {**LIST, "after": 2, "action": "timeout", "seconds": 300},
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

    second = ok(run(cloud, "server", wait=False))

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


def test_a_backup_used_by_an_image_of_another_name_is_reported_with_that_name(cloud: Cloud) -> None:
    first = run(cloud, "backup", name="the-first")

    result = run(cloud, "backup")

    assert result["failed"]
    assert f"the-first ({first['image_id']})" in result["msg"]
    assert cloud.images(NAME) == []


def test_a_name_taken_in_another_enterprise_project_is_reported_with_its_image(
    cloud: Cloud,
) -> None:
    first = run(cloud, "image", enterprise_project_id=PRODUCTION)
    cloud.switch(list_projects="default", duplicate_names="refused")

    same = run(cloud, "image")
    other = run(cloud, "system file")

    assert not same.get("failed"), same["msg"]
    assert same["image_id"] == first["image_id"]
    assert other["failed"]
    assert f"An image named '{NAME}' exists ({first['image_id']})" in other["msg"]
    assert other["elapsed"] < 10


def test_an_image_that_its_backup_names_but_nobody_sees_is_reported_soon(cloud: Cloud) -> None:
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
