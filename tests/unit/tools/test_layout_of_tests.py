# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of tests stand alone, and sample tasks exist once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.huaweicloud.ims.tests.samples import IDS

TESTS = Path(__file__).resolve().parents[2]
FILES = [
    path for path in sorted(TESTS.rglob("*.py")) if TESTS / "simulator" / "seed" not in path.parents
]
TREES = {path: ast.parse(path.read_text("utf-8")) for path in FILES}


def _imported(tree: ast.AST) -> Iterator[str]:
    """The names of all modules and members that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)


def _texts(tree: ast.AST) -> set[str]:
    nodes = ast.walk(tree)
    return {str(node.value) for node in nodes if isinstance(node, ast.Constant)}


def test_no_file_imports_a_file_of_tests() -> None:
    names = {path.stem for path in FILES if path.stem.startswith("test_")}
    borrowed = {
        str(path.relative_to(TESTS)): sorted(found)
        for path, tree in TREES.items()
        if (found := names.intersection(_imported(tree)))
    }
    assert not borrowed, (
        f"{borrowed}: move what they share to a conftest.py, or to a module beside them whose name "
        "does not begin with test_"
    )


def test_no_file_repeats_what_the_catalogue_of_samples_holds() -> None:
    repeated = {
        str(path.relative_to(TESTS)): sorted(found)
        for path, tree in TREES.items()
        if path.name != "samples.py"
        and (found := {name for name, value in IDS.items() if value in _texts(tree)})
    }
    assert not repeated, f"{repeated}: take them from tests/samples.py"
