# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Execution environments: what ansible-builder learns from the collection, and what it makes of our
definition, as far as that goes without podman or docker."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.commands import Package, run
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place
from packaging.requirements import Requirement

DEFINITION = Path("extensions", "awx", "execution-environment.yml")
LIBRARIES = {"requests", "jmespath"}


def _names(requirements: list[str]) -> set[str]:
    """The names of Python packages, without their versions and where they come from."""
    return {re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in requirements}


@pytest.fixture(scope="module")
def context(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ansible-builder hands to podman or docker, made in a folder that stands for a clone
    after `make build`."""
    place = Place()
    clone = tmp_path_factory.mktemp("clone")
    (clone / DEFINITION).parent.mkdir(parents=True)
    shutil.copy(ROOT / DEFINITION, clone / DEFINITION)
    (clone / "build").mkdir()
    shutil.copy(package.tarball, clone / "build")
    made = clone / "context"
    builder = [place.program("ansible-builder"), "create", "--file", str(clone / DEFINITION)]
    run([*builder, "--context", str(made), "--output-filename", "Containerfile"], place)
    return made


def test_the_collection_needs_two_python_libraries_and_no_system_package(package: Package) -> None:
    place = Place()

    told = run([place.program("ansible-builder"), "introspect", str(package.collections)], place)

    needed = yaml.safe_load(told[told.index("---") :])
    assert _names(needed["python"]) == LIBRARIES
    assert needed["system"] == []


def test_the_definition_makes_a_context_with_the_collection_in_it(
    package: Package, context: Path
) -> None:
    definition = yaml.safe_load((ROOT / DEFINITION).read_text())

    steps = (context / "Containerfile").read_text().splitlines()
    [carried] = (context / "_build" / "collections").iterdir()

    assert f'ARG EE_BASE_IMAGE="{definition["images"]["base_image"]["name"]}"' in steps
    assert any("introspect.py introspect" in step for step in steps)
    pinned = definition["dependencies"]
    python, core = pinned["python_interpreter"], pinned["ansible_core"]["package_pip"]
    assert f'ARG PYCMD="{python["python_path"]}"' in steps
    assert f'ARG PYPKG="{python["package_system"]}"' in steps
    assert f'ARG ANSIBLE_INSTALL_REFS="{core} {pinned["ansible_runner"]["package_pip"]}"' in steps
    newest = (ROOT / "tests" / "requirements" / "core.txt").read_text("utf-8")
    tested = re.search(r"ansible-core==([\d.]+) ; python_version >= '3.12'", newest)
    assert tested
    assert Requirement(core).specifier.contains(tested[1])
    assert carried.name == package.tarball.name
    assert carried.read_bytes() == package.tarball.read_bytes()


def test_what_the_container_does_with_the_context_installs_the_collection_and_its_libraries(
    context: Path, tmp_path: Path
) -> None:
    place = Place()
    files = context / "_build"
    install = [place.program("ansible-galaxy"), "collection", "install", "--offline"]
    libraries = tmp_path / "requirements.txt"
    packages = tmp_path / "bindep.txt"
    learn = [str(place.python), str(files / "scripts" / "introspect.py"), "introspect"]
    learn += [str(tmp_path), f"--write-pip={libraries}", f"--write-bindep={packages}"]

    collections = str(tmp_path)
    install += ["-r", "requirements.yml", "-p", collections]
    run(install, place, cwd=files, ANSIBLE_COLLECTIONS_PATH=collections)
    run(learn, place)

    installed = tmp_path / "ansible_collections" / "huaweicloud" / "ims"
    assert (installed / "plugins" / "modules" / "whole_image.py").is_file()
    assert _names(libraries.read_text().split("\n")) - {""} == LIBRARIES
    assert not packages.exists()
    # pip understands them, and what the tests run with is good enough for them.
    pip = [str(place.python), "-m", "pip", "install", "--dry-run", "--no-index", "--quiet"]
    run([*pip, "-r", str(libraries)], place)
