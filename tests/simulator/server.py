# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator behind a real socket: HTTP/1.1 with keep-alive, and connections that fail.

Werkzeug's own handler closes the connection after every answer, so the few lines that write an
answer are ours; threads, environment and shutdown are Werkzeug's.
"""

from __future__ import annotations

import io
import socket
import struct
import time
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .simulator import Simulator


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    simulator: Simulator

    def setup(self) -> None:
        # A connection that idles longer than this is closed without a word.
        self._answered: float | None = None
        super().setup()
        self.connection.settimeout(float(self.simulator.cloud.switches["idle_close"]))

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        if not environ.get("wsgi.input_terminated"):
            length = int(self.headers.get("Content-Length") or 0)
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(length) if length else b"")
        now = time.monotonic()
        environ["simulator.idle"] = None if self._answered is None else now - self._answered
        status, headers, body = self._answer(environ)
        self._send(environ.get("simulator.connection") or {}, status, headers, body)
        self._answered = time.monotonic()

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _info: Any = None) -> Any:
            answer[:] = [status, headers]
            return lambda data: None

        chunks = self.simulator.app(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        return answer[0], answer[1], body

    def _send(
        self, fault: dict[str, Any], status: str, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        action = fault.get("action")
        if action in ("slow", "timeout"):
            time.sleep(float(fault.get("seconds", 1 if action == "slow" else 300)))
        if action == "raw":
            self.wfile.write(fault["text"].encode("latin-1"))
            self._hang_up(reset=False)
            return
        if action in ("drop", "timeout"):
            self._hang_up(reset=fault.get("how") == "reset")
            return
        head = [f"{self.protocol_version} {status}"]
        head += [f"{name}: {value}" for name, value in headers]
        counted = any(name.lower() == "content-length" for name, _value in headers)
        if not counted and not status.startswith("204"):
            head.append(f"Content-Length: {len(body)}")
        if self.command == "HEAD":
            body = b""
        text = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        if action == "truncate":
            self.wfile.write(text + body[: len(body) // 2])
            self._hang_up(reset=False)
            return
        self.wfile.write(text + body)
        self.wfile.flush()

    def _hang_up(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            # Closed here, not shut down later: a FIN first would turn the reset into an end.
            self.connection.close()

    def log(self, *_line: Any) -> None:
        """Nothing on standard error: the journal has it all."""


def serve(simulator: Simulator, host: str, port: int) -> BaseWSGIServer:
    """A server that is bound and listening; call `serve_forever` on it."""
    handler = type("Handler", (_Handler,), {"simulator": simulator})
    return make_server(host, port, simulator.app, threaded=True, request_handler=handler)
