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

# Stands among the tasks of a story for: wait for what those before it have registered.
WAIT = Task("image_wait", {})
# The same for: copy an image that one of them has started, whether it is finished or not.
COPY_NAME = "golden-copy"
COPY = Task("image_copy", {"name": COPY_NAME, "if_source_differs": "replace", "wait": False})

# A cloud that takes no notes of sources: who is given an old result again tries to note it again.
_NO_NOTES = "400 IMG.0105"
# Tries that the calm cloud is given: an order may still be doomed by a fault of before.
_TRIES = 5
_SOURCES = {"instance", "backup", "volume", "source_image", "image_url"}


@dataclass(frozen=True)
class Story:
    """before: tasks that run in peace. meddling: what may run while things go wrong. final: what
    must be true in the end, gone: that it is nothing. deletes: some of the meddling is to delete.
    together: in the end all is started, and then waited for by one task; others: what is started
    beside it, under names of their own; copied: so is a copy of the image, which may have to wait
    until that is there.
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
    others: tuple[Task, ...] = ()
    together: bool = False
    copied: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        copy = (COPY_NAME,) if self.copied else ()
        return (NAME, *(str(task.arguments["name"]) for task in self.others), *copy)


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


def waited_for(story: Story, rng: Random) -> Story:
    """The same story, with tasks that start images and others that wait for them."""
    if story.final.module == "image" or rng.random() < 0.5:
        return story
    waits = [WAIT] * rng.choice((1, 2, 4))
    if story.gone:
        meddling = [*story.meddling, *waits]
        return replace(story, kind=f"{story.kind}, waited for", meddling=meddling)
    others = tuple(wishes.beside(rng, rng.choice((0, 1, 1, 2, 3))))
    starts = [task.but(wait=False) for task in (story.final, *others)]
    strays = [task.but(**wishes.looks(rng)) for task in others]
    # Only an export tells the id of its image at once.
    copied = story.final.module == "volume_image_export" and rng.random() < 0.7
    copies = [COPY, COPY.but(wait=True)] if copied else []
    return replace(
        story,
        kind=f"{story.kind}, together with {len(others)}{' and a copy' if copied else ''}",
        meddling=[*story.meddling, *starts, *strays, *waits, *copies],
        others=others,
        together=True,
        copied=copied,
    )


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
        self.story = waited_for(draw_story(self.rng), Random(f"together:{seed}"))
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
        # A first look does not turn pages: it may take what is over for something that is coming.
        self.short_pages = False
        # What tasks have handed back, for those that wait for it.
        self.registered: list[dict[str, Any]] = []
        watch_locks(self.cloud.clock)
        # The client's own jitter.
        random.seed(seed)

    def run(self) -> Outcome:
        cloud, rng = self.cloud, self.rng
        switches = faults.switches(rng)
        if "create_limit" in switches:
            # Each disk may be one that is exported for ever.
            switches["create_limit"] += len(self.story.others) + self.story.copied
        cloud.simulator.faults({"switches": switches})
        self.short_pages = "page_size" in switches
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
                task = self._task().but(f"run {number}")
                kill = self._kill() if self.rng.random() < 0.5 else None
                turns.append(
                    self.cloud.turn(task, kill=kill, alive=self._life(), store=self._machine())
                )
            attempts = self.cloud.run(*turns)
            self.kills += sum(attempt.killed for attempt in attempts)
            self.registered += [a.result for a in attempts if a.result and _starts(a.task)]
            self._rest()

    def _task(self) -> Task:
        """One of the story; to wait, there has to be something to wait for."""
        task = self.rng.choice(self.story.meddling)
        if task.arguments.get("name") == COPY_NAME:
            ids = [r["image_id"] for r in self.registered if r.get("image_id") and _is_of(r, NAME)]
            source = self.rng.choice(ids) if ids else None
            return task.but(source_image=source) if source else self.story.final.but(wait=False)
        if task.module != WAIT.module:
            return task
        if not self.registered:
            return self.story.final.but(wait=False)
        count = self.rng.randint(1, len(self.registered))
        chosen = self.rng.sample(self.registered, count)
        timeout = self.rng.choice((5, 60, 300, 7200))
        ids = [result["image_id"] for result in chosen if result.get("image_id")]
        if ids and self.rng.random() < 0.1:
            return task.but(images=ids, wait_timeout=timeout)
        return task.but(results=chosen, wait_timeout=timeout)

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
        if order.name not in self.story.names:
            return
        for other in cloud.orders:
            if other.image_id == order.image_id or other.name != order.name:
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
        others = {str(task.arguments["name"]) for task in self.story.others}
        if others & set(gone.values()):
            self.cloud.blame("lost", f"{attempt.task} deleted {gone}; nobody has asked for that")
        copies = [self.cloud.status(i) for i in self.cloud.named(COPY_NAME)]
        if COPY_NAME in gone.values() and "active" not in copies:
            self.cloud.blame("lost", f"{attempt.task} deleted {gone}; no other copy is active")

    # --- what must hold in the end

    def _conclude(self) -> None:
        cloud, final = self.cloud, self.story.final
        if self.story.together:
            self._conclude_together()
            return
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
        if not self.story.gone:
            self._judge_image(final, attempt.result["image_id"])
        self._judge_world(" ".join(attempt.result["warnings"]))
        self._judge_rest(final, attempt.result["image_id"])

    def _conclude_together(self) -> None:
        """All is started, and one task waits for it; what has failed is run again: the waiting
        alone, if that is all that has, or everything."""
        cloud = self.cloud
        tasks = [self.story.final, *self.story.others]
        started: list[Attempt] = []
        starting: list[Task] = []
        for number in range(_TRIES):
            if any(attempt.failed for attempt in started) or self.rng.random() < 0.5 or not started:
                starting = [task.but(f"start {number}", wait=False) for task in tasks]
                started = [cloud.run_one(task) for task in starting]
                source = (started[0].result or {}).get("image_id")
                if self.story.copied and source and not started[0].failed:
                    starting.append(COPY.but(f"start {number}", source_image=source))
                    started.append(cloud.run_one(starting[-1]))
            results = [attempt.result for attempt in started]
            waiting = WAIT.but(f"final {number}", results=results)
            waited = cloud.run_one(waiting)
            if not waited.failed:
                break
            cloud.clock.advance(60)
        if waited.failed or waited.result is None:
            cloud.blame("stuck", f"the final wait does not succeed: {waited}")
            return
        ids = [entry["image_id"] for entry in waited.result["images"]]
        for task, image_id in zip(starting, ids, strict=True):
            self._judge_image(task, image_id)
        told = [result["warnings"] for result in (*results, waited.result) if result]
        self._judge_world(" ".join(text for texts in told for text in texts))
        for task, image_id in zip(starting, ids, strict=True):
            self._judge_rest(task, image_id)
        self._judge_rest(waiting, waited.result["image_id"])

    def _judge_rest(self, task: Task, image_id: str | None) -> None:
        """Once more, in check mode and really: nothing is to be done."""
        cloud = self.cloud
        for check_mode in (True, False):
            begun = len(cloud.events)
            again = cloud.run_one(task.but("again"), check_mode=check_mode)
            writes = [
                f"{e.method} {e.path}"
                for e in cloud.events[begun:]
                if e.is_write and not (task.module == WAIT.module and e.outcome == _NO_NOTES)
            ]
            result = again.result or {}
            news = result.get("changed") and not (task.module == WAIT.module and self.short_pages)
            if again.failed or news or writes:
                cloud.blame("unstable", f"{again} writes {writes}")
            elif result["image_id"] != image_id and not (
                # Of twins that nothing tells apart, the one ordered here is meant for a while.
                self.story.gone or self.told
            ):
                cloud.blame("unstable", f"another image the second time: {again}")

    def _judge_image(self, task: Task, image_id: str) -> None:
        """It is active, and in truth looks as the task has asked for."""
        cloud = self.cloud
        if cloud.status(image_id) != "active":
            cloud.blame("lost", f"the result names {image_id}: {cloud.status(image_id)}")
            return
        truth = cloud.simulator.cloud.world.images[image_id].facets
        wanted = task.arguments
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
        if self.story.gone:
            there = cloud.named(NAME)
            if there:
                cloud.blame("lost", f"still there: {there}")
            return
        by_source: dict[Any, list[str]] = {}
        for order in cloud.orders:
            aged = self.story.max_age and now - order.time > self.story.max_age
            named = order.name in self.story.names and order.image_id in cloud.named(order.name)
            if named and not aged:
                by_source.setdefault((order.name, order.source), []).append(order.image_id)
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
    others = tuple(task.but(**login) for task in story.others)
    return replace(story, meddling=meddling, final=story.final.but(**login), others=others)


def _starts(task: Task) -> bool:
    """May what it hands back be given to image_wait?"""
    return task.module not in ("image", WAIT.module)


def _is_of(result: dict[str, Any], name: str) -> bool:
    return bool(result.get("image")) and result["image"]["name"] == name


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
