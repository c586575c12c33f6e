# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ansible-playbook processes, killed in all ways that a play is killed in, and started again.

The machine's clock rules here, so a seed decides what is tried, not what comes of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from .. import samples
from ..simulator.switches import draw
from . import faults, wishes
from .cloud import CREATE, OUR_FAULT, Task, _forms
from .proxy import Proxy
from .wishes import NAME

ROOT = Path(__file__).resolve().parents[2]
# Simulated seconds in a second; an image takes some seconds then.
_TIME_SCALE = 100.0
_PATIENCE = 240.0
# The share of trials whose task makes several images.
_BATCHES = 0.3
_LANES = 3
_MARK = "IMS_CHAOS_TRIAL"
# Hosts of the two plays that want the same image; fewer where there are few trials.
_HOSTS, _FEW_HOSTS, _FEW_TRIALS = 50, 8, 25
_LIVE = ("queued", "saving", "active")
FORMS = (
    "SIGKILL, whole tree",
    "SIGTERM, whole tree",
    "SIGKILL, ansible-playbook alone",
    "SIGTERM, ansible-playbook alone",
    "time limit of the task",
)


@dataclass
class Outcome:
    """What a trial showed."""

    seed: int
    story: str
    violations: list[str] = field(default_factory=list)
    killed: bool = False
    missed: bool = False
    processes: int = 0
    seconds: float = 0.0
    trace: list[str] = field(default_factory=list)


class Lane:
    """A simulator with a proxy before it, used by one trial after the other."""

    def __init__(self, seed: int) -> None:
        command = [sys.executable, "-m", "tests.simulator", "--time-scale", str(_TIME_SCALE)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.facts: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.proxy = Proxy(int(self.facts["url"].rpartition(":")[2]), seed)

    def close(self) -> None:
        self.proxy.stop()
        self.process.terminate()
        self.process.wait()

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.facts['url']}/_sim/{path}", data=data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def images(self) -> list[dict[str, Any]]:
        """The live images of the name, as they are in truth."""
        return [
            image
            for image in self.ask("state")["images"]
            if image["name"] == NAME and not image["deleted"] and image["status"] in _LIVE
        ]

    def connection(self) -> dict[str, Any]:
        """The arguments of a task that reach the simulator through the proxy."""
        names = ("region", "project_id", "access_key", "secret_key")
        through = dict.fromkeys(self.facts["endpoints"], self.proxy.url)
        chosen = {name: self.facts[name] for name in names}
        return {**chosen, "auth_url": f"{self.proxy.url}/v3", "endpoints": through}


