# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image service (IMS): one function per call, shapes as on the wire.

Source: IMS API reference; the sections are named at the functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import errors
from .client import Client
from .paging import by_marker
from .wire import Repeat, segment

Json = dict[str, Any]

PAGE = 500
# A list of all enterprise projects that the caller may see. Whether one that names none spans them
# is not documented.
EVERYWHERE = "all_granted_eps"
# How many images are tried as the marker of a page when the last one has been deleted.
_MARKERS = 3


def list_images(client: Client, *, thorough: bool = True, **query: Any) -> list[Json]:
    """All images that match, of all pages and, unless one is named, of all enterprise projects,
    newest first ("Querying Images").

    ``query`` is passed on as it is; True and False become lower case. An unknown id gives [].
    The largest page that the cloud gives is not documented: ``thorough`` asks for another page
    even after a short one. Whoever would notice a missing image (a loop that waits for known ids)
    can do without.
    """
    limit = int(query.get("limit") or PAGE)
    following = by_marker(limit, thorough=thorough)
    # An image that is made while we turn pages shifts the others onto the next one.
    images: dict[Any, Json] = {}
    changes: Json | None = {}
    while changes is not None:
        answer = _page(client, {**query, "limit": limit, **changes}, list(images))
        items = answer["images"]
        images.update((image.get("id"), image) for image in items)
        changes = following(answer, items)
    return list(images.values())


def _page(client: Client, query: Json, seen: list[Any]) -> Json:
    """One page of the list. A marker that has been deleted, which lists go on to show for a while,
    is refused: then the page begins after one of those before it (seen: in their order)."""
    refusals: list[errors.ApiError] = []
    for marker in [query.get("marker"), *reversed(seen[:-1][-_MARKERS:])]:
        asked = query if marker is None else {**query, "marker": marker}
        try:
            return _listed(client, asked)
        except (errors.BadRequest, errors.NotFound) as error:
            if marker is None:
                raise
            refusals.append(error)
    if len(seen) == 1:
        return {"images": []}  # all there was
    raise refusals[-1]


def _listed(client: Client, query: Json) -> Json:
    """One answer of the list. A cloud without enterprise projects may refuse to be asked for them
    all: then it is asked without, from then on."""
    if query.get("enterprise_project_id") is not None or client.all_projects is False:
        return _answered(client, query)
    try:
        answer = _answered(client, {**query, "enterprise_project_id": EVERYWHERE})
        client.all_projects = True
    except (errors.BadRequest, errors.Forbidden, errors.NotFound):
        if client.all_projects:
            raise
        answer = _answered(client, query)
        client.all_projects = False
    return answer


def _answered(client: Client, query: Json) -> Json:
    answer = client.request(
        "ims", "GET", "/v2/cloudimages", query=query, promised="images", kind=list
    )
    return _object(answer.json)


def get_image(client: Client, image_id: str) -> Json | None:
    """One image by way of the list, None if it is not there ("Querying Images")."""
    images = _listed(client, {"id": image_id})["images"]
    return next((image for image in images if image.get("id") == image_id), None)


def show_image(client: Client, image_id: str) -> Json:
    """One image, also one that the list does not show yet; raises NotFound ("Querying Image
    Details (Native OpenStack API)")."""
    path = "/v2/images/" + segment(image_id)
    return _object(client.request("ims", "GET", path, promised="id").json)


def create_whole_image(client: Client, body: Mapping[str, Any]) -> str:
    """The id of the job ("Creating a Full-ECS Image")."""
    return _job(client, "/v1/cloudimages/wholeimages/action", body)


def copy_image(client: Client, image_id: str, body: Mapping[str, Any]) -> str:
    """The id of the job ("Replicating an Image Within a Region")."""
    return _job(client, f"/v1/cloudimages/{segment(image_id)}/copy", body)


def quick_import(client: Client, body: Mapping[str, Any]) -> str:
    """The id of the job ("Importing an Image File Quickly")."""
    return _job(client, "/v2/cloudimages/quickimport/action", body)


