# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of permissions, written from the tables of the doctor."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from string import Template

from ansible_collections.huaweicloud.ims.plugins.module_utils._diagnostics.permissions import (
    LOOKUPS,
    MODULES,
    ROLES,
    Needs,
)

# The page, with places for the tables and the policy.
_PAGE = Path(__file__).with_suffix(".rst")


def page() -> str:
    """The text of docs/docsite/rst/permissions.rst."""
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        modules=_table(("Module", "Reads", "Creates, changes, deletes"), _modules()),
        roles=_table(("Role", "Modules"), _roles()),
        policy=textwrap.indent(json.dumps(policy(), indent=2), "   "),
    )


def policy() -> dict[str, object]:
    """A custom policy of IAM with all actions ("Creating a Custom Policy" of IMS)."""
    actions = {action for needs in MODULES.values() for action in (*_reads(needs), *needs.writes)}
    return {"Version": "1.1", "Statement": [{"Effect": "Allow", "Action": sorted(actions)}]}


def _reads(needs: Needs) -> list[str]:
    return [LOOKUPS[name].action for name in needs.lookups]


def _modules() -> Iterator[Sequence[str]]:
    for name, needs in sorted(MODULES.items()):
        yield _plugin(name, "module"), _codes(_reads(needs)), _codes(needs.writes)


def _roles() -> Iterator[Sequence[str]]:
    for name, modules in sorted(ROLES.items()):
        yield _plugin(name, "role"), _codes(modules) or "none that calls the cloud"


def _plugin(name: str, kind: str) -> str:
    return f":ansplugin:`huaweicloud.ims.{name}#{kind}`"


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"``{word}``" for word in words)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, in which an empty field says so."""
    widths = " ".join(["24", *[str(76 // (len(titles) - 1))] * (len(titles) - 1)])
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in (titles, *rows):
        for number, field in enumerate(row):
            lines.append(f"   {' ' if number else '*'} - {field or 'none'}")
    return "\n".join(lines)
