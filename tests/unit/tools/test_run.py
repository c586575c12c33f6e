# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run of several steps ends."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import IO

import pytest
from ansible_collections.huaweicloud.ims.tools import environment, places, run
from ansible_collections.huaweicloud.ims.tools.counts import Count


def test_a_run_that_is_interrupted_ends_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names what was not finished and counts what was."""
    release = threading.Event()

    def lint(_log: IO[str]) -> Count:
        return Count(passed=8)

    def units(_log: IO[str]) -> Count:
        os.kill(os.getpid(), signal.SIGTERM)
        release.wait(10)
        return Count()

    monkeypatch.setattr(run, "BUILD", tmp_path)
    monkeypatch.setattr(run, "_REPORTS", tmp_path)
    monkeypatch.setattr(run, "_STEPS", {"lint": lint, "units": units})
    monkeypatch.setattr(run, "_TEST", ("lint", "units"))
    monkeypatch.setattr(environment, "link_collection", lambda: None)
    monkeypatch.setattr(places, "stop_all", release.set)
    monkeypatch.setattr(run.steps, "SHORT", {})
    monkeypatch.setenv("JOBS", "1")
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        returncode = run.main(["test"])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert returncode == 130
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "Interrupted. Not finished: units. The finished steps: 8 passed, 0 failed"
    assert not (tmp_path / "test.json").exists()


@pytest.fixture
def two_steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run of two steps, one of which has a shorter form."""
    whole = {"lint": lambda _log: Count(passed=1), "units": lambda _log: Count(passed=10)}
    monkeypatch.setattr(run, "BUILD", tmp_path)
    monkeypatch.setattr(run, "_STEPS", whole)
    monkeypatch.setattr(run, "_TEST", ("lint", "units"))
    monkeypatch.setattr(run.steps, "SHORT", {"units": lambda _log: Count(passed=2)})


@pytest.mark.usefixtures("two_steps")
@pytest.mark.parametrize(("ci", "passed"), [("", 3), ("true", 11)])
def test_continuous_integration_runs_all_of_each_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, passed: int
) -> None:
    """Others learn what was left out."""
    monkeypatch.setenv("CI", ci)

    assert run._run("test") == Count(passed=passed)

    assert ("Of units a part was left to .ci/run" in capsys.readouterr().out) == (not ci)


@pytest.mark.usefixtures("two_steps")
def test_a_run_ends_with_the_seconds_of_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    run._run("test")

    assert "Seconds: " in capsys.readouterr().out


def test_what_is_left_to_continuous_integration_is_there() -> None:
    for path in run.steps.THOROUGH_UNITS:
        assert (places.ROOT / path).exists(), path
