# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the tools work, and how they start programs that change nothing outside the repository."""

from __future__ import annotations

import locale
import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import environment

ROOT = Path(environment.ROOT)
BUILD = Path(environment.BUILD)
COLLECTIONS = BUILD / "collections"
VENV = ROOT / ".venv"

# Credentials and settings of the person at the terminal have no place in a test.
_PRIVATE = ("ANSIBLE_", "GIT_", "HUAWEICLOUD_", "HW_", "MAKE", "OS_", "PYTEST_", "XDG_")
_PRIVATE_NAMES = ("MFLAGS", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
_LOOPBACK = "127.0.0.1,localhost"

# Seconds without output after which a program counts as hanging: far longer than the longest test
# or linter takes on a busy machine. How often that is checked, and how long a program that is
# interrupted may take to write its report.
STANDSTILL = 900.0
_GLANCE = 5.0
_GOODBYE = 60.0

_started: set[subprocess.Popen[str]] = set()
_start = threading.Lock()
_over = threading.Event()


@dataclass(frozen=True)
class Place:
    """A virtual environment to run in, with a home directory of its own.

    `pythons` are folders with other interpreters, for tools that look for them on PATH.
    """

    venv: Path = VENV
    home: Path = BUILD / "home"
    pythons: Sequence[str] = field(default=())

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    def program(self, name: str) -> str:
        """Return the path of a program that is installed in the environment."""
        return str(self.venv / "bin" / name)

    def environ(self) -> dict[str, str]:
        """Return the variables for a program that runs here."""
        environ = {name: value for name, value in os.environ.items() if not _is_private(name)}
        # A proxy is for the registries, never for the simulator on this machine.
        for name in ("no_proxy", "NO_PROXY"):
            environ[name] = ",".join(filter(None, [os.environ.get(name), _LOOPBACK]))
        environ.update(
            ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
            ANSIBLE_HOME=str(self.home / ".ansible"),
            ANSIBLE_NOCOLOR="1",
            HOME=str(self.home),
            LC_ALL=_utf8_locale(),
            NO_COLOR="1",
            PATH=os.pathsep.join([str(self.venv / "bin"), *self.pythons, _working_path()]),
            PIP_CACHE_DIR=str(BUILD / "pip-cache"),
            TMPDIR=str(BUILD / "tmp"),
            XDG_RUNTIME_DIR=str(BUILD / "runtime"),
        )
        return environ


def run(
    command: Sequence[str],
    place: Place,
    log: IO[str],
    *,
    cwd: Path = ROOT,
    standstill: float = STANDSTILL,
) -> int:
    """Run a program to its end, its output into `log`, and return its exit code.

    However long it takes, it may go on as long as it prints something. After `standstill` seconds
    without a word it is interrupted, so that a test runner can still report what has passed, and
    then killed with all that it started.
    """
    log.write(f"$ {' '.join(command)}\n")
    log.flush()
    (BUILD / "tmp").mkdir(parents=True, exist_ok=True)
    (BUILD / "runtime").mkdir(mode=0o700, exist_ok=True)
    place.home.mkdir(parents=True, exist_ok=True)
    process = start(command, place, cwd=cwd, stdout=log, stderr=subprocess.STDOUT)
    try:
        if _ends(process, log, standstill):
            return process.returncode
        _interrupt(process)
        log.write(f"Stopped: it printed nothing for {standstill:.0f} seconds.\n")
        return 1
    finally:
        stop(process)


def _ends(process: subprocess.Popen[str], log: IO[str], standstill: float) -> bool:
    """Wait for the program; False once `log` has not grown for `standstill` seconds.

    A log that cannot be measured (a terminal, a pipe) shows its reader what goes on.
    """
    size, grown = _size(log), time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(min(_GLANCE, standstill))
            return True
        now, before = time.monotonic(), size
        size = _size(log)
        if size is None or size != before:
            grown = now
        elif now - grown >= standstill:
            return False


def _size(log: IO[str]) -> int | None:
    status = os.fstat(log.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _interrupt(process: subprocess.Popen[str]) -> None:
    """Ask a program and its children to end, as Ctrl-C does, and give them time to say goodbye."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GOODBYE)


def start(
    command: Sequence[str], place: Place, *, cwd: Path, stdout: IO[str] | int, stderr: IO[str] | int
) -> subprocess.Popen[str]:
    """Start a program at the head of a process group of its own; not after `stop_all`."""
    with _start:
        if _over.is_set():
            raise RuntimeError(f"{command[0]} is not started: the run was broken off")
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=place.environ(),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
        _started.add(process)
    return process


def stop(process: subprocess.Popen[str], patience: float = 10) -> None:
    """End a started program with all that it started in turn."""
    family: list[int] = []
    if process.poll() is None:
        # ansible-playbook leaves the process group, and ansible-test leaves it behind.
        family = _descendants(process.pid)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    _started.discard(process)


def stop_all() -> None:
    """End every program that is still running; steps that go on in their threads start no other."""
    with _start:
        _over.set()
    for process in list(_started):
        stop(process, patience=2)


def _descendants(pid: int) -> list[int]:
    """Return the processes below `pid`, as far as the system tells (Linux does)."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # "pid (name) state parent …", and the name may hold anything.
            parent = path.read_text(errors="replace").rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(path.parent.name))
    found = children.get(pid, []).copy()
    for one in found:
        found += children.get(one, [])  # the loop goes on with those
    return found


def _is_private(name: str) -> bool:
    return name.startswith(_PRIVATE) or name in _PRIVATE_NAMES


def _working_path() -> str:
    """Return PATH without pyenv's folder of names, most of which do not start.

    ansible-test takes an interpreter by its name and would fail on them.
    """
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if Path(folder).name != "shims")


def _utf8_locale() -> str:
    """Return a UTF-8 locale that this machine has: Ansible refuses to start in any other."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return os.environ.get("LC_ALL") or os.environ.get("LANG") or "C.UTF-8"
