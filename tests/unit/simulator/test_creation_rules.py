# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every creation is checked for before it is accepted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import SERVER

from .client import BODY, IMPORT, Client

TAG = {"key": "k", "value": "v"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": None}, "IMG.0013"),
        ({"name": 5}, "IMG.0062"),
        ({"name": " edge"}, "IMG.0003"),
        ({"name": "edge "}, "IMG.0003"),
        ({"description": "d" * 1025}, "IMG.0004"),
        ({"description": "two\nlines"}, "IMG.0054"),
        ({"description": "a<b"}, "IMG.0054"),
        ({"tags": ["a.b"], "image_tags": [TAG]}, "IMG.0115"),
        ({"image_tags": [{"key": "k"}]}, "IMG.0115"),
        ({"image_tags": [{"key": "k" * 37, "value": ""}]}, "IMG.0115"),
        ({"image_tags": [{"key": "k", "value": "v" * 44}]}, "IMG.0115"),
        ({"image_tags": [{"key": "k.", "value": ""}]}, "IMG.0115"),
        ({"enterprise_project_id": "unknown"}, "IMG.0155"),
        ({"min_disk": "40"}, "IMG.0055"),
        ({"min_disk": None}, "IMG.0055"),
        ({"architecture": "arm", "hw_firmware_type": "bios"}, "IMG.0141"),
        ({"type": "DataImage", "os_type": "linux"}, "IMG.0122"),
        ({"image_url": "ims-image:"}, "IMG.0017"),
        ({"image_url": ":centos70.zvhd2"}, "IMG.0068"),
        ({"image_url": "ims-image:with blank.raw"}, "IMG.0175"),
        ({"image_url": "Bad_Bucket:x"}, "IMG.0109"),
        ({"image_url": "no-such-bucket:x"}, "IMG.0069"),
        ({"image_url": "ims-elsewhere:far.zvhd2"}, "IMG.0058"),
    ],
)
def test_bad_input_is_refused_at_once(tame: Client, change: dict[str, Any], code: str) -> None:
    assert tame.refused("POST", IMPORT, {**BODY, **change}) == (400, code)
    assert tame.simulator.state()["jobs"] == []


@pytest.mark.parametrize(
    ("file", "min_disk", "code"),
    [
        ("centos70.zvhd2", 40, None),
        ("big-data.raw", 1000, None),
        ("no-bitmap.raw", 1000, "IMG.0158"),
        ("real.qcow2", 40, "IMG.0158"),
        ("too-large.zvhd2", 1024, "IMG.0059"),
        ("needs-100.zvhd2", 100, "IMG.0055"),
        ("needs-100.zvhd2", 101, None),
        ("empty.zvhd2", 40, "IMG.0057"),
        ("missing.zvhd2", 40, "IMG.0057"),
        ("forbidden.zvhd2", 40, "IMG.0057"),
    ],
)
def test_what_is_in_the_file_is_the_jobs_business(
    tame: Client, file: str, min_disk: int, code: str | None
) -> None:
    body = {**BODY, "image_url": f"ims-image:{file}", "min_disk": min_disk}

    assert tame.outcome(IMPORT, body) == code


def test_a_cold_bucket_fails_the_job(tame: Client) -> None:
    assert tame.outcome(IMPORT, {**BODY, "image_url": "ims-archive:cold.zvhd2"}) == "IMG.0057"


def test_imports_tell_kind_architecture_and_firmware(tame: Client) -> None:
    arm = tame.make(IMPORT, {**BODY, "architecture": "arm"})
    assert (arm["__support_arm"], arm["hw_firmware_type"]) == ("true", "uefi")
    assert arm["virtual_env_type"] == "FusionCompute"
    metal = tame.make(IMPORT, {**BODY, "type": "BMS"})
    assert metal["virtual_env_type"] == "Ironic"
    windows = tame.make(IMPORT, {**BODY, "os_version": "Windows 10 64bit"})
    assert windows["__os_type"] == "Windows"
    data = tame.make(IMPORT, {**BODY, "type": "DataImage", "os_type": "Windows"})
    assert (data["virtual_env_type"], data["__os_type"]) == ("DataImage", "Windows")
    assert "__os_version" not in data


def test_the_smallest_disk_of_a_system_may_depend_on_it(tame: Client) -> None:
    tame.simulator.faults({"switches": {"min_disk_rule": "10/20..1024"}})
    windows = {**BODY, "os_version": "Windows 10 64bit"}

    assert tame.refused("POST", IMPORT, {**BODY, "min_disk": 9})[1] == "IMG.0055"
    assert tame.refused("POST", IMPORT, {**windows, "min_disk": 19})[1] == "IMG.0055"
    assert tame.call("POST", IMPORT, {**BODY, "min_disk": 10}).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "IMG.0007"), (b"{", "IMG.0001"), (b"[]", "IMG.0001")]
)
def test_a_body_that_is_no_object_is_refused(tame: Client, body: bytes, code: str) -> None:
    answer = tame.session.post("http://127.0.0.1:8080" + IMPORT, data=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_limits_and_tags_of_the_request_are_those_of_the_image(tame: Client) -> None:
    body = {
        "name": "n",
        "instance_id": SERVER,
        "min_ram": 1024,
        "max_ram": 2048,
        "tags": ["a.b.c", "solo"],
    }
    image = tame.make("/v1/cloudimages/wholeimages/action", body)

    assert (image["min_ram"], image["max_ram"]) == (1024, "2048")
    assert sorted(image["tags"]) == ["a=b.c", "solo="]


def test_a_largest_memory_below_the_smallest_is_refused(tame: Client) -> None:
    body = {"name": "n", "instance_id": "x", "min_ram": 2048, "max_ram": 1024}

    assert tame.refused("POST", "/v1/cloudimages/wholeimages/action", body)[1] == "IMG.0055"


def test_the_quota_counts_images_in_progress(cloud: Client) -> None:
    quota = cloud.ok("GET", "/v1/cloudimages/quota")["quotas"]["resources"][0]
    for number in range(quota["quota"] - quota["used"]):
        cloud.ok("POST", IMPORT, {**BODY, "name": f"n{number}"})

    assert cloud.refused("POST", IMPORT, BODY) == (400, "IMG.0015")


def test_at_most_40_creations_run_at_once(cloud: Client) -> None:
    cloud.simulator.faults({"switches": {"image_quota": 100}})
    answers = [cloud.call("POST", IMPORT, {**BODY, "name": f"n{n}"}) for n in range(40)]

    # One disk of the initial world is being uploaded.
    assert [answer.status_code for answer in answers].count(200) == 39
    assert answers[-1].json()["error"]["code"] == "IMG.0060"
    cloud.clock.advance(3600)
    assert cloud.call("POST", IMPORT, BODY).status_code == 200


def test_names_may_repeat_or_not(cloud: Client) -> None:
    assert cloud.call("POST", IMPORT, BODY).status_code == 200
    assert cloud.call("POST", IMPORT, BODY).status_code == 200
    cloud.simulator.faults({"switches": {"duplicate_names": "refused"}})
    assert cloud.refused("POST", IMPORT, BODY) == (400, "IMG.0009")
