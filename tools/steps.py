# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of `make test`. Each takes a log to write to and returns the count of its tests."""

from __future__ import annotations

import json
import os
import random
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO

from . import account, ansible_test, browser, environment, places, targets, trees
from .counts import Count, from_junit, of_run, total
from .places import BUILD, ROOT, VENV, Place

HERE = Place()
_SYSTEM_WORKERS = 3
# What is slow and rarely breaks: every seed is drawn, every moment is one to be killed at; tests
# of what tests; the tarball as Galaxy checks it, every form of every option of the roles, the same
# tasks on an old ansible-core. `make test` leaves it to .ci/run and to the steps by themselves.
THOROUGH_UNITS = (
    "tests/unit/chaos/",
    "tests/unit/stories/test_resumable.py",
    "tests/unit/stories/test_seeds.py",
)
THOROUGH_SANITY = ("pylint",)
_THOROUGH_SYSTEM = (
    *("--ignore", "tests/system/test_galaxy.py"),
    *("--ignore", "tests/system/test_role_options.py"),
    *("-k", "not oldest-core"),
)
_SHARE_OF_CHAOS = ("--seeds", "120", "--pairs", "40", "--kills", "1")
_PACKAGE = "ansible_collections.huaweicloud.ims"

_LINTERS: dict[str, Sequence[str]] = {
    "ruff check": ["ruff", "check", "--no-cache", "--output-format", "concise", "."],
    "ruff format": ["ruff", "format", "--no-cache", "--check", "."],
    "mypy": [
        *("mypy", "--cache-dir", str(BUILD / "mypy")),
        *("-p", f"{_PACKAGE}.plugins.filter"),
        *("-p", f"{_PACKAGE}.plugins.module_utils"),
        *("-p", f"{_PACKAGE}.plugins.modules"),
        *("-p", f"{_PACKAGE}.plugins.plugin_utils"),
        *("-p", f"{_PACKAGE}.tests.benchmark"),
        *("-p", f"{_PACKAGE}.tests.browser"),
        *("-p", f"{_PACKAGE}.tests.chaos"),
        *("-p", f"{_PACKAGE}.tests.docs"),
        *("-p", f"{_PACKAGE}.tests.simulator"),
        *("-p", f"{_PACKAGE}.tests.system"),
        *("-p", f"{_PACKAGE}.tests.unit.benchmark"),
        *("-p", f"{_PACKAGE}.tests.unit.chaos"),
        *("-p", f"{_PACKAGE}.tests.unit.stories"),
        *("-p", f"{_PACKAGE}.tools"),
    ],
    "yamllint": ["yamllint", "--strict", "."],
    "reuse": ["reuse", "lint", "--quiet"],
    "antsibull-changelog": ["antsibull-changelog", "lint"],
    "CHANGELOG.md": ["python", "-m", "tools.changelog", "--check"],
    "antsibull-docs": [
        *("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck"),
        *("--validate-collection-refs", "all", "."),
    ],
    "ansible-lint": ["ansible-lint"],
}


def lint(log: IO[str]) -> Count:
    """Style, types, documentation and licences; each tool is one test."""
    return total(_lint(name, command, log) for name, command in _LINTERS.items())


def _lint(name: str, command: Sequence[str], log: IO[str]) -> Count:
    failed = places.run([HERE.program(command[0]), *command[1:]], HERE, log)
    log.write(f"{name}: {'failed' if failed else 'passed'}\n")
    return Count(failed=1) if failed else Count(passed=1)


def sanity(
    log: IO[str], place: Place = HERE, tests: Sequence[str] = (), without: Sequence[str] = ()
) -> Count:
    """`ansible-test sanity`: all tests on the Python of `place`, or some on all that it finds.

    `without`: tests that are left out of all.
    """
    chosen = [word for test in tests for word in ("--test", test)]
    chosen += [word for test in without for word in ("--skip-test", test)]
    version = [] if tests else ["--python", python_version(place)]
    arguments = ["sanity", "--local", "--junit", *version, *chosen, *_arguments()]
    return _ansible_test("sanity", arguments, place, log)


def units(log: IO[str], place: Place = HERE, without: Sequence[str] = ()) -> Count:
    """`ansible-test units` on the Python of `place`, `without` some files and folders."""
    excluded = [word for path in without for word in ("--exclude", path)]
    arguments = ["units", "--local", "--python", python_version(place), *excluded, *_arguments()]
    return _ansible_test("units", arguments, place, log)


