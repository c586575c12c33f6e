# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release, rehearsed in a copy of the checkout, and what a release must not lack."""

from __future__ import annotations

import re
import sys
import tarfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._diagnostics import versions
from ansible_collections.huaweicloud.ims.tests.system.commands import Package, run
from ansible_collections.huaweicloud.ims.tools import changelog
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

MEGABYTE = 2**20
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def released() -> Path:
    assert sys.__stderr__ is not None
    return changelog.rehearse(sys.__stderr__)


def _told_by_fragments() -> dict[str, Any]:
    """The changes of all fragments by section, as changelogs/changelog.yaml keeps them."""
    told: dict[str, Any] = defaultdict(list)
    for path in (ROOT / "changelogs" / "fragments").glob("*.yml"):
        for section, changes in yaml.safe_load(path.read_text("utf-8")).items():
            if section.startswith("add ") or section == "trivial":
                continue  # a playbook that is new; what is no news to users
            if isinstance(changes, list):
                told[section] += [change.strip() for change in changes]
            else:
                told[section] = changes.strip()
    return dict(told)


def test_a_release_tells_all_changes_and_all_that_is_new(released: Path) -> None:
    version = changelog.version()
    text = (released / "changelogs" / "changelog.yaml").read_text("utf-8")
    release = yaml.safe_load(text)["releases"][version]

    if not changelog.released():
        ours = _told_by_fragments()
        theirs = {
            section: sorted(change.strip() for change in told) if isinstance(told, list) else told
            for section, told in release["changes"].items()
        }
        assert theirs == {
            section: sorted(told) if isinstance(told, list) else told
            for section, told in ours.items()
        }
        assert list((released / "changelogs" / "fragments").glob("*.yml")) == []
    new = {
        path.stem
        for path in (ROOT / "plugins" / "modules").glob("*.py")
        if re.search(rf"^version_added: {re.escape(version)}$", path.read_text("utf-8"), re.M)
    }
    assert {module["name"] for module in release.get("modules", [])} == new
    rendered = (released / changelog.NAME).read_text("utf-8").replace("\\", "")
    assert f"## v{version}\n" in rendered
    for module in new:
        assert f"huaweicloud.ims.{module}" in rendered


@pytest.mark.skipif(changelog.released(), reason="the first version is released")
def test_the_first_release_fixes_nothing_since_nothing_was_released() -> None:
    sections = {"release_summary", "major_changes", "minor_changes", "breaking_changes", "trivial"}

    for path in (ROOT / "changelogs" / "fragments").glob("*.yml"):
        found = {key for key in yaml.safe_load(path.read_text("utf-8")) if " " not in key}
        assert found <= sections, f"{path.name}: what is no news to a first user is trivial"


@pytest.mark.skipif(changelog.released(), reason="the first version is released")
def test_the_first_release_announces_every_playbook() -> None:
    fragment = ROOT / "changelogs" / "fragments" / f"{changelog.version()}.yml"

    announced = yaml.safe_load(fragment.read_text("utf-8"))["add object.playbook"]

    assert [playbook["name"] for playbook in announced] == sorted(
        path.stem for path in (ROOT / "playbooks").glob("*.yml")
    ), f"list it under 'add object.playbook' in {fragment.name}"


def test_fragments_are_written_in_the_markup_of_changelogs() -> None:
    # That of module documentation would be printed as it stands.
    for path in (ROOT / "changelogs" / "fragments").glob("*.yml"):
        assert re.findall(r"\b[A-Z]+\([^)]*\)", path.read_text("utf-8")) == [], path


def test_the_changelog_of_a_release_is_one_that_the_ansible_package_can_read(
    released: Path,
) -> None:
    place = Place()
    file = str(released / "changelogs" / "changelog.yaml")

    run([place.program("antsibull-changelog"), "lint-changelog-yaml", "--strict", file], place)


def test_everything_that_names_the_version_names_the_same() -> None:
    version = changelog.version()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)

    named = (ROOT / "extensions" / "awx" / "execution-environment.yml").read_text("utf-8")

    assert version == versions.COLLECTION
    assert set(re.findall(r"\d+\.\d+\.\d+", named)) == {version}


def test_every_module_and_role_says_since_when_it_is_there() -> None:
    files = [
        *(ROOT / "plugins" / "modules").glob("*.py"),
        *ROOT.glob("roles/*/meta/argument_specs.yml"),
    ]

    for path in files:
        assert re.search(r"^ *version_added: \d+\.\d+\.\d+$", path.read_text("utf-8"), re.M), path


def test_what_galaxy_knows_of_the_collection_is_complete() -> None:
    wanted = {"authors", "description", "license", "tags"}

    assert [name for name in sorted(wanted) if not GALAXY.get(name)] == []
    # All addresses, or none as long as there is no public repository.
    assert len({"repository", "issues", "documentation"} & set(GALAXY)) in (0, 3)
    assert GALAXY["license"] == ["GPL-3.0-or-later"]
    # Whoever installs the collection needs no other one.
    assert GALAXY["dependencies"] == {}


def test_a_role_says_on_galaxy_what_its_documentation_says() -> None:
    for path in ROOT.glob("roles/*/meta/main.yml"):
        described = yaml.safe_load(path.read_text("utf-8"))["galaxy_info"]["description"]
        specs = yaml.safe_load((path.parent / "argument_specs.yml").read_text("utf-8"))
        assert described == specs["argument_specs"]["main"]["short_description"], path


def test_the_tarball_is_small_and_holds_text_only(package: Package) -> None:
    assert package.tarball.stat().st_size < 2 * MEGABYTE
    with tarfile.open(package.tarball) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                content.read().decode("utf-8")  # raises where a file is not text


def test_the_readme_says_what_readers_of_the_ansible_package_look_for() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    for wanted in (
        "https://forum.ansible.com/c/help/6",
        "the tag `huaweicloud`",
        "https://semver.org",
        "(CODE_OF_CONDUCT.md)",
        "(CONTRIBUTING.md)",
        "(CHANGELOG.md)",
        "(SECURITY.md)",
        "(CONTRIBUTING.md#adding-a-module)",
        "(LICENSE)",
    ):
        assert wanted in readme, wanted
    conduct = (ROOT / "CODE_OF_CONDUCT.md").read_text("utf-8")
    assert "https://docs.ansible.com/ansible/latest/community/code_of_conduct.html" in conduct


def test_the_readme_is_short_and_says_how_mature_the_collection_is() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert len(readme.split()) <= 1100
    assert "**Status:**" in readme
    assert "not yet been tried on a live account" in readme
    assert "make demo" in readme
    assert "make test" in readme


def test_no_sanity_test_is_ignored() -> None:
    assert list((ROOT / "tests").glob("sanity/ignore*")) == []
