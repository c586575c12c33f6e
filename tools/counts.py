# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of tests, and how to read them from what the tools leave behind."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Count:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def total(counts: Iterable[Count]) -> Count:
    """Return the sum of `counts`."""
    return sum(counts, Count())


def from_junit(files: Iterable[Path]) -> Count:
    """Return the tests that junit `files` tell of."""
    return total(
        _of_case(case) for path in files for case in ElementTree.parse(path).iter("testcase")
    )


def _of_case(case: ElementTree.Element) -> Count:
    if case.get("name") is None:
        return Count()  # pytest leaves this of a test that was interrupted
    if case.find("failure") is not None or case.find("error") is not None:
        return Count(failed=1)
    return Count(skipped=1) if case.find("skipped") is not None else Count(passed=1)


def of_run(returncode: int, count: Count) -> Count:
    """Return `count`, with a failure more if the tool failed without a test that says so.

    A tool that ran no test at all is such a failure too: nothing was proved.
    """
    if (returncode or count == Count()) and not count.failed:
        return count + Count(failed=1)
    return count


def save(path: Path, count: Count) -> None:
    """Write `count` for `load`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(count)))


def load(path: Path) -> Count:
    """Read what `save` wrote; a run that did not get so far counts as one failure."""
    try:
        return Count(**json.loads(path.read_text()))
    except FileNotFoundError:
        return Count(failed=1)
