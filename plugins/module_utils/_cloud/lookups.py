# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read resources that have an id and a name, one by its id or lists of them.

Lists are read across all enterprise projects that the caller may see. Whether a list that names no
enterprise project spans all of them is not documented. A cloud without enterprise projects may
refuse a request for all, or answer that it found nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from . import errors
from .client import Client
from .decode import identifier, objects, text
from .decode import name as name_of
from .paging import Next

if TYPE_CHECKING:
    from .records import Named

Json = dict[str, Any]
T = TypeVar("T")
Thing = TypeVar("Thing", bound="Named")

ALL_ENTERPRISE_PROJECTS = "all_granted_eps"
_REFUSALS = (errors.BadRequest, errors.Forbidden, errors.NotFound)


def get_or_none(
    client: Client, service: str, path: str, key: str, wanted: str, decode: Callable[[Json], Thing]
) -> Thing | None:
    """Return the object with the id `wanted`, None if there is none. Raises GarbledAnswer for an
    answer about another one."""
    try:
        answer = client.request(service, "GET", path, promised=key, kind=dict)
    except errors.NotFound as error:
        if error.unpublished:
            raise
        return None
    found = decode(answer.json[key])
    if not found.id:
        return replace(found, id=wanted)
    check_id(found.id, wanted, key)
    return found


def check_id(found: str, wanted: str, what: str) -> None:
    """Raise GarbledAnswer for an answer about another resource."""
    if found.lower() != wanted.lower():
        raise errors.GarbledAnswer(f"the cloud was asked for {what} {wanted}, and answered {found}")


def decode_list(
    client: Client,
    what: str,
    records: Iterable[Json],
    decode: Callable[[Json], Thing],
    name: str | None = None,
) -> list[Thing]:
    """Return the decoded entries of a list, or those of `name`, since filters are fuzzy. An
    entry whose id or name cannot be read is left out with a warning; `what` says in words what
    the entries are."""
    found = []
    for record in records:
        thing = decode(record)
        if name is not None and thing.name not in ("", name):
            continue
        if not thing.id or (not thing.name and record.get("name") not in (None, "")):
            client.warn(left_out_warning(what, record))
        elif name is None or thing.name:
            found.append(thing)
    return found


def names_one(entries: Any, member: str, wanted: str) -> bool:
    """Return whether a list of objects (attachments, resources) has one whose member is the wanted
    id."""
    ids = (text(entry.get(member)) for entry in objects(entries))
    return any(one is not None and one.lower() == wanted.lower() for one in ids)


def left_out_warning(what: str, record: Json) -> str:
    """Return a warning that names the entry that was left out."""
    members = {"id": identifier(record.get("id")), "name": name_of(record.get("name"))}
    unread = " and ".join(member for member, value in members.items() if not value)
    known = [f"{member} {value!r}" for member, value in members.items() if value]
    of = f" ({known[0]})" if known else ""
    return f"An entry of the list of {what} was left out, because its {unread} cannot be read{of}."


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
) -> list[Json]:
    """Return the entries under `key` of all pages of a list, in all enterprise projects unless the
    query names one. Users with permissions for single enterprise projects only are refused a list
    that names none."""

    def ask(project: Any) -> list[Json]:
        asked = {**query, "enterprise_project_id": project}
        return list(client.pages(service, path, asked, key, follow()))

    project = query.get("enterprise_project_id")
    if project not in (None, ALL_ENTERPRISE_PROJECTS):
        return ask(project)
    return ask_all_enterprise_projects(client, service, ask, found=bool, proves=bool)[0]