def _job(client: Client, path: str, body: Mapping[str, Any]) -> str:
    answer = client.request(
        "ims", "POST", path, body=body, repeat=Repeat.REFUSED, promised="job_id", kind=str
    )
    job_id: str = answer.json["job_id"]
    return job_id


def show_job(client: Client, job_id: str) -> Json:
    """The job as it is; one that is not known (yet) is a NotFound or a BadRequest ("Querying the
    Status of an Asynchronous Job")."""
    path = "/v1/{project_id}/jobs/" + segment(job_id)
    return _object(client.request("ims", "GET", path, promised="status").json)


def update_image(client: Client, image_id: str, patch: list[Json]) -> Json:
    """The image after the JSON patch, which must be repeatable: add and replace ("Updating Image
    Information")."""
    path = "/v2/cloudimages/" + segment(image_id)
    answer = client.request("ims", "PATCH", path, body=patch, repeat=Repeat.SAFE, promised="id")
    return _object(answer.json)


def delete_image(client: Client, image_id: str, delete_backup: bool | None = None) -> None:
    """Asks for the removal; the image leaves the list later. None sends no body, and the cloud
    keeps the backup ("Deleting an Image (Native OpenStack API)")."""
    body = None if delete_backup is None else {"delete_backup": delete_backup}
    client.request("ims", "DELETE", "/v2/images/" + segment(image_id), body=body)


def list_members(client: Client, image_id: str) -> list[Json]:
    """Whom an image is shared with: [{"member_id", "status", …}] ("Obtaining the Member List of an
    Image (Native OpenStack API)")."""
    path = f"/v2/images/{segment(image_id)}/members"
    answer = client.request("ims", "GET", path, promised="members", kind=list)
    members: list[Json] = answer.json["members"]
    return members


def list_tags(client: Client, image_id: str) -> dict[str, str]:
    """Key to value ("Querying Tags of an Image")."""
    answer = client.request("ims", "GET", _tags_path(image_id), promised="tags", kind=list)
    return {str(tag.get("key")): tag.get("value") or "" for tag in answer.json["tags"]}


def add_tags(client: Client, image_id: str, tags: Mapping[str, str]) -> None:
    """Adds tags and changes the values of those whose keys are there ("Batch Adding or Deleting
    Image Tags")."""
    _change_tags(client, image_id, "create", tags)


def remove_tags(client: Client, image_id: str, tags: Mapping[str, str]) -> None:
    """Removes tags; those that are not there do not matter ("Batch Adding or Deleting Image
    Tags")."""
    _change_tags(client, image_id, "delete", tags)


def _change_tags(client: Client, image_id: str, action: str, tags: Mapping[str, str]) -> None:
    body = {
        "action": action,
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
    }
    path = _tags_path(image_id) + "/action"
    client.request("ims", "POST", path, body=body, repeat=Repeat.SAFE)


def _tags_path(image_id: str) -> str:
    return f"/v2/{{project_id}}/images/{segment(image_id)}/tags"


def list_os_versions(client: Client, tag: str | None = None) -> list[Json]:
    """[{"platform", "version_list": [{"os_version", "os_type", …}]}]; ``tag`` is bms, uefi, arm or
    x86 ("Querying the Image OS List")."""
    path = "/v1/cloudimages/os_version"
    answer = client.request("ims", "GET", path, query={"tag": tag})
    if not isinstance(answer.json, list):
        raise errors.GarbledAnswer(f"GET {path} was answered with something that is no list")
    return answer.json


def get_quota(client: Client) -> Json:
    """{"resources": [{"type", "used", "quota", …}]} ("Querying the Image Quota")."""
    answer = client.request("ims", "GET", "/v1/cloudimages/quota", promised="quotas", kind=dict)
    return _object(answer.json["quotas"])


def _object(data: Any) -> Json:
    result: Json = data
    return result
