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
    parameter. One list cannot tell whether the parameter or the time made the difference (an image
    may appear between the two requests), so an answer that only the check found does not end
    requests for all.
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
    query: Mapping[str, Any],
    ask: Callable[[Mapping[str, Any]], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Return the entries of a list, in all enterprise projects unless the query names one. `ask`
    reads all pages. Users with permissions for single enterprise projects only are refused a list
    that names none."""
    if query.get("enterprise_project_id") not in (None, ALL_ENTERPRISE_PROJECTS):
        return ask(query)

    def ask_in(project: str | None) -> list[dict[str, Any]]:
        return ask({**query, "enterprise_project_id": project})

    entries, _project = ask_all_enterprise_projects(
        client, service, ask_in, found=bool, proves=bool
    )
    return entries
