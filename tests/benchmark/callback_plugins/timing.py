# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes down when each task of a run of ansible-playbook began and ended."""

from __future__ import annotations

import json
import os
import time
from importlib import import_module
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """At the end of the run, writes a list of the tasks to TIMING_FILE; epoch seconds.

    At the start, imports the libraries that TIMING_IMPORTS names.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "timing"

    def __init__(self) -> None:
        super().__init__()
        self._tasks: list[dict[str, Any]] = []
        for library in os.environ.get("TIMING_IMPORTS", "").split():
            import_module(library)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._tasks.append({"name": task.get_name(), "begin": time.time(), "end": None})

    def v2_runner_on_ok(self, result: Any) -> None:
        self._tasks[-1]["end"] = time.time()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        with open(os.environ["TIMING_FILE"], "w", encoding="utf-8") as file:
            json.dump(self._tasks, file)
