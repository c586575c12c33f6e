# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""state: absent deletes what is meant, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Cloud, ok
from .killing import COPY, LIMITED, LINUX
from .kinds import NAME, OPERATIONS, operation


@operation
def test_an_image_goes_by_its_name(
    cloud: Cloud, module: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    made = ok(cloud.run(module, name=NAME, **one))

    predicted = ok(cloud.run(module, check_mode=True, name=NAME, state="absent"))
    assert len(cloud.images(NAME)) == 1
    gone = ok(cloud.run(module, name=NAME, state="absent"))
    again = ok(cloud.run(module, name=NAME, state="absent"))

    assert cloud.images(NAME) == []
    assert gone["image_id"] == made["image_id"]
    assert gone["changed"]
    assert (predicted["actions"], predicted["diff"]) == (gone["actions"], gone["diff"])
    assert not again["changed"]
    assert again["image"] is None


@operation
def test_with_a_source_only_an_image_of_that_source_goes(
    cloud: Cloud, module: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    ok(cloud.run(module, name=NAME, **one))

    kept = ok(cloud.run(module, name=NAME, state="absent", **other))
    assert not kept["changed"]
    assert len(cloud.images(NAME)) == 1
    gone = ok(cloud.run(module, name=NAME, state="absent", **one))

    assert gone["changed"]
    assert cloud.images(NAME) == []


@pytest.mark.parametrize("with_backup", [True, False])
def test_the_backup_of_a_whole_image_is_deleted_only_with_delete_backup(
    cloud: Cloud, with_backup: bool
) -> None:
    module, one, _other = OPERATIONS["server"]
    made = ok(cloud.run(module, name=NAME, **one))
    backup = made["image"]["backup_id"]

    gone = ok(cloud.run(module, name=NAME, state="absent", delete_backup=with_backup))

    backups = {item["id"] for item in cloud.simulator.state()["backups"]}
    assert cloud.images(NAME) == []
    if with_backup:
        assert backup not in backups
    else:
        assert backup in backups
        assert backup in " ".join(gone["warnings"])


def test_one_in_flight_is_waited_for(cloud: Cloud) -> None:
    module, one, _other = OPERATIONS["image"]
    ok(cloud.run(module, name=NAME, wait=False, **one))
    cloud.clock.advance(15)

    gone = ok(cloud.run(module, name=NAME, state="absent"))

    assert gone["changed"]
    assert cloud.images(NAME) == []


# --- images that are listed after their deletion


@operation
def test_what_is_deleted_but_still_listed_is_not_deleted_again(
    cloud: Cloud, module: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    ok(cloud.run(module, name=NAME, **one))
    ok(cloud.run(module, name=NAME, state="absent", wait=False))

    cloud.unchanged(module, name=NAME, state="absent", wait=False)


def test_absent_waits_for_what_an_earlier_task_has_deleted(machine: Cloud) -> None:
    machine.switch(delete_lingers=[30, 30])
    old = ok(machine.run(COPY, name=NAME, **LINUX))
    ok(machine.run(COPY, name=NAME, state="absent", wait=False))

    ok(machine.run(COPY, name=NAME, state="absent"))
    new = ok(machine.run(COPY, name=NAME, **LINUX))

    assert new["image_id"] != old["image_id"]


def test_a_backup_stays_that_was_not_to_go(cloud: Cloud) -> None:
    """The cloud complains of a backup that nobody wanted to delete."""
    module, one, _other = OPERATIONS["server"]
    made = ok(cloud.run(module, name=NAME, **one))
    rule = {"method": "DELETE", "action": "answer", "status": 400, "code": "IMG.0176", "times": 1}
    cloud.rules({**rule, "handled": True})

    ok(cloud.run(module, name=NAME, state="absent"))

    backups = [backup["id"] for backup in cloud.simulator.state()["backups"]]
    assert made["image"]["backup_id"] in backups


def test_nothing_goes_for_the_sake_of_an_image_that_is_only_listed_still(cloud: Cloud) -> None:
    cloud.switch(delete_lingers=[9999, 9999])
    old = ok(cloud.run(COPY, name=NAME, **LINUX))
    ok(cloud.run("whole_image", image_id=old["image_id"], state="absent", wait=False))
    ok(cloud.run(COPY, name=NAME, if_source_differs="replace", **LIMITED))
    cloud.switch(delete_lingers=[5, 5])

    new = ok(cloud.run(COPY, name=NAME, if_source_differs="replace", **LINUX))

    assert new["image_id"] != old["image_id"]
    assert [image["id"] for image in cloud.images(NAME)] == [new["image_id"]]
