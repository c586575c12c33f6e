# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of images that are still being created: the task waits for its source first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import KEY

from .conftest import Cloud, ok

Json = dict[str, Any]

LOOKS: Json = {"description": "encrypted", "min_ram": 1024, "image_tags": {"tier": "data"}}


def export(cloud: Cloud, disk: str) -> Json:
    return ok(cloud.run("volume_image_export", name=f"{disk}-image", volume=disk, wait=False))


def copy(cloud: Cloud, source: Json, **more: Any) -> Json:
    name = source["image"]["name"] + "-encrypted"
    arguments = {"source_image": source["image_id"], "cmk_id": KEY, "wait": False, **LOOKS, **more}
    return cloud.run("image_copy", name=name, **arguments)


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


def test_a_task_that_does_not_wait_waits_for_its_source_all_the_same(machine: Cloud) -> None:
    source = export(machine, "data-available")
    foretold = ok(copy(machine, source, check_mode=True))

    started = ok(copy(machine, source))

    assert len(copies(machine)) == 1
    [truth] = machine.images("data-available-image")
    assert truth["status"] == "active"
    for key in ("changed", "actions", "diff", "pending"):
        assert foretold[key] == started[key]
    waited = ok(machine.run("image_wait", results=[source, started]))
    assert [image["status"] for image in waited["images"]] == ["active", "active"]
    assert machine.images("data-available-image-encrypted")[0]["min_ram"] == 1024


def test_a_source_that_fails_ends_the_task(machine: Cloud) -> None:
    path = f"volumes/{machine.thing('volumes', 'data-available')['id']}/action$"
    machine.rules({"method": "POST", "path": path, "action": "volume", "fail": "failed"})
    source = export(machine, "data-available")

    result = copy(machine, source)

    assert result["failed"]
    assert source["image_id"] in result["msg"]
    assert copies(machine) == []
