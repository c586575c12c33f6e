# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole tasks over real sockets: certificates, proxies, redirections, and who is never asked."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.censor import MASK
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import SystemClock
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import (
    TaskOptions,
    run_task,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations import (
    image_copy,
    listing,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    image_copy as copy_options,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    image_info,
)
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.simulator.simulator import Simulator
from ansible_collections.huaweicloud.ims.tests.system.certificates import Authority
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.proxies import (
    HOST,
    PROXY_PASSWORD,
    behind_a_proxy,
    proxying,
)
from ansible_collections.huaweicloud.ims.tests.system.served import served, simulated

Json = dict[str, Any]

KEYS = ("region", "project_id", "access_key", "secret_key", "endpoints")
USER = ("region", "username", "password", "domain_name", "auth_url", "endpoints")
LIMITS = {"http_timeout": 20}
# These tasks share nothing: what each of them asks is looked at.
NO_STORE = {"XDG_CACHE_HOME": "/dev/null", "TMPDIR": "/dev/null"}


@pytest.fixture
def simulator() -> Simulator:
    return simulated()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def listed(
    facts: Mapping[str, Any],
    environ: Mapping[str, str] | None = None,
    names: tuple[str, ...] = KEYS,
    **more: Any,
) -> Json:
    """The result of a task that lists one image."""
    defaults = {name: spec.get("default") for name, spec in image_info.ARGUMENTS.items()}
    given = {**LIMITS, **{name: facts[name] for name in names}, "name": "linux-base", **more}
    options = TaskOptions(
        environ={**NO_STORE, **(environ or {})},
        on_secret=lambda _secret: None,
        verbosity=3,
        clock=Hurried(),
    )
    return run_task({**defaults, **given}, options, image_info.check, listing.run)


class Hurried(SystemClock):
    """It is always later at once."""

    def __init__(self) -> None:
        self.slept = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def assert_listed(result: Json) -> None:
    assert not result.get("failed"), result["msg"]
    assert [image["name"] for image in result["images"]] == ["linux-base"]


# --- certificates


def test_the_right_authority_passes(simulator: Simulator, authority: Authority) -> None:
    with served(simulator, tls=authority.server("127.0.0.1")) as facts:
        assert facts["url"].startswith("https://")
        assert_listed(listed(facts, ca_cert=authority.bundle))
        assert_listed(listed(facts, names=USER, ca_cert=authority.bundle))
    assert {entry["service"] for entry in simulator.requests} == {"ims", "iam"}


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_bundle_of_the_environment_is_honoured(
    simulator: Simulator, authority: Authority, variable: str
) -> None:
    with served(simulator, tls=authority.server("127.0.0.1")) as facts:
        assert_listed(listed(facts, {variable: authority.bundle}))


def test_an_unknown_authority_is_refused_with_what_to_set(
    simulator: Simulator, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "another authority")
    with served(simulator, tls=authority.server("127.0.0.1")) as facts:
        unknown, wrong = listed(facts), listed(facts, ca_cert=other.bundle)

    for result in (unknown, wrong):
        assert result["failed"]
        assert "no TLS connection to 127.0.0.1" in result["msg"]
        assert "ca_cert" in result["msg"]
        assert "validate_certs" in result["msg"]
        assert "bug" not in result["msg"]
        assert result["elapsed"] < 10
    assert simulator.requests == []


def test_a_certificate_for_another_host_is_refused_with_both_names(
    simulator: Simulator, authority: Authority
) -> None:
    with served(simulator, tls=authority.server(HOST)) as facts:
        result = listed(facts, ca_cert=authority.bundle)

    assert result["failed"]
    assert "no TLS connection to 127.0.0.1" in result["msg"]
    assert "for another host" in result["msg"]
    assert "endpoints" in result["msg"]
    assert "validate_certs" in result["msg"]
    assert "Give the CA" not in result["msg"]
    assert simulator.requests == []


def test_a_certificate_that_has_ended_is_refused_with_the_reason(
    simulator: Simulator, authority: Authority
) -> None:
    with served(simulator, tls=authority.server("127.0.0.1", timedelta(days=-1))) as facts:
        result = listed(facts, ca_cert=authority.bundle)

    assert result["failed"]
    assert "expired" in result["msg"]
    assert "clock" in result["msg"]
    assert "Give the CA" not in result["msg"]
    assert simulator.requests == []


@pytest.mark.filterwarnings("error")
def test_without_validation_any_certificate_passes(
    simulator: Simulator, authority: Authority
) -> None:
    with served(simulator, tls=authority.server(HOST)) as facts:
        assert_listed(listed(facts, validate_certs=False))
        assert_listed(
            listed(
                facts,
                {"HW_INSECURE": "true", **_keys_in_environment(facts)},
                ("region", "project_id", "endpoints"),
            )
        )


def _keys_in_environment(facts: Mapping[str, Any]) -> dict[str, str]:
    return {"HW_ACCESS_KEY": facts["access_key"], "HW_SECRET_KEY": facts["secret_key"]}


def test_a_client_certificate_is_presented(simulator: Simulator, authority: Authority) -> None:
    context = authority.server("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.bundle)
    own = authority.issue("a-client")
    with served(simulator, tls=context) as facts:
        assert_listed(listed(facts, ca_cert=authority.bundle, client_cert=own))
        assert_listed(listed(facts, ca_cert=authority.bundle, client_cert=own, client_key=own))


def test_a_server_that_does_not_speak_tls_is_told_as_such(simulator: Simulator) -> None:
    with served(simulator) as facts:
        url = facts["url"].replace("http://", "https://")
        result = listed(facts, endpoints=dict.fromkeys(facts["endpoints"], url))

    assert result["failed"]
    assert "does it speak TLS" in result["msg"]


def test_a_playbook_uses_the_authority_of_its_options(
    simulator: Simulator, authority: Authority, tmp_path: Path
) -> None:
    playbook = tmp_path / "play.yml"
    task = {"huaweicloud.ims.image_info": {"name": "linux-base", "ca_cert": authority.bundle}}
    playbook.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}])
    )
    with served(simulator, tls=authority.server("127.0.0.1")) as facts:
        played = RunningCloud(facts).succeed(str(playbook))

    [result] = played.of("image_info")
    assert result["images"][0]["name"] == "linux-base"


