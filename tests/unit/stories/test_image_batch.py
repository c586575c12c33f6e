# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many images in one task: each as its own task would leave it, all as fast as the slowest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.batch.makers import SOURCE_OF
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    image_batch,
)
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS, FILE, KEY, SERVER, VAULT

from .conftest import Cloud, ok

Json = dict[str, Any]

MIXED: list[Json] = [
    {"whole_image": {"name": "web-golden", "instance": SERVER, "vault": VAULT}},
    {"volume_image_export": {"name": "data", "volume": "data-available"}},
    {"image_copy": {"name": "data-encrypted", "source_image": "data", "cmk_id": KEY}},
    {
        "quick_import": {
            "name": "centos",
            "image_url": FILE,
            "min_disk": "40",
            "os_version": CENTOS,
            "image_tags": {"tier": "web"},
        }
    },
]


def batch(cloud: Cloud, images: list[Json], **arguments: Any) -> Json:
    return cloud.run("image_batch", images=images, **arguments)


def statuses(result: Json) -> list[str]:
    return [image["status"] for image in result["images"]]


def test_a_mixed_batch_creates_each_image_as_its_own_task_would(cloud: Cloud) -> None:
    result = ok(batch(cloud, MIXED))

    assert result["changed"]
    assert statuses(result) == ["active"] * 4
    names = ["web-golden", "data", "data-encrypted", "centos"]
    assert [image["name"] for image in result["images"]] == names
    for name, image in zip(names, result["images"], strict=False):
        [truth] = cloud.images(name)
        assert image["id"] == truth["id"]
        assert image["changed"]
        assert image["actions"]
        assert image["error"] is None
        assert image["msg"] is None
        assert image["timeline"]["seconds"] > 0
    assert len(cloud.creates()) == 4


def test_the_next_run_changes_nothing(cloud: Cloud) -> None:
    ok(batch(cloud, MIXED))
    cloud.clock.advance(600)
    cloud.forget_requests()

    again = ok(batch(cloud, MIXED))

    assert not again["changed"]
    assert again["actions"] == []
    assert statuses(again) == ["active"] * 4
    assert cloud.writes() == []


# --- validation, before any request


def disk(name: str, **more: Any) -> Json:
    return {"volume_image_export": {"name": name, "volume": "data-available", **more}}


def copy(name: str, source: str, **more: Any) -> Json:
    return {"image_copy": {"name": name, "source_image": source, **more}}


WRONG: dict[str, tuple[list[Any], list[str]]] = {
    "an unknown option": ([disk("data", colour="red")], ["'data'", "colour", "disk_format"]),
    "an option of the task": (
        [disk("data", wait=False)],
        ["'data'", "wait", "belongs to the task"],
    ),
    "a state": ([disk("data", state="present")], ["'data'", "state", "belongs to the task"]),
    "the connection": ([disk("data", region="eu-de")], ["'data'", "region", "belongs to the task"]),
    "a wrong value": ([disk("data", min_ram="much")], ["'data'", "min_ram"]),
    "a wrong choice": ([disk("data", disk_format="iso")], ["'data'", "disk_format", "zvhd2"]),
    "a rule of the module": (
        [disk("data"), {"quick_import": {"name": "file", "image_url": FILE, "min_disk": 40}}],
        ["'file'", "os_version"],
    ),
    "no name": ([disk("data"), {"image_copy": {"source_image": "x"}}], ["entry 2", "name"]),
    "no maker": ([{}], ["entry 1", "none is given", "whole_image"]),
    "two makers": ([{**disk("data"), **copy("x", "y")}], ["entry 1", "image_copy"]),
    "an unknown maker": ([{"image_export": {}}], ["entry 1", "'image_export'", "image_copy"]),
    "no options": ([{"image_copy": None}], ["entry 1", "image_copy"]),
    "two of one name": ([disk("data"), copy("data", "x")], ["two entries", "'data'"]),
    "itself": ([copy("a", "a")], ["'a' → 'a'"]),
    "a cycle": ([copy("a", "b"), copy("b", "c"), copy("c", "a")], ["'a' → 'b' → 'c' → 'a'"]),
    "into a cycle": ([copy("x", "a"), copy("a", "b"), copy("b", "a")], ["'a' → 'b' → 'a'"]),
}


