# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states `present` and `absent` of the modules that create images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..context import Task
from ..present.desired import Desired
from ..present.ensure import ensure
from ..sources.protocol import Source

ABSENT = "absent"


def ensure_state(task: Task, arguments: Mapping[str, Any], source: Source | None) -> dict[str, Any]:
    """Return the task's result. Only `state: absent` can do without a source."""
    if arguments["state"] == ABSENT:
        from .absent import Removal, ensure_absent  # see ensure.py

        return ensure_absent(task, Removal.from_arguments(arguments, source)).to_result(task)
    if source is None:
        raise ValueError("an image to be present needs a source")
    return ensure(task, Desired.from_arguments(arguments, source)).to_result(task)
