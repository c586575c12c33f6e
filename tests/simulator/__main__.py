# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.simulator`: print what a client needs, then serve until SIGTERM."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from contextlib import ExitStack
from typing import IO

from .clock import RealClock
from .seed import FLEET, REGION
from .server import serve
from .simulator import Simulator

NASTY_LATENCY = 15.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--time-scale", type=float, default=1.0, metavar="N")
    parser.add_argument("--latency", type=float, metavar="MS", help="per answer, varies by half")
    parser.add_argument("--tame", action="store_true", help="turn every nasty default off")
    parser.add_argument(
        "--fleet", type=int, default=FLEET, metavar="N", help="servers in the fleet"
    )
    parser.add_argument("--region", default=REGION, help="what it is called, as eu-de")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", metavar="FILE", help="JSON as for POST /_sim/faults")
    parser.add_argument("--log", metavar="FILE", help="one line per request, no secrets")
    return parser.parse_args()


def _simulator(arguments: argparse.Namespace, log: IO[str] | None) -> Simulator:
    latency = arguments.latency
    if latency is None:
        latency = 0.0 if arguments.tame else NASTY_LATENCY
    simulator = Simulator(
        RealClock(arguments.time_scale),
        seed=arguments.seed,
        tame=arguments.tame,
        latency=latency,
        fleet=arguments.fleet,
        region=arguments.region,
        log=log,
    )
    if arguments.faults:
        with open(arguments.faults, encoding="utf-8") as file:
            simulator.faults(json.load(file))
    return simulator


def main() -> int:
    arguments = _arguments()
    with ExitStack() as files:
        log = None
        if arguments.log:
            log = files.enter_context(open(arguments.log, "a", encoding="utf-8"))
        _run(arguments, _simulator(arguments, log))
    return 0


def _run(arguments: argparse.Namespace, simulator: Simulator) -> None:
    server = serve(simulator, arguments.host, arguments.port)

    def stop(_signal: int, _frame: object) -> None:
        # shutdown() waits for serve_forever(), which this very thread is in.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(json.dumps(simulator.facts(f"http://{arguments.host}:{server.server_port}")), flush=True)
    server.serve_forever(poll_interval=0.1)
    server.socket.close()


if __name__ == "__main__":
    sys.exit(main())
