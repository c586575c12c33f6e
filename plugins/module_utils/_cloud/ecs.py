# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call the server service (ECS): one function per request.

Source: ECS API reference; its sections are named at the functions.
"""

from __future__ import annotations

from functools import partial

from .client import Client
from .lookups import decode_list, get_or_none, list_all_enterprise_projects
from .paging import by_page_number
from .records import Server
from .wire import segment

PAGE = 1000


def get_server(client: Client, server_id: str) -> Server | None:
    """Return a server, None if there is none ("Querying Details About an ECS")."""
    path = "/v1/{project_id}/cloudservers/" + segment(server_id)
    return get_or_none(client, "ecs", path, "server", server_id, Server.from_wire)


def list_servers(client: Client, name: str | None = None) -> list[Server]:
    """Return all servers, or those of a name; in the cloud's own filter a dot stands for any
    character ("Querying Details About ECSs").

    A list of all leaves none out, even if its id or name cannot be read: it may use an image.
    """
    path, query = "/v1/{project_id}/cloudservers/detail", {"name": name, "limit": PAGE}
    follow = partial(by_page_number, PAGE)
    found = list_all_enterprise_projects(client, "ecs", path, "servers", query, follow)
    if name is None:
        return [Server.from_wire(server) for server in found]
    return decode_list(client, "servers", found, Server.from_wire, name)
