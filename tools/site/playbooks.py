# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page for each playbook, written from the comment at its head.

The comment has paragraphs; commands and samples, indented by three blanks; and variables, a line
each, with what they mean after two blanks or more. A paragraph that ends with a colon is the title
of the variables below it. What it says of the connection is the same for all, and on its own page.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..places import ROOT
from .errors import escaped

_COMMAND = re.compile(r" {3}(?:ansible-playbook|export) ")
_VARIABLE = re.compile(r" {2,3}(\w+(?:, \w+)*) {2,}(\S.*)")
_CONNECTION = (
    "The credentials come from the environment, ``clouds.yaml`` or the metadata of the server;"
    " variables for region, project and addresses are on the page"
    " :ref:`Playbooks <ansible_collections.huaweicloud.ims.docsite.playbooks>`."
)


@dataclass
class Part:
    """A piece of the head: a text, and what belongs to it."""

    text: str = ""
    commands: list[str] = field(default_factory=list)
    sample: list[str] = field(default_factory=list)
    variables: list[tuple[str, str]] = field(default_factory=list)


def names() -> list[str]:
    return sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


def page(name: str) -> str:
    """The text of the page of a playbook."""
    title = f"huaweicloud.ims.{name} playbook"
    return "\n".join([title, "=" * len(title), "", *_body(ROOT / "playbooks" / f"{name}.yml")])


def links() -> str:
    """What leads from the guide to the pages."""
    return "".join(f"* :doc:`huaweicloud.ims.{name} </{name}_playbook>`\n" for name in names())


def head(path: Path) -> list[Part]:
    """What the comment at the head of a playbook says."""
    parts = [Part()]
    for line in _comment(path):
        _add(parts, line)
    return [part for part in parts if part != Part()]


def _comment(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines()[2:]:
        if not line.startswith("#"):
            return
        yield line[1:].removeprefix(" ").rstrip()


def _add(parts: list[Part], line: str) -> None:
    last = parts[-1]
    connection = last.text.startswith("Connection:")
    variable = None if connection else _VARIABLE.fullmatch(line)
    if not line:
        parts.append(Part())
    elif variable:
        last.variables.append((variable[1], variable[2]))
    elif _COMMAND.match(f" {line}" if line.startswith("  ") else line):
        last.commands.append(line.strip())
    elif line.startswith("   ") and last.commands and not last.variables:
        last.commands[-1] += f"\n  {line.strip()}"
    elif line.startswith("   ") and last.variables:
        name, meaning = last.variables[-1]
        last.variables[-1] = (name, f"{meaning} {line.strip()}")
    elif line.startswith("  ") and not connection:
        last.sample.append(line)
    elif last.variables:
        parts.append(Part(line.strip()))
    else:
        last.text = f"{last.text} {line.strip()}".strip()


def _body(path: Path) -> Iterator[str]:
    for part in head(path):
        if part.text.startswith("Connection:"):
            yield f"{_CONNECTION}\n"
            continue
        if part.text:
            yield f"{escaped(part.text)}\n"
        if part.commands:
            yield ".. code-block:: sh\n"
            yield "\n".join(f"   {line}" for text in part.commands for line in text.splitlines())
            yield ""
        if part.sample:
            yield ".. code-block:: yaml\n"
            yield textwrap.indent(textwrap.dedent("\n".join(part.sample)), "   ")
            yield ""
        if part.variables:
            yield from _table(part.variables)


def _table(rows: list[tuple[str, str]]) -> Iterator[str]:
    yield ".. list-table::\n   :header-rows: 1\n   :width: 100%\n   :widths: 30 70\n"
    yield "   * - Variable\n     - Meaning"
    for name, meaning in rows:
        words = ", ".join(f"``{word}``" for word in name.split(", "))
        yield f"   * - {words}\n     - {escaped(meaning)}"
    yield ""
