# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the play that this process works for still exist?

A killed ansible-playbook leaves workers behind (all cores after SIGKILL, 2.18 after SIGTERM too),
and those go on to start modules. Such a task must not order anything: the run that replaces the
killed one has no part in it.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass

# How far up the shells between a module and its worker are looked through.
_LONGEST_CHAIN = 8
_INIT = 1


@dataclass(frozen=True)
class _Process:
    """A process as it was when seen; born tells it from a later one of the same id."""

    id: int
    parent: int
    born: str
    command: str

    @property
    def is_ansible(self) -> bool:
        return "ansible" in self.command


def watch_from_worker() -> Callable[[], bool]:
    """The same as watch, for a task in the worker process itself, whose parent is the play.

    A process that loses its parent gets another one. Who knows of no parent is the play.
    """
    play = multiprocessing.parent_process()
    return lambda: play is None or os.getppid() == play.pid


def watch() -> Callable[[], bool]:
    """A question to be asked later, in a module: is the play still alive?

    Where there is no telling (no /proc, an async task, which is on its own by intention, or a
    program of another name that embeds Ansible) the answer is yes.
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
    """The worker process that had this module started."""
    for _turn in range(_LONGEST_CHAIN):
        process = _process(process_id)
        if process is None or process.is_ansible:
            return process
        process_id = process.parent
    return None


def _process(process_id: int) -> _Process | None:
    """As /proc tells it (proc(5)); None where there is no such process or no /proc."""
    try:
        with open(f"/proc/{process_id}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        with open(f"/proc/{process_id}/cmdline", encoding="utf-8", errors="replace") as file:
            command = file.read()
    except OSError:
        return None
    state, parent, born = fields[0], int(fields[1]), fields[19]
    if state in ("Z", "X"):
        return None
    return _Process(process_id, parent, born, command)
