# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One schedule: a user's wish, a cloud where things go wrong, kills; then calm, and judgement."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from . import bystanders, faults
from .cloud import CREATE, Attempt, Cloud, Order, Task, watch_locks
from .outcome import Outcome, trace
from .retention import NO_AGE, Retention
from .stories import COPY, COPY_NAME, THE_FIRST, WAIT, Story, batched, draw_story, waited_for
from .turns import Kill
from .wishes import NAME

# A cloud that takes no notes of sources: who is given an old result again tries to note it again.
_NO_NOTES = "400 IMG.0105"
# Tries that the calm cloud is given: an order may still be doomed by a fault of before.
_TRIES = 5
# How far a machine's clock is set at once, and in all, in s.
_STEPS = (-0.5, -0.5, 59.0, 59.0, -59.0, 300.0, -300.0, 800.0, -800.0)
_MOST_STEPPED = 880.0
# How often a kill comes with a step of the clock, and how often somebody deletes a new image.
_STEPPED = 0.3
_VANDALS = 0.2
# How long ago (s) somebody may have deleted the new image without the task that deletes the old one
# being able to know: no cloud deletes one image on condition that there is another.
_UNKNOWABLE = 5.0
# The share of schedules that are of image_retention.
_RETENTIONS = 0.15
_SOURCES = {"instance", "backup", "volume", "source_image", "image_url"}


