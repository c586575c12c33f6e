# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which image a task means: no other than the one it names, and one that is deactivated exists."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import (
    CENTOS,
    FILE,
    IMAGE,
    KEY,
    NOBODY,
    VOLUME,
)

from .conftest import Cloud, in_lists, ok, refusal
from .kinds import MODULES, NAME, every_module

TYPO = "465076de-dc36-4aec-80f5-ef9d800942"  # of the id of linux-base; two digits are missing


# --- another image is never changed in place of the one that is not there


@pytest.mark.parametrize("image", ["linux-bsae", TYPO, NOBODY])
def test_a_typo_does_not_change_the_image_that_bears_the_new_name(cloud: Cloud, image: str) -> None:
    task = {"image": image, "name": "limited-image", "image_tags": {"a": "b"}}

    foretold, result = cloud.run("image", check_mode=True, **task), cloud.run("image", **task)

    assert result["failed"]
    assert image in result["msg"]
    assert foretold["msg"] == result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize("more", [{}, {"description": "new words", "image_tags": {"a": "b"}}])
def test_a_rename_that_is_done_is_left_alone_and_says_what_it_rests_on(
    cloud: Cloud, more: dict[str, Any]
) -> None:
    arguments = {"image": "limited-image", "name": "renamed", **more}
    done = ok(cloud.run("image", **arguments))
    cloud.forget_requests()

    foretold = ok(cloud.run("image", check_mode=True, **arguments))
    again = ok(cloud.run("image", **arguments))

    assert done["changed"]
    assert done["warnings"] == []
    assert not again["changed"]
    assert again["image_id"] == done["image_id"]
    [warning] = again["warnings"]
    assert "There is no image with the name 'limited-image'" in warning
    assert done["image_id"] in warning
    assert (foretold["changed"], foretold["warnings"]) == (False, [warning])
    assert cloud.writes() == []


def test_a_rename_by_id_needs_no_warning(cloud: Cloud) -> None:
    arguments = {"image": IMAGE, "name": "renamed"}
    ok(cloud.run("image", **arguments))

    again = ok(cloud.run("image", **arguments))

    assert not again["changed"]
    assert again["warnings"] == []


def test_a_rename_that_is_broken_off_before_its_end_is_gone_on_with(cloud: Cloud) -> None:
    """The name is written last: until then the image has the old one."""
    arguments = {"image": "limited-image", "name": "renamed", "image_tags": {"a": "b"}}
    cloud.rules(
        {
            "method": "PATCH",
            "path": "/v2/cloudimages/",
            "action": "answer",
            "status": 403,
            "times": 1,
        }
    )
    broken = cloud.run("image", **arguments)
    assert broken["failed"]

    done = ok(cloud.run("image", **arguments))

    assert done["image"]["name"] == "renamed"
    assert done["image"]["tags"] == {"a": "b"}


# --- a name that is taken


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_rename_to_a_name_that_is_taken_warns(cloud: Cloud, check_mode: bool) -> None:
    [taken] = cloud.images("arm-image")

    result = ok(cloud.run("image", check_mode=check_mode, image="limited-image", name="arm-image"))

    assert result["changed"]
    [warning] = result["warnings"]
    assert taken["id"] in warning
    assert "'arm-image'" in warning


def test_a_name_of_other_projects_or_of_dead_images_is_not_taken(cloud: Cloud) -> None:
    for number, name in enumerate(("shared-accepted", "killed-image")):
        image = ("limited-image", "arm-image")[number]
        assert ok(cloud.run("image", image=image, name=name))["warnings"] == []


def test_a_rename_that_the_cloud_refuses_fails_in_its_words(cloud: Cloud) -> None:
    cloud.rules({"method": "PATCH", "action": "answer", "status": 400, "code": "IMG.0009"})

    result = cloud.run("image", image="limited-image", name="arm-image")

    assert result["error"]["code"] == "IMG.0009"


# --- an image that is deactivated exists


def deactivate(cloud: Cloud, image_id: str) -> None:
    cloud.simulator.cloud.world.images[image_id].status = "deactivated"


@every_module
def test_no_second_image_is_made_beside_one_that_is_deactivated(cloud: Cloud, module: str) -> None:
    arguments = {"name": NAME, **MODULES[module], "if_source_differs": "replace"}
    made = ok(cloud.run(module, **arguments))
    deactivate(cloud, made["image_id"])
    cloud.forget_requests()

    foretold = cloud.run(module, check_mode=True, **arguments)
    result = cloud.run(module, **arguments)

    assert result["failed"]
    assert "is deactivated" in result["msg"]
    assert made["image_id"] in result["msg"]
    assert foretold["msg"] == result["msg"]
    assert cloud.writes() == []


def test_a_deactivated_image_that_is_out_of_date_is_not_deleted(cloud: Cloud) -> None:
    arguments: dict[str, Any] = {"name": NAME, "volume": VOLUME}
    other = ok(cloud.run("volume_image_export", name=NAME, volume="data-available"))
    cloud.clock.advance(3600)
    more = {"if_source_differs": "replace", "wait": False}
    started = ok(cloud.run("volume_image_export", **arguments, **more))
    deactivate(cloud, other["image_id"])

    done = ok(cloud.run("image_wait", results=[started]))
    again = ok(cloud.run("volume_image_export", **arguments, if_source_differs="replace"))

    assert any("deactivated" in warning for warning in done["warnings"])
    assert any("deactivated" in warning for warning in again["warnings"])
    assert not again["changed"]
    assert cloud.requests("DELETE") == []


