# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read lists across all enterprise projects that the caller may see.

Whether a list that names no enterprise project spans all of them is not documented. A cloud without
enterprise projects may refuse a request for all, or answer that it found nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, TypeVar

from . import errors
from .client import Client
from .paging import Next

ALL_ENTERPRISE_PROJECTS = "all_granted_eps"

T = TypeVar("T")

_REFUSALS = (errors.BadRequest, errors.Forbidden, errors.NotFound)


def ask_all_enterprise_projects(
    client: Client,
    service: str,
    ask: Callable[[str | None], T],
    *,
    found: Callable[[T], bool],
    proves: Callable[[T], bool],
    shows: Callable[[T], bool] | None = None,
) -> tuple[T, str | None]:
    """Return the answer of a list, and the enterprise project it was requested for: all of them, or
    None where the cloud does not support that.

    `ask` sends the request for an enterprise project (None: without one). `found`: the answer has
    something that was looked for; `proves`: it shows that such a list works; `shows`: it has
    anything at all, since the first page of a list that ignores its filters may lack what a later
    one has. Until it has been seen to work, an empty answer is checked by one request without the
    parameter. What only the check found may have appeared between the two requests, so that does
    not end requests for all.
    """
    works = client.lists_all_enterprise_projects.get(service)
    if works is False:
        return ask(None), None
    try:
        answer = ask(ALL_ENTERPRISE_PROJECTS)
    except _REFUSALS:
        if works:
            raise
        answer = ask(None)
        client.lists_all_enterprise_projects[service] = False
        return answer, None
    if works or proves(answer):
        client.lists_all_enterprise_projects[service] = True
        return answer, ALL_ENTERPRISE_PROJECTS
    if found(answer):
        return answer, ALL_ENTERPRISE_PROJECTS
    try:
        checked = ask(None)
    except _REFUSALS:
        return answer, ALL_ENTERPRISE_PROJECTS
    shows = shows or found
    # A list of all enterprise projects contains everything that any other list contains.
    is_broken = found(checked) or (shows(checked) and not shows(answer))
    return (checked, None) if is_broken else (answer, ALL_ENTERPRISE_PROJECTS)


def list_all_enterprise_projects(
    client: Client,
    service: str,
    path: str,
    key: str,
    query: Mapping[str, Any],
    follow: Callable[[], Next],
) -> list[dict[str, Any]]:
    """Return the entries under `key` of all pages of a list, in all enterprise projects unless the
    query names one. Users with permissions for single enterprise projects only are refused a list
    that names none."""

    def ask(project: Any) -> list[dict[str, Any]]:
        asked = {**query, "enterprise_project_id": project}
        return list(client.pages(service, path, asked, key, follow()))

    project = query.get("enterprise_project_id")
    if project not in (None, ALL_ENTERPRISE_PROJECTS):
        return ask(project)
    return ask_all_enterprise_projects(client, service, ask, found=bool, proves=bool)[0]
