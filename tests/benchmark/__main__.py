# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the collection beside what else there is, both in one run.

    python -m tests.benchmark

Prints the figures, writes build/bench.json, and draws them for docs/benchmarks. It takes about half
an hour and wants the machine for itself.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
LATENCIES = (0, 120)
# Ten minutes of the cloud in a second, where no time of the cloud is measured.
_FAST = 600.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests.benchmark", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: does it work? Figures into .build only"
    )
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)


def _measured(latency: int, sizes: Any, log: IO[str], once: dict[str, Any]) -> dict[str, Any]:
    """Return the medians at one latency; at 0 ms, also fill `once`."""
    from . import clouds, fanout, items, startup

    venv = Path(sys.prefix)
    fleet = max(sizes.loop, sizes.tasks, sizes.exports)
    with (
        clouds.started(venv, log, latency=latency, time_scale=_FAST, fleet=fleet) as cloud,
        _aws(cloud.place, latency, sizes.exports, log) as aws,
    ):
        runner = items.Runner(cloud, aws, sizes, log)
        found = items.measure(runner, sizes, _say)
        if latency == 0:
            _say("start-up, and memory")
            once["startup"] = startup.measure(
                cloud, runner.single, {**runner.variables, "count": 1}, sizes, log, _say
            )
            memory = runner.memory()
            batch = fanout.measure_memory(cloud, sizes, log, _say)
            memory["batch"] = {"ours": batch, "debug": memory["loop"]["debug"]}
            once["memory"] = memory
        with clouds.started(venv, log, latency=latency, time_scale=1, fleet=fleet) as slow:
            _say(f"{sizes.exports} exports of {sizes.export_seconds:g} s")
            many = fanout.measure(slow, aws, sizes, log, _say)
    return {**vars(found), **vars(many)}


def _long(latency: int, sizes: Any, log: IO[str]) -> Any:
    from . import clouds, fanout

    with clouds.started(
        Path(sys.prefix), log, latency=latency, time_scale=1, fleet=sizes.exports
    ) as cloud:
        return fanout.measure_long(cloud, sizes, log, _say)


@contextmanager
def _aws(place: Any, latency: int, instances: int, log: IO[str]) -> Iterator[Mapping[str, Any]]:
    from ansible_collections.huaweicloud.ims.tools import simulator

    command = [str(place.python), "-m", "tests.benchmark.aws", "--latency", str(latency)]
    command += ["--instances", str(instances)]
    with simulator.serving(command, place, log) as facts:
        yield facts


def _all(sizes: Any, log: IO[str]) -> tuple[dict[int, Any], Any]:
    """Return the medians by latency, and what is measured once."""
    from ansible_collections.huaweicloud.ims.tools.places import Place

    from . import figures, gateway, growth

    found: dict[int, dict[str, Any]] = {}
    once: dict[str, Any] = {}
    for latency in LATENCIES:
        _say(f"=== at {latency} ms")
        found[latency] = _measured(latency, sizes, log, once)
    # They wait most of the time, so they can run beside each other.
    _say(f"=== {sizes.exports} exports of {sizes.long_export_seconds:g} s, at both latencies")
    with ThreadPoolExecutor() as pool:
        long = pool.map(lambda latency: _long(latency, sizes, log), LATENCIES)
        for latency, fanout in zip(LATENCIES, long, strict=True):
            found[latency].update(long_fanout=fanout, long_job=sizes.long_export_seconds)
    _say("=== accounts with many images")
    once["growth"] = growth.measure(Place(venv=Path(sys.prefix)), sizes, log, _say)
    _say(f"=== {sizes.entries} exports at the limit of the gateway")
    once["gateway"] = gateway.measure(sizes, _say)
    by_latency = {latency: figures.Medians(**medians) for latency, medians in found.items()}
    return by_latency, figures.Once(**once)


def main() -> int:
    sys.path.insert(0, str(ROOT / ".build" / "collections"))
    from ansible_collections.huaweicloud.ims.tools import places

    from . import plot, report
    from .measure import BenchmarkFailure
    from .sizes import FULL, QUICK

    quick = _arguments().quick
    sizes, scratch = (QUICK if quick else FULL), places.BUILD / "benchmark"
    docs = scratch / "docs" if quick else ROOT / "docs" / "benchmarks"
    shutil.rmtree(scratch, ignore_errors=True)
    docs.mkdir(parents=True, exist_ok=True)
    scratch.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    try:
        with (scratch / "log").open("w", encoding="utf-8") as log:
            found, once = _all(sizes, log)
    except BenchmarkFailure as failure:
        _say(f"make bench: {failure}")
        return 1
    finally:
        places.stop_all()
    report.save(found, once, sizes, (scratch if quick else ROOT / "build") / "bench.json")
    plot.draw(found, sizes.exports, docs)
    report.write_page(found, once, sizes, docs / "README.md")
    _say(f"\n{report.summary(found, once)}\n{time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
