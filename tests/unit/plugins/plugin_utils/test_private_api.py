# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which callbacks leave room for progress lines, and that private API stands in one file.

tests/system/test_in_process.py runs plays with such callbacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.plugins.callback import CallbackBase, default, minimal, oneline
from ansible_collections.huaweicloud.ims.plugins.plugin_utils import private_api


class Derived(default.CallbackModule):  # type: ignore[misc]
    """As community.general.yaml is."""


class Again(Derived):
    """As awx_display is, where another is configured."""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """As ansible.posix.json is: the same name tells nothing."""


class Running(TaskQueueManager):  # type: ignore[misc]
    """What runs a play, as far as a worker needs it."""

    def __init__(self, **known: Any) -> None:
        self.__dict__.update(known)

    def run(self, play: Callable[[], bool]) -> bool:
        return play()


OTHER = object.__new__(CallbackModule)


@pytest.mark.parametrize(
    ("kind", "people"),
    [
        (default.CallbackModule, True),
        (Derived, True),
        (Again, True),
        (CallbackModule, False),
        (minimal.CallbackModule, False),
        (oneline.CallbackModule, False),
    ],
)
@pytest.mark.parametrize("apart", [True, False], ids=["2.18", "2.19"])
def test_only_the_default_callback_and_what_derives_from_it(
    kind: type, people: bool, apart: bool
) -> None:
    at_work = object.__new__(kind)
    known = (
        {"_stdout_callback": at_work, "_callback_plugins": [OTHER]}
        if apart
        else {"_callback_plugins": [at_work, OTHER]}
    )

    assert Running(**known).run(private_api.has_output_for_people) is people


def test_no_callback_and_no_play_leave_no_room() -> None:
    assert Running(_callback_plugins=[]).run(private_api.has_output_for_people) is False
    assert private_api.has_output_for_people() is False


PRIVATE = re.compile(
    r"_no_log_values|\._warnings\b|\._deprecations\b|_compute_environment_string|_callback_plugins"
    r"|DISPLAY_TRACEBACK\"|INJECT_INVOCATION|ansible\.executor|ansible\._internal|import constants"
)


def test_no_other_plugin_uses_the_private_api_of_ansible() -> None:
    path = Path(private_api.__file__)
    plugins = path.parents[1]

    found = {
        str(other.relative_to(plugins)): sorted(set(PRIVATE.findall(other.read_text())))
        for other in plugins.rglob("*.py")
        if other != path and PRIVATE.search(other.read_text())
    }

    assert not found, f"{found}: put it into {path}, with the reason and the cores it was seen on"
