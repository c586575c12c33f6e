# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries for image_batch that the filter golden_image_plan computes from options."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.filter.golden_image_plan import FilterModule
from ansible_collections.huaweicloud.ims.tests.samples import KEY

Json = dict[str, Any]

golden_image_plan = FilterModule().filters()["golden_image_plan"]
DEFAULTS: Json = {
    "servers": [],
    "backups": [],
    "disks": [],
    "date": "2026-01-02",
    "name_template": "{family}-{date}",
    "image_tags": {},
    "cmk_id": "",
    "delete_backup": False,
    "retention": {},
    "keep": [],
}


def plan(**options: Any) -> Json:
    found: Json = golden_image_plan({**DEFAULTS, **options})
    return found


def images(**options: Any) -> list[Json]:
    found = plan(**options)
    assert found["problems"] == []
    entries: list[Json] = found["images"]
    return entries


def names(**options: Any) -> list[str]:
    return [made["name"] for entry in images(**options) for made in entry.values()]


def problem(**options: Any) -> str:
    [found] = plan(**options)["problems"]
    return str(found)


# --- entries


def test_each_source_has_its_module() -> None:
    assert images(servers=["web-01"], backups=["nightly-1"], disks=["web-01-data"]) == [
        {
            "whole_image": {
                "name": "web-01-2026-01-02",
                "instance": "web-01",
                "delete_backup": False,
            }
        },
        {
            "whole_image": {
                "name": "nightly-1-2026-01-02",
                "backup": "nightly-1",
                "delete_backup": False,
            }
        },
        {"volume_image_export": {"name": "web-01-data-2026-01-02", "volume": "web-01-data"}},
    ]


def test_a_text_means_the_source_alone() -> None:
    assert images(servers=["web-01", 7]) == images(servers=[{"instance": "web-01"}, "7"])


def test_options_of_the_module_are_handed_on_and_those_of_the_role_are_not() -> None:
    disk = {"volume": "d", "force": True, "disk_format": "raw", "max_age": "20h"}
    own = {"family": "web", "cmk_id": "", "copy_name": "other"}

    [entry] = images(disks=[{**disk, **own}])

    assert entry == {"volume_image_export": {"name": "web-2026-01-02", **disk}}


def test_backups_of_deleted_images_go_if_that_is_wanted() -> None:
    [entry] = images(servers=["web-01"], delete_backup=True)

    assert entry["whole_image"]["delete_backup"] is True


# --- names


@pytest.mark.parametrize(
    ("server", "name"),
    [
        ({}, "web-01-2026-01-02"),
        ({"family": "web"}, "web-2026-01-02"),
        ({"name": "golden"}, "golden"),
        ({"name": "golden", "family": "web"}, "golden"),
    ],
)
def test_an_image_is_named_by_family_and_date_or_as_its_entry_says(server: Json, name: str) -> None:
    assert names(servers=[{"instance": "web-01", **server}]) == [name]


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{family}-{date}", "web-01-2026-01-02"),
        ("golden_{date}_{family}", "golden_2026-01-02_web-01"),
        ("{family}-golden", "web-01-golden"),
        ("nightly", "nightly"),
    ],
)
def test_a_template_says_how_images_are_named(template: str, name: str) -> None:
    assert names(servers=["web-01"], name_template=template) == [name]


@pytest.mark.parametrize(
    "template", ["", None, "{instance}", "{family", "{{family}}", "{date}-{date}", ["{family}"]]
)
def test_what_is_no_template_is_refused(template: Any) -> None:
    found = plan(servers=["web-01"], name_template=template)["problems"]

    assert all(one.startswith("golden_image_name_template: ") for one in found)
    assert found


@pytest.mark.parametrize("date", [20260102, "20260102"])
def test_a_date_may_be_a_number(date: Any) -> None:
    assert names(servers=["web-01"], date=date) == ["web-01-20260102"]


def test_a_source_that_check_mode_cannot_know_has_a_name_all_the_same() -> None:
    """The module refuses the empty source in a real run."""
    found = images(servers=[None, {"instance": ""}, {"instance": None, "family": "web"}])

    assert [entry["whole_image"]["instance"] for entry in found] == ["", "", ""]
    assert [entry["whole_image"]["name"] for entry in found] == [
        "unknown-instance-0-2026-01-02",
        "unknown-instance-1-2026-01-02",
        "web-2026-01-02",
    ]


# --- encrypted copies


def test_each_export_has_an_encrypted_copy_if_there_is_a_key() -> None:
    disk = {"volume": "d", "description": "Data", "min_ram": 1, "force": True}

    found = images(servers=["web-01"], disks=[disk, "e"], cmk_id=KEY)

    assert [*found[1], *found[2]] == ["volume_image_export"] * 2
    shared = {"description": "Data", "min_ram": 1}
    assert found[3:] == [
        {
            "image_copy": {
                "name": f"{volume}-2026-01-02-encrypted",
                "source_image": f"{volume}-2026-01-02",
                "cmk_id": KEY,
                **options,
            }
        }
        for volume, options in (("d", shared), ("e", {}))
    ]


@pytest.mark.parametrize("nothing", ["", None])
@pytest.mark.parametrize("by_disk", [True, False])
def test_without_a_key_there_is_no_copy(nothing: Any, by_disk: bool) -> None:
    disk = {"volume": "d", **({"cmk_id": nothing} if by_disk else {})}

    assert len(images(disks=[disk], cmk_id=KEY if by_disk else nothing)) == 1


