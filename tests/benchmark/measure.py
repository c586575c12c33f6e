# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks and measures them: durations of tasks, memory, and CPU time of the whole run.

A duration is what the tasks took by the events of Ansible itself: from the start of the first to
the end of the last. The start of ansible-playbook, which is the same for all, is not in it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ansible_collections.huaweicloud.ims.tools import places
from ansible_collections.huaweicloud.ims.tools.account import Visitor
from ansible_collections.huaweicloud.ims.tools.places import BUILD, ROOT

HERE = Path(__file__).parent
PLAYBOOKS = HERE / "playbooks"
# Seconds. No run of a playbook takes as long.
_LIMIT = 1800
_PAUSE = 0.005


class BenchmarkFailure(Exception):
    """Nothing can be measured; the text says why."""


@dataclass(frozen=True)
class Timed:
    """A task: its name, and when it began and ended, in epoch seconds."""

    name: str
    begin: float
    end: float


@dataclass(frozen=True)
class Memory:
    """Peaks in bytes.

    process: the largest process, by its resident set. tree: the resident sets of all processes
    together. tree_once: the same, each page counted once however many of them share it.
    """

    process: int = 0
    tree: int = 0
    tree_once: int = 0


def play(place: Visitor, playbook: Path, variables: Mapping[str, Any], log: IO[str]) -> list[Timed]:
    """Run a playbook and return its tasks. Raises BenchmarkFailure if it does not end well."""
    return _play(place, playbook, variables, log, _wait)[0]


def memory_of(place: Visitor, playbook: Path, variables: Mapping[str, Any], log: IO[str]) -> Memory:
    """Run a playbook and return how much memory it took."""
    return _play(place, playbook, variables, log, _watch)[1]


def cpu_of(
    place: Visitor, playbook: Path, variables: Mapping[str, Any], log: IO[str], imports: str = ""
) -> float:
    """Run a playbook and return the CPU seconds of all its processes. `imports`: libraries that
    ansible-playbook imports when it starts."""
    place = replace(place, variables={**place.variables, "TIMING_IMPORTS": imports})
    before = _cpu_of_ended_processes()
    play(place, playbook, variables, log)
    return _cpu_of_ended_processes() - before


def _cpu_of_ended_processes() -> float:
    """Return the CPU seconds of the processes that were started here and have ended, with those
    that they had started. The clouds go on running."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(tasks: Iterable[Timed]) -> float:
    """Return the seconds from the start of the first task to the end of the last."""
    tasks = list(tasks)
    return max(task.end for task in tasks) - min(task.begin for task in tasks)


def _wait(process: subprocess.Popen[str]) -> Memory:
    process.wait(_LIMIT)
    return Memory()


def _play(
    place: Visitor,
    playbook: Path,
    variables: Mapping[str, Any],
    log: IO[str],
    wait: Callable[[subprocess.Popen[str]], Memory],
) -> tuple[list[Timed], Memory]:
    (BUILD / "tmp").mkdir(parents=True, exist_ok=True)
    place.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD / "tmp") as folder:
        timing, given = Path(folder) / "timing.json", Path(folder) / "variables.json"
        given.write_text(json.dumps(variables), encoding="utf-8")
        settings = {
            "ANSIBLE_ASYNC_DIR": str(Path(folder) / "async"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            # Python keeps bytecode, as it does for users, whatever is set at this terminal.
            "PYTHONDONTWRITEBYTECODE": "",
            "TIMING_FILE": str(timing),
        }
        command = [place.program("ansible-playbook"), str(playbook), "-e", f"@{given}"]
        visitor = replace(place, variables={**place.variables, **settings})
        process = places.start(command, visitor, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            peak = wait(process)
        finally:
            places.stop(process)
        if process.returncode:
            raise BenchmarkFailure(f"{playbook.name} failed; {log.name} says why")
        return [Timed(**task) for task in json.loads(timing.read_text("utf-8"))], peak


def _watch(process: subprocess.Popen[str]) -> Memory:
    """Look at the processes every few milliseconds until the run is over."""
    peak = Memory()
    end = time.monotonic() + _LIMIT
    while process.poll() is None and time.monotonic() < end:
        family = [process.pid, *_descendants(process.pid)]
        peak = Memory(
            process=max(peak.process, *map(_high_water, family)),
            tree=max(peak.tree, sum(map(_resident, family))),
            tree_once=max(peak.tree_once, sum(map(_share, family))),
        )
        time.sleep(_PAUSE)
    return peak


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, path.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _high_water(pid: int) -> int:
    """The largest resident set that the process has had; what came between two looks is in it."""
    return _kilobytes(f"/proc/{pid}/status", "VmHWM:")


def _resident(pid: int) -> int:
    return _kilobytes(f"/proc/{pid}/status", "VmRSS:")


def _share(pid: int) -> int:
    """The resident set of the process, with its part only of what it shares with others."""
    return _kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:")


def _kilobytes(path: str, name: str) -> int:
    """Return the bytes of a line such as `VmHWM:  51044 kB`; 0 for a process that has gone."""
    with suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0
