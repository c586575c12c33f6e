# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of images that are still being made: each is ordered as soon as its own source is active,
by the task itself or by who waits for many; once, and by all the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import KEY

from .conftest import Cloud, ok

Json = dict[str, Any]

EXPORT = r"volumes/{}/action$"
LOOKS: Json = {"description": "encrypted", "min_ram": 1024, "image_tags": {"tier": "data"}}
DISKS = ("evs-ims-test", "data-available", "system-available")


def lasting(cloud: Cloud, disk: str, seconds: float) -> Json:
    path = EXPORT.format(cloud.thing("volumes", disk)["id"])
    return {"method": "POST", "path": path, "action": "volume", "duration": seconds}


def export(cloud: Cloud, disk: str) -> Json:
    return ok(cloud.run("volume_image_export", name=f"{disk}-image", volume=disk, wait=False))


def copy(cloud: Cloud, source: Json, **more: Any) -> Json:
    name = source["image"]["name"] + "-encrypted"
    arguments = {"source_image": source["image_id"], "cmk_id": KEY, "wait": False, **LOOKS, **more}
    return cloud.run("image_copy", name=name, **arguments)


def wait(cloud: Cloud, results: list[Json], **more: Any) -> Json:
    return cloud.run("image_wait", results=results, **more)


def statuses(result: Json) -> list[str]:
    return [image["status"] for image in result["images"]]


def copies(cloud: Cloud) -> list[str]:
    return [call for call in cloud.creates() if call.endswith("/copy")]


@pytest.fixture(params=[True, False], ids=["notes", "no notes"])
def machine(cloud: Cloud, tmp_path: Path, request: pytest.FixtureRequest) -> Cloud:
    if request.param:
        cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    return cloud


def test_a_task_that_waits_waits_for_its_source_first(machine: Cloud) -> None:
    source = export(machine, "data-available")
    foretold = ok(copy(machine, source, wait=True, check_mode=True))

    made = ok(copy(machine, source, wait=True))

    assert made["changed"]
    for key in ("changed", "actions", "diff"):
        assert foretold[key] == made[key]
    assert made["image"]["status"] == "active"
    assert made["image"]["cmk_id"] == KEY
    assert made["image"]["source"] == {"kind": "image", "id": source["image_id"]}
    assert len(copies(machine)) == 1


@pytest.mark.parametrize("name", ["queued-image", "saving-image"])
@pytest.mark.parametrize("by_id", [True, False], ids=["by id", "by name"])
def test_a_source_that_is_not_ready_in_time_is_named(cloud: Cloud, name: str, by_id: bool) -> None:
    source = cloud.thing("images", name)

    result = cloud.run(
        "image_copy", name="late", source_image=source["id"] if by_id else name, wait_timeout=100
    )

    assert result["failed"]
    assert f"waiting for image '{name}' ({source['id']}), which is to be copied" in result["msg"]
    assert f"is {source['status']}" in result["msg"]
    assert copies(cloud) == []


def test_each_copy_is_ordered_as_soon_as_its_own_source_is_active(machine: Cloud) -> None:
    slow, quick = "evs-ims-test", "data-available"
    machine.rules(lasting(machine, slow, 3000), lasting(machine, quick, 30))
    exports = [export(machine, disk) for disk in (slow, quick)]
    started = [ok(copy(machine, source)) for source in exports]
    assert copies(machine) == []
    assert all(result["changed"] and result["image_id"] is None for result in started)

    result = ok(wait(machine, exports + started))

    assert statuses(result) == ["active"] * 4
    ordered = {
        entry["path"].split("/")[-2]: entry["time"]
        for entry in machine.simulator.requests
        if entry["path"].endswith("/copy")
    }
    first, second = (ordered[source["image_id"]] for source in (exports[1], exports[0]))
    assert second - first > 2500
    for source, entry in zip(exports, result["images"][2:], strict=True):
        name = source["image"]["name"] + "-encrypted"
        [truth] = machine.images(name)
        assert (truth["min_ram"], truth["tags"]) == (1024, {"tier": "data"})
        assert (entry["name"], entry["image_id"]) == (name, truth["id"])
        assert entry["job_id"]
        assert entry["changed"]
        assert entry["image"]["source"] == {"kind": "image", "id": source["image_id"]}
    machine.clock.advance(600)
    written = machine.writes()
    again = [ok(copy(machine, source)) for source in exports]
    assert [result["changed"] for result in again] == [False] * 2
    assert not ok(wait(machine, exports + again))["changed"]
    assert machine.writes() == written


def test_what_was_handed_on_may_be_waited_for_twice(machine: Cloud) -> None:
    """Nothing tells a saved result that its order went out since."""
    source = export(machine, "data-available")
    started = [source, ok(copy(machine, source))]
    first = ok(wait(machine, started))
    machine.clock.advance(600)

    written = machine.writes()

    again = ok(wait(machine, started))

    assert not again["changed"]
    assert machine.writes() == written
    assert again["images"][1]["image_id"] == first["images"][1]["image_id"]
    assert len(copies(machine)) == 1


