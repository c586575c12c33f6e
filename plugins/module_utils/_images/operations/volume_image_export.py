# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of disks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._cloud.client import Client
from ..context import Task
from ..sources.protocol import Source
from ..sources.volume import volume_source
from .make import ensure_state

_OPTIONS = ("disk_format", "container_format", "force", "os_type")


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of the module `volume_image_export`."""
    return ensure_state(task, arguments, source_of(task.client, arguments))


def source_of(client: Client, arguments: Mapping[str, Any]) -> Source | None:
    """Resolve the source; None where none is given. Raises Refused or CloudError."""
    if arguments["volume"] is None:
        return None
    options = {option: arguments[option] for option in _OPTIONS}
    return volume_source(client, arguments["volume"], **options)
