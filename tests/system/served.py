# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated cloud behind a socket of this very process, so that a test can look into it, wrap it
in TLS, and let it quote requests in its refusals."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from ansible_collections.huaweicloud.ims.tests.simulator.clock import RealClock
from ansible_collections.huaweicloud.ims.tests.simulator.server import serve
from ansible_collections.huaweicloud.ims.tests.simulator.simulator import Simulator

# Ten minutes of the cloud in a second.
TIME_SCALE = 600

Application = Callable[..., Iterable[bytes]]


def simulated(log: IO[str] | None = None) -> Simulator:
    return Simulator(RealClock(TIME_SCALE), seed=1, log=log)


@contextmanager
def served(
    simulator: Simulator, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Mapping[str, Any]]:
    """The facts of the simulator while it is served; `host` is how clients call it."""
    server = serve(simulator, "127.0.0.1", 0)
    if tls is not None:
        server.ssl_context = tls
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True)
    thread.start()
    try:
        scheme = "http" if tls is None else "https"
        yield simulator.facts(f"{scheme}://{host}:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def quoting(application: Application) -> Application:
    """The same cloud, but its refusals quote the request that they refuse, headers first."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun: list[Any] = []
        body = b"".join(application(environ, lambda *started: begun.extend(started[:2])))
        status, headers = begun
        if int(status[:3]) >= 400 and not environ["PATH_INFO"].startswith("/_sim/"):
            body = _quoted(body, _request_in(environ))
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        start_response(status, headers)
        return [body]

    return answer


def _request_in(environ: Mapping[str, Any]) -> str:
    """What a request carries: its headers without those that say nothing, and its body."""
    headers = [
        f"{name.removeprefix('HTTP_')}: {value.encode('latin-1').decode('utf-8', 'replace')}"
        for name, value in environ.items()
        if name.startswith(("HTTP_X_", "HTTP_AUTHORIZATION"))
    ]
    content = environ["wsgi.input"]
    content.seek(0)
    return f"{' '.join(headers)} {content.read().decode('utf-8', 'replace')}"


def _quoted(body: bytes, request: str) -> bytes:
    try:
        told = json.loads(body)
    except ValueError:  # plain text
        return f"{request} ".encode() + body
    return json.dumps(_quoting(told, request)).encode()


def _quoting(told: Any, quoted: str) -> Any:
    if isinstance(told, dict):
        words = ("message", "error_msg")
        return {
            name: f"{quoted} {member}" if name in words else _quoting(member, quoted)
            for name, member in told.items()
        }
    return told
