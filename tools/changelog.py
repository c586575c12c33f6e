# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tools.changelog` renders CHANGELOG.md; with `--check` it says whether that is needed.

CHANGELOG.md is what antsibull-changelog will make of the fragments on the day of the release, made
today in a copy of the checkout: the fragments stay where they are until then.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

import yaml

from . import places, trees
from .places import ROOT, Place

NAME = "CHANGELOG.md"
# Of no meaning: dates are in changelogs/changelog.yaml only.
_DATE = "2000-01-01"


class NotRendered(Exception):
    """antsibull-changelog could not make a release; its log tells why."""


def version() -> str:
    """Return the version that the checkout is, or will be when it is released."""
    return str(yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"])


def released() -> bool:
    """Return whether changelogs/changelog.yaml knows the version already."""
    text = (ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8")
    return version() in yaml.safe_load(text)["releases"]


def rehearse(log: IO[str]) -> Path:
    """Release the version in a copy of the checkout, or render it again, and return the copy."""
    place = Place()
    tree = trees.copy("changelog")
    program = place.program("antsibull-changelog")
    release = [program, "release", "--version", version(), "--date", _DATE]
    command = [program, "generate"] if released() else release
    if places.run(command, place, log, cwd=tree):
        raise NotRendered(version())
    return tree


def main(arguments: list[str]) -> int:
    """Render or check CHANGELOG.md and return the exit code."""
    wanted = (rehearse(sys.stdout) / NAME).read_text(encoding="utf-8")
    path = ROOT / NAME
    if path.exists() and path.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in arguments:
        print(f"{NAME} does not tell what the fragments tell: make changelog")
        return 1
    path.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
