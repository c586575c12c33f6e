# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that were killed: what they have requested is adopted, and what they began is finished."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import KEY

from .conftest import Cloud, in_lists, ok
from .killing import adopted, killed_asleep, killed_at
from .kinds import NAME, OPERATIONS

COPY, LINUX, LIMITED = OPERATIONS["image"]
FILE, CENTOS, _BATCH = OPERATIONS["system file"]
DAYS = 86400.0


ENDS = {
    "server": "/wholeimages/action",
    "disk": "/action",
    "image": "/copy",
    "system file": "/action",
}


@pytest.mark.parametrize("operation_name", OPERATIONS)
def test_an_image_whose_task_was_killed_in_the_create_request_is_adopted(
    machine: Cloud, operation_name: str
) -> None:
    """The cloud has executed the create request; its answer is lost, no list shows the image."""
    module, one, _other = OPERATIONS[operation_name]
    killed_at(machine, "POST", ENDS[operation_name], module, name=NAME, **one)

    result = ok(machine.run(module, name=NAME, **one))

    assert [image["id"] for image in machine.images(NAME)] == [result["image_id"]]
    assert result["resumed"]
    assert len(machine.creates()) == 1


def test_absent_waits_for_what_a_killed_task_has_requested(machine: Cloud) -> None:
    killed_at(machine, "POST", "/copy", COPY, name=NAME, **LINUX)

    gone = ok(machine.run(COPY, name=NAME, state="absent"))

    assert gone["changed"]
    assert machine.images(NAME) == []


def test_an_image_that_is_active_before_it_is_listed_is_not_made_again(machine: Cloud) -> None:
    quick = {"path": "/copy$", "action": "job", "duration": 1, "list_delay": 50}
    machine.rules(quick)
    first = ok(machine.run(COPY, name=NAME, **LINUX))

    second = ok(machine.run(COPY, name=NAME, **LINUX))

    assert second["image_id"] == first["image_id"]
    assert not second["changed"]
    assert len(machine.creates()) == 1


def test_an_image_just_made_with_a_key_is_there_for_a_task_that_names_none(machine: Cloud) -> None:
    """The create record is still young; a key that is not given is not asked for."""
    quick = {"method": "POST", "path": "/copy$", "action": "job", "duration": 20}
    machine.rules(quick)
    made = ok(machine.run(COPY, name=NAME, cmk_id=KEY, **LINUX))

    assert machine.unchanged(COPY, name=NAME, **LINUX)["image_id"] == made["image_id"]


def test_an_image_is_created_though_its_create_record_was_removed(
    machine: Cloud, tmp_path: Path
) -> None:
    def clear(call: str, told: Any) -> Any:
        if call.startswith("GET /v1/") and "/jobs/" in call:
            rmtree(tmp_path, ignore_errors=True)
        return told

    machine.retell = clear

    made = ok(machine.run(COPY, name=NAME, **LINUX))

    assert made["changed"]
    assert made["image"]["status"] == "active"


def test_an_existing_image_counts_more_than_its_create_record(machine: Cloud) -> None:
    quick = {"method": "POST", "path": "/copy$", "action": "job", "duration": 20}
    machine.rules(quick)
    ok(machine.run(COPY, name=NAME, cmk_id=KEY, **LINUX))

    other = machine.run(COPY, name=NAME, cmk_id=KEY.replace("b", "c"), **LINUX)

    assert f"is encrypted with key {KEY}" in other["msg"]
    assert len(machine.creates()) == 1


def test_an_image_that_somebody_has_just_deleted_is_made_again_at_once(machine: Cloud) -> None:
    """The create record is still young, but its image was seen: it cannot be coming up."""
    quick = {"method": "POST", "path": "/copy$", "action": "job", "duration": 20}
    machine.rules(quick)
    old = ok(machine.run(COPY, name=NAME, **LINUX))
    ok(machine.run("image", image=old["image_id"], state="absent"))

    new = ok(machine.run(COPY, name=NAME, **LINUX))

    assert new["changed"]
    assert new["elapsed"] < 60
    assert [image["id"] for image in machine.images(NAME)] == [new["image_id"]]


def test_a_create_request_of_another_source_is_not_overlooked(machine: Cloud) -> None:
    killed_at(machine, "POST", "/copy", COPY, name=NAME, **LINUX)
    machine.forget_requests()

    result = machine.run(COPY, name=NAME, **LIMITED)

    assert "if_source_differs" in result["msg"]
    assert machine.creates() == []


def test_a_task_killed_while_it_waited_for_its_turn_has_requested_nothing(machine: Cloud) -> None:
    busy = {"action": "answer", "status": 400, "code": "IMG.0060", "path": "/copy$", "times": 1}
    machine.rules(busy)
    clock = machine.clock

    killed_asleep(machine, COPY, name=NAME, **LINUX)
    begun = clock.now()

    result = ok(machine.run(COPY, name=NAME, wait=False, **LINUX))

    assert not result["resumed"]
    assert clock.now() - begun < 10


def test_a_task_killed_while_it_looks_for_an_image_that_the_cloud_says_exists(
    machine: Cloud,
) -> None:
    """A gateway that repeats requests by itself hands on the refusal of the second one."""
    _killed_when_the_name_is_taken(machine, executed=True)

    adopted(machine, COPY, name=NAME, **LINUX)


