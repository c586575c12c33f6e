# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An unchanged image: as an item of a loop, as a task of its own, and the memory that it takes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

import yaml
from ansible_collections.huaweicloud.ims.tools.places import BUILD, ROOT

from .clouds import Call, Cloud, writes
from .figures import medians
from .measure import PLAYBOOKS, BenchmarkFailure, Memory, memory_of, play, seconds
from .sizes import Sizes

# Turns the front end in the controller off, so that the module runs as modules do.
AS_MODULE = {"huaweicloud_ims_in_process": False}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Contestant:
    """Something that takes a time. run: returns the seconds that one of so many took; swift: it
    is a matter of milliseconds, and measured more often."""

    run: Callable[[int], float]
    swift: bool = False


@dataclass(frozen=True)
class Items:
    """What was measured of unchanged images; see figures.Medians."""

    loop_item: Mapping[str, float]
    task: Mapping[str, float]
    requests_per_image: Mapping[str, float]


def measure(runner: Runner, sizes: Sizes, say: Say) -> Items:
    """Measure side by side."""
    say("creating the images that will be found unchanged")
    runner.prepare()
    say(f"a loop of {sizes.loop}")
    loop_item = _interleaved(runner.of_loops(), sizes.loop, sizes, say)
    say(f"{sizes.tasks} separate tasks")
    task = _interleaved(runner.of_tasks(), sizes.tasks, sizes, say)
    return Items(loop_item, task, runner.requests)


def _interleaved(
    contestants: Mapping[str, Contestant], count: int, sizes: Sizes, say: Say
) -> dict[str, float]:
    """Return the median seconds of each; all take turns, so that what slows the machine down for a
    while slows all of them down."""
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    if sizes.warm_up:
        for contestant in contestants.values():
            contestant.run(min(sizes.warm_up, count))
    for turn in range(sizes.rounds):
        for name, contestant in contestants.items():
            repeats = sizes.repeats if contestant.swift else 1
            samples[name] += [contestant.run(count) for _turn in range(repeats)]
        taken = ", ".join(f"{name} {values[-1] * 1000:.1f} ms" for name, values in samples.items())
        say(f"  round {turn + 1} of {sizes.rounds}: {taken}")
    return medians(samples)


