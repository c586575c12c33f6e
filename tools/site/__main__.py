# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tools.site` makes the documentation site: build/docs/index.html.

What pages hold that is made from the code is written anew first; with --check it is a failure if
that changes something. Runs in .build/docs, the environment of tests/requirements/docs.txt.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import environment, places
from ..places import BUILD, COLLECTIONS, ROOT, Place

HERE = Path(__file__).parent
SITE = ROOT / "build" / "docs"
WORK = BUILD / "site"
PLACE = Place(BUILD / "docs", BUILD / "home-docs")
BENCHMARKS = ROOT / "docs" / "benchmarks"
# In the page that antsibull-docs writes about the collection.
_CONTENTS = re.compile(r"^\.\. toctree::\n(?:    .*\n|\n)+", re.MULTILINE)
_GUIDES = re.compile(r"^Start\n-----\n.*?(?=^\.\. _plugin_index_for_)", re.MULTILINE | re.DOTALL)
# In the guide to speed, and what stands there once that has been measured.
_NO_FIGURES = ".. the figures, where there are some\n"
_FIGURES = "The figures of the last run are under :doc:`How fast it is </benchmarks>`.\n"
# In the guide to playbooks.
_NO_PLAYBOOKS = ".. the playbooks, where each has a page\n"
# In what `make bench` has written: from here on, names that only its budgets know.
_INTERNAL = "\n## Figures\n"
_TO_SOURCES = re.compile(r"\[([^]]+)\]\(\.\./\.\./([^)]+)\)")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.site")
    parser.add_argument("--check", action="store_true", help="write nothing into docs/docsite")
    environment.link_collection()
    sys.path.insert(0, str(COLLECTIONS))
    if not _generated(parser.parse_args(arguments).check):
        return 1
    pages = WORK / "pages"
    _fresh(pages)
    _fresh(SITE)
    failed = _run(
        *("antsibull-docs", "collection", "--use-current", "--squash-hierarchy"),
        *("--fail-on-error", "--dest-dir", str(pages), "huaweicloud.ims"),
    )
    if not failed:
        _complete(pages)
        failed = _run(
            *("sphinx-build", "--builder", "html", "--fail-on-warning", "--keep-going", "--quiet"),
            # A page that has not changed would keep its warnings to itself.
            "--fresh-env",
            *("--conf-dir", str(HERE), "--doctree-dir", str(WORK / "doctrees")),
            *(str(pages), str(SITE)),
        )
    if not failed:
        print(f"The documentation: {os.path.relpath(SITE, Path.cwd())}/index.html")
    return failed


def _run(program: str, *arguments: str) -> int:
    return places.run([PLACE.program(program), *arguments], PLACE, sys.stdout)


def _generated(check: bool) -> bool:
    """Bring up to date what is made from the code; False if it is not, and is only checked."""
    from . import generated  # it imports the collection, which has only now been made reachable

    for path, text in generated.outdated():
        name = path.relative_to(ROOT)
        if check:
            print(f"{name} is not what the code says: run make docs, and commit it.")
            return False
        path.write_text(text, encoding="utf-8")
        print(f"{name}: written anew")
    return True


def _fresh(folder: Path) -> None:
    """An empty folder; antsibull-docs writes only where nobody else may."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o755)


def _complete(pages: Path) -> None:
    """Add to what antsibull-docs has written what is of this site only."""
    from . import addresses, inventory, playbooks

    inventory.write(WORK / "ansible.inv")
    _arrange(pages, published="repository" in addresses.of_collection())
    # No plugin of ours has variables of its own: the page that lists them is empty.
    (pages / "environment_variables.rst").unlink()
    # Its start page is a table of contents. Ours is for people, and has the contents beside it.
    text = (pages / "index.rst").read_text(encoding="utf-8")
    (pages / "collection.rst").write_text(_without_guides(text), encoding="utf-8")
    start = (HERE / "index.rst").read_text(encoding="utf-8")
    shutil.copy(ROOT / "CHANGELOG.md", pages / "changelog.md")
    for name in playbooks.names():
        page = f":orphan:\n\n{playbooks.page(name)}"
        (pages / f"{name}_playbook.rst").write_text(page, encoding="utf-8")
    _replace(pages / "docsite" / "playbooks.rst", _NO_PLAYBOOKS, playbooks.links())
    for kind in ("module", "role", "playbook"):
        named = sorted(path.stem.removesuffix(f"_{kind}") for path in pages.glob(f"*_{kind}.rst"))
        lines = (f"   {name} <{name}_{kind}>\n" for name in named)
        start = start.replace(f"   {kind.upper()}S\n", "".join(lines))
    if (BENCHMARKS / "README.md").exists():
        start = start.replace("   docsite/speed\n", "   docsite/speed\n   benchmarks\n")
        add_benchmarks(pages)
    (pages / "index.rst").write_text(start, encoding="utf-8")


def _without_guides(text: str) -> str:
    """The page about the collection, without what our start page has: guides, hidden contents."""
    text = _CONTENTS.sub("", text)
    return _GUIDES.sub("", text).replace("Huaweicloud.Ims\n", "The collection\n", 1)


def _arrange(pages: Path, published: bool) -> None:
    """The pages of modules, roles and filters, arranged for readers."""
    from . import plugin_pages

    for path in sorted(pages.glob("*_*.rst")):
        text = path.read_text(encoding="utf-8")
        if path.stem.endswith("_role"):
            text = plugin_pages.with_example(text, path.stem.removesuffix("_role"))
        if path.stem.endswith(("_module", "_role", "_filter")):
            path.write_text(plugin_pages.arranged(text, published), encoding="utf-8")


def add_benchmarks(pages: Path) -> None:
    """What `make bench` has written, as a page. Files of the repository are named, not linked: the
    site does not have them."""
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    text = _TO_SOURCES.sub(r"\1 (`\2`)", text)
    text = text.partition(_INTERNAL)[0]
    (pages / "benchmarks.md").write_text(text, encoding="utf-8")
    for path in BENCHMARKS.glob("*.svg"):
        shutil.copy(path, pages)
    _replace(pages / "docsite" / "speed.rst", _NO_FIGURES, _FIGURES)


def _replace(page: Path, marker: str, text: str) -> None:
    before = page.read_text(encoding="utf-8")
    if marker not in before:
        raise ValueError(f"{page.name} lacks the line: {marker}")
    page.write_text(before.replace(marker, text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
