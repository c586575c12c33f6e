# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the targets of `ansible-test integration`, several at a time.

A target sleeps most of its time, between two looks at the cloud. Those that run side by side share
nothing: each worker has a copy of the checkout, because ansible-test writes its results there, and
a home directory, because tasks keep there what they know of the cloud. Each target has a simulator
of its own: what becomes of a target does not depend on what ran before.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from . import ansible_test, simulator, trees
from .counts import Count, of_run, total
from .places import BUILD, Place

WORKERS = 4
# These first, so that none of them is left for the end, when nothing else is to be done beside it.
LONGEST = (
    *("playbooks", "image_wait", "whole_image", "role_golden_image"),
    *("quick_import", "volume_image_export", "image_copy", "role_image_import"),
)


@dataclass(frozen=True)
class Worker:
    """Runs one target after the other, in a copy of the checkout and a home of its own."""

    place: Place
    tree: Path


@dataclass(frozen=True)
class Suite:
    """What is to be run and how.

    arguments: of ansible-test. time_scale, seed: of the simulators. in_process: tasks run in
    Ansible's own process, not as modules. mitogen: plays run under its strategy plugins.
    """

    name: str
    arguments: Sequence[str]
    time_scale: float
    seed: int
    in_process: bool
    log: IO[str]
    mitogen: bool = False
    writing: threading.Lock = field(default_factory=threading.Lock)


def run(suite: Suite, place: Place) -> Count:
    """Run the targets that the arguments choose, and return the count of those that went well."""
    first = _worker(suite, place, 1)
    question = [*suite.arguments, "--list-targets"]
    chosen = ansible_test.listed(first.place, first.tree, question, suite.log)
    if not chosen:
        return Count(failed=1)
    more = range(2, min(WORKERS, len(chosen)) + 1)
    workers = [first, *(_worker(suite, place, number) for number in more)]
    # One iterator for all workers: each target goes to the one that asks next.
    waiting = iter(sorted(chosen, key=_rank))
    pool = ThreadPoolExecutor(len(workers))
    try:
        working = [pool.submit(_work, suite, worker, waiting, chosen) for worker in workers]
        wait(working)  # all of them, also if one breaks off: the others take what is left
        return total(future.result() for future in working)
    finally:
        # Whoever breaks the run off ends what the workers have started; nobody waits for them here.
        pool.shutdown(wait=False, cancel_futures=True)


def _rank(target: str) -> int:
    return LONGEST.index(target) if target in LONGEST else len(LONGEST)


def _worker(suite: Suite, place: Place, number: int) -> Worker:
    home = place.home.with_name(f"{place.home.name}-{suite.name}-{number}")
    worker = Worker(replace(place, home=home), trees.copy(f"{suite.name}-{number}"))
    if suite.mitogen:
        # The settings that ansible-test gives to every play, and to the plays that those start.
        settings = worker.tree / "tests" / "integration" / "integration.cfg"
        settings.write_text(_under_mitogen(place))
    return worker


def _under_mitogen(place: Place) -> str:
    """Return the ansible.cfg of a user of mitogen."""
    [plugins] = place.venv.glob("lib/python*/site-packages/ansible_mitogen/plugins/strategy")
    return f"[defaults]\nstrategy = mitogen_linear\nstrategy_plugins = {plugins}\n"


def _work(suite: Suite, worker: Worker, waiting: Iterator[str], chosen: Sequence[str]) -> Count:
    config = worker.tree / "tests" / "integration" / "integration_config.yml"
    count = Count()
    for target in waiting:
        with (
            _log(suite, target, alone=len(chosen) == 1) as log,
            simulator.started(
                worker.place, log, time_scale=suite.time_scale, seed=suite.seed
            ) as facts,
        ):
            config.write_text(simulator.integration_config(facts, suite.in_process))
            count += _run_target(suite, worker, target, chosen, log)
    return count


def _run_target(
    suite: Suite, worker: Worker, target: str, chosen: Sequence[str], log: IO[str]
) -> Count:
    began = time.monotonic()
    # The arguments may name targets already, but leave out what is excluded.
    others = [word for other in chosen if other != target for word in ("--exclude", other)]
    returncode = ansible_test.run(worker.place, worker.tree, [*suite.arguments, *others], log)
    passed = target in _went_well(ansible_test.output(worker.tree))
    count = of_run(returncode, Count(passed=1) if passed else Count(failed=1))
    log.write(f"{target}: {count} ({time.monotonic() - began:.0f} s)\n")
    return count


def _went_well(output: Path) -> set[str]:
    """Return the targets of the last run that ansible-test has noted as passed."""
    results = [
        json.loads(path.read_text()) for path in (output / "data").glob("integration-*.json")
    ]
    return {name for result in results for name in result["targets"]}


@contextmanager
def _log(suite: Suite, target: str, alone: bool) -> Iterator[IO[str]]:
    """Where a target may write: beside others into a file, which goes into the log as a whole."""
    if alone:
        yield suite.log
        return
    path = BUILD / "logs" / f"{suite.name}-{target}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("w", encoding="utf-8") as log:
            yield log
    finally:
        with suite.writing:
            suite.log.write(path.read_text(encoding="utf-8", errors="replace"))
            suite.log.flush()
