# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image that is there is changed in place: what is given becomes exact, the rest is left."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import PRODUCTION

from .conftest import Cloud, in_lists, ok
from .kinds import NAME, each_kind_and_each, every_kind, task

Arguments = dict[str, Any]

FULL: Arguments = {
    "description": "Golden image, büro & 镜像",
    "min_ram": 1024,
    "max_ram": 65536,
    "enterprise_project_id": PRODUCTION,
    "image_tags": {"tier": "web", "stage": "prod"},
}
SHOWN = {name: value for name, value in FULL.items() if name != "image_tags"}


def made(cloud: Cloud, kind: str, **more: Any) -> tuple[str, Arguments]:
    """An image of that kind, made and forgotten; the task that made it."""
    module, arguments = task(kind, **more)
    ok(cloud.run(module, **arguments))
    cloud.forget_requests()
    return module, arguments


def truth(cloud: Cloud) -> dict[str, Any]:
    [image] = cloud.images(NAME)
    return image


@every_kind
def test_everything_that_can_change_is_changed_in_place(cloud: Cloud, kind: str) -> None:
    module, arguments = made(cloud, kind)
    image_id = truth(cloud)["id"]

    result = ok(cloud.run(module, **{**arguments, **FULL}))

    assert result["changed"]
    assert result["image_id"] == image_id
    assert result["job_id"] is None
    assert result["actions"] == [
        "set description",
        "set min_ram",
        "set max_ram",
        "set enterprise_project_id",
        "set tags stage, tier",
    ]
    assert {name: result["image"][name] for name in SHOWN} == SHOWN
    assert result["image"]["tags"] == FULL["image_tags"]
    image = truth(cloud)
    assert {name: image[name] for name in SHOWN} == SHOWN
    assert image["tags"] == FULL["image_tags"]
    assert cloud.creates() == []


@each_kind_and_each("spans", {"default": "default", "all": "all"})
def test_an_image_moves_between_enterprise_projects_and_is_found_in_each(
    cloud: Cloud, kind: str, spans: str
) -> None:
    """Whether a list that names no enterprise project spans them all is not documented."""
    cloud.switch(list_projects=spans)
    module, arguments = made(cloud, kind)

    for number in (PRODUCTION, "0", PRODUCTION):
        wanted = {**arguments, "enterprise_project_id": number}
        result = ok(cloud.run(module, **wanted))

        assert result["changed"]
        assert result["warnings"] == []
        assert result["image"]["enterprise_project_id"] == number
        assert truth(cloud)["enterprise_project_id"] == number
        assert not ok(cloud.run(module, **wanted))["changed"]
    assert cloud.creates() == []


@every_kind
def test_the_same_task_again_changes_nothing(cloud: Cloud, kind: str) -> None:
    module, arguments = made(cloud, kind)
    ok(cloud.run(module, **{**arguments, **FULL}))

    result = cloud.unchanged(module, **{**arguments, **FULL})

    assert result["actions"] == []
    assert result["diff"]["before"] == result["diff"]["after"]


@every_kind
def test_a_new_image_has_all_that_was_asked_for(cloud: Cloud, kind: str) -> None:
    module, arguments = task(kind, **FULL)

    result = ok(cloud.run(module, **arguments))

    assert {name: result["image"][name] for name in SHOWN} == SHOWN
    image = truth(cloud)
    assert {name: image[name] for name in SHOWN} == SHOWN
    assert image["tags"] == FULL["image_tags"]
    cloud.unchanged(module, **arguments)


@every_kind
def test_what_the_create_request_cannot_carry_is_set_as_soon_as_the_image_is_active(
    tame: Cloud, kind: str
) -> None:
    module, arguments = task(kind, **FULL)

    ok(tame.run(module, **arguments))

    journal = tame.simulator.requests
    active = tame.images(NAME)[0]["active_at"]
    seen = next(entry["time"] for entry in journal if entry["time"] >= active)
    writes = [entry["time"] for entry in journal if entry["method"] in ("PATCH", "POST")]
    assert max(writes) <= seen


@every_kind
def test_what_is_not_given_is_let_alone(cloud: Cloud, kind: str) -> None:
    module, arguments = made(cloud, kind, **FULL)
    bare = task(kind)[1]

    result = cloud.unchanged(module, **bare)

    assert arguments != bare
    assert result["diff"] == {"before": {"name": NAME}, "after": {"name": NAME}}