def integration(
    log: IO[str], place: Place = HERE, in_process: bool | None = None, mitogen: bool = False
) -> Count:
    """`ansible-test integration` against simulators; each target is one test.

    `in_process`: tasks run in Ansible's own process, not as modules; None leaves it to IN_PROCESS.
    `mitogen`: plays run under its strategy plugins, which `place` has.
    """
    seed = int(os.environ.get("SEED") or random.randrange(1_000_000))
    log.write(f"The seed of the simulators, to repeat this run: make integration SEED={seed}\n")
    log.flush()
    suite = targets.Suite(
        name=_tree_name("mitogen" if mitogen else "integration", place),
        arguments=["integration", "--local", "--python", python_version(place), *_arguments()],
        time_scale=_time_scale(),
        seed=seed,
        in_process=os.environ.get("IN_PROCESS") != "0" if in_process is None else in_process,
        log=log,
        mitogen=mitogen,
    )
    return targets.run(suite, place)


def contract(log: IO[str]) -> Count:
    """The vendor's and OpenStack's clients against the simulator."""
    return _pytest("contract", log)


def system(log: IO[str], *options: str) -> Count:
    """The collection as users get it: built, installed, run. `options` are for pytest.

    Most of the time it sleeps between two looks at the cloud, so several tests run at once, each
    worker with clouds of its own. They stay together by file, because some of those share more.
    """
    return _pytest("system", log, HERE, "-n", str(_SYSTEM_WORKERS), "--dist", "loadfile", *options)


def pages(log: IO[str]) -> Count:
    """What people see in a browser; skipped if there is none, under CI a failure."""
    return _pytest("browser", log, _with_browser(log))


def docs(log: IO[str]) -> Count:
    """The documentation site: built without a warning, then looked at in a browser."""
    site = Place(BUILD / "docs", BUILD / "home-docs")
    environment.ensure(str(site.venv), ["core", "docs"])
    if places.run([str(site.python), "-m", "tools.site", "--check"], site, log):
        return Count(failed=1)
    return Count(passed=1) + _pytest("docs", log, _with_browser(log))


def _with_browser(log: IO[str]) -> Place:
    """Where tests find a Chromium, or learn why there is none."""
    try:
        variables = {"CHROMIUM": browser.provide(log)}
    except browser.NoBrowser as reason:
        variables = {"NO_CHROMIUM": str(reason)}
    return account.Visitor(variables=variables)


def chaos(log: IO[str], share: Sequence[str] = ("--quick",)) -> Count:
    """A share of tests/chaos that fits a CI run; each schedule, pair and kill is one test."""
    figures = ROOT / "build" / "chaos.json"
    figures.unlink(missing_ok=True)
    returncode = places.run([HERE.program("python"), "-m", "tests.chaos", *share], HERE, log)
    found = json.loads(figures.read_text(encoding="utf-8")) if figures.exists() else {}
    tried = sum(found.get(name, 0) for name in ("schedules", "parity_pairs", "kills"))
    return of_run(returncode, Count(passed=tried))


# What `make test` runs in place of a whole step.
SHORT: dict[str, Callable[[IO[str]], Count]] = {
    "units": partial(units, without=THOROUGH_UNITS),
    "sanity": partial(sanity, without=THOROUGH_SANITY),
    "system": lambda log: system(log, *_THOROUGH_SYSTEM),
    "chaos": partial(chaos, share=_SHARE_OF_CHAOS),
}


def build(log: IO[str]) -> Count:
    """Build the tarball for Galaxy into build/."""
    command = [HERE.program("ansible-galaxy"), "collection", "build", "--force"]
    returncode = places.run([*command, "--output-path", str(ROOT / "build")], HERE, log)
    return Count(failed=1) if returncode else Count(passed=1)


def python_version(place: Place) -> str:
    """Return the Python of an environment as ansible-test names it: 3.11."""
    if place.venv == VENV:
        return "{}.{}".format(*sys.version_info)
    (folder,) = (place.venv / "lib").glob("python*")
    return folder.name.removeprefix("python")


def _ansible_test(step: str, arguments: Sequence[str], place: Place, log: IO[str]) -> Count:
    tree = trees.copy(_tree_name(step, place))
    returncode = ansible_test.run(place, tree, arguments, log)
    return of_run(returncode, from_junit((ansible_test.output(tree) / "junit").glob("*.xml")))


def _pytest(folder: str, log: IO[str], place: Place = HERE, *options: str) -> Count:
    report = BUILD / "reports" / f"{folder}.xml"
    report.unlink(missing_ok=True)
    command = [str(place.python), "-m", "pytest", f"tests/{folder}", f"--junit-xml={report}"]
    cache = f"cache_dir={BUILD / 'pytest'}"
    returncode = places.run([*command, "-o", cache, *options, *_arguments()], place, log)
    return of_run(returncode, from_junit(path for path in [report] if path.exists()))


def _tree_name(step: str, place: Place) -> str:
    return step if place.venv == VENV else f"{place.venv.name}-{step}"


def _time_scale() -> float:
    return float(os.environ.get("TIME_SCALE") or 60)


def _arguments() -> list[str]:
    """Return what the user adds to the command line of a tool: make units ARGS='…'."""
    return shlex.split(os.environ.get("ARGS", ""))
