# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server from within: its files and programs, and what was found in them."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Where the programs of administrators are, also when the user's PATH leaves them out.
_PROGRAMS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin")

# Return code, standard output and standard error of a program.
Answer = tuple[int, str, str]


@dataclass(frozen=True)
class Change:
    """A file to delete, or its new text."""

    path: str
    text: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something that would break servers created from an image.

    `problem`: one sentence. `remedy`: what a person can do about it. `changes`: what fixes it, ()
    if only a person can. `check`: the name of the check that found it.
    """

    problem: str
    remedy: str
    changes: tuple[Change, ...] = ()
    check: str = ""


@dataclass(frozen=True)
class Guest:
    """`run`: runs a program; `root`: the folder that stands for "/"."""

    run: Callable[[Sequence[str]], Answer]
    root: str = "/"

    def read(self, path: str) -> str | None:
        """Return the text of a file, None if there is none. Bytes that are not UTF-8 survive being
        written back."""
        try:
            with open(self.real(path), encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    def paths(self, *patterns: str) -> list[str]:
        """Return the existing paths that match the patterns of a shell, dangling links included."""
        found = [path for pattern in patterns for path in glob.glob(self.real(pattern))]
        return sorted("/" + os.path.relpath(path, self.root) for path in found)

    def is_link(self, path: str) -> bool:
        return os.path.islink(self.real(path))

    def program(self, name: str) -> str | None:
        """Return the path of a program, None if it is not installed."""
        return next(iter(self.paths(*(f"{folder}/{name}" for folder in _PROGRAMS))), None)

    def real(self, path: str) -> str:
        return os.path.join(self.root, path.lstrip("/"))
