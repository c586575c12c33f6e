# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A public function or class of module_utils has a name that nothing else in there has."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[4] / "plugins" / "module_utils"
# What each module has by nature.
OF_EACH_MODULE = {"check", "main", "run", "source_of"}


def test_a_public_name_stands_for_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_":
                places[node.name].append(path.relative_to(ROOT).as_posix())

    twice = {
        name: found
        for name, found in places.items()
        if len(found) > 1 and name not in OF_EACH_MODULE
    }
    assert not twice, f"Rename one of each, or make it private: {twice}"
