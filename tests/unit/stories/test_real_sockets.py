# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create requests that were executed, and whose answers only a real connection can spoil."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.simulator.server import serve

from .conftest import Cloud
from .failing import CREATE, Arguments, assert_made
from .kinds import run

CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

SPOILT: dict[str, Arguments] = {
    "a negative chunk": {"action": "raw", "text": CHUNKED + "-5\r\n{}"},
    "a chunk that is cut off": {"action": "raw", "text": CHUNKED + "ff\r\n{"},
    "a chunk of no size": {"action": "raw", "text": CHUNKED + "x\r\n{}\r\n0\r\n\r\n"},
    "a body that is cut off": {"action": "truncate"},
    "a head that is cut off": {"action": "raw", "text": "HTTP/1.1 200 O"},
    "no HTTP": {"action": "raw", "text": "SSH-2.0-OpenSSH_9.2\r\n"},
    "a page of a proxy": {"action": "answer", "status": 403, "shape": "html", "handled": True},
    "a redirection": {
        "action": "answer",
        "status": 307,
        "headers": {"Location": "http://["},
        "handled": True,
    },
    "nothing": {"action": "drop", "handled": True},
    "a reset": {"action": "drop", "how": "reset", "handled": True},
    "no gzip": {"action": "raw", "text": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{}"},
}


class Served(Cloud):
    """Tasks that open connections of their own."""

    def session(self) -> Any:
        return None


@pytest.fixture
def served(cloud: Cloud, tmp_path: Path) -> Iterator[tuple[Served, Arguments]]:
    """A cloud behind a socket, and how to reach it."""
    server = serve(cloud.simulator, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    facts = cloud.simulator.facts(f"http://127.0.0.1:{server.server_port}")
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    yield (
        Served(cloud.simulator, environ),
        {name: facts[name] for name in ("auth_url", "endpoints")},
    )
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("fault", SPOILT.values(), ids=SPOILT)
def test_a_create_request_that_was_executed_makes_one_image_whatever_its_answer(
    served: tuple[Served, Arguments], fault: Arguments
) -> None:
    """The image shows up after the look-up has ended: its create record lets the next run adopt."""
    cloud, where = served
    cloud.switch(list_delay=[75, 75])
    cloud.rules({**CREATE, "nth": 1, **fault})

    first = run(cloud, "image", **where)
    cloud.clock.advance(20)
    second = run(cloud, "image", **where)

    assert "the outcome is unknown" in first["msg"]
    assert_made(cloud, second)
    assert second["resumed"]
