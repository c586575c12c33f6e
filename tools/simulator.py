# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the simulator for the time of a test run."""

from __future__ import annotations

import json
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from string import Template
from typing import IO, Any

from . import places
from .places import ROOT, Place

_TEMPLATE = ROOT / "tests" / "integration" / "integration_config.yml.template"


@contextmanager
def started(
    place: Place,
    log: IO[str],
    *,
    time_scale: float,
    seed: int | None = None,
    latency: float | None = None,
    fleet: int | None = None,
    region: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the facts that a started simulator tells of itself; afterwards it is gone in any case.

    `time_scale` is how many times as fast as a real one the cloud works. `seed` draws what is
    disputed about it. `latency` is in milliseconds, `fleet` a number of servers. What is None is
    the simulator's own choice.
    """
    command = [str(place.python), "-m", "tests.simulator", "--time-scale", str(time_scale)]
    choices = {"--seed": seed, "--latency": latency, "--fleet": fleet, "--region": region}
    for option, value in choices.items():
        if value is not None:
            command += [option, str(value)]
    with serving(command, place, log) as facts:
        yield facts


@contextmanager
def serving(command: Sequence[str], place: Place, log: IO[str]) -> Iterator[dict[str, Any]]:
    """Yield what a server says in its first line, which is JSON; afterwards the server is gone."""
    log.write(f"$ {' '.join(command)}\n")
    log.flush()
    process = places.start(command, place, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
    try:
        yield json.loads(_first_line(process))
    finally:
        places.stop(process)


def _first_line(process: subprocess.Popen[str], patience: float = 60) -> str:
    assert process.stdout is not None
    ready = select.select([process.stdout], [], [], patience)[0]
    line = process.stdout.readline() if ready else ""
    if not line:
        raise RuntimeError(f"{process.args!r} did not start; it says why in the log.")
    return line


def integration_config(facts: dict[str, Any], in_process: bool) -> str:
    """Return the variables for the integration tests: the template, filled in with the facts.

    Each value goes in as JSON, which is YAML. `in_process`: tasks run in Ansible's own process, not
    as modules.
    """
    known = {**facts, "in_process": in_process, "sample": _samples()}
    values = {name: json.dumps(value) for name, value in known.items()}
    return Template(_TEMPLATE.read_text()).substitute(values)


def _samples() -> dict[str, str]:
    """Return the ids of tests/samples.py, whichever way this package was imported."""
    parent = __name__.rpartition("tools.")[0]
    ids: dict[str, str] = import_module(f"{parent}tests.samples").IDS
    return ids
