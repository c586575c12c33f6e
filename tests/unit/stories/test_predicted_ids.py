# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In check mode a task gets null for the id of what an earlier task would make: it predicts what
comes of it, with a warning. In a real run, and in options that select what is deleted, an id that
is empty is refused."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins import action
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    predicted,
)
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.argument_forms import null_as_empty
from ansible_collections.huaweicloud.ims.tests.samples import (
    BACKUP,
    IMAGE,
    KEY,
    SERVER,
    VAULT,
    VOLUME,
)

from .conftest import MODULES, Cloud, ok
from .kinds import NAME

Json = dict[str, Any]

# Tasks that give an id, by module and option.
TASKS: dict[tuple[str, str], Json] = {
    ("image", "image"): {"image": IMAGE, "min_ram": 1024},
    ("image_copy", "source_image"): {"name": NAME, "source_image": IMAGE, "cmk_id": KEY},
    ("image_info", "image_id"): {"image_id": IMAGE},
    ("image_info", "source"): {"source": IMAGE},
    ("image_wait", "images"): {"images": [IMAGE]},
    ("image_wait", "jobs"): {"jobs": ["0" * 32]},
    ("volume_image_export", "volume"): {"name": NAME, "volume": VOLUME},
    ("whole_image", "backup"): {"name": NAME, "backup": BACKUP},
    ("whole_image", "instance"): {"name": NAME, "instance": SERVER},
    ("whole_image", "vault"): {"name": NAME, "instance": SERVER, "vault": VAULT},
}
# Options whose documentation speaks of IDs, and why they are none of these.
OTHERS = {
    ("image_copy", "cmk_id"): "no module makes keys, and empty means none",
    ("image_retention", "enterprise_project_id"): "it selects what is deleted",
    ("image_retention", "keep"): "it selects what is deleted",
    ("quick_import", "image_id"): "it selects what is deleted",
    ("volume_image_export", "image_id"): "it selects what is deleted",
    ("whole_image", "image_id"): "it selects what is deleted",
}
every_id = pytest.mark.parametrize(("module", "option"), TASKS)


def _module(name: str) -> Any:
    return import_module(f"{MODULES}.{name}")


def _names() -> list[str]:
    return sorted(path.stem for path in Path(action.__path__[0]).glob("[!_]*.py"))


def _without(module: str, option: str, nothing: Any, **more: Any) -> Json:
    task = TASKS[module, option]
    return {**task, option: [nothing] if isinstance(task[option], list) else nothing, **more}


def test_every_option_that_takes_an_id_is_in_one_of_the_tables() -> None:
    documented = {
        (name, option)
        for name in _names()
        for option, told in yaml.safe_load(_module(name).DOCUMENTATION).get("options", {}).items()
        if re.search(r"\bIDs?\b", " ".join(told["description"]))
    }
    declared = {
        (name, option)
        for name in _names()
        for option in predicted.predictable(_module(name).ARGUMENTS)
    }

    assert declared == set(TASKS)
    assert documented - declared == set(OTHERS)


@every_id
@pytest.mark.parametrize("nothing", ["", "  ", None], ids=repr)
def test_an_id_that_is_to_come_is_predicted_with_a_warning(
    tame: Cloud, module: str, option: str, nothing: Any
) -> None:
    arguments = null_as_empty(
        _without(module, option, nothing), _module(module).ARGUMENTS, check_mode=True
    )

    result = ok(tame.run(module, check_mode=True, **arguments))

    assert result["changed"] == (module not in ("image_info", "image_wait"))
    assert any(warning.startswith(f"{option} is empty or null") for warning in result["warnings"])
    assert tame.writes() == []


@every_id
def test_aliases_are_meant_as_well(module: str, option: str) -> None:
    spec = _module(module).ARGUMENTS
    for name in spec[option].get("aliases", ()):
        assert null_as_empty({name: None}, spec, check_mode=True) == {name: ""}
        assert null_as_empty({name: None}, spec) == {name: "" if module == "image_info" else None}


