# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests, answers, and how often a request may be sent."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from . import errors

UNRESERVED = "-_.~"
_ID = re.compile("/[0-9A-Fa-f-]{32,}(?=/|$)")

T = TypeVar("T")


class Repeat(enum.Enum):
    """When a failed request may be sent again."""

    BY_METHOD = "by method"  # SAFE for GET, HEAD, PUT and DELETE, else REFUSED
    SAFE = "safe"  # after any failure that may pass: twice has the effect of once
    REFUSED = "refused"  # only after an answer that proves it was not executed
    NEVER = "never"

    def for_method(self, method: str) -> Repeat:
        if self is not Repeat.BY_METHOD:
            return self
        return Repeat.SAFE if method in ("GET", "HEAD", "PUT", "DELETE") else Repeat.REFUSED


class CreateHooks(NamedTuple):
    """Functions that are called around a create request."""

    # Called before the request is sent again after a refusal. Raises to stop it.
    before_repeat: Callable[[], None] = lambda: None
    # Called right before the request is sent, each time.
    before_send: Callable[[], None] = lambda: None
    # Called where it was given up before the first byte, and before a pause after an answer that
    # proves that it was not executed. What the last answer proves is for the caller to decide.
    not_executed: Callable[[], None] = lambda: None


NO_HOOKS = CreateHooks()


class GivenUp(BaseException):
    """Ends a thread that is about to send something after the work was given up."""


@dataclass(frozen=True)
class Call:
    """One HTTP request, complete except for its authentication.

    `base`: the endpoint without trailing slash. `path` starts with a slash and is percent-encoded.
    `query`: the encoded query string, without the question mark, exactly as it is signed. `own`:
    the request is one for tokens, keys or projects, on behalf of another. `promised`: the member
    that a good answer has, `kind`: its type; `null_is_empty`: null stands for an empty list.
    """

    service: str
    method: str
    base: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    repeat: Repeat = Repeat.SAFE
    own: bool = False
    promised: str = ""
    kind: type = object
    null_is_empty: bool = False
    plain_text: bool = False
    project_id: str = ""
    timeout: float | None = None
    hooks: CreateHooks = field(default=NO_HOOKS, repr=False)

    @property
    def url(self) -> str:
        return self.base + self.path + ("?" + self.query if self.query else "")

    @property
    def api(self) -> str:
        """Name the API: all calls that differ in ids only, which a gateway counts together."""
        return f"{self.service} {self.method} {_ID.sub('/*', self.path)}"

    @property
    def host(self) -> str:
        """The value of the Host header: with the port, if it is not the default of the scheme."""
        parts = urlsplit(self.base)
        host = parts.hostname or ""
        if ":" in host:
            host = f"[{host}]"
        default = {"https": 443, "http": 80}.get(parts.scheme)
        return host if parts.port in (None, default) else f"{host}:{parts.port}"

    @property
    def full_path(self) -> str:
        """The path on the wire, including the path of the endpoint."""
        return urlsplit(self.base).path + self.path


@dataclass(frozen=True)
class Answer:
    """An answer; `json` is None if there was no body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    json: Any = field(default=None, repr=False)
    body: bytes = field(default=b"", repr=False)


# As in httpx: yields a request, is sent the answer (or thrown the error), may yield again, and
# returns the result.
Flow = Generator[Call, Answer, T]


def segment(value: object) -> str:
    """Return `value` (an id) encoded as one piece of a path."""
    text = str(value)
    if text in ("", ".", ".."):
        raise errors.ConfigurationError(f"{text!r} is not an id that can stand in a path.")
    return _quoted(text)


def query_string(query: Mapping[str, Any] | None) -> str:
    """Return the query as the signature requires it: sorted, booleans in lower case, spaces as %20.

    None leaves a parameter out; a list yields one pair for each of its values.
    """
    pairs: list[tuple[str, str]] = []
    for key, value in (query or {}).items():
        values: Iterable[Any] = value if isinstance(value, (list, tuple)) else (value,)
        pairs.extend((str(key), _text(one)) for one in values if one is not None)
    # Sorted before they are encoded, as in the vendor's signer: the order differs.
    return "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in sorted(pairs))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _quoted(text: str) -> str:
    try:
        return quote(text, safe=UNRESERVED)
    except UnicodeEncodeError as error:
        raise _no_text(error) from error


def _no_text(error: UnicodeEncodeError) -> errors.ConfigurationError:
    """Return the error for bytes of a file or an argument that are not UTF-8; Python has them as
    surrogates."""
    return errors.ConfigurationError(f"{error.object[:80]!r} is not valid UTF-8 text.")


def make_call(
    service: str,
    method: str,
    base: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    **more: Any,
) -> Call:
    """Return a call with its query and its body encoded; `more`: other members of a call."""
    kind, content = json_body(body)
    query_text = query_string(query)
    headers = {**kind, **(headers or {})}
    return Call(service, method, base, path, query_text, headers, content, **more)


def json_body(body: Any) -> tuple[dict[str, str], bytes]:
    """Return the headers and bytes of `body`; nothing for None."""
    if body is None:
        return {}, b""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    try:
        return {"Content-Type": "application/json"}, text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _no_text(error) from error
