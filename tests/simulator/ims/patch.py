# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON patches of images (IMS API, 'Updating Image Information')."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from .. import records
from ..api import Call
from ..errors import img
from . import rules

Allowed = Callable[[str], bool]
_FIXED = {
    "name",
    "__description",
    "min_ram",
    "max_ram",
    "protected",
    "enterprise_project_id",
    "hw_vif_multiqueue_enabled",
    "hw_firmware_type",
    "__is_config_init",
}
_ALWAYS_THERE = {"name", "min_ram", "protected", "enterprise_project_id"}
# What an image shows but nobody may write.
_READ_ONLY = {
    "id",
    "status",
    "visibility",
    "owner",
    "tags",
    "size",
    "checksum",
    "file",
    "self",
    "schema",
    "created_at",
    "updated_at",
    "active_at",
    "min_disk",
    "disk_format",
    "container_format",
    "virtual_env_type",
}


def _custom(name: str) -> bool:
    """Attributes of the user's own: no upper case, and not one of the cloud's."""
    return bool(re.fullmatch(r"[a-z][a-z0-9_\-]{0,254}", name)) and name not in _READ_ONLY


def by_cloudimages(name: str) -> bool:
    """What PATCH /v2/cloudimages may change."""
    return name in _FIXED or name.startswith("__support_") or _custom(name)


def by_glance(name: str) -> bool:
    """What PATCH /v2/images may change: names, descriptions and custom attributes."""
    return name in ("name", "__description") or (_custom(name) and name not in _FIXED)


def applied(call: Call, image: records.Image, operations: Any, allowed: Allowed) -> records.Facets:
    """The facets after all `operations`; one that is refused refuses them all."""
    if not isinstance(operations, list) or not operations:
        raise img("0001", "The request body must be an array of operations.")
    facets = copy.deepcopy(image.facets)
    for operation in operations:
        _apply(call, image, facets, operation, allowed)
    return facets


def _apply(
    call: Call, image: records.Image, facets: records.Facets, operation: Any, allowed: Allowed
) -> None:
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise img("0016", "An operation needs op and path.")
    verb, path = operation.get("op"), operation["path"]
    if verb not in ("add", "replace", "remove") or not path.startswith("/"):
        raise img("0016", "op must be add, replace or remove, and path begin with a slash.")
    name = path[1:]
    refused = name == "protected" and call.cloud.switches["protection"] == "refused"
    if refused or not allowed(name):
        raise img("0105", f"The attribute {name} cannot be changed.")
    present = _present(image, facets, name)
    if verb in ("replace", "remove") and not present:
        raise img("0035", f"The attribute {name} does not exist.")
    if verb == "add" and present and call.cloud.switches["add_existing"] == "refused":
        raise img("0035", f"The attribute {name} exists already.")
    if verb == "remove":
        _remove(facets, name)
        return
    if "value" not in operation:
        raise img("0016", "The operation has no value.")
    if not present and name not in _FIXED and call.cloud.switches["new_attributes"] == "refused":
        raise img("0105", f"The attribute {name} cannot be added.")
    _write(call, facets, name, operation["value"])


def _present(image: records.Image, facets: records.Facets, name: str) -> bool:
    if name in _ALWAYS_THERE:
        return True
    if name == "__description":
        return facets.description is not None
    if name == "max_ram":
        return facets.max_ram is not None
    return name in facets.extras or name in image.attributes


def _remove(facets: records.Facets, name: str) -> None:
    if name == "__description":
        facets.description = None
    elif name == "max_ram":
        facets.max_ram = None
    elif name in facets.extras:
        del facets.extras[name]
    else:
        raise img("0105", f"The attribute {name} cannot be removed.")


def _write(call: Call, facets: records.Facets, name: str, value: Any) -> None:
    if name == "name":
        facets.name = rules.checked_name(value)
    elif name == "__description":
        # Unlike at creation, an empty text stays as an attribute that is there.
        facets.description = "" if value == "" else rules.checked_description(value)
    elif name == "min_ram":
        facets.min_ram = _ram(value, name)
    elif name == "max_ram":
        facets.max_ram = _ram(value, name)
    elif name == "protected":
        facets.protected = _boolean(value)
    elif name == "enterprise_project_id":
        facets.enterprise_project_id = rules.checked_enterprise_project(call, value)
    elif name == "hw_firmware_type" and value not in ("bios", "uefi"):
        raise img("0141", "hw_firmware_type must be bios or uefi.")
    else:
        facets.extras[name] = value if isinstance(value, str) else str(value)


def _ram(value: Any, name: str) -> int:
    """The documents say string, clients send integers; both work."""
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    return rules.checked_ram(value, name)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise img("0016", "protected must be true or false.")
