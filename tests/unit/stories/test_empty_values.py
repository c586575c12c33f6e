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

from .conftest import MODULES, Cloud, ok, refusal
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
    "image_batch": [{"images": [{"image_copy": {"name": NAME, **_CREATED["image_copy"]}}]}],
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


@pytest.mark.parametrize("module", TASKS)
def test_an_option_that_is_given_and_empty_is_refused(module: str) -> None:
    for task in TASKS[module]:
        assert refusal(module, **task) == ""
        for option in _options(module):
            if option in MEANINGS and (module not in SELECTING or option == "description"):
                continue
            for value in ("", "  "):
                given = {**task, option: value}
                assert option in refusal(module, **given), given


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
    family: Arguments, option: str
) -> None:
    assert option in refusal("image_retention", families=[{"name": "other", **RULE}, family])


@pytest.mark.parametrize("keep", ["", [""], ["web-1", ""], "web-1, "], ids=repr)
def test_an_empty_entry_of_keep_is_refused(keep: Any) -> None:
    text = refusal("image_retention", families=[{"name": "web-*", **RULE}], keep=keep)

    assert "keep" in text
    assert "empty" in text


@pytest.mark.parametrize(
    ("module", "task"),
    [
        ("whole_image", {"name": NAME, "state": "absent", "instance": ""}),
        ("image_copy", {"name": NAME, "state": "absent", "source_image": IMAGE, "cmk_id": ""}),
        ("image", {"image": " ", "state": "absent"}),
        ("image_info", {"name": ""}),
        ("image_retention", {"families": [{"name": "", "tag": "team=web", **RULE}]}),
        ("image_wait", {"images": ""}),
    ],
)
def test_a_task_with_an_empty_option_asks_nothing_and_deletes_nothing(
    tame: Cloud, module: str, task: Arguments
) -> None:
    result = tame.run(module, **task)

    assert result["failed"]
    assert result["msg"] == refusal(module, **task)
    assert tame.requests() == []


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
