# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of files in a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._cloud.client import Client
from ..context import Task
from ..sources.file import file_source
from ..sources.protocol import Source
from .arguments.quick_import import FILE
from .make import ensure_state


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of the module `quick_import`."""
    return ensure_state(task, arguments, source_of(task.client, arguments))


def source_of(client: Client, arguments: Mapping[str, Any]) -> Source | None:
    """Return the source; None where none is given."""
    if arguments["image_url"] is None:
        return None
    return file_source(client, **{option: arguments[option] for option in FILE})
