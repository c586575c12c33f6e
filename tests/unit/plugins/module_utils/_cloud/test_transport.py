# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions, TLS, proxies, connections, and what the exceptions of requests mean."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors, ims
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import Client, connect
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.wire import CreateHooks, Repeat
from urllib3.exceptions import MaxRetryError, NameResolutionError, ProtocolError, ProxyError

from .fake import KEYS_AND_PROJECT, FakeClock, Reply, Seen, Talk, Unsent, ok

PATH = "/v2/cloudimages"


def sent(options: dict[str, Any] | None = None, environ: dict[str, str] | None = None) -> Any:
    """One request as the adapter got it."""
    talk = Talk([ok()], {**KEYS_AND_PROJECT, **(options or {})}, environ)
    talk.client.request("ims", "GET", PATH)
    return talk.cloud.seen[0]


# --- what goes into a request


@pytest.mark.parametrize("trust_env", [False, True])
def test_netrc_cannot_replace_our_authorization(
    trust_env: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login thief password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    talk = Talk([ok()])
    talk.session.trust_env = trust_env
    talk.client.request("ims", "GET", PATH)
    assert talk.cloud.seen[0].headers["Authorization"].startswith("SDK-HMAC-SHA256 ")


@pytest.mark.parametrize("value", ["a\nb", "a\r", "a\r\nX-Evil: 1", " a", "\ta", "a\0b"])
def test_a_header_that_cannot_be_sent_is_no_broken_connection(value: str) -> None:
    talk = Talk([ok()])
    with pytest.raises(errors.ConfigurationError, match="The header X-Odd cannot be") as caught:
        talk.client.request("ims", "POST", PATH, headers={"X-Odd": value}, body={})
    assert not caught.value.ambiguous
    assert talk.cloud.seen == []
    assert talk.clock.slept == []
    assert "Evil" not in str(caught.value)


def test_certificates_are_checked_by_default() -> None:
    seen = sent()
    assert seen.kwargs["verify"] is True
    assert seen.kwargs["cert"] is None


def test_certificate_checks_can_be_turned_off() -> None:
    assert sent({"validate_certs": False}).kwargs["verify"] is False


def test_the_option_for_the_ca_wins_over_the_environment(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    ours.touch()
    theirs.touch()
    environ = {"REQUESTS_CA_BUNDLE": str(theirs)}
    assert sent({"ca_cert": str(ours)}, environ).kwargs["verify"] == str(ours)
    assert sent({}, environ).kwargs["verify"] == str(theirs)
    assert sent({}, {"CURL_CA_BUNDLE": str(theirs)}).kwargs["verify"] == str(theirs)


def test_the_environment_of_the_process_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    seen = sent()
    assert seen.kwargs["verify"] is True
    assert not seen.kwargs["proxies"]


def test_a_client_certificate_is_presented(tmp_path: Path) -> None:
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    cert.touch()
    key.touch()
    both = {"client_cert": str(cert), "client_key": str(key)}
    assert sent(both).kwargs["cert"] == (str(cert), str(key))
    assert sent({"client_cert": str(cert)}).kwargs["cert"] == str(cert)


@pytest.mark.parametrize("option", ["ca_cert", "client_cert", "client_key"])
def test_files_that_are_not_there_are_reported_by_the_name_of_the_option(option: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=rf"{option}: there is no file /no/such"):
        Talk([], {**KEYS_AND_PROJECT, option: "/no/such"})


def test_a_client_key_alone_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "k.pem"
    key.touch()
    with pytest.raises(errors.ConfigurationError, match="without client_cert"):
        Talk([], {**KEYS_AND_PROJECT, "client_key": str(key)})


def test_the_proxy_of_the_given_environment_is_used() -> None:
    seen = sent({}, {"https_proxy": "http://proxy.example.com:3128"})
    assert seen.kwargs["proxies"] == {"https": "http://proxy.example.com:3128"}


def test_the_password_of_a_proxy_is_a_secret() -> None:
    talk = Talk([], None, {"HTTPS_PROXY": "http://me:proxy-pw@proxy.example.com"})
    assert talk.client.censor("proxy-pw") == "********"


def test_http_timeout_is_the_option(tmp_path: Path) -> None:
    assert sent({"http_timeout": 5}).kwargs["timeout"] == (5, 5)


# --- connections


@pytest.mark.parametrize(("idle", "closed"), [(2.0, 0), (4.0, 1)])
def test_a_create_never_goes_out_on_an_old_connection(idle: float, closed: int) -> None:
    talk = Talk([ok(), ok({"job_id": "j"})])
    talk.client.request("ims", "GET", PATH)
    talk.clock.sleep(idle)
    ims.quick_import(talk.client, {}, CreateHooks())
    assert talk.cloud.closed == closed


def test_reads_keep_their_connection() -> None:
    talk = Talk([ok(), ok()])
    talk.client.request("ims", "GET", PATH)
    talk.clock.sleep(60)
    talk.client.request("ims", "GET", PATH)
    assert talk.cloud.closed == 0


# --- exceptions of requests


def error_for(failure: Exception | Unsent) -> errors.TransportError:
    talk = Talk([failure])
    with pytest.raises(errors.TransportError) as caught:
        talk.client.request("ims", "POST", PATH, repeat=Repeat.NEVER)
    return caught.value


TLS_FAILURES = {
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed": True,
    "[SSL: WRONG_VERSION_NUMBER] wrong version number": True,
    "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] handshake failure": True,
    "EOF occurred in violation of protocol": False,
}


@pytest.mark.parametrize(("reason", "lasting"), TLS_FAILURES.items())
def test_a_handshake_that_fails_is_not_ambiguous(reason: str, lasting: bool) -> None:
    error = error_for(Unsent(requests.exceptions.SSLError(ssl.SSLError(1, reason))))
    assert error.lasting is lasting
    assert not error.ambiguous


@pytest.mark.parametrize("reason", TLS_FAILURES)
def test_tls_that_breaks_after_the_first_byte_is_ambiguous_whatever_it_says(reason: str) -> None:
    error = error_for(requests.exceptions.SSLError(ssl.SSLError(1, reason)))
    assert not error.lasting
    assert error.ambiguous


def test_a_broken_proxy_is_ambiguous_after_the_first_byte() -> None:
    """urllib3 1.26 says ProxyError whenever a connection by way of a proxy breaks."""
    reset = ConnectionResetError(104, "Connection reset by peer")
    error = error_for(requests.exceptions.ProxyError(ProxyError("Cannot connect to proxy.", reset)))
    assert error.ambiguous


def test_what_the_caller_is_handling_is_no_proof_that_nothing_was_sent() -> None:
    def answer(_seen: Seen) -> Reply:
        raise requests.ConnectionError(ProtocolError("Connection aborted."))

    pool: Any = None
    talk = Talk(answer)

    def import_while_handling_another() -> None:
        try:
            raise NameResolutionError("elsewhere", pool, socket.gaierror(-2, "Name not known"))
        except NameResolutionError:
            ims.quick_import(talk.client, {}, CreateHooks())

    with pytest.raises(errors.TransportError) as caught:
        import_while_handling_another()
    assert caught.value.ambiguous


def test_an_untrusted_certificate_is_reported_with_the_option_that_helps() -> None:
    refused = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    assert "ca_cert" in error_for(Unsent(refused)).hint


def test_an_unknown_host_was_never_connected_to() -> None:
    pool: Any = None
    cause = NameResolutionError("ims.nowhere", pool, socket.gaierror(-2, "Name not known"))
    error = error_for(requests.ConnectionError(MaxRetryError(pool, PATH, cause)))
    assert not error.ambiguous
    assert "Name not known" in str(error)
    assert "0x" not in str(error)


def test_an_address_that_requests_refuses_is_a_mistake_of_the_user() -> None:
    talk = Talk([Unsent(requests.exceptions.InvalidURL("bad"))])
    with pytest.raises(errors.ConfigurationError, match="not a usable address"):
        talk.client.request("ims", "GET", PATH)


def test_a_bundle_that_vanishes_is_a_mistake_of_the_user() -> None:
    talk = Talk([Unsent(OSError("Could not find a suitable TLS CA certificate bundle"))])
    with pytest.raises(errors.ConfigurationError, match="suitable TLS CA"):
        talk.client.request("ims", "GET", PATH)


# --- over a real socket


class Recorder(BaseHTTPRequestHandler):
    """Notes what arrives, byte by byte."""

    lines: list[str] = []
    bodies: list[bytes] = []
    hosts: list[str] = []
    cookies: list[str | None] = []

    def do_GET(self) -> None:
        self.lines.append(self.requestline)
        self.hosts.append(self.headers["Host"])
        self.cookies.append(self.headers["Cookie"])
        self.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        self.wfile.write(b"{}")

    do_DELETE = do_PATCH = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def recorder() -> Iterator[tuple[str, type[Recorder]]]:
    kind = type("Fresh", (Recorder,), {"lines": [], "bodies": [], "hosts": [], "cookies": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", kind
    server.shutdown()
    server.server_close()


def client_of(address: str) -> Client:
    options = {**KEYS_AND_PROJECT, "endpoints": {"ims": f"http://{address}"}}
    return connect(options, {}, clock=FakeClock(), directory="/nowhere")


def test_the_wire_has_exactly_the_signed_query(recorder: tuple[str, type[Recorder]]) -> None:
    address, seen = recorder
    query = {"name": "a b~c+d/e:f,g=h%ü", "tag": "k=v", "protected": True, "marker": ""}
    client_of(address).request("ims", "GET", PATH, query=query)
    assert seen.lines == [
        "GET /v2/cloudimages?marker=&name=a%20b~c%2Bd%2Fe%3Af%2Cg%3Dh%25%C3%BC&protected=true"
        "&tag=k%3Dv HTTP/1.1"
    ]
    assert seen.hosts == [address]


def test_cookies_are_not_sent_back(recorder: tuple[str, type[Recorder]]) -> None:
    address, seen = recorder
    client = client_of(address)
    for _turn in range(2):
        client.request("ims", "GET", PATH)
    assert seen.cookies == [None, None]


def test_a_delete_has_its_body_on_the_wire(recorder: tuple[str, type[Recorder]]) -> None:
    address, seen = recorder
    ims.delete_image(client_of(address), "i-1", delete_backup=True)
    assert seen.lines == ["DELETE /v2/images/i-1 HTTP/1.1"]
    assert seen.bodies == [b'{"delete_backup":true}']
