# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server service: look-ups (ECS API, 'Querying Details About ECSs')."""

from __future__ import annotations

import re
from typing import Any

from . import records, times
from .api import Call, Reply, Routes, lookup_count, lookup_limit, lookup_project
from .errors import Refusal

ROUTES = Routes("ecs")


@ROUTES.on("GET", "/v1/<pid>/cloudservers/detail", action="ecs:cloudServers:list")
def list_servers(call: Call) -> Reply:
    """`name` is matched anywhere, `.` stands for any character; `offset` is a page number."""
    limit, page = _number(call, "limit", 25), max(1, _number(call, "offset", 1))
    if not 1 <= limit <= 1000:
        raise Refusal(400, "Ecs.0005", "limit must be from 1 to 1000.")
    limit = lookup_limit(call, limit)
    of_all = lookup_project(call, "Ecs.0001")
    servers = [server for server in _mine(call) if _fits(call, server, of_all)]
    shown = servers[(page - 1) * limit : page * limit]
    count = lookup_count(call, servers, shown)
    return Reply(200, {"count": count, "servers": [_shown(call, server) for server in shown]})


def _mine(call: Call) -> list[records.Server]:
    mine = [s for s in call.cloud.world.servers.values() if s.project_id == call.project_id]
    return sorted(mine, key=lambda server: (server.created, server.id), reverse=True)


def _number(call: Call, name: str, default: int) -> int:
    text = call.arg(name)
    if text is None:
        return default
    if not text.isdigit():
        raise Refusal(400, "Ecs.0005", f"{name} must be a number.")
    return int(text)


def _fits(call: Call, server: records.Server, of_all: tuple[str | None, ...]) -> bool:
    name, status = call.arg("name"), call.arg("status")
    project = call.arg("enterprise_project_id")
    if name is not None:
        pattern = "".join("." if letter == "." else re.escape(letter) for letter in name)
        if not re.search(pattern, server.name):
            return False
    return (
        status in (None, server.status)
        and call.arg("server_id") in (None, server.id)
        and project in (*of_all, server.enterprise_project_id)
    )


@ROUTES.on("GET", "/v1/<pid>/cloudservers/<server_id>", action="ecs:cloudServers:get")
@ROUTES.on("GET", "/v2.1/<pid>/servers/<server_id>", action="ecs:cloudServers:get")
def show_server(call: Call, server_id: str) -> Reply:
    server = call.cloud.world.servers.get(server_id)
    if server is None or server.project_id != call.project_id:
        raise Refusal(404, "Ecs.0114", f"Instance[{server_id}] could not be found.")
    return Reply(200, {"server": _shown(call, server)})


def _shown(call: Call, server: records.Server) -> dict[str, Any]:
    volumes = call.cloud.world.server_volumes(server.id)
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "tenant_id": server.project_id,
        "user_id": server.project_id,
        "description": "",
        "created": times.ims(server.created),
        "updated": times.ims(server.created),
        "metadata": {
            "image_name": "simulated",
            "os_type": server.os_type,
            "charging_mode": "0",
            "metering.image_id": server.image_id,
        },
        "addresses": {},
        "flavor": {"id": "s6.large.2", "name": "s6.large.2", "vcpus": "2", "ram": "4096"},
        "image": {"id": server.image_id},
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": "active" if server.status == "ACTIVE" else "stopped",
        "OS-EXT-STS:power_state": 1 if server.status == "ACTIVE" else 4,
        "OS-EXT-AZ:availability_zone": "eu-west-101a",
        "os-extended-volumes:volumes_attached": [
            {
                "id": volume.id,
                "bootIndex": "0" if volume.bootable else None,
                "device": volume.device,
                "delete_on_termination": "false",
            }
            for volume in volumes
        ],
        "enterprise_project_id": server.enterprise_project_id,
        "tags": server.tags,
        "hostId": "",
        "host_status": "UP",
        "locked": False,
        "config_drive": "",
        "key_name": None,
    }
