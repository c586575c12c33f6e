# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many exports at once: how long until the last is done, and how often it is asked for that.

The cloud works at the real speed here. If it were faster, each second that Ansible takes would
weigh as many as the cloud saves, and each pause between two looks, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from .clouds import Call, Cloud, looks
from .figures import Fanout
from .items import AS_MODULE, Say, addresses, plainly
from .measure import PLAYBOOKS, BenchmarkFailure, Timed, play, seconds
from .sizes import Sizes

_EXPORT = r"/volumes/[^/]+/action$"


@dataclass(frozen=True)
class Fanouts:
    """What was measured of many exports; see figures.Medians."""

    fanout: Mapping[str, Fanout]
    longest_job: float
    start_calls: float
    orders: float


@dataclass(frozen=True)
class Run:
    """One way to make so many images: its tasks, and the calls that the cloud received."""

    count: int
    tasks: Sequence[Timed]
    calls: Sequence[Call]

    @property
    def makespan(self) -> float:
        return seconds(self.tasks)

    def before_the_last_task(self) -> list[Call]:
        return [call for call in self.calls if call["time"] < self.tasks[-1].begin]


def measure(cloud: Cloud, sizes: Sizes, log: IO[str], say: Say) -> Fanouts:
    """Run each way to make so many images. Raises BenchmarkFailure if one does not make all."""
    field = _Field(cloud, sizes, log, say)
    ours = field.run("image_wait", sizes.exports)
    started = ours.before_the_last_task()
    one_call = _one_call(cloud, started)
    # The looks before the order, of the module as tasks in the background and in a loop use it.
    starts = field.run("start", sizes.plain_loop, done=False, **AS_MODULE)
    others = {
        "loop": field.run("loop", sizes.plain_loop),
        "async": field.run("async", sizes.exports),
        "uri": field.run("uri", sizes.exports),
    }
    return Fanouts(
        fanout=compared(ours, starts, others, sizes.exports),
        longest_job=sizes.export_seconds,
        start_calls=one_call * len(started),
        orders=one_call * sum(call["method"] == "POST" for call in started),
    )


def compared(ours: Run, starts: Run, others: Mapping[str, Run], exports: int) -> dict[str, Fanout]:
    """Return what each way took for so many exports, and how often it looked whether they are done.

    A look that the module makes before it orders is no waiting; `starts`, which nobody waited for,
    tells how many these are. Who made fewer images made them one after the other: the rest would
    have taken as long each.
    """
    looks_of_a_start = looks(starts.calls) / starts.count
    found = {
        "image_wait": Fanout(ours.makespan, looks(ours.calls) - looks(ours.before_the_last_task()))
    }
    for name, run in others.items():
        before = 0.0 if name == "uri" else looks_of_a_start
        factor = exports / run.count
        found[name] = Fanout(
            run.makespan * factor, (looks(run.calls) - before * run.count) * factor
        )
    return found


class _Field:
    """Runs the contestants one after the other, each in a cloud as it was at the start."""

    def __init__(self, cloud: Cloud, sizes: Sizes, log: IO[str], say: Say) -> None:
        self._cloud = cloud
        self._log = log
        self._say = say
        self._rule = {
            "name": "length",
            "method": "POST",
            "path": _EXPORT,
            "action": "volume",
            "duration": sizes.export_seconds,
        }

    def run(self, name: str, count: int, *, done: bool = True, **more: Any) -> Run:
        """Run fanout_<name>.yml for so many disks; `done`: all images must be active then."""
        self._cloud.reset([self._rule])
        variables = {
            "disks": self._cloud.disks(count),
            "prefix": f"{name}-fanout",
            "project_id": self._cloud.facts["project_id"],
            "token": self._cloud.token(),
            "url": self._cloud.url,
            **more,
        }
        playbook = PLAYBOOKS / f"fanout_{name}.yml"
        before = len(self._cloud.calls())
        tasks = play(self._cloud.place, playbook, variables, self._log)
        made = self._cloud.active(str(variables["prefix"]))
        if done and made != count:
            raise BenchmarkFailure(f"{playbook.name} made {made} of {count} images")
        run = Run(count, tasks, self._cloud.calls(since=before))
        self._say(f"  {name}: {count} exports in {run.makespan:.1f} s, {len(run.calls)} requests")
        return run


def _one_call(cloud: Cloud, calls: Sequence[Call]) -> float:
    """The seconds that one of these calls takes a plain program whose connection stays open."""
    visited = addresses(cloud, calls)[:50]
    return plainly(cloud, [visited])[0] / len(visited)
