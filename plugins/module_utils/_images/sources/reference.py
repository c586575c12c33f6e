# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources that the user gives by id or by exact name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from ..._cloud.client import Client
from ..._cloud.errors import CloudError, Denied, Unanswered, Unavailable
from ..context import Task
from ..failures import Refused
from ..lookups import briefly, is_needed, read, try_list, why_not
from ..model.image import Predicted

_ID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


class Identified(Protocol):
    """A resource of the cloud, with an id and a name."""

    @property
    def id(self) -> str:
        """The id as the cloud writes it."""

    @property
    def name(self) -> str:
        """The name; '' if it has none."""


Resource = TypeVar("Resource", bound=Identified)


@dataclass(frozen=True)
class Reference(Generic[Resource]):
    """A resource as the user gave it, and its id."""

    # In a word: server, disk, image, …
    kind: str
    # The id or name in the task's arguments.
    given: str
    # None where nothing has that name (any more), or names could not be looked up.
    id: str | None
    # The resource itself, where the look-up by name returned it.
    resource: Resource | None = None
    # Why names could not be looked up.
    error: CloudError | None = None
    # Lists all resources, for a name that is misspelt.
    all: Callable[[], Sequence[Identified]] | None = field(default=None, compare=False, repr=False)

    @property
    def why_unresolved(self) -> str:
        """Why there is no id, as part of a sentence."""
        if self.error is None:
            return f"no {self.kind} is named '{self.given}' any more"
        reason = "may not" if isinstance(self.error, Denied) else "could not"
        return f"which {self.kind} is named '{self.given}' {reason} be looked up"

    def __str__(self) -> str:
        name = f"{self.kind} {self.given}"
        return name if self.id in (None, self.given) else f"{name} ({self.id})"


def id_of(given: str) -> str | None:
    """Return an id as the cloud writes it, which finds no others; None for a name."""
    return given.lower() if _ID.fullmatch(given) else None


def refer(
    client: Client,
    service: str,
    kind: str,
    given: str,
    by_name: Callable[[str | None], Sequence[Resource]],
) -> Reference[Resource]:
    """Resolve what the user gave. An id costs no request, a name one: `by_name` returns the
    resources of exactly that name, or all.

    Raises Refused where several resources have the name.
    """
    if isinstance(given, Predicted):
        return Reference(kind, given, given)
    given_id = id_of(given)
    if given_id is not None:
        return Reference(kind, given, given_id)
    try:
        shared = [one for one in _shared(client, kind) if one.name == given]
        hits = shared if len(shared) == 1 else read(client, service, lambda: by_name(given))
    except Unavailable as error:
        if is_needed(service, error):
            raise
        return Reference(kind, given, None, error=error)
    if len(hits) > 1:
        ids = ", ".join(sorted(resource.id for resource in hits))
        raise Refused(
            f"There are {len(hits)} {kind}s named '{given}': {ids}. Give the id of the one you "
            "mean."
        )
    if not hits:
        return Reference(kind, given, None, all=lambda: by_name(None))
    return Reference(kind, given, hits[0].id, hits[0])


def _shared(client: Client, kind: str) -> Sequence[Any]:
    """Return all resources of the kind where many look-ups have a list in common, else none. It
    only saves look-ups: what it does not show, or shows twice, is looked up."""
    listed = client.shared_lists.get(kind)
    return (listed() if listed else None) or ()


def read_referenced(
    task: Task,
    service: str,
    reference: Reference[Resource],
    get: Callable[[str], Resource | None],
) -> Resource | None:
    """Return the resource; None where it cannot be read, which leaves the decision to the create
    request, or where check mode has only predicted it. `get` reads it by its id, None where it does
    not exist.

    Raises Refused where it does not exist, CloudError where the image service does not answer.
    """
    if reference.resource is not None or isinstance(reference.id, Predicted):
        return reference.resource
    if reference.id is not None:
        resource_id = reference.id
        try:
            with briefly(task, service):
                shared = _shared(task.client, reference.kind)
                found = next((one for one in shared if one.id == resource_id), None)
                found = found or read(task.client, service, lambda: get(resource_id))
        except Unanswered as error:
            if is_needed(service, error):
                raise
            task.note(f"{reference} was not checked, the look-up is {why_not(error)} here: {error}")
            return None
        if found is not None:
            return found
    if reference.error is not None:
        raise Refused(_unresolved(reference, reference.error))
    by = "id" if reference.id else "name"
    raise Refused(
        f"There is no {reference.kind} with the {by} '{reference.given}' in project "
        f"{task.client.project_id}.{_nearest(task, service, reference)} "
        "Check the id or name, the region and the project."
    )


def _nearest(task: Task, service: str, reference: Reference[Resource]) -> str:
    """Return a question with the existing names that are most like a misspelt one; '' where there
    are none."""
    from difflib import get_close_matches

    listed = try_list(task, service, f"{reference.kind}s", reference.all) if reference.all else None
    names = {resource.name.lower(): resource.name for resource in listed or () if resource.name}
    near = [names[name] for name in get_close_matches(reference.given.lower(), names, n=3)]
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


def _unresolved(reference: Reference[Resource], error: CloudError) -> str:
    """Return the message about a name that could not be resolved."""
    remedy = "have the look-up permitted"
    if not isinstance(error, Denied):
        remedy = "check that the service can be reached"
    return (
        f"{reference.why_unresolved[0].upper()}{reference.why_unresolved[1:]}: {error} Give its "
        f"id, which needs no look-up, or {remedy}."
    )
