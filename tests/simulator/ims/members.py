# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing images with other projects (IMS API, 'Image Sharing')."""

from __future__ import annotations

from typing import Any

from .. import records, times
from ..api import Call, Reply, Routes
from ..errors import Refusal, img
from . import find
from .jobs import INIT_SECONDS

ROUTES = Routes("ims")


def _shareable(call: Call, image_id: str) -> records.Image:
    image = find.own(call, image_id)
    if image.status != "active":
        raise img("0046", "The image cannot be used in its present state.")
    if image.key:
        raise img("0098", "An encrypted image cannot be shared.")
    backup = call.cloud.world.backups.get(image.attributes.get("__backup_id", ""))
    if image.whole and (backup is None or backup.shared_by):
        raise img("0135", "The whole image cannot be shared.")
    return image


def _job(call: Call, kind: str, images: list[str], projects: list[str]) -> Reply:
    job = records.Job(
        id=call.cloud.world.new_job_id(),
        type=kind,
        project_id=call.project_id,
        kind="members",
        begin=call.now,
        known_at=call.now + call.cloud.delay("job_unknown"),
        started=call.now + call.takes(INIT_SECONDS),
        end=call.now + call.takes(INIT_SECONDS + 2 * len(images)),
        results=[
            {"image_id": image, "project_id": project, "status": "success"}
            for image in images
            for project in projects
        ],
    )
    call.cloud.world.jobs[job.id] = job
    return Reply(200, {"job_id": job.id})


def _lists(body: dict[str, Any]) -> tuple[list[str], list[str]]:
    images, projects = body.get("images"), body.get("projects") or []
    if not isinstance(images, list) or not images or not isinstance(projects, list):
        raise img("0016", "images and projects must be lists.")
    return images, projects


@ROUTES.on("POST", "/v1/cloudimages/members", action="ims:images:share")
def add_members(call: Call) -> Reply:
    images, projects = _lists(call.json())
    for image in [_shareable(call, image_id) for image_id in images]:
        for project_id in projects:
            image.members.setdefault(project_id, "pending")
    return _job(call, "imsAddImageMembersJob", images, projects)


@ROUTES.on("DELETE", "/v1/cloudimages/members", action="ims:images:share")
def delete_members(call: Call) -> Reply:
    images, projects = _lists(call.json())
    for image in [find.own(call, image_id) for image_id in images]:
        for project_id in projects:
            image.members.pop(project_id, None)
    return _job(call, "imsDelImageMembersJob", images, projects)


@ROUTES.on("PUT", "/v1/cloudimages/members", action="ims:images:share")
def answer_members(call: Call) -> Reply:
    body = call.json()
    images, _projects = _lists(body)
    status = _checked_status(body.get("status"))
    if body.get("project_id") != call.project_id:
        raise img("0067", "The project ID is invalid.")
    for image in [find.existing(call, image_id) for image_id in images]:
        if call.project_id not in image.members:
            raise img("0106", "The image is not shared with the project.")
        if image.whole and status == "accepted" and not body.get("vault_id"):
            raise img("0184", "A whole image can only be accepted into a vault.")
        image.members[call.project_id] = status
    return _job(call, "imsUpdateImageMembersJob", images, [call.project_id])


def _checked_status(status: Any) -> str:
    if status not in ("accepted", "rejected"):
        raise img("0016", "The status must be accepted or rejected.")
    return str(status)


# --- Glance


def _member(image: records.Image, project_id: str) -> dict[str, Any]:
    return {
        "image_id": image.id,
        "member_id": project_id,
        "status": image.members[project_id],
        "created_at": times.ims(image.created),
        "updated_at": times.ims(image.updated),
        "schema": "/v2/schemas/member",
    }


def _with_member(call: Call, image_id: str, project_id: str) -> records.Image:
    image = find.glance(call, image_id)
    seen = image.owner == call.project_id or project_id == call.project_id
    if project_id not in image.members or not seen:
        raise Refusal(404, "404", "Not found", shape="html")
    return image


_GLANCE = "/v2/images/<image_id>/members"


@ROUTES.on("POST", _GLANCE, action="ims:images:get ims:images:share")
def glance_add(call: Call, image_id: str) -> Reply:
    find.glance(call, image_id)
    image = _shareable(call, image_id)
    project_id = str(call.json().get("member"))
    if project_id in image.members:
        raise Refusal(409, "409", "The image is shared with the project already.", shape="html")
    image.members[project_id] = "pending"
    return Reply(200, _member(image, project_id))


@ROUTES.on("GET", _GLANCE, action="ims:images:get ims:images:share")
@ROUTES.on("GET", "/v1/<pid>/cloudimages/<image_id>/members", action="ims:images:get")
def glance_list(call: Call, image_id: str) -> Reply:
    image = find.glance(call, image_id)
    mine = image.owner == call.project_id
    projects = [p for p in image.members if mine or p == call.project_id]
    rows = [_member(image, project_id) for project_id in projects]
    return Reply(200, {"members": rows, "schema": "/v2/schemas/members"})


@ROUTES.on("GET", f"{_GLANCE}/<member_id>", action="ims:images:get ims:images:share")
def glance_show(call: Call, image_id: str, member_id: str) -> Reply:
    return Reply(200, _member(_with_member(call, image_id, member_id), member_id))


@ROUTES.on("PUT", f"{_GLANCE}/<member_id>", action="ims:images:get ims:images:share")
def glance_answer(call: Call, image_id: str, member_id: str) -> Reply:
    image = _with_member(call, image_id, member_id)
    if member_id != call.project_id:
        raise Refusal(403, "403", "Only the member may answer.", shape="html")
    image.members[member_id] = _checked_status(call.json().get("status"))
    return Reply(200, _member(image, member_id))


@ROUTES.on("DELETE", f"{_GLANCE}/<member_id>", action="ims:images:get ims:images:share")
def glance_remove(call: Call, image_id: str, member_id: str) -> Reply:
    image = _with_member(call, image_id, member_id)
    if image.owner != call.project_id:
        raise Refusal(403, "403", "Only the owner may stop sharing.", shape="html")
    del image.members[member_id]
    return Reply(204)
