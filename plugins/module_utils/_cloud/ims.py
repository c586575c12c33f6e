# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call the image service (IMS): one function per request. Images and jobs are returned as on the
wire.

Source: IMS API reference; its sections are named at the functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from . import errors
from .client import Client
from .decode import identifier, mapping, name, objects, text
from .lookups import (
    ALL_ENTERPRISE_PROJECTS,
    ask_all_enterprise_projects,
    check_id,
    left_out_warning,
)
from .paging import by_marker
from .wire import CreateHooks, Repeat, segment

Json = dict[str, Any]

PAGE = 500
# How many images are tried as the marker of a page if the last one has been deleted.
_MARKERS = 3
# Members of an image that are query parameters as well.
_MEMBERS = ("id", "name", "status", "__imagetype", "__os_type")
_FOREIGN = frozenset(("gold", "market"))


class Listing(NamedTuple):
    """What a list returned. `unreadable`: entries whose id or name cannot be read, as on the wire;
    any of them may be what was asked for."""

    images: list[Json]
    unreadable: list[Json]


def list_images(client: Client, *, thorough: bool = True, **query: Any) -> list[Json]:
    """Return the images of `read_images`. An image that is missing from them may exist
    nevertheless."""
    return read_images(client, thorough=thorough, **query).images


def read_images(client: Client, *, thorough: bool = True, **query: Any) -> Listing:
    """Return all images that match, from all pages and, unless the query names one, of all
    enterprise projects, newest first ("Querying Images").

    `query` is passed on unchanged; True and False become lower case. An unknown id returns []. The
    largest page of the cloud is not documented: `thorough` requests another page even after a short
    one. A caller who would notice a missing image (a wait for known ids) can do without.
    """
    limit = int(query.get("limit") or PAGE)
    following = by_marker(limit, thorough=thorough)
    # An image that is created between two pages shifts the others onto the next one.
    images: dict[str, Json] = {}
    unreadable: list[Json] = []
    answer, project = _first_page(client, {**query, "limit": limit})
    asked = {**query, "limit": limit, "enterprise_project_id": project}
    while True:
        items = answer["images"]
        for image in items:
            image_id = identifier(image.get("id"))
            if image_id and name(image.get("name")):
                images[image_id] = image
            else:
                unreadable.append(image)
        changes = following(answer, items)
        if changes is None:
            break
        answer = _page(client, {**asked, **changes}, list(images))
    unreadable = _matching(client, unreadable, query)
    for image in unreadable:
        client.warn(left_out_warning("images", image))
    return Listing(_matching(client, images.values(), query), unreadable)


def _first_page(client: Client, query: Json) -> tuple[Json, str | None]:
    """Return the first page, and the enterprise project that it and the next pages are requested
    for."""
    project = query.get("enterprise_project_id")
    if project is not None:
        return _answered(client, query), project

    def ask(project: str | None) -> Json:
        return _answered(client, {**query, "enterprise_project_id": project})

    return ask_all_enterprise_projects(
        client,
        "ims",
        ask,
        found=lambda answer: bool(_matching(client, answer["images"], query)),
        # Public images belong to no enterprise project, so they prove nothing.
        proves=lambda answer: client.project_id in [one.get("owner") for one in answer["images"]],
        shows=lambda answer: bool(answer["images"]),
    )


def _page(client: Client, query: Json, seen: list[str]) -> Json:
    """Return a page after the first one. A marker that has been deleted is refused while lists
    still show it; then the page begins after an image before it (`seen`: in their order)."""
    refusals: list[errors.ApiError] = []
    for marker in [query["marker"], *reversed(seen[:-1][-_MARKERS:])]:
        try:
            answer = _answered(client, {**query, "marker": marker})
        except (errors.BadRequest, errors.NotFound) as error:
            refusals.append(error)
            continue
        if not refusals:
            return answer
        images = answer["images"]
        new = [image for image in images if identifier(image.get("id")) not in seen]
        return {**answer, "images": new}
    if len(seen) == 1:
        return {"images": []}  # there was only that image
    raise refusals[-1]