# --- who is never asked


@dataclass
class Listener:
    """Somebody who should never hear anything."""

    port: int
    heard: list[bytes] = field(default_factory=list)


@contextmanager
def listening(
    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
) -> Iterator[Listener]:
    """A server that notes what it hears, and answers always the same."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server.getsockname()[1])

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    with connection:
                        listener.heard.append(connection.recv(65536))
                        connection.sendall(answer)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listener
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("service", ["ims", "iam"])
def test_nothing_follows_a_redirection(simulator: Simulator, service: str) -> None:
    with listening() as elsewhere, served(simulator) as facts:
        location = f"http://localhost:{elsewhere.port}/somewhere?token=abc"
        simulator.faults(
            {"rules": [{"service": service, "action": "redirect", "location": location}]}
        )
        result = listed(facts, names=USER)

    assert elsewhere.heard == []
    assert result["failed"]
    assert "redirects to http://localhost" in result["msg"]
    assert "token=abc" not in json.dumps(result)
    assert [entry["service"] for entry in simulator.requests][-1] == service
    assert len([entry for entry in simulator.requests if entry["service"] == service]) == 1


def test_the_listener_hears_who_asks() -> None:
    with listening() as somebody, socket.create_connection(("127.0.0.1", somebody.port)) as line:
        line.sendall(b"hello")
        assert line.recv(100)
        assert somebody.heard == [b"hello"]


NETRC = """
machine 127.0.0.1 login thief password netrc-password-never-to-be-sent
default login thief password netrc-password-never-to-be-sent
"""


@pytest.mark.parametrize("names", [KEYS, USER], ids=["keys", "password"])
def test_a_netrc_changes_nothing(
    simulator: Simulator,
    names: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / ".netrc").write_text(NETRC)
    monkeypatch.setenv("HOME", str(tmp_path))
    seen: list[str] = []
    application = simulator.app

    def watching(environ: Any, start_response: Any) -> Any:
        seen.append(environ.get("HTTP_AUTHORIZATION", ""))
        return application(environ, start_response)

    simulator.app = watching
    with served(simulator) as facts:
        assert_listed(listed(facts, {"HOME": str(tmp_path)}, names))

    assert seen
    assert not [header for header in seen if header.startswith("Basic")]


def test_a_netrc_changes_nothing_in_a_playbook(cloud: RunningCloud, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(NETRC)
    playbook = tmp_path / "play.yml"
    task = {"huaweicloud.ims.image_info": {"name": "linux-base"}}
    playbook.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}])
    )

    cloud.succeed(str(playbook), HOME=str(tmp_path), NETRC=str(tmp_path / ".netrc"))


PLAIN = [
    "http://ims.example.com",
    "http://192.0.2.1:8080/ims",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://127.0.0.1@ims.example.com",
    "http://[::ffff:192.0.2.1]",
    "http://[::1]ims.example.com",
    "http://2130706433.example.com",
    "HTTP://IMS.EXAMPLE.COM",
]


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that this process looks up; none of them is found."""
    asked: list[str] = []

    def look_up(host: str, *_rest: Any, **_more: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "not to be looked up")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("url", PLAIN)
