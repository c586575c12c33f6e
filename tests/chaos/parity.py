# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pair: check mode and the real run say the same of the same world, and once is enough.

The world is built twice from one seed; in the one check mode runs, in the other the task itself.
"""

from __future__ import annotations

import random
import re
import tempfile
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .. import samples
from ..simulator import ManualClock
from . import bystanders, faults, retention_cases, wishes
from .cloud import Attempt, Cloud, Task, watch_locks
from .retention import NO_AGE
from .wishes import NAME

_COMPARED = ("changed", "diff", "actions")
# What the cloud alone can know before it is asked to write: who may, whether names are unique,
# whether it needs a vault, when another export of the disk is over, and whether an image that was
# never finished can be deleted.
_ONLY_BY_TRYING = (
    *((403, "IMG.0026"), (403, "EVS.5403")),
    *((400, "IMG.0009"), (400, "IMG.0184"), (400, "IMG.0090")),
)
_UPLOADING = "the status must be available, not uploading"
# Some clouds refuse it, and nothing that can be read tells which; check mode warns of it.
_WINDOWS = "Windows images cannot be copied"
# An image that never becomes active: how long a source takes, the cloud alone knows, too.
_STUCK = "saving-image"
_REQUEST_ID = re.compile(r"request id \w+")
# A server that no vault holds.
_WITHOUT_VAULT = "app-no-vault"
# Sources that must be refused, or that tell little.
_ODD: list[tuple[str, dict[str, Any]]] = [
    ("whole_image", {"instance": "broken-error"}),
    ("whole_image", {"instance": "busy-task"}),
    ("whole_image", {"instance": "db-dss"}),
    ("whole_image", {"instance": _WITHOUT_VAULT}),
    ("whole_image", {"instance": "no-such-server"}),
    ("whole_image", {"instance": "twin-server"}),
    ("whole_image", {"instance": "web-01", "vault": "vault-full"}),
    ("whole_image", {"instance": "web-01", "vault": "vault-disks"}),
    ("whole_image", {"instance": "web-02-stopped"}),
    ("whole_image", {"backup": "backup-used"}),
    ("whole_image", {"backup": "backup-error"}),
    ("whole_image", {"backup": "backup-protecting"}),
    ("whole_image", {"backup": "backup-of-disk"}),
    ("whole_image", {"backup": "csbs-available"}),
    ("volume_image_export", {"volume": "web-01-data"}),
    ("volume_image_export", {"volume": "web-01-data", "force": True}),
    ("volume_image_export", {"volume": "data-error"}),
    ("volume_image_export", {"volume": "windows-available", "os_type": "linux"}),
    ("image_copy", {"source_image": "iso-image"}),
    ("image_copy", {"source_image": "big-image"}),
    ("image_copy", {"source_image": "whole-from-backup"}),
    ("image_copy", {"source_image": _STUCK}),
    ("image_copy", {"source_image": "windows-image"}),
    ("image_copy", {"source_image": "shared-pending"}),
    ("quick_import", {"image_url": "ims-image:a.zvhd2", "min_disk": 40, "os_version": "CentOX"}),
]
# An image to copy that is still being made when the task starts.
_SOON = "soon"
# How the job of an image can end, or not.
_CREATE: faults.Rule = {"method": "POST", "path": faults.CREATE}
_FAILING: tuple[faults.Rule, ...] = (
    {**_CREATE, "action": "job", "fail": "IMG.0014"},
    {**_CREATE, "action": "volume", "fail": "failed"},
)
_NEVER_DONE: tuple[faults.Rule, ...] = (
    {**_CREATE, "action": "job", "image": "saving"},
    {**_CREATE, "action": "volume", "stuck": True},
)
# The share of pairs that are of image_retention.
_RETENTIONS = 0.12
_OWN_IMAGES = ("linux-base", "limited-image", "eps-image", "protected-image")


@dataclass(frozen=True)
class Step:
    """Part of how a world came to be: a task, then a pause. rules: how the cloud behaves then."""

    task: Task
    pause: float = 0.0
    rules: tuple[faults.Rule, ...] = ()


@dataclass(frozen=True)
class Case:
    """A world and a task in it."""

    name: str
    switches: dict[str, Any]
    steps: tuple[Step, ...]
    task: Task
    user: str = "main"
    store: bool = True
    retention: retention_cases.RetentionCase | None = None


@dataclass
class Outcome:
    """What a pair showed."""

    seed: int
    differences: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    compared: str = ""
    story: str = ""
    requests: int = 0
    trace: list[str] = field(default_factory=list)


def draw(seed: int) -> Case:
    rng = Random(f"parity:{seed}")
    if rng.random() < _RETENTIONS:
        return _of_retention(rng)
    kind = rng.choice(list(samples.KINDS))
    situation, steps = rng.choice(_SITUATIONS)(rng, kind)
    asked, task = rng.choice(_ASKED)(rng, kind)
    if task.arguments.get("source_image") == _SOON:
        steps = [*steps, _being_made(rng)]
    user = rng.choice(("main",) * 8 + ("reader", "no-lookups"))
    store = rng.random() < 0.5
    switches = _switches(rng)
    name = f"{situation}; {asked}, {kind}; {user}"
    # Without a store nothing is known of an image that the cloud does not list yet.
    store = store or any(s.task.arguments.get("wait") is False for s in steps)
    store = store or task.arguments.get("wait") is False
    return Case(name, switches, tuple(steps), task, user, store)


def _switches(rng: Random) -> dict[str, Any]:
    """What counts is what is seen, not how long it takes."""
    switches = faults.switches(rng)
    switches.pop("rate_limit", None)
    if switches.get("delete_lingers", [0])[0] > 0:
        del switches["delete_lingers"]
    return switches


def _of_retention(rng: Random) -> Case:
    case = retention_cases.draw(rng, ManualClock().now())
    task = case.task.but(wait=False) if rng.random() < 0.2 else case.task
    user = rng.choice(("main",) * 8 + ("reader", "no-lookups"))
    name = f"families; retention; {user}"
    return Case(name, _switches(rng), (), task, user, rng.random() < 0.5, case)


# --- worlds


def _nothing(rng: Random, kind: str) -> tuple[str, list[Step]]:
    return "nothing", []


def _same(rng: Random, kind: str) -> tuple[str, list[Step]]:
    task = wishes.made_of(rng, kind).but(**wishes.looks(rng))
    return "same source", [Step(task, rng.choice((0.0, 100.0)))]


def _other(rng: Random, kind: str) -> tuple[str, list[Step]]:
    task = wishes.made_of(rng, kind, other=True)
    return "other source", [Step(task, rng.choice((0.0, 100.0)))]


def _other_kind(rng: Random, kind: str) -> tuple[str, list[Step]]:
    task = wishes.made_of(rng, rng.choice([k for k in samples.KINDS if k != kind]))
    return "other kind", [Step(task)]


def _in_flight(rng: Random, kind: str) -> tuple[str, list[Step]]:
    other = rng.random() < 0.3
    task = wishes.made_of(rng, kind, other).but(wait=False)
    pause = rng.choice((0.0, 5.0, 30.0, 60.0)) if not other else 60.0
    return f"{'other' if other else 'same'} in flight", [Step(task, pause)]


def _aged(rng: Random, kind: str) -> tuple[str, list[Step]]:
    return "aged", [Step(wishes.made_of(rng, kind), 3 * 86400.0)]


def _several(rng: Random, kind: str) -> tuple[str, list[Step]]:
    if "backup" in kind:
        return _same(rng, kind)
    task = wishes.made_of(rng, kind)
    again = task.but(max_age="1d", keep_old=True)
    last = rng.choice((0.0, 3 * 86400.0))
    return "several", [Step(task, 2 * 86400.0), Step(again, last)]


def _two_sources(rng: Random, kind: str) -> tuple[str, list[Step]]:
    mine, other = wishes.made_of(rng, kind), wishes.made_of(rng, kind, other=True)
    return "replaced by another", [Step(mine), Step(other.but(if_source_differs="replace"))]


def _killed(rng: Random, kind: str) -> tuple[str, list[Step]]:
    return "failed before", [Step(wishes.made_of(rng, kind), 100.0, rules=_FAILING)]


def _stuck(rng: Random, kind: str) -> tuple[str, list[Step]]:
    """An image that is never finished, and which a cloud may let go or not."""
    made = wishes.made_of(rng, kind).but(wait=False)
    return "never finished", [Step(made, rng.choice((3600.0, 3 * 86400.0)), rules=_NEVER_DONE)]


def _put_aside(rng: Random, kind: str) -> tuple[str, list[Step]]:
    """Where names have to be unique, the old image has another one now."""
    mine, other = wishes.made_of(rng, kind), wishes.made_of(rng, kind, other=True)
    replacing = mine.but(if_source_differs="replace", wait=False)
    return "replaced, not waited for", [Step(other), Step(replacing, rng.choice((60.0, 3600.0)))]


def _gone(rng: Random, kind: str) -> tuple[str, list[Step]]:
    task = wishes.made_of(rng, kind)
    gone = Task(task.module, {"name": NAME, "state": "absent"})
    return "just deleted", [Step(task), Step(gone, rng.choice((0.0, 60.0)))]


def _elsewhere(rng: Random, kind: str) -> tuple[str, list[Step]]:
    """Of the same source, under another name: only for backups that matters."""
    return "made under another name", [Step(wishes.made_of(rng, kind, name="silver"))]


_SITUATIONS = (
    _nothing,
    _same,
    _same,
    _other,
    _other_kind,
    _in_flight,
    _in_flight,
    _aged,
    _several,
    _two_sources,
    _killed,
    _gone,
    _elsewhere,
    _stuck,
    _put_aside,
)


# --- tasks


def _present(rng: Random, kind: str) -> tuple[str, Task]:
    more: dict[str, Any] = dict(wishes.looks(rng))
    more["if_source_differs"] = rng.choice(("fail", "replace", "replace", "keep"))
    more["if_source_unknown"] = rng.choice(("accept", "accept", "accept", "fail"))
    if rng.random() < 0.3:
        more.update(max_age=rng.choice(("1d", "30d")), keep_old=rng.random() < 0.4)
    if rng.random() < 0.25:
        more["wait"] = False
    return "present", wishes.made_of(rng, kind).but(**more)


def _neighbour(rng: Random, kind: str) -> tuple[str, Task]:
    """Of a name that begins with the other one. A backup makes one image only."""
    if kind not in samples.REMAKABLE:
        kind = rng.choice(samples.REMAKABLE)
    _asked, task = _present(rng, kind)
    return "a neighbour", task.but(name=f"{NAME}-02", if_source_differs="replace")


def _odd(rng: Random, kind: str) -> tuple[str, Task]:
    module, arguments = rng.choice(_ODD)
    return "odd source", Task(module, {"name": NAME, **arguments, **wishes.looks(rng)})


def _of_soon(rng: Random, kind: str) -> tuple[str, Task]:
    task = Task("image_copy", {"name": NAME, "source_image": _SOON, **wishes.looks(rng)})
    return "copy of what is being made", task


def _being_made(rng: Random) -> Step:
    """Listed already: until then nothing bears its name. Not of a file, whose size only the
    finished image tells: one of more than 128 GB cannot be copied."""
    task = wishes.made_of(rng, rng.choice(("disk", "image")), name=_SOON)
    return Step(task.but(wait=False), faults.LATE + rng.choice((0.0, 5.0, 50.0)))


def _absent(rng: Random, kind: str) -> tuple[str, Task]:
    made = wishes.made_of(rng, kind)
    task = made if rng.random() < 0.5 else Task(made.module, {"name": NAME})
    more: dict[str, Any] = {"state": "absent", "delete_all": rng.random() < 0.3}
    if made.module == "whole_image":
        more["delete_backup"] = rng.random() < 0.5
    if rng.random() < 0.2:
        more["wait"] = False
    return "absent", task.but(**more)


def _change(rng: Random, kind: str) -> tuple[str, Task]:
    image = rng.choice((NAME, NAME, *_OWN_IMAGES))
    arguments: dict[str, Any] = {"image": image, **wishes.looks(rng)}
    if rng.random() < 0.2:
        arguments["name"] = "renamed"
    if rng.random() < 0.2:
        arguments["protected"] = rng.random() < 0.5
    return "change", Task("image", arguments)


_ASKED = (
    *(_present, _present, _present, _present),
    *(_odd, _of_soon, _absent, _absent, _change, _neighbour),
)


# --- the pair


def run(seed: int) -> Outcome:
    case = draw(seed)
    outcome = Outcome(seed, story=case.name)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        checked = _world(case, seed, f"{folder}/a")
        predicted = _run(checked, case, check_mode=True)
        watch_locks(checked.clock)
        _judge_silence(checked, predicted, outcome, "check mode")
        real = _world(case, seed, f"{folder}/b")
        done = _run(real, case)
        outcome.compared = _compare(predicted, done, outcome.differences)
        if outcome.compared == "only by waiting":
            _judge_silence(real, done, outcome, "a task that waits in vain for its source")
        if not done.failed and not _chose(done):
            _judge_second_run(real, case, outcome)
        for cloud in (checked, real):
            outcome.violations += cloud.violations
            outcome.requests += len(cloud.events)
        if outcome.differences or outcome.violations:
            outcome.trace = [f"seed {seed}: {case}", *_trace(checked), "=== real", *_trace(real)]
    return outcome


def _judge_second_run(cloud: Cloud, case: Case, outcome: Outcome) -> None:
    if not case.store:
        cloud.clock.advance(faults.LATE + 5)
    again = _run(cloud, case)
    _judge_silence(cloud, again, outcome, "the second run")
    said = _said(again.result or {})
    # Now that there is an image, what it was made from and how old it is matter.
    strict = "if_source_unknown is fail" in said or NO_AGE in said
    if (again.failed and not strict) or (again.result or {}).get("changed"):
        outcome.differences.append(f"the second run: {again}")


def _chose(attempt: Attempt) -> bool:
    """Did the task take one of several images, none of them proved? With what this machine knows of
    its create requests, the next task may take another."""
    result = attempt.result or {}
    several = "Several images are named" in " ".join(result.get("warnings", ()))
    return several and result.get("source_verified") is False


def _world(case: Case, seed: int, store: str) -> Cloud:
    random.seed(seed)
    cloud = Cloud(seed, store if case.store else None)
    watch_locks(cloud.clock)
    cloud.simulator.faults({"switches": case.switches})
    if case.retention is not None:
        case.retention.fill(cloud)
    else:
        bystanders.add(Random(f"bystanders:{seed}"), cloud, (NAME, f"{NAME}-02"))
    if case.task.arguments.get("instance") == _WITHOUT_VAULT:
        _leave_one_vault(cloud)
    for step in case.steps:
        cloud.simulator.faults({"rules": list(step.rules)})
        cloud.run_one(step.task.but("before"))
        cloud.simulator._faults.clear(seed)
        cloud.clock.advance(step.pause)
    return cloud


def _leave_one_vault(cloud: Cloud) -> None:
    """Of those that could take a server: a list that ignores what it is asked for has one entry."""
    vaults = cloud.simulator.cloud.world.vaults
    for vault_id in [one.id for one in vaults.values() if one.name != "vault-empty"]:
        del vaults[vault_id]


def _run(cloud: Cloud, case: Case, check_mode: bool = False) -> Attempt:
    task = case.task
    if case.user != "main":
        task = task.but(**cloud.other(case.user))
    return cloud.run_one(task.but("check" if check_mode else "real"), check_mode=check_mode)


def _judge_silence(cloud: Cloud, attempt: Attempt, outcome: Outcome, who: str) -> None:
    events = cloud.events[attempt.first_event :]
    writes = [f"{event.method} {event.path}" for event in events if event.is_write]
    if writes:
        outcome.differences.append(f"{who} wrote: {writes}")


def _compare(predicted: Attempt, done: Attempt, differences: list[str]) -> str:
    """What the pair came to: the same result, the same refusal, or what nobody could know."""
    foretold, real = predicted.result or {}, done.result or {}
    if predicted.failed or done.failed:
        if predicted.failed and done.failed:
            one, other = _said(foretold), _said(real)
            if one == other:
                return "same refusal"
        error, said = real.get("error") or {}, _said(real)
        told = (error.get("http_status"), error.get("code"))
        # Backups are looked up only where the cloud has left one behind.
        backup = said.startswith("Failed while deleting backup")
        tried = told in _ONLY_BY_TRYING or backup or _UPLOADING in said or _WINDOWS in said
        if not predicted.failed and tried:
            return "only by trying"
        waits = f"waiting for image '{_STUCK}'" in said or "is saving" in said
        if not predicted.failed and waits:
            return "only by waiting"
        differences.append(f"check mode: {predicted}; really: {done}")
        return "different"
    for name in _COMPARED:
        if foretold[name] != real[name]:
            differences.append(f"{name}: predicted {foretold[name]}, really {real[name]}")
    if foretold.get("image_id") not in (None, real.get("image_id")):
        differences.append(f"image_id: {foretold['image_id']}, really {real['image_id']}")
    return "same result"


def _said(result: dict[str, Any]) -> str:
    return _REQUEST_ID.sub("", str(result.get("msg")))


def _trace(cloud: Cloud) -> list[str]:
    lines = []
    for number, attempt in enumerate(cloud.attempts):
        following = cloud.attempts[number + 1 :]
        end = following[0].first_event if following else len(cloud.events)
        lines.append(f"--- {attempt.task.label}: {attempt}")
        for event in cloud.events[attempt.first_event : end]:
            query = f"?{event.query}" if event.query else ""
            lines.append(
                f"    {event.time:.1f} {event.method} {event.path}{query}: {event.outcome}"
            )
    return lines
