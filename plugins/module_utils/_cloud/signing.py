# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign requests with SDK-HMAC-SHA256.

Source: the signer of the vendor's SDK (huaweicloudsdkcore 3.1) and "AK/SK Signing and
Authentication" in the API gateway documentation.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from .wire import UNRESERVED, Call

ALGORITHM = "SDK-HMAC-SHA256"


@dataclass(frozen=True)
class Keys:
    """An access key and its secret key; temporary ones have a security token."""

    access_key: str
    secret_key: str = field(repr=False)
    security_token: str = field(default="", repr=False)


def sign(call: Call, keys: Keys, now: float) -> dict[str, str]:
    """Return the headers of `call` with the signature; `now` is in seconds since 1970.

    All headers that we set are signed, as in the SDK.
    """
    headers = {**call.headers, "Host": call.host, "X-Sdk-Date": date_text(now)}
    if call.project_id:
        headers["X-Project-Id"] = call.project_id
    if keys.security_token:
        headers["X-Security-Token"] = keys.security_token
    canonical, names = canonical_request(
        call.method, call.full_path, call.query, headers, call.body
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join((ALGORITHM, headers["X-Sdk-Date"], digest))
    signature = hmac.new(keys.secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"{ALGORITHM} Access={keys.access_key}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


def date_text(now: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, str]:
    """Return the text to sign and the names of the signed headers.

    `query`: the encoded and sorted query string of `wire.query_string`.
    """
    values = {name.lower(): value.strip() for name, value in headers.items() if "_" not in name}
    names = sorted(values)
    lines = [
        method.upper(),
        _canonical_path(path),
        query,
        *(f"{name}:{values[name]}" for name in names),
        "",
        ";".join(names),
        hashlib.sha256(body).hexdigest(),
    ]
    return "\n".join(lines), ";".join(names)


def _canonical_path(path: str) -> str:
    """Return the path encoded piece by piece, with a slash at the end that the path on the wire
    lacks."""
    encoded = "/".join(quote(piece, safe=UNRESERVED) for piece in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"
