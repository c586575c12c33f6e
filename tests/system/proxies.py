# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy between a task and the cloud."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.ims.tests.simulator.simulator import Simulator
from ansible_collections.huaweicloud.ims.tests.system.certificates import Authority
from ansible_collections.huaweicloud.ims.tests.system.served import served

HOST = "ims.eu-west-101.cloud.test"  # resolves nowhere (RFC 6761)
PROXY_PASSWORD = "proxy-password/+=Qw7Lx2"


@dataclass
class Proxy:
    """A proxy that leads every CONNECT to one place, or refuses it."""

    port: int
    asked: list[str] = field(default_factory=list)

    def url(self, password: str = PROXY_PASSWORD) -> str:
        return f"http://me:{password.replace('/', '%2F')}@127.0.0.1:{self.port}"


@contextmanager
def proxying(
    target: int, refusal: str = "", cuts: Callable[[], bool] = lambda: False
) -> Iterator[Proxy]:
    """`cuts`: whether the connection is to break instead of handing on what the cloud says."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = Proxy(server.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _address = server.accept()
                    threading.Thread(target=serve, args=(client,), daemon=True).start()

        def serve(client: socket.socket) -> None:
            with client, suppress(OSError):
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += client.recv(65536)
                proxy.asked.append(asked.decode("latin-1"))
                if refusal:
                    client.sendall(f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n".encode())
                    return
                with socket.create_connection(("127.0.0.1", target)) as cloud:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=pump, args=(cloud, client, cuts), daemon=True)
                    back.start()
                    pump(client, cloud)
                    back.join()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield proxy
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def pump(
    source: socket.socket, sink: socket.socket, cuts: Callable[[], bool] = lambda: False
) -> None:
    with suppress(OSError):
        while (data := source.recv(65536)) and not cuts():
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def behind_a_proxy(
    simulator: Simulator,
    authority: Authority,
    refusal: str = "",
    cuts: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Mapping[str, Any], Proxy]]:
    """A cloud under a name that only the proxy can find."""
    with ExitStack() as stack:
        facts = stack.enter_context(served(simulator, tls=authority.server(HOST), host=HOST))
        port = int(facts["url"].rpartition(":")[2])
        yield facts, stack.enter_context(proxying(port, refusal, cuts))
