# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which callbacks leave room for progress. tests/system/test_in_process.py runs plays with them."""

from __future__ import annotations

from collections.abc import Callable
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

    def run(self, work: Callable[[], bool]) -> bool:
        return work()


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
