# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of `make test-matrix`: the oldest and newest ansible-core on each Python found.

CORES=all takes those between as well, CORES=next the one that is to come, which is not promised.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from . import environment, steps
from .counts import Count
from .places import BUILD, Place

Version = tuple[int, int]
_NEEDED = ("runtime", "simulator", "units", "mitogen")
# What says nothing about a Python or an ansible-core: the tests of what tests (the simulator serves
# every integration run anyway), and the stories retold on dozens of clouds or with spoilt answers
# (how those are decoded does depend on the Python: test_spoilt_answers.py).
_ONCE_IS_ENOUGH = (
    "tests/unit/benchmark/",
    "tests/unit/chaos/",
    "tests/unit/simulator/",
    "tests/unit/stories/test_seeds.py",
    "tests/unit/stories/test_spoilt_tasks.py",
    "tests/unit/tools/",
)
# Every Python that a module or the controller may run on (tests/config.yml, tests/requirements).
_MODULE_PYTHONS: tuple[Version, ...] = tuple((3, minor) for minor in range(9, 15))


@dataclass(frozen=True)
class Core:
    """An ansible-core: the requirement file that names it, and the Pythons it runs on."""

    name: str
    requirement: str
    pythons: tuple[Version, ...]


OLDEST = Core("oldest", "oldest-core", ((3, 11), (3, 12), (3, 13)))
NEWEST = Core("newest", "core", ((3, 12), (3, 13), (3, 14)))
_BETWEEN = (
    Core("2.19", "core-2.19", ((3, 11), (3, 12), (3, 13))),
    Core("2.20", "core-2.20", ((3, 12), (3, 13), (3, 14))),
)
_NEXT = Core("next", "next-core", ((3, 13), (3, 14)))
CHOICES: dict[str, Sequence[Core]] = {
    "ends": (OLDEST, NEWEST),
    "all": (OLDEST, *_BETWEEN, NEWEST),
    "next": (_NEXT,),
}


@dataclass(frozen=True)
class Entry:
    """One ansible-core on one Python, in a virtual environment of its own."""

    core: Core
    version: Version
    python: str

    @property
    def name(self) -> str:
        return "{}-core-python{}.{}".format(self.core.name, *self.version)

    def place(self, pythons: dict[Version, str]) -> Place:
        """Return the environment, made if need be, with all `pythons` in its reach."""
        folder = BUILD / "matrix" / self.name
        environment.ensure(str(folder), [self.core.requirement, *_NEEDED], self.python)
        folders = tuple(str(Path(path).parent) for path in pythons.values())
        return Place(folder, BUILD / "matrix" / f"home-{self.name}", folders)


def all_steps() -> dict[str, Callable[[IO[str]], Count]]:
    """Return the steps by name, in the order in which they are to be begun."""
    pythons = environment.find_pythons(_MODULE_PYTHONS)
    entries = list(find_entries(pythons, chosen_cores(os.environ)))
    named: dict[str, Callable[[IO[str]], Count]] = {}
    # Integration sleeps half of its time, units never do: one of each goes well beside the other.
    # Not of the same entry, lest both wait for the environment that the one makes.
    for entry, other in zip(entries, [*entries[1:], *entries[:1]], strict=True):
        # `make test` runs all targets in Ansible's own process; here each ansible-core runs them as
        # modules once.
        as_modules = entry.version == min(one.version for one in entries if one.core == entry.core)
        named[f"{entry.name} integration"] = partial(_integration, entry, pythons, not as_modules)
        named[f"{other.name} units"] = partial(_units, other, pythons)
    # Mitogen reaches into Ansible, not into Python, and compiling and importing goes through all
    # Pythons by itself: one run of each for each ansible-core.
    for entry in {entry.core: entry for entry in entries}.values():
        named[f"{entry.name} mitogen"] = partial(_mitogen, entry, pythons)
        named[f"{entry.name} sanity"] = partial(_sanity, entry, pythons)
    return named


def chosen_cores(environ: Mapping[str, str]) -> Sequence[Core]:
    """Return those that the variable CORES chooses. Raises ValueError for another word."""
    word = environ.get("CORES") or "ends"
    if word not in CHOICES:
        raise ValueError(f"CORES={word}: it can be {', '.join(CHOICES)}")
    return CHOICES[word]


def find_entries(
    pythons: dict[Version, str], cores: Sequence[Core] = CHOICES["ends"]
) -> Iterator[Entry]:
    """Yield what can be tested with `pythons`."""
    for version, path in pythons.items():
        for core in cores:
            if version in core.pythons:
                yield Entry(core, version, path)


def _integration(
    entry: Entry, pythons: dict[Version, str], in_process: bool, log: IO[str]
) -> Count:
    return steps.integration(log, entry.place(pythons), in_process)


def _mitogen(entry: Entry, pythons: dict[Version, str], log: IO[str]) -> Count:
    return steps.integration(log, entry.place(pythons), in_process=True, mitogen=True)


def _units(entry: Entry, pythons: dict[Version, str], log: IO[str]) -> Count:
    return steps.units(log, entry.place(pythons), _ONCE_IS_ENOUGH)


def _sanity(entry: Entry, pythons: dict[Version, str], log: IO[str]) -> Count:
    return steps.sanity(log, entry.place(pythons), tests=("compile", "import"))