def _matching(client: Client, images: Iterable[Json], query: Json) -> list[Json]:
    """Return the images that do not contradict the query: some filters are fuzzy, and a cloud
    ignores those that it does not know.

    A member that is missing, or cannot be read, contradicts nothing.
    """
    owner, project = query.get("owner"), query.get("enterprise_project_id")
    asked = {member: query[member] for member in _MEMBERS if query.get(member) is not None}

    def matches(image: Json) -> bool:
        checks = (
            all(_agrees(image, member, str(value)) for member, value in asked.items()),
            owner is None or _is_of(image, owner),
            project is None or _is_in(client, image, project),
        )
        return all(checks)

    return list(filter(matches, images))


def _agrees(image: Json, member: str, wanted: str) -> bool:
    # Names are compared exactly; ids and words of the cloud may be in any case.
    if member == "name":
        return name(image.get("name")) in (None, wanted)
    value = text(image.get(member))
    return not value or value.lower() == wanted.lower()


def _is_of(image: Json, owner: str) -> bool:
    """Return whether an image belongs to `owner`. One that names no owner does, unless it is
    public: to overlook an image of ours would lead to a duplicate."""
    own = identifier(image.get("owner"))
    if own:
        return own == owner
    return image.get("visibility") != "public" and text(image.get("__imagetype")) not in _FOREIGN


def _is_in(client: Client, image: Json, project: str) -> bool:
    """Return whether an image belongs to the enterprise project. Only images of our own project
    do; one that names none is in the default project."""
    if project == ALL_ENTERPRISE_PROJECTS:
        return True
    if identifier(image.get("owner")) not in (None, client.project_id):
        return True
    value = image.get("enterprise_project_id") or image.get("_sys_enterprise_project_id") or "0"
    return (text(value) or "").lower() in ("", project.lower())


def _answered(client: Client, query: Json) -> Json:
    answer = client.request(
        "ims", "GET", "/v2/cloudimages", query=query, promised="images", kind=list
    )
    return mapping(answer.json)


def get_image(client: Client, image_id: str) -> Json | None:
    """Return one image from the list, None if it is not listed ("Querying Images")."""
    query = {"id": image_id}
    answer, _project = _first_page(client, query)
    found = _matching(client, answer["images"], query)
    if answer["images"] and not found:
        # A cloud that ignores the filter may show the image on any page.
        found = list_images(client, id=image_id)
    return next((image for image in found if identifier(image.get("id"))), None)


def show_image(client: Client, image_id: str) -> Json:
    """Return one image, even if it is not listed yet. Raises NotFound ("Querying Image Details
    (Native OpenStack API)")."""
    path = "/v2/images/" + segment(image_id)
    image = mapping(client.request("ims", "GET", path, promised="id", kind=str).json)
    check_id(image["id"], image_id, "image")
    return image


def find_image(client: Client, image_id: str) -> Json | None:
    """Return what `show_image` returns, None if the cloud has no such image or takes the id for
    malformed."""
    try:
        return show_image(client, image_id)
    except (errors.BadRequest, errors.NotFound):
        return None


def create_whole_image(client: Client, body: Mapping[str, Any], hooks: CreateHooks) -> str:
    """Create a whole image; return the id of the job ("Creating a Full-ECS Image")."""
    return _create(client, "/v1/cloudimages/wholeimages/action", body, hooks)


def copy_image(client: Client, image_id: str, body: Mapping[str, Any], hooks: CreateHooks) -> str:
    """Copy an image; return the id of the job ("Replicating an Image Within a Region")."""
    return _create(client, f"/v1/cloudimages/{segment(image_id)}/copy", body, hooks)


def quick_import(client: Client, body: Mapping[str, Any], hooks: CreateHooks) -> str:
    """Import a file; return the id of the job ("Importing an Image File Quickly")."""
    return _create(client, "/v2/cloudimages/quickimport/action", body, hooks)


def _create(client: Client, path: str, body: Mapping[str, Any], hooks: CreateHooks) -> str:
    answer = client.request(
        "ims",
        "POST",
        path,
        body=body,
        repeat=Repeat.REFUSED,
        promised="job_id",
        kind=str,
        hooks=hooks,
    )
    job_id = identifier(answer.json["job_id"])
    if job_id is None:
        raise errors.GarbledAnswer(f"POST {path} was answered with an unusable job id")
    return job_id


