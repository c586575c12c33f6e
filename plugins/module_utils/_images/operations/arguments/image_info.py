# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module image_info."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...._cloud.libraries import report_missing
from ...validation import (
    check_given,
    check_image,
    check_os_type,
    check_tag,
    check_times,
    enterprise_project,
    id_or_name,
    reject,
    seconds,
)
from .connection import CONNECTION

try:
    import jmespath
except ImportError:  # the front end says so before anything runs
    report_missing("jmespath")
    jmespath = None  # type: ignore[assignment,unused-ignore]

ARGUMENTS: dict[str, dict[str, Any]] = {
    **CONNECTION,
    "image_id": {"type": "str", "aliases": ["id"]},
    "name": {"type": "str"},
    "source": {"type": "str"},
    "status": {"type": "str", "choices": ["queued", "saving", "active", "killed", "deleted"]},
    "image_type": {"type": "str", "choices": ["private", "shared", "gold", "market"]},
    "visibility": {"type": "str", "choices": ["private", "shared", "public"]},
    "tag": {"type": "str"},
    "os_type": {"type": "str"},
    "os_version": {"type": "str"},
    "whole_image": {"type": "bool"},
    "older_than": {"type": "str"},
    "newer_than": {"type": "str"},
    "enterprise_project_id": {"type": "str"},
    "most_recent": {"type": "bool", "default": False},
    "query": {"type": "str"},
}
PERMISSIONS = ("ims:images:list",)


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options. Ages are returned in seconds. Raises InvalidArgument."""
    result = check_times(arguments)
    for option in ("image_id", "name", "source", "os_version", "enterprise_project_id"):
        check_given(option, arguments.get(option))
    check_tag("tag", arguments.get("tag"))
    for option in ("image_id", "name"):
        check_image(option, arguments.get(option))
    for option in ("image_id", "source"):
        result[option] = id_or_name(arguments.get(option))
    result["os_type"] = check_os_type(arguments.get("os_type"), "Linux", "Windows", "Other")
    result["enterprise_project_id"] = enterprise_project(result.get("enterprise_project_id"))
    for option in ("older_than", "newer_than"):
        result[option] = seconds(result.get(option), option)
    _check_query(result.get("query"))
    return result


def _check_query(query: str | None) -> None:
    """Check what can be checked of an expression without data."""
    if query is None:
        return
    try:
        syntax = jmespath.compile(query).parsed
    except (ValueError, RecursionError) as error:  # JMESPath's own errors are ValueErrors
        reason = " ".join(str(error).split())
        raise reject(
            "query",
            query,
            f"it is no JMESPath expression (numbers stand in backticks, as in [?min_disk > `40`]); "
            f"{reason}",
        ) from None
    unknown = sorted(_functions(syntax) - set(jmespath.functions.Functions.FUNCTION_TABLE))
    if unknown:
        raise reject("query", query, f"JMESPath has no function {unknown[0]}()")


def _functions(syntax: Mapping[str, Any]) -> set[str]:
    """Collect the functions that an expression calls."""
    nodes = [syntax]
    for node in nodes:
        nodes.extend(child for child in node["children"] if isinstance(child, Mapping))
    return {node["value"] for node in nodes if node["type"] == "function_expression"}
