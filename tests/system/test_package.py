# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection builds, installs from the tarball and shows its documentation."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.commands import Package, run
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place
from ansible_collections.huaweicloud.ims.tools.trees import checkout_files

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
NOT_FOR_USERS = (
    *(".ci/", ".editorconfig", ".gitignore", ".yamllint"),
    *("Makefile", "docs/benchmarks/", "galaxy.yml", "pyproject.toml", "tools/"),
    *("tests/benchmark/", "tests/browser/", "tests/chaos/", "tests/contract/", "tests/docs/"),
    *("tests/integration/", "tests/requirements/"),
    *("tests/system/", "tests/unit/"),
)
WRITTEN_BY_GALAXY = {"FILES.json", "MANIFEST.json"}


def _names(package: Package) -> set[str]:
    with tarfile.open(package.tarball) as archive:
        return {member.name for member in archive.getmembers() if not member.isdir()}


def test_the_tarball_holds_what_users_need_and_nothing_that_a_tool_left_behind(
    package: Package,
) -> None:
    ours = {name for name in checkout_files() if not name.startswith(NOT_FOR_USERS)}

    assert _names(package) == ours | WRITTEN_BY_GALAXY


def test_what_an_execution_environment_is_built_from_is_installed(package: Package) -> None:
    text = (package.root / "meta" / "execution-environment.yml").read_text()
    named = yaml.safe_load(text)["dependencies"]

    assert {kind: (package.root / name).is_file() for kind, name in named.items()} == {
        "python": True,
        "system": True,
    }


def test_the_action_group_names_every_module_that_calls_the_cloud(package: Package) -> None:
    runtime = yaml.safe_load((package.root / "meta" / "runtime.yml").read_text())

    callers = [module for module in MODULES if module != "prepare_guest"]
    assert runtime["action_groups"]["all"] == callers, (
        "action_groups in meta/runtime.yml lists all modules but prepare_guest, sorted by name"
    )


@pytest.fixture(scope="module")
def shown(package: Package) -> dict[str, dict[str, Any]]:
    """What ansible-doc tells of the installed modules."""
    place = Place()
    command = [place.program("ansible-doc"), "--type", "module", "--json"]
    names = [f"huaweicloud.ims.{name}" for name in MODULES]
    collections = str(package.collections)
    told = run([*command, *names], place, ANSIBLE_COLLECTIONS_PATH=collections)
    found: dict[str, dict[str, Any]] = json.loads(told)
    return found


def test_ansible_doc_shows_every_module_of_the_installed_collection(
    package: Package, shown: dict[str, dict[str, Any]]
) -> None:
    assert sorted(shown) == [f"huaweicloud.ims.{name}" for name in MODULES]
    for name, parts in shown.items():
        assert Path(parts["doc"]["filename"]).is_relative_to(package.root), name
        assert parts["doc"]["options"], name
        assert parts["examples"].strip(), name
        assert parts["return"], name


def test_modules_that_only_look_are_called_info_and_others_look_nothing_up(
    shown: dict[str, dict[str, Any]],
) -> None:
    looking = {
        name
        for name, parts in shown.items()
        if parts["doc"]["attributes"]["diff_mode"]["support"] == "N/A"
    }

    assert looking
    assert looking == {name for name in shown if name.endswith("_info")}
    for name, parts in shown.items():
        assert "ansible_facts" not in parts["return"], name
        state = parts["doc"]["options"].get("state", {"choices": ["present", "absent"]})
        assert state["choices"] in (["present", "absent"], ["present"]), name


def test_every_module_says_which_pythons_it_needs(shown: dict[str, dict[str, Any]]) -> None:
    for name, parts in shown.items():
        assert "python >= 3.9" in parts["doc"]["requirements"], name


def test_plugins_are_of_the_kinds_that_the_ansible_package_knows(package: Package) -> None:
    kinds = {path.name for path in (package.root / "plugins").iterdir()}

    ours = {"action", "doc_fragments", "filter", "module_utils", "modules", "plugin_utils"}
    assert kinds == ours


def test_what_is_called_by_its_full_name_needs_four_folders_only(
    package: Package, cloud: RunningCloud, tmp_path: Path
) -> None:
    path = {"ANSIBLE_COLLECTIONS_PATH": str(package.bare(tmp_path))}

    copied = cloud.succeed(
        "huaweicloud.ims.image_copy",
        "-e",
        "image_name=copy",
        "-e",
        "source_image=linux-base",
        **path,
    )
    family = ["-e", "image_name=shop-20??-??-??", "-e", "keep_newest=1"]
    deleted = cloud.succeed("huaweicloud.ims.image_retention", *family, **path)
    told = cloud.play("huaweicloud.ims.doctor", **path)

    assert copied.changed == 1
    assert deleted.changed == 1
    assert told.of("account_info")
