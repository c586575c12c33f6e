# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Over real sockets: what never ends, what is too large, and whether a byte was sent."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import bounded, errors, ims
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import Client, connect
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import (
    Deadline,
    SystemClock,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.transport import Tls, Transport
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.wire import Call, CreateHooks

from .fake import KEYS_AND_PROJECT

Serve = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
# Of a whole request, in these tests.
SECONDS = 0.3


def received(connection: socket.socket) -> bytes:
    """A request, with the body that its head announces."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _mark, body = data.partition(b"\r\n\r\n")
    announced = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
    while len(body) < int(announced or 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(serve: Serve) -> Iterator[str]:
    """The address of a server that treats each connection like this."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def treat(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                serve(connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    threading.Thread(target=treat, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def answering(*answers: bytes) -> Serve:
    """One connection for all of them."""

    def serve(connection: socket.socket) -> None:
        for answer in answers:
            if received(connection):
                connection.sendall(answer)

    return serve


def trickling(start: bytes, drops: bytes) -> Serve:
    """A beginning, and then a byte now and then for ever."""

    def serve(connection: socket.socket) -> None:
        received(connection)
        connection.sendall(start)
        while True:
            for drop in drops:
                connection.sendall(bytes([drop]))
                time.sleep(SECONDS / 20)

    return serve


def flooding(start: bytes, flood: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        received(connection)
        connection.sendall(start)
        while True:
            connection.sendall(flood)

    return serve


def sent(transport: Transport, url: str, method: str = "GET") -> Any:
    return transport.send(Call("ims", method, url, "/v2/x"), 5.0, SECONDS)


def transport(**environ: str) -> Transport:
    return Transport(Tls(), environ, SystemClock())


def failure(url: str, using: Transport | None = None) -> errors.CloudError:
    with pytest.raises(errors.CloudError) as caught:
        sent(using or transport(), url)
    return caught.value


# --- time

TRICKLES = {
    "the status": trickling(b"HTTP/1.1 2", b"0"),
    "the headers": trickling(HEAD, b"X: y\r\n"),
    "one header": trickling(HEAD, b"x"),
    "go on": trickling(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body of a length": trickling(HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
    "a body without a length": trickling(HEAD + b"\r\n", b" "),
    "chunks": trickling(CHUNKED, b"1\r\n \r\n"),
    "the length of a chunk": trickling(CHUNKED, b"0"),
    "what follows the chunks": trickling(CHUNKED + b"0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("serve", TRICKLES.values(), ids=TRICKLES)
def test_an_answer_that_trickles_ends_in_time(serve: Serve) -> None:
    begun = time.monotonic()
    with serving(serve) as address:
        error = failure(f"http://{address}")
    assert time.monotonic() - begun < 10 * SECONDS
    assert "did not answer in time" in str(error)
    assert not error.unsent


def test_it_ends_in_any_thread() -> None:
    found: list[errors.CloudError] = []
    with serving(TRICKLES["the headers"]) as address:
        thread = threading.Thread(target=lambda: found.append(failure(f"http://{address}")))
        thread.start()
        thread.join(10 * SECONDS)
        assert not thread.is_alive()
    assert "did not answer in time" in str(found[0])


def test_a_proxy_that_trickles_ends_in_time_and_was_not_given_the_request() -> None:
    begun = time.monotonic()
    with serving(trickling(b"HTTP/1.1 2", b"0")) as address:
        error = failure("https://ims.example.com", transport(https_proxy=f"http://{address}"))
    assert time.monotonic() - begun < 10 * SECONDS
    assert isinstance(error, errors.TransportError)
    assert error.unsent


def test_a_handshake_that_trickles_ends_in_time_and_was_not_given_the_request() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB
        while True:
            connection.sendall(b"\0")
            time.sleep(SECONDS / 20)

    begun = time.monotonic()
    with serving(serve) as address:
        error = failure(f"https://{address}")
    assert time.monotonic() - begun < 10 * SECONDS
    assert error.unsent


def client_of(address: str, **options: Any) -> Client:
    where = {"ims": f"http://{address}"}
    given = {**KEYS_AND_PROJECT, "endpoints": where, **options}
    return connect(given, {"TMPDIR": "/dev/null"}, directory="/nowhere")


def test_a_request_may_take_ten_times_as_long_as_an_answer_may_pause() -> None:
    begun = time.monotonic()
    with serving(TRICKLES["chunks"]) as address:
        client = client_of(address, http_timeout=SECONDS / 10)
        with pytest.raises(errors.TransportError) as caught:
            ims.quick_import(client, {}, CreateHooks())
    assert SECONDS <= time.monotonic() - begun < 10 * SECONDS
    assert caught.value.ambiguous


def test_a_request_does_not_outlast_the_deadline() -> None:
    begun = time.monotonic()
    with serving(TRICKLES["chunks"]) as address:
        client = client_of(address)
        client.deadline = Deadline(client.clock, 0.5)
        with pytest.raises(errors.CloudError):
            client.request("ims", "GET", "/v2/x")
    # The last second is always given.
    assert time.monotonic() - begun < 3


def test_a_slow_answer_that_is_complete_in_time_is_read() -> None:
    def serve(connection: socket.socket) -> None:
        received(connection)
        for piece in (HEAD, b"Content-Length: 2\r\n", b"\r\n{", b"}"):
            connection.sendall(piece)
            time.sleep(SECONDS / 10)

    with serving(serve) as address:
        assert sent(transport(), f"http://{address}").body == b"{}"


# --- size


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1)


def with_length(body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body


FLOODS = {
    "without a length": flooding(HEAD + b"\r\n", b" " * 65536),
    "of chunks": flooding(CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"),
    "of nothing": flooding(
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b""), b"\0" * 65536
    ),
}


@pytest.mark.parametrize("serve", FLOODS.values(), ids=FLOODS)
def test_an_answer_without_an_end_is_read_up_to_the_limit(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "MOST_BYTES", 1024**2)
    with serving(serve) as address:
        error = failure(f"http://{address}")
    assert isinstance(error, errors.GarbledAnswer)
    assert "larger than 1 MiB" in str(error)


def test_a_line_without_an_end_ends() -> None:
    """Newer versions of urllib3 have a limit of their own."""
    with serving(flooding(CHUNKED, b"0" * 65536)) as address:
        assert not failure(f"http://{address}").unsent


def test_a_bomb_takes_no_more_memory_than_the_largest_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded, "MOST_BYTES", 1024**2)
    bomb = with_length(gzipped(bytes(64 * 1024**2)), b"Content-Encoding: gzip")
    with serving(answering(bomb)) as address:
        tracemalloc.start()
        error = failure(f"http://{address}")
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert isinstance(error, errors.GarbledAnswer)
    assert peak < 8 * 1024**2


def test_the_largest_true_answer_is_read() -> None:
    """1,000 servers with 32 KB of user data each, in base64, and 4 KB of other things."""
    server = b'{"user_data": "' + b"A" * (32768 * 4 // 3) + b'", "metadata": "' + b"m" * 4096
    body = b'{"servers": [' + b", ".join([server + b'"}'] * 1000) + b"]}"
    with serving(answering(with_length(gzipped(body), b"Content-Encoding: gzip"))) as address:
        call = Call("ecs", "GET", f"http://{address}", "/")
        assert transport().send(call, 60, 60).body == body


@pytest.mark.parametrize("encoding", [b"gzip", b"x-gzip", b"GZIP", b"deflate", b"identity", b""])
def test_compressed_answers_are_understood(encoding: bytes) -> None:
    body = b'{"a": "b"}'
    packed = {b"deflate": zlib.compress(body), b"identity": body, b"": body}
    answer = with_length(packed.get(encoding, gzipped(body)), b"Content-Encoding: " + encoding)
    with serving(answering(answer)) as address:
        assert sent(transport(), f"http://{address}").body == body


@pytest.mark.parametrize("encoding", [b"br", b"zstd", b"gzip, gzip", b"\xff", b"x" * 1000])
def test_an_answer_in_another_encoding_is_garbled(encoding: bytes) -> None:
    answer = with_length(b"{}", b"Content-Encoding: " + encoding)
    with serving(answering(answer)) as address:
        error = failure(f"http://{address}")
    assert isinstance(error, errors.GarbledAnswer)
    assert len(str(error)) < 200


# --- connections


def test_connections_are_kept_alive_whatever_the_answers() -> None:
    body = gzip.compress(b"{}")
    answers = [
        with_length(b"{}"),
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\n",
        with_length(body, b"Content-Encoding: gzip"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n" + with_length(b"{}"),
    ]
    connections = []

    def serve(connection: socket.socket) -> None:
        connections.append(connection)
        answering(*answers)(connection)

    with serving(serve) as address:
        using = transport()
        found = [sent(using, f"http://{address}") for _answer in answers]
    assert [answer.status for answer in found] == [200, 200, 200, 204, 404, 302, 200]
    assert {answer.body for answer in found} == {b"{}", b""}
    assert len(connections) == 1


def test_what_is_left_of_an_answer_is_not_taken_for_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded, "MOST_BYTES", 1024**2)
    answers = iter([with_length(b"x" * 2 * 1024**2), with_length(b"{}")])

    def serve(connection: socket.socket) -> None:
        answering(next(answers))(connection)

    with serving(serve) as address:
        using = transport()
        assert isinstance(failure(f"http://{address}", using), errors.GarbledAnswer)
        assert sent(using, f"http://{address}").body == b"{}"


# --- whether a byte was sent


def test_a_closed_port_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}").unsent


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 100])
def test_who_does_not_speak_tls_was_sent_nothing(answer: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with serving(serve) as address:
        assert failure(f"https://{address}").unsent


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nno TLS",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 what\r\n\r\n",
    ],
)
def test_a_proxy_that_does_not_lead_on_was_sent_nothing(answer: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        received(connection)
        connection.sendall(answer)

    with serving(serve) as address:
        using = transport(https_proxy=f"http://{address}")
        error = failure("https://ims.example.com", using)
    assert isinstance(error, errors.TransportError)
    assert error.unsent


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 ",
        b"\0",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        CHUNKED + b"-5\r\n",
    ],
)
def test_who_hangs_up_after_the_request_was_sent_it(answer: bytes) -> None:
    with serving(answering(answer)) as address:
        assert not failure(f"http://{address}").unsent