def test_a_deactivated_image_is_deleted_by_whoever_says_so(cloud: Cloud) -> None:
    [image] = cloud.images("limited-image")
    deactivate(cloud, image["id"])

    gone = ok(cloud.run("image", image="limited-image", state="absent"))

    assert gone["changed"]
    assert cloud.images("limited-image") == []


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_deactivated_image_is_not_waited_for(cloud: Cloud, by: str) -> None:
    [image] = cloud.images("limited-image")
    deactivate(cloud, image["id"])

    result = cloud.run("image_wait", images=[image["id"] if by == "id" else "limited-image"])

    assert result["failed"]
    assert "deactivated" in result["msg"]
    assert result["elapsed"] < 120


def test_a_deactivated_image_is_neither_changed_nor_copied(cloud: Cloud) -> None:
    [image] = cloud.images("limited-image")
    deactivate(cloud, image["id"])

    changed = cloud.run("image", image="limited-image", description="x")
    copied = cloud.run("image_copy", name=NAME, source_image="limited-image")

    assert "is deactivated" in changed["msg"]
    assert "Delete it and make it again" not in changed["msg"]
    assert "is deactivated" in copied["msg"]
    assert cloud.writes() == []


# --- a pattern is no name

PATTERNS = ["shop-*", "shop-?", "[shop]", "*"]
EXACT: dict[str, tuple[str, dict[str, Any]]] = {
    "image": ("image", {"description": "x"}),
    "image, to be absent": ("image", {"state": "absent"}),
    "image_copy, source_image": ("image_copy", {"name": NAME}),
    "image_info, name": ("image_info", {}),
    "image_info, image_id": ("image_info", {}),
    "image_wait, images": ("image_wait", {}),
    "image_retention, keep": ("image_retention", {"families": [{"name": "a", "keep_newest": 1}]}),
    "image_copy, name": ("image_copy", {"state": "absent"}),
    "whole_image, name": ("whole_image", {"state": "absent"}),
    "volume_image_export, name": ("volume_image_export", {"volume": VOLUME}),
}


@pytest.mark.parametrize("case", EXACT)
def test_a_pattern_is_refused_where_an_exact_name_is_meant(case: str) -> None:
    module, arguments = EXACT[case]
    option = case.partition(", ")[2] or "image"
    option = "image" if option == "to be absent" else option
    for pattern in PATTERNS:
        given: Any = [pattern] if option in ("images", "keep") else pattern

        text = refusal(module, **arguments, **{option: given})

        assert text.startswith(option)
        for words in (pattern, "image_retention", "query"):
            assert words in text


@pytest.mark.parametrize(
    ("module", "option"),
    [("whole_image", "instance"), ("whole_image", "backup"), ("volume_image_export", "volume")],
)
def test_other_things_may_be_called_what_they_like(cloud: Cloud, module: str, option: str) -> None:
    result = cloud.run(module, name=NAME, **{option: "db[1]*"})

    assert "with the name 'db[1]*'" in result["msg"]


# --- the right source, made otherwise

EXPORT = {"volume": "data-available", "os_type": "linux"}
DISK = {"image_url": FILE, "min_disk": 40}
OTHERWISE: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "disk_format": (
        "volume_image_export",
        {**EXPORT, "disk_format": "vhd"},
        {"disk_format": "qcow2"},
        "disk_format is vhd, not qcow2",
    ),
    "os_type of an export": (
        "volume_image_export",
        EXPORT,
        {"os_type": "windows"},
        "os_type is Linux, not windows",
    ),
    "os_version": (
        "quick_import",
        {**DISK, "os_version": CENTOS},
        {"os_version": "CentOS 8.0 64bit"},
        "os_version is CentOS 7.0 64bit, not CentOS 8.0 64bit",
    ),
    "os_type of a file": (
        "quick_import",
        {**DISK, "type": "DataImage", "os_type": "Linux"},
        {"os_type": "Windows"},
        "os_type is Linux, not Windows",
    ),
    "no key": (
        "image_copy",
        {"source_image": "linux-base", "cmk_id": KEY},
        {"cmk_id": None},
        f"it is encrypted with key {KEY}, and the task gives no cmk_id",
    ),
    "a key left blank": (
        "image_copy",
        {"source_image": "linux-base", "cmk_id": KEY},
        {"cmk_id": ""},
        f"it is encrypted with key {KEY}, and the task gives no cmk_id",
    ),
}


@pytest.mark.parametrize(
    ("module", "first", "other", "says"), OTHERWISE.values(), ids=OTHERWISE.keys()
)
def test_an_image_that_was_made_otherwise_is_kept_with_a_warning(
    cloud: Cloud, module: str, first: dict[str, Any], other: dict[str, Any], says: str
) -> None:
    made = ok(cloud.run(module, name=NAME, **first))
    cloud.forget_requests()

    same = ok(cloud.run(module, name=NAME, **first))
    predicted = ok(cloud.run(module, name=NAME, check_mode=True, **{**first, **other}))
    result = ok(cloud.run(module, name=NAME, **{**first, **other}))

    assert (same["warnings"], made["warnings"]) == ([], [])
    [warning] = result["warnings"]
    assert says in warning
    assert f"'{NAME}' ({made['image_id']})" in warning
    assert predicted["warnings"] == result["warnings"]
    assert not result["changed"]
    assert cloud.writes() == []


def test_an_image_whose_attributes_are_not_reported_differs_in_none(cloud: Cloud) -> None:
    ok(cloud.run("volume_image_export", name=NAME, disk_format="raw", **EXPORT))
    silent = {"disk_format": None, "__os_type": None}
    cloud.retell = in_lists(lambda image: image.update(silent))

    assert ok(cloud.run("volume_image_export", name=NAME, **EXPORT))["warnings"] == []
