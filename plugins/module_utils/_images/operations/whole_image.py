# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole images, of a server or of a backup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._cloud.client import Client
from ..context import Task
from ..sources import backup, server
from ..sources.protocol import Source
from .make import ensure_state


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of the module `whole_image`."""
    return ensure_state(task, arguments, source_of(task.client, arguments))


def source_of(client: Client, arguments: Mapping[str, Any]) -> Source | None:
    """Resolve the source; None where none is given. Raises Refused or CloudError."""
    if arguments["instance"] is not None:
        return server.server_source(client, arguments["instance"], arguments["vault"])
    if arguments["backup"] is None:
        return None
    service = arguments["backup_type"] or backup.CBR
    return backup.backup_source(client, arguments["backup"], service)
