# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Integration targets run side by side: each once, and none in another's way."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import pytest
from ansible_collections.huaweicloud.ims.tools import targets
from ansible_collections.huaweicloud.ims.tools.counts import Count
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

PATIENCE = 20.0


@dataclass
class AnsibleTest:
    """Stands in for ansible-test: answers with `listed`, notes what is asked of it.

    meeting: how many runs wait for each other, so that they certainly go on at the same time.
    """

    listed: Sequence[str]
    failing: Sequence[str] = ()
    unnoted: Sequence[str] = ()
    meeting: threading.Barrier | None = None
    settings: list[str] = field(default_factory=list)
    runs: list[tuple[str, Path, Path, str]] = field(default_factory=list)
    alive: list[str] = field(default_factory=list)

    def list(self, _place: Place, _tree: Path, arguments: Sequence[str], _log: IO[str]) -> Any:
        assert arguments[-1] == "--list-targets"
        return self.listed

    def run(self, place: Place, tree: Path, arguments: Sequence[str], log: IO[str]) -> int:
        out = [arguments[n + 1] for n, word in enumerate(arguments) if word == "--exclude"]
        (target,) = set(self.listed) - set(out)
        integration = tree / "tests" / "integration"
        cloud = (integration / "integration_config.yml").read_text()
        self.settings += [path.read_text() for path in integration.glob("*.cfg")]
        self.runs.append((target, tree, place.home, cloud))
        if self.meeting:
            self.meeting.wait(PATIENCE)
        log.write(f"output of {target}\n")
        data = tree / "tests" / "output" / "data"
        data.mkdir(parents=True, exist_ok=True)
        noted = {} if target in (*self.failing, *self.unnoted) else {target: {}}
        (data / "integration-now.json").write_text(json.dumps({"targets": noted}))
        return 1 if target in self.failing else 0

    @contextmanager
    def simulator(
        self, _place: Place, _log: IO[str], *, time_scale: float, seed: int
    ) -> Iterator[dict[str, Any]]:
        cloud = f"cloud {uuid4()} at {time_scale} of {seed}"
        self.alive.append(cloud)
        yield {"url": cloud}
        self.alive.remove(cloud)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def copy(name: str) -> Path:
        tree = tmp_path / "trees" / name
        (tree / "tests" / "integration").mkdir(parents=True)
        return tree

    def run(stub: AnsibleTest, mitogen: bool = False) -> tuple[Count, str]:
        monkeypatch.setattr(targets.ansible_test, "listed", stub.list)
        monkeypatch.setattr(targets.ansible_test, "run", stub.run)
        monkeypatch.setattr(targets.trees, "copy", copy)
        monkeypatch.setattr(targets.simulator, "integration_config", lambda facts, _: facts["url"])
        monkeypatch.setattr(targets, "BUILD", tmp_path)
        log = io.StringIO()
        monkeypatch.setattr(targets.simulator, "started", stub.simulator)
        suite = targets.Suite("integration", ["integration"], 60.0, 4711, True, log, mitogen)
        return targets.run(suite, Place(tmp_path / "venv", tmp_path / "home")), log.getvalue()

    return run


def test_each_target_is_run_once(run: Any) -> None:
    stub = AnsibleTest([f"target_{number}" for number in range(14)])

    count, log = run(stub)

    assert count == Count(passed=14)
    assert sorted(target for target, *_place in stub.runs) == sorted(stub.listed)
    for target in stub.listed:
        assert log.count(f"output of {target}\n{target}: 1 passed, 0 failed") == 1
    assert stub.alive == []
    clouds = {cloud for *_place, cloud in stub.runs}
    assert len(clouds) == 14
    assert all(cloud.endswith(" at 60.0 of 4711") for cloud in clouds)


def test_what_runs_at_the_same_time_shares_no_tree_no_home_and_no_cloud(run: Any) -> None:
    stub = AnsibleTest(list("abcd"), meeting=threading.Barrier(targets.WORKERS))

    count, _log = run(stub)

    assert count == Count(passed=4)
    for shared in zip(*stub.runs, strict=True):
        assert len(set(shared)) == targets.WORKERS


def test_what_takes_longest_is_begun_first(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "WORKERS", 1)
    stub = AnsibleTest(["account_info", *sorted(targets.LONGEST), "image"])

    run(stub)

    assert [target for target, *_place in stub.runs] == [*targets.LONGEST, "account_info", "image"]


def test_those_that_take_longest_are_targets() -> None:
    assert all((ROOT / "tests/integration/targets" / name).is_dir() for name in targets.LONGEST)


def test_a_target_alone_tells_what_it_does_while_it_does_it(run: Any, tmp_path: Path) -> None:
    _count, log = run(AnsibleTest(["image"]))

    assert "output of image" in log
    assert not (tmp_path / "logs").exists()


def test_every_target_runs_under_mitogen_where_that_is_wanted(run: Any, tmp_path: Path) -> None:
    plugins = tmp_path / "venv/lib/python3.14/site-packages/ansible_mitogen/plugins/strategy"
    plugins.mkdir(parents=True)
    stub = AnsibleTest(list("abcdef"))

    run(stub, mitogen=True)

    assert len(stub.settings) == 6
    for settings in stub.settings:
        assert settings.splitlines()[1:] == [
            "strategy = mitogen_linear",
            f"strategy_plugins = {plugins}",
        ]


def test_targets_run_under_the_strategies_of_ansible_otherwise(run: Any) -> None:
    stub = AnsibleTest(["a"])

    run(stub)

    assert stub.settings == []


@pytest.mark.parametrize("how", ["failing", "unnoted"])
def test_a_target_that_has_not_passed_has_failed(run: Any, how: str) -> None:
    count, log = run(AnsibleTest(["good", "bad"], **{how: ["bad"]}))

    assert count == Count(passed=1, failed=1)
    assert "bad: 0 passed, 1 failed" in log


def test_no_target_at_all_is_a_failure(run: Any) -> None:
    assert run(AnsibleTest([]))[0] == Count(failed=1)


def test_a_worker_that_breaks_off_leaves_what_is_to_be_done_to_the_others(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = AnsibleTest(["a", "b", "c"])
    start = stub.simulator
    broken = iter([True])

    def simulator(*arguments: Any, **more: Any) -> Any:
        if next(broken, False):
            raise RuntimeError("it did not start")
        return start(*arguments, **more)

    monkeypatch.setattr(stub, "simulator", simulator)

    with pytest.raises(RuntimeError, match="it did not start"):
        run(stub)

    assert len(stub.runs) == 2
