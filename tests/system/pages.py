# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples on the pages of the documentation, Markdown and reStructuredText alike."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.huaweicloud.ims.tools.places import ROOT

MARKDOWN = [
    *("README.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md"),
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    *(f"roles/{path.name}/README.md" for path in sorted((ROOT / "roles").iterdir())),
]
GUIDES = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs/docsite/rst").glob("*.rst"))]

# A comment before a block says why no test runs it, or not with the others (test_recipes.py).
_FENCED = re.compile(
    r"(?:^<!-- Not tried: (.+) -->\n)?^``(\w+)\n(.*?)^``$", re.MULTILINE | re.DOTALL
)
# The text is what is indented, and empty lines.
_DIRECTIVE = re.compile(
    r"(?:^\.\. (?:Not tried|Tried apart): (.+)\n\n)?"
    r"^\.\. code-block:: (\w+)\n\n((?:(?:   .*)?\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """An example. where: its page and number; untried: why it is not run with the others, ''
    if it is."""

    where: str
    language: str
    text: str
    untried: str = ""

    @property
    def page(self) -> str:
        return self.where.split()[0]

    def lines(self) -> Iterator[str]:
        """Command lines, continued ones as one."""
        for line in self.text.replace("\\\n", " ").splitlines():
            if line.strip():
                yield line.strip()

    def plays(self) -> Sequence[dict[str, Any]]:
        """What is to be played of a block of YAML; tasks on localhost if it has no plays."""
        found = yaml.safe_load(self.text)
        if any("hosts" in item for item in found):
            return list(found)
        name = found[0]["name"]
        return [{"name": name, "hosts": "localhost", "gather_facts": False, "tasks": found}]


def blocks(page: str) -> Iterator[Block]:
    text = (ROOT / page).read_text("utf-8")
    found = _fenced(text) if Path(page).suffix == ".md" else _directives(text)
    for number, (language, example, untried) in enumerate(found):
        yield Block(f"{page} {number}", language, example, untried)


def _fenced(text: str) -> Iterator[tuple[str, str, str]]:
    for untried, language, example in _FENCED.findall(text):
        yield language, example, untried


def _directives(text: str) -> Iterator[tuple[str, str, str]]:
    for untried, language, example in _DIRECTIVE.findall(text):
        yield language, textwrap.dedent(example).strip("\n") + "\n", untried
