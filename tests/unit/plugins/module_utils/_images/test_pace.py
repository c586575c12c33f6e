# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prompt and polite: how late an end is noticed, and what it costs, over jobs of 5 s to 60 min.

The real loop waits, on a clock that nobody waits for, for jobs that a stand-in for the image
service tells of. The table that it prints when a figure is missed is the one in
docs/benchmarks/waiting.md.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import ims
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.errors import NotFound
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.awaited import Awaited
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.awaiting import Wait
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.schedule import (
    LONGEST,
    Forecast,
    next_pause,
)

ROOT = Path(__file__).parents[5]
# Job durations in seconds, and how many of each range there are.
RANGES = ((5, 10), (10, 40), (40, 60), (60, 360), (360, 600), (600, 1800), (1800, 3600))
JOBS = 100
SEED = 4
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
# Seconds that a job is INIT, without a word of progress.
INIT = 2.0

Percent = Callable[[float], Any]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@dataclass
class Service:
    """The image service as far as a wait asks it: jobs and images by their numbers.

    ordered: when, in seconds before (below 0) the wait for them begins; all at once if not given.
    """

    durations: Mapping[str, float]
    percent: Percent | None = None
    exports: bool = False
    ordered: Mapping[str, float] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    asked: list[tuple[float, str]] = field(default_factory=list)
    project_id: str = "p"
    deadline: None = None
    on_wait: None = None

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def cloud_time(self) -> datetime:
        return START + timedelta(seconds=self.clock.now)

    def _image(self, number: str) -> dict[str, Any]:
        ordered = self.ordered.get(number, 0.0)
        end = ordered + self.durations[number]
        image = {"id": number, "name": f"image {number}", "created_at": self._time(ordered)}
        if self.clock.now < end:
            return {**image, "status": "saving"}
        return {**image, "status": "active", "active_at": self._time(end)}

    def _time(self, seconds: float) -> str:
        return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def show_job(self, number: str) -> dict[str, Any]:
        self.asked.append((self.clock.now, "job"))
        length = self.durations[number]
        elapsed = self.clock.now - self.ordered.get(number, 0.0)
        if elapsed >= length:
            return {"status": "SUCCESS", "entities": {"image_id": number}}
        if elapsed < INIT:
            return {"status": "INIT", "entities": {}}
        entities = {"image_id": number}
        if self.percent:
            part = (elapsed - INIT) / (length - INIT)
            entities["process_percent"] = self.percent(part)
        return {"status": "RUNNING", "entities": entities}

    def list_images(self, **_query: Any) -> list[dict[str, Any]]:
        self.asked.append((self.clock.now, "list"))
        return [self._image(number) for number in self.durations]

    def get_image(self, number: str) -> dict[str, Any]:
        self.asked.append((self.clock.now, "list"))
        return self._image(number)

    def wait(self, fresh: bool) -> dict[str, float]:
        """Waits for all of them. When each was found to be active."""
        found: dict[str, float] = {}
        awaited = [
            Awaited(number, job_id=None if self.exports else number, image_id=number)
            for number in self.durations
        ]
        run = Task(self)  # type: ignore[arg-type]
        wait = Wait(run, awaited, lambda item: found.update({item.label: self.clock.now}))
        wait.wait(fresh)
        return found


@pytest.fixture(autouse=True)
def _service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def missing(_client: Any, _number: str) -> Any:
        raise NotFound(
            http_status=404, code="", message="", request_id="", method="GET", path="/v2/images"
        )

    monkeypatch.setattr(ims, "show_job", lambda client, number: client.show_job(number))
    monkeypatch.setattr(ims, "get_image", lambda client, number: client.get_image(number))
    monkeypatch.setattr(ims, "list_images", lambda client, **query: client.list_images(**query))
    monkeypatch.setattr(ims, "show_image", missing)
    state = random.getstate()
    random.seed(SEED)
    yield
    random.setstate(state)


