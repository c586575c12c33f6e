# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two machines want the same image at once: no lock reaches from one to the other.

Each has a store of its own. Both look, both find nothing, and only then do they go on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.chaos.turns import SharedClock, Turn
from ansible_collections.huaweicloud.ims.tests.simulator import Simulator

from .conftest import Cloud, ok
from .kinds import NAME, task

LOOK = "GET /v2/cloudimages"
# What the cloud does not keep from being made twice, and what it does in one way or another.
TWICE = ("image", "encrypted copy", "system file", "data file")
ONCE = ("server", "backup", "CSBS backup", "disk")


class Machines:
    """Machines with the same cloud; their tasks run side by side on its clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = SharedClock(seed=1)
        self.simulator = Simulator(clock=self.clock, seed=1)
        stores = [folder / "one", folder / "other"]
        self.clouds = [Cloud(self.simulator, {"XDG_CACHE_HOME": str(store)}) for store in stores]

    def run(self, kind: str, **more: Any) -> list[dict[str, Any]]:
        """The results of the same task on both: none of them goes on before both have looked."""
        module, arguments = task(kind, **more)
        looked: set[int] = set()
        turns = []
        for number, cloud in enumerate(self.clouds):
            cloud.retell = self._meet(number, looked)
            turns.append(Turn(str(number), partial(cloud.run, module, **arguments)))
        self.clock.run(turns)
        for cloud in self.clouds:
            cloud.retell = None
        return [turn.result for turn in turns]

    def _meet(self, number: int, looked: set[int]) -> Callable[[str, Any], Any]:
        def wait_for_the_other(call: str, told: Any) -> Any:
            if call == LOOK:
                looked.add(number)
            while len(looked) < len(self.clouds):
                self.clock.sleep(0.1)
            return told

        return wait_for_the_other

    def images(self) -> list[dict[str, Any]]:
        return self.clouds[0].images(NAME)


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return Machines(tmp_path)


@pytest.mark.parametrize("kind", TWICE)
def test_each_sees_the_image_of_the_other_and_names_both(machines: Machines, kind: str) -> None:
    one, other = (ok(result) for result in machines.run(kind))

    twins = {image["id"] for image in machines.images()}
    assert {one["image_id"], other["image_id"]} == twins
    assert len(twins) == 2
    for result in (one, other):
        [warning] = result["warnings"]
        assert all(image_id in warning for image_id in twins)
        assert f"goes on with {result['image_id']}" in warning
        assert "deleted by its id" in warning
        assert "state: absent" in warning


@pytest.mark.parametrize("kind", ONCE)
def test_whom_the_cloud_refuses_adopts_the_image_of_the_other(
    machines: Machines, kind: str
) -> None:
    """A backup makes one image; a server that is backed up, and a disk that is exported, are
    busy, and what they are busy with is looked for before the create request is sent again."""
    results = [ok(result) for result in machines.run(kind)]

    [image] = machines.images()
    assert [result["image_id"] for result in results] == [image["id"]] * 2
    assert sorted(result["resumed"] for result in results) == [False, True]
    # The record of an export does not tell its disk: the second cannot know that it is the same.
    told = [result["source_verified"] for result in results if result["resumed"]]
    assert told == [kind != "disk"]


def test_an_unproven_image_is_not_adopted_where_proof_is_wanted(
    machines: Machines,
) -> None:
    results = machines.run("disk", if_source_unknown="fail")

    [refused] = [result for result in results if result.get("failed")]
    assert "if_source_unknown is fail" in refused["msg"]
    assert machines.images()[0]["id"] in refused["msg"]
    assert len(machines.images()) == 1


def test_a_duplicate_that_no_task_waited_for_is_reported_by_the_next_run(
    machines: Machines,
) -> None:
    first = [ok(result) for result in machines.run("image", wait=False)]
    ids = {result["image_id"] for result in first} | {i["id"] for i in machines.images()}
    ids.discard(None)
    machines.clock.advance(20)
    module, arguments = task("image")

    in_flight = ok(machines.clouds[0].run(module, **arguments))
    done = ok(machines.clouds[1].run(module, **arguments))

    assert len(ids) == 2
    for result in (in_flight, done):
        [warning] = result["warnings"]
        assert all(image_id in warning for image_id in ids)
        assert "deleted by its id" in warning
    assert in_flight["resumed"]


def test_a_duplicate_of_an_image_that_is_active_before_it_is_awaited_is_reported(
    machines: Machines,
) -> None:
    cloud = machines.clouds[0]
    started = [ok(result) for result in machines.run("image", wait=False, min_ram=1024)][:1]
    started.append(ok(cloud.run("image_copy", name="b", source_image="linux-base", wait=False)))
    machines.clock.advance(1000)

    waited = ok(cloud.run("image_wait", results=started))

    [warning] = waited["warnings"]
    assert all(image["id"] in warning for image in machines.images())


def test_all_machines_agree_on_one_of_the_duplicates(
    machines: Machines,
) -> None:
    machines.run("image")
    module, arguments = task("image")

    results = [ok(cloud.run(module, **arguments)) for cloud in machines.clouds * 2]

    assert len({result["image_id"] for result in results}) == 1
    assert not any(result["changed"] for result in results)


def test_a_duplicate_is_deleted_as_the_warning_says(machines: Machines) -> None:
    one, other = machines.run("image")

    ok(machines.clouds[1].run("image", image=other["image_id"], state="absent"))
    module, arguments = task("image")
    results = [ok(cloud.run(module, **arguments)) for cloud in machines.clouds]

    assert [result["image_id"] for result in results] == [one["image_id"]] * 2
    assert not any(result["changed"] or result["warnings"] for result in results)
