# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in docs/docsite/rst and is made from the code: checked, or written anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..places import ROOT
from . import errors, figures, permissions

PAGES = ROOT / "docs" / "docsite" / "rst"


def outdated() -> Iterator[tuple[Path, str]]:
    """The pages that differ from what they are to be, with the text that they are to have."""
    wanted = {PAGES / "errors.rst": errors.page(), PAGES / "permissions.rst": permissions.page()}
    for path in sorted(PAGES.glob("*.rst")):
        wanted.setdefault(path, figures.drawn(path.read_text(encoding="utf-8")))
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield path, text
