# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator behind a real socket, and as the program that users start."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE
from ansible_collections.huaweicloud.ims.tests.simulator import RealClock, Simulator
from ansible_collections.huaweicloud.ims.tests.simulator.server import serve

from .client import password_request

ROOT = Path(__file__).resolve().parents[3]
GET = b"GET /v3 HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(RealClock(1000), seed=1)


@pytest.fixture
def port(simulator: Simulator) -> Iterator[int]:
    server = serve(simulator, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    server.socket.close()
    thread.join()


@pytest.fixture
def connection(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield connection


def received(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of one answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _mark, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


def test_a_raw_answer_goes_out_as_it_is(connection: socket.socket, simulator: Simulator) -> None:
    text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"
    simulator.faults({"rules": [{"action": "raw", "text": text}]})
    connection.sendall(GET)
    data = b""
    while more := connection.recv(65536):
        data += more

    assert data == text.encode()


def test_bodies_and_empty_answers_do_not_confuse_the_next_request(
    port: int, simulator: Simulator
) -> None:
    facts = simulator.facts(f"http://127.0.0.1:{port}")
    with requests.Session() as session:
        session.trust_env = False
        body = password_request(facts, project={"id": facts["project_id"]})
        token = session.post(facts["auth_url"] + "/auth/tokens", json=body)
        session.headers["X-Auth-Token"] = token.headers["X-Subject-Token"]
        image = f"/v2/images/{IMAGE}"
        deleted = session.delete(facts["url"] + image, json={"delete_backup": False})
        listed = session.get(facts["url"] + "/v2/cloudimages", params={"name": "copied-image"})

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert [found["name"] for found in listed.json()["images"]] == ["copied-image"]
    assert [entry["status"] for entry in simulator.requests] == [201, 204, 200]


def test_who_is_killed_while_he_asks_is_no_mistake_of_the_simulator(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"POST /v3/auth/tokens HTTP/1.1\r\nContent-Length: 99\r\n\r\n{")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)  # it has read all there was

    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(("how", "error"), [("close", None), ("reset", ConnectionResetError)])
def test_a_dropped_connection_ends_or_is_reset(
    simulator: Simulator, connection: socket.socket, how: str, error: type[Exception] | None
) -> None:
    simulator.faults({"rules": [{"action": "drop", "how": how}]})
    connection.sendall(GET)

    if error is None:
        assert connection.recv(1) == b""
    else:
        with pytest.raises(error):
            connection.recv(1)


def test_a_stale_connection_is_reset_and_a_fresh_one_is_not(
    simulator: Simulator, connection: socket.socket
) -> None:
    simulator.faults({"rules": [{"action": "stale", "idle": 0}]})
    connection.sendall(GET)
    assert received(connection)[0].startswith(b"HTTP/1.1 200")
    connection.sendall(GET)
    with pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_a_truncated_answer_promises_more_than_it_sends(
    simulator: Simulator, connection: socket.socket
) -> None:
    simulator.faults({"rules": [{"action": "truncate"}]})
    connection.sendall(GET)
    data = b""
    while chunk := connection.recv(65536):
        data += chunk

    head, _mark, body = data.partition(b"\r\n\r\n")
    promised = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    assert 0 < len(body) < promised


def test_a_timeout_outlasts_the_client(simulator: Simulator, port: int) -> None:
    simulator.faults({"rules": [{"action": "timeout", "seconds": 0.3}]})

    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.ReadTimeout):
            session.get(f"http://127.0.0.1:{port}/v3", timeout=0.05)


def started(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.simulator", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_the_program_prints_its_facts_and_ends_on_a_signal(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"switches": {"image_quota": 7}}), encoding="utf-8")
    log = tmp_path / "log"
    options = ("--tame", "--seed", "3", "--faults", str(faults), "--log", str(log))
    process = started(tmp_path, *options, "--time-scale", "60", "--latency", "1")
    try:
        assert process.stdout
        facts: dict[str, Any] = json.loads(process.stdout.readline())
        with requests.Session() as session:
            session.trust_env = False
            state = session.get(facts["url"] + "/_sim/state", timeout=10).json()
            session.get(facts["auth_url"], timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    assert (state["seed"], state["switches"]["image_quota"]) == (3, 7)
    assert {"url", "auth_url", "region", "project_id", "project_name", "access_key"} <= set(facts)
    assert {"secret_key", "username", "password", "domain_name", "endpoints"} <= set(facts)
    assert {"iam", "ims", "evs", "ecs", "cbr"} <= set(facts["endpoints"])
    [line] = log.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["path"] == "/v3"


def test_a_body_in_chunks_is_read(port: int, simulator: Simulator) -> None:
    facts = simulator.facts(f"http://127.0.0.1:{port}")
    body = json.dumps(password_request(facts, project={"id": facts["project_id"]})).encode()
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(facts["auth_url"] + "/auth/tokens", data=iter([body[:9], body[9:]]))

    assert answer.status_code == 201
