# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TCP proxy that cuts, delays and truncates, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from random import Random

_FATES = ("clean", "clean", "cut request", "cut answer", "truncate answer", "delay", "reset")
_LONGEST_DELAY = 1.5


class Proxy:
    """Listens on 127.0.0.1 and passes on to the port of the simulator; harmless until told."""

    def __init__(self, target: int, seed: int) -> None:
        self.target = target
        self.trouble = False
        self.struck = 0
        self._rng = Random(f"proxy:{seed}")
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self.port = 0
        threading.Thread(target=self._serve, daemon=True).start()
        self._ready.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass_on, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = self._rng.choice(_FATES) if self.trouble else "clean"
        patience = self._rng.choice((0, 0, 1, 3))  # exchanges that go well first
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        directions = (
            self._stream(reader, far_writer, fate, patience, writer, request=True),
            self._stream(far_reader, writer, fate, patience, writer, request=False),
        )
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(*directions)
        for end in (writer, far_writer):
            end.close()

    async def _stream(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        fate: str,
        patience: int,
        client: asyncio.StreamWriter,
        *,
        request: bool,
    ) -> None:
        """Passes on one direction, until its fate strikes. Each chunk is about one message."""
        number = 0
        while data := await reader.read(65536):
            due = number >= patience
            number += 1
            if due and fate == "delay":
                self.struck += 1
                await asyncio.sleep(self._rng.uniform(0, _LONGEST_DELAY))
            if due and ((request and fate == "cut request") or (not request and fate != "clean")):
                if fate == "truncate answer":
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                if fate != "delay":
                    self.struck += 1
                    _hang_up(client, reset=fate == "reset")
                    writer.close()
                    return
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def _hang_up(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if reset:
        connection: socket.socket = writer.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort() if reset else writer.close()
