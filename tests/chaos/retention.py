# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One schedule of image_retention: things go wrong, tasks are killed; each deletion is checked
against reference.py."""

from __future__ import annotations

import random
from collections.abc import Mapping
from random import Random
from typing import Any

from ..simulator.records import Image
from ..simulator.seed.identity import PROJECT
from . import faults, reference, retention_cases
from .cloud import Attempt, Cloud, watch_locks
from .outcome import Outcome, trace
from .turns import Kill

_DAY = 86400.0
# How a task refuses to go by clocks that disagree.
NO_AGE = "because of its age"


class Retention:
    """Runs one seed."""

    def __init__(self, seed: int, folder: str) -> None:
        self.seed = seed
        self.rng = Random(f"retention:{seed}")
        self.cloud = Cloud(seed, folder if self.rng.random() < 0.7 else None)
        watch_locks(self.cloud.clock)
        random.seed(seed)
        self.kills = 0
        case = retention_cases.draw(self.rng, self.cloud.clock.now())
        case.fill(self.cloud)
        self.sources, self.task = case.sources, case.task
        if self.rng.random() < 0.05:
            # A machine whose clock is far off; signatures would be refused.
            self.task = self.task.but(**self.cloud.password())
            self.cloud.clock.step(self.rng.choice((31.0, -31.0)) * _DAY)
        self.due = reference.refusal_due(self.task.arguments)

    def run(self) -> Outcome:
        cloud, rng = self.cloud, self.rng
        switches = faults.switches(rng)
        # What counts here is what is deleted, not how fast.
        switches.pop("rate_limit", None)
        cloud.simulator.faults({"switches": switches})
        cloud.on_delete = self._deletes
        cloud.simulator.faults({"rules": faults.rules(rng, creating=False)})
        for number in range(rng.choice((0, 1, 1, 2))):
            self._meddle(number)
        cloud.simulator._faults.clear(self.seed)
        cloud.end_lingering()
        self._conclude()
        outcome = Outcome(
            self.seed,
            list(cloud.violations),
            kills=self.kills,
            tasks=len(cloud.attempts),
            requests=len(cloud.events),
            story="retention" + ("" if cloud.store else ", no store"),
        )
        if outcome.violations:
            outcome.trace = [*trace(self.seed, outcome.story, cloud), *self._told()]
        return outcome

    def _meddle(self, number: int) -> None:
        rng, cloud = self.rng, self.cloud
        turns = []
        for one in range(rng.choice((1, 1, 2))):
            task = self.task.but(f"run {number}.{one}")
            if rng.random() < 0.4:
                task = task.but(wait=False) if rng.random() < 0.5 else task.but(wait_timeout=60)
            places = rng.randint(1, 60)
            kill = Kill(lambda _, count, n=places: count >= n, rng.random() < 0.6)  # type: ignore[misc]
            turns.append(cloud.turn(task, kill=kill if rng.random() < 0.4 else None))
        attempts = cloud.run(*turns)
        self.kills += sum(attempt.killed for attempt in attempts)
        for attempt in attempts:
            self._judge(attempt)
        cloud.clock.advance(rng.choice((0.0, 1.0, 100.0)))

    # --- what must hold

    def _truth(self) -> reference.Truth:
        world = self.cloud.simulator.cloud.world
        return reference.Truth(
            [image for image in world.images.values() if self._is_ever_listed(image)],
            self.cloud.clock.now(),
            frozenset(server.image_id for server in world.servers.values()),
            {**{i: _source_of(image) for i, image in world.images.items()}, **self.sources},
        )

    def _is_ever_listed(self, image: Image) -> bool:
        """Some clouds list only the default enterprise project where the task names none."""
        switches = self.cloud.simulator.cloud.switches
        all_listed = switches["all_projects"] == "listed" or switches["list_projects"] == "all"
        is_named = self.task.arguments.get("enterprise_project_id") is not None
        return all_listed or is_named or image.facets.enterprise_project_id == "0"

    def _deletes(self, attempt: Attempt, image: Image) -> None:
        why = self.due or reference.kept_because(self._truth(), image, self.task.arguments)
        if why:
            text = f"{attempt.task} deletes {image.facets.name} although {why}"
            self.cloud.blame("deleted", text)

    def _judge(self, attempt: Attempt) -> None:
        result = attempt.result
        if result is None:
            return
        if self.due and not attempt.failed:
            self.cloud.blame("untrue", f"{attempt} is not refused: {self.due}")
        if attempt.check_mode or "deleted" not in result:
            return
        there = [i for i in result["deleted"] if self.cloud.status(i) is not None]
        if there:
            self.cloud.blame("untrue", f"{attempt} did not delete {there}")
        forgotten = [i for i in attempt.deleted if i in result["kept"]]
        if forgotten:
            self.cloud.blame("untrue", f"{attempt} has deleted {forgotten}")

    def _conclude(self) -> None:
        """In peace: as predicted, all that is to go has gone, and then nothing is left to do."""
        truth = self._truth()
        checked = self.cloud.run_one(self.task.but("check"), check_mode=True)
        done = self.cloud.run_one(self.task.but("final"))
        for attempt in (checked, done):
            self._judge(attempt)
        if self.due or self._is_refused(checked, done):
            return
        if checked.failed or done.failed or checked.result is None or done.result is None:
            self.cloud.blame("stuck", f"the final run does not succeed: {checked}; {done}")
            return
        self._compare(checked.result, done.result)
        self._judge_final(truth, done, " ".join(done.result["warnings"]))

    def _is_refused(self, checked: Attempt, done: Attempt) -> bool:
        """Nothing goes by its age if the clocks disagree; check mode knows that too."""
        differ = self.cloud.clocks_differ()
        if not (differ and done.failed and NO_AGE in (done.result or {}).get("msg", "")):
            return False
        if not checked.failed:
            self.cloud.blame("untrue", f"check mode did not foresee {done}")
        return True

    def _compare(self, checked: Mapping[str, Any], done: Mapping[str, Any]) -> None:
        for name in ("changed", "deleted", "kept", "actions", "diff"):
            if checked[name] != done[name]:
                told = f"{checked[name]}, really {done[name]}"
                self.cloud.blame("untrue", f"check mode said {name} {told}")

    def _judge_final(self, truth: reference.Truth, done: Attempt, warnings: str) -> None:
        """truth: as it was before the task ran."""
        cloud, arguments = self.cloud, self.task.arguments
        left = [
            image.facets.name
            for image in truth.images
            if image.owner == PROJECT and cloud.status(image.id) is not None
            if not reference.kept_because(truth, image, arguments)
        ]
        # A clock that is behind makes images younger, and without a Date header none else is known.
        if left and not cloud.clocks_differ():
            cloud.blame("stuck", f"{done} left {left}, which are to go")
        unknown = reference.unknown_entries(truth, arguments.get("keep") or ())
        silent = [entry for entry in unknown if entry.lower() not in warnings.lower()]
        if silent:
            cloud.blame("untrue", f"{done} does not warn that keep has {silent}, which are unknown")
        begun = len(cloud.events)
        again = cloud.run_one(self.task.but("again"))
        writes = [event for event in cloud.events[begun:] if event.is_write]
        if again.failed or writes or (again.result or {}).get("changed"):
            cloud.blame("unstable", f"{again} writes {writes}")

    def _told(self) -> list[str]:
        truth = self._truth()
        return [
            f"{image.id} {image.facets.name} {image.facets.tags} {image.status} "
            f"{(truth.now - image.created) / _DAY:.2f} d, of {truth.sources.get(image.id)}: "
            f"{reference.kept_because(truth, image, self.task.arguments)}"
            for image in truth.images
            if image.id in self.sources
        ]


def _source_of(image: Image) -> str:
    """What an image of the initial world was made from."""
    told = str(image.attributes.get("__data_origin", "")).rpartition(",")[2]
    return str(image.attributes.get("__backup_id") or told)