class Runner:
    """Runs the playbooks of one cloud. `aws`: what the server of aws.py prints; None leaves that
    module out."""

    def __init__(
        self, cloud: Cloud, aws: Mapping[str, Any] | None, sizes: Sizes, log: IO[str]
    ) -> None:
        self._cloud = cloud
        self._aws = aws
        self._sizes = sizes
        self._log = log
        self._folder = BUILD / "benchmark" / "playbooks"
        self._count = max(sizes.loop, sizes.tasks)
        self.variables: dict[str, Any] = {
            "disks": cloud.disks(self._count),
            "token": cloud.token(),
            "aws": aws,
        }
        # Of our module for an unchanged image: in the loop, and as a task.
        self.requests: dict[str, float] = {}

    def prepare(self) -> None:
        """Create the images, check that they are found, and note which requests that takes."""
        self._play(PLAYBOOKS / "prepare.yml", self._count)
        self.requests["loop"], calls = self._calls_of(self.loop("ours"), self._sizes.loop)
        self.variables["urls"] = [
            _address(self._cloud, call) for call in calls if call["service"] == "ims"
        ]

    def loop(self, name: str) -> Path:
        return PLAYBOOKS / f"{name}.yml"

    def separate(self, name: str) -> Path:
        """The same playbook with tasks of their own in place of the loop."""
        return self._written(name, self._sizes.tasks)

    def single(self, name: str) -> Path:
        """The same playbook with one task."""
        return self._written(name, 1)

    def _written(self, name: str, tasks: int) -> Path:
        (play_,) = yaml.safe_load(self.loop(name).read_text("utf-8"))
        (task,) = play_["tasks"]
        del task["loop"]
        play_["tasks"] = [
            {**task, "name": f"{task['name']} ({item})", "vars": {"item": item}}
            for item in range(1, tasks + 1)
        ]
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}-{tasks}.yml"
        path.write_text(json.dumps([play_]), encoding="utf-8")
        return path

    def of_loops(self) -> dict[str, Contestant]:
        found = {
            "ours": Contestant(lambda n: self._play(self.loop("ours"), n) / n, swift=True),
            "debug": Contestant(lambda n: self._play(self.loop("debug"), n) / n, swift=True),
            "ours_as_module": Contestant(
                lambda n: self._play(self.loop("ours"), n, **AS_MODULE) / n
            ),
            "uri": Contestant(lambda n: self._play(self.loop("uri"), n) / n),
        }
        if self._aws is not None:
            found["ec2_ami_info"] = Contestant(
                lambda n: self._play(self.loop("ec2_ami_info"), n) / n
            )
        return found

    def of_tasks(self) -> dict[str, Contestant]:
        """Tasks of their own."""
        count, ours, debug = self._sizes.tasks, self.separate("ours"), self.separate("debug")
        self.requests["task"], calls = self._calls_of(ours, count)
        return {
            "ours": Contestant(lambda _n: self._play(ours, count) / count, swift=True),
            "debug": Contestant(lambda _n: self._play(debug, count) / count, swift=True),
            "plain_requests": Contestant(lambda _n: self._plainly(calls, count), swift=True),
        }

    def memory(self) -> dict[str, dict[str, Memory]]:
        """Peaks by playbook and contestant: the medians of the rounds."""
        playbooks = {
            "loop": (self.loop, self._sizes.loop),
            "tasks": (self.separate, self._sizes.tasks),
        }
        return {
            kind: {name: self._memory_of(playbook(name), count) for name in ("ours", "debug")}
            for kind, (playbook, count) in playbooks.items()
        }

    def _memory_of(self, playbook: Path, count: int) -> Memory:
        variables = {**self.variables, "count": count}
        peaks = [
            memory_of(self._cloud.place, playbook, variables, self._log)
            for _turn in range(self._sizes.rounds)
        ]
        columns = {f.name: [getattr(peak, f.name) for peak in peaks] for f in fields(Memory)}
        return Memory(**{name: int(value) for name, value in medians(columns).items()})

    def _play(self, playbook: Path, count: int, **more: Any) -> float:
        variables = {**self.variables, "count": count, **more}
        return seconds(play(self._cloud.place, playbook, variables, self._log))

    def _calls_of(self, playbook: Path, count: int) -> tuple[float, list[Call]]:
        """Return what our module requests if nothing has to be done: how often for an image, and
        all of it."""
        before = len(self._cloud.calls())
        self._play(playbook, count)
        calls = self._cloud.calls(since=before)
        if writes(calls):
            raise BenchmarkFailure(f"{playbook.name} writes, though nothing is to be changed")
        return len(calls) / count, calls

    def _plainly(self, calls: Sequence[Call], count: int) -> float:
        """The same requests, in so many visits with a connection each; seconds of one visit."""
        addresses = [_address(self._cloud, call) for call in calls]
        share = len(addresses) / count
        visits = [
            addresses[round(share * turn) : round(share * (turn + 1))] for turn in range(count)
        ]
        return sum(plainly(self._cloud, visits)) / count


def plainly(cloud: Cloud, visits: Sequence[Sequence[str]]) -> list[float]:
    """Return the seconds that each visit of a plain program takes (see plain.py)."""
    answer = subprocess.run(
        [str(cloud.place.python), "-m", "tests.benchmark.plain"],
        cwd=ROOT,
        env=cloud.place.environ(),
        input=json.dumps({"token": cloud.token(), "visits": visits}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    taken: list[float] = json.loads(answer.stdout)
    return taken


def addresses(cloud: Cloud, calls: Sequence[Call]) -> list[str]:
    """Return the addresses of the calls that only look."""
    return [_address(cloud, call) for call in calls if call["method"] == "GET"]


def _address(cloud: Cloud, call: Call) -> str:
    query = urlencode(call["query"], doseq=True)
    return f"{cloud.url}{call['path']}{'?' if query else ''}{query}"
