# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the doctor: it exists even without credentials or with settings that cannot work,
and raises the error only when it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .._cloud import credentials, environment, errors
from .._cloud.auth_methods import Issued, Metadata
from .._cloud.authentication import CachedIssuer, KeyAuthenticator, make_authenticator
from .._cloud.censor import Secrets
from .._cloud.client import Client, TaskHooks
from .._cloud.clock import Clock
from .._cloud.connection import Connection, make_connection
from .._cloud.credentials import SelectedCredentials
from .._cloud.endpoints import Endpoints
from .._cloud.signing import Keys
from .._cloud.wire import Flow

# The title of the source if there are no credentials.
NO_SOURCE = "none"
# Settings about where to work, in any family of the environment.
_LOCATION = ("region", "auth_url", "cloud_domain", "insecure", "ca_cert")


def connect_for_diagnosis(
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    hooks: TaskHooks,
    *,
    clock: Clock,
    session: Any,
) -> Client:
    """Create a client as `_cloud.client.connect` does, but raise nothing, and take nothing from a
    cache."""
    secrets = Secrets(hooks.on_secret)
    missing: errors.CloudError | None = None
    try:
        directory = credentials.working_directory()
        selection = credentials.select_credentials(options, environ, directory)
    except errors.CloudError as error:
        missing = error
        selection = SelectedCredentials(NO_SOURCE, Metadata(), _location(environ))
    try:
        connection = make_connection(options, environ, selection)
    except errors.CloudError as error:
        # Not the addresses known for the region: a private cloud may use its name.
        region = str(options.get("region") or selection.settings.get("region") or "")
        connection = Connection(Endpoints(region, error=error), region, environ=environ)
    if missing is None:
        authenticator = make_authenticator(selection, connection, secrets, clock)
    else:
        keys = CachedIssuer(partial(_refuse, missing), clock)
        authenticator = KeyAuthenticator(NO_SOURCE, keys, connection, clock)
    return Client(connection, authenticator, secrets, clock=clock, session=session, hooks=hooks)


def _refuse(error: errors.CloudError) -> Flow[Issued[Keys]]:
    yield from ()
    raise error


def _location(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read where to work from the environment: there is no source of credentials."""
    found: dict[str, Any] = {}
    for family in reversed(environment.FAMILIES):
        values = {name: environ.get(family.variable(name, environ)) for name in _LOCATION}
        found.update({name: value for name, value in values.items() if value})
    return found
