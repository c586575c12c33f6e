# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call the disk service (EVS): one function per request.

Source: EVS API reference; its sections are named at the functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from . import errors
from .client import Client
from .decode import identifier
from .lookups import decode_list, get_or_none, list_all_enterprise_projects, names_one
from .paging import by_offset
from .records import Volume
from .wire import CreateHooks, Repeat, segment

PAGE = 1000
_MOST_IDS = 60
_EXPORT = "os-volume_upload_image"


def get_volume(client: Client, volume_id: str) -> Volume | None:
    """Return a disk, None if there is none ("Querying Details About a Disk")."""
    path = "/v2/{project_id}/cloudvolumes/" + segment(volume_id)
    return get_or_none(client, "evs", path, "volume", volume_id, Volume.from_wire)


def list_volumes(
    client: Client,
    name: str | None = None,
    server_id: str | None = None,
    ids: str | None = None,
) -> list[Volume]:
    """Return the disks of a name, or those attached to a server ("Querying Details About All
    Disks").

    A disk that does not say where it is attached counts as not attached: no server is refused
    because of a disk that may be another server's.
    """
    path = "/v2/{project_id}/cloudvolumes/detail"
    query = {"name": name, "server_id": server_id, "ids": ids, "limit": PAGE}
    follow = partial(by_offset, PAGE)
    found = list_all_enterprise_projects(client, "evs", path, "volumes", query, follow)
    if server_id is not None:
        found = [one for one in found if names_one(one.get("attachments"), "server_id", server_id)]
    return decode_list(client, "disks", found, Volume.from_wire, name)


def list_volumes_by_id(client: Client, ids: Sequence[str]) -> list[Volume]:
    """Return those of the first 60 disks that exist ("Querying Details About All Disks")."""
    asked = ids[:_MOST_IDS]
    found = list_volumes(client, ids="[" + ",".join(f"'{one}'" for one in asked) + "]")
    return [volume for volume in found if volume.id in asked]


def export_volume(
    client: Client, volume_id: str, body: Mapping[str, Any], hooks: CreateHooks
) -> str:
    """Start an export; return the id of the new image ("Exporting EVS Disk Data as an Image").
    `body`: the inner object of the request.

    Newer documents have the call under v3, some clouds publish it under v2 only. A 404 from a proxy
    does not prove that the v3 call was not executed.
    """
    for version in ("v3", "v2"):
        path = f"/{version}/{{project_id}}/volumes/{segment(volume_id)}/action"
        try:
            answer = client.request(
                "evs",
                "POST",
                path,
                body={_EXPORT: dict(body)},
                repeat=Repeat.REFUSED,
                hooks=hooks,
                promised=_EXPORT,
                kind=dict,
            )
            break
        except errors.NotFound as error:
            if version == "v2" or not error.unpublished or error.ambiguous:
                raise
    image_id = identifier(answer.json[_EXPORT].get("image_id"))
    if image_id is None:
        raise errors.GarbledAnswer("the export was answered without the id of the image")
    return image_id
