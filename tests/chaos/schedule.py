# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One schedule: a user's wish, a cloud where things go wrong, kills; then calm, and judgement."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from . import faults, wishes
from .cloud import CREATE, Attempt, Cloud, Order, Task, watch_locks
from .turns import Kill
from .wishes import NAME

# Tries that the calm cloud is given: an order may still be doomed by a fault of before.
_TRIES = 5
_SOURCES = {"instance", "backup", "volume", "source_image", "image_url"}


@dataclass(frozen=True)
class Story:
    """before: tasks that run in peace. meddling: what may run while things go wrong. final: what
    must be true in the end, gone: that it is nothing. deletes: some of the meddling is to delete.
    """

    kind: str
    before: list[Task]
    meddling: list[Task]
    final: Task
    gone: bool = False
    deletes: bool = False
    pause: float = 0.0
    max_age: float | None = None
    keeps_old: bool = False


@dataclass
class Outcome:
    """What a schedule showed."""

    seed: int
    violations: list[str]
    kills: int = 0
    tasks: int = 0
    requests: int = 0
    story: str = ""
    told_twins: int = 0
    trace: list[str] = field(default_factory=list)


def draw_story(rng: Random) -> Story:
    makers = (_create, _create, _create, _replace, _renew, _absent, _absent, _mixed)
    return rng.choice((*makers, _made_again, _change))(rng)


def _create(rng: Random) -> Story:
    kind = rng.choice(list(wishes.KINDS))
    final = wishes.made_of(rng, kind).but(**wishes.looks(rng))
    return Story(f"create, {kind}", [], _variants(rng, final), final)


def _replace(rng: Random) -> Story:
    kind = rng.choice(list(wishes.KINDS))
    old = wishes.made_of(rng, rng.choice((kind, rng.choice(list(wishes.KINDS)))), other=True)
    final = wishes.made_of(rng, kind).but(if_source_differs="replace", **wishes.looks(rng))
    return Story(f"replace, {kind}", [old], _variants(rng, final), final)


def _renew(rng: Random) -> Story:
    kind = rng.choice(wishes.REMAKABLE)
    keeps = rng.random() < 0.3
    old = wishes.made_of(rng, kind)
    final = old.but(max_age="2d", keep_old=keeps, **wishes.looks(rng))
    meddling = _variants(rng, final)
    return Story(
        f"renew{', keep old' if keeps else ''}, {kind}",
        [old],
        meddling,
        final,
        pause=3 * 86400.0,
        max_age=2 * 86400.0,
        keeps_old=keeps,
    )


def _absent(rng: Random) -> Story:
    kind = rng.choice(list(wishes.KINDS))
    made = wishes.made_of(rng, kind)
    final = made if rng.random() < 0.3 else Task(made.module, {"name": NAME})
    final = final.but(state="absent")
    if made.module == "whole_image" and rng.random() < 0.5:
        final = final.but(delete_backup=True)
    before = [made] if rng.random() < 0.7 else [made.but(wait=False)]
    return Story(f"absent, {kind}", before, _variants(rng, final), final, gone=True)


def _mixed(rng: Random) -> Story:
    """A run that was to make the image is given up, and it is to be gone."""
    kind = rng.choice(list(wishes.KINDS))
    made = wishes.made_of(rng, kind)
    final = Task(made.module, {"name": NAME, "state": "absent"})
    return Story(f"given up, {kind}", [], [*_variants(rng, made), final], final, gone=True)


def _made_again(rng: Random) -> Story:
    """The image is deleted and made again, in whatever order."""
    kind = rng.choice(list(wishes.KINDS))
    made = wishes.made_of(rng, kind)
    gone = Task(made.module, {"name": NAME, "state": "absent"})
    meddling = [made, made.but(wait=False), gone, gone, gone.but(wait=False)]
    return Story(f"made again, {kind}", [made], meddling, made, deletes=True)


