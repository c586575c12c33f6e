# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules promise of themselves (their attributes), and whether it is true.

That examples change things once is told by test_examples.py, the same of prepare_guest by
test_prepare_guest.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.commands import Package, run
from ansible_collections.huaweicloud.ims.tests.system.documented import MODULES, examples_of
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

ATTRIBUTES = {
    *("action", "action_group", "async", "check_mode", "diff_mode", "idempotent", "platform"),
}
GUEST = "prepare_guest"
Attributes = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def attributes(package: Package) -> dict[str, Attributes]:
    """What ansible-doc shows, by module and attribute."""
    names = [f"huaweicloud.ims.{module}" for module in [*MODULES, GUEST]]
    place = Place()
    shown = json.loads(
        run(
            [place.program("ansible-doc"), "--type", "module", "--json", *names],
            place,
            ANSIBLE_COLLECTIONS_PATH=str(package.collections),
        )
    )
    return {name.split(".")[-1]: parts["doc"]["attributes"] for name, parts in shown.items()}


def _supporting(attributes: Mapping[str, Attributes], attribute: str) -> set[str]:
    return {module for module, found in attributes.items() if found[attribute]["support"] == "full"}


def _tasks(module: str) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = yaml.safe_load(examples_of(module))
    return tasks


def test_every_module_carries_every_attribute_and_says_what_it_means(
    attributes: Mapping[str, Attributes],
) -> None:
    assert set(attributes) == {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    for module, found in attributes.items():
        assert set(found) == ATTRIBUTES, (
            f"{module}: add the fragments huaweicloud.ims.attributes and, for a module that only"
            " reads, huaweicloud.ims.attributes.info to its documentation"
        )
        for name, attribute in found.items():
            assert attribute["support"] in ("full", "none", "N/A"), (module, name)
            assert attribute["description"], (module, name)
    for name in ("async", "check_mode", "idempotent", "platform"):
        assert _supporting(attributes, name) == set(attributes), name


def test_modules_that_have_an_action_say_so(attributes: Mapping[str, Attributes]) -> None:
    actions = {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")}

    different = _supporting(attributes, "action") ^ actions
    assert not different, (
        f"{sorted(different)}: add plugins/action/<name>.py, and the fragment"
        " huaweicloud.ims.attributes to the documentation of the module"
    )
    for module in actions:
        told = " ".join(attributes[module]["action"]["details"])
        assert "on the controller" in told
        assert "huaweicloud_ims_in_process" in told


def test_modules_say_which_action_groups_they_are_in(attributes: Mapping[str, Attributes]) -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]

    for module, found in attributes.items():
        mine = [f"huaweicloud.ims.{group}" for group in groups if module in groups[group]]
        assert found["action_group"]["membership"] == mine, (
            f"{module}: add it to action_groups in meta/runtime.yml, or change the attribute"
            " action_group in its documentation"
        )
        assert (found["action_group"]["support"] == "full") == bool(mine), module


def test_modules_say_on_which_systems_they_run(attributes: Mapping[str, Attributes]) -> None:
    # Tasks of a machine take turns with flock(2), which Windows does not have.
    where = {module: found["platform"]["platforms"] for module, found in attributes.items()}

    assert where == {**dict.fromkeys(MODULES, "posix"), GUEST: "linux"}


@pytest.mark.parametrize("module", MODULES)
def test_check_mode_writes_nothing_and_diff_mode_shows_what_it_says(
    cloud: RunningCloud, tmp_path: Path, attributes: Mapping[str, Attributes], module: str
) -> None:
    # Later examples build upon what earlier ones have made, which check mode does not.
    tasks = _tasks(module) if module == "image_wait" else _tasks(module)[:1]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")

    results = cloud.succeed(str(playbook), "--check", "--diff").of(module)

    assert results
    assert cloud.writes() == []
    shows = module in _supporting(attributes, "diff_mode")
    for result in results:
        assert result.get("changed", False) == shows
        assert bool(result.get("diff")) == shows


# One task of each module. Those of image come last, as they change what others look for.
IN_THE_BACKGROUND = [
    *(
        next(task for task in _tasks(module) if "check_mode" not in task)
        for module in MODULES
        if module not in ("image", "image_wait")
    ),
    {"name": "Wait", "huaweicloud.ims.image_wait": {"images": ["linux-base"]}},
    _tasks("image")[0],
]


def test_every_module_does_its_work_in_the_background(cloud: RunningCloud, tmp_path: Path) -> None:
    tasks = [{**task, "async": 120, "poll": 1} for task in IN_THE_BACKGROUND]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    looks = {"account_info", "image_info", "image_wait"}

    played = cloud.succeed(str(playbook), ANSIBLE_ASYNC_DIR=str(tmp_path / "async"))

    for module in MODULES:
        [result] = played.of(module)
        assert result["ansible_job_id"], module
        assert result["changed"] == (module not in looks), module
    assert played.of("account_info")[0]["healthy"]
    assert "web-01-golden" in cloud.images()
    assert "linux-base-2026" in cloud.images()