def test_check_mode_tells_what_is_going_to_be_done(machine: Cloud) -> None:
    machine.rules(lasting(machine, "data-available", 300))
    source = export(machine, "data-available")
    written = machine.writes()
    foretold = ok(copy(machine, source, check_mode=True))
    started = ok(copy(machine, source))
    prediction = ok(wait(machine, [source, started], check_mode=True))
    assert machine.writes() == written

    result = ok(wait(machine, [source, started]))

    for key in ("changed", "actions", "diff"):
        assert prediction[key] == result[key]
        assert foretold[key] == started[key]
    assert foretold["pending"] == started["pending"]
    order = f"copy image {source['image_id']} as 'data-available-image-encrypted' once it is active"
    assert order in result["actions"]
    assert statuses(prediction) == ["in_progress"] * 2
    assert prediction["images"][1]["image_id"] is None


def test_a_source_that_fails_costs_its_own_copy_only(machine: Cloud) -> None:
    failing = {**lasting(machine, DISKS[0], 30), "fail": "failed"}
    machine.rules(failing, lasting(machine, DISKS[1], 300))
    exports = [export(machine, disk) for disk in DISKS[:2]]
    started = [ok(copy(machine, source)) for source in exports]

    result = wait(machine, exports + started)

    assert result["failed"]
    assert statuses(result) == ["failed", "active", "failed", "active"]
    lost = result["images"][2]
    assert exports[0]["image_id"] in lost["msg"]
    assert lost["image_id"] is lost["job_id"] is lost["image"] is None
    assert len(copies(machine)) == 1


def test_an_order_that_is_refused_does_not_keep_the_others(machine: Cloud) -> None:
    exports = [export(machine, disk) for disk in DISKS[:2]]
    started = [ok(copy(machine, source)) for source in exports]
    name = exports[0]["image"]["name"] + "-encrypted"
    ok(machine.run("image_copy", name=name, source_image="linux-base"))
    machine.clock.advance(100)

    result = wait(machine, exports + started)

    assert result["failed"]
    assert statuses(result) == ["active", "active", "failed", "active"]
    assert "if_source_differs" in result["images"][2]["msg"]
    assert len(machine.images(name)) == 1


def test_when_the_time_is_over_before_the_order_nothing_is_lost(machine: Cloud) -> None:
    machine.rules(lasting(machine, "data-available", 1000))
    source = export(machine, "data-available")
    started = ok(copy(machine, source))

    late = wait(machine, [source, started], wait_timeout=60)

    assert late["failed"]
    assert statuses(late) == ["in_progress"] * 2
    assert "not requested yet, image" in late["msg"]
    assert late["images"][1]["image_id"] is None
    assert statuses(ok(wait(machine, [source, started]))) == ["active"] * 2
    assert len(copies(machine)) == 1


class Killed(BaseException):
    """The task ends here."""


@pytest.mark.parametrize("end", ["/copy", "/jobs/"], ids=["in the order", "after it"])
def test_who_is_killed_while_it_orders_leaves_one_image(
    cloud: Cloud, tmp_path: Path, end: str
) -> None:
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    source = export(cloud, "data-available")
    started = ok(copy(cloud, source))

    def die(call: str, told: Any) -> Any:
        if copies(cloud) and end in call:
            raise Killed
        return told

    cloud.retell = die
    with pytest.raises(Killed):
        wait(cloud, [source, started])
    cloud.retell = None

    again = ok(copy(cloud, source))
    result = ok(wait(cloud, [source, again]))

    assert statuses(result) == ["active"] * 2
    assert len(copies(cloud)) == 1
    assert len(cloud.images("data-available-image-encrypted")) == 1


def test_an_old_copy_goes_once_the_new_one_is_there(machine: Cloud) -> None:
    """The export of last night has another id: its copy is another image."""
    source = export(machine, "data-available")
    ok(wait(machine, [source]))
    old = ok(copy(machine, source, wait=True))["image_id"]
    machine.clock.advance(86400)
    ok(machine.run("image", image=source["image_id"], state="absent"))
    machine.clock.advance(100)
    fresh = export(machine, "data-available")
    started = ok(copy(machine, fresh, if_source_differs="replace"))

    result = ok(wait(machine, [fresh, started]))

    [left] = machine.images("data-available-image-encrypted")
    assert left["id"] == result["images"][1]["image_id"] != old


NONSENSE: dict[str, Json] = {
    "no source": {"source_image": None},
    "no id": {"source_image": "linux-base"},
    "tags": {"image_tags": {"a": 1}},
    "wish": {"if_source_differs": "explode"},
    "more": {"password": "x"},
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_an_order_that_no_task_has_handed_back_is_refused(cloud: Cloud, nonsense: Json) -> None:
    started = ok(copy(cloud, export(cloud, "data-available")))
    order = {**started["pending"]["order"], **nonsense}

    result = wait(cloud, [{**started, "pending": {**started["pending"], "order": order}}])

    assert result["failed"]
    assert "is not what a module of this collection returns" in result["msg"]
    assert copies(cloud) == []
