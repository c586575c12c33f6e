# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the checkout for ansible-test.

ansible-test wants to stand in `ansible_collections/<namespace>/<name>` inside a git work tree, and
writes its results there. Each run that may go on beside another gets a copy of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .places import BUILD, ROOT

# Not part of the checkout, and not ours to remove from a copy.
_KEPT = (".git", os.path.join("tests", "output"))


def copy(name: str) -> Path:
    """Bring the copy `name` up to date, files not committed yet included, and return its path."""
    tree = BUILD / "trees" / name / "ansible_collections" / "huaweicloud" / "ims"
    tree.mkdir(parents=True, exist_ok=True)
    files = checkout_files()
    for path in files:
        _copy_file(ROOT / path, tree / path)
    _remove_others(tree, set(files))
    if not (tree / ".git").exists():
        # Without a repository of its own the copy would be part of a folder that git ignores.
        subprocess.run(["git", "init", "--quiet"], cwd=tree, env=_git_environ(), check=True)
    return tree


def checkout_files() -> list[str]:
    """Return the files of the checkout that git knows or would take, relative to its root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(
        command, cwd=ROOT, env=_git_environ(), stdout=subprocess.PIPE, check=True, text=True
    )
    return sorted({path for path in answer.stdout.split("\0") if path and _exists(ROOT / path)})


def _exists(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _copy_file(source: Path, target: Path) -> None:
    if source.is_symlink():
        if not (target.is_symlink() and os.readlink(target) == os.readlink(source)):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(os.readlink(source))
        return
    if _same(source, target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copy2(source, target)


def _same(source: Path, target: Path) -> bool:
    if target.is_symlink() or not target.is_file():
        return False
    ours, theirs = source.stat(), target.stat()
    return (ours.st_size, ours.st_mtime_ns, ours.st_mode) == (
        theirs.st_size,
        theirs.st_mtime_ns,
        theirs.st_mode,
    )


def _remove_others(tree: Path, wanted: set[str]) -> None:
    for folder, _folders, names in os.walk(tree, topdown=False):
        here = os.path.relpath(folder, tree)
        if here.startswith(_KEPT):
            continue
        for name in names:
            if os.path.normpath(os.path.join(here, name)) not in wanted:
                os.unlink(os.path.join(folder, name))
        if here != "." and not os.listdir(folder):
            os.rmdir(folder)


def _git_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