def _change(rng: Random) -> Story:
    """An image that is there is changed, whatever it was made of."""
    kind = rng.choice(list(wishes.KINDS))
    final = Task("image", {"image": NAME, **wishes.looks(rng)})
    before = [wishes.made_of(rng, kind)]
    meddling = [final, final.but(**wishes.looks(rng)), final.but(wait_timeout=5)]
    return Story(f"change, {kind}", before, meddling, final)


def _variants(rng: Random, final: Task) -> list[Task]:
    """The task itself, and others like it that may have run before."""
    tasks = [final, final]
    if final.arguments.get("state") != "absent":
        tasks.append(final.but(wait=False))
        tasks.append(final.but(**wishes.looks(rng)))
    tasks.append(final.but(wait_timeout=rng.choice((5, 60, 300))))
    return tasks


class Schedule:
    """Runs one seed."""

    def __init__(self, seed: int, folder: str) -> None:
        self.seed = seed
        self.rng = Random(f"schedule:{seed}")
        self.story = draw_story(self.rng)
        # What is deleted but listed can only be told apart by who has deleted it.
        stored = self.rng.random() < 0.7 or self.story.deletes
        self.cloud = Cloud(seed, folder if stored else None)
        # No word is left from one machine to the other, so neither knows what is not listed yet.
        two = Random(f"machines:{seed}").random() < 0.35 and not (
            self.story.gone or self.story.deletes
        )
        self.machines = [self.cloud.store, f"{folder}/other"] if stored and two else []
        self.kills = 0
        self.told = 0
        watch_locks(self.cloud.clock)
        # The client's own jitter.
        random.seed(seed)

    def run(self) -> Outcome:
        cloud, rng = self.cloud, self.rng
        cloud.simulator.faults({"switches": faults.switches(rng)})
        if self.rng.random() < 0.2:
            login = cloud.password()
            self.story = _logged_in(self.story, login)
        self._prepare()
        cloud.on_order, cloud.on_removal = self._ordered, self._removed
        cloud.simulator.faults({"rules": faults.rules(rng)})
        self._meddle()
        cloud.simulator._faults.clear(self.seed)
        cloud.simulator.faults({"switches": {"rate_limit": 200}})
        cloud.release_volumes()
        self._rest()
        self._conclude()
        return self._outcome()

    def _prepare(self) -> None:
        for task in self.story.before:
            attempt = self.cloud.run_one(task.but("before"))
            if attempt.failed:
                self.cloud.blame("stuck", f"the task before failed: {attempt}")
        self.cloud.clock.advance(self.story.pause or self.rng.choice((0.0, 1.0, 100.0)))

    def _meddle(self) -> None:
        for _turn in range(self.rng.choice((1, 1, 2, 3, 4))):
            often = 0.8 if self.machines else 0.35
            side_by_side = self.cloud.store is not None and self.rng.random() < often
            count = self.rng.choice((2, 2, 3, 5)) if side_by_side else 1
            turns = []
            for number in range(count):
                task = self.rng.choice(self.story.meddling).but(f"run {number}")
                kill = self._kill() if self.rng.random() < 0.5 else None
                turns.append(
                    self.cloud.turn(task, kill=kill, alive=self._life(), store=self._machine())
                )
            attempts = self.cloud.run(*turns)
            self.kills += sum(attempt.killed for attempt in attempts)
            self._rest()

    def _machine(self) -> str | None:
        """The store of the machine that a task runs on."""
        return self.rng.choice(self.machines) if self.machines else self.cloud.store

    def _kill(self) -> Kill:
        """At the create call, before or after the cloud has taken it, some time after it, or
        anywhere."""
        rng = self.rng
        silently = rng.random() < 0.6
        how = rng.random()
        if how < 0.25:
            return Kill(lambda place, _: _is_create(place, "before"), silently)
        if how < 0.5:
            return Kill(lambda place, _: _is_create(place, "after"), silently)
        if how < 0.75:
            return Kill(_some_time_after_create(rng.randint(1, 8)), silently)
        number = rng.randint(1, 60)
        return Kill(lambda _, places: places >= number, silently)

    def _life(self) -> Callable[[], bool]:
        """A play that may be gone, from some request on, while its worker lives on."""
        if self.rng.random() < 0.85:
            return lambda: True
        end = self.cloud.clock.now() + self.rng.choice((0.0, 5.0, 60.0))
        return lambda: self.cloud.clock.now() < end

    def _rest(self) -> None:
        """Who has no store must come later than the list: a new container does not start at
        once."""
        least = faults.LATE + 5 if self.cloud.store is None else 0.0
        self.cloud.clock.advance(least + self.rng.choice((0.0, 0.0, 1.0, 30.0, 100.0, 1000.0)))

    # --- what must hold all the time

    def _ordered(self, attempt: Attempt, order: Order) -> None:
        cloud = self.cloud
        if order.name != NAME:
            return
        for other in cloud.orders:
            if other.image_id == order.image_id or other.name != NAME:
                continue
            if other.source != order.source or other.image_id not in cloud.live():
                continue
            if self.story.max_age and order.time - other.time > self.story.max_age:
                continue
            if not cloud.could_see(order, other):
                continue  # told in the end, then
            cloud.blame(
                "twin",
                f"{attempt.task} ordered {order.image_id} beside {other.image_id} "
                f"({cloud.status(other.image_id)}) of {order.source}",
            )

    def _removed(self, attempt: Attempt, gone: dict[str, str]) -> None:
        if self.story.gone or self.story.deletes:
            return
        active = [i for i in self.cloud.named(NAME) if self.cloud.status(i) == "active"]
        if not active:
            self.cloud.blame("lost", f"{attempt.task} deleted {gone}; no other image is active")

    # --- what must hold in the end

    def _conclude(self) -> None:
        cloud, final = self.cloud, self.story.final
        if final.module == "image":
            # What a killed task has written just now, of another wish, is not to be read yet.
            cloud.clock.advance(faults.SETTLED)
        for number in range(_TRIES):
            attempt = cloud.run_one(final.but(f"final {number}"))
            if not attempt.failed:
                break
            cloud.clock.advance(60)
        if self._may_refuse(attempt):
            return
        if attempt.failed or attempt.result is None:
            cloud.blame("stuck", f"the final run does not succeed: {attempt}")
            return
        self._judge_result(attempt.result)
        self._judge_world(" ".join(attempt.result["warnings"]))
        for check_mode in (True, False):
            begun = len(cloud.events)
            again = cloud.run_one(final.but("again"), check_mode=check_mode)
            writes = [f"{e.method} {e.path}" for e in cloud.events[begun:] if e.is_write]
            result = again.result or {}
            if again.failed or result.get("changed") or writes:
                cloud.blame("unstable", f"{again} writes {writes}")
            elif result["image_id"] != attempt.result["image_id"] and not (
                # Of twins that nothing tells apart, the one ordered here is meant for a while.
                self.story.gone or self.told
            ):
                cloud.blame("unstable", f"another image the second time: {again}")

    def _judge_result(self, result: dict[str, Any]) -> None:
        cloud = self.cloud
        if self.story.gone:
            return
        image_id = result["image_id"]
        if cloud.status(image_id) != "active":
            cloud.blame("lost", f"the result names {image_id}: {cloud.status(image_id)}")
            return
        truth = cloud.simulator.cloud.world.images[image_id].facets
        wanted = self.story.final.arguments
        shown = {
            "name": truth.name,
            "description": truth.description or "",
            "min_ram": truth.min_ram,
            "max_ram": truth.max_ram,
        }
        drift = {n: (wanted[n], v) for n, v in shown.items() if n in wanted and wanted[n] != v}
        tags = wanted.get("image_tags")
        if tags is not None:
            left = truth.tags if wanted.get("purge_tags", True) else tags | truth.tags
            if {**left, **tags} != truth.tags or (wanted["purge_tags"] and truth.tags != tags):
                drift["image_tags"] = (tags, truth.tags)
        if drift:
            cloud.blame("stuck", f"not as wanted: {drift}")

    def _judge_world(self, warnings: str) -> None:
        cloud = self.cloud
        now = cloud.clock.now()
        there = cloud.named(NAME)
        if self.story.gone:
            if there:
                cloud.blame("lost", f"still there: {there}")
            return
        by_source: dict[Any, list[str]] = {}
        for order in cloud.orders:
            aged = self.story.max_age and now - order.time > self.story.max_age
            if order.image_id in there and not aged:
                by_source.setdefault(order.source, []).append(order.image_id)
        for source, ids in by_source.items():
            told = self.machines and all(image_id in warnings for image_id in ids)
            if len(ids) > 1 and not told:
                cloud.blame("twin", f"{len(ids)} images of {source}: {ids}, not told: {warnings}")
            self.told += len(ids) > 1
        aside = [i for i, n in cloud.live().items() if n.startswith(f"{NAME}-replaced-")]
        if any(image_id not in warnings for image_id in aside) and not self.story.keeps_old:
            cloud.blame("lost", f"still put aside: {aside}")

    def _may_refuse(self, attempt: Attempt) -> bool:
        """With a source given, what is not proved to be of it is not deleted."""
        message = str((attempt.result or {}).get("msg"))
        by_source = set(self.story.final.arguments) & _SOURCES
        return self.story.gone and bool(by_source) and "could not be proved" in message

    def _where(self) -> str:
        if self.machines:
            return ", two machines"
        return "" if self.cloud.store else ", no store"

    def _outcome(self) -> Outcome:
        cloud = self.cloud
        outcome = Outcome(
            self.seed,
            list(cloud.violations),
            kills=self.kills,
            tasks=len(cloud.attempts),
            requests=len(cloud.events),
            story=f"{self.story.kind}{self._where()}",
            told_twins=self.told,
        )
        if outcome.violations:
            outcome.trace = _trace(self)
        return outcome


