# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which callback plugin writes to the standard output of this run?

Settings do not say: `ansible -o` chooses another one than they name, and a program that embeds
Ansible may hand over its own. The object that runs the play knows it, and a worker, which is forked
from the process of the play, still has that object on its stack.
"""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.plugins import callback

_DEFAULT = os.path.join(os.path.dirname(os.path.realpath(callback.__file__)), "default.py")


def is_for_people() -> bool:
    """Is it `default`, or derived from it, so that a line of ours may stand between its own?

    No if it is any other, whose output a program may read, and if there is no telling.
    """
    return any(_file(kind) == _DEFAULT for kind in type(_stdout_callback()).__mro__)


def _stdout_callback() -> Any:
    """The plugin at work; None if there is none, or this is not the process of a task."""
    frame: FrameType | None = sys._getframe()
    while frame:
        owner = frame.f_locals.get("self")
        if isinstance(owner, TaskQueueManager):
            # ansible-core 2.18 keeps it apart; later ones have it as the first of all.
            apart = getattr(owner, "_stdout_callback", None)
            return apart or next(iter(owner._callback_plugins), None)
        frame = frame.f_back
    return None


def _file(kind: type) -> str:
    """The path of the file that defines a class."""
    module = sys.modules.get(kind.__module__)
    return os.path.realpath(getattr(module, "__file__", None) or "")
