# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection builds, installs from the tarball and shows its documentation."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import yaml
from ansible_collections.huaweicloud.ims.tests.system.commands import Package, run
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place
from ansible_collections.huaweicloud.ims.tools.trees import checkout_files

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
NOT_FOR_USERS = (
    *(".ansible-lint", ".ci/", ".editorconfig", ".gitignore", ".yamllint"),
    *("Makefile", "galaxy.yml", "pyproject.toml", "tools/"),
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
    assert runtime["action_groups"]["all"] == callers


def test_ansible_doc_shows_every_module_of_the_installed_collection(package: Package) -> None:
    names = [f"huaweicloud.ims.{name}" for name in MODULES]
    place = Place()

    shown = json.loads(
        run(
            [place.program("ansible-doc"), "--type", "module", "--json", *names],
            place,
            ANSIBLE_COLLECTIONS_PATH=str(package.collections),
        )
    )

    assert sorted(shown) == names
    for name, parts in shown.items():
        assert Path(parts["doc"]["filename"]).is_relative_to(package.root), name
        assert parts["doc"]["options"], name
        assert parts["examples"].strip(), name
        assert parts["return"], name
