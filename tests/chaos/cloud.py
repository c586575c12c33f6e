# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated cloud with a witness: what every request really did, whatever was answered."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from random import Random
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import store
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import Client
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import (
    TaskOptions,
    run_task,
)

from ..simulator import Simulator
from ..simulator.adapter import SimulatorAdapter
from ..simulator.records import Image
from ..simulator.seed.identity import PROJECT
from .turns import Kill, SharedClock, Turn
from .untouchable import Untouchable, entries_of

URL = "http://127.0.0.1:8080"
MODULES = "ansible_collections.huaweicloud.ims.plugins.modules"
_NAMES = (
    "whole_image",
    "volume_image_export",
    "image_copy",
    "quick_import",
    "image",
    "image_batch",
    "image_wait",
    "image_retention",
)
NO_STORE = {"TMPDIR": "/dev/null"}
CREATE = re.compile(
    r"/wholeimages/action$|/cloudimages/[^/]+/copy$|/quickimport/action$|/volumes/[^/]+/action$"
)
_UNTOLD = ("password", "secret_key", "access_key", "domain_name")
# Loaded before any process is split off, so that all run the same.
_CODE = {name: import_module(f"{MODULES}.{name}") for name in _NAMES}
_LIVE = ("queued", "saving", "active")
# Seconds by which clocks may differ, with some doubt about when they were read.
_MOST_APART = 890.0
# Words of a failure that is our own fault.
OUR_FAULT = ("bug of the collection", "Traceback (most recent")

Source = tuple[str, str]


def _told(result: Mapping[str, Any] | None) -> str:
    """A registered result, in a few words."""
    result = result or {"failed": True}
    what = result.get("image_id") or result.get("job_id")
    return f"{'failed ' if result.get('failed') else ''}{what} {result.get('pending')}"


@dataclass(frozen=True)
class Task:
    """A task as a user would write it."""

    module: str
    arguments: Mapping[str, Any]
    label: str = "task"

    def __str__(self) -> str:
        shown = {name: value for name, value in self.arguments.items() if name not in _UNTOLD}
        if "results" in shown:
            shown["results"] = [_told(result) for result in shown["results"]]
        return f"{self.module} {json.dumps(shown, sort_keys=True, ensure_ascii=False)}"

    def but(self, label: str | None = None, **more: Any) -> Task:
        return Task(self.module, {**self.arguments, **more}, label or self.label)


@dataclass(frozen=True)
class Order:
    """A create call that the cloud carried out, whatever it answered."""

    image_id: str
    name: str
    source: Source
    time: float
    machine: str | None = None
    # When its task last looked for images of the name.
    looked: float = 0.0


@dataclass(frozen=True)
class Event:
    """A request: who, what, what came of it."""

    time: float
    task: str
    method: str
    path: str
    outcome: str
    query: str = ""

    @property
    def is_write(self) -> bool:
        return self.method not in ("GET", "HEAD") and not self.path.startswith("/v3/auth")

    @property
    def changes_image(self) -> bool:
        return self.method == "PATCH" or self.path.endswith("/tags/action")


