# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine whose clock is set while its tasks are killed: no image is made twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Cloud, ok
from .killing import Killed, adopted, killed_asleep, killed_in_create, records
from .kinds import NAME, OPERATIONS, operation

COPY, LINUX, _LIMITED = OPERATIONS["image"]
DAY = 86400.0


@operation
@pytest.mark.parametrize("step", [-8 * DAY, -0.5, 59.0, 8 * DAY])
def test_a_step_of_the_clock_makes_no_second_image(
    machine: Cloud, step: float, module: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    killed_in_create(machine, module, name=NAME, **one)
    machine.clock.advance(0.2 if step < 0 else 5)
    machine.clock.step(step)
    # Signatures are refused where the clocks differ by more than a quarter of an hour.
    machine.switch(clock_skew=step)

    adopted(machine, module, name=NAME, **one)


@pytest.mark.parametrize("boots", [True, False])
def test_a_step_back_makes_no_second_image_where_no_boot_clock_helps(
    machine: Cloud, boots: bool
) -> None:
    """Neither after a reboot nor on a system without one: a negative age is none."""
    machine.clock.boots = boots
    killed_in_create(machine, COPY, name=NAME, **LINUX)
    machine.clock.reboot()
    machine.clock.step(-0.5)

    adopted(machine, COPY, name=NAME, **LINUX)


def test_a_step_back_in_a_wait_for_the_next_try_makes_no_second_image(machine: Cloud) -> None:
    busy = {"action": "answer", "status": 400, "code": "IMG.0060", "path": "/copy$", "times": 1}
    machine.rules(busy)
    refusals = 0

    def die(call: str, told: Any) -> Any:
        if call.startswith("POST"):
            raise Killed
        return told

    def step_back(seconds: float) -> None:
        nonlocal refusals
        refusals += 1
        machine.clock.step(-0.5)

    machine.retell = die
    with machine.clock.before_each_sleep(step_back), pytest.raises(Killed):
        machine.run(COPY, name=NAME, **LINUX)
    machine.retell = None
    assert refusals == 1

    result = ok(machine.run(COPY, name=NAME, **LINUX))

    assert [image["id"] for image in machine.images(NAME)] == [result["image_id"]]
    assert len(machine.creates()) == 2


def test_a_step_in_the_wait_for_an_image_that_never_comes_ends_it_neither_early_nor_never(
    machine: Cloud,
) -> None:
    """The create request was lost on its way."""
    lost = {"path": "/copy$", "action": "drop", "how": "reset", "times": 1}
    machine.rules(lost)

    killed_asleep(machine, COPY, name=NAME, **LINUX)
    begun = machine.clock.now()

    with machine.clock.before_each_sleep(lambda seconds: machine.clock.step(-seconds)):
        ok(machine.run(COPY, name=NAME, wait=False, **LINUX))

    assert 60 <= machine.clock.now() - begun < 70
    assert len(machine.images(NAME)) == 1


def test_a_request_that_was_long_in_coming_is_as_young_as_when_it_was_sent(machine: Cloud) -> None:
    """The old image had to become active before it could make room."""
    machine.switch(duplicate_names="refused")
    ok(machine.run(COPY, name=NAME, wait=False, **_LIMITED))
    machine.clock.advance(50)
    killed_in_create(machine, COPY, name=NAME, if_source_differs="replace", **LINUX)
    machine.forget_requests()

    ok(machine.run(COPY, name=NAME, if_source_differs="replace", **LINUX))

    assert machine.creates() == []
    assert len(machine.images(NAME)) == 1


def test_a_task_killed_between_looks_for_its_lost_request_has_sent_one(machine: Cloud) -> None:
    """The answer was lost, and the cloud limits the requests that look for the image."""

    def about_to_create() -> bool:
        machine.rules(
            {"path": "/copy$", "action": "drop", "how": "reset", "handled": True, "times": 1},
            {"path": "/v2/cloudimages$", "action": "throttle", "times": 1},
        )
        return True

    machine.alive = about_to_create

    killed_asleep(machine, COPY, name=NAME, **LINUX)
    machine.alive = lambda: True
    assert machine.requests()[-2:] == [*machine.creates(), "GET /v2/cloudimages"]

    adopted(machine, COPY, name=NAME, **LINUX)


# --- the file


def test_the_record_says_when_by_both_clocks(machine: Cloud) -> None:
    killed_in_create(machine, COPY, name=NAME, **LINUX)

    [path] = records(machine)
    entry = json.loads(path.read_bytes())["order"]

    boot_id, seconds = entry["boot"]
    assert (boot_id, seconds) == machine.clock.boot()
    assert entry["posted"] == machine.clock.time()


@pytest.mark.parametrize("boot", [None, "missing", "boot-0", ["boot-0"], {"id": 1}])
def test_a_record_without_a_boot_clock_is_read_as_before(machine: Cloud, boot: Any) -> None:
    killed_in_create(machine, COPY, name=NAME, **LINUX)
    [path] = records(machine)
    told = json.loads(path.read_bytes())
    del told["checksum"]
    told["order"]["boot"] = boot
    if boot == "missing":
        del told["order"]["boot"]
    path.write_bytes(json.dumps(told).encode().ljust(16384))
    machine.clock.advance(10)

    adopted(machine, COPY, name=NAME, **LINUX)
