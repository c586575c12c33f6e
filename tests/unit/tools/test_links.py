# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our texts link to exists."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests import links
from ansible_collections.huaweicloud.ims.tools.places import ROOT
from ansible_collections.huaweicloud.ims.tools.site import addresses

FOLDERS = ("changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles", "tools")
SUFFIXES = (".md", ".rst", ".yml", ".yaml", ".py", ".j2")
# Where programs, not people, are sent, and where pictures name the form that they are written in.
PROGRAMS = ("tools/ansible_test.py", "tools/site/static/")
MARKDOWN = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "roles/*/README.md", "tests/**/README.md")
    for path in ROOT.glob(pattern)
    if "output" not in path.parts
)
TEXTS = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in SUFFIXES and not str(path.relative_to(ROOT)).startswith(PROGRAMS)
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def _anchors(path: Path) -> set[str]:
    """The anchors of headings, as forges make them, and those that a page sets itself."""
    text = path.read_text("utf-8")
    found = set(re.findall(r'<a id="([^"]+)">', text))
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower().replace("`", ""))
        found.add(words.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_relative_link_leads_to_a_file_and_to_a_heading_in_it(path: Path) -> None:
    wrong = []
    for link in _LINK.findall(_CODE.sub("", path.read_text("utf-8"))):
        target, _hash, anchor = link.partition("#")
        if "://" in link:
            continue
        file = path.parent / unquote(target) if target else path
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            wrong.append(link)

    assert wrong == []


def test_an_address_elsewhere_is_one_that_a_person_has_reviewed() -> None:
    ours = tuple(addresses.of_collection().values())
    files = [*MARKDOWN, *TEXTS, ROOT / "galaxy.yml"]

    unknown = {
        f"{path.relative_to(ROOT)}: {address}"
        for path in files
        for address in links.named(path.read_text("utf-8"))
        if not links.is_known(address, ours)
    }

    assert unknown == set(), "add it to tests/links.py once you have opened it"


def test_the_addresses_of_the_collection_stand_in_one_place() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))

    assert addresses.of_collection() == {
        key: galaxy[key]
        for key in ("repository", "documentation", "homepage", "issues")
        if galaxy.get(key)
    }
    for path in [*MARKDOWN, *TEXTS]:
        text = path.read_text("utf-8")
        assert "github.com/huaweicloud" not in text, path


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://semver.org/", True),
        ("https://docs.ansible.com/ansible/latest/x.html", True),
        ("https://docs.ansible.com.evil.test/ansible/", False),
        ("https://github.com/huaweicloud/ansible-collection-ims", False),
        ("https://iam.eu-de.otc.t-systems.com/v3", True),
        ("https://git.example.com/huaweicloud.ims.git", True),
        ("https://examples.com/", False),
        ("https://ims.<region>.myhuaweicloud.com", True),
    ],
)
def test_an_address_is_known_by_its_host_and_path(address: str, known: bool) -> None:
    assert links.is_known(address) == known


def test_an_address_of_the_collection_is_known_once_galaxy_knows_it() -> None:
    home = "https://git.forge.test/ims"

    assert not links.is_known(f"{home}/issues")
    assert links.is_known(f"{home}/issues", (home,))
