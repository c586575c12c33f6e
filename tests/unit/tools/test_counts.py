# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last line of `make test` says."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.tools.counts import (
    Count,
    from_junit,
    load,
    of_run,
    save,
    total,
)

_JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite name="units">
  <testcase name="good"/>
  <testcase name="wrong"><failure message="1 is not 2"/></testcase>
  <testcase name="broken"><error message="no fixture"/></testcase>
  <testcase name="left out"><skipped message="no pwsh"/></testcase>
  <testcase time="0.000" />
</testsuite></testsuites>
"""


def test_junit_failures_and_errors_both_count_as_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(_JUNIT)

    assert from_junit([report, report]) == Count(passed=2, failed=4, skipped=2)


def test_skipped_tests_are_named_only_if_there_are_any() -> None:
    assert str(Count(passed=3, failed=1)) == "3 passed, 1 failed"
    assert str(Count(passed=3, failed=1, skipped=2)) == "3 passed, 1 failed, 2 skipped"


@pytest.mark.parametrize(
    ("returncode", "seen", "counted"),
    [
        pytest.param(0, Count(passed=2), Count(passed=2), id="all well"),
        pytest.param(1, Count(2, 1), Count(2, 1), id="the failed test is counted already"),
        pytest.param(1, Count(passed=2), Count(2, 1), id="the tool failed, no test tells why"),
        pytest.param(0, Count(), Count(failed=1), id="no test was run"),
    ],
)
def test_a_run_never_looks_better_than_it_was(returncode: int, seen: Count, counted: Count) -> None:
    assert of_run(returncode, seen) == counted


def test_counts_are_summed_over_runs_and_a_missing_run_is_a_failure(tmp_path: Path) -> None:
    save(tmp_path / "reports" / "test.json", Count(5, 0, 1))

    counts = [load(tmp_path / "reports" / "test.json"), load(tmp_path / "reports" / "matrix.json")]

    assert total(counts) == Count(5, 1, 1)