def test_an_image_that_the_cloud_says_exists_is_not_proved_to_be_of_this_machine(
    machine: Cloud, tmp_path: Path
) -> None:
    _killed_when_the_name_is_taken(machine, executed=False)
    own = machine.environ["XDG_CACHE_HOME"]
    machine.environ["XDG_CACHE_HOME"] = str(tmp_path / "another machine")
    ok(machine.run(COPY, name=NAME, wait=False, **LINUX))
    machine.environ["XDG_CACHE_HOME"] = own
    shows_source = ("__data_origin", "__originalimagename")
    machine.retell = in_lists(lambda image: [image.pop(key, None) for key in shows_source])

    for _again in range(2):
        result = ok(machine.run(COPY, name=NAME, wait=False, if_source_unknown="accept", **LINUX))

        assert not result["source_verified"]
    assert len(machine.creates()) == 2


def _killed_when_the_name_is_taken(machine: Cloud, executed: bool) -> None:
    rule = {"path": "/copy$", "action": "answer", "status": 400, "code": "IMG.0009", "times": 1}
    machine.rules({**rule, "handled": executed})

    killed_asleep(machine, COPY, name=NAME, **LINUX)


def test_a_look_that_took_long_proves_nothing(machine: Cloud) -> None:
    """Throttling may put minutes between asking for a list and the decision it is for."""
    killed_at(machine, "POST", "/copy", COPY, name=NAME, **LINUX)
    machine.rules({"method": "GET", "path": "/v2/cloudimages$", "action": "slow", "seconds": 58})
    machine.clock.advance(5)

    result = ok(machine.run(COPY, name=NAME, wait=False, http_timeout=60, **LINUX))

    assert result["resumed"]
    assert len(machine.creates()) == 1


def test_the_source_tag_is_written_though_the_task_was_killed_before_that(machine: Cloud) -> None:
    killed_at(machine, "POST", "/quickimport/action", FILE, name=NAME, **CENTOS)
    machine.clock.advance(1000)

    ok(machine.run(FILE, name=NAME, **CENTOS))
    again = ok(machine.run(FILE, name=NAME, **CENTOS))

    assert again["source_verified"]
    assert not again["changed"]


def test_a_source_tag_that_the_cloud_refuses_is_tried_once(machine: Cloud) -> None:
    machine.simulator.faults(
        {
            "switches": {"new_attributes": "refused"},
            "rules": [{"path": "/quickimport/action$", "action": "job", "duration": 5}],
        }
    )
    ok(machine.run(FILE, name=NAME, **CENTOS))

    machine.unchanged(FILE, name=NAME, **CENTOS)


def test_one_baked_by_a_killed_task_is_not_baked_again(cloud: Cloud) -> None:
    """Nothing proves its source; it is young and of the name, and the old one stays."""
    old = ok(cloud.run(FILE, name=NAME, **CENTOS))
    cloud.clock.advance(3 * DAYS)
    arguments = {"name": NAME, "max_age": "1d", **CENTOS}
    killed_at(cloud, "POST", "/quickimport/action", FILE, **arguments)
    cloud.clock.advance(1000)

    result = ok(cloud.run(FILE, **arguments))

    assert result["image_id"] != old["image_id"]
    assert not result["source_verified"]
    assert len(cloud.images(NAME)) == 2
    assert len(cloud.creates()) == 2


# --- deletions that were killed, or just happened


def test_an_image_that_is_made_again_at_once_is_not_the_one_just_deleted(machine: Cloud) -> None:
    old = ok(machine.run(COPY, name=NAME, **LINUX))
    ok(machine.run(COPY, name=NAME, state="absent", wait=False))

    new = ok(machine.run(COPY, name=NAME, **LINUX))

    assert new["changed"]
    assert [image["id"] for image in machine.images(NAME)] == [new["image_id"]]
    assert new["image_id"] != old["image_id"]


def test_an_ambiguous_answer_is_not_taken_for_the_image_just_deleted(machine: Cloud) -> None:
    old = ok(machine.run(COPY, name=NAME, **LINUX))
    machine.switch(delete_lingers=[30, 30])
    ok(machine.run(COPY, name=NAME, state="absent", wait=False))
    machine.simulator.faults(
        {
            "switches": {"list_delay": [20, 20]},
            "rules": [{"method": "POST", "path": "/copy$", "action": "truncate", "times": 1}],
        }
    )

    new = ok(machine.run(COPY, name=NAME, **LINUX))

    assert new["image_id"] != old["image_id"]
    assert [image["id"] for image in machine.images(NAME)] == [new["image_id"]]


def test_an_image_is_made_again_after_a_deletion_that_was_killed(machine: Cloud) -> None:
    ok(machine.run(COPY, name=NAME, **LINUX))

    killed_asleep(machine, COPY, name=NAME, state="absent")

    new = ok(machine.run(COPY, name=NAME, **LINUX))

    assert [image["id"] for image in machine.images(NAME)] == [new["image_id"]]


def test_a_create_request_whose_image_was_deleted_by_a_killed_task_is_over(machine: Cloud) -> None:
    machine.switch(delete_lingers=[99, 99])
    ok(machine.run(COPY, name=NAME, wait=False, **LINUX))
    machine.clock.advance(1000)
    ok(machine.run(COPY, name=NAME, state="absent", wait=False, check_mode=True))

    killed_asleep(machine, COPY, name=NAME, state="absent")

    again = ok(machine.run(COPY, name=NAME, state="absent", wait=False))
    new = ok(machine.run(COPY, name=NAME, **LINUX))

    assert not again["changed"]
    assert [image["id"] for image in machine.images(NAME)] == [new["image_id"]]
