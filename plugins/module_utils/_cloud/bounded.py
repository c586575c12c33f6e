# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bound the total time of a request and the size of an answer, which requests does not, and report
whether any byte of the request was sent.

The read timeout of requests is the time between two bytes, so an answer of one byte per second
never ends. Here each read of a socket gets the time left of the whole. The connection classes of
urllib3 (1.26 to 2) are extended.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
import zlib
from contextvars import ContextVar
from functools import cache
from typing import Any

try:
    from requests.adapters import HTTPAdapter
except ImportError:  # the front ends ask libraries.missing_libraries() and say so
    HTTPAdapter = object  # type: ignore[assignment,misc,unused-ignore]

# The most bytes of an answer, after decompression. The largest real answer is a page of 1,000
# servers: each may have 32 KB of user data, 43 KB in base64 (ECS API reference, user_data), and
# some KB of other data, about 50 MB in all. A page of 500 images has some 2 MB.
MOST_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024
# Values of `Content-Encoding`; zlib detects which of the two formats it is.
_COMPRESSED = ("gzip", "x-gzip", "deflate")
_EITHER_FORMAT = zlib.MAX_WBITS | 32


class UnreadableBody(ValueError):
    """The answer is too large, or compressed in an unknown way."""


class Exchange:
    """One request and its answer.

    `sent`: whether a byte of the request may have been sent. Once the request is with an adapter,
    only the connection can deny that.
    """

    def __init__(self, seconds: float) -> None:
        self.sent = False
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left. Raises socket.timeout if there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("the answer was not complete in time")
        return left


# The exchange of this thread.
current: ContextVar[Exchange] = ContextVar("exchange")


class BoundedAdapter(HTTPAdapter):
    """Opens connections that keep the bounds of the current exchange and report to it."""

    def send(self, *args: Any, **kwargs: Any) -> Any:
        current.get().sent = False
        return super().send(*args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _bound(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return _bound(super().proxy_manager_for(*args, **kwargs))


def _bound(manager: Any) -> Any:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {name: _bounded_pool(pool) for name, pool in pools.items()}
    return manager


@cache
def _bounded_pool(pool: Any) -> Any:
    """Return `pool`, a class of connection pools, with bounded connections."""
    if issubclass(pool.ConnectionCls, _Connection):
        return pool
    connection = type("BoundedConnection", (_Connection, pool.ConnectionCls), {})
    return type("BoundedPool", (pool,), {"ConnectionCls": connection})


class _Stream(io.RawIOBase):
    """Reads from a socket at most the largest answer, within the time of the exchange, and within
    the read timeout of the socket between two bytes."""

    def __init__(self, raw: Any, sock: Any) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._patience = sock.gettimeout()
        self._exchange = current.get()
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._exchange.left()
        self._sock.settimeout(left if self._patience is None else min(self._patience, left))
        count: int | None = self._raw.readinto(buffer)
        # Endless headers, and bodies that inflate to nothing, have no size to check.
        self._received += count or 0
        if self._received > MOST_BYTES:
            raise _too_large()
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer of the cloud, or of a proxy to CONNECT."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Stream(self.fp.detach(), sock))


class _Connection(http.client.HTTPConnection):
    """Mixed into the connection classes of urllib3, which all derive from this base."""

    response_class = _Response
    # While connecting, CONNECT is sent to the proxy.
    _connecting = False

    def connect(self) -> None:
        # Applies to each address of the host, the handshake, and each read from a proxy.
        left = current.get().left()
        self.timeout = left if self.timeout is None else min(self.timeout, left)
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False
        # Resolving a name cannot be bounded: after the deadline nothing is sent any more.
        current.get().left()

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        if not self._connecting:
            current.get().sent = True
        super().send(data)


def read_body(response: Any) -> bytes:
    """Return the body of an answer of requests, decompressed, and free the connection.

    Raises UnreadableBody, and anything that urllib3 and zlib raise.
    """
    try:
        return _read(response)
    except BaseException:
        response.close()
        raise


def _read(response: Any) -> bytes:
    encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", *_COMPRESSED):
        raise UnreadableBody(f"it is encoded as {encoding[:40]!r}")
    inflate = None if encoding == "identity" else zlib.decompressobj(_EITHER_FORMAT)
    pieces = []
    left = MOST_BYTES
    # urllib3 would inflate each piece to any size, and 1.26 does not notice a missing one.
    response.raw.headers.pop("Content-Encoding", None)
    response.raw.enforce_content_length = True
    for chunk in response.iter_content(_CHUNK):
        piece = chunk
        if inflate is not None:
            piece = b"" if inflate.eof else inflate.decompress(chunk, left + 1)
        left -= len(piece)
        if left < 0:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


def _too_large() -> UnreadableBody:
    return UnreadableBody(f"it is larger than {MOST_BYTES // 1024**2} MiB, which no real answer is")
