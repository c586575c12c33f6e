# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries to break the collection, by seeds, so that every find can be had again.

    python -m tests.chaos --seeds 5000 --pairs 2000 --kills 200
    python -m tests.chaos --first-seed 4711 --seeds 1 --pairs 0 --kills 0 -v

Schedules: random tasks in one process while the cloud answers nonsense and tasks are killed. Pairs:
check mode and the real run in twin worlds. Kills: real ansible-playbook processes. Prints the
figures and writes build/chaos.json; the exit code tells whether anything was found.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "build" / "chaos.json"
# What a seed needs of threads and files is given back with its process.
_SEEDS_PER_PROCESS = 100
_SEEDS_PER_LINE = 100


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests.chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5000, metavar="N", help="schedules")
    parser.add_argument("--pairs", type=int, metavar="N", help="default: 2 for 5 schedules")
    parser.add_argument("--kills", type=int, metavar="N", help="default: 1 for 25 schedules")
    parser.add_argument("--first-seed", type=int, default=1, metavar="K")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--quick", action="store_true", help="a share that fits a CI run")
    parser.add_argument("-v", "--verbose", action="store_true", help="the trace of every seed")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seeds, arguments.pairs, arguments.kills = 400, 150, 5  # kills: one of each form
    if arguments.pairs is None:
        arguments.pairs = (arguments.seeds * 2 + 4) // 5
    if arguments.kills is None:
        arguments.kills = arguments.seeds // 25
    return arguments


def _outcomes(work: Any, arguments: argparse.Namespace, count: int, what: str) -> Iterator[Any]:
    """In the order in which they are ready. One seed runs here, where a debugger can see it.

    A line for each hundred shows that the run goes on.
    """
    seeds = range(arguments.first_seed, arguments.first_seed + count)
    if count <= 1 or arguments.jobs == 1:
        yield from map(work, seeds)
        return
    context = multiprocessing.get_context("fork")
    # Ctrl-C is for this process, which ends the others.
    ignoring = (signal.SIGINT, signal.SIG_IGN)
    with context.Pool(arguments.jobs, signal.signal, ignoring, _SEEDS_PER_PROCESS) as pool:
        for number, outcome in enumerate(pool.imap_unordered(work, seeds), 1):
            yield outcome
            if number % _SEEDS_PER_LINE == 0:
                print(f"{number} of {count} {what}", flush=True)


def _tell(what: str, outcome: Any, verbose: bool) -> None:
    found = [*outcome.violations, *getattr(outcome, "differences", ())]
    if found:
        print(f"=== {what} {outcome.seed}: {outcome.story}", *found, sep="\n", flush=True)
        print(*outcome.trace, sep="\n", flush=True)
        print(f"To see it again: make chaos SEEDS=1 FIRST_SEED={outcome.seed}", flush=True)
    elif verbose:
        print(f"=== {what} {outcome.seed}: {outcome.story}: nothing found", flush=True)


def _run_schedules(figures: Any, arguments: argparse.Namespace) -> None:
    from . import schedule

    for outcome in _outcomes(schedule.run, arguments, arguments.seeds, "schedules"):
        figures.counts["schedules"] += 1
        figures.counts["simulated_kills"] += outcome.kills
        figures.counts["told_twins"] += outcome.told_duplicates
        figures.counts["tasks"] += outcome.tasks
        figures.counts["requests"] += outcome.requests
        figures.stories[outcome.story.split(",")[0]] += 1
        figures.stories["two machines"] += "two machines" in outcome.story
        figures.stories["waited for together"] += "together with" in outcome.story
        figures.blame("schedules", outcome.seed, outcome.violations)
        _tell("schedule", outcome, arguments.verbose)


def _run_pairs(figures: Any, arguments: argparse.Namespace) -> None:
    from . import parity

    for outcome in _outcomes(parity.run, arguments, arguments.pairs, "pairs"):
        figures.counts["parity_pairs"] += 1
        figures.counts["requests"] += outcome.requests
        figures.counts["parity_differences"] += bool(outcome.differences)
        figures.pairs[outcome.compared] += 1
        figures.blame("pairs", outcome.seed, outcome.violations)
        _tell("pair", outcome, arguments.verbose)


def _run_kills(figures: Any, arguments: argparse.Namespace) -> None:
    if not arguments.kills:
        return
    from . import processes

    processes.run(figures, arguments)


def main() -> int:
    sys.path.insert(0, str(ROOT / ".build" / "collections"))
    from .figures import Figures

    arguments = _arguments()
    figures = Figures()
    layers = {"schedules": _run_schedules, "pairs": _run_pairs, "kills": _run_kills}
    try:
        for name, layer in layers.items():
            begun = time.monotonic()
            layer(figures, arguments)
            figures.seconds[name] = time.monotonic() - begun
    finally:  # also of a run that is interrupted
        figures.save(REPORT, first_seed=arguments.first_seed)
    print(figures)
    return 1 if figures.failed else 0


if __name__ == "__main__":
    sys.exit(main())
