# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While a task waits it tells what moves, in plain lines, and never too many."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, VOLUME

from .conftest import Cloud, ok
from .kinds import NAME, every_kind, task

Json = dict[str, Any]
COPY = {"method": "POST", "path": "/copy$"}


class Told(list[str]):
    """Lines with the moment at which each was told."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud
        self.times: list[float] = []

    def append(self, line: str) -> None:
        super().append(line)
        self.times.append(self._cloud.clock.now())


@pytest.fixture
def told(cloud: Cloud) -> Told:
    cloud.lines = Told(cloud)
    return cloud.lines


@every_kind
def test_every_line_is_plain_and_begins_with_the_name(cloud: Cloud, told: Told, kind: str) -> None:
    """And a line is shown at least once a minute."""
    module, arguments = task(kind)
    begun = cloud.clock.now()

    ok(cloud.run(module, **arguments))

    assert told
    times = [begun, *told.times]
    assert max(later - earlier for earlier, later in pairwise(times)) <= 61
    assert all(line.startswith(f"{NAME}: ") for line in told)
    assert not any(re.search(r"[\r\n\x1b\t]", line) for line in told)
    assert re.fullmatch(rf"{NAME}: active after \d+ (s|min)", told[-1])


def test_a_job_tells_state_percent_what_is_done_and_how_long_it_takes(
    cloud: Cloud, told: Told
) -> None:
    cloud.switch(optional_fields_of_jobs="all")
    cloud.rules({**COPY, "action": "job", "duration": 1000})

    result = ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))

    pattern = (
        rf"{NAME}: job RUNNING, (\d+) %, CopyImageInRegionTask, .* so far, about (\d+) (s|min) left"
    )
    found = [match for match in (re.fullmatch(pattern, line) for line in told) if match]
    percents = [int(match.group(1)) for match in found]
    assert percents == sorted(percents)
    assert {percent // 10 for percent in percents} >= set(range(1, 10))
    ends = [
        time + int(match.group(2)) * (60 if match.group(3) == "min" else 1)
        for time, line in zip(told.times, told, strict=True)
        for match in [re.fullmatch(pattern, line)]
        if match
    ]
    # What is said to be left is right within a minute of when the job ended, not of when that was
    # noticed.
    over = datetime.fromisoformat(result["job"]["end_time"].replace("Z", "+00:00")).timestamp()
    assert max(abs(end - over) for end in ends) <= 60


def test_nothing_is_told_when_nothing_moves_for_less_than_a_minute(
    cloud: Cloud, told: Told
) -> None:
    cloud.rules({**COPY, "action": "job", "duration": 600, "percent": "absent"})
    cloud.switch(process_percent="absent")

    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))

    looks = sum("/jobs/" in call for call in cloud.requests())
    assert len(told) < looks * 0.6
    running = [t for t, line in zip(told.times, told, strict=True) if "RUNNING" in line]
    assert len(running) >= 8
    assert min(later - earlier for earlier, later in pairwise(running)) > 30


def test_the_states_of_an_export_are_told(cloud: Cloud, told: Told) -> None:
    ok(cloud.run("volume_image_export", name=NAME, volume=VOLUME))

    words = [line.partition(", ")[0] for line in told]
    assert f"{NAME}: image queued" in words
    assert f"{NAME}: image saving" in words


def test_a_failure_is_told(cloud: Cloud, told: Told) -> None:
    cloud.rules({**COPY, "action": "job", "fail": "IMG.0014"})

    assert cloud.run("image_copy", name=NAME, source_image=IMAGE)["failed"]

    assert told[-1].startswith(f"{NAME}: failed after ")


def test_nothing_is_told_in_check_mode_nor_when_nothing_is_waited_for(
    cloud: Cloud, told: Told
) -> None:
    arguments: Json = {"name": NAME, "source_image": IMAGE}
    cloud.run("image_copy", check_mode=True, **arguments)
    started = cloud.run("image_copy", wait=False, **arguments)
    cloud.run("image_copy", check_mode=True, **arguments)
    cloud.run("image_wait", check_mode=True, results=[started])
    assert told == []

    ok(cloud.run("image_copy", **arguments))
    told.clear()
    ok(cloud.run("image_copy", **arguments))
    assert told == []


def test_fifty_at_once_are_told_in_one_line_a_look(cloud: Cloud, told: Told) -> None:
    cloud.switch(copy_limit=None, image_quota=100)
    cloud.switch(create_limit=None, optional_fields_of_jobs="all")
    cloud.rules(
        {**COPY, "action": "job", "duration": 900},
        {**COPY, "nth": 3, "action": "job", "fail": "IMG.0014"},
        {**COPY, "nth": 4, "action": "job", "duration": 400},
    )
    started = [
        ok(cloud.run("image_copy", name=f"copy-{n}", source_image=IMAGE, wait=False))
        for n in range(1, 51)
    ]
    told.clear()
    told.times.clear()
    cloud.forget_requests()

    result = cloud.run("image_wait", results=started)

    assert result["failed"]
    lists = cloud.requests("GET").count("GET /v2/cloudimages")
    assert len(told) <= lists
    assert max(later - earlier for earlier, later in pairwise(told.times)) <= 61
    assert all(re.match(r"\d+ of 50 active, ", line) for line in told)
    assert any(re.search(r", 1 failed \(copy-3\), .* so far$", line) for line in told)
    assert any(re.search(r"\d+ at 40-60 %", line) for line in told)
    assert any(re.search(r", next copy-\d+ in about \d+ (s|min), ", line) for line in told)
    assert re.fullmatch(r"49 of 50 active, 1 failed \(copy-3\), \d+ min so far", told[-1])
    assert max(len(line) for line in told) < 160
    counts = [int(line.partition(" ")[0]) for line in told]
    assert counts == sorted(counts)


def test_turns_at_the_cloud_are_told(cloud: Cloud, told: Told) -> None:
    cloud.rules(
        {**COPY, "times": 2, "action": "answer", "status": 400, "code": "IMG.0060"},
        {"method": "GET", "path": "/jobs/", "nth": 2, "action": "throttle", "retry_after": 20},
    )

    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))

    turns = [line for line in told if "the cloud is busy (400 IMG.0060" in line]
    assert len(turns) == 2
    assert all(re.search(r"; next try in \d+ s$", line) for line in turns)
    assert any("the cloud limits requests (429" in line for line in told)


def test_secrets_are_not_told(cloud: Cloud, told: Told) -> None:
    secret = cloud.simulator.facts("http://127.0.0.1:8080")["secret_key"]
    message = f"do not tell {secret}"
    cloud.rules(
        {**COPY, "times": 1, "action": "answer", "status": 400, "code": "IMG.0060"}
        | {"message": message}
    )

    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))

    assert any("do not tell ***" in line for line in told)
    assert not any(secret in line for line in told)


def test_a_turn_among_the_tasks_of_this_machine_is_told(
    cloud: Cloud, told: Told, tmp_path: Path
) -> None:
    import fcntl

    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE, wait=False))
    told.clear()
    told.times.clear()
    [path] = tmp_path.rglob("image-*")
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        late = cloud.run("image_copy", name=NAME, source_image=IMAGE, wait_timeout=200)

    assert late["failed"]
    assert (
        told[0] == f"{NAME}: waiting for another task of this machine that works on it, 0 s so far"
    )
    assert 3 <= len(told) <= 5
    assert max(later - earlier for earlier, later in pairwise(told.times)) <= 61


def test_a_deletion_that_takes_its_time_is_told(cloud: Cloud, told: Told) -> None:
    cloud.switch(delete_lingers=[150, 150])
    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))
    told.clear()
    told.times.clear()

    ok(cloud.run("image_copy", name=NAME, state="absent"))

    assert told[0].startswith(f"{NAME}: deleting image '{NAME}' (")
    assert "the list still shows it" in told[0]
    assert len(told) >= 3
