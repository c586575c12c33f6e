# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call IAM and the metadata service of servers, by flows.

The driver of a flow sends what it yields and passes the answers back. Source: IAM API reference
and "Obtaining Metadata" in the ECS user guide; their sections are named at the functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Callable

from . import errors
from .auth_methods import Agency, Issued, Password, Token
from .decode import mapping, parse_time
from .records import Named
from .setting_values import one_word
from .signing import Keys
from .wire import Answer, Call, Flow, Repeat, make_call

Json = dict[str, Any]
# Sends a call with the authentication of another account.
Send = Callable[[Call], Flow[Answer]]

# Seconds. Renewed during long waits, and soon expired when they leak; 900 to 86400 are allowed.
KEYS_SECONDS = 3600
METADATA_TOKEN_SECONDS = 21600
METADATA_TIMEOUT = 3.0
# For what only improves a message.
_MOMENT = 10.0
_TOKENS = "/v3/auth/tokens"


def token_by_password(
    iam: str, user: Password, scope: Json | None, now: float
) -> Flow[Issued[Token]]:
    """Request a token for a password ("Obtaining a User Token Through Password Authentication").
    `iam`: the address."""
    identity = {"methods": ["password"], "password": {"user": user.as_json()}}
    answer = yield _token_call(iam, identity, scope)
    return _token(answer, now)


def token_by_agency(
    iam: str, agency: Agency, scope: Json | None, send: Send, now: float
) -> Flow[Issued[Token]]:
    """Request a token of an agency ("Obtaining an Agency Token"). `send` authenticates as the
    account that was granted the agency."""
    identity = {"methods": ["assume_role"], "assume_role": agency.as_json()}
    answer = yield from send(_token_call(iam, identity, scope))
    return _token(answer, now)


def keys_by_agency(iam: str, agency: Agency, send: Send, now: float) -> Flow[Issued[Keys]]:
    """Request temporary keys of an agency ("Obtaining a Temporary Access Key and Security Token
    Through an Agency")."""
    role = {**agency.as_json(), "duration_seconds": KEYS_SECONDS}
    identity = {"methods": ["assume_role"], "assume_role": role}
    path = "/v3.0/OS-CREDENTIAL/securitytokens"
    body = {"auth": {"identity": identity}}
    answer = yield from send(_call(iam, "POST", path, body=body, promised="credential", kind=dict))
    return _keys(answer, now)


def describe_token(iam: str, token: str, *, briefly: bool = False) -> Flow[Token]:
    """Read which project a token is for ("Verifying a Token"). `briefly`: ask once only, and not
    for long."""
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    query = {"nocatalog": 1}
    call = _call(iam, "GET", _TOKENS, query=query, headers=headers, promised="token", kind=dict)
    if briefly:
        call = replace(call, repeat=Repeat.NEVER, timeout=_MOMENT)
    answer = yield call
    return _described(token, answer)


def projects(iam: str, send: Send, name: str | None = None) -> Flow[list[Named]]:
    """List the visible projects that have an id and a name, or those of `name` ("Querying Project
    Information")."""
    call = _call(iam, "GET", "/v3/projects", query={"name": name}, promised="projects", kind=list)
    answer = yield from send(call)
    found = (Named.from_wire(project) for project in answer.json["projects"])
    return [one for one in found if one.id and one.name and name in (None, one.name)]


def keys_from_metadata(
    metadata: str, on_secret: Callable[[str], None], now: float
) -> Flow[Issued[Keys]]:
    """Read the keys of the server's agency ("Obtaining Metadata": Security Key).

    Hardened servers require a token first (metadata v2). Others answer the request for one in any
    way, or not at all; their keys are read without it.
    """
    headers, failure = {}, None
    try:
        ttl = {"X-Metadata-Token-Ttl-Seconds": str(METADATA_TOKEN_SECONDS)}
        path = "/meta-data/latest/api/token"
        answer = yield _metadata_call(metadata, "PUT", path, ttl, plain_text=True)
        token = _word(answer.body.decode("utf-8", "replace"), "the metadata service's token")
    except errors.CloudError as error:
        token, failure = "", error
    if token:
        on_secret(token)
        headers["X-Metadata-Token"] = token
    try:
        path = "/openstack/latest/securitykey"
        answer = yield _metadata_call(
            metadata, "GET", path, headers, promised="credential", kind=dict
        )
    except errors.Unauthorized as error:
        # It requires a token, so the reason why there is none is the cause.
        raise failure or error from None
    return _keys(answer, now)


def _metadata_call(
    base: str, method: str, path: str, headers: Mapping[str, str], **more: Any
) -> Call:
    more = {"own": True, "repeat": Repeat.NEVER, "timeout": METADATA_TIMEOUT, **more}
    return make_call("metadata", method, base, path, headers=headers, **more)


def _token_call(iam: str, identity: Json, scope: Json | None) -> Call:
    auth: Json = {"identity": identity}
    if scope:
        auth["scope"] = scope
    # The catalogue is long, and addresses come from the configuration.
    query, body = {"nocatalog": 1}, {"auth": auth}
    return _call(iam, "POST", _TOKENS, query=query, body=body, promised="token", kind=dict)


def _call(iam: str, method: str, path: str, **more: Any) -> Call:
    # A second token or key does no harm.
    return make_call("iam", method, iam, path, repeat=Repeat.SAFE, own=True, **more)


def _token(answer: Answer, now: float) -> Issued[Token]:
    value = errors.header(answer.headers, "X-Subject-Token")
    if not value:
        raise errors.GarbledAnswer(
            "IAM issued a token, but sent none (X-Subject-Token)", ambiguous=False
        )
    lifetime = _lifetime(answer.json["token"].get("expires_at"), answer, now)
    return Issued(_described(_word(value, "IAM's token"), answer), lifetime)


def _described(token: str, answer: Answer) -> Token:
    project = Named.from_wire(mapping(answer.json["token"].get("project")))
    return Token(token, project.id, project.name)


def _keys(answer: Answer, now: float) -> Issued[Keys]:
    credential = answer.json["credential"]
    names = ("access", "secret", "securitytoken")
    try:
        words = [_word(credential[name], "a temporary key") for name in names]
    except (KeyError, AttributeError) as error:
        raise errors.GarbledAnswer(
            "temporary keys were issued, but are not complete", ambiguous=False
        ) from error
    return Issued(Keys(*words), _lifetime(credential.get("expires_at"), answer, now))


def _word(text: str, what: str) -> str:
    try:
        return one_word(text)
    except ValueError as error:
        raise errors.GarbledAnswer(f"{what} was issued with {error}", ambiguous=False) from error


def _lifetime(expires_at: object, answer: Answer, now: float) -> float | None:
    """Return the seconds until expiry, by the clock of the issuer; `now`, by ours, stands in if the
    answer has no date.

    A value that was issued after its own end has an unknown one: a 401 will show it.
    """
    ends = parse_time(expires_at)
    if ends is None:
        return None
    date = errors.date_of(answer.headers)
    lifetime = ends.timestamp() - (now if date is None else date)
    return lifetime if lifetime > 0 else None