@pytest.mark.parametrize("given", ["endpoints", "auth_url", "environment"])
def test_plain_http_to_another_machine_is_refused_before_anything_is_sent(
    simulator: Simulator, connections: list[str], url: str, given: str
) -> None:
    facts = dict(simulator.facts("https://never.example.com"))
    environ: dict[str, str] = {}
    if given == "endpoints":
        facts["endpoints"] = dict.fromkeys(facts["endpoints"], url)
    elif given == "auth_url":
        facts.update(auth_url=url, endpoints={"ims": "https://never.example.com"})
    else:
        region = facts["region"].upper().replace("-", "_")
        environ = {f"HUAWEICLOUD_SDK_REGION_IMS_{region}": url}
        facts["endpoints"] = {"iam": "https://never.example.com"}

    result = listed(facts, environ, USER)

    assert result["failed"]
    assert "bug" not in result["msg"]
    assert connections == []


# --- proxies


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_the_proxy_of_the_environment_leads_to_the_cloud(
    simulator: Simulator, authority: Authority, variable: str
) -> None:
    with behind_a_proxy(simulator, authority) as (facts, proxy):
        result = listed(facts, {variable: proxy.url()}, ca_cert=authority.bundle)

    assert_listed(result)
    assert leaks(json.dumps(result), [PROXY_PASSWORD]) == []
    login = base64.b64encode(f"me:{PROXY_PASSWORD}".encode()).decode()
    for asked in proxy.asked:
        assert asked.startswith(f"CONNECT {HOST}:")
        assert f"Proxy-Authorization: Basic {login}" in asked
        assert facts["access_key"] not in asked


@pytest.mark.parametrize(
    "refusal", [f"407 login me:{PROXY_PASSWORD} is wrong", "403 Forbidden", "502 Bad Gateway"]
)
def test_a_proxy_that_refuses_is_told_without_its_password(
    simulator: Simulator, authority: Authority, refusal: str
) -> None:
    with behind_a_proxy(simulator, authority, refusal) as (facts, proxy):
        environ = {"https_proxy": proxy.url()}
        result = listed(facts, environ, ca_cert=authority.bundle)

    assert result["failed"]
    assert "proxy" in result["msg"]
    assert "https_proxy" in result["msg"]
    assert leaks(json.dumps(result), [PROXY_PASSWORD]) == []
    assert (MASK in result["msg"]) == refusal.startswith("407")
    assert simulator.requests == []


def copies(simulator: Simulator) -> list[dict[str, Any]]:
    """The create requests that the cloud has received."""
    return [entry for entry in simulator.requests if entry["path"].endswith("/copy")]


def test_a_proxy_that_breaks_after_a_create_request_proves_nothing(
    simulator: Simulator, authority: Authority
) -> None:
    """Behind a proxy urllib3 1.26 says the same of a connection that breaks as of one that was
    never made."""
    simulator.faults({"switches": {"list_delay": [0, 0]}})
    broken: list[bool] = []

    def cuts() -> bool:
        if copies(simulator) and not broken:
            broken.append(True)
            return True
        return False

    with behind_a_proxy(simulator, authority, cuts=cuts) as (facts, proxy):
        defaults = {name: spec.get("default") for name, spec in copy_options.ARGUMENTS.items()}
        keys = {name: facts[name] for name in KEYS}
        given = {"name": "a-copy", "source_image": "linux-base", "ca_cert": authority.bundle}
        result = run_task(
            {**defaults, **keys, **LIMITS, **given, "wait": False},
            TaskOptions(
                environ={**NO_STORE, "https_proxy": proxy.url()},
                on_secret=lambda _secret: None,
                clock=Hurried(),
            ),
            copy_options.check,
            image_copy.run,
        )

    assert not result.get("failed"), result["msg"]
    assert broken
    assert result["resumed"]
    assert len(copies(simulator)) == 1


def test_no_proxy_is_honoured(simulator: Simulator, authority: Authority) -> None:
    with behind_a_proxy(simulator, authority) as (facts, proxy):
        environ = {"https_proxy": proxy.url(), "no_proxy": ".cloud.test"}
        result = listed(facts, environ, ca_cert=authority.bundle)

    assert result["failed"]
    assert "cannot be reached" in result["msg"]
    assert proxy.asked == []


def test_this_machine_is_asked_without_the_proxy(simulator: Simulator) -> None:
    with served(simulator) as facts, proxying(1) as proxy:
        environ = {"http_proxy": proxy.url(), "https_proxy": proxy.url()}
        assert_listed(listed(facts, environ))

    assert proxy.asked == []


def test_the_proxy_of_this_process_is_not_that_of_the_task(
    simulator: Simulator, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind_a_proxy(simulator, authority) as (facts, proxy):
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
        assert_listed(listed(facts, {"https_proxy": proxy.url()}, ca_cert=authority.bundle))
