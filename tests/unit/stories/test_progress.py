# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While a task waits it tells what moves, in plain lines, and never too many."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Job
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.awaited import Awaited
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.progress import (
    Progress,
)
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

    pattern = rf"{NAME}: job RUNNING, (\d+) %, \d+ (?:s|min) so far, about (\d+) (s|min) left"
    found = [match for match in (re.fullmatch(pattern, line) for line in told) if match]
    percents = [int(match.group(1)) for match in found]
    assert percents == sorted(percents)
    assert {percent // 10 for percent in percents} >= set(range(2, 10))
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


@pytest.mark.parametrize("verbosity", [0, 1])
def test_the_names_of_jobs_are_shown_with_v_only(cloud: Cloud, told: Told, verbosity: int) -> None:
    cloud.switch(optional_fields_of_jobs="all")

    ok(cloud.run("image_copy", verbosity=verbosity, name=NAME, source_image=IMAGE))

    assert any("CopyImageInRegionTask" in line for line in told) == bool(verbosity)


@dataclass
class _Watch:
    """A job of which the tests say how far it is, and the lines about it."""

    shows_steps: bool = True
    now: float = 0.0
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        client: Any = SimpleNamespace(
            clock=SimpleNamespace(monotonic=lambda: self.now), cloud_time=self._time
        )
        task = Task(client, show_line=self.lines.append, shows_steps=self.shows_steps)
        self._item = Awaited("web", job_id="j")
        self._progress = Progress(task, [self._item])

    def _time(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=self.now)

    def report(self, percent: float | None, status: str = "RUNNING", seconds: float = 10) -> None:
        """Show a line after a poll, if one is due; `seconds` pass until the next poll."""
        wire = {
            "status": status,
            "begin_time": "2026-01-01T00:00:00Z",
            "entities": {"process_percent": percent and percent / 100},
        }
        self._item.job = Job.from_wire(wire, "j")
        self._item.job_polled_at = self.now
        self._item.forecast.add(self.now, percent)
        self._progress.show(seconds)
        self.now += seconds


def _left(line: str) -> float | None:
    """Return the seconds that a line says are left."""
    found = re.search(r"about (\d+) (s|min) left", line)
    return int(found.group(1)) * (60 if found.group(2) == "min" else 1) if found else None


def test_there_is_no_estimate_before_two_polls_have_seen_progress() -> None:
    watch = _Watch()
    for percent in (None, 40, 40, 60):
        watch.report(percent, seconds=100)

    assert [_left(line) is not None for line in watch.lines] == [False, False, False, True]


def test_an_estimate_rises_by_a_fifth_or_some_seconds_at_most() -> None:
    watch = _Watch()
    # One percent per second, which then takes forty seconds.
    for percent in (10, 20, 30, 40, 50):
        watch.report(percent)
    for percent in range(51, 90):
        watch.report(percent, seconds=40)

    left = [one for one in map(_left, watch.lines) if one is not None]
    assert left[0] <= 90
    assert max(left) > 300  # it does rise in the end
    # Minutes are shown as whole numbers.
    assert all(later <= max(1.2 * one, one + 10) + 60 for one, later in pairwise(left))


def test_among_many_hosts_a_line_is_due_for_each_state_and_each_minute() -> None:
    few, many = _Watch(), _Watch(shows_steps=False)
    for watch in (few, many):
        watch.report(None, "INIT")
        for percent in range(0, 100, 5):
            watch.report(percent)

    assert len(few.lines) >= 11
    assert len(many.lines) == 2 + 200 // 60


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
