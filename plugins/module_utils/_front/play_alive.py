# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find out whether the play that this process works for still exists.

A killed ansible-playbook leaves workers behind (all cores after SIGKILL, 2.18 after SIGTERM too),
and they continue to start modules. Such a task must not create anything: the run that replaces the
killed one does not wait for it.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from typing import NamedTuple

# The most shells between a module and its worker.
_MOST_SHELLS = 8
_INIT = 1


class _Process(NamedTuple):
    """A process as /proc shows it."""

    id: int
    parent: int
    # When it started, in clock ticks since boot: a later process may have the same id.
    started: str
    command: str

    @property
    def is_ansible(self) -> bool:
        return "ansible" in self.command


def watch_from_worker() -> Callable[[], bool]:
    """Return a function that returns whether the play exists, for a task in a worker of Ansible.

    The parent of a worker is the play; when it dies, the worker gets another parent. A process
    without a parent of `multiprocessing` is the play itself.
    """
    play = multiprocessing.parent_process()
    return lambda: play is None or os.getppid() == play.pid


def watch() -> Callable[[], bool]:
    """Return a function that returns whether the play exists, for a module.

    It returns True where that cannot be known: without /proc, for an async task (which outlives
    its play on purpose), and where a program of another name embeds Ansible.
    """
    worker = _nearest_ansible(os.getppid())
    if worker is None:
        return lambda: True
    play = _process(worker.parent)
    if worker.parent == _INIT and not (play and play.is_ansible):
        return lambda: False
    if play is None or not play.is_ansible:
        return lambda: True
    return lambda: _process(play.id) == play


def _nearest_ansible(process_id: int) -> _Process | None:
    """Find the worker process that started this module."""
    for _shell in range(_MOST_SHELLS):
        process = _process(process_id)
        if process is None or process.is_ansible:
            return process
        process_id = process.parent
    return None


def _process(process_id: int) -> _Process | None:
    """Read a process from /proc (see proc(5)); None if it does not exist or there is no /proc."""
    try:
        with open(f"/proc/{process_id}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        with open(f"/proc/{process_id}/cmdline", encoding="utf-8", errors="replace") as file:
            command = file.read()
    except OSError:
        return None
    state, parent, started = fields[0], int(fields[1]), fields[19]
    if state in ("Z", "X"):
        return None
    return _Process(process_id, parent, started, command)