def _logged_in(story: Story, login: dict[str, str]) -> Story:
    meddling = [task.but(**login) for task in story.meddling]
    return replace(story, meddling=meddling, final=story.final.but(**login))


def _is_create(place: str, when: str) -> bool:
    return place.startswith(f"{when} POST ") and bool(CREATE.search(place))


def _some_time_after_create(number: int) -> Callable[[str, int], bool]:
    since: list[str] = []

    def due(place: str, _attempt: int) -> bool:
        if since or _is_create(place, "after"):
            since.append(place)
        return len(since) > number

    return due


def _trace(schedule: Schedule) -> list[str]:
    """What happened, for a reader: each task with its requests and its result."""
    cloud = schedule.cloud
    values = cloud.simulator.cloud.switches.values
    lines = [f"seed {schedule.seed}: {schedule.story.kind}; store: {cloud.store is not None}"]
    lines.append(f"switches: {values}")
    begun = cloud.events[0].time if cloud.events else 0.0
    marks: dict[int, list[str]] = {}
    for attempt in cloud.attempts:
        marks.setdefault(attempt.first_event, []).append(f"--- {attempt.task.label}: {attempt}")
    for number, event in enumerate(cloud.events):
        lines += marks.pop(number, [])
        query = f"?{event.query}" if event.query else ""
        lines.append(
            f"{event.time - begun:9.1f} {event.task:9} {event.method} {event.path}{query} "
            f"-> {event.outcome}"
        )
    for rest in marks.values():
        lines += rest
    lines += [f"order: {order}" for order in cloud.orders]
    lines += [f"VIOLATION {text}" for text in cloud.violations]
    return lines


def run(seed: int) -> Outcome:
    """One schedule, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return Schedule(seed, folder).run()
