# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a request proves who sends it, in the manner of httpx: as a flow.

A flow yields the request with its authentication, looks at the answer and, once, renews what has
expired and yields it again. What it needs for that (a token, keys) it yields before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from . import errors, iam
from .clock import Clock
from .iam import Issued, Token
from .signing import Keys, sign
from .wire import Answer, Call, Flow

# Seconds before its end that something is renewed.
RENEW_AHEAD = 600.0

T = TypeVar("T")


class Place(Protocol):
    """What a connection knows of where to work."""

    @property
    def region(self) -> str: ...

    @property
    def project_name(self) -> str: ...

    def url(self, service: str) -> str: ...


class Supply(Generic[T]):
    """Keeps what ``issue`` gives until shortly before it ends."""

    def __init__(self, issue: Callable[[], Flow[Issued[T]]], clock: Clock, renewable: bool) -> None:
        self.renewable = renewable
        self._issue = issue
        self._clock = clock
        self._value: T | None = None
        self._renew_at = 0.0
        self._ends_at = 0.0

    def get(self) -> Flow[T]:
        now = self._clock.monotonic()
        if self._value is not None and now < self._renew_at:
            return self._value
        try:
            issued = yield from self._issue()
        except errors.CloudError:
            if self._value is not None and now < self._ends_at:
                return self._value  # good for some minutes still; the next request tries again
            raise
        self._keep(issued, self._clock.monotonic())
        return issued.value

    def forget(self) -> None:
        self._value = None

    def _keep(self, issued: Issued[T], now: float) -> None:
        self._value = issued.value
        lifetime = float("inf") if issued.lifetime is None else issued.lifetime
        self._ends_at = now + lifetime
        # Short-lived ones are used for half of their life at least.
        self._renew_at = now + max(lifetime - RENEW_AHEAD, lifetime / 2)


class _Authenticator(Generic[T]):
    """What tokens and keys have in common."""

    def __init__(self, source: str, supply: Supply[T], place: Place, clock: Clock) -> None:
        self.source = source
        self._supply = supply
        self._place = place
        self._clock = clock

    def flow(self, call: Call) -> Flow[Answer]:
        value = yield from self._supply.get()
        try:
            return (yield self._proven(call, value))
        except errors.Unauthorized:
            if not self._supply.renewable:
                raise
        self._supply.forget()
        value = yield from self._supply.get()
        return (yield self._proven(call, value))

    def find_project(self) -> Flow[str]:
        name = self._place.project_name or self._place.region
        if not name:
            raise errors.ConfigurationError("No region: set region, project_name or project_id.")
        send = self.flow
        found = yield from iam.projects(self._place.url("iam"), send, name)
        ids = [str(project.get("id")) for project in found if project.get("name") == name]
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise errors.ConfigurationError(
                f"Several projects are called {name!r}: {', '.join(ids)}."
                " Set project_id to one of them."
            )
        there = yield from self._names_of_projects()
        raise errors.ConfigurationError(
            f"There is no project {name!r} for these credentials{there}."
            " Set project_name or project_id."
        )

    def _names_of_projects(self) -> Flow[str]:
        try:
            found = yield from iam.projects(self._place.url("iam"), self.flow)
        except errors.CloudError:
            return ""
        names = sorted(str(project.get("name")) for project in found)
        return f"; there are {', '.join(names)}" if names else "; they see no project at all"

    def _proven(self, call: Call, value: T) -> Call:
        raise NotImplementedError


class KeyAuthenticator(_Authenticator[Keys]):
    """Signs with an access key."""

    def _proven(self, call: Call, value: Keys) -> Call:
        return replace(call, headers=sign(call, value, self._clock.time()))


class TokenAuthenticator(_Authenticator[Token]):
    """Sends a token along."""

    def find_project(self) -> Flow[str]:
        """The token knows, if it is for a project; it can be used in no other."""
        token = yield from self._described()
        if not token.project_id:
            return (yield from super().find_project())
        wanted = self._place.project_name
        if wanted and token.project_name and wanted != token.project_name:
            raise errors.ConfigurationError(
                f"The token is for the project {token.project_name!r}, not for {wanted!r}."
            )
        return token.project_id

    def _described(self) -> Flow[Token]:
        token = yield from self._supply.get()
        if token.project_id or self._supply.renewable:
            return token
        try:  # one that was given to us as it is
            return (yield from iam.describe_token(self._place.url("iam"), token.id))
        except (errors.Forbidden, errors.NotFound):
            return token

    def _proven(self, call: Call, value: Token) -> Call:
        return replace(call, headers={**call.headers, "X-Auth-Token": value.id})
