# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable that turns out empty never widens what a task lists, changes or deletes: an option
that is given and empty is refused before any request, unless its documentation gives '' a
meaning."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    connection,
)
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS, FILE, IMAGE, SERVER, VOLUME
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .conftest import MODULES, Cloud, ok
from .kinds import NAME

Arguments = dict[str, Any]

_CREATED: dict[str, Arguments] = {
    "whole_image": {"instance": SERVER},
    "volume_image_export": {"volume": VOLUME},
    "image_copy": {"source_image": IMAGE},
    "quick_import": {"image_url": FILE, "min_disk": 40, "os_version": CENTOS},
}
# Tasks that are right but for the option that is empty in them.
TASKS: dict[str, list[Arguments]] = {
    **{
        module: [{"name": NAME, **source}, {"name": NAME, "state": "absent"}]
        for module, source in _CREATED.items()
    },
    "image": [{"image": IMAGE}, {"image": IMAGE, "state": "absent"}],
    "image_info": [{}],
    "image_retention": [{"families": [{"name": "web-*", "keep_newest": 1}]}],
    "image_wait": [{"images": [IMAGE]}],
}
# What '' means where it is not refused.
MEANINGS = {
    "description": "no description",
    "enterprise_project_id": "the default project, as in the API",
    "cmk_id": "no key, as in the API",
}
SELECTING = ("image_info", "image_retention")


def _options(module: str) -> list[str]:
    arguments = import_module(f"ansible_collections.huaweicloud.ims.plugins.modules.{module}")
    return [option for option in arguments.ARGUMENTS if option not in connection.CONNECTION]


EMPTY = [
    pytest.param(
        module, {**task, option: value}, option, id=f"{module}-{number}-{option}-{value!r}"
    )
    for module, tasks in TASKS.items()
    for number, task in enumerate(tasks)
    for option in _options(module)
    if option not in MEANINGS or (module in SELECTING and option != "description")
    for value in ("", "  ")
]


@pytest.fixture(scope="module")
def _cloud_for_all() -> Cloud:
    return Cloud(Simulator(clock=ManualClock(), seed=1, tame=True))


@pytest.fixture
def untouched(_cloud_for_all: Cloud) -> Cloud:
    """One cloud for all: no test of wrong input leaves a trace on it."""
    _cloud_for_all.forget_requests()
    return _cloud_for_all


def assert_refused(cloud: Cloud, result: Arguments, *words: str) -> None:
    assert result.get("failed"), result
    assert [word for word in words if word not in result["msg"]] == []
    assert cloud.requests() == []


@pytest.mark.parametrize(("module", "arguments", "option"), EMPTY)
def test_an_option_that_is_given_and_empty_is_refused_before_any_request(
    untouched: Cloud, module: str, arguments: Arguments, option: str
) -> None:
    assert_refused(untouched, untouched.run(module, **arguments), option)


def test_every_module_that_calls_the_cloud_is_in_the_table() -> None:
    folder = Path(import_module(MODULES).__path__[0])
    modules = {path.stem for path in folder.glob("*.py")}
    without_own_options = {"account_info", "prepare_guest"}
    missing = (modules - without_own_options) ^ set(TASKS)
    assert not missing, f"{sorted(missing)}: add valid tasks of the module to TASKS in {__file__}"


RULE = {"keep_newest": 1}
FAMILIES: dict[str, tuple[Arguments, str]] = {
    "name alone": ({"name": "", **RULE}, "name"),
    "name beside a tag": ({"name": "", "tag": "team=web", **RULE}, "name"),
    "name, blank": ({"name": " ", "tag": "team=web", **RULE}, "name"),
    "tag": ({"name": "web-*", "tag": "", **RULE}, "tag"),
    "tag, blank": ({"name": "web-*", "tag": "  ", **RULE}, "tag"),
    "tag without a key": ({"name": "web-*", "tag": "=web", **RULE}, "tag"),
    "tag without anything": ({"name": "web-*", "tag": "=", **RULE}, "tag"),
    "tag in the old form without a key": ({"name": "web-*", "tag": ".web", **RULE}, "tag"),
    "source": ({"name": "web-*", "source": "", **RULE}, "source"),
    "keep_newest": ({"name": "web-*", "keep_newest": "", "keep_younger_than": "1d"}, "keep_newest"),
    "keep_younger_than": (
        {"name": "web-*", "keep_newest": 1, "keep_younger_than": ""},
        "keep_younger_than",
    ),
}


@pytest.mark.parametrize(("family", "option"), FAMILIES.values(), ids=FAMILIES)
def test_an_empty_criterion_or_keep_rule_of_a_family_is_refused(
    untouched: Cloud, family: Arguments, option: str
) -> None:
    families = [{"name": "other", "keep_newest": 1}, family]
    result = untouched.run("image_retention", families=families)
    assert_refused(untouched, result, option)


@pytest.mark.parametrize("keep", ["", [""], ["web-1", ""], "web-1, "], ids=repr)
def test_an_empty_entry_of_keep_is_refused(untouched: Cloud, keep: Any) -> None:
    family = {"name": "web-*", "keep_newest": 1}
    result = untouched.run("image_retention", families=[family], keep=keep)
    assert_refused(untouched, result, "keep", "empty")


@pytest.mark.parametrize("source", [{"instance": ""}, {"backup": ""}, {"instance": " "}])
def test_an_empty_source_never_deletes_the_image_of_any_source(
    untouched: Cloud, source: Arguments
) -> None:
    result = untouched.run("whole_image", name=NAME, state="absent", **source)
    assert_refused(untouched, result, *source)


def test_an_empty_key_never_deletes_the_copy_of_any_key(untouched: Cloud) -> None:
    arguments = {"name": NAME, "state": "absent", "source_image": IMAGE, "cmk_id": ""}
    assert_refused(untouched, untouched.run("image_copy", **arguments), "cmk_id", "empty")


@pytest.mark.parametrize(("tag", "found"), [("team=", ["empty"]), ("team", ["empty", "web"])])
def test_a_filter_for_the_empty_value_of_a_tag_lists_no_other_value(
    tame: Cloud, tag: str, found: list[str]
) -> None:
    for name, value in (("web", "web"), ("empty", "")):
        ok(tame.run("image_copy", name=name, source_image=IMAGE, image_tags={"team": value}))

    listed = ok(tame.run("image_info", tag=tag))

    names = [image["name"] for image in listed["images"]]
    assert sorted(set(names) & {"web", "empty"}) == found


@pytest.mark.parametrize(
    ("module", "source"),
    # What image_copy calls image_id is its source.
    [item for item in _CREATED.items() if item[0] != "image_copy"],
)
def test_an_image_to_delete_is_found_by_its_id_in_capitals(
    tame: Cloud, module: str, source: Arguments
) -> None:
    made = ok(tame.run(module, name=NAME, **source))

    gone = ok(tame.run(module, state="absent", image_id=made["image_id"].upper()))

    assert gone["changed"]
    assert tame.images(NAME) == []


@pytest.mark.parametrize("option", ["image_id", "source"])
def test_images_are_listed_by_ids_in_capitals(tame: Cloud, option: str) -> None:
    copy = ok(tame.run("image_copy", name=NAME, source_image=IMAGE))
    value = {"image_id": copy["image_id"], "source": IMAGE}[option].upper()

    listed = ok(tame.run("image_info", **{option: value}))

    assert NAME in [image["name"] for image in listed["images"]]