def show_job(client: Client, job_id: str) -> Json:
    """Return a job. One that is not known, or not yet, raises NotFound or BadRequest ("Querying the
    Status of an Asynchronous Job")."""
    path = "/v1/{project_id}/jobs/" + segment(job_id)
    return mapping(client.request("ims", "GET", path, promised="status").json)


def find_job(client: Client, job_id: str) -> Json | None:
    """Return the job, None if the cloud does not know it, or not yet."""
    try:
        return show_job(client, job_id)
    except (errors.BadRequest, errors.NotFound):  # clouds differ
        return None


def update_image(client: Client, image_id: str, patch: list[Json]) -> Json:
    """Change an image by a JSON patch, which must be repeatable (add and replace); return the image
    ("Updating Image Information")."""
    path = "/v2/cloudimages/" + segment(image_id)
    answer = client.request(
        "ims", "PATCH", path, body=patch, repeat=Repeat.SAFE, promised="id", kind=str
    )
    return mapping(answer.json)


def delete_image(client: Client, image_id: str, delete_backup: bool | None = None) -> None:
    """Request the deletion of an image, which leaves the list later. `delete_backup` None sends no
    body, and the cloud keeps the backup ("Deleting an Image (Native OpenStack API)")."""
    body = None if delete_backup is None else {"delete_backup": delete_backup}
    client.request("ims", "DELETE", "/v2/images/" + segment(image_id), body=body)


def list_members(client: Client, image_id: str) -> list[str]:
    """Return the ids of the projects that an image is shared with, '' for one that cannot be read
    ("Obtaining the Member List of an Image (Native OpenStack API)")."""
    path = f"/v2/images/{segment(image_id)}/members"
    answer = client.request("ims", "GET", path, promised="members", kind=list, null_is_empty=True)
    return [identifier(member.get("member_id")) or "" for member in answer.json["members"]]


def list_tags(client: Client, image_id: str) -> dict[str, str]:
    """Return the tags of an image ("Querying Tags of an Image"). A tag that cannot be read is left
    out with a warning."""
    answer = client.request(
        "ims", "GET", _tags_path(image_id), promised="tags", kind=list, null_is_empty=True
    )
    tags = {}
    for tag in answer.json["tags"]:
        key, value = text(tag.get("key")), text(tag.get("value") or "")
        if key and value is not None:
            tags[key] = value
        else:
            of = f" ({key!r})" if key else ""
            client.warn(f"A tag of image {image_id} was left out, as it cannot be read{of}.")
    return tags


def find_tags(client: Client, image_id: str) -> dict[str, str]:
    """Return what `list_tags` returns, {} if the image does not exist: lists go on to show deleted
    images."""
    try:
        return list_tags(client, image_id)
    except errors.ApiError as error:
        if error.says_gone:
            return {}
        raise


def add_tags(client: Client, image_id: str, tags: Mapping[str, str]) -> None:
    """Add tags, and change the values of existing keys ("Batch Adding or Deleting Image Tags")."""
    _change_tags(client, image_id, "create", tags)


def remove_tags(client: Client, image_id: str, tags: Mapping[str, str]) -> None:
    """Remove tags; missing ones are ignored ("Batch Adding or Deleting Image Tags")."""
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


def list_os_versions(client: Client) -> set[str]:
    """Return the names of operating systems ("Querying the Image OS List")."""
    path = "/v1/cloudimages/os_version"
    answer = client.request("ims", "GET", path)
    if not isinstance(answer.json, list):
        raise errors.GarbledAnswer(f"GET {path} was answered with something that is not a list")
    versions = (objects(platform.get("version_list")) for platform in objects(answer.json))
    names = (text(version.get("os_version")) for of_one in versions for version in of_one)
    return {one for one in names if one}


def get_quota(client: Client) -> Json:
    """Return {"resources": [{"type", "used", "quota", …}]} ("Querying the Image Quota")."""
    answer = client.request("ims", "GET", "/v1/cloudimages/quota", promised="quotas", kind=dict)
    return mapping(answer.json["quotas"])
