# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module hands back of a server that it has looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .system import Change, Finding, Guest


def result(
    findings: Sequence[Finding],
    fix: Sequence[str],
    actions: Sequence[str],
    diff: Sequence[dict[str, str]],
    mended: str = "mended",
) -> dict[str, Any]:
    """fix: the checks whose findings are mended where that can be done. mended: what to call that,
    which is another word in check mode."""
    told = [
        {
            "check": found.check,
            "what": found.what,
            "advice": found.advice,
            "fixed": found.check in fix and bool(found.changes),
        }
        for found in findings
    ]
    return {
        "changed": bool(actions),
        "findings": told,
        "ready": all(entry["fixed"] for entry in told),
        "report": [_line(entry, mended) for entry in told],
        "actions": list(actions),
        "diff": list(diff),
    }


def _line(entry: dict[str, Any], mended: str) -> str:
    if entry["fixed"]:
        return f"{entry['check']}: {mended}. {entry['what']}"
    return f"{entry['check']}: {entry['what']} {entry['advice']}"


def difference(guest: Guest, change: Change) -> dict[str, str]:
    """Only the lines that differ: other lines of these files may hold secrets."""
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
