# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that the user named by id or by exact name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..._cloud.client import Client
from ..._cloud.errors import CloudError, Denied, Unanswered, Unavailable
from ..context import Task
from ..failures import Refused
from ..lookups import _briefly, _is_needed, _why, read

_ID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


class Thing(Protocol):
    """Whatever has an id and a name."""

    @property
    def id(self) -> str:
        """As the cloud writes it."""

    @property
    def name(self) -> str:
        """'' if it has none."""


Found = TypeVar("Found", bound=Thing)


@dataclass(frozen=True)
class Reference(Generic[Found]):
    """A thing the user named by id or by exact name. id is None when nothing of that name is there
    (any more), or when names may not be looked up (closed says why)."""

    what: str
    given: str
    id: str | None
    seen: Found | None = None
    closed: CloudError | None = None

    @property
    def lost(self) -> str:
        """Why there is no id."""
        if self.closed is not None:
            return f"which {self.what} is named '{self.given}' {self.reason}"
        return f"no {self.what} is named '{self.given}' any more"

    @property
    def reason(self) -> str:
        """Completes "which … is named …", where a name was not resolved."""
        may_not = isinstance(self.closed, Denied)
        return "may not be looked up" if may_not else "could not be looked up"

    def __str__(self) -> str:
        return (
            f"{self.what} {self.given}"
            if self.id in (None, self.given)
            else f"{self.what} {self.given} ({self.id})"
        )


def refer(
    client: Client,
    service: str,
    what: str,
    given: str,
    by_name: Callable[[str], Sequence[Found]],
) -> Reference[Found]:
    """An id costs no request, a name one (by_name compares names exactly).

    Raises Refused when several things bear the name.
    """
    if _ID.fullmatch(given):
        # The cloud writes ids in lower case and finds no others.
        return Reference(what, given, given.lower())
    try:
        hits = read(client, service, lambda: by_name(given))
    except Unavailable as error:
        if _is_needed(service, error):
            raise
        return Reference(what, given, None, closed=error)
    if len(hits) > 1:
        ids = ", ".join(sorted(thing.id for thing in hits))
        raise Refused(
            f"There are {len(hits)} {what}s named '{given}': {ids}. Give the id of the one you "
            f"mean."
        )
    if not hits:
        return Reference(what, given, None)
    return Reference(what, given, hits[0].id, hits[0])


def look_at(
    task: Task,
    service: str,
    reference: Reference[Found],
    get: Callable[[str], Found | None],
) -> Found | None:
    """The thing itself; None where it cannot be looked up: then the create call decides.

    Raises Refused when it does not exist, CloudError when the image service does not answer.
    """
    if reference.seen is not None:
        return reference.seen
    if reference.id is not None:
        thing_id = reference.id
        try:
            with _briefly(task, service):
                found = read(task.client, service, lambda: get(thing_id))
        except Unanswered as error:
            if _is_needed(service, error):
                raise
            task.note(f"{reference} was not checked, the look-up is {_why(error)} here: {error}")
            return None
        if found is not None:
            return found
    if reference.closed is not None:
        raise Refused(_needed(reference, reference.closed))
    kind = "id" if reference.id else "name"
    raise Refused(
        f"There is no {reference.what} with the {kind} '{reference.given}' in project "
        f"{task.client.project_id}. "
        "Check the id or name, the region and the project."
    )


def _needed(reference: Reference[Found], error: CloudError) -> str:
    """Why a name, which has to be resolved, could not be."""
    remedy = "have the look-up permitted"
    if not isinstance(error, Denied):
        remedy = "check that the service can be reached"
    return (
        f"Which {reference.what} is named '{reference.given}' {reference.reason}: {error} Give its "
        f"id, which needs no look-up, or {remedy}."
    )
