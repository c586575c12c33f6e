# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what a list returned with what was asked for: some filters are fuzzy, and a cloud ignores
those that it does not know.

A record that contradicts the query is left out. A member that the record lacks, or that cannot be
read, contradicts nothing; whether a record has an id and a name is checked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .decode import name, objects, text
from .enterprise_projects import ALL_ENTERPRISE_PROJECTS

Json = dict[str, Any]

_PROJECT = "enterprise_project_id"


def matching(
    records: Iterable[Json], query: Mapping[str, Any], members: Iterable[str]
) -> list[Json]:
    """Return the records that do not contradict the query in any of these members."""
    asked = {member: query[member] for member in members if query.get(member) is not None}
    return [record for record in records if matches(record, asked)]


def matches(record: Json, asked: Mapping[str, Any]) -> bool:
    """Return whether the record does not contradict the query."""
    return all(_agrees(record, member, str(value)) for member, value in asked.items())


def _agrees(record: Json, member: str, wanted: str) -> bool:
    if member == _PROJECT:
        return wanted == ALL_ENTERPRISE_PROJECTS or project_of(record) in ("", wanted.lower())
    # Names are compared exactly; ids and words of the cloud may be in any case.
    if member == "name":
        return name(record.get("name")) in (None, wanted)
    value = text(record.get(member))
    return not value or value.lower() == wanted.lower()


def project_of(record: Json) -> str:
    """Return the enterprise project of a record: the default project if it names none, or the
    number 0 as CBR does; '' if it cannot be read."""
    value = record.get(_PROJECT) or record.get("_sys_enterprise_project_id")
    return (text(value or "0") or "").lower()


def names_one(entries: Any, member: str, wanted: str) -> bool:
    """Return whether a list of objects (attachments, resources) has one whose member is the wanted
    id."""
    ids = (text(entry.get(member)) for entry in objects(entries))
    return any(one is not None and one.lower() == wanted.lower() for one in ids)