@dataclass
class Play:
    """One ansible-playbook process and all that it starts."""

    process: subprocess.Popen[bytes]
    log: Path
    mark: str

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def family(self) -> list[int]:
        """Its processes and their children, however far they have moved away."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if self.mark.encode() in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
        return found

    def kill(self, number: int, *, alone: bool) -> None:
        for process_id in [self.process.pid] if alone else self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, number)

    def wait(self, patience: float) -> int | None:
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return None

    def bury(self, patience: float) -> None:
        """Gives those that live on the time to end, and ends them then."""
        end = time.monotonic() + patience
        while self.family() and time.monotonic() < end:
            time.sleep(0.2)
        self.kill(signal.SIGKILL, alone=False)
        self.process.wait()


def start(
    folder: Path,
    lane: Lane,
    task: Task,
    *,
    hosts: int = 1,
    time_limit: int | None = None,
    in_process: bool = True,
) -> Play:
    """Starts a playbook with that one task."""
    number = len(list(folder.glob("*.log")))
    call: dict[str, Any] = {
        "name": "The image",
        f"huaweicloud.ims.{task.module}": {**lane.connection(), **task.arguments},
        "delegate_to": "localhost",
    }
    if time_limit is not None:
        call["timeout"] = time_limit
    names = [f"host{index}" for index in range(hosts)]
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "huaweicloud_ims_in_process": in_process,
    }
    inventory = {"all": {"hosts": {name: {} for name in names}, "vars": variables}}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [call]}]
    (folder / "inventory.json").write_text(json.dumps(inventory))
    (folder / "play.json").write_text(json.dumps(play))
    mark = f"{_MARK}={folder}/{number}"
    log = folder / f"{number}.log"
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    environment = {
        **kept,
        "HOME": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build" / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_FORKS": "10",
        "LC_ALL": "C.UTF-8",
        _MARK: mark.partition("=")[2],
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-vvv", "-i", str(folder / "inventory.json"), str(folder / "play.json")],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Play(process, log, mark)


# --- kills


def _moment(rng: Random, lane: Lane) -> Callable[[], bool]:
    """When to strike: at the look-up before the order, at the order, some time after it, or
    anywhen."""
    how = rng.choice(("look-up", "order", "order", "later", "anywhen"))
    pause = {"later": rng.uniform(0.2, 3.0), "anywhen": rng.uniform(0.3, 4.0)}.get(how, 0.0)
    begun = time.monotonic()

    def due() -> bool:
        if how == "anywhen":
            return time.monotonic() - begun > pause
        for request in lane.ask("requests"):
            ordered = request["method"] == "POST" and CREATE.search(request["path"])
            if ordered or how == "look-up":
                time.sleep(pause)
                return True
        return False

    return due


def _kill(rng: Random, lane: Lane, play: Play, form: str) -> bool:
    """Waits for the moment; False when the play was over before."""
    due = _moment(rng, lane)
    while play.process.poll() is None:
        if due():
            number = signal.SIGKILL if "SIGKILL" in form else signal.SIGTERM
            if play.process.poll() is None:
                play.kill(number, alone="alone" in form)
                play.process.wait()
                return True
        time.sleep(0.01)
    return False


def trial(seed: int, lane: Lane, folder: Path) -> Outcome:
    """One play, killed; then the same again; then the truth."""
    rng = Random(f"kill:{seed}")
    form = FORMS[seed % len(FORMS)]
    kind = rng.choice(list(samples.KINDS))
    task = wishes.made_of(rng, kind)
    batch = Random(f"batch:{seed}")
    if batch.random() < _BATCHES:
        task = wishes.batch_of(batch, [task, *wishes.beside(batch, 2)])
    in_process = seed // len(FORMS) % 2 == 0
    front_end = "in process" if in_process else "module"
    outcome = Outcome(seed, f"{form}; {kind}; {task.module}; {front_end}")
    lane.ask("reset", {})
    switches = {**draw(seed), "rate_limit": None, **_late(rng)}
    lane.ask("faults", {"switches": switches, "rules": _odd_answers(seed)})
    lane.proxy.trouble = rng.random() < 0.4
    limit = rng.choice((1, 2, 3)) if form.startswith("time") else None
    begun = time.monotonic()
    first = start(folder, lane, task, time_limit=limit, in_process=in_process)
    if limit is None:
        outcome.killed = _kill(rng, lane, first, form)
    else:
        outcome.killed = first.wait(_PATIENCE) != 0
    outcome.missed = not outcome.killed
    lane.proxy.trouble = False
    second = start(folder, lane, task)
    outcome.processes = 2
    code = second.wait(_PATIENCE)
    outcome.seconds = time.monotonic() - begun
    if code != 0:
        # An order that was taken up may have been doomed; then the cloud says so, and once more.
        second.bury(0)
        second = start(folder, lane, task)
        outcome.processes += 1
        code = second.wait(_PATIENCE)
    _judge(lane, outcome, [first, second], code)
    return outcome


def _late(rng: Random) -> dict[str, Any]:
    """Half of the clouds list a new image some seconds of this machine's time after the order."""
    if rng.random() < 0.5:
        return {}
    return {"list_delay": [1 * _TIME_SCALE, 6 * _TIME_SCALE]}


def _odd_answers(seed: int) -> list[faults.Rule]:
    """In some trials, the create request is carried out, and its answer makes no sense."""
    rng = Random(f"odd:{seed}")
    if rng.random() < 0.6:
        return []
    return [{**faults.odd_create(rng), "handled": True, "times": 1}]


