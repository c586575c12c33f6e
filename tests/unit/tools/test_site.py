# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation has from the code is what the code says."""

from __future__ import annotations

import json
import random
import re
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import hints
from ansible_collections.huaweicloud.ims.plugins.module_utils._diagnostics.permissions import (
    LOOKUPS,
    MODULES,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images import result
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting import schedule
from ansible_collections.huaweicloud.ims.tools.places import ROOT
from ansible_collections.huaweicloud.ims.tools.site import __main__ as site
from ansible_collections.huaweicloud.ims.tools.site import (
    errors,
    figures,
    generated,
    inventory,
    permissions,
    playbooks,
    plugin_pages,
)


def test_the_pages_are_what_the_code_says() -> None:
    assert [str(path) for path, _text in generated.outdated()] == [], "run make docs"


def test_each_code_is_on_the_page_once_with_its_hint() -> None:
    rows = re.findall(r"   \* - ``(.+)``\n     - (.+)\n", errors.page())

    told = {code: hint.replace("\\", "") for code, hint in rows}
    statuses = {str(status): hint for status, hint in hints.BY_STATUS.items()}
    assert len(rows) == len(told)
    assert told == {**hints.HINTS, **statuses, **errors.OWN}


def test_a_code_of_the_collection_without_a_text_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(result.CODES, KeyError, "new_code")

    with pytest.raises(ValueError, match="new_code"):
        errors.page()


def test_a_code_of_an_unknown_service_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hints.HINTS, "NEW.0001", "Do something.")

    with pytest.raises(ValueError, match="NEW"):
        errors.page()


def test_each_permission_is_on_the_page_of_its_module_and_in_the_policy() -> None:
    text = permissions.page()
    row = r"   \* - :ansplugin:`huaweicloud.ims.(\w+)#module`\n     - (.+)\n     - (.+)\n"

    told = {
        name: [re.findall(r"``(\S+)``", field) for field in fields]
        for name, *fields in re.findall(row, text)
    }
    policy = json.loads(text.partition("code-block:: json\n")[2].partition("\n\nSome create")[0])
    needed = {
        name: [[LOOKUPS[one].action for one in needs.lookups], list(needs.writes)]
        for name, needs in MODULES.items()
    }
    assert told == needed
    assert policy["Statement"][0]["Action"] == sorted(
        {action for both in needed.values() for some in both for action in some}
    )


