# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator in a process of its own, and patience that ends."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0
STOP_SECONDS = 5.0

Value = TypeVar("Value")


class RunningSimulator:
    """`python -m tests.simulator` as a subprocess; `facts` is the JSON line it prints when ready.

    time_scale is simulated seconds per real second: at 600 a job of ten minutes takes one.
    """

    def __init__(self, seed: int, time_scale: float, *options: str) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.simulator", "--port", "0"),
                *("--time-scale", str(time_scale), "--seed", str(seed), *options),
            ],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self.facts: dict[str, Any] = json.loads(self._first_line())
        except BaseException:
            self.stop()
            raise
        self._session = requests.Session()
        self._session.trust_env = False

    def _first_line(self) -> str:
        assert self._process.stdout is not None
        ready, _written, _failed = select.select([self._process.stdout], [], [], START_SECONDS)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise RuntimeError(f"the simulator said nothing within {START_SECONDS} s")
        return line

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def url(self) -> str:
        return self.facts["url"]

    def reset(self) -> None:
        """Back to the initial world; faults off, request log empty."""
        self._control("POST", "reset", {})

    def switch(self, **values: Any) -> None:
        """Sets behaviours by name (tests/simulator/README.md)."""
        self._control("POST", "faults", {"switches": values})

    def rule(self, **text: Any) -> None:
        """Makes the requests that match go wrong (tests/simulator/README.md)."""
        self._control("POST", "faults", {"rules": [text]})

    def state(self) -> dict[str, Any]:
        return self._control("GET", "state").json()

    def requests(self) -> list[dict[str, Any]]:
        """Every cloud call since the reset: method, path, query, body, time."""
        answer = self._control("GET", "requests").json()
        return answer["requests"] if isinstance(answer, dict) else answer

    def _control(self, method: str, name: str, body: Any = None) -> requests.Response:
        answer = self._session.request(method, f"{self.url}/_sim/{name}", json=body, timeout=10)
        answer.raise_for_status()
        return answer


def until(probe: Callable[[], Value | None], within: float = 15.0, every: float = 0.05) -> Value:
    """The first truthy value of the probe; after `within` seconds an AssertionError."""
    deadline = time.monotonic() + within
    while True:
        value = probe()
        if value:
            return value
        assert time.monotonic() < deadline, f"still {value!r} after {within} s"
        time.sleep(every)
