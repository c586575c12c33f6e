# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the system tests run programs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

LIMIT = 300  # seconds; no command of these tests comes near it
# All that what is called by a full name may use (requirements of the Ansible package).
FOLDERS = ("meta", "playbooks", "plugins", "roles")


@dataclass(frozen=True)
class Package:
    """A tarball, and the folder that the collection was installed to from it."""

    tarball: Path
    collections: Path

    @property
    def root(self) -> Path:
        return self.collections / "ansible_collections" / "huaweicloud" / "ims"

    def bare(self, collections: Path) -> Path:
        """Copy no more of it than the FOLDERS to another folder of collections."""
        target = collections / "ansible_collections" / "huaweicloud" / "ims"
        for name in FOLDERS:
            shutil.copytree(self.root / name, target / name)
        return collections


def run(command: Sequence[str], place: Place, cwd: Path = ROOT, **variables: str) -> str:
    """Run a command in `place`, with `variables` beside its own, and return what it printed.

    A command that fails fails the test, with everything it said.
    """
    place.home.mkdir(parents=True, exist_ok=True)
    answer = subprocess.run(
        command,
        cwd=cwd,
        env=place.environ() | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert answer.returncode == 0, f"{command} failed:\n{answer.stdout}\n{answer.stderr}"
    return answer.stdout
