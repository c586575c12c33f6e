# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create records: what is written can be read, and what cannot be read is not taken for absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS, IMAGE

from .conftest import Cloud, ok
from .killing import COPY, LINUX, adopted, killed_in_create, records
from .kinds import NAME
from .retaining import bake

UNREADABLE = {
    "not JSON": b"{",
    "half a record": b'{"order": {"job_id": null, "image_id"',
    "zeros": b"\0" * 16384,
    "not text": b"\xff\xfe",
    "another form": b'{"requests": []}',
    "a list": b"[]",
    "an unknown member": (
        b'{"order": {"job_id": null, "image_id": null, "identity": {"kind": 1}, "posted": 0,'
        b' "known": [], "done": false}, "deleting": []}'
    ),
    "deeply nested": b"[" * 100_000,
}


def spoil(machine: Cloud, content: bytes = b"{") -> Path:
    """The create record cannot be read, and was written just now by the machine's clock."""
    [path] = records(machine)
    path.write_bytes(content)
    os.utime(path, (machine.clock.time(), machine.clock.time()))
    return path


def test_a_create_request_among_many_images_of_the_name_is_adopted(machine: Cloud) -> None:
    machine.switch(image_quota=1000)
    mark = {"ansible_ims_source": f"image,{IMAGE}"}
    for _number in range(60):
        bake(machine, NAME, 9, attributes=mark)
    newer: dict[str, Any] = {"max_age": "1d", "keep_old": True, **LINUX}
    killed_in_create(machine, COPY, name=NAME, **newer)

    result = ok(machine.run(COPY, name=NAME, **newer))

    assert result["resumed"]
    assert len(machine.creates()) == 1


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_record_may_be_of_a_create_request(machine: Cloud, content: bytes) -> None:
    killed_in_create(machine, COPY, name=NAME, **LINUX)
    spoil(machine, content)

    adopted(machine, COPY, name=NAME, **LINUX)
    machine.clock.advance(100)

    assert not ok(machine.run(COPY, name=NAME, **LINUX))["changed"]
    assert records(machine) == []


def test_a_record_that_may_not_be_opened_is_unreadable(machine: Cloud) -> None:
    killed_in_create(machine, COPY, name=NAME, **LINUX)
    [path] = records(machine)
    path.unlink()
    path.symlink_to("nowhere")
    os.utime(path, (machine.clock.time(), machine.clock.time()), follow_symlinks=False)

    adopted(machine, COPY, name=NAME, **LINUX)


def test_an_unreadable_record_without_an_image_is_waited_out_once(machine: Cloud) -> None:
    killed_in_create(machine, COPY, name=NAME, **LINUX)
    machine.simulator.cloud.world.images.popitem()
    spoil(machine)

    made = ok(machine.run(COPY, name=NAME, wait=False, **LINUX))

    assert made["changed"]
    assert made["elapsed"] >= 60
    assert len(machine.creates()) == 2


def test_an_old_unreadable_record_costs_no_wait(machine: Cloud) -> None:
    killed_in_create(machine, COPY, name=NAME, **LINUX)
    spoil(machine)
    machine.clock.advance(900)

    result = ok(machine.run(COPY, name=NAME, **LINUX))

    assert result["elapsed"] < 5
    assert len(machine.creates()) == 1


def test_what_may_have_been_deleted_is_not_taken_for_there(machine: Cloud) -> None:
    """What this machine has deleted is in the record, too."""
    made = ok(machine.run(COPY, name=NAME, **LINUX))
    machine.clock.advance(900)
    machine.switch(delete_lingers=[600, 600])
    ok(machine.run(COPY, name=NAME, state="absent", wait=False))
    spoil(machine)

    new = ok(machine.run(COPY, name=NAME, **LINUX))

    assert new["changed"]
    assert new["image_id"] != made["image_id"]


def test_absent_waits_for_what_an_unreadable_record_may_be_of(machine: Cloud) -> None:
    killed_in_create(machine, COPY, name=NAME, **LINUX)
    spoil(machine)

    gone = ok(machine.run(COPY, name=NAME, state="absent"))

    assert gone["changed"]
    assert machine.images(NAME) == []


def test_the_image_of_an_unreadable_record_is_judged_by_its_own_attributes(machine: Cloud) -> None:
    killed_in_create(machine, COPY, name=NAME, **LINUX)
    spoil(machine)

    result = machine.run(COPY, name=NAME, source_image="limited-image")

    assert f"exists ({machine.images(NAME)[0]['id']})" in result["msg"]
    assert len(machine.creates()) == 1


def test_retention_keeps_an_unreadable_record_in_force(machine: Cloud) -> None:
    """It deletes an old image of the name, which has a record of its own to be written."""
    old = bake(machine, NAME, 90)
    killed_in_create(machine, COPY, name=NAME, max_age="1d", if_source_differs="replace", **LINUX)
    spoil(machine)
    family = {"name": f"{NAME}*", "keep_newest": 0, "keep_younger_than": "30d"}

    done = ok(machine.run("image_retention", families=[family]))

    assert done["deleted"] == [old.id]
    adopted(machine, COPY, name=NAME, **LINUX)


# --- what is recorded on images


def _cut(told: Any) -> Any:
    """As a cloud would that keeps 255 characters of an attribute."""
    if isinstance(told, dict):
        return {name: _cut(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_cut(value) for value in told]
    return told[:255] if isinstance(told, str) else told


def test_a_source_tag_that_a_cloud_may_cut_is_not_written(cloud: Cloud) -> None:
    cloud.switch(import_data_origin="absent")
    key = "/".join(["builds"] * 40) + "/centos70.zvhd2"
    files = cloud.simulator.cloud.world.objects
    files["ims-image", key] = files["ims-image", "centos70.zvhd2"]
    task: dict[str, Any] = {"image_url": f"ims-image:{key}", "min_disk": 40, "name": NAME}
    task["os_version"] = CENTOS
    cloud.retell = lambda call, told: _cut(told)
    made = ok(cloud.run("quick_import", **task))

    again = ok(cloud.run("quick_import", if_source_differs="replace", **task))

    assert (again["changed"], again["image_id"]) == (False, made["image_id"])
    assert again["source_verified"] is False
