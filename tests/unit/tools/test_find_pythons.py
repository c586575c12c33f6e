# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interpreter a bare machine is found to have."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.tools.environment import find_pythons

HERE = sys.version_info[:2]
NAME = "python{}.{}".format(*HERE)


def _program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on PATH but the folder `bin`, and pyenv in `pyenv`."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def test_the_interpreter_behind_a_name_on_path_is_found(machine: Path) -> None:
    _program(machine / "bin" / NAME, f'exec "{sys.executable}" "$@"')

    assert find_pythons([HERE]) == {HERE: sys.executable}


def test_a_name_of_pyenv_that_does_not_start_is_passed_over_for_the_real_one(machine: Path) -> None:
    _program(machine / "bin" / NAME, "echo 'command not found' >&2; exit 127")
    real = "versions/{}.{}.7/bin".format(*HERE)
    _program(machine / "pyenv" / real / NAME, f'exec "{sys.executable}" "$@"')

    assert find_pythons([HERE]) == {HERE: sys.executable}


def test_another_version_under_the_name_is_not_taken(machine: Path) -> None:
    _program(machine / "bin" / "python3.9", f'exec "{sys.executable}" "$@"')

    assert find_pythons([(3, 9)]) == {}
