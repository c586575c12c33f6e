# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tools.run STEP…` runs steps of `make test`, or `test`, `matrix` for all of a kind.

The last line counts the tests: `N passed, N failed`, with `, N skipped` if there are any.
Variables: JOBS is the number of steps at once, KEEP_GOING=1 goes on after a failed step, ARGS is
added to the command line of a single step, TIME_SCALE and SEED go to the simulator. CI=1 makes
`test` run all of each step; otherwise it leaves out what is slow and rarely breaks.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import IO, NoReturn

from . import counts, environment, matrix, places, steps
from .counts import Count
from .places import BUILD

Step = Callable[[IO[str]], Count]

_STEPS: Mapping[str, Step] = {
    "lint": steps.lint,
    "units": steps.units,
    "sanity": steps.sanity,
    "integration": steps.integration,
    "contract": steps.contract,
    "system": steps.system,
    "browser": steps.pages,
    "docs": steps.docs,
    "chaos": steps.chaos,
    "build": steps.build,
}
# What can fail soonest comes first, then what takes longest; build is part of system. System and
# integration sleep most of the time, so they go well beside what keeps a core busy.
_TEST = (
    *("lint", "system", "integration", "units", "sanity"),
    *("docs", "chaos", "contract", "browser"),
)
_SPACE_MATTERS = {"integration", "matrix", "test", "units"}
_REPORTS = BUILD / "reports"


class Interrupted(Exception):
    """Ctrl-C or a signal has ended the run; the text says what was finished before."""

    def __init__(self, count: Count, unfinished: Iterable[str]) -> None:
        super().__init__(
            f"Interrupted. Not finished: {', '.join(unfinished)}. The finished steps: {count}"
        )


def main(names: list[str]) -> int:
    """Run what `names` say and return the exit code."""
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, _interrupted)
    # What a script starts in the background ignores it, and so would all that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment.link_collection()
    if _SPACE_MATTERS.intersection(names) and " " in environment.ROOT:
        sys.exit(
            f"ansible-test runs no units and no integration tests below a path with a space in it, "
            f"as {environment.ROOT!r}. Please clone to another place."
        )
    if names[:1] == ["total"]:
        count = counts.total(counts.load(_report(name)) for name in names[1:])
    else:
        (name,) = names
        _report(name).unlink(missing_ok=True)
        try:
            count = _run(name)
        except Interrupted as interruption:
            print(interruption)
            return 130
        counts.save(_report(name), count)
    print(count)
    return 1 if count.failed else 0


def _run(name: str) -> Count:
    if name == "test":
        whole = bool(os.environ.get("CI"))
        short = {} if whole else steps.SHORT
        count = _run_many({step: short.get(step, _STEPS[step]) for step in _TEST})
        if not whole:
            print(f"Of {', '.join(sorted(short))} a part was left to .ci/run; CI=1 runs all of it.")
        return count
    if name == "matrix":
        return _run_many(matrix.all_steps())
    return _run_one(name, _STEPS[name])


def _report(name: str) -> Path:
    return _REPORTS / f"{name}.json"


def _run_one(name: str, step: Step) -> Count:
    """Run one step, its output straight to the terminal."""
    try:
        count, seconds = _timed(step, sys.stdout)
    except KeyboardInterrupt:
        raise Interrupted(Count(), [name]) from None
    finally:
        places.stop_all()
    print(f"=== {name}: {count} ({seconds:.0f} s)")
    return count


def _run_many(named: Mapping[str, Step]) -> Count:
    """Run several steps at a time, each with a log in .build/logs; that of a failed one shows."""
    stopped = threading.Event()
    keep_going = bool(os.environ.get("KEEP_GOING"))
    result = Count()
    seconds: dict[str, float] = {}
    running: dict[Future[tuple[Count, float] | None], str] = {}
    pool = ThreadPoolExecutor(int(os.environ.get("JOBS") or 2))
    try:
        for name, step in named.items():
            running[pool.submit(_logged, name, step, stopped)] = name
        for future in as_completed(running):
            count, seconds[running[future]] = _finished(running[future], future)
            result += count
            if count.failed and not keep_going:
                stopped.set()
    except KeyboardInterrupt:
        finished = _results(running)
        unfinished = [name for name in named if name not in finished]
        raise Interrupted(counts.total(finished.values()), unfinished) from None
    finally:
        stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        places.stop_all()
    each = ", ".join(f"{name} {value:.0f}" for name, value in seconds.items())
    _say(f"Seconds: {each}; sum {sum(seconds.values()):.0f}")
    return result


def _results(running: Mapping[Future[tuple[Count, float] | None], str]) -> dict[str, Count]:
    """Return the counts of the steps that have finished."""
    done = (one for one in running if one.done() and not one.cancelled() and not one.exception())
    return {running[one]: found[0] for one in done if (found := one.result()) is not None}


def _logged(name: str, step: Step, stopped: threading.Event) -> tuple[Count, float] | None:
    """Run a step into its log, unless another has failed; return its count and seconds."""
    if stopped.is_set():
        return None
    _say(f"=== {name} …")
    with _log(name).open("w", encoding="utf-8") as log:
        return _timed(step, log)


def _timed(step: Step, log: IO[str]) -> tuple[Count, float]:
    """Return the count and the seconds of a step; one that breaks off is a failed test."""
    began = time.monotonic()
    try:
        count = step(log)
    except Exception:
        traceback.print_exc(file=log)
        count = Count(failed=1)
    return count, time.monotonic() - began


def _finished(name: str, future: Future[tuple[Count, float] | None]) -> tuple[Count, float]:
    outcome = future.result()
    if outcome is None:
        _say(f"=== {name}: not run, as another step failed")
        return Count(), 0.0
    count, seconds = outcome
    if count.failed:
        _say(_log(name).read_text(encoding="utf-8", errors="replace"))
    _say(f"=== {name}: {count} ({seconds:.0f} s)")
    return outcome


def _say(text: str) -> None:
    """Print whole lines: steps run side by side."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _log(name: str) -> Path:
    path = BUILD / "logs" / f"{name.replace(' ', '-')}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _interrupted(_signal: int, _frame: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # cleaning up is not to be broken off as well
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
