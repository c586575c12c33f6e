# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ages that decide about a deletion: by the clock of the cloud and by that of this machine, neither
of which is believed alone."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Cloud, ok
from .kinds import NAME, OPERATIONS, operation
from .retaining import bake, left, retain

COPY, LINUX, _LIMITED = OPERATIONS["image"]
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MONTH = {"name": "web-*", "keep_newest": 0, "keep_younger_than": "30d"}
WRONG = {
    "the Date header is ahead": {"date": 31 * DAY},
    "this machine is ahead": {"machine": 31 * DAY},
    "the Date header is behind": {"date": -31 * DAY},
    "this machine is behind": {"machine": -31 * DAY},
    "there is no Date header": {"date": None},
}
wrong_clocks = pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)


def set_wrong(cloud: Cloud, date: float | None = 0.0, machine: float = 0.0) -> None:
    """By how much the Date header and this machine's clock are off. Signatures are accepted all the
    same."""
    cloud.clock.step(machine)
    cloud.switch(clock_skew=machine, date_skew=None if date is None else date - machine)


def age_all(cloud: Cloud, seconds: float) -> None:
    """As if all own images had been made so much earlier."""
    for image in cloud.simulator.cloud.world.images.values():
        if image.facets.name == NAME:
            image.created -= seconds


# --- image_retention


@wrong_clocks
@pytest.mark.parametrize("check_mode", [False, True])
def test_nothing_is_deleted_by_age_while_the_clocks_disagree(
    cloud: Cloud, wrong: dict[str, Any], check_mode: bool
) -> None:
    """Not even what is old by both."""
    bake(cloud, "web-new", 1 / 24)
    bake(cloud, "web-old", 90)
    set_wrong(cloud, **wrong)

    result = retain(cloud, MONTH, check_mode=check_mode)

    assert result["failed"]
    assert "nothing is deleted or replaced because of its age" in result["msg"]
    assert cloud.writes() == []


@wrong_clocks
def test_what_is_young_by_both_clocks_is_kept_without_a_failure(
    cloud: Cloud, wrong: dict[str, Any]
) -> None:
    bake(cloud, "web-new", 1 / 24)
    set_wrong(cloud, **wrong)

    result = ok(retain(cloud, {**MONTH, "keep_younger_than": "60d"}))

    assert result["deleted"] == []


def test_an_age_that_one_of_two_families_asks_for_needs_the_clocks(cloud: Cloud) -> None:
    bake(cloud, "web-old", 90)
    bake(cloud, "web-new", 1)
    set_wrong(cloud, date=31 * DAY)
    by_number = {"name": "web-*", "keep_newest": 1}

    assert retain(cloud, MONTH, by_number)["failed"]
    assert retain(cloud, by_number, MONTH)["failed"]
    assert cloud.writes() == []


def test_an_image_of_1970_does_not_tell_when_it_was_made(cloud: Cloud) -> None:
    bake(cloud, "web-new", cloud.clock.now() / DAY)

    ok(retain(cloud, {"name": "web-*", "keep_newest": 0, "keep_younger_than": "1m"}))

    assert left(cloud) == {"web-new"}


# --- max_age


@operation
@pytest.mark.parametrize("check_mode", [False, True])
def test_no_image_is_replaced_by_age_while_the_clocks_disagree(
    cloud: Cloud, check_mode: bool, module: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """It fails before it creates anything."""
    ok(cloud.run(module, name=NAME, **one))
    cloud.clock.advance(10 * MINUTE)
    set_wrong(cloud, date=31 * DAY)

    result = cloud.refused(module, name=NAME, max_age="7d", check_mode=check_mode, **one)

    assert "31 days behind the cloud's" in result["msg"]


@wrong_clocks
@pytest.mark.parametrize("keep_old", [False, True])
def test_an_old_image_stays_while_the_clocks_disagree(
    cloud: Cloud, wrong: dict[str, Any], keep_old: bool
) -> None:
    ok(cloud.run(COPY, name=NAME, **LINUX))
    age_all(cloud, 90 * DAY)
    set_wrong(cloud, **wrong)

    result = cloud.refused(COPY, name=NAME, max_age="7d", keep_old=keep_old, **LINUX)

    assert "because of its age" in result["msg"]


@wrong_clocks
def test_an_image_that_is_young_by_both_clocks_is_unchanged(
    cloud: Cloud, wrong: dict[str, Any]
) -> None:
    ok(cloud.run(COPY, name=NAME, **LINUX))
    set_wrong(cloud, **wrong)

    result = ok(cloud.run(COPY, name=NAME, max_age="60d", **LINUX))

    assert not result["changed"]


@pytest.mark.parametrize("keep_old", [False, True])
def test_an_older_image_beside_a_young_one_goes_by_age_too(cloud: Cloud, keep_old: bool) -> None:
    ok(cloud.run(COPY, name=NAME, **LINUX))
    age_all(cloud, 90 * DAY)
    ok(cloud.run(COPY, name=NAME, max_age="7d", keep_old=True, **LINUX))
    set_wrong(cloud, date=2 * HOUR)
    cloud.forget_requests()

    result = cloud.run(COPY, name=NAME, max_age="7d", keep_old=keep_old, **LINUX)

    assert result.get("failed", False) is not keep_old
    assert cloud.writes() == []


# --- image_info


def test_filters_by_age_take_the_younger_one_and_warn(cloud: Cloud) -> None:
    """What a playbook deletes of it is up to that."""
    bake(cloud, "web-new", 1 / 24)
    bake(cloud, "web-old", 90)
    set_wrong(cloud, date=31 * DAY)

    older = ok(cloud.run("image_info", older_than="30d"))
    newer = ok(cloud.run("image_info", newer_than="30d"))
    plain = ok(cloud.run("image_info"))

    assert "web-new" not in {image["name"] for image in older["images"]}
    assert "web-old" in {image["name"] for image in older["images"]}
    assert "web-new" in {image["name"] for image in newer["images"]}
    assert "31 days behind" in " ".join(older["warnings"])
    assert "31 days behind" in " ".join(newer["warnings"])
    assert plain["warnings"] == []
