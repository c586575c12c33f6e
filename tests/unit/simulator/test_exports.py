# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports of disks."""

from __future__ import annotations

from typing import Any

import pytest

from .client import Client

ACTION = "os-volume_upload_image"


def path(cloud: Client, name: str = "data-available", version: str = "v3") -> str:
    return f"/{version}/{{pid}}/volumes/{cloud.number('volumes', name)}/action"


def body(**fields: Any) -> dict[str, Any]:
    return {ACTION: {"image_name": "exported", **fields}}


def export(cloud: Client, name: str = "data-available", **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = cloud.ok("POST", path(cloud, name), body(**fields))[ACTION]
    return answer


def exported(cloud: Client, name: str, **fields: Any) -> dict[str, Any]:
    image_id = export(cloud, name, **fields)["image_id"]
    cloud.clock.advance(600)
    image: dict[str, Any] = cloud.ok("GET", f"/v2/images/{image_id}")
    return image


@pytest.mark.parametrize(
    "fields",
    [
        {"image_name": ""},
        {"image_name": "a/b"},
        {"disk_format": "vmdk"},
        {"container_format": "docker"},
        {"force": "yes"},
        {"__os_type": "Linux"},
        {"unknown": 1},
    ],
)
def test_bad_input_is_refused(tame: Client, fields: dict[str, Any]) -> None:
    assert tame.refused("POST", path(tame), body(**fields)) == (400, "EVS.5400")


@pytest.mark.parametrize("wrong", [{}, {"os-extend": {}}, {ACTION: []}])
def test_other_actions_are_refused(tame: Client, wrong: dict[str, Any]) -> None:
    assert tame.refused("POST", path(tame), wrong) == (400, "EVS.5400")


@pytest.mark.parametrize("name", ["data-uploading", "data-attaching", "data-error"])
def test_a_disk_in_a_wrong_state_is_refused_even_by_force(tame: Client, name: str) -> None:
    assert tame.refused("POST", path(tame, name), body(force=True)) == (400, "EVS.5400")


def test_the_disk_uploads_and_returns_to_its_state(tame: Client) -> None:
    image_id = export(tame, "web-01-data", force=True)["image_id"]

    assert tame.truth("volumes", "web-01-data")["status"] == "uploading"
    assert tame.refused("POST", path(tame, "web-01-data"), body(force=True))[0] == 400
    assert tame.ok("GET", f"/v2/images/{image_id}")["status"] == "queued"
    tame.clock.advance(100)
    assert tame.ok("GET", f"/v2/images/{image_id}")["status"] == "saving"
    tame.clock.advance(100)
    assert tame.ok("GET", f"/v2/images/{image_id}")["status"] == "active"
    assert tame.truth("volumes", "web-01-data")["status"] == "in-use"


def test_a_new_record_is_unknown_for_a_moment(cloud: Client) -> None:
    image_id = export(cloud)["image_id"]

    assert cloud.call("GET", f"/v2/images/{image_id}").status_code == 404
    cloud.clock.advance(2)
    assert cloud.call("GET", f"/v2/images/{image_id}").status_code == 200


def test_a_failing_export_falls_back_to_queued_and_vanishes(tame: Client) -> None:
    tame.simulator.faults({"rules": [{"action": "volume", "fail": True, "duration": 100}]})
    image_id = export(tame)["image_id"]
    seen = []
    for _count in range(11):
        answer = tame.call("GET", f"/v2/images/{image_id}")
        seen.append(answer.json()["status"] if answer.ok else answer.status_code)
        tame.clock.advance(9.7)

    assert [s for n, s in enumerate(seen) if n == 0 or s != seen[n - 1]] == [
        "queued",
        "saving",
        "queued",
    ]
    assert tame.call("GET", f"/v2/images/{image_id}").status_code == 404
    assert tame.truth("volumes", "data-available")["status"] == "available"


def test_a_disk_may_be_stuck(tame: Client) -> None:
    tame.simulator.faults({"rules": [{"action": "volume", "stuck": "volume"}]})

    assert exported(tame, "data-available")["status"] == "active"
    assert tame.truth("volumes", "data-available")["status"] == "uploading"


@pytest.mark.parametrize(
    ("name", "wanted", "os_type"),
    [
        ("evs-ims-test", None, "Linux"),
        ("evs-ims-test", "windows", "Windows"),
        # The disk knows better than the request.
        ("windows-available", "linux", "Windows"),
        ("system-available", "windows", "Linux"),
    ],
)
def test_the_os_type_counts_only_where_it_is_unknown(
    tame: Client, name: str, wanted: str | None, os_type: str
) -> None:
    fields = {"__os_type": wanted} if wanted else {}

    assert exported(tame, name, **fields)["__os_type"] == os_type


def test_the_os_type_does_not_count_for_a_disk_in_use(tame: Client) -> None:
    image = exported(tame, "web-01-data", force=True, __os_type="windows")

    assert image["__os_type"] == "Linux"


def test_data_disks_and_system_disks_make_their_kind(tame: Client) -> None:
    assert exported(tame, "data-available")["virtual_env_type"] == "DataImage"
    assert exported(tame, "system-available")["virtual_env_type"] == "FusionCompute"


@pytest.mark.parametrize("default", ["vhd", "zvhd2"])
def test_the_format_is_the_one_asked_for_or_the_clouds(tame: Client, default: str) -> None:
    tame.simulator.faults({"switches": {"export_format": default}})

    assert export(tame, "data-available")["disk_format"] == default
    assert export(tame, "data-available-2", disk_format="raw")["disk_format"] == "raw"


def test_where_an_exported_image_came_from_may_be_unknown(tame: Client) -> None:
    assert "__data_origin" not in exported(tame, "data-available")
    tame.simulator.faults({"switches": {"export_data_origin": "volume"}})
    volume = tame.number("volumes", "data-available-2")
    assert exported(tame, "data-available-2")["__data_origin"] == f"volume,{volume}"


def test_a_full_quota_is_refused_as_over_limit(tame: Client) -> None:
    tame.simulator.faults({"switches": {"image_quota": 1}})

    answer = tame.call("POST", path(tame), body())

    assert answer.status_code == 413
    assert "overLimit" in answer.json()


def test_too_many_at_once_are_a_conflict(tame: Client) -> None:
    tame.simulator.faults({"switches": {"create_limit": 1}})

    assert tame.refused("POST", path(tame), body()) == (409, "EVS.2409")
