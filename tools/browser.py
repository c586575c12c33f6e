# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headless Chromium for the tests that look at pages: `python -m tools.browser` prints which one.

It is the first of these that starts:

- the one that the variable CHROMIUM names, and no other if it is set;
- one on PATH;
- the one in the npm package @sparticuz/chromium, unpacked into .build/chromium;
- under CI=true, as root on Debian: the package of the distribution, which is installed then.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from .places import BUILD

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

_VERSION = "153.0.0"
_PACKAGE = f"@sparticuz/chromium@{_VERSION}"
_SHA256 = "20e5656fcdcf4118ede85edfb9d6bb9cc1bbb7ffb8b75622fffbcf36a835c3c0"
_FOLDER = BUILD / "chromium" / _VERSION
_BROUGHT = _FOLDER / "run"

# The package holds files compressed by Brotli, which Python cannot read and node can: the program,
# libraries that a bare system lacks (NSS, expat), those that draw without a GPU, and a font.
_INFLATE = """
const [from, to] = process.argv.slice(1)
const {createReadStream, createWriteStream} = require('fs')
const done = (error) => { if (error) { console.error(error.message); process.exit(1) } }
const inflate = require('zlib').createBrotliDecompress()
require('stream').pipeline(createReadStream(from), inflate, createWriteStream(to), done)
"""
_RUN = """\
#!/bin/sh
# Starts the Chromium beside this file with the libraries and the font that came with it.
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/lib" FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
"""
_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


class NoBrowser(Exception):
    """There is no Chromium, and none can be had; the text says why not."""


def required(environ: Mapping[str, str] | None = None) -> bool:
    """Do tests have to fail without a browser? Elsewhere than in CI they are skipped."""
    environ = os.environ if environ is None else environ
    return environ.get("CI", "").lower() not in ("", "0", "false")


def arguments() -> list[str]:
    """What Chromium is started with, beside a fresh profile."""
    return [
        "--headless",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),  # it refuses to start as root otherwise
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]


def find(environ: Mapping[str, str] | None = None) -> str | None:
    """The path of a Chromium that is there and starts. Raises NoBrowser if the one that CHROMIUM
    names does not."""
    environ = os.environ if environ is None else environ
    named = environ.get("CHROMIUM")
    if named:
        path = shutil.which(named, path=environ.get("PATH"))
        if path is None or not _starts(path):
            raise NoBrowser(f"CHROMIUM names {named}, which does not start")
        return path
    on_path = (shutil.which(name, path=environ.get("PATH")) for name in NAMES)
    return next((path for path in (*on_path, str(_BROUGHT)) if path and _starts(path)), None)


def provide(log: IO[str]) -> str:
    """The same, which is brought or installed if there is none. Raises NoBrowser."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "chromium.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = find()
        reasons: list[str] = []
        ways: list[Callable[[IO[str]], None]] = [_bring, *([_install] if required() else [])]
        while found is None and ways:
            try:
                ways.pop(0)(log)
            except NoBrowser as reason:
                reasons.append(str(reason))
            else:
                found = find()
    if found is None:
        raise NoBrowser("; ".join(["there is no Chromium on PATH", *reasons]))
    log.write(f"Chromium: {found}\n")
    return found


def _starts(path: str) -> bool:
    """A name on PATH may be a script that only tells how to install it."""
    try:
        answer = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"Chrom" in answer.stdout


# --- from npm


def _bring(log: IO[str]) -> None:
    """Unpack the package into _FOLDER. Raises NoBrowser."""
    machine = f"{platform.system()} {platform.machine()}"
    if machine != "Linux x86_64":
        raise NoBrowser(f"the npm package {_PACKAGE} is not for {machine}")
    programs = {name: shutil.which(name) for name in ("npm", "node")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        raise NoBrowser(f"to fetch the npm package {_PACKAGE}, {' and '.join(missing)} is needed")
    log.write(f"Fetching the npm package {_PACKAGE} …\n")
    work = _FOLDER.with_name(f"{_VERSION}.part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    archive = _fetch(work, log)
    with tarfile.open(archive) as package:
        package.extractall(work, filter="data")
    archive.unlink()
    for name in ("chromium", "al2023.tar", "swiftshader.tar", "fonts.tar"):
        _inflate(work / "package" / "bin" / f"{name}.br", work / name, log)
        if name.endswith(".tar"):
            with tarfile.open(work / name) as files:
                files.extractall(work, filter="data")
            (work / name).unlink()
    shutil.rmtree(work / "package")
    (work / "fonts.conf").write_text(_FONTS, encoding="utf-8")
    (work / _BROUGHT.name).write_text(_RUN, encoding="utf-8")
    for name in ("chromium", _BROUGHT.name):
        (work / name).chmod(0o755)
    shutil.rmtree(_FOLDER, ignore_errors=True)
    work.rename(_FOLDER)
    if not _starts(str(_BROUGHT)):
        raise NoBrowser(f"the Chromium of the npm package {_PACKAGE} does not start here")


def _fetch(folder: Path, log: IO[str]) -> Path:
    """The package, and none of those that it depends on: they only unpack it."""
    cache = str(BUILD / "npm-cache")
    _call(["npm", "pack", _PACKAGE, "--pack-destination", str(folder), "--cache", cache], log)
    found = list(folder.glob("*.tgz"))
    if len(found) != 1 or hashlib.sha256(found[0].read_bytes()).hexdigest() != _SHA256:
        raise NoBrowser(f"what npm fetched as {_PACKAGE} is not what it was when it was chosen")
    return found[0]


def _inflate(source: Path, target: Path, log: IO[str]) -> None:
    _call(["node", "-e", _INFLATE, "--", str(source), str(target)], log)


# --- from Debian


def _install(log: IO[str]) -> None:
    """For CI only, whose machine is thrown away. Raises NoBrowser."""
    if os.geteuid() != 0 or not shutil.which("apt-get") or not _is_debian():
        raise NoBrowser("packages can only be installed as root on Debian")
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        _call(["apt-get", *command], log, DEBIAN_FRONTEND="noninteractive")


def _is_debian() -> bool:
    """Ubuntu's package of that name brings nothing but a word about snap."""
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def _call(command: list[str], log: IO[str], **variables: str) -> None:
    """Run a command with the settings of whoever sits at the terminal. Raises NoBrowser."""
    log.flush()
    try:
        answer = subprocess.run(
            command,
            cwd=BUILD,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoBrowser(f"{command[0]} failed: {error}") from error
    if answer.returncode:
        raise NoBrowser(f"{' '.join(command[:2])} failed with exit code {answer.returncode}")


if __name__ == "__main__":
    try:
        print(provide(sys.stderr))
    except NoBrowser as failure:
        sys.exit(f"There is no browser: {failure}")
