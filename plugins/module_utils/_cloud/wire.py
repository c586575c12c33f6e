# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What travels: one request to the cloud, one answer, and how often the request may go out."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from . import errors

UNRESERVED = "-_.~"

T = TypeVar("T")


class Repeat(enum.Enum):
    """When a request may go out again after it failed."""

    BY_METHOD = "by method"  # SAFE for GET, HEAD, PUT and DELETE, REFUSED for the others
    SAFE = "safe"  # doing it twice is doing it once: whenever there is hope
    REFUSED = "refused"  # only when the cloud has certainly not carried it out
    NEVER = "never"

    def for_method(self, method: str) -> Repeat:
        if self is not Repeat.BY_METHOD:
            return self
        return Repeat.SAFE if method in ("GET", "HEAD", "PUT", "DELETE") else Repeat.REFUSED


@dataclass(frozen=True)
class CreateHooks:
    """What is done around a create request, for the caller who sends it."""

    # Called before the request is sent again after a refusal. Raises to stop it.
    before_repeat: Callable[[], None] = lambda: None
    # Called with True right before the request is sent, each time; with False as soon as it is
    # certain that the request was not executed.
    on_sent: Callable[[bool], None] = lambda sent: None


@dataclass(frozen=True)
class Call:
    """One HTTP request, complete but for its authentication.

    ``base`` is the endpoint without trailing slash; ``path`` starts with a slash and is percent
    encoded; ``query`` is the encoded query string, without the question mark, exactly as it is
    signed. ``own`` marks what the layer asks for itself (tokens, keys, projects) on behalf of the
    request that somebody wanted. ``promised`` is the member that a good answer has, ``kind`` its
    type; ``null_is_empty``: where it is a list, null stands for an empty one.
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
    hooks: CreateHooks = field(default=CreateHooks(), repr=False)

    @property
    def url(self) -> str:
        return self.base + self.path + ("?" + self.query if self.query else "")

    @property
    def host(self) -> str:
        """As in the Host header: with the port if it is not the default one of the scheme."""
        parts = urlsplit(self.base)
        host = parts.hostname or ""
        if ":" in host:
            host = f"[{host}]"
        default = {"https": 443, "http": 80}.get(parts.scheme)
        return host if parts.port in (None, default) else f"{host}:{parts.port}"

    @property
    def full_path(self) -> str:
        """The path on the wire, including a path that the endpoint itself may have."""
        return urlsplit(self.base).path + self.path


@dataclass(frozen=True)
class Answer:
    """What came back: ``json`` is None when there was no body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    json: Any = field(default=None, repr=False)
    body: bytes = field(default=b"", repr=False)


# A conversation with the cloud, in the manner of httpx: yields a request, is sent the answer (or
# thrown the error), maybe yields again, and returns what it was all about.
Flow = Generator[Call, Answer, T]


def segment(value: object) -> str:
    """``value`` (an id) as one piece of a path."""
    text = str(value)
    if text in ("", ".", ".."):
        raise errors.ConfigurationError(f"{text!r} is not an id that can stand in a path.")
    return _quoted(text)


def query_string(query: Mapping[str, Any] | None) -> str:
    """The query as the signature wants it: sorted, booleans in lower case, spaces as %20.

    None leaves a parameter out, a list gives one pair for each of its values.
    """
    pairs: list[tuple[str, str]] = []
    for key, value in (query or {}).items():
        values: Iterable[Any] = value if isinstance(value, (list, tuple)) else (value,)
        pairs.extend((str(key), _text(one)) for one in values if one is not None)
    # Sorted before they are encoded, as the vendor's signer does; it makes a difference.
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
    """Bytes of a file or an argument that were no UTF-8 travel through Python as surrogates."""
    return errors.ConfigurationError(f"{error.object[:80]!r} is not valid UTF-8 text.")


def json_body(body: Any) -> tuple[dict[str, str], bytes]:
    """Headers and bytes of ``body``; nothing for None."""
    if body is None:
        return {}, b""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    try:
        return {"Content-Type": "application/json"}, text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _no_text(error) from error
