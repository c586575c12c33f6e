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


def _measured(latency: int, sizes: Any, log: IO[str]) -> Any:
    """Return the medians at one latency."""
    from . import clouds, fanout, figures, items

    venv = Path(sys.prefix)
    fleet = max(sizes.loop, sizes.tasks, sizes.exports)
    with (
        clouds.started(venv, log, latency=latency, time_scale=_FAST, fleet=fleet) as cloud,
        _aws(cloud.place, latency, log) as aws,
    ):
        found = items.measure(cloud, aws, sizes, log, _say, memory=latency == 0)
    _say(f"{sizes.exports} exports of {sizes.export_seconds:g} s")
    with clouds.started(venv, log, latency=latency, time_scale=1, fleet=fleet) as cloud:
        many = fanout.measure(cloud, sizes, log, _say)
    return figures.Medians(**vars(found), **vars(many))


@contextmanager
def _aws(place: Any, latency: int, log: IO[str]) -> Iterator[Mapping[str, Any]]:
    from ansible_collections.huaweicloud.ims.tools import simulator

    command = [str(place.python), "-m", "tests.benchmark.aws", "--latency", str(latency)]
    with simulator.serving(command, place, log) as facts:
        yield facts


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
    begun, found = time.monotonic(), {}
    try:
        with (scratch / "log").open("w", encoding="utf-8") as log:
            for latency in LATENCIES:
                _say(f"=== at {latency} ms")
                found[latency] = _measured(latency, sizes, log)
    except BenchmarkFailure as failure:
        _say(f"make bench: {failure}")
        return 1
    finally:
        places.stop_all()
    report.save(found, sizes, (scratch if quick else ROOT / "build") / "bench.json")
    plot.draw(found, sizes.exports, docs)
    report.write_page(found, sizes, docs / "README.md")
    _say(f"\n{report.told(found)}\n{time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
