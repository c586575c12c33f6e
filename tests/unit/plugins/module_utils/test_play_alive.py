# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real processes, as Ansible has them: a play, its worker, the module that this starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Each runs the next one and ends with it; the module answers one question for each line it gets.
PARENT = """
import subprocess, sys
sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))
"""
MODULE = """
import os, sys
from ansible_collections.huaweicloud.ims.plugins.module_utils._front import play_alive
alive = play_alive.watch()
print(os.getppid(), flush=True)
for line in sys.stdin:
    print(alive(), flush=True)
"""

Play = subprocess.Popen[str]


def start(folder: Path, names: tuple[str, ...]) -> Play:
    """The first of these programs, which starts the second one, and so on."""
    scripts = []
    for name in names:
        scripts.append(folder / name)
        scripts[-1].write_text(MODULE if name == names[-1] else PARENT)
    return subprocess.Popen(
        [sys.executable, *map(str, scripts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )


def ask(play: Play, text: str = "alive?\n") -> str:
    assert play.stdin is not None
    assert play.stdout is not None
    if text:
        play.stdin.write(text)
        play.stdin.flush()
    return play.stdout.readline().strip()


@pytest.fixture
def plays() -> Iterator[list[Play]]:
    started: list[Play] = []
    yield started
    for play in started:
        os.killpg(play.pid, signal.SIGKILL)
        play.communicate()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_module_knows_that_its_play_was_killed(
    tmp_path: Path, plays: list[Play], number: int
) -> None:
    play = start(tmp_path, ("ansible-playbook", "ansible-worker", "module"))
    plays.append(play)
    ask(play, "")
    assert ask(play) == "True"

    play.send_signal(number)
    play.wait()

    assert ask(play) == "False"


def test_a_shell_between_worker_and_module_makes_no_difference(
    tmp_path: Path, plays: list[Play]
) -> None:
    play = start(tmp_path, ("ansible-playbook", "ansible-worker", "sh", "module"))
    plays.append(play)
    ask(play, "")
    assert ask(play) == "True"

    play.kill()
    play.wait()

    assert ask(play) == "False"


def test_who_has_no_play_is_not_held_up(tmp_path: Path, plays: list[Play]) -> None:
    """A program of another name that embeds Ansible, for one."""
    folder = tmp_path / "plain"
    folder.mkdir()
    play = start(folder, ("service", "helper", "module"))
    plays.append(play)
    ask(play, "")

    assert ask(play) == "True"
