# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A `requests` adapter that calls the simulator in process: no sockets, no waiting.

Connection faults become the exceptions that requests would raise; a fault that leaves the
request handled has changed the world by then, one that does not has not.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from http.client import RemoteDisconnected
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from .clock import Clock
from .simulator import Simulator


class SimulatorAdapter(HTTPAdapter):
    """Mount it for the simulator's base URL; one adapter stands for one kept-alive connection."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self.simulator = simulator
        self._last: float | None = None

    def close(self) -> None:
        self._last = None
        super().close()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        clock = self.simulator.clock
        environ = _environ(request)
        environ["simulator.idle"] = None if self._last is None else clock.now() - self._last
        status, headers, body = _call(self.simulator, environ)
        self._last = clock.now()
        if (request.headers.get("Connection") or "").lower() == "close":
            self._last = None
        fault = environ.get("simulator.connection")
        if fault and fault["action"] == "raw":
            self._last = None
            return _Canned(fault["text"].encode("latin-1")).send(request, stream, timeout)
        if fault:
            self._strike(fault, request, clock, _read_timeout(timeout))
        raw = HTTPResponse(
            body=io.BytesIO(body),
            headers=HTTPHeaderDict(headers),
            status=int(status.split(" ", 1)[0]),
            reason=status.split(" ", 1)[1],
            preload_content=False,
            decode_content=False,
        )
        return self.build_response(request, raw)

    def _strike(
        self,
        fault: Mapping[str, Any],
        request: requests.PreparedRequest,
        clock: Clock,
        read_timeout: float | None,
    ) -> None:
        """Raise what requests would raise, after as much time as it would take."""
        action = fault["action"]
        if action == "slow":
            seconds = float(fault.get("seconds", 1))
            if read_timeout is None or seconds <= read_timeout:
                clock.sleep(seconds)
                return
        self._last = None
        if action in ("slow", "timeout"):
            limit = float(fault.get("seconds", 300)) if read_timeout is None else read_timeout
            clock.sleep(limit)
            raise requests.exceptions.ReadTimeout(f"Read timed out. ({limit})", request=request)
        if action == "truncate":
            raise requests.exceptions.ChunkedEncodingError(
                ProtocolError("Connection broken: IncompleteRead"), request=request
            )
        raise requests.exceptions.ConnectionError(_dropped(fault, request), request=request)


class _CannedSocket:
    """A connection on which everything has been answered already."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, *_arguments: Any, **_more: Any) -> io.BytesIO:
        return io.BytesIO(self._answer)

    def __getattr__(self, name: str) -> Any:
        return lambda *_arguments, **_more: None


class _Canned(HTTPAdapter):
    """Gives the bytes of an answer to the real parsers, so that what they raise is real."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()

        class Connection(HTTPConnection):
            def connect(self) -> None:
                self.sock = _CannedSocket(answer)

        self._pool = HTTPConnectionPool("127.0.0.1")
        self._pool.ConnectionCls = Connection

    def get_connection_with_tls_context(self, *_arguments: Any, **_more: Any) -> Any:
        return self._pool

    # What requests called it before 2.32.
    get_connection = get_connection_with_tls_context


def _dropped(fault: Mapping[str, Any], request: requests.PreparedRequest) -> Exception:
    how = fault.get("how", "close")
    if how == "refuse":
        parts = urlsplit(request.url or "")
        pool = HTTPConnectionPool(str(parts.hostname), parts.port)
        reason = NewConnectionError(pool, "Connection refused")  # type: ignore[arg-type]
        return MaxRetryError(pool, request.path_url, reason)
    if how == "reset":
        return ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))
    return ProtocolError("Connection aborted.", RemoteDisconnected("Remote end closed connection"))


def _read_timeout(timeout: Any) -> float | None:
    seconds = timeout[1] if isinstance(timeout, tuple) else timeout
    return None if seconds is None else float(seconds)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode("utf-8")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        else:
            value = value.encode("utf-8").decode("latin-1")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ


def _call(
    simulator: Simulator, environ: dict[str, Any]
) -> tuple[str, list[tuple[str, str]], bytes]:
    answer: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        answer[:] = [status, headers]
        return lambda data: None

    chunks = simulator.app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    return answer[0], answer[1], body