@pytest.mark.parametrize("nothing", ["", None], ids=repr)
@pytest.mark.parametrize(
    ("module", "option"), [key for key in TASKS if "state" in _module(key[0]).ARGUMENTS]
)
def test_nothing_is_deleted_by_an_id_that_is_to_come(
    tame: Cloud, module: str, option: str, nothing: Any
) -> None:
    arguments = _without(module, option, nothing, state="absent")
    spec = _module(module).ARGUMENTS
    given = null_as_empty(arguments, spec, check_mode=True)

    refused = tame.run(module, check_mode=True, **given)

    if option == "vault":  # it selects nothing
        assert given == null_as_empty(arguments, spec)
        return
    assert refused["failed"]
    assert option in refused["msg"]
    assert tame.requests() == []


def test_null_beside_the_option_that_it_excludes_is_omitted_as_in_a_real_run(tame: Cloud) -> None:
    spec = _module("whole_image").ARGUMENTS
    for given, nothing in (
        ("backup", "instance"),
        ("instance_id", "backup_id"),
        ("backup", "vault"),
    ):
        arguments = {"name": NAME, given: "web", nothing: None}
        assert null_as_empty(arguments, spec, check_mode=True) == arguments


def test_an_existing_image_is_not_taken_for_one_of_a_source_that_is_to_come(tame: Cloud) -> None:
    """An export that is created again is another source, as the real run would find."""
    ok(tame.run("image_copy", name=NAME, source_image=IMAGE))
    written = tame.writes()
    task: Json = {"name": NAME, "source_image": "", "check_mode": True}

    refused = tame.run("image_copy", **task)
    replaced = ok(tame.run("image_copy", **task, if_source_differs="replace"))
    kept = ok(tame.run("image_copy", **task, if_source_differs="keep"))

    assert "older than its source would be" in refused["msg"]
    assert (replaced["changed"], kept["changed"]) == (True, False)
    assert [action for action in replaced["actions"] if "delete old image" in action]
    assert tame.writes() == written


@pytest.mark.parametrize("wait", [True, False])
def test_an_export_and_its_copy_are_predicted_as_they_are_made(tame: Cloud, wait: bool) -> None:
    def play(check_mode: bool) -> list[Json]:
        export: Json = {"name": "exported", "volume": VOLUME, "wait": wait}
        exported = ok(tame.run("volume_image_export", check_mode=check_mode, **export))
        copy: Json = {"name": NAME, "source_image": exported["image_id"], "cmk_id": KEY}
        spec = _module("image_copy").ARGUMENTS
        copy = null_as_empty({**copy, "wait": wait}, spec, check_mode)
        copied = ok(tame.run("image_copy", check_mode=check_mode, **copy))
        started: Json = {"results": [exported, copied]}
        done = ok(tame.run("image_wait", check_mode=check_mode, **started))
        return [exported, copied, done]

    foreseen = play(check_mode=True)
    assert tame.writes() == []
    real = play(check_mode=False)

    assert [one["changed"] for one in foreseen] == [one["changed"] for one in real]
    foretold, done = foreseen[1]["diff"]["after"], real[1]["diff"]["after"]
    assert foretold["source"] == "image that an earlier task would create"
    assert {**foretold, "source": done["source"]} == done


def test_the_rest_of_the_task_is_checked(tame: Cloud) -> None:
    wrong_key = tame.run("image_copy", check_mode=True, name=NAME, source_image="", cmk_id="wrong")
    wrong_vault = tame.run(
        "whole_image", check_mode=True, name=NAME, instance="", vault="no-such-vault"
    )
    two = tame.run("whole_image", check_mode=True, name=NAME, instance="", backup=BACKUP)

    assert "cmk_id" in wrong_key["msg"]
    assert "There is no vault with the name 'no-such-vault'" in wrong_vault["msg"]
    assert "exactly one" in two["msg"]


@pytest.mark.parametrize(
    ("module", "option"), [key for key in TASKS if key not in {("image_wait", "jobs")}]
)
def test_a_name_that_nothing_has_fails_in_check_mode_as_in_the_real_run(
    tame: Cloud, module: str, option: str
) -> None:
    arguments = _without(module, option, "no-such-thing")
    checked, real = tame.run(module, check_mode=True, **arguments), tame.run(module, **arguments)

    assert checked.get("failed") == real.get("failed")
    assert checked.get("msg") == real.get("msg")