def test_who_hangs_up_in_the_midst_of_the_request_was_sent_it() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1)

    with serving(serve) as address:
        assert not failure(f"http://{address}").unsent


def test_a_connection_that_was_used_before_is_no_proof() -> None:
    def serve(connection: socket.socket) -> None:
        answering(with_length(b"{}"))(connection)
        connection.recv(1)  # the next request; it gets no answer

    with serving(serve) as address:
        using = transport()
        sent(using, f"http://{address}")
        assert not failure(f"http://{address}", using).unsent


@pytest.mark.parametrize("headers", [{"X-A": "a\nb"}, {"X-A": "\ud800"}])
def test_a_request_that_cannot_be_made_was_not_sent(headers: dict[str, str]) -> None:
    with serving(answering(with_length(b"{}"))) as address:
        call = Call("ims", "GET", f"http://{address}", "/", headers=headers)
        with pytest.raises(errors.ConfigurationError) as caught:
            transport().send(call, 5, 5)
    assert caught.value.unsent


def test_nothing_is_sent_after_a_name_took_too_long_to_be_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve = socket.getaddrinfo
    requests: list[bytes] = []

    def slowly(*arguments: Any, **more: Any) -> Any:
        time.sleep(SECONDS * 1.5)
        return resolve(*arguments, **more)

    def serve(connection: socket.socket) -> None:
        requests.append(received(connection))

    with serving(serve) as address:
        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        with pytest.raises(errors.TransportError, match="in time") as failure:
            sent(transport(), f"http://{address}", "POST")

    assert failure.value.unsent
    assert b"".join(requests) == b""
