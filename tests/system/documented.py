# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules and the examples in their documentation."""

from __future__ import annotations

import ast

from ansible_collections.huaweicloud.ims.tools.places import ROOT

# The examples of prepare_guest would change this very machine.
MODULES = sorted(
    path.stem
    for path in (ROOT / "plugins" / "modules").glob("*.py")
    if path.stem != "prepare_guest"
)


def examples_of(module: str) -> str:
    """The tasks that the documentation of a module shows, as they stand there."""
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{module}.py").read_text("utf-8"))
    [text] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES"
    ]
    return str(text)
