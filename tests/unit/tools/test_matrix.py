# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make test-matrix` runs on a machine."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tools import environment
from ansible_collections.huaweicloud.ims.tools.matrix import (
    CHOICES,
    all_steps,
    chosen_cores,
    find_entries,
)
from ansible_collections.huaweicloud.ims.tools.places import ROOT


def _names(*versions: tuple[int, int], cores: str = "") -> list[str]:
    pythons = dict.fromkeys(versions, "python")
    return [entry.name for entry in find_entries(pythons, chosen_cores({"CORES": cores}))]


def _pins(requirement: str) -> list[str]:
    lines = (ROOT / "tests" / "requirements" / f"{requirement}.txt").read_text("utf-8").splitlines()
    return [line.partition("==")[2].split()[0] for line in lines if line.startswith("ansible-core")]


def test_each_python_gets_the_oldest_and_the_newest_core_that_run_on_it() -> None:
    assert _names((3, 11), (3, 12), (3, 14)) == [
        "oldest-core-python3.11",
        "oldest-core-python3.12",
        "newest-core-python3.12",
        "newest-core-python3.14",
    ]


def test_a_python_for_modules_only_gets_no_ansible_core() -> None:
    assert _names((3, 9), (3, 10)) == []


def test_all_cores_are_those_that_the_collection_promises_to_run_with() -> None:
    # Of a file with a pin for each Python, the last is that of the newest.
    tested = {core.name: _pins(core.requirement)[-1] for core in CHOICES["all"]}
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8"))
    readme = (ROOT / "README.md").read_text("utf-8")

    series = [version.rpartition(".")[0] for version in tested.values()]

    assert series == ["2.18", "2.19", "2.20", "2.21"]
    assert runtime["requires_ansible"] == f">={series[0]}.0"
    assert f"| ansible-core | {series[0]} to {series[-1]} |" in readme


def test_the_cores_between_run_on_their_own_pythons() -> None:
    assert _names((3, 11), (3, 14), cores="all") == [
        "oldest-core-python3.11",
        "2.19-core-python3.11",
        "2.20-core-python3.14",
        "newest-core-python3.14",
    ]


def test_the_core_to_come_is_tested_on_request_only() -> None:
    assert _names((3, 12), (3, 13), cores="next") == ["next-core-python3.13"]


def test_a_choice_that_there_is_not_is_reported() -> None:
    with pytest.raises(ValueError, match=r"CORES=2\.19: it can be ends, all, next"):
        chosen_cores({"CORES": "2.19"})


def _steps(monkeypatch: pytest.MonkeyPatch, *versions: tuple[int, int]) -> list[str]:
    monkeypatch.delenv("CORES", raising=False)
    pythons = dict.fromkeys(versions, "python")
    monkeypatch.setattr(environment, "find_pythons", lambda _versions: pythons)
    return list(all_steps())


def test_each_entry_has_its_units_and_its_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = ((3, 11), (3, 12), (3, 13), (3, 14))

    steps = _steps(monkeypatch, *versions)

    tried = [step for step in steps if not step.endswith((" mitogen", " sanity"))]
    assert sorted(tried) == sorted(
        f"{name} {kind}" for name in _names(*versions) for kind in ("integration", "units")
    )
    assert [step for step in steps if step not in tried] == [
        "oldest-core-python3.13 mitogen",
        "oldest-core-python3.13 sanity",
        "newest-core-python3.14 mitogen",
        "newest-core-python3.14 sanity",
    ]


def test_what_sleeps_goes_beside_what_does_not_and_makes_another_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = _steps(monkeypatch, (3, 11), (3, 12), (3, 13))

    names, kinds = zip(*(step.split() for step in steps), strict=True)
    assert kinds == ("integration", "units") * 5 + ("mitogen", "sanity") * 2
    assert all(one != beside for one, beside in zip(names[:10:2], names[1:10:2], strict=True))


def test_the_only_entry_has_no_other_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _steps(monkeypatch, (3, 11)) == [
        "oldest-core-python3.11 integration",
        "oldest-core-python3.11 units",
        "oldest-core-python3.11 mitogen",
        "oldest-core-python3.11 sanity",
    ]