@dataclass
class Attempt:
    """One run of a task and what came of it."""

    task: Task
    check_mode: bool
    result: dict[str, Any] | None = None
    killed: bool = False
    error: BaseException | None = None
    orders: list[str] = field(default_factory=list)
    # Images whose deletion the cloud has carried out and confirmed to the task.
    deleted: list[str] = field(default_factory=list)
    first_event: int = 0
    machine: str | None = None
    # When it last requested a list, by the name that the list is of; "": all images.
    looked: dict[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.result is None or bool(self.result.get("failed"))

    def __str__(self) -> str:
        mode = " (check mode)" if self.check_mode else ""
        if self.killed:
            return f"{self.task}{mode}: killed"
        if self.error is not None:
            return f"{self.task}{mode}: raised {self.error!r}"
        result = self.result or {}
        if result.get("failed"):
            return f"{self.task}{mode}: FAILED {result['msg']}"
        words = {
            name: result.get(name) for name in ("changed", "image_id", "resumed", "actions", "diff")
        }
        return f"{self.task}{mode}: {words} warnings={result.get('warnings')}"


class _Wire(SimulatorAdapter):
    """The connection of one task, with the witness on it."""

    def __init__(self, cloud: Cloud, attempt: Attempt) -> None:
        super().__init__(cloud.simulator)
        self._cloud = cloud
        self._attempt = attempt
        # Of the request on its way: what was there before it, and its line in the journal.
        self._before: dict[str, str] = {}
        self._entry: dict[str, Any] | None = None
        self._going: str | None = None

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        cloud, parts = self._cloud, urlsplit(str(request.url))
        what = f"{request.method} {parts.path}"
        cloud.clock.breathe()
        cloud.clock.at(f"before {what}")
        self._before, self._entry = cloud.live(), None
        self._going = cloud.note_write(self._attempt, request, parts.path)
        begun = cloud.clock.now()
        outcome = "?"
        try:
            response = super().send(request, *args, **kwargs)
            outcome = str(response.status_code)
            if self._going and response.ok and cloud.status(self._going) is None:
                self._attempt.deleted.append(self._going)
        except requests.exceptions.RequestException as error:
            outcome = f"{type(error).__name__}"
            raise
        finally:
            self._witness(request, parts, outcome, begun)
        cloud.on_answer(self._attempt, request, response)
        cloud.clock.at(f"after {what}")
        return response

    def _strike(self, fault: Any, request: Any, *args: Any) -> None:
        """While this task waits for an answer that does not come, others have their turn: what it
        has done is looked at before."""
        self._see(request)
        super()._strike(fault, request, *args)

    def _see(self, request: Any) -> dict[str, Any]:
        """What the cloud did on this request, once. Its line in the journal."""
        if self._entry is None:
            cloud, path = self._cloud, urlsplit(str(request.url)).path
            self._entry = cloud.simulator._journal.entries[-1]
            if request.method == "POST" and CREATE.search(path):
                cloud.note_order(self._attempt, path, self._entry["body"], self._before)
            if request.method == "DELETE" and "/images/" in path:
                cloud.note_removal(self._attempt, self._before)
        return self._entry

    def _witness(self, request: Any, parts: Any, outcome: str, begun: float) -> None:
        cloud, entry = self._cloud, self._see(request)
        told = " ".join([outcome, *([entry["code"]] if entry["code"] else []), *entry["fault"]])
        method = str(request.method)
        asked = parse_qs(parts.query)
        surveyed = "owner" in asked and "marker" not in asked
        if surveyed and outcome == "200" and parts.path == "/v2/cloudimages":
            self._attempt.looked[asked.get("name", [""])[0]] = begun
        cloud.events.append(
            Event(begun, self._attempt.task.label, method, parts.path, told, parts.query)
        )
        # A connection that breaks is a place to be killed at, too.
        if not outcome.isdigit():
            cloud.clock.at(f"after {method} {parts.path}")


class Cloud:
    """The world of one schedule: simulator, clock, the machine's store, and all that happens."""

    def __init__(self, seed: int, store: str | None) -> None:
        self.clock = SharedClock(seed)
        self.simulator = Simulator(clock=self.clock, seed=seed)
        _thin_out(self.simulator)
        self.store = store
        self.rng = Random(f"cloud:{seed}")
        self.events: list[Event] = []
        self.orders: list[Order] = []
        self.attempts: list[Attempt] = []
        self.violations: list[str] = []
        # Called with each order, and with the ids that a task has just deleted.
        self.on_order: Callable[[Attempt, Order], None] = lambda attempt, order: None
        self.on_removal: Callable[[Attempt, dict[str, str]], None] = lambda attempt, gone: None
        # Called with each request to delete an image, before the cloud sees it.
        self.on_delete: Callable[[Attempt, Image], None] = lambda attempt, image: None
        # Called with each request and its answer, before the task sees that.
        self.on_answer: Callable[[Attempt, Any, Any], None] = lambda attempt, request, answer: None
        self.untouchable = Untouchable(lambda: self.simulator.cloud.world.images)
        self.secrets: set[str] = set()
        self.clock.on_silent_death = _close_locks

    # --- the truth

    def live(self) -> dict[str, str]:
        """Id -> name of all own images that are there or on their way, as it really is."""
        world = self.simulator.cloud.world
        world.settle(self.clock.now())
        return {
            image.id: image.facets.name
            for image in world.images.values()
            if image.owner == PROJECT and not image.deleted and image.status in _LIVE
        }

    def could_see(self, order: Order, other: Order) -> bool:
        """Could the task that gave the order have known of the other one: from a list, or because
        that was ordered on its own machine?"""
        listed_at = self.simulator.cloud.world.images[other.image_id].listed_at
        return order.machine == other.machine or listed_at <= order.looked

    def status(self, image_id: str) -> str | None:
        image = self.simulator.cloud.world.images.get(image_id)
        return None if image is None or image.deleted else str(image.status)

    def named(self, name: str) -> list[str]:
        """The ids of the live images of that name."""
        return [image_id for image_id, its in self.live().items() if its == name]

    def source_of(self, image_id: str) -> Source | None:
        return next((o.source for o in self.orders if o.image_id == image_id), None)

    def sources_of(self, task: Task) -> list[Source]:
        """What images were made from that the task may mean by the disk, the image or the file that
        it names, and by the key."""
        world, given = self.simulator.cloud.world, task.arguments
        if "image_url" in given:
            return [("file", given["image_url"])]
        kind, things, name = (
            ("volume", world.volumes, given["volume"])
            if "volume" in given
            else ("image", world.images, given["source_image"])
        )
        ids = [one.id for one in things.values() if name in (one.id, _name_of(one))]
        made = {order.source for order in self.orders if order.source[0] == kind}
        key = given.get("cmk_id") or ""
        return [
            source
            for source in made
            if any(source[1].startswith(thing_id) for thing_id in ids) and source[1].endswith(key)
        ]

    def delete(self, image_id: str, lingers: float) -> None:
        """Somebody else deletes the image, which lists go on to show for so many seconds."""
        world = self.simulator.cloud.world
        world.images[image_id].gone_at = self.clock.now() + lingers
        for backup in world.backups.values():
            backup.image_ids = [one for one in backup.image_ids if one != image_id]

    def clocks_differ(self) -> bool:
        """Do the clocks of machine and cloud disagree so much that no age is clear?"""
        skew = self.simulator.cloud.switches["date_skew"]
        return skew is None or abs(self.clock.now() + skew - self.clock.time()) > _MOST_APART

    def end_lingering(self) -> None:
        """Lists come to show what is there, and do so soon from now on."""
        now, world = self.clock.now(), self.simulator.cloud.world
        for image in world.images.values():
            if image.deleted:
                image.gone_at, image.lingering_polls = now, 0
        self.simulator.faults({"switches": {"delete_lingers": [2, 6]}})

    def release_volumes(self) -> None:
        """Somebody looks after the disks that are stuck in an export."""
        for order in self.orders:
            kind, volume_id = order.source
            if kind == "volume" and self.status(order.image_id) not in ("queued", "saving"):
                volume = self.simulator.cloud.world.volumes[volume_id]
                if volume.status == "uploading":
                    volume.status = "available"

    def note_write(self, attempt: Attempt, request: Any, path: str) -> str | None:
        """Before the cloud sees the request: is it one that must never be? The id of the image that
        it is to delete, if that is there."""
        if request.method == "GET" or ("/images/" not in path and "/cloudimages/" not in path):
            return None
        world, task = self.simulator.cloud.world, attempt.task
        if path.endswith("/wholeimages/action"):
            self._judge_vault(task, json.loads(request.body))
        body = json.loads(request.body) if request.method == "PATCH" else None
        offence = self.untouchable.offence(task.module, task.arguments, request.method, path, body)
        if offence:
            self.blame("deleted" if request.method == "DELETE" else "altered", f"{task}: {offence}")
        image = world.images.get(path.rpartition("/")[2]) if request.method == "DELETE" else None
        if image is None or image.deleted:
            return None
        self.on_delete(attempt, image)
        return image.id

    def _judge_vault(self, task: Task, body: Mapping[str, Any]) -> None:
        """A task that names no vault adds the server to none."""
        holding = self.simulator.cloud.world.vaults_of(str(body.get("instance_id")))
        chosen = body.get("vault_id")
        named = any("vault" in entry for entry in entries_of(task.arguments))
        if chosen and not named and chosen not in [v.id for v in holding]:
            self.blame("altered", f"{task} names vault {chosen}, which does not hold the server")

    def note_order(self, attempt: Attempt, path: str, body: Any, before: dict[str, str]) -> None:
        world = self.simulator.cloud.world
        for image_id in world.images.keys() - before.keys():
            if any(order.image_id == image_id for order in self.orders):
                continue
            image = world.images[image_id]
            if image.created < self.clock.now() - 400 or image.owner != PROJECT:
                continue
            order = Order(
                image_id,
                image.facets.name,
                _source(path, body),
                image.created,
                attempt.machine,
                max(attempt.looked.get(name, 0.0) for name in ("", image.facets.name)),
            )
            self.orders.append(order)
            attempt.orders.append(image_id)
            self.on_order(attempt, order)

    def note_removal(self, attempt: Attempt, before: dict[str, str]) -> None:
        now = self.live()
        gone = {image_id: name for image_id, name in before.items() if image_id not in now}
        if gone:
            self.on_removal(attempt, gone)

    # --- tasks

    def turn(
        self,
        task: Task,
        *,
        check_mode: bool = False,
        kill: Kill | None = None,
        alive: Callable[[], bool] = lambda: True,
        store: str | None = "",
    ) -> tuple[Turn, Attempt]:
        place = self.store if store == "" else store
        attempt = Attempt(task, check_mode, first_event=len(self.events), machine=place)
        self.attempts.append(attempt)
        work = partial(self._run, task, attempt, check_mode, alive, place)
        return Turn(task.label, work, kill), attempt

    def run(self, *turns: tuple[Turn, Attempt]) -> list[Attempt]:
        """Runs tasks side by side and judges what they hand back."""
        self.clock.run([turn for turn, _attempt in turns])
        for turn, attempt in turns:
            attempt.killed, attempt.error = turn.killed, turn.error
            attempt.result = turn.result
            self._judge(attempt)
        return [attempt for _turn, attempt in turns]

    def run_one(self, task: Task, **how: Any) -> Attempt:
        return self.run(self.turn(task, **how))[0]

    def _run(
        self,
        task: Task,
        attempt: Attempt,
        check_mode: bool,
        alive: Callable[[], bool],
        store: str | None,
    ) -> dict[str, Any]:
        code = _CODE[task.module]
        facts = self.simulator.facts(URL)
        names = ("region", "project_id", "access_key", "secret_key", "auth_url", "endpoints")
        given = {name: facts[name] for name in names}
        given.update(task.arguments)
        if "username" in given:
            given = {k: v for k, v in given.items() if k not in ("access_key", "secret_key")}
        validated = ArgumentSpecValidator(code.ARGUMENTS).validate(given)
        if validated.error_messages:
            raise ValueError(f"{task}: {validated.error_messages}")
        session = requests.Session()
        session.mount(URL, _Wire(self, attempt))
        environ = NO_STORE
        if store is not None:
            os.makedirs(store, mode=0o700, exist_ok=True)
            environ = dict.fromkeys(("XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), store)
        options = TaskOptions(
            environ=environ,
            on_secret=self.secrets.add,
            check_mode=check_mode,
            verbosity=3,
            clock=self.clock,
            session=session,
            alive=alive,
        )
        through = getattr(code, "through", run_task)
        result: dict[str, Any] = through(
            validated.validated_parameters, options, code.check, code.run
        )
        return result

    def password(self) -> dict[str, str]:
        """The arguments that log in with a password instead of a key."""
        facts = self.simulator.facts(URL)
        return {name: facts[name] for name in ("username", "password", "domain_name")}

    def other(self, label: str) -> dict[str, Any]:
        """Access key and secret key of another user: reader, no-lookups."""
        facts = self.simulator.facts(URL)["others"][label]
        return {name: facts[name] for name in ("access_key", "secret_key")}

    # --- judgement

    def blame(self, kind: str, text: str) -> None:
        self.violations.append(f"{kind}: {text}")

    def _judge(self, attempt: Attempt) -> None:
        if attempt.error is not None:
            self.blame("traceback", f"{attempt.task} raised {attempt.error!r}")
        if attempt.result is None:
            return
        text = json.dumps(attempt.result, default=repr, ensure_ascii=False)
        message = str(attempt.result.get("msg", ""))
        if any(words in message for words in OUR_FAULT) or "SIMULATOR" in message:
            trace = attempt.result.get("exception", "")
            self.blame("traceback", f"{attempt.task}: {message}\n{trace}")
        self._judge_deletions(attempt, attempt.result, message)
        for secret in self._all_secrets():
            if any(form in text for form in _forms(secret)):
                self.blame("secret", f"{attempt.task}: {secret[:4]}… is in {text}")
        if attempt.failed and attempt.orders and not attempt.check_mode:
            told = str(attempt.result.get("image_id")), str(attempt.result.get("job_id"))
            entries = attempt.result.get("images", ())
            known = sum(bool(entry.get("job_id") or id_of(entry)) for entry in entries)
            of_many = self._told_of(entries)
            answered = any(
                event.outcome.split(" ")[0] in ("200", "202") and event.outcome.count(" ") == 0
                for event in self.events[attempt.first_event :]
                if event.task == attempt.task.label
                and event.method == "POST"
                and CREATE.search(event.path)
            )
            # A job that is young names no image yet.
            lost = not of_many.issuperset(attempt.orders) and known < len(attempt.orders)
            if answered and told == ("None", "None") and lost:
                self.blame("lost", f"{attempt.task} failed without the ids of its order: {message}")

    def _told_of(self, entries: Iterable[Mapping[str, Any]]) -> set[str]:
        """The images that the entries of a result name, be it by their jobs."""
        jobs = self.simulator.cloud.world.jobs
        named = {jobs[entry["job_id"]].image_id for entry in entries if entry.get("job_id") in jobs}
        return {str(image_id) for image_id in named | set(map(id_of, entries))}

    def _judge_deletions(self, attempt: Attempt, result: Mapping[str, Any], message: str) -> None:
        """Who has deleted something says so, whatever became of the rest of the task."""
        if not attempt.deleted:
            return
        if result.get("changed") is not True or "Nothing was deleted" in message:
            told = {name: result.get(name) for name in ("changed", "failed", "msg")}
            self.blame("untrue", f"{attempt.task} deleted {attempt.deleted}, but says: {told}")

    def _all_secrets(self) -> set[str]:
        world = self.simulator.cloud.world
        keys = [key for key in world.access_keys.values() if key.label == "main"]
        known = {key.secret for key in keys} | {key.access for key in keys}
        known |= {user.password for user in world.users.values()} | set(world.tokens)
        return {secret for secret in known | self.secrets if len(secret) > 7}


def id_of(entry: Mapping[str, Any]) -> str | None:
    """The id of the image that an entry of a result is about."""
    image_id: str | None = entry["image_id"] if "image_id" in entry else entry["id"]
    return image_id


def _thin_out(simulator: Simulator) -> None:
    """A few public images do: to go through them all is half of the time that a list takes."""
    images = simulator.cloud.world.images
    for image_id in [image.id for image in images.values() if image.public][3:]:
        del images[image_id]


def _name_of(thing: Any) -> str:
    return str(thing.facets.name if isinstance(thing, Image) else thing.name)


def _source(path: str, body: Any) -> Source:
    """What a create call makes its image from."""
    body = body if isinstance(body, dict) else {}
    parts = path.split("/")
    if path.endswith("/copy"):
        return "image", f"{parts[-2]} {body.get('cmk_id') or 'plain'}"
    if "/volumes/" in path:
        return "volume", parts[-2]
    if "quickimport" in path:
        return "file", str(body.get("image_url"))
    if body.get("backup_id"):
        return "backup", str(body["backup_id"])
    return "server", str(body.get("instance_id"))


def _forms(secret: str) -> set[str]:
    """The secret as it is, in base64 (at each of the three offsets), and URL-encoded."""
    raw = secret.encode()
    encoded = {base64.b64encode(b"x" * shift + raw).decode()[shift + 2 : -4] for shift in range(3)}
    return {secret, quote(secret, safe=""), *(form for form in encoded if len(form) > 7)}


# --- one thread per task, so that a seed decides who has a turn


_at_once = Client.run_concurrently


def _one_by_one(
    client: Client,
    calls: Sequence[Callable[[], Any]],
    done: Callable[[int], None] = lambda count: None,
) -> list[Any]:
    """In place of `Client.run_concurrently`, for the clients of a simulated clock."""
    if not isinstance(client.clock, SharedClock):
        return _at_once(client, calls, done)
    results: list[Any] = []
    for call in calls:
        results.append(call())
        done(len(results))
    return results


class _InOrder:
    """In place of `Lanes`: the calls run one after the other, in an order that a seed decides,
    whenever the caller sleeps."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._queued: list[Callable[[], None]] = []
        self._is_busy = False
        self.ended = 0

    def open(self, most: int) -> Callable[[Callable[[], None]], None]:
        return self._queued.append

    @property
    def idle(self) -> bool:
        return not self._queued and not self._is_busy

    def run_one(self) -> bool:
        """Runs one call; False if there is none, or if it is one of them that sleeps."""
        if self._is_busy or not self._queued:
            return False
        self._is_busy = True
        try:
            self._queued.pop(self._rng.randrange(len(self._queued)))()
        finally:
            self._is_busy = False
        self.ended += 1
        return True

    def join(self) -> None:
        while self.run_one():
            pass


@contextmanager
def _in_order(client: Client, most: int) -> Iterator[Any]:
    if not isinstance(client.clock, SharedClock):
        with _beside(client, most) as lanes:
            yield lanes
        return
    in_order = _LANES[client] = _InOrder(client.clock.rng)
    try:
        yield in_order
        in_order.join()
    finally:
        del _LANES[client]


def _sleep_in_order(
    client: Client, seconds: float, until: Callable[[], bool] = lambda: False
) -> None:
    lanes = _LANES.get(client)
    while lanes is not None and lanes.run_one():
        if until():
            return
    _sleep(client, seconds, until)


_LANES: dict[Client, _InOrder] = {}
_beside, _sleep = Client.lanes, Client.sleep
Client.run_concurrently = _one_by_one  # type: ignore[method-assign,assignment]
Client.lanes = _in_order  # type: ignore[method-assign,assignment]
Client.sleep = _sleep_in_order  # type: ignore[method-assign,assignment]


# --- what the kernel does for a process that is killed: it lets go of the locks

_HOLDERS: dict[int, tuple[Turn | None, int]] = {}
_CLOCKS: list[SharedClock] = []
_take_lock = store.try_lock


def _noting_holders(path: str) -> int | None:
    descriptor = _take_lock(path)
    if descriptor is not None and _CLOCKS:
        _HOLDERS[descriptor] = (_CLOCKS[-1].current, os.fstat(descriptor).st_ino)
    return descriptor


store.try_lock = _noting_holders
# Tokens lie in the store of the machine too, so that a seed begins without any.
store.SHARED_MEMORY = "/dev/null"


def watch_locks(clock: SharedClock) -> None:
    """The tasks of this clock are those whose locks are noted from now on."""
    _CLOCKS[:] = [clock]
    _HOLDERS.clear()


def _close_locks(turn: Turn) -> None:
    for descriptor, (holder, inode) in list(_HOLDERS.items()):
        if holder is not turn:
            continue
        del _HOLDERS[descriptor]
        try:
            if os.fstat(descriptor).st_ino == inode:
                os.close(descriptor)
        except OSError:
            continue
