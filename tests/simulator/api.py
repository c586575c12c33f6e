# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What travels between the gateway and the services: calls, replies, routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import Refusal, img

if TYPE_CHECKING:
    from .cloud import Cloud

NOBODY = "nobody"


@dataclass(frozen=True)
class Caller:
    """Who calls; `label` names the credential in logs and fault rules."""

    user_id: str
    label: str
    domain_id: str
    project_id: str | None
    project_ids: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


@dataclass
class Call:
    """One request, authenticated. `effects` are what fault rules add to its operation."""

    cloud: Cloud
    caller: Caller
    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes
    headers: Mapping[str, str]
    # Of the region; root_url is that of the first one.
    base_url: str
    root_url: str
    query_string: str = ""
    # Of the address that is called.
    region: str = ""
    # What a client of another service's root writes before the path: /image, /volume or nothing.
    prefix: str = ""
    effects: dict[str, Any] = field(default_factory=dict)

    @property
    def project_id(self) -> str:
        if self.caller.project_id is None:
            raise Refusal(401, "APIGW.0301", "the credential is not scoped to a project")
        return self.caller.project_id

    @property
    def now(self) -> float:
        return self.cloud.clock.now()

    def takes(self, seconds: float) -> float:
        """How long something lasts here that takes a real cloud so many seconds."""
        return self.cloud.takes(seconds)

    def arg(self, name: str) -> str | None:
        """A query parameter; the first if it was given several times."""
        values = self.query.get(name)
        return values[0] if values else None

    def any_json(self) -> Any:
        """The body as JSON; IMG.0001 if it is none (IMS API, 'Error Codes')."""
        if not self.body:
            raise img("0007", "The request body is empty.")
        try:
            return json.loads(self.body.decode("utf-8"))
        except ValueError:
            raise img("0001", "The request body is not valid JSON.") from None

    def json(self) -> dict[str, Any]:
        body = self.any_json()
        if not isinstance(body, dict):
            raise img("0001", "The request body must be an object.")
        return body


@dataclass(frozen=True)
class Reply:
    """An answer; `body` None means none, a str is sent as it is."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Reply]


@dataclass(frozen=True)
class Route:
    """One published API. `scope`: project, account (any credential), or open (none). `action`:
    what IAM calls the permission, or several of them, separated by blanks."""

    method: str
    path: str
    service: str
    action: str
    handler: Handler
    scope: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def actions(self) -> list[str]:
        return self.action.split()


def lookup_limit(call: Call, limit: int) -> int:
    """The length of a page of servers, disks, vaults or backups of which `limit` were asked
    for."""
    most = call.cloud.switches["lookup_page_size"]
    return min(limit, most) if most else limit


def lookup_count(call: Call, things: Sequence[Any], page: Sequence[Any]) -> int:
    """What such a page says of how many there are."""
    return len(things if call.cloud.switches["lookup_count"] == "total" else page)


def lookup_project(call: Call, code: str) -> tuple[str | None, ...]:
    """What a list of servers, disks, vaults or backups may be asked for to show things of each
    enterprise project. `code`: the error code of the service for what is not permitted."""
    asked = call.arg("enterprise_project_id")
    switches = call.cloud.switches
    how = switches["lookups_of_all_projects"] if asked == "all_granted_eps" else "listed"
    if how == "refused":
        raise Refusal(400, code, "The enterprise project ID is invalid.")
    if asked is None and switches["lookups_without_project"] == "refused":
        raise Refusal(403, code, "Policy doesn't allow this in all enterprise projects.")
    return (None,) if how == "empty" else (None, "all_granted_eps")


class Routes:
    """The published APIs of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.all: list[Route] = []

    def on(
        self, method: str, *paths: str, action: str, scope: str = "project"
    ) -> Callable[[Handler], Handler]:
        """Publish the decorated handler under `paths`; `action` is its IAM action."""

        def publish(handler: Handler) -> Handler:
            for path in paths:
                self.all.append(Route(method, path, self.service, action, handler, scope))
            return handler

        return publish
