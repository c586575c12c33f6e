# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-test in a copy of the checkout, with a home directory that is ours."""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO

from . import places
from .places import BUILD, Place

_GET_PIP = "https://ci-files.testing.ansible.com/ansible-test/get-pip-{version}.py"

# Stands in for get-pip.py where the site that ansible-test downloads it from is out of reach: the
# same command line, served by the pip that comes with Python and a registry.
_GET_PIP_STAND_IN = """\
import subprocess
import sys

ensurepip = [sys.executable, "-m", "ensurepip", "--default-pip"]
subprocess.check_call(ensurepip, stdout=subprocess.DEVNULL)
arguments = [one for one in sys.argv[1:] if one not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install"] + arguments))
"""


def run(place: Place, tree: Path, arguments: Sequence[str], log: IO[str]) -> int:
    """Run ansible-test in `tree` and return its exit code; results are in `output(tree)`."""
    shutil.rmtree(output(tree) / "junit", ignore_errors=True)
    shutil.rmtree(output(tree) / "data", ignore_errors=True)
    _prepare_home(place)
    return places.run([place.program("ansible-test"), *arguments], place, log, cwd=tree)


def listed(place: Place, tree: Path, arguments: Sequence[str], log: IO[str]) -> list[str]:
    """Return the words that ansible-test answers a question with, none if it fails."""
    _prepare_home(place)
    command = [place.program("ansible-test"), *arguments]
    answer = subprocess.run(
        command,
        cwd=tree,
        env=place.environ(),
        stdout=subprocess.PIPE,
        stderr=log,
        check=False,
        text=True,
    )
    return answer.stdout.split()


def output(tree: Path) -> Path:
    """Return the folder that ansible-test writes its results to."""
    return tree / "tests" / "output"


def _prepare_home(place: Place) -> None:
    _write_pip_settings(place)
    _provide_get_pip(place)


def _write_pip_settings(place: Place) -> None:
    """Write the caller's pip settings to a file: ansible-test drops the variables PIP_*."""
    path = place.home / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    # The address of a registry may hold a password.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
        pip_settings(_pip_config(place.python)).write(target)


@cache
def _pip_config(python: Path) -> str:
    command = [str(python), "-m", "pip", "config", "list"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def pip_settings(listed: str) -> configparser.RawConfigParser:
    """Return as a pip.conf what `pip config list` printed; variables win over files."""
    settings = configparser.RawConfigParser()
    settings["global"] = {}
    pairs = [line.split("=", 1) for line in listed.splitlines() if "=" in line]
    for key, value in sorted(pairs, key=lambda pair: pair[0].startswith(":env:")):
        section, name = key.replace(":env:", "global").split(".", 1)
        if section not in settings:
            settings[section] = {}
        settings[section][name] = ast.literal_eval(value)
    settings["global"]["cache-dir"] = str(BUILD / "pip-cache")
    return settings


def _provide_get_pip(place: Place) -> None:
    """Put get-pip.py where ansible-test keeps it, or what stands in for it."""
    version = _pip_version(place)
    folder = place.home / ".ansible" / "test" / "cache"
    path = folder / f"get_pip_{version.replace('.', '_')}.py"
    if path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_get_pip(version))


@cache
def _get_pip(version: str) -> bytes:
    try:
        with urllib.request.urlopen(_GET_PIP.format(version=version), timeout=5) as answer:
            script: bytes = answer.read()
    except (urllib.error.URLError, TimeoutError):
        return _GET_PIP_STAND_IN.encode()
    return script


def _pip_version(place: Place) -> str:
    """Return the version of pip that the installed ansible-test gives its virtual environments."""
    (source,) = place.venv.glob(
        "lib/python*/site-packages/ansible_test/_internal/python_requirements.py"
    )
    found = re.search(r"pip='([\d.]+)'", source.read_text())
    if not found:
        raise RuntimeError(f"{source} does not say any more which pip it wants")
    return found.group(1)