@dataclass(frozen=True)
class Waited:
    """One wait for one job."""

    length: float
    delay: float
    asked: list[float]

    @property
    def late(self) -> float:
        """The delay as a part of what is allowed."""
        return self.delay / max(4.0, self.length / 10)

    @property
    def requests(self) -> int:
        return len(self.asked)

    @property
    def in_the_first_minute(self) -> int:
        return sum(moment <= 60 for moment in self.asked)

    @property
    def polls(self) -> int:
        """The requests of who asks every 10 s, and looks at the image in the end."""
        return int(-(-self.length // 10)) + 1


def one(length: float, fresh: bool, percent: Percent | None, exports: bool = False) -> Waited:
    service = Service({"1": length}, percent, exports)
    end = service.wait(fresh)["1"]
    return Waited(length, end - length, [moment for moment, _what in service.asked])


@cache
def measured(
    fresh: bool = True, percent: Percent | None = None, exports: bool = False
) -> dict[tuple[int, int], list[Waited]]:
    random.seed(SEED)
    return {
        (low, high): [
            one(low + (high - low) * (number + 0.5) / JOBS, fresh, percent, exports)
            for number in range(JOBS)
        ]
        for low, high in RANGES
    }


def figures(found: list[Waited]) -> str:
    delays = [wait.delay for wait in found]
    parts = [100 * wait.delay / wait.length for wait in found]
    counts = [wait.requests for wait in found]
    return (
        f" {fmean(delays):.1f} | {max(delays):.1f} | {fmean(parts):.1f} % | {fmean(counts):.1f} | "
        f"{max(counts)} |"
    )


def table(*measurements: Mapping[tuple[int, int], list[Waited]]) -> str:
    """A row for each range, a group of columns for each measurement."""
    head = " delay: mean, s | worst, s | of the duration | requests: mean | most |"
    lines = ["", f"| job, s |{head * len(measurements)}"]
    lines.append("| --- |" + " --- | --- | --- | --- | --- |" * len(measurements))
    for low, high in RANGES:
        columns = "".join(figures(waits[low, high]) for waits in measurements)
        lines.append(f"| {low}-{high} |{columns}")
    return "\n".join(lines)


# How progress is told: in hundredths, rounded or cut off, as a number or as text.
TOLD: dict[str, Percent] = {
    "fraction": lambda part: round(part, 2),
    "percent": lambda part: int(part * 100),
    "text": lambda part: str(int(part * 100)),
}
KINDS = {
    "job, ordered just now": {"fresh": True},
    "job, found in flight": {"fresh": False},
    "export": {"fresh": True, "exports": True},
    "export, found in flight": {"fresh": False, "exports": True},
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_ends_are_noticed_soon(kind: dict[str, bool]) -> None:
    waits = measured(**kind)

    for found in waits.values():
        assert max(wait.late for wait in found) <= 1, table(waits)
        # Half of that in the mean; of 100 it may be a little more.
        assert fmean(wait.late for wait in found) <= 0.55, table(waits)
    assert fmean(wait.late for found in waits.values() for wait in found) <= 0.5, table(waits)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_waiting_costs_little(kind: dict[str, bool]) -> None:
    waits = measured(**kind)

    for (low, _high), found in waits.items():
        assert max(wait.in_the_first_minute for wait in found) <= 15, table(waits)
        if low >= 360:
            assert all(wait.requests <= wait.polls for wait in found), table(waits)


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_progress_makes_it_sooner_with_fewer_requests(told: Percent) -> None:
    waits, without = measured(percent=told), measured()

    for found, blind in zip(waits.values(), without.values(), strict=True):
        delay = fmean(wait.delay / max(2.0, wait.length * 0.03) for wait in found)
        assert delay <= 1, table(waits)
        assert max(wait.late for wait in found) <= 1, table(waits)
        # Nothing shorter than two pauses can tell of its progress.
        if found[0].length >= 10:
            mean = fmean(wait.requests for wait in found)
            assert mean < fmean(wait.requests for wait in blind), table(waits, without)
            assert fmean(wait.delay for wait in found) < fmean(wait.delay for wait in blind)


def test_the_table_of_the_documentation_is_what_is_measured() -> None:
    rows = table(measured(), measured(percent=TOLD["fraction"])).splitlines()[3:]
    documented = (ROOT / "docs" / "benchmarks" / "waiting.md").read_text("utf-8")

    assert [row for row in rows if row not in documented] == [], "\n".join(rows)


@pytest.mark.parametrize(
    "shape",
    [lambda part: part**0.5, lambda part: part**2, lambda part: min(2 * part, 0.99)],
    ids=["slower and slower", "faster and faster", "stuck at 99 %"],
)
def test_misleading_progress_costs_little(shape: Callable[[float], float]) -> None:
    waits = measured(percent=lambda part: round(shape(part), 2))

    for (low, _high), found in waits.items():
        assert max(wait.late for wait in found) <= 3, table(waits)
        assert max(wait.in_the_first_minute for wait in found) <= 15, table(waits)
        if low >= 360:
            assert all(wait.requests <= wait.polls for wait in found), table(waits)


@pytest.mark.parametrize("exports", [True, False], ids=["exports", "jobs"])
def test_one_hundred_are_waited_for_with_the_lists_of_one(exports: bool) -> None:
    lengths = {str(number): random.uniform(60, 900) for number in range(100)}
    service = Service(lengths, exports=exports)

    found = service.wait(fresh=False)

    longest = max(lengths.values())
    alone = one(longest, fresh=False, percent=None, exports=True)
    lists = [moment for moment, what in service.asked if what == "list"]
    jobs = [moment for moment, what in service.asked if what == "job"]
    # An image that is active before its job is asked about again makes the next look come soon.
    assert len(lists) <= alone.requests + 1
    assert sum(moment <= 60 for moment in lists) <= 15
    # One look at each job when it is over, and after a minute one in 10 s for their progress.
    assert len(jobs) <= (0 if exports else 100 + longest / 10)
    assert all(end - lengths[number] <= max(4.0, end / 10) for number, end in found.items())


def test_the_last_of_many_is_aimed_at_once_others_have_shown_how_long_it_takes() -> None:
    """100 orders take 36 s, one after the other; each image then takes 60 s."""
    ordered = {str(number): 0.36 * number - 36.0 for number in range(100)}
    lengths = dict.fromkeys(ordered, 60.0)
    service = Service(lengths, exports=True, ordered=ordered)

    found = service.wait(fresh=False)

    last = ordered["99"] + 60.0
    assert found["99"] - last <= 2.5
    # Not more than two looks beyond those of who waits for the last one alone.
    alone = one(last, fresh=False, percent=None, exports=True)
    assert len(service.asked) <= alone.requests + 2


def test_images_that_took_long_before_do_not_make_looks_more_frequent() -> None:
    ordered = {"old": -7200.0, "new": 0.0}
    service = Service({"old": 600.0, "new": 900.0}, exports=True, ordered=ordered)

    service.wait(fresh=False)

    alone = one(900.0, fresh=False, percent=None, exports=True)
    assert len(service.asked) <= alone.requests + 2


def test_progress_does_not_make_looks_at_many_more_frequent() -> None:
    lengths = {str(number): 300.0 + 3 * number for number in range(100)}
    service, blind = Service(lengths, percent=TOLD["fraction"]), Service(lengths, exports=True)

    service.wait(fresh=False)
    blind.wait(fresh=False)

    assert sum(what == "list" for _moment, what in service.asked) <= len(blind.asked) + 2


def test_pauses_vary_so_that_tasks_drift_apart() -> None:
    assert len({round(next_pause(0), 3) for _try in range(20)}) > 10
    assert len({round(next_pause(200), 3) for _try in range(20)}) > 10


def test_no_pause_is_longer_than_a_minute() -> None:
    assert max(next_pause(elapsed) for elapsed in range(0, 100000, 7)) <= LONGEST
    assert next_pause(5000, 4000.0) <= LONGEST
    assert next_pause(1_000_000, 0.0) <= LONGEST


def test_a_forecast_needs_progress_that_goes_on() -> None:
    forecast = Forecast()

    forecast.add(10, 10)
    assert forecast.seconds_left(10) is None
    forecast.add(20, 20)
    assert forecast.seconds_left(20) == pytest.approx(80, abs=2)
    assert forecast.seconds_left(50) == pytest.approx(50, abs=2)
    forecast.add(60, 20)
    assert forecast.seconds_left(60) is None
    forecast.add(70, None)
    assert forecast.seconds_left(70) is None
