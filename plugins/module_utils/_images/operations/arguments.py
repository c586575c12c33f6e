# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument specs that several modules share; their documentation stands in
plugins/doc_fragments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Whether a method of authentication is complete, and that there is only one, is checked in
# cloud/credentials.py: mutually_exclusive and required_together count defaults from the
# environment.
CONNECTION: dict[str, dict[str, Any]] = {
    "credentials_from": {"type": "str", "choices": ["environment", "clouds", "metadata"]},
    "region": {"type": "str"},
    "project_id": {"type": "str"},
    "project_name": {"type": "str"},
    "access_key": {"type": "str", "no_log": True},
    "secret_key": {"type": "str", "no_log": True},
    "security_token": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "user_id": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "domain_name": {"type": "str"},
    "domain_id": {"type": "str"},
    "auth_token": {"type": "str", "no_log": True},
    "cloud": {"type": "str"},
    "agency_name": {"type": "str"},
    "agency_domain_name": {"type": "str"},
    "auth_url": {"type": "str"},
    "endpoints": {"type": "dict"},
    "validate_certs": {"type": "bool"},
    "ca_cert": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "http_timeout": {"type": "int"},
    "token_cache": {"type": "bool", "default": True, "no_log": False},
}

# What an image is to look like, for all modules that make or change one.
MANAGED_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
    "min_ram": {"type": "int"},
    "max_ram": {"type": "int"},
    "enterprise_project_id": {"type": "str"},
    "image_tags": {"type": "raw"},
    "tags": {"type": "list", "elements": "str"},
    "purge_tags": {"type": "bool", "default": True},
    "delete_all": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
}

# How images that are there already are treated.
_WISHES: dict[str, dict[str, Any]] = {
    "if_source_differs": {
        "type": "str",
        "choices": ["fail", "replace", "keep"],
        "default": "fail",
    },
    "if_source_unknown": {"type": "str", "choices": ["accept", "fail"], "default": "accept"},
    "max_age": {"type": "str"},
    "keep_old": {"type": "bool", "default": False},
}


# Options, and their aliases, that narrow down which images are meant: of modules that list, and of
# `state: absent`.
_FILTERS = frozenset(
    (
        *("families", "keep", "image_id", "id", "name", "source", "tag", "enterprise_project_id"),
        *("status", "image_type", "visibility", "os_type", "os_version", "whole_image"),
        *("older_than", "newer_than"),
    )
)
_OF_ABSENT = frozenset(
    (
        *("image_id", "instance", "instance_id", "backup", "backup_id", "volume", "volume_id"),
        *("source_image", "image_url", "cmk_id"),
    )
)


def null_as_empty(arguments: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a task as its author wrote them, with '' for null in options that narrow
    down what is listed or deleted.

    Elsewhere null means omitted, as in all of Ansible; but an undefined variable must not select
    more, so here it is refused as '' is.
    """
    names = _FILTERS
    if "state" in spec:
        names = _OF_ABSENT if arguments.get("state") == "absent" else frozenset()
    return {name: _filled(value) if name in names else value for name, value in arguments.items()}


def _filled(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return {name: _filled(member) for name, member in value.items()}
    return [_filled(member) for member in value] if isinstance(value, (list, tuple)) else value


def changing_an_image(**own: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The argument spec of the module that changes any image."""
    return {
        **CONNECTION,
        **MANAGED_OPTIONS,
        "wait_timeout": {"type": "int", "default": 3600},
        **own,
    }


def making_an_image(wait_timeout: int, **own: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The argument spec of a module that makes an image. wait_timeout: its default, in seconds."""
    timeout = {"wait_timeout": {"type": "int", "default": wait_timeout}}
    return {**CONNECTION, **MANAGED_OPTIONS, **_WISHES, **timeout, **own}