def _judge(lane: Lane, outcome: Outcome, plays: list[Play], code: int | None) -> None:
    for play in plays:
        play.bury(20)
    images = lane.images()
    told = [(image["id"], image["status"]) for image in images]
    if len(images) > 1:
        outcome.violations.append(f"twin: {told}")
    if not any(image["status"] == "active" for image in images) or code != 0:
        outcome.violations.append(f"lost: the last play ended with {code}; images: {told}")
    text = "\n".join(play.output() for play in plays)
    if any(words in text for words in OUR_FAULT[:1]) or "Traceback" in plays[-1].output():
        outcome.violations.append("traceback: see the output")
    for secret in (lane.facts["secret_key"], lane.facts["access_key"], lane.facts["password"]):
        if any(form in text for form in _forms(secret)):
            outcome.violations.append(f"secret: {secret[:4]}… is in the output")
    if outcome.violations:
        outcome.trace = [text]
        outcome.trace += [
            f"{r['time']:.1f} {r['method']} {r['path']} {r['status']} {r['code']}"
            for r in lane.ask("requests")
            if "/jobs/" not in r["path"]
        ]


def crowd(seed: int, lane: Lane, folder: Path, hosts: int = _HOSTS) -> Outcome:
    """Two plays at once, each with many hosts that all want the same image."""
    outcome = Outcome(seed, f"two plays of {hosts} hosts")
    lane.ask("reset", {})
    lane.ask("faults", {"switches": {"rate_limit": None}})
    task = wishes.made_of(Random(seed), "server")
    plays = []
    for name in ("one", "other"):
        own = folder / name
        own.mkdir()
        (own / ".cache").symlink_to(folder, target_is_directory=True)
        plays.append(start(own, lane, task, hosts=hosts))
    outcome.processes = len(plays)
    codes = [play.wait(2 * _PATIENCE) for play in plays]
    _judge(lane, outcome, plays, max(codes, key=lambda code: code != 0))
    return outcome


# --- all of them


def run(figures: Any, arguments: Any) -> None:
    """Trials on several lanes; most of their time they wait."""
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.kills)
    todo: queue.SimpleQueue[tuple[Any, int]] = queue.SimpleQueue()
    done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    hosts = _FEW_HOSTS if arguments.kills < _FEW_TRIALS else _HOSTS
    jobs: list[Any] = [(partial(crowd, hosts=hosts), seeds[0])] if arguments.kills > 1 else []
    jobs += [(trial, seed) for seed in seeds]
    for job in jobs:
        todo.put(job)
    lanes = min(_LANES, len(jobs))
    workers = [threading.Thread(target=_work, args=(number, todo, done)) for number in range(lanes)]
    for worker in workers:
        worker.start()
    more = arguments.first_seed + arguments.kills
    left = len(jobs)
    while left:
        outcome = done.get()
        left -= 1
        if outcome.missed:  # the play was over before its moment came: another one for it
            todo.put((trial, more))
            left, more = left + 1, more + len(FORMS)
        figures.counts["kills"] += outcome.killed
        figures.counts["processes"] += outcome.processes
        figures.stories[outcome.story.split(";")[0]] += 1
        figures.blame("kills", outcome.seed, outcome.violations)
        _tell(outcome, arguments.verbose)
    for _worker in workers:
        todo.put((None, 0))
    for worker in workers:
        worker.join()


def _tell(outcome: Outcome, verbose: bool) -> None:
    if outcome.violations:
        print(f"=== trial {outcome.seed}: {outcome.story}", *outcome.violations, sep="\n")
        print(*outcome.trace, sep="\n", flush=True)
    elif verbose:
        took = f"{outcome.seconds:.1f} s{', killed' if outcome.killed else ''}"
        print(f"=== trial {outcome.seed}: {outcome.story}: nothing found, {took}", flush=True)


def _work(number: int, todo: Any, done: Any) -> None:
    with _lane(number) as lane:
        while True:
            work, seed = todo.get()
            if work is None:
                return
            with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
                try:
                    done.put(work(seed, lane, Path(folder)))
                except Exception as error:
                    done.put(Outcome(seed, "broken off", [f"stuck: {error!r}"]))


@contextlib.contextmanager
def _lane(seed: int) -> Iterator[Lane]:
    lane = Lane(seed)
    try:
        yield lane
    finally:
        lane.close()