class Schedule:
    """Runs one seed."""

    def __init__(self, seed: int, folder: str) -> None:
        self.seed = seed
        self.rng = Random(f"schedule:{seed}")
        story = waited_for(draw_story(self.rng), Random(f"together:{seed}"))
        self.story = batched(story, Random(f"batch:{seed}"))
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
        # When somebody has deleted a new image. What tasks were shown as active.
        self.vandalised: float | None = None
        self.shown: list[tuple[Attempt, str]] = []
        # A first look does not turn pages: it may take what is over for something that is coming.
        self.short_pages = False
        # Images that were made before anything went wrong, and those that are nobody's business.
        self.before: list[str] = []
        self.beside = bystanders.Bystanders(self.cloud, [])
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
        cloud.simulator.faults({"switches": {**switches, **self.story.switches}})
        self.beside = bystanders.add(Random(f"bystanders:{self.seed}"), cloud, self.story.names)
        self.short_pages = "page_size" in switches
        if self.rng.random() < 0.2:
            login = cloud.password()
            self.story = _logged_in(self.story, login)
        self._prepare()
        cloud.on_order, cloud.on_removal = self._ordered, self._removed
        if Random(f"vandal:{self.seed}").random() < _VANDALS:
            cloud.on_answer = self._vandalise
        cloud.simulator.faults({"rules": faults.rules(rng)})
        self._meddle()
        cloud.on_answer = lambda *_: None
        cloud.simulator._faults.clear(self.seed)
        cloud.simulator.faults({"switches": {"rate_limit": 200}})
        cloud.release_volumes()
        cloud.end_lingering()
        cloud.clock.advance(self.story.calm)
        self._rest()
        self._conclude()
        return self._outcome()

    def _prepare(self) -> None:
        self.cloud.simulator.faults({"rules": list(self.story.rules)})
        for task in self.story.before:
            attempt = self.cloud.run_one(self._bound(task).but("before"))
            if attempt.failed or attempt.result is None:
                self.cloud.blame("stuck", f"the task before failed: {attempt}")
            elif task.arguments.get("wait") is False:
                self.registered.append(attempt.result)
            self.before = [order.image_id for order in self.cloud.orders]
        self.cloud.simulator._faults.clear(self.seed)
        self.story = replace(
            self.story,
            meddling=[self._bound(task) for task in self.story.meddling],
            final=self._bound(self.story.final),
        )
        pause = self.story.pause or self.rng.choice((0.0, 1.0, 100.0))
        self.cloud.clock.advance(self._least_pause + pause)

    def _bound(self, task: Task) -> Task:
        """The task with the id of the image that has been made before."""
        first = self.before[0] if self.before else "none-was-made"
        given = {name: first for name, value in task.arguments.items() if value == THE_FIRST}
        return task.but(**given)

    def _meddle(self) -> None:
        for _turn in range(self.rng.choice((1, 1, 2, 3, 4))):
            often = 0.8 if self.machines else 0.35
            side_by_side = self.cloud.store is not None and self.rng.random() < often
            count = self.rng.choice((2, 2, 3, 5)) if side_by_side else 1
            turns = []
            for number in range(count):
                task = self._task().but(f"run {number}")
                kill = self._kill() if self.rng.random() < 0.5 else None
                if kill and self.rng.random() < _STEPPED:
                    kill = self._with_step(kill)
                turns.append(
                    self.cloud.turn(task, kill=kill, alive=self._life(), store=self._machine())
                )
            attempts = self.cloud.run(*turns)
            self.kills += sum(attempt.killed for attempt in attempts)
            self.registered += [a.result for a in attempts if a.result and _starts(a.task)]
            if self.rng.random() < _STEPPED / 3:
                self._step()
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

    def _with_step(self, kill: Kill) -> Kill:
        """The same kill; at the same moment, somebody sets this machine's clock."""

        def due(place: str, places: int) -> bool:
            if not kill.when(place, places):
                return False
            self._step()
            return True

        return Kill(due, kill.silently)

    def _step(self) -> None:
        """Not so far that the cloud refuses signatures."""
        step = self.rng.choice(_STEPS)
        clock = self.cloud.clock
        if abs(clock.time() + step - clock.now()) < _MOST_STEPPED:
            clock.step(step)

    def _life(self) -> Callable[[], bool]:
        """A play that may be gone, from some request on, while its worker lives on."""
        if self.rng.random() < 0.85:
            return lambda: True
        end = self.cloud.clock.now() + self.rng.choice((0.0, 5.0, 60.0))
        return lambda: self.cloud.clock.now() < end

    @property
    def _least_pause(self) -> float:
        """Who has no store must come later than the list: a new container does not start at
        once."""
        return faults.LATE + 5 if self.cloud.store is None else 0.0

    def _rest(self) -> None:
        self.cloud.clock.advance(
            self._least_pause + self.rng.choice((0.0, 0.0, 1.0, 30.0, 100.0, 1000.0))
        )

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
        """An image goes only if it is to be replaced, and another one of its name is active."""
        if self.story.gone or self.story.deletes:
            return
        cloud = self.cloud
        images = cloud.simulator.cloud.world.images
        for name in {cloud.untouchable.name_of(images[image_id]) for image_id in gone}:
            others = [task for task in self.story.others if task.arguments["name"] == name]
            if others and others[0].arguments.get("if_source_differs") != "replace":
                cloud.blame("lost", f"{attempt.task} deleted {gone}; nobody has asked for that")
            just_now = self.vandalised is not None and (
                cloud.clock.now() - self.vandalised <= _UNKNOWABLE
            )
            active = any(cloud.status(image_id) == "active" for image_id in cloud.named(name))
            if not active and not just_now:
                cloud.blame("lost", f"{attempt.task} deleted {gone}; no other {name} is active")

    def _vandalise(self, attempt: Attempt, request: Any, answer: Any) -> None:
        """Somebody deletes the new image, once, just after a task has been shown that it is
        active. Who deletes an old image has to look again before."""
        cloud = self.cloud
        if (
            request.method != "GET"
            or self.vandalised is not None
            or b'"active"' not in answer.content
        ):
            return
        new = [order for order in cloud.orders if order.image_id not in self.before]
        for order in new:
            shown = order.image_id.encode() in answer.content
            if not shown or (attempt, order.image_id) in self.shown:
                continue
            if order.name not in self.story.names or cloud.status(order.image_id) != "active":
                continue
            self.shown.append((attempt, order.image_id))
            if self.rng.random() < 0.5:
                self.vandalised = cloud.clock.now()
                cloud.delete(order.image_id, self.rng.choice((0.0, 5.0, 60.0)))
                return

    # --- what must hold in the end

    def _conclude(self) -> None:
        self._let_settle()
        self.beside.judge()
        if self.story.batch is not None:
            self._conclude_batch(self.story.batch)
            return
        if self.story.together:
            self._conclude_together()
            return
        done = [(task, self._succeed(task)) for task in (self.story.final, *self.story.others)]
        results = [(task, result) for task, result in done if result is not None]
        if not results:
            return
        if not self.story.gone:
            for task, result in results:
                self._judge_image(task, result["image_id"], result["source_verified"])
        self._judge_world(
            " ".join(text for _task, result in results for text in result["warnings"])
        )
        for task, result in results:
            self._judge_rest(task, result["image_id"])
        self.beside.judge()

    def _let_settle(self) -> None:
        """What a killed task has written just now, of another wish, cannot be read yet."""
        written = [event.time for event in self.cloud.events if event.changes_image]
        left = max(written, default=0.0) + faults.SETTLED - self.cloud.clock.now()
        self.cloud.clock.advance(max(0.0, left))

    def _succeed(self, task: Task) -> dict[str, Any] | None:
        """The result of a task that has to succeed in the end; None if it may refuse to."""
        for number in range(_TRIES):
            attempt = self.cloud.run_one(task.but(f"final {number}"))
            if not attempt.failed:
                break
            self._try_later()
        if self._may_refuse(attempt):
            return None
        if attempt.failed:
            self.cloud.blame("stuck", f"the final run does not succeed: {attempt}")
            return None
        return attempt.result

    def _try_later(self) -> None:
        """Let a minute pass, in which somebody looks after disks that an export has left stuck."""
        self.cloud.clock.advance(60)
        self.cloud.release_volumes()

    def _conclude_together(self) -> None:
        """All is started, and one task waits for it; what has failed is run again: the waiting
        alone, if that is all that has, or everything."""
        cloud = self.cloud
        tasks = [self.story.final, *self.story.others]
        started: list[Attempt] = []
        starting: list[Task] = []
        for number in range(_TRIES):
            again = number == _TRIES - 1 or self.rng.random() < 0.5
            if again or not started or any(attempt.failed for attempt in started):
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
            self._try_later()
        if any(self._may_refuse(attempt) for attempt in started):
            return
        if waited.failed or waited.result is None:
            cloud.blame("stuck", f"the final wait does not succeed: {waited}")
            return
        ids = [entry["image_id"] for entry in waited.result["images"]]
        for task, image_id, result in zip(starting, ids, results, strict=True):
            self._judge_image(task, image_id, bool(result and result["source_verified"]))
        told = [result["warnings"] for result in (*results, waited.result) if result]
        self._judge_world(" ".join(text for texts in told for text in texts))
        for task, image_id in zip(starting, ids, strict=True):
            self._judge_rest(task, image_id)
        self._judge_rest(waiting, waited.result["image_id"])
        self.beside.judge()

    def _conclude_batch(self, batch: Task) -> None:
        cloud = self.cloud
        result = self._succeed(batch)
        if result is None:
            return
        ids = [entry["id"] for entry in result["images"]]
        warnings = " ".join(result["warnings"])
        entries = [Task(*next(iter(entry.items()))) for entry in batch.arguments["images"]]
        for task, image_id in zip(entries, ids, strict=True):
            self._judge_image(task, image_id, verified=image_id not in warnings)
        self._judge_world(warnings)
        for check_mode in (True, False):
            begun = len(cloud.events)
            again = cloud.run_one(batch.but("again"), check_mode=check_mode)
            writes = [f"{e.method} {e.path}" for e in cloud.events[begun:] if e.is_write]
            if again.result is None or again.failed or again.result["changed"] or writes:
                cloud.blame("unstable", f"{again} writes {writes}")
            elif [entry["id"] for entry in again.result["images"]] != ids and not self.told:
                cloud.blame("unstable", f"other images the second time: {again}")
        self.beside.judge()

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
            if self.told and not again.failed and result.get("image_id") != image_id:
                continue  # the other one of two duplicates, which is made as wanted now
            if again.failed or news or writes:
                cloud.blame("unstable", f"{again} writes {writes}")
            elif result["image_id"] != image_id and not (
                # Of twins that nothing tells apart, the one ordered here is meant for a while.
                self.story.gone or self.told
            ):
                cloud.blame("unstable", f"another image the second time: {again}")

    def _judge_image(self, task: Task, image_id: str, verified: bool) -> None:
        """It is active, and in truth looks as the task has asked for. verified: the task says that
        it knows the source."""
        cloud = self.cloud
        if cloud.status(image_id) != "active":
            cloud.blame("lost", f"the result names {image_id}: {cloud.status(image_id)}")
            return
        if verified and self._is_old(task, image_id):
            cloud.blame("lost", f"the result names {image_id}, which was to be replaced")
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

    def _is_old(self, task: Task, image_id: str) -> bool:
        """Is it an image that the task was to replace? A backup and its server are one source."""
        if image_id not in self.before or task.arguments.get("if_source_differs") != "replace":
            return False
        if task.module == "whole_image":
            return False
        return self.cloud.source_of(image_id) not in self.cloud.sources_of(task)

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
        images = cloud.simulator.cloud.world.images
        names = {image_id: cloud.untouchable.name_of(images[image_id]) for image_id in cloud.live()}
        renamed = [i for i, name in names.items() if images[i].facets.name != name]
        aside = [image_id for image_id in renamed if names[image_id] in self.story.names]
        if any(image_id not in warnings for image_id in aside) and not self.story.keeps_old:
            cloud.blame("lost", f"still put aside: {aside}")

    def _may_refuse(self, attempt: Attempt) -> bool:
        """With a source given, what is not proved to be of it is not deleted. The cloud decides
        whether an image that was never finished can be deleted, if its age is clear."""
        message = str((attempt.result or {}).get("msg"))
        how = self.story.switches.get("delete_unfinished")
        if attempt.failed and (how == "refused" or (how and self.cloud.clocks_differ())):
            return True
        if "be replaced by a copy of itself" in message or NO_AGE in message:
            return True
        if self.story.copied and "at most 128 GB can be copied" in message:
            return True
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
            told_duplicates=self.told,
        )
        if outcome.violations:
            outcome.trace = trace(self.seed, self.story.kind, cloud)
        return outcome


def _logged_in(story: Story, login: dict[str, str]) -> Story:
    meddling = [task.but(**login) for task in story.meddling]
    others = tuple(task.but(**login) for task in story.others)
    batch = story.batch.but(**login) if story.batch else None
    final = story.final.but(**login)
    return replace(story, meddling=meddling, final=final, others=others, batch=batch)


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


def run(seed: int) -> Outcome:
    """One schedule, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return kind_of(seed)(seed, folder).run()


def kind_of(seed: int) -> type[Schedule] | type[Retention]:
    """What runs the seed; some are of image_retention."""
    return Retention if Random(f"kind:{seed}").random() < _RETENTIONS else Schedule
