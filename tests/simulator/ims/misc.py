# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quota, operating systems, versions and schemas of the image service."""

from __future__ import annotations

from typing import Any

from ..api import Call, Reply, Routes
from ..errors import img
from ..seed.os_versions import OS_VERSIONS, bits

ROUTES = Routes("ims")


@ROUTES.on("GET", "/v1/cloudimages/quota", action="ims:quotas:get")
def show_quota(call: Call) -> Reply:
    used = len(call.cloud.world.own_images(call.project_id))
    quota = call.cloud.switches["image_quota"]
    row = {"type": "image", "used": used, "quota": quota, "min": 1, "max": 1000}
    return Reply(200, {"quotas": {"resources": [row]}})


@ROUTES.on("GET", "/v1/cloudimages/os_version", action="ims:images:list")
def list_os_versions(call: Call) -> Reply:
    tag = call.arg("tag")
    if tag not in (None, "bms", "uefi", "arm", "x86"):
        raise img("0016", "The tag must be bms, uefi, arm or x86.")
    rows = [
        {"platform": platform, "version_list": _versions(platform, os_type, versions)}
        for platform, (os_type, versions, tags) in OS_VERSIONS.items()
        if tag in (None, "x86") or tag in tags
    ]
    return Reply(200, rows)


def _versions(platform: str, os_type: str, versions: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            "platform": platform,
            "os_version_key": version,
            "os_version": version,
            "os_bit": bits(version),
            "os_type": os_type,
        }
        for version in versions
    ]


@ROUTES.on("GET", "/image/", action="ims:versions:get", scope="open")
def list_versions_openstack(call: Call) -> Reply:
    return Reply(300, {"versions": _version_rows(f"{call.base_url}/image/v2/")})


@ROUTES.on("GET", "/", "/v2", action="ims:versions:get", scope="open")
def list_versions(call: Call) -> Reply:
    # The port's root is the image service's; other services name theirs with a path.
    return Reply(300, {"versions": _version_rows(f"{call.base_url}/v2/")})


@ROUTES.on("GET", "/image/v2/", action="ims:versions:get", scope="open")
def show_version(call: Call) -> Reply:
    return Reply(300, {"versions": _version_rows(f"{call.base_url}/image/v2/")})


def _version_rows(url: str) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "status": "CURRENT" if name == "v2.5" else "SUPPORTED",
            "links": [{"rel": "self", "href": url}],
            "min_version": "",
            "version": "",
            "updated": "2018-04-19T00:00:00Z",
        }
        for name in ("v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0")
    ]


_STRING: dict[str, Any] = {"type": "string"}
_IMAGE_PROPERTIES: dict[str, Any] = {
    **dict.fromkeys(
        (
            "id",
            "name",
            "status",
            "visibility",
            "owner",
            "created_at",
            "updated_at",
            "disk_format",
            "container_format",
            "checksum",
            "file",
            "self",
            "schema",
        ),
        _STRING,
    ),
    "protected": {"type": "boolean"},
    "min_ram": {"type": "integer"},
    "min_disk": {"type": "integer"},
    "size": {"type": ["null", "integer"]},
    "tags": {"type": "array", "items": _STRING},
}
_IMAGE_SCHEMA: dict[str, Any] = {
    "name": "image",
    "properties": _IMAGE_PROPERTIES,
    "additionalProperties": _STRING,
    "links": [{"rel": "self", "href": "{self}"}, {"rel": "describedby", "href": "{schema}"}],
}
_MEMBER_SCHEMA: dict[str, Any] = {
    "name": "member",
    "properties": dict.fromkeys(
        ("image_id", "member_id", "status", "created_at", "updated_at", "schema"), _STRING
    ),
}


def _many(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    properties = {name: {"type": "array", "items": schema}, "schema": _STRING}
    return {"name": name, "properties": properties}


@ROUTES.on("GET", "/v2/schemas/<name>", action="ims:images:get", scope="account")
def show_schema(call: Call, name: str) -> Reply:
    schemas = {
        "image": _IMAGE_SCHEMA,
        "images": _many("images", _IMAGE_SCHEMA),
        "member": _MEMBER_SCHEMA,
        "members": _many("members", _MEMBER_SCHEMA),
    }
    if name not in schemas:
        raise img("0105", "There is no such schema.")
    return Reply(200, schemas[name])