# What is given -> what the image has then, and what the task says it does.
CLEARED: dict[str, tuple[Arguments, Arguments, list[str]]] = {
    "description": ({"description": ""}, {"description": ""}, ["set description"]),
    "limits": (
        {"min_ram": 0, "max_ram": 0},
        {"min_ram": 0, "max_ram": 0},
        ["set min_ram", "set max_ram"],
    ),
    "enterprise project": (
        {"enterprise_project_id": ""},
        {"enterprise_project_id": "0"},
        ["set enterprise_project_id"],
    ),
    "tags, as a mapping": ({"image_tags": {}}, {"tags": {}}, ["remove tags stage, tier"]),
    "tags, as a list": ({"tags": []}, {"tags": {}}, ["remove tags stage, tier"]),
}


@each_kind_and_each("given,left,actions", CLEARED)
def test_empty_values_clear(
    cloud: Cloud, kind: str, given: Arguments, left: Arguments, actions: list[str]
) -> None:
    module, arguments = made(cloud, kind, **FULL)
    bare = {name: value for name, value in arguments.items() if name not in FULL}

    result = ok(cloud.run(module, **bare, **given))

    assert result["changed"]
    assert result["actions"] == actions
    image = truth(cloud)
    assert {name: image[name] for name in left} == left
    cloud.unchanged(module, **bare, **given)


# Tags that are there and tags given -> what is left, what is said.
Tags = dict[str, str]
TAGS: dict[str, tuple[Tags, Arguments, Tags, list[str]]] = {
    "exact": (
        {"a": "1", "b": "2", "c": "3"},
        {"image_tags": {"a": "1", "b": "two", "d": "4"}},
        {"a": "1", "b": "two", "d": "4"},
        ["set tags b, d", "remove tags c"],
    ),
    "only added": (
        {"a": "1", "b": "2", "c": "3"},
        {"image_tags": {"b": "two", "d": "4"}, "purge_tags": False},
        {"a": "1", "b": "two", "c": "3", "d": "4"},
        ["set tags b, d"],
    ),
    "nothing to add": (
        {"a": "1", "b": "2"},
        {"image_tags": {"a": "1"}, "purge_tags": False},
        {"a": "1", "b": "2"},
        [],
    ),
    "cleared with purge_tags off": (
        {"a": "1"},
        {"image_tags": {}, "purge_tags": False},
        {"a": "1"},
        [],
    ),
    "value emptied": ({"a": "1"}, {"tags": ["a"]}, {"a": ""}, ["set tags a"]),
    "case counts": ({"A": "x"}, {"tags": ["a.x"]}, {"a": "x"}, ["set tags a", "remove tags A"]),
    "dots and all": ({}, {"tags": ["v.1.2"]}, {"v": "1.2"}, ["set tags v"]),
}


@pytest.mark.parametrize(("there", "given", "left", "actions"), TAGS.values(), ids=TAGS)
def test_tags_become_what_is_given(
    cloud: Cloud, there: Tags, given: Arguments, left: Tags, actions: list[str]
) -> None:
    cloud.switch(image_tags_as="key.value")
    module, _made = made(cloud, "image", image_tags=there)
    bare = task("image")[1]

    predicted = ok(cloud.run(module, check_mode=True, **bare, **given))
    result = ok(cloud.run(module, **bare, **given))

    assert result["actions"] == predicted["actions"] == actions
    assert result["changed"] == predicted["changed"] == bool(actions)
    assert truth(cloud)["tags"] == result["image"]["tags"] == left
    assert result["diff"] == {
        "before": {"name": NAME, "tags": there},
        "after": {"name": NAME, "tags": left},
    }
    cloud.unchanged(module, **bare, **given)


def test_tags_of_the_cloud_itself_are_neither_seen_nor_touched(cloud: Cloud) -> None:
    module, _made = made(cloud, "image", image_tags={"a": "1"})
    own = {"_sys_owner": "cloud"}
    cloud.simulator.cloud.world.images[truth(cloud)["id"]].facets.tags.update(own)
    bare = task("image")[1]

    unchanged = ok(cloud.run(module, **bare, image_tags={"a": "1"}))
    cleared = ok(cloud.run(module, **bare, image_tags={}))

    assert not unchanged["changed"]
    assert cleared["diff"]["before"]["tags"] == {"a": "1"}
    assert cleared["actions"] == ["remove tags a"]
    assert truth(cloud)["tags"] == own


def test_the_diff_of_a_new_image_begins_with_nothing(cloud: Cloud) -> None:
    module, arguments = task("disk", description="new", image_tags={"a": "1"})

    result = cloud.run(module, **arguments)

    assert result["diff"]["before"] == {}
    assert result["diff"]["after"] == {
        "name": NAME,
        "description": "new",
        "tags": {"a": "1"},
        "source": f"volume {arguments['volume']}",
    }


CHANGES: dict[str, Arguments] = {
    "everything": {"description": "", "min_ram": 1, "max_ram": 2, "image_tags": {}},
    "nothing": {},
    "a description": {"description": "another"},
    "limits": {"min_ram": 2048, "max_ram": 0},
    "tags": {"image_tags": {"tier": "db"}},
    "tags, added": {"image_tags": {"tier": "db"}, "purge_tags": False},
    "the enterprise project": {"enterprise_project_id": "0"},
}


