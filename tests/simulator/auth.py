# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: tokens and SDK-HMAC-SHA256 signatures, verified from the public signing rules.

Written without a look at the collection's own signing code: two implementations of one
description find each other's mistakes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote, unquote_to_bytes

from . import records
from .api import Caller
from .errors import Refusal
from .world import World

_TOLERANCE = 900.0
_SCHEME = "SDK-HMAC-SHA256"


@dataclass(frozen=True)
class Request:
    """The parts of a request that a signature covers; texts as WSGI gives them (latin-1)."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())


def refused(message: str) -> Refusal:
    """401 as the gateway words it (code from third-party lists)."""
    text = f"Incorrect IAM authentication information: {message}"
    return Refusal(401, "APIGW.0301", text, shape="gateway")


def label_of(request: Request, world: World) -> str:
    """The name of the credential that a request claims to use, unverified; for rules and logs."""
    token = world.tokens.get(request.header("X-Auth-Token") or "")
    if token:
        return world.users[token.user_id].label
    parts = _fields(request.header("Authorization") or "")
    key = world.access_keys.get(parts.get("Access", ""))
    return key.label if key else "nobody"


def identify(request: Request, world: World, now: float, path_project: str | None) -> Caller:
    """The caller, or a 401; `now` is the gateway's time, `path_project` the id in the URL."""
    value = request.header("X-Auth-Token")
    if value is not None:
        return _by_token(value, world, now)
    if request.header("Authorization") is None:
        raise refused("no token and no signature in the request")
    return _by_signature(request, world, now, path_project)


def _by_token(value: str, world: World, now: float) -> Caller:
    token = world.tokens.get(value)
    if token is None:
        raise refused("decrypt token fail")
    if now >= token.expires:
        raise refused("the token has expired and must be updated")
    return caller_of_token(token, world)


def caller_of_token(token: records.Token, world: World) -> Caller:
    """What a token stands for; an agency's token acts in the delegating account."""
    user = world.users[token.user_id]
    if token.agency_id:
        agency = world.agencies[token.agency_id]
        return Caller(user.id, "agency", agency.domain_id, token.project_id, agency.project_ids)
    return Caller(
        user.id,
        user.label,
        user.domain_id,
        token.project_id,
        tuple(user.project_ids),
        user.denied,
    )


def _fields(authorization: str) -> dict[str, str]:
    scheme, _mark, rest = authorization.partition(" ")
    if scheme != _SCHEME:
        return {}
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {name: value for name, _mark, value in pairs}


def _by_signature(request: Request, world: World, now: float, path_project: str | None) -> Caller:
    fields = _fields(request.header("Authorization") or "")
    if "Credential" in fields:
        raise refused("the derived-key variant of SDK-HMAC-SHA256 is not accepted here")
    if not {"Access", "SignedHeaders", "Signature"} <= set(fields):
        raise refused(f"the Authorization header is not a {_SCHEME} signature")
    key = world.access_keys.get(fields["Access"])
    if key is None:
        raise refused("the access key does not exist")
    signed = fields["SignedHeaders"].split(";")
    _check_date(request, now)
    if "host" not in signed or "x-sdk-date" not in signed:
        raise refused("the signature must cover host and x-sdk-date")
    expected = signature(request, key.secret, signed)
    if not hmac.compare_digest(expected, fields["Signature"]):
        raise refused("verify aksk signature fail")
    _check_security_token(request, key, now)
    return _caller_of_key(request, world, key, path_project)


def _check_date(request: Request, now: float) -> None:
    text = request.header("X-Sdk-Date") or ""
    try:
        date = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise refused("X-Sdk-Date is missing or has no valid format") from None
    if abs(date.timestamp() - now) > _TOLERANCE:
        raise refused("X-Sdk-Date is more than 15 minutes off")


def _check_security_token(request: Request, key: records.AccessKey, now: float) -> None:
    given = request.header("X-Security-Token")
    if key.security_token is None:
        if given is not None:
            raise refused("a security token came with a permanent access key")
        return
    if given is None or not hmac.compare_digest(given, key.security_token):
        raise refused("the security token is missing or wrong")
    if key.expires is not None and now >= key.expires:
        raise refused("the temporary access key has expired")


def _caller_of_key(
    request: Request, world: World, key: records.AccessKey, path_project: str | None
) -> Caller:
    user = world.users[key.user_id]
    domain_id, projects = user.domain_id, tuple(user.project_ids)
    denied, label = user.denied, key.label
    if key.agency_id:
        agency = world.agencies[key.agency_id]
        domain_id, projects, denied, label = agency.domain_id, agency.project_ids, (), "agency"
    project_id = request.header("X-Project-Id") or path_project
    if project_id is not None and project_id not in projects:
        raise refused("the project does not exist or is not the user's")
    return Caller(user.id, label, domain_id, project_id, projects, denied)


def signature(request: Request, secret: str, signed: list[str]) -> str:
    """The hex signature of `request` over the headers named in `signed`."""
    canonical = canonical_request(request, signed)
    date = request.header("X-Sdk-Date") or ""
    to_sign = "\n".join((_SCHEME, date, hashlib.sha256(canonical).hexdigest()))
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def canonical_request(request: Request, signed: list[str]) -> bytes:
    """The bytes that are hashed: method, path, query, headers, their names, body hash."""
    block = b"".join(
        name.encode() + b":" + (request.header(name) or "").strip().encode("latin-1") + b"\n"
        for name in signed
    )
    body_hash = request.header("X-Sdk-Content-Sha256") or hashlib.sha256(request.body).hexdigest()
    lines = (
        request.method.upper().encode(),
        _canonical_path(request.path).encode(),
        _canonical_query(request.query_string).encode(),
        block,
        ";".join(signed).encode(),
        body_hash.encode(),
    )
    return b"\n".join(lines)


def _encode(raw: bytes) -> str:
    return quote(raw, safe="-_.~")


def _canonical_path(path: str) -> str:
    # WSGI hands the path over percent-decoded already.
    encoded = "/".join(_encode(piece.encode("latin-1")) for piece in path.split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def _canonical_query(query_string: str) -> str:
    pairs = []
    for part in query_string.split("&"):
        if not part:
            continue
        name, _mark, value = part.partition("=")
        pairs.append((_unquote(name), _unquote(value)))
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(pairs))


def _unquote(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1"))
