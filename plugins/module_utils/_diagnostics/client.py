# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client for whoever wants to know all that is wrong: it is made even without credentials, or
with settings that cannot work, and says what is wrong when that is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cloud import connection as connections
from .._cloud import credentials, environment, errors
from .._cloud.auth_methods import Metadata
from .._cloud.censor import Secrets
from .._cloud.client import Authenticator, Client
from .._cloud.clock import Clock
from .._cloud.connection import Connection
from .._cloud.credentials import SelectedCredentials
from .._cloud.endpoints import Endpoints
from .._cloud.wire import Answer, Call, Flow

_OF_PLACES = ("region", "auth_url", "cloud_domain", "insecure", "ca_cert")


class NoCredentials:
    """Stands in for who could not be found."""

    source = "none"
    project_is_recalled = False

    def __init__(self, why: errors.CloudError) -> None:
        self._why = why

    def flow(self, call: Call) -> Flow[Answer]:
        yield from ()
        raise self._why

    def find_project(self) -> Flow[str]:
        yield from ()
        raise self._why

    def forget_project(self) -> None:
        """There is none."""


@dataclass(frozen=True)
class NoEndpoints(Endpoints):
    """Stands in for addresses that must not be used."""

    why: errors.CloudError | None = None

    def url(self, service: str) -> str:
        raise self.why or errors.ConfigurationError(f"The address of {service} is not known.")


def connect_for_diagnosis(
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    clock: Clock,
    session: Any = None,
    log: Callable[[str], None] | None = None,
    on_wait: Callable[[str, float], None] | None = None,
    on_secret: Callable[[str], None] | None = None,
    warn: Callable[[str], None] = lambda text: None,
) -> Client:
    """As ``client.connect``, but raises nothing, and believes only what the cloud says now."""
    secrets = Secrets(on_secret)
    selection, nobody = _selection(options, environ)
    place = _place(options, environ, selection)
    who: Authenticator = nobody or connections.make_authenticator(
        selection, place, secrets, clock, cached=False
    )
    return Client(
        place,
        who,
        secrets=secrets,
        session=session,
        clock=clock,
        log=log,
        on_wait=on_wait,
        warn=warn,
    )


def _selection(
    options: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[SelectedCredentials, NoCredentials | None]:
    try:
        directory = credentials.working_directory()
        return credentials.select_credentials(options, environ, directory), None
    except errors.CloudError as error:
        return SelectedCredentials(NoCredentials.source, Metadata(), _said(environ)), NoCredentials(
            error
        )


def _said(environ: Mapping[str, str]) -> dict[str, Any]:
    """What the environment says of where to work, whoever it is: there is nobody to go with it."""
    found: dict[str, Any] = {}
    for family in reversed(environment.FAMILIES):
        values = {name: environ.get(family.variable(name, environ)) for name in _OF_PLACES}
        found.update({name: value for name, value in values.items() if value})
    return found


def _place(
    options: Mapping[str, Any], environ: Mapping[str, str], selection: SelectedCredentials
) -> Connection:
    try:
        return connections.make_connection(options, environ, selection)
    except errors.CloudError as error:
        # Not the addresses that are known for the region: a private cloud's are meant, maybe.
        region = str(options.get("region") or selection.settings.get("region") or "")
        return Connection(NoEndpoints(region, why=error), region, environ=environ)
