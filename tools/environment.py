# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the virtual environments of this repository: `python3 tools/environment.py FOLDER FILE…`.

FILE names requirement files of tests/requirements without `.txt`. This script is the first thing
that a bare machine runs, with whatever `python3` is: it uses the standard library only and must at
least be understood by an old Python, to be able to say what is needed.
"""

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
from typing import Any, Dict, Iterable, List, Optional, Tuple

Version = Tuple[int, int]

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
BUILD = os.path.join(ROOT, ".build")
REQUIREMENTS = os.path.join(ROOT, "tests", "requirements")
# What ansible-core 2.19 (Python 3.11) and 2.21 (3.12 and newer) run on.
SUPPORTED = ((3, 11), (3, 12), (3, 13), (3, 14))
# Variables that change what Python and pip do in a virtual environment of our own.
_MISLEADING = ("PIP_PREFIX", "PIP_TARGET", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")


class EnvironmentFailure(Exception):
    """The environment cannot be made; the text says what the user can do."""


def find_pythons(versions: Iterable[Version]) -> Dict[Version, str]:
    """Return {version: path} of the interpreters that start, first on PATH, then those of pyenv.

    A name on PATH proves nothing: pyenv puts one for each version it has, of which it runs only
    those that the user has switched on.
    """
    found: Dict[Version, str] = {}
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for version in versions:
        name = "python{0}.{1}".format(*version)
        pattern = os.path.join(glob.escape(pyenv), "versions", "{0}.{1}.*".format(*version), "bin")
        for folder in folders + sorted(glob.glob(pattern), reverse=True):
            path = _interpreter(os.path.join(folder, name), version)
            if path:
                found[version] = path
                break
    return found


def _interpreter(path: str, version: Version) -> Optional[str]:
    """Return the real path of the interpreter that `path` starts, None if that is not `version`."""
    if not os.access(path, os.X_OK):
        return None
    code = "import sys; print(sys.version_info[:2] == {0!r} and sys.executable or '')"
    try:
        answer = subprocess.run(
            [path, "-c", code.format(version)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return os.fsdecode(answer.stdout).strip() or None


def ensure(folder: str, files: Iterable[str], python: str = sys.executable) -> None:
    """Make sure that the virtual environment `folder` holds what the requirement `files` name.

    Quick if nothing is to be done. An environment that was made with another Python, in another
    place or from requirement files that have changed since is created again.
    """
    os.makedirs(os.path.join(BUILD, "tmp"), exist_ok=True)
    with open(os.path.join(BUILD, "{0}.lock".format(os.path.basename(folder))), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        base = _identity(python, folder)
        stamp = os.path.join(folder, "made-from.json")
        made = _read_stamp(stamp)
        installed = made.get("files", {})
        if made.get("base") != base or any(_digest(name) != installed[name] for name in installed):
            shutil.rmtree(folder, ignore_errors=True)
            _say("Making {0} with Python {1}".format(_relative(folder), base["version"]))
            _create(folder, python)
            installed = {}
        missing = [name for name in files if name not in installed]
        if missing:
            _say("Installing into {0}: {1}".format(_relative(folder), ", ".join(missing)))
            _install(folder, missing)
            installed.update((name, _digest(name)) for name in missing)
            with open(stamp, "w") as target:
                json.dump({"base": base, "files": installed}, target)


def link_collection() -> None:
    """Make the checkout reachable as the collection that it is: .build/collections."""
    folder = os.path.join(BUILD, "collections", "ansible_collections", "huaweicloud")
    os.makedirs(folder, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.symlink(os.path.join("..", "..", "..", ".."), os.path.join(folder, "ims"))


def _identity(python: str, folder: str) -> Dict[str, str]:
    facts = "[sys.version, os.path.realpath(sys.executable)]"
    code = "import json, os, sys; print(json.dumps({0}))".format(facts)
    answer = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, check=True)
    version, executable = json.loads(os.fsdecode(answer.stdout))
    return {"version": version.split()[0], "build": version, "python": executable, "place": folder}


def _read_stamp(path: str) -> Dict[str, Any]:
    try:
        with open(path) as source:
            stamp: Dict[str, Any] = json.load(source)
            return stamp
    except (OSError, ValueError):
        return {}


def _digest(name: str) -> str:
    """Return what tells that a requirement file, or the constraints on it, changed."""
    digest = hashlib.sha256()
    for path in (_file(name), _file("constraints")):
        if os.path.exists(path):
            with open(path, "rb") as source:
                digest.update(source.read())
    return digest.hexdigest()


def _file(name: str) -> str:
    return os.path.join(REQUIREMENTS, name + ".txt")


def _create(folder: str, python: str) -> None:
    command = [python, "-m", "venv", folder]
    answer = subprocess.run(
        command, env=_environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if answer.returncode:
        sys.stderr.write(os.fsdecode(answer.stdout))
        raise EnvironmentFailure(
            "{0} cannot make virtual environments. Install its venv module (package "
            "python3-venv of Debian and Ubuntu) or name another Python: make PYTHON=…".format(
                python
            )
        )


def _install(folder: str, names: Iterable[str]) -> None:
    # -qq: the settings of the machine may name places that do not have every package, which pip
    # reports as a warning each time. Errors are still shown.
    command = [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "-qq"]
    command += ["-c", _file("constraints")]
    for name in names:
        command += ["-r", _file(name)]
    if subprocess.run(command, env=_environ(), check=False).returncode:
        raise EnvironmentFailure(
            "pip could not install {0}. Is a package registry in reach? The settings are those of "
            "`pip config list`.".format(
                ", ".join("tests/requirements/%s.txt" % name for name in names)
            )
        )


def _environ() -> Dict[str, str]:
    """Return the caller's environment with its settings of pip, less what writes elsewhere."""
    environ = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    environ["PIP_CACHE_DIR"] = os.path.join(BUILD, "pip-cache")
    environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environ["PIP_NO_INPUT"] = "1"
    environ["PIP_REQUIRE_VIRTUALENV"] = "0"
    environ["PIP_USER"] = "0"
    environ["TMPDIR"] = os.path.join(BUILD, "tmp")
    # pip asks rustc for its version, and the rustc of rustup makes itself a home to answer from.
    if not os.path.exists(os.path.expanduser("~/.rustup")):
        environ.setdefault("RUSTUP_HOME", os.path.join(BUILD, "rustup"))
    return environ


def _relative(path: str) -> str:
    return os.path.relpath(path, ROOT)


def _say(text: str) -> None:
    print(text + " …", flush=True)


def _main(arguments: List[str]) -> None:
    if sys.version_info[:2] not in SUPPORTED:
        found = find_pythons(SUPPORTED[::-1])
        if not found:
            raise EnvironmentFailure(
                "Python {0} is needed, and none was found on PATH (this is {1}, at {2}). "
                "Install one, or name it: make PYTHON=/path/to/python3.12".format(
                    " or ".join("{0}.{1}".format(*version) for version in SUPPORTED),
                    sys.version.split()[0],
                    sys.executable,
                )
            )
        path = next(iter(found.values()))
        print(
            "Python {0} is no version to work with, using {1}".format(sys.version.split()[0], path)
        )
        sys.stdout.flush()
        os.execv(path, [path, os.path.abspath(__file__)] + arguments)
    link_collection()
    ensure(os.path.join(ROOT, arguments[0]), arguments[1:])


if __name__ == "__main__":
    try:
        _main(sys.argv[1:])
    except EnvironmentFailure as failure:
        sys.exit("make: {0}".format(failure))