def test_what_was_measured_gets_a_page_and_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured, pages = tmp_path / "benchmarks", tmp_path / "pages"
    measured.mkdir()
    (pages / "docsite").mkdir(parents=True)
    guide = (generated.PAGES / "speed.rst").read_text("utf-8")
    (pages / "docsite" / "speed.rst").write_text(guide, encoding="utf-8")
    text = "# Fast\n[how](../../tests/x.md) ![it](speed.svg)\n\n## Figures\n\n`fanout_x`\n"
    (measured / "README.md").write_text(text)
    for name in ("speed.svg", "speed.png"):
        (measured / name).write_text("drawn")
    monkeypatch.setattr(site, "BENCHMARKS", measured)

    site.add_benchmarks(pages)

    page = (pages / "benchmarks.md").read_text("utf-8")
    assert "how (`tests/x.md`)" in page
    assert "](speed.svg)" in page
    assert "fanout_x" not in page
    assert (pages / "speed.svg").read_text() == "drawn"
    assert ":doc:`How fast it is </benchmarks>`" in (pages / "docsite" / "speed.rst").read_text()
    assert "</benchmarks>" not in guide


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_drawing_is_in_its_page_and_says_what_it_shows(name: str) -> None:
    figure = ElementTree.fromstring(figures.FIGURES[name]())
    [svg] = figure
    pages = [path.read_text("utf-8") for path in generated.PAGES.glob("*.rst")]

    labels = svg.attrib["aria-labelledby"].split()
    assert svg.attrib["role"] == "img"
    assert [part.attrib["id"] for part in svg if part.tag in ("title", "desc")] == labels
    assert all(part.text for part in svg if part.tag in ("title", "desc"))
    assert sum(f".. figure: {name}\n" in page for page in pages) == 1


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_drawing_stays_within_its_frame(name: str) -> None:
    [svg] = ElementTree.fromstring(figures.FIGURES[name]())
    _x, _y, width, height = map(float, svg.attrib["viewBox"].split())

    for part in svg.iter("rect"):
        x, y, wide, high = (float(part.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height
    for part in svg.iter("text"):
        assert 0 < float(part.attrib["y"]) <= height
        assert float(part.attrib["font-size"]) >= 12.5


def test_the_figure_of_polls_follows_the_schedule_of_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = figures.polls()
    monkeypatch.setattr(schedule, "LONGEST", 20.0)

    assert figures.polls() != before


def test_drawing_draws_no_chances_of_others() -> None:
    random.seed(5)
    expected = random.random()
    random.seed(5)

    figures.polls()

    assert random.random() == expected


def test_sphinx_finds_each_label_of_ansible_in_the_inventory(tmp_path: Path) -> None:
    inventory.write(tmp_path / "objects.inv")

    head, _version, packed = (tmp_path / "objects.inv").read_bytes().partition(b"zlib.\n")
    lines = zlib.decompress(packed).decode().splitlines()
    assert head.startswith(b"# Sphinx inventory version 2\n# Project: ")
    assert [line.split()[0] for line in lines] == list(inventory.LABELS)
    assert all(re.fullmatch(r"\w+ std:label -1 \S+\.html#\S+ .+", line) for line in lines)


PAGE = """\
.. Collection note

.. note::
    This module is part of the `huaweicloud.ims collection <https://galaxy.test/ims/>`_ (version 1).

    To install it, use: :code:`ansible\\-galaxy collection install huaweicloud.ims`.

.. Requirements

.. Options

Parameters
----------

.. tabularcolumns:: x

.. list-table::

  * - Parameter
    - Comments

  * - .. raw:: html

        <div id="parameter-access_key"></div>

  * - .. raw:: html

        <div id="parameter-name"></div>

.. Examples

Examples
--------
"""


def test_a_page_of_a_module_has_the_example_first_and_the_connection_apart() -> None:
    text = plugin_pages.arranged(PAGE, published=False)

    marks = ("Examples\n", "Parameters\n---", "parameter-name", "Connection P", "-access_key")
    assert [text.index(mark) for mark in marks] == sorted(text.index(mark) for mark in marks)
    assert text.count("    - Comments\n") == 2
    assert "galaxy" not in text.replace("Ansible Galaxy", "")
    assert "galaxy.test" in plugin_pages.arranged(PAGE, published=True)


def test_a_page_that_is_built_otherwise_than_expected_stops_the_build() -> None:
    with pytest.raises(ValueError, match="how to install"):
        plugin_pages.not_from_galaxy("To install it, ask a friend.")


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda p: p.stem)
def test_the_page_of_a_playbook_has_each_variable_of_its_head(path: Path) -> None:
    page = playbooks.page(path.stem)

    parts = playbooks.head(path)
    commands = [command for part in parts for command in part.commands]
    variables = [
        name for part in parts for names, _m in part.variables for name in names.split(", ")
    ]
    assert any(f"ansible-playbook huaweicloud.ims.{path.stem}" in one for one in commands)
    assert len(variables) == len(set(variables))
    assert all(f"``{name}``" in page for name in variables)
    # A line that was not understood would end up in a paragraph, with the blanks of its table.
    assert [part.text for part in parts if re.search(r"\w {2,}\w", part.text)] == []
    assert bool(variables) == (path.stem != "doctor")


def test_the_guide_lists_each_playbook() -> None:
    guide = (generated.PAGES / "playbooks.rst").read_text("utf-8")

    listed = re.findall(r"   \* - ``huaweicloud\.ims\.(\w+)``\n", guide)
    assert sorted(listed) == playbooks.names(), "list it in docs/docsite/rst/playbooks.rst"
    assert all(name in playbooks.links() for name in listed)
