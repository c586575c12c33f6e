# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many exports at once: how long until the last is active, and how many requests the waiting takes.

The cloud works at the real speed here. If it were faster, each second that Ansible takes would
weigh as many as the cloud saves, and each pause between two polls, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from .clouds import Call, Cloud, length_rule, reads
from .figures import Fanout
from .items import AS_MODULE, Say, addresses, plainly
from .measure import PLAYBOOKS, BenchmarkFailure, Memory, Timed, memory_of, play, seconds
from .sizes import Sizes


@dataclass(frozen=True)
class Fanouts:
    """What was measured of many exports; see figures.Medians."""

    fanout: Mapping[str, Fanout]
    longest_job: float
    start_calls: float
    create_requests: float


@dataclass(frozen=True)
class Run:
    """One way to create so many images: its tasks, and the calls that the cloud received."""

    count: int
    tasks: Sequence[Timed]
    calls: Sequence[Call]

    @property
    def makespan(self) -> float:
        return seconds(self.tasks)

    def before_the_last_task(self) -> list[Call]:
        return [call for call in self.calls if call["time"] < self.tasks[-1].begin]


def measure(
    cloud: Cloud, aws: Mapping[str, Any] | None, sizes: Sizes, log: IO[str], say: Say
) -> Fanouts:
    """Run each way to create so many images. Raises BenchmarkFailure if one does not create all."""
    field = Field(cloud, sizes, log, say)
    batch = field.run("image_batch", sizes.exports)
    separate = field.run("image_wait", sizes.exports)
    started = separate.before_the_last_task()
    one_call = _one_call(cloud, started)
    # The reads before a create request, of the module as tasks in the background and in a loop use
    # it, and of the batch.
    starts = field.run("start", sizes.plain_loop, done=False, **AS_MODULE)
    others = {
        "loop": field.run("loop", sizes.plain_loop),
        "async": field.run("async", sizes.exports),
        "uri": field.run("uri", sizes.exports),
    }
    fanout = compared(batch, separate, starts, others, sizes.exports)
    if aws is not None:
        fanout["ec2_ami"] = field.run_elsewhere("ec2_ami", aws, sizes.exports)
    return Fanouts(
        fanout=fanout,
        longest_job=sizes.export_seconds,
        start_calls=one_call * len(started),
        create_requests=one_call * sum(call["method"] == "POST" for call in started),
    )


def measure_long(cloud: Cloud, sizes: Sizes, log: IO[str], say: Say) -> Fanout:
    """Run the batch once more, with jobs that take longer."""
    run = Field(cloud, sizes, log, say, sizes.long_export_seconds).run("image_batch", sizes.exports)
    return Fanout(run.makespan, reads_of_waiting(run))


def measure_memory(cloud: Cloud, sizes: Sizes, log: IO[str], say: Say) -> Memory:
    """Return the peaks of a batch."""
    return Field(cloud, sizes, log, say).memory("image_batch", sizes.exports)


def compared(
    batch: Run, separate: Run, starts: Run, others: Mapping[str, Run], exports: int
) -> dict[str, Fanout]:
    """Return what each way took for so many exports, and how often it polled.

    A read that the module makes before the create request is no poll; `starts`, which nobody waited
    for, shows how many these are. Who created fewer images created them one after the other: the
    rest would have taken as long each.
    """
    reads_of_a_start = reads(starts.calls) / starts.count
    before = separate.before_the_last_task()
    found = {
        "image_batch": Fanout(batch.makespan, reads_of_waiting(batch)),
        "image_wait": Fanout(separate.makespan, reads(separate.calls) - reads(before)),
    }
    for name, run in others.items():
        first = 0.0 if name == "uri" else reads_of_a_start
        factor = exports / run.count
        found[name] = Fanout(run.makespan * factor, (reads(run.calls) - first * run.count) * factor)
    return found


def reads_of_waiting(run: Run) -> float:
    """Return how many requests of a batch polled: all that read, but for those about the disk of
    each entry and the first list, which come before the create requests."""
    listings = [call for call in run.calls if call["service"] == "ims"]
    return max(0, reads(listings) - 1)


class Field:
    """Runs the contestants one after the other, each in a cloud as it was at the start."""

    def __init__(
        self, cloud: Cloud, sizes: Sizes, log: IO[str], say: Say, length: float | None = None
    ) -> None:
        self._cloud = cloud
        self._log = log
        self._say = say
        self._length = sizes.export_seconds if length is None else length

    def run(self, name: str, count: int, *, done: bool = True, **more: Any) -> Run:
        """Run fanout_<name>.yml for so many disks; `done`: all images must be active then."""
        variables = {**self._prepared(name, count), **more}
        playbook = PLAYBOOKS / f"fanout_{name}.yml"
        before = len(self._cloud.calls())
        tasks = play(self._cloud.place, playbook, variables, self._log)
        made = self._cloud.active(str(variables["prefix"]))
        if done and made != count:
            raise BenchmarkFailure(f"{playbook.name} created {made} of {count} images")
        run = Run(count, tasks, self._cloud.calls(since=before))
        self._say(f"  {name}: {count} exports in {run.makespan:.1f} s, {len(run.calls)} requests")
        return run

    def memory(self, name: str, count: int) -> Memory:
        playbook, variables = PLAYBOOKS / f"fanout_{name}.yml", self._prepared(name, count)
        return memory_of(self._cloud.place, playbook, variables, self._log)

    def run_elsewhere(self, name: str, aws: Mapping[str, Any], count: int) -> Fanout:
        """Run fanout_<name>.yml against the server of aws.py, which creates images at once."""
        variables = {"aws": aws, "instances": aws["instances"][:count], "prefix": name}
        playbook = PLAYBOOKS / f"fanout_{name}.yml"
        makespan = seconds(play(self._cloud.place, playbook, variables, self._log))
        self._say(f"  {name}: {count} images in {makespan:.1f} s")
        return Fanout(makespan, None)

    def _prepared(self, name: str, count: int) -> dict[str, Any]:
        """Start the cloud again, and return the variables of a playbook."""
        self._cloud.reset([length_rule(self._length)])
        prefix, disks = f"{name}-fanout", self._cloud.disks(count)
        return {
            "disks": disks,
            "exports": [
                {"volume_image_export": {"name": f"{prefix}-{index}", "volume": disk}}
                for index, disk in enumerate(disks)
            ],
            "prefix": prefix,
            "project_id": self._cloud.facts["project_id"],
            "token": self._cloud.token(),
            "url": self._cloud.url,
        }


def _one_call(cloud: Cloud, calls: Sequence[Call]) -> float:
    """The seconds that one of these calls takes a plain program whose connection stays open."""
    visited = addresses(cloud, calls)[:50]
    return plainly(cloud, [visited])[0] / len(visited)
