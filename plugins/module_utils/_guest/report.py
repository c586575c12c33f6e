# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of prepare_guest: what was found on a server, and what was fixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .system import Change, Finding, Guest


def result(
    findings: Sequence[Finding],
    fix: Sequence[str],
    actions: Sequence[str],
    diff: Sequence[dict[str, str]],
    fixed: str = "fixed",
) -> dict[str, Any]:
    """Build the result. `fix`: the checks whose findings are fixed where that is possible. `fixed`:
    the word for that, which is another one in check mode."""
    entries = [
        {
            "check": found.check,
            "problem": found.problem,
            "remedy": found.remedy,
            "fixed": found.check in fix and bool(found.changes),
        }
        for found in findings
    ]
    return {
        "changed": bool(actions),
        "findings": entries,
        "ready": all(entry["fixed"] for entry in entries),
        "report": [_line(entry, fixed) for entry in entries],
        "actions": list(actions),
        "diff": list(diff),
    }


def _line(entry: dict[str, Any], fixed: str) -> str:
    if entry["fixed"]:
        return f"{entry['check']}: {fixed}. {entry['problem']}"
    return f"{entry['check']}: {entry['problem']} {entry['remedy']}"


def difference(guest: Guest, change: Change) -> dict[str, str]:
    """Return a diff of the lines that differ only: other lines may hold secrets."""
    header = {"before_header": change.path, "after_header": change.path}
    if change.text is None:
        return {**header, "before": "present\n", "after": "absent\n"}
    before = (guest.read(change.path) or "").splitlines(keepends=True)
    after = change.text.splitlines(keepends=True)
    return {
        **header,
        "before": "".join(line for line in before if line not in after),
        "after": "".join(line for line in after if line not in before),
    }
