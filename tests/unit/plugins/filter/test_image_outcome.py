# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filter image_outcome computes from the result of image_batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.filter.image_outcome import FilterModule

Json = dict[str, Any]

image_outcome = FilterModule().filters()["image_outcome"]


def image(name: str, status: str = "active", **more: Any) -> Json:
    known = {"id": f"id-of-{name}" if status == "active" else None, "changed": True}
    return {"name": name, "status": status, **known, **more}


def about(*kinds: str, family: Sequence[str] | None = None) -> Json:
    return {"about": [{"kind": kind, "family": family} for kind in kinds]}


def outcome(images: Sequence[Json], plan: Json | None = None, **more: Any) -> Json:
    """The outcome of a batch that ended well."""
    known = plan or about(*("whole" for _image in images))
    result = {"changed": True, "actions": [], "images": images}
    found: Json = image_outcome(result, known, **more)
    return found


FAILED = {
    "changed": True,
    "failed": False,  # failed_when: false
    "msg": "1 of 2 images failed: lost: Broken.",
    "error": {"code": "IMG.0010"},
    "images": [image("made"), image("lost", "failed", msg="Broken.")],
}


def test_images_are_published_by_name() -> None:
    found = outcome([image("a"), image("b", changed=False)], about("whole", "export"))

    assert found["images"] == {
        "a": {"id": "id-of-a", "kind": "whole", "status": "active", "changed": True, "msg": ""},
        "b": {"id": "id-of-b", "kind": "export", "status": "active", "changed": False, "msg": ""},
    }
    assert found["failure"] == ""


def test_an_image_without_a_kind_is_published_without_one() -> None:
    found = outcome([image("a")], {"about": [{}]})

    assert found["images"] == {
        "a": {"id": "id-of-a", "status": "active", "changed": True, "msg": ""}
    }
    assert found["lines"] == ["a (id-of-a): active, changed"]


@pytest.mark.parametrize(
    ("one", "check_mode", "line"),
    [
        (image("a"), False, "a (id-of-a): whole, active, changed"),
        (image("a", changed=False), False, "a (id-of-a): whole, active, unchanged"),
        (image("a"), True, "a (id-of-a): whole, active, would change"),
        (image("a", "not_started"), True, "a (no id yet): whole, would be created"),
        (image("a", "in_progress"), False, "a (no id yet): whole, not active yet, changed"),
        (image("a", "failed", msg="Broken."), False, "a (no id yet): whole, failed"),
        (image("a", "skipped", msg="Its source failed."), False, "a (no id yet): whole, skipped"),
    ],
)
def test_a_line_says_what_became_of_an_image(one: Json, check_mode: bool, line: str) -> None:
    assert outcome([one], check_mode=check_mode)["lines"] == [line]


@pytest.mark.parametrize(
    ("active", "line"), [(0, []), (1, ["1 other image is active"]), (2, ["2 others are active"])]
)
def test_a_failure_says_little_of_what_succeeded(active: int, line: list[str]) -> None:
    images = [image("lost", "failed"), *(image(f"made-{one}") for one in range(active))]

    found = image_outcome({**FAILED, "images": images}, about(*("whole" for _one in images)))

    assert found["lines"] == ["lost (no id yet): whole, failed", *line]


def test_the_reason_of_a_failure_is_said_once() -> None:
    found = image_outcome(FAILED, about("whole", "whole"))

    assert found["failure"] == FAILED["msg"]
    assert not [line for line in found["lines"] if "Broken." in line]
    assert found["images"]["lost"]["msg"] == "Broken."
    assert found["result"]["failed"] is True


@pytest.mark.parametrize(
    ("result", "failure"),
    [
        ({"unreachable": True, "msg": "No route."}, "far, which calls the cloud, is unreachable: "),
        ({"failed": False, "msg": "images[0], name: it is wrong."}, "images[0], name: "),
        ({"failed": False}, "The task has failed."),
    ],
)
def test_a_task_that_knows_of_no_image_is_a_failure(
    result: Mapping[str, Any], failure: str
) -> None:
    found = image_outcome(result, about("whole"), host="far", retention={"keep_newest": 1})

    assert found["failure"].startswith(failure)
    assert (found["images"], found["lines"], found["families"]) == ({}, [], [])


# --- families


def families(*images: Json, family: Sequence[str] | None) -> list[Json]:
    plan = about(*("whole" for _image in images), family=family)
    found: list[Json] = outcome(images, plan, retention={"keep_newest": 2})["families"]
    return found


@pytest.mark.parametrize(
    ("name", "family", "pattern"),
    [
        ("web-2026-01-02", ("web-", ""), "web-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"),
        ("web-01-1.0", ("web-01-", ""), "web-01-[0-9].[0-9]"),
        ("web-20-encrypted", ("web-", "-encrypted"), "web-[0-9][0-9]-encrypted"),
        ("2026-web-01", ("", "-web-01"), "[0-9][0-9][0-9][0-9]-web-01"),
    ],
)
def test_a_family_is_the_images_with_another_date_in_the_same_place(
    name: str, family: Sequence[str], pattern: str
) -> None:
    assert families(image(name), family=family) == [
        {"keep_newest": 2, "name": pattern, "predicted": 0}
    ]


def test_images_that_are_only_predicted_count_among_the_newest() -> None:
    [found] = families(image("web-1", "not_started"), family=("web-", ""))

    assert found["predicted"] == 1


def test_an_image_with_a_name_of_its_own_belongs_to_no_family() -> None:
    assert families(image("web-1"), family=None) == []


def test_without_a_rule_or_after_a_failure_nothing_is_looked_at() -> None:
    plan = about("whole", "whole", family=("", ""))

    assert outcome([image("web-1")], plan)["families"] == []
    assert image_outcome(FAILED, plan, retention={"keep_newest": 1})["families"] == []