@each_kind_and_each("change", CHANGES, ["server", "disk", "data file"])
def test_check_mode_predicts_the_change_and_makes_none(
    cloud: Cloud, kind: str, change: Arguments
) -> None:
    module, arguments = made(cloud, kind, **FULL)
    wanted = {**arguments, **change}

    predicted = ok(cloud.run(module, check_mode=True, **wanted))
    assert cloud.writes() == []
    result = ok(cloud.run(module, **wanted))

    for key in ("changed", "diff", "actions", "image_id", "job_id", "source_verified", "resumed"):
        assert predicted[key] == result[key]
    assert result["changed"] == bool(change)


def test_only_what_differs_is_written(cloud: Cloud) -> None:
    module, arguments = made(cloud, "image", **FULL)

    cloud.run(module, **{**arguments, "min_ram": 512})

    [patch] = [entry for entry in cloud.simulator.requests if entry["method"] == "PATCH"]
    assert [operation["path"] for operation in patch["body"]] == ["/min_ram"]
    assert cloud.requests("POST") == []


# --- attributes that are there, or not, or do not tell

TOLD = {"absent": "absent", "null": None, "empty": ""}
VALUES = {"description": ("__description", "a text"), "max_ram": ("max_ram", 4096)}


@pytest.mark.parametrize("twice", ["replace", "refused"], ids=["add replaces", "add refused"])
@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
@pytest.mark.parametrize("option", VALUES)
@pytest.mark.parametrize("there", [False, True], ids=["not there", "there"])
def test_attributes_are_written_whatever_the_cloud_tells_of_them(
    cloud: Cloud, option: str, told: Any, there: bool, twice: str
) -> None:
    """There: it is set, but empty; whoever adds it may be refused, as is who replaces what is not
    there (IMG.0035)."""
    wire, value = VALUES[option]
    module, arguments = made(cloud, "image")
    facets = cloud.simulator.cloud.world.images[truth(cloud)["id"]].facets
    facets.description, facets.max_ram = ("", 0) if there else (None, None)
    cloud.switch(add_existing=twice)

    def change(image: Arguments) -> None:
        if image["name"] == NAME and image.get(wire) in ("0", "", None):
            image.pop(wire, None)
            if told != "absent":
                image[wire] = told

    cloud.retell = in_lists(change)

    result = ok(cloud.run(module, **arguments, **{option: value}))

    assert result["changed"]
    assert result["image"][option] == value
    assert truth(cloud)[option] == value


@pytest.mark.parametrize("twice", ["replace", "refused"], ids=["add replaces", "add refused"])
def test_several_attributes_of_which_some_are_there_are_all_written(
    cloud: Cloud, twice: str
) -> None:
    cloud.switch(add_existing=twice)
    module, arguments = made(cloud, "image", description="first")

    def silent(image: Arguments) -> None:
        if image.get("__description") == "first":
            del image["__description"]

    cloud.retell = in_lists(silent)
    result = ok(
        cloud.run(module, **{**arguments, "description": "second", "min_ram": 1, "max_ram": 2})
    )

    assert result["changed"]
    image = truth(cloud)
    assert (image["description"], image["min_ram"], image["max_ram"]) == ("second", 1, 2)


@pytest.mark.parametrize("lag", [0, 1, 8, 14])
def test_a_change_is_waited_for_until_it_can_be_read(cloud: Cloud, lag: float) -> None:
    cloud.switch(read_lag=[lag, lag])
    module, arguments = made(cloud, "image")

    result = ok(cloud.run(module, **{**arguments, **FULL}))

    assert {name: result["image"][name] for name in SHOWN} == SHOWN
    assert result["image"]["tags"] == FULL["image_tags"]
    assert result["warnings"] == []
    assert len(cloud.requests("PATCH")) == 1


def test_a_change_that_never_shows_is_reported(cloud: Cloud) -> None:
    cloud.switch(read_lag=[600, 600])
    module, arguments = made(cloud, "image")

    result = ok(cloud.run(module, **arguments, description="late"))

    assert result["changed"]
    [warning] = result["warnings"]
    assert "does not show" in warning
    assert "description" in warning


def test_ten_tags_can_be_exchanged_for_ten_others(cloud: Cloud) -> None:
    """The old ones go first: an image never has more than ten."""
    old = {f"old{number}": "x" for number in range(10)}
    new = {f"new{number}": "x" for number in range(10)}
    module, arguments = made(cloud, "image", image_tags=old)

    result = ok(cloud.run(module, **{**arguments, "image_tags": new}))

    assert result["image"]["tags"] == truth(cloud)["tags"] == new
