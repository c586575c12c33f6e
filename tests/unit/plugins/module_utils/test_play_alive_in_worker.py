# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a task in the worker process itself notice that its play is gone?"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection

from ansible_collections.huaweicloud.ims.plugins.module_utils._front import play_alive

_FORK = multiprocessing.get_context("fork")


def _worker(alive: Callable[[], Callable[[], bool]], line: Connection, late: bool) -> None:
    """Says who it is, then whether its play is alive whenever it is asked."""
    question = None if late else alive()
    line.send(os.getpid())
    while line.recv():
        line.send((question or alive())())


def _play(line: Connection, late: bool) -> None:
    worker = _FORK.Process(target=_worker, args=(play_alive.watch_from_worker, line, late))
    worker.start()
    worker.join()


def _answers(number: int, *, late: bool) -> tuple[bool, bool]:
    """What a worker says before and after its play, and only that, gets the signal."""
    here, there = _FORK.Pipe()
    play = _FORK.Process(target=_play, args=(there, late))
    play.start()
    worker = here.recv()
    try:
        here.send(True)
        before = here.recv()
        assert play.pid is not None
        os.kill(play.pid, number)
        play.join()
        here.send(True)
        return before, here.recv()
    finally:
        os.kill(worker, signal.SIGKILL)


def test_a_worker_notices_that_its_play_was_killed() -> None:
    assert _answers(signal.SIGKILL, late=False) == (True, False)
    assert _answers(signal.SIGTERM, late=False) == (True, False)


def test_a_worker_that_was_orphaned_before_it_began_its_task_notices_as_well() -> None:
    assert _answers(signal.SIGKILL, late=True) == (True, False)


def test_who_has_no_parent_to_lose_is_alive() -> None:
    assert play_alive.watch_from_worker()()
