# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of no use, such as the login page of a proxy: a wait outlasts them for three minutes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cloud, ok
from .failing import CREATE, LIST, assert_made
from .kinds import NAME, run
from .waiting import COPY, start, statuses, wait

HOURS = 7200
# A poll that finds out that the three minutes are over may have begun just before, after a pause.
LATEST = 300
SLOW = {**COPY, "action": "job", "duration": 600}

USELESS: dict[str, Callable[[Any], Any]] = {
    "a page": lambda answer: "<html>Please log in.</html>",
    "nothing that was asked for": lambda answer: {"welcome": "to the hotel"},
    "null": dict.fromkeys,
}
every_useless = pytest.mark.parametrize("how", USELESS.values(), ids=USELESS)


def spoil(cloud: Cloud, begin: float, seconds: float, how: Callable[[Any], Any]) -> None:
    """From now + begin on answers to reads are of no use for so long."""
    since = cloud.clock.now() + begin

    def retell(call: str, answer: Any) -> Any:
        useless = since <= cloud.clock.now() < since + seconds
        return how(answer) if useless and call.startswith("GET ") else answer

    cloud.retell = retell


@every_useless
def test_a_wait_outlasts_useless_answers_for_some_minutes(
    cloud: Cloud, how: Callable[[Any], Any]
) -> None:
    cloud.rules(SLOW)
    spoil(cloud, 100, 150, how)

    assert_made(cloud, run(cloud, "image", wait_timeout=HOURS))


@every_useless
def test_a_wait_ends_when_there_were_no_others_for_three_minutes(
    cloud: Cloud, how: Callable[[Any], Any], tmp_path: Path
) -> None:
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    cloud.rules(SLOW)
    spoil(cloud, 100, HOURS, how)

    result = run(cloud, "image", wait_timeout=HOURS)

    assert result["failed"]
    assert 280 <= result["elapsed"] < 100 + LATEST
    assert result["job_id"]
    assert len(cloud.requests("GET")) < 60
    cloud.retell = None
    assert_made(cloud, run(cloud, "image"))


@pytest.mark.parametrize(("times", "ends"), [(10, False), (1000, True)])
def test_redirections_in_a_wait_are_useless_answers(cloud: Cloud, times: int, ends: bool) -> None:
    cloud.rules(
        SLOW,
        {
            "method": "GET",
            "path": "/jobs/",
            "after": 5,
            "times": times,
            "action": "redirect",
            "location": "https://login.example.com/?from=here",
        },
    )

    result = run(cloud, "image", wait_timeout=HOURS)

    assert bool(result.get("failed")) is ends
    if ends:
        assert "redirects to https://login.example.com" in result["msg"]
        assert result["elapsed"] < 2 * LATEST
        assert result["job_id"]


def test_an_ambiguous_create_request_is_cleared_up_despite_useless_answers(
    cloud: Cloud,
) -> None:
    cloud.rules({**CREATE, "nth": 1, "action": "garbage"})
    sent: list[float] = []

    def retell(call: str, answer: Any) -> Any:
        if not sent and cloud.creates():
            sent.append(cloud.clock.now())
        return "<html>" if sent and cloud.clock.now() < sent[0] + 150 else answer

    cloud.retell = retell

    assert_made(cloud, run(cloud, "image"))


def test_a_create_request_that_cannot_be_cleared_up_stays_on_record(
    cloud: Cloud, tmp_path: Path
) -> None:
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    cloud.rules({**CREATE, "nth": 1, "action": "drop", "handled": True})
    cloud.retell = lambda call, answer: (
        "<html>" if call == "GET /v2/cloudimages" and cloud.creates() else answer
    )

    result = run(cloud, "image", wait_timeout=HOURS)

    assert "the outcome is unknown" in result["msg"]
    assert "could not be looked up either" in result["msg"]
    assert result["elapsed"] < LATEST
    cloud.retell = None
    again = ok(run(cloud, "image"))
    assert [image["id"] for image in cloud.images(NAME)] == [again["image_id"]]
    assert len(cloud.creates()) == 1


def test_useless_answers_about_one_image_do_not_keep_the_others(cloud: Cloud) -> None:
    cloud.rules({**COPY, "nth": 1, "action": "job", "duration": 3000})
    started = start(cloud, 3)
    # Nothing but its job tells of the first image: no list shows it.
    started[0] = {**started[0], "image_id": None, "name": None, "pending": None}
    cloud.retell = lambda call, answer: "<html>" if started[0]["job_id"] in call else answer

    result = wait(cloud, results=started, wait_timeout=HOURS)

    assert statuses(result)[1:] == ["active", "active"]
    assert result["failed"]
    assert "1 of 3" in result["msg"]
    assert result["images"][0]["job_id"] == started[0]["job_id"]
    assert result["elapsed"] < 2 * LATEST


def test_image_wait_outlasts_useless_answers_from_the_beginning(cloud: Cloud) -> None:
    started = start(cloud, 3)
    spoil(cloud, 0, 100, USELESS["a page"])

    assert statuses(ok(wait(cloud, results=started))) == ["active"] * 3


def test_a_login_page_in_the_place_of_a_list_makes_no_image(cloud: Cloud) -> None:
    cloud.rules({**LIST, "action": "garbage"})

    result = run(cloud, "image", wait_timeout=HOURS)

    assert result["failed"]
    assert cloud.creates() == []
    assert result["elapsed"] < 60