def test_a_disk_may_have_a_key_and_a_name_of_the_copy_of_its_own() -> None:
    disk = {"volume": "d", "cmk_id": KEY, "copy_name": "sealed"}

    copy = images(disks=[disk, "e"])[-1]["image_copy"]

    assert (copy["name"], copy["cmk_id"]) == ("sealed", KEY)


@pytest.mark.parametrize(
    ("more", "policy"),
    [
        ({}, None),
        ({"max_age": "20h"}, "replace"),
        ({"max_age": "20h", "if_source_differs": "fail"}, "fail"),
        ({"if_source_differs": "keep"}, "keep"),
    ],
)
def test_the_copy_of_an_export_that_may_be_created_again_is_replaced(
    more: Json, policy: str | None
) -> None:
    copy = images(disks=[{"volume": "d", **more}], cmk_id=KEY)[-1]["image_copy"]

    assert copy.get("if_source_differs") == policy
    assert "max_age" not in copy


# --- tags


def test_tags_of_all_images_are_joined_with_those_of_an_entry_which_win() -> None:
    disk = {"volume": "d", "image_tags": {"tier": "data", "own": "1"}}

    found = images(disks=[disk, "e"], cmk_id=KEY, image_tags={"tier": "all", "team": "shop"})

    own, common = {"tier": "data", "team": "shop", "own": "1"}, {"tier": "all", "team": "shop"}
    tags = [made["image_tags"] for entry in found for made in entry.values()]
    assert tags == [own, common, own, common]


def test_without_tags_they_are_not_managed() -> None:
    [entry] = images(servers=["web-01"])

    assert "image_tags" not in entry["whole_image"]


# --- what is wrong


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "golden_image_servers"),
        ({"servers": "web-01"}, "golden_image_servers: "),
        ({"servers": ""}, "golden_image_servers: "),
        ({"disks": None}, "golden_image_disks: "),
        ({"servers": ["{'instance': 'web-01'}"]}, "golden_image_servers[0]: "),
        ({"servers": ['["web-01"]']}, "golden_image_servers[0]: "),
        ({"backups": ["a", True]}, "golden_image_backups[1]: "),
        ({"backups": ["a", ["b"]]}, "golden_image_backups[1]: "),
        ({"servers": [{"family": "web"}]}, "golden_image_servers[0]: instance is missing"),
        ({"servers": [{"instance": "a", "family": ""}]}, "golden_image_servers[0].family: "),
        ({"servers": [{"instance": "a", "family": ["b"]}]}, "golden_image_servers[0].family: "),
        ({"disks": [{"volume": "a", "name": None}]}, "golden_image_disks[0].name: "),
        ({"disks": [{"volume": "a", "copy_name": " "}]}, "golden_image_disks[0].copy_name: "),
        ({"backups": [{"backup": "a", "max_age": ""}]}, "golden_image_backups[0].max_age: "),
        ({"backups": [{"backup": "a", "keep_old": None}]}, "golden_image_backups[0].keep_old: "),
        # What image_batch refuses.
        ({"servers": [{"instance": "a", "cmk_id": KEY}]}, "cmk_id"),
        ({"servers": [{"instance": "a", "min_ram": "much"}]}, "min_ram"),
        ({"disks": [{"volume": "a", "disk_format": "vmdk"}]}, "disk_format"),
        ({"disks": [{"volume": "a", "wait": False}]}, "wait"),
        ({"disks": ["a", "a"]}, "a-2026-01-02"),
    ],
)
def test_what_is_empty_or_of_the_wrong_shape_is_named(options: Json, named: str) -> None:
    assert named in problem(**options)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"image_tags": "tier.web"}, "golden_image_image_tags: "),
        ({"date": ["2026-01-02"]}, "golden_image_date: "),
        ({"retention": "{'keep_newest': 1}"}, "golden_image_retention: "),
        ({"retention": {"keep_newest": None}}, "golden_image_retention.keep_newest: "),
        (
            {"retention": {"keep_newest": 1, "keep_younger_than": ""}},
            "golden_image_retention.keep_younger_than: ",
        ),
        ({"retention": {"keep_newest": 0}}, "golden_image_retention: keep_newest: "),
        ({"retention": {"keep_newest": "many"}}, "golden_image_retention"),
        ({"retention": {"keep_younger_than": "old"}}, "golden_image_retention: keep_younger_than"),
        ({"keep": "linux-base"}, "golden_image_keep: "),
        ({"keep": None}, "golden_image_keep: "),
        ({"keep": ["linux-base", ""]}, "golden_image_keep[1]: "),
        ({"keep": [{"id": "linux-base"}], "retention": {"keep_newest": 1}}, "golden_image_keep[0]"),
    ],
)
def test_a_wrong_option_for_all_images_is_named(options: Json, named: str) -> None:
    assert named in problem(servers=["web-01"], **options)


def test_all_that_is_wrong_is_named_at_once() -> None:
    found = plan(servers="web-01", disks=[{"volume": "a", "name": ""}], keep=[""])

    assert len(found["problems"]) == 3


@pytest.mark.parametrize(
    "retention", [{"keep_newest": 3, "keep_younger_than": "7d"}, {"keep_newest": "3"}]
)
def test_a_rule_that_image_retention_takes_is_right(retention: Json) -> None:
    assert plan(servers=["web-01"], retention=retention, keep=["a", KEY])["problems"] == []
