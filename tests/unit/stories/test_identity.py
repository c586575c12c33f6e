# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which image is meant: by name and source, whatever the cloud tells; never two, never lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import KEY

from .conftest import Cloud, ok
from .killing import COPY, LINUX, killed_at
from .kinds import NAME, OPERATIONS, operation


@operation
def test_another_source_under_the_same_name_is_never_silently_taken(
    cloud: Cloud, module: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    made = ok(cloud.run(module, name=NAME, **one))
    cloud.forget_requests()

    result = cloud.run(module, name=NAME, **other)

    assert result["failed"]
    assert made["image_id"] in result["msg"]
    assert "if_source_differs" in result["msg"]
    assert cloud.requests("POST", "PATCH", "DELETE") == []


@operation
def test_a_doubtful_source_is_taken_with_a_warning_or_refused(
    cloud: Cloud, module: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """The cloud refuses our source tag and tells nothing itself: the copy always tells."""
    cloud.switch(new_attributes="refused", server_data_origin="absent")
    made = ok(cloud.run(module, name=NAME, **one))

    accepted = cloud.run(module, name=NAME, **one)
    strict = cloud.run(module, name=NAME, if_source_unknown="fail", **one)

    assert accepted["image_id"] == made["image_id"]
    assert not accepted["changed"]
    if accepted["source_verified"]:
        assert not strict.get("failed")
    else:
        assert "could not be proved" in " ".join(accepted["warnings"])
        assert "could not be proved" in strict["msg"]


@operation
def test_replace_makes_the_wanted_image_and_then_deletes_the_other(
    cloud: Cloud, module: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    old = ok(cloud.run(module, name=NAME, **one))

    predicted = cloud.run(module, check_mode=True, name=NAME, if_source_differs="replace", **other)
    new = ok(cloud.run(module, name=NAME, if_source_differs="replace", **other))
    again = ok(cloud.run(module, name=NAME, if_source_differs="replace", **other))

    assert [image["id"] for image in cloud.images(NAME)] == [new["image_id"]]
    assert new["image_id"] != old["image_id"]
    assert predicted["actions"] == new["actions"]
    assert predicted["diff"] == new["diff"]
    assert not again["changed"]


def test_keep_returns_the_other_image_untouched(cloud: Cloud) -> None:
    module, one, other = OPERATIONS["image"]
    old = ok(cloud.run(module, name=NAME, **one))
    cloud.forget_requests()

    kept = ok(cloud.run(module, name=NAME, if_source_differs="keep", description="mine", **other))

    assert kept["image_id"] == old["image_id"]
    assert not kept["changed"]
    assert not kept["source_verified"]
    assert cloud.requests("POST", "PATCH", "DELETE") == []


def test_an_image_that_is_too_old_is_created_again_and_the_old_one_deleted(cloud: Cloud) -> None:
    module, one, _other = OPERATIONS["server"]
    first = ok(cloud.run(module, name=NAME, max_age="1d", **one))
    assert not ok(cloud.run(module, name=NAME, max_age="1d", **one))["changed"]
    cloud.clock.advance(2 * 86400)

    predicted = cloud.run(module, check_mode=True, name=NAME, max_age="1d", **one)
    second = ok(cloud.run(module, name=NAME, max_age="1d", **one))

    assert second["image_id"] != first["image_id"]
    assert [image["id"] for image in cloud.images(NAME)] == [second["image_id"]]
    assert predicted["actions"] == second["actions"]
    assert not ok(cloud.run(module, name=NAME, max_age="1d", **one))["changed"]


def test_a_cloud_that_wants_unique_names_gets_the_name_freed(cloud: Cloud) -> None:
    cloud.switch(duplicate_names="refused")
    module, one, other = OPERATIONS["image"]
    ok(cloud.run(module, name=NAME, **one))

    new = ok(cloud.run(module, name=NAME, if_source_differs="replace", **other))

    assert [image["id"] for image in cloud.images(NAME)] == [new["image_id"]]
    images = cloud.simulator.state()["images"]
    assert not [i for i in images if "replaced" in i["name"] and not i["deleted"]]


def test_two_tasks_of_one_machine_make_one_image(cloud: Cloud, tmp_path: Path) -> None:
    """The second comes before the cloud lists the first one's image: the order is written down."""
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    module, one, _other = OPERATIONS["server"]
    first = ok(cloud.run(module, name=NAME, wait=False, **one))

    second = ok(cloud.run(module, name=NAME, **one))

    assert second["job_id"] == first["job_id"]
    assert second["resumed"]
    assert second["source_verified"]
    assert len(cloud.images(NAME)) == 1


def test_a_finished_image_leaves_no_create_record_behind(cloud: Cloud, tmp_path: Path) -> None:
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    module, one, _other = OPERATIONS["server"]

    ok(cloud.run(module, name=NAME, **one))

    assert [path.name for path in tmp_path.rglob("image-*")] == []


def test_a_create_request_that_failed_is_forgotten(cloud: Cloud, tmp_path: Path) -> None:
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    module, one, _other = OPERATIONS["image"]
    cloud.rules(
        {"method": "POST", "path": "/copy$", "action": "job", "fail": "IMG.0014", "times": 1}
    )
    assert cloud.run(module, name=NAME, **one)["failed"]

    result = ok(cloud.run(module, name=NAME, **one))

    assert not result["resumed"]
    assert result["changed"]


def test_a_task_whose_play_is_gone_creates_nothing(cloud: Cloud) -> None:
    module, one, _other = OPERATIONS["server"]
    cloud.alive = lambda: False

    result = cloud.run(module, name=NAME, **one)

    assert "gone" in result["msg"]
    assert cloud.requests("POST") == []


# --- another key


def test_a_copy_in_flight_with_another_key_is_another_image(cloud: Cloud) -> None:
    other_key = next(key for key in cloud.simulator.cloud.world.keys.values() if key.id != KEY)
    ok(cloud.run(COPY, name=NAME, wait=False, cmk_id=other_key.id, **LINUX))
    cloud.clock.advance(30)

    result = cloud.run(COPY, name=NAME, cmk_id=KEY, **LINUX)

    assert result["failed"]
    assert "encrypted" in result["msg"]


def test_a_create_request_with_another_key_is_another_one(machine: Cloud) -> None:
    other_key = next(key for key in machine.simulator.cloud.world.keys.values() if key.id != KEY)
    killed_at(machine, "POST", "/copy", COPY, name=NAME, cmk_id=other_key.id, **LINUX)

    result = machine.run(COPY, name=NAME, cmk_id=KEY, **LINUX)

    assert "if_source_differs" in result["msg"]
    assert len(machine.creates()) == 1


def https_url(region: str) -> str:
    return f"https://Ims-Image.obs.{region}.otc.example.com/batch%2D01.zvhd2"


def test_a_file_is_one_source_in_whatever_form_it_is_given(tame: Cloud) -> None:
    region = tame.simulator.facts("")["region"]
    task = {"name": NAME, "min_disk": 40, "type": "DataImage"}
    made = ok(tame.run("quick_import", image_url=https_url(region), **task))
    tame.forget_requests()

    for form in ("ims-image:batch-01.zvhd2", "obs://ims-image/batch-01.zvhd2"):
        again = ok(tame.run("quick_import", image_url=form, **task))
        assert (again["changed"], again["source_verified"]) == (False, True)

    assert made["image"]["source"] == {"kind": "file", "id": "ims-image:batch-01.zvhd2"}
    assert tame.requests("POST", "PATCH", "DELETE") == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_file_of_another_region_is_refused_before_any_request(tame: Cloud, state: str) -> None:
    url = https_url("eu-nowhere")

    result = tame.run(
        "quick_import", name=NAME, state=state, image_url=url, min_disk=40, type="DataImage"
    )

    assert result["failed"]
    assert [word for word in ("image_url", url, "eu-nowhere") if word not in result["msg"]] == []
    assert result["error"]["code"] == "invalid_argument"
    assert tame.requests() == []