@pytest.mark.parametrize(("images", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused_before_any_request(
    cloud: Cloud, images: list[Any], words: list[str]
) -> None:
    result = batch(cloud, images)

    assert result["failed"]
    assert [word for word in words if word not in result["msg"]] == [], result["msg"]
    assert cloud.requests() == []


def test_concurrency_is_one_or_more(cloud: Cloud) -> None:
    result = batch(cloud, [disk("data")], concurrency=0)

    assert "concurrency" in result["msg"]
    assert cloud.requests() == []


def test_an_empty_batch_is_fine(cloud: Cloud) -> None:
    result = ok(batch(cloud, []))

    assert (result["changed"], result["images"]) == (False, [])


def test_options_of_makers_hold_no_secrets() -> None:
    """The front ends register those of the task only."""
    specs = [spec for kinds in image_batch.NESTED.values() for spec in kinds.values()]
    assert not any(option.get("no_log") for spec in specs for option in spec.values())


def test_every_maker_has_a_source() -> None:
    assert image_batch.MAKERS.keys() == SOURCE_OF.keys()


# --- entries that are created from others


def test_a_chain_of_copies_is_created_one_after_the_other(cloud: Cloud) -> None:
    images = [copy("third", "second"), copy("second", "first"), copy("first", "linux-base")]

    result = ok(batch(cloud, images))

    assert statuses(result) == ["active"] * 3
    ids = {image["name"]: image["id"] for image in result["images"]}
    for name, source in (("second", "first"), ("third", "second")):
        [truth] = cloud.images(name)
        assert truth["source"]["id"] == ids[source] if "source" in truth else True
    again = ok(batch(cloud, images))
    assert not again["changed"]


@pytest.mark.parametrize("wait", [True, False])
def test_exports_of_one_disk_are_created_one_after_the_other(cloud: Cloud, wait: bool) -> None:
    result = ok(batch(cloud, [disk(name) for name in ("a", "b", "c", "d")], wait=wait))

    assert len(cloud.creates()) == 4
    ok(cloud.run("image_wait", results=result))
    assert all(len(cloud.images(name)) == 1 for name in ("a", "b", "c", "d"))


@pytest.mark.parametrize("by_id_first", [True, False])
@pytest.mark.parametrize("wait", [True, False])
def test_a_disk_is_the_same_by_its_name_and_by_its_id(
    cloud: Cloud, wait: bool, by_id_first: bool
) -> None:
    by_id = disk("by-id", volume=cloud.thing("volumes", "data-available")["id"].upper())
    images = [by_id, disk("by-name")] if by_id_first else [disk("by-name"), by_id]

    result = ok(batch(cloud, images, wait=wait))

    assert "active" in statuses(result)  # the one that went first
    assert len(cloud.creates()) == 2
    refused = [one for one in cloud.simulator.requests if one["status"] == 400]
    assert [one["path"] for one in refused if one["path"].endswith("/action")] == []
    ok(cloud.run("image_wait", results=result))


def test_exports_of_one_disk_go_on_after_one_that_failed(cloud: Cloud) -> None:
    export = {"method": "POST", "path": "/volumes/[^/]+/action$"}
    cloud.rules({**export, "action": "volume", "fail": True, "times": 1})

    result = batch(cloud, [disk(name) for name in ("a", "b", "c")])

    assert sorted(statuses(result)) == ["active", "active", "failed"], result["msg"]


def test_the_name_of_an_entry_wins_over_an_existing_image(cloud: Cloud) -> None:
    """An image of that name is to be replaced, and the copy is one of the new image."""
    old = ok(cloud.run("image_copy", name="data", source_image="linux-base"))
    cloud.clock.advance(100)
    images = [disk("data", if_source_differs="replace"), copy("data-copy", "data")]

    result = ok(batch(cloud, images))

    new, copied = result["images"]
    assert new["id"] != old["image_id"]
    assert f"of image {new['id']}" in copied["actions"][0]


def test_what_depends_on_a_failed_image_is_skipped_and_the_others_are_created(
    cloud: Cloud,
) -> None:
    fail = {"action": "job", "fail": "IMG.0060"}
    cloud.rules({"method": "POST", "path": "/quickimport/action$", **fail})
    images = [
        {"quick_import": {"name": "file", "image_url": FILE, "min_disk": 40, "type": "DataImage"}},
        copy("file-copy", "file"),
        copy("file-copy-2", "file-copy"),
        disk("data"),
    ]

    result = batch(cloud, images)

    assert result["failed"]
    assert statuses(result) == ["failed", "skipped", "skipped", "active"]
    assert result["msg"].startswith("1 of 4 images failed: file: ")
    assert result["msg"].count("file: ") == 1
    assert "file-copy, file-copy-2" in result["msg"]
    assert "'file' failed" in result["images"][1]["msg"]
    assert result["error"]["code"] == "IMG.0060"
    assert "results[" not in result["msg"]


# --- check mode


def test_check_mode_predicts_what_a_run_does(cloud: Cloud) -> None:
    predicted = ok(batch(cloud, MIXED, check_mode=True))
    assert cloud.writes() == []
    assert statuses(predicted) == ["not_started"] * 4

    made = ok(batch(cloud, MIXED))

    assert predicted["changed"]
    assert predicted["msg"] == "4 images: 4 changed, 4 not active yet."
    for before, after in zip(predicted["images"], made["images"], strict=False):
        assert before["changed"] == after["changed"]
        assert len(before["actions"]) == len(after["actions"])
    assert len(predicted["diff"]["after"]["images"]) == 4
    assert predicted["diff"]["before"]["images"] == made["diff"]["before"]["images"] == [{}] * 4
    copied = "create image 'data-encrypted' of image 'data'"
    assert predicted["images"][2]["actions"][0] == copied
    assert predicted["diff"]["after"]["images"][2]["source"] == "image 'data'"
    cloud.clock.advance(600)
    assert not ok(batch(cloud, MIXED, check_mode=True))["changed"]


# --- without waiting


def test_a_batch_that_does_not_wait_leaves_the_rest_to_the_next_run(machine: Cloud) -> None:
    """But images that others are created from are waited for, and so is a disk in use."""
    images = [disk("data", min_ram=1024), copy("data-copy", "data"), disk("more")]

    started = ok(batch(machine, images, wait=False))

    assert statuses(started) == ["active", "in_progress", "in_progress"]
    assert [("pending" in image) for image in started["images"]] == [False, True, True]
    waited = ok(machine.run("image_wait", results=started))
    assert statuses(waited) == ["active"] * 3
    machine.clock.advance(60)
    assert not ok(batch(machine, images))["changed"]
    assert len(machine.creates()) == 3


# --- interruptions


class Interrupted(BaseException):
    """What `timeout:` raises in the main thread."""


class Lines(list[str]):
    """Progress lines; `show` is called with each."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__()
        self._show = show

    def append(self, line: str) -> None:
        super().append(line)
        if threading.current_thread() is threading.main_thread():
            self._show(line)


def test_nothing_is_requested_after_an_interruption_and_the_next_run_adopts_the_rest(
    machine: Cloud,
) -> None:
    """The cloud creates five copies at a time, so the threads wait for their turn."""
    images = [copy(f"copy-{number}", "linux-base") for number in range(20)]

    def interrupt(line: str) -> None:
        if " being created" in line:
            raise Interrupted

    machine.lines = Lines(interrupt)
    with pytest.raises(Interrupted):
        batch(machine, images, concurrency=3)
    sent = len(machine.requests())
    time.sleep(0.2)
    assert len(machine.requests()) == sent
    assert sum(len(machine.images(f"copy-{number}")) for number in range(20)) == 5
    machine.lines = []

    result = ok(batch(machine, images))

    assert statuses(result) == ["active"] * 20
    assert all(len(machine.images(f"copy-{number}")) == 1 for number in range(20))


def test_a_batch_without_changes_is_silent(cloud: Cloud) -> None:
    ok(batch(cloud, MIXED))
    cloud.clock.advance(60)
    cloud.lines.clear()

    assert not ok(batch(cloud, MIXED))["changed"]

    assert cloud.lines == []
