# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read resources that have an id and a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from . import errors
from .client import Client
from .decode import identifier, objects, text
from .decode import name as name_of

if TYPE_CHECKING:
    from .records import Named

Json = dict[str, Any]
Thing = TypeVar("Thing", bound="Named")


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
