# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server service (ECS): one function per call, shapes as on the wire.

Source: ECS API reference; the sections are named at the functions.
"""

from __future__ import annotations

from typing import Any

from . import errors
from .client import Client
from .everywhere import EVERYWHERE, ask_everywhere
from .matching import matching
from .paging import by_page_number
from .wire import segment

Json = dict[str, Any]

PAGE = 1000
# Members of a server that are query parameters as well.
_MEMBERS = ("name", "status", "enterprise_project_id")


def get_server(client: Client, server_id: str) -> Json | None:
    """One server, None if it is not there ("Querying Details About an ECS")."""
    path = "/v1/{project_id}/cloudservers/" + segment(server_id)
    try:
        server: Json = client.request("ecs", "GET", path, promised="server", kind=dict).json[
            "server"
        ]
    except errors.NotFound as error:
        if error.unpublished:
            raise
        return None
    return server


def list_servers(client: Client, name: str | None = None, **query: Any) -> list[Json]:
    """All servers, or those of that name; in the cloud's own filter a dot stands for any character
    ("Querying Details About ECSs")."""
    path = "/v1/{project_id}/cloudservers/detail"
    query = {"name": name, "limit": PAGE, **query}

    def ask(project: str | None) -> list[Json]:
        asked = {**query, "enterprise_project_id": project}
        return list(client.pages("ecs", path, asked, "servers", by_page_number(PAGE)))

    project = query.get("enterprise_project_id")
    if project == EVERYWHERE:
        servers, _project = ask_everywhere(client, "ecs", ask, found=bool, proves=bool)
    else:
        servers = ask(project)
    return matching(servers, query, _MEMBERS)
