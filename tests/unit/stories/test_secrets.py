# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is in what a task hands back, whoever it came from and whatever the cloud quotes.

This is the raw result, before any censor of Ansible sees it.
"""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.censor import MASK
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import (
    TaskOptions,
    run_task,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator
from ansible_collections.huaweicloud.ims.tests.simulator.adapter import SimulatorAdapter
from ansible_collections.huaweicloud.ims.tests.simulator.journal import Journal
from requests.structures import CaseInsensitiveDict

from .conftest import URL, Cloud, ok
from .failing import CREATE, LIST
from .kinds import NAME, every_kind, task

Arguments = dict[str, Any]

# What is hard to quote: in URLs, HTML, JSON, and on the edge of Latin-1.
ODD = "/+=&<\"'\\%ö "
PASSWORD = f"pässword-of-the-user{ODD}k3qX9vT2mZ7"
# No white space is accepted inside a key.
SECRET_KEY = f"secret-key-of-the-user{ODD.strip()}b8Wn4Rj6Hs1"
PROXY = "proxy-password-Qw7Lx2Vb9"
# Where secrets travel in a request.
CARRIERS = ("X-Auth-Token", "X-Subject-Token", "X-Security-Token", "X-Metadata-Token")

Quote = Callable[[str], str]
QUOTES: dict[str, Quote] = {
    "plain": str,
    "URL": quote,
    "whole URL": lambda text: quote(text, safe=""),
    "HTML": html.escape,
    "JSON": json.dumps,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 of JSON": lambda text: base64.b64encode(json.dumps({"k": text}).encode()).decode(),
    "capitals": str.upper,
    "numbers in HTML": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "numbers in HTML, hexadecimal": lambda text: "".join(f"&#x{ord(one):X};" for one in text),
    "lines": lambda text: "\n  ".join(text[at : at + 10] for at in range(0, len(text), 10)),
    "first half": lambda text: text[: len(text) // 2 + 20],
}


class _Quoting(SimulatorAdapter):
    """A cloud that quotes the whole request in whatever it says in its own words."""

    def __init__(self, simulator: Simulator, seen: Seen, how: Quote, crash: bool) -> None:
        super().__init__(simulator)
        self.seen, self.how, self.crash = seen, how, crash

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> Any:
        self.seen.leave(request)
        response = super().send(request, *rest, **more)
        self.seen.arrive(response)
        if self.crash and _carried(request):
            response.headers = _Crashing(f"a bug, with {_told_by(request, str)}")
        return response

    def build_response(self, request: Any, raw: Any) -> requests.Response:
        response = super().build_response(request, raw)
        quoted = _told_by(request, self.how)
        if response.is_redirect:
            response.headers["Location"] = f"https://elsewhere.example.com/?{quoted}"
        if response.content and "json" in response.headers.get("Content-Type", ""):
            response._content = json.dumps(_quoting(response.json(), quoted)).encode()
        return response


class _Crashing(CaseInsensitiveDict[str]):
    """Headers that make whoever goes through them crash."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def items(self) -> Any:
        raise RuntimeError(self.text)


def _told_by(request: requests.PreparedRequest, how: Quote) -> str:
    """The secrets of a request first, as a message may be cut."""
    body = _text(request.body or b"")
    quoted = [how(value) for value in _carried(request)]
    return f"{' '.join(quoted)} | {how(json.dumps(_headers(request)))} {body}"


def _carried(request: requests.PreparedRequest) -> list[str]:
    """The secrets in a request."""
    headers = _headers(request)
    carried = [headers[name] for name in CARRIERS if name in headers]
    signed = headers.get("Authorization", "")
    if "Access=" in signed:
        carried.append(signed.partition("Access=")[2].partition(",")[0])
    body = _text(request.body or b"")
    if '"password":{' in body:
        carried.append(json.loads(body)["auth"]["identity"]["password"]["user"]["password"])
    return carried


def _headers(request: requests.PreparedRequest) -> dict[str, str]:
    return {name: _text(value) for name, value in request.headers.items()}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _quoting(told: Any, quoted: str) -> Any:
    """The answer with the request in each member that is free text."""
    words = ("message", "error_msg", "fail_reason", "__os_version", "request_id")
    if isinstance(told, dict):
        return {
            name: f"{member} {quoted}" if name in words and member else _quoting(member, quoted)
            for name, member in told.items()
        }
    return [_quoting(member, quoted) for member in told] if isinstance(told, list) else told


@dataclass
class Seen:
    """The secrets that travelled, and those that nobody had told the censor by then."""

    told: set[str]
    secrets: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)

    def leave(self, request: requests.PreparedRequest) -> None:
        carried = set(_carried(request))
        self.secrets |= carried
        self.untold |= carried - self.told

    def arrive(self, response: requests.Response) -> None:
        issued = response.headers.get("X-Subject-Token")
        if issued:
            self.secrets.add(issued)
        if response.ok and b'"credential"' in response.content:
            keys = response.json()["credential"]
            self.secrets |= {keys["access"], keys["secret"], keys["securitytoken"]}


@dataclass
class Quoting(Cloud):
    """Tasks against a cloud that quotes requests."""

    how: Quote = str
    crash: bool = False
    seen: Seen = field(init=False)

    def __post_init__(self) -> None:
        self.seen = Seen(self.secrets)

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount(URL, _Quoting(self.simulator, self.seen, self.how, self.crash))
        return session


# --- where secrets come from: what of the cloud's facts -> arguments, environment

Given = tuple[Arguments, dict[str, str]]
NO_KEYS: Arguments = {"access_key": None, "secret_key": None}


def _user(facts: Mapping[str, Any]) -> Arguments:
    return {name: facts[name] for name in ("username", "password", "domain_name")}


def _temporary(facts: Mapping[str, Any]) -> Arguments:
    return dict(facts["others"]["temporary"])


def _token(facts: Mapping[str, Any], cloud: Cloud) -> str:
    """One that somebody else was issued."""
    session = requests.Session()
    session.mount(URL, SimulatorAdapter(cloud.simulator))
    user = {"name": facts["username"], "password": facts["password"]}
    user["domain"] = {"name": facts["domain_name"]}
    scope = {"project": {"id": facts["project_id"]}}
    identity = {"methods": ["password"], "password": {"user": user}}
    body = {"auth": {"identity": identity, "scope": scope}}
    answer = session.post(f"{URL}/v3/auth/tokens", json=body, timeout=9)
    return str(answer.headers["X-Subject-Token"])


def _agency(facts: Mapping[str, Any]) -> Arguments:
    agency = facts["others"]["agency"]
    return {
        "agency_name": agency["agency_name"],
        "agency_domain_name": agency["agency_domain_name"],
        "project_id": agency["project_id"],
    }


def _clouds_yaml(tmp_path: Path, **auth: Any) -> dict[str, str]:
    path = tmp_path / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"sim": {"auth": auth}}}, allow_unicode=True))
    return {"OS_CLIENT_CONFIG_FILE": str(path)}


SOURCES: dict[str, Callable[[Mapping[str, Any], Cloud, Path], Given]] = {
    "options, keys": lambda facts, cloud, tmp: ({}, {}),
    "options, temporary keys": lambda facts, cloud, tmp: (_temporary(facts), {}),
    "options, password": lambda facts, cloud, tmp: ({**NO_KEYS, **_user(facts)}, {}),
    "options, token": lambda facts, cloud, tmp: (
        {**NO_KEYS, "auth_token": _token(facts, cloud)},
        {},
    ),
    "options, keys and agency": lambda facts, cloud, tmp: (_agency(facts), {}),
    "options, password and agency": lambda facts, cloud, tmp: (
        {**NO_KEYS, **_user(facts), **_agency(facts)},
        {},
    ),
    "environment, SDK": lambda facts, cloud, tmp: (
        NO_KEYS,
        {"HUAWEICLOUD_SDK_AK": facts["access_key"], "HUAWEICLOUD_SDK_SK": facts["secret_key"]},
    ),
    "environment, HW": lambda facts, cloud, tmp: (
        NO_KEYS,
        {
            "HW_ACCESS_KEY": _temporary(facts)["access_key"],
            "HW_SECRET_KEY": _temporary(facts)["secret_key"],
            "HW_SECURITY_TOKEN": _temporary(facts)["security_token"],
        },
    ),
    "environment, OS": lambda facts, cloud, tmp: (
        NO_KEYS,
        {
            "OS_USERNAME": facts["username"],
            "OS_PASSWORD": facts["password"],
            "OS_USER_DOMAIN_NAME": facts["domain_name"],
        },
    ),
    "environment, token": lambda facts, cloud, tmp: (
        NO_KEYS,
        {"OS_AUTH_TOKEN": _token(facts, cloud)},
    ),
    "file, keys": lambda facts, cloud, tmp: (
        {**NO_KEYS, "cloud": "sim"},
        _clouds_yaml(tmp, ak=facts["access_key"], sk=facts["secret_key"]),
    ),
    "file, password": lambda facts, cloud, tmp: (
        {**NO_KEYS, "cloud": "sim"},
        _clouds_yaml(
            tmp,
            username=facts["username"],
            password=facts["password"],
            user_domain_name=facts["domain_name"],
        ),
    ),
    "metadata, version 1": lambda facts, cloud, tmp: (_metadata(facts, cloud, "v1"), {}),
    "metadata, version 2": lambda facts, cloud, tmp: (_metadata(facts, cloud, "v2-only"), {}),
}
every_source = pytest.mark.parametrize("source", SOURCES)


def _metadata(facts: Mapping[str, Any], cloud: Cloud, mode: str) -> Arguments:
    cloud.switch(metadata=mode)
    return {**NO_KEYS, "endpoints": {**facts["endpoints"], "metadata": URL}}


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def quoting(clock: ManualClock, log: io.StringIO) -> Quoting:
    simulator = Simulator(clock=clock, seed=1, log=log)
    world = simulator.cloud.world
    next(user for user in world.users.values() if user.label == "main").password = PASSWORD
    next(key for key in world.access_keys.values() if key.label == "main").secret = SECRET_KEY
    return Quoting(simulator)


@dataclass
class Tries:
    """Tasks with the credentials of one source; at the end nothing of them is to be found."""

    cloud: Quoting
    arguments: Arguments
    folder: Path
    memory: Path
    log: io.StringIO

    def run(self, kind: str = "image", **more: Any) -> Arguments:
        module, arguments = task(kind, **{**self.arguments, **more})
        return self.hidden(self.cloud.run(module, verbosity=3, **arguments))

    def hidden(self, result: Arguments) -> Arguments:
        """The result, which gives nothing away."""
        assert leaks(json.dumps(result), self.secrets) == []
        assert leaks(json.dumps(result, ensure_ascii=False), self.secrets) == []
        return result

    @property
    def issued(self) -> list[Path]:
        """The files with what was issued for a password; they are in memory."""
        return list(self.memory.rglob("issued-*"))

    @property
    def secrets(self) -> set[str]:
        facts = self.cloud.simulator.facts(URL)
        temporary = facts["others"]["temporary"]
        known = {facts[name] for name in ("access_key", "secret_key", "password")}
        return {*known, *temporary.values(), PROXY, *self.cloud.seen.secrets}

    def assert_nothing_left_behind(self) -> None:
        assert self.cloud.seen.untold == set()
        for path in self.folder.rglob("*"):
            if path.is_file():
                assert leaks(path.read_text("utf-8", "replace"), self.secrets) == [], path
                assert leaks(path.name, self.secrets) == []
        for path in self.issued:
            assert leaks(f"{path} {path.read_text('utf-8')}", [PASSWORD, SECRET_KEY, PROXY]) == []
        assert leaks(self.log.getvalue(), self.secrets) == []
        assert leaks(json.dumps(self.cloud.simulator.requests), self.secrets) == []


@pytest.fixture
def tries(quoting: Quoting, source: str, log: io.StringIO, tmp_path: Path) -> Iterator[Tries]:
    (tmp_path / "files").mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "memory").mkdir(mode=0o700)
    facts = quoting.simulator.facts(URL)
    arguments, environ = SOURCES[source](facts, quoting, tmp_path / "files")
    quoting.environ = {
        "XDG_CACHE_HOME": str(tmp_path / "store"),
        "XDG_RUNTIME_DIR": str(tmp_path / "memory"),
        "HOME": str(tmp_path),
        "https_proxy": f"http://me:{PROXY}@proxy.example.com:3128",
        **environ,
    }
    tried = Tries(quoting, arguments, tmp_path / "store", tmp_path / "memory", log)
    yield tried
    tried.assert_nothing_left_behind()


# --- what is handed back

# Those of which something is kept, here where the project is given.
ISSUED = ("options, password", "environment, OS", "file, password")


@every_source
def test_success_gives_nothing_away(tries: Tries, source: str) -> None:
    """Where an agency is assumed there is nothing to copy in the other project."""
    if "agency" in source:
        tries.run(wait=False)
        assert tries.issued
        return
    started = tries.run(wait=False)
    assert bool(tries.issued) == (source in ISSUED)
    done = tries.run()
    again = tries.run(description="new words", min_ram=7)

    assert not started.get("failed"), started["msg"]
    assert (started["changed"], done["changed"], again["changed"]) == (True, True, True)
    assert MASK in done["image"]["os_version"]
    assert tries.cloud.seen.secrets
    assert any(line.startswith("POST ") for line in started["requests"])
    listed = tries.hidden(tries.cloud.run("image_info", verbosity=3, **tries.arguments))
    assert any(image["name"] == NAME for image in listed["images"])
    predicted = tries.cloud.run(
        "image", verbosity=3, check_mode=True, image=NAME, state="absent", **tries.arguments
    )
    assert tries.hidden(predicted)["changed"]


FAILURES: dict[str, Arguments] = {
    "refused": {**CREATE, "action": "answer", "status": 400, "code": "IMG.0015"},
    "refused by the gateway": {**CREATE, "action": "answer", "status": 403, "shape": "gateway"},
    "unclear": {**CREATE, "action": "answer", "status": 503},
    "never answered": {**CREATE, "action": "timeout"},
    "broken": {**CREATE, "action": "drop", "how": "reset"},
    "a page": {**CREATE, "action": "answer", "status": 502, "shape": "html"},
    "garbage": {**LIST, "action": "garbage"},
    "failed later": {**CREATE, "action": "job", "fail": "IMG.0014", "reason": "it failed"},
    "limited": {**LIST, "action": "throttle"},
    "in trouble": {**LIST, "action": "answer", "status": 500},
    "unauthorized": {"action": "unauthorized"},
    "login refused": {"path": "tokens", "action": "answer", "status": 403, "code": "IAM.0002"},
    "redirected": {"action": "redirect", "location": "https://elsewhere.example.com/"},
    "wrong clock": {"action": "skew", "seconds": 4000},
    "not there": {"action": "drop", "how": "refuse"},
}


METHODS = ("options, keys", "options, password and agency", "metadata, version 2")


def crossed(
    tasks: Sequence[str], sources: Sequence[str], methods: Sequence[str] = METHODS
) -> pytest.MarkDecorator:
    """Every task with credentials of the methods, those given with those of every source.

    How a secret may be quoted is a matter of `_cloud/censor.py`, and tested there.
    """
    pairs = [(task, source) for task in tasks for source in methods]
    pairs += [(task, source) for task in sources for source in SOURCES if source not in methods]
    return pytest.mark.parametrize(("what", "source"), pairs)


@crossed([*FAILURES], ["refused"])
def test_a_failure_gives_nothing_away(tries: Tries, source: str, what: str) -> None:
    tries.cloud.rules(FAILURES[what])

    result = tries.run(wait_timeout=300)

    assert result.get("failed") or what in ("login refused", "wrong clock")
    assert "exception" not in result
    if what == "refused" and "agency" not in source:
        assert MASK in result["msg"]
        assert MASK in result["error"]["message"]


@crossed(["nothing", *FAILURES], ["nothing"], METHODS[1:2])
def test_what_is_found_out_of_an_account_gives_nothing_away(
    tries: Tries, source: str, what: str
) -> None:
    """The report is made to be shown to others."""
    if what in FAILURES:
        tries.cloud.rules(FAILURES[what])

    result = tries.hidden(tries.cloud.run("account_info", verbosity=3, **tries.arguments))

    assert result["report"]
    assert result["healthy"] or what in FAILURES


@crossed([*QUOTES], ["base64 of JSON"], METHODS[1:2])
def test_a_quoted_request_gives_nothing_away(tries: Tries, source: str, what: str) -> None:
    tries.cloud.how = QUOTES[what]
    tries.cloud.rules({"action": "answer", "status": 403, "service": "ims"})

    result = tries.run()

    assert result["failed"]
    assert MASK in result["msg"]


@every_source
def test_a_bug_of_ours_gives_nothing_away(tries: Tries, source: str) -> None:
    tries.cloud.crash = True

    result = tries.run()

    assert "a bug" in result["msg"]
    assert MASK in result["msg"]
    assert "Traceback" in result["exception"]
    assert MASK in result["exception"]


@pytest.mark.parametrize("source", ["options, keys", "options, password"])
def test_a_bug_before_the_first_request_gives_nothing_away(
    tries: Tries, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(options: Mapping[str, Any], *_rest: Any, **_more: Any) -> None:
        raise RuntimeError(f"a bug, with {json.dumps(dict(options))}")

    tries.run()
    module = "ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clients"
    monkeypatch.setattr(f"{module}.connect", crash)

    result = tries.run()

    assert MASK in result["msg"]
    assert MASK in result["exception"]


@every_kind
@pytest.mark.parametrize("source", ["options, password"])
def test_every_kind_of_image_gives_nothing_away(tries: Tries, source: str, kind: str) -> None:
    assert tries.run(kind, wait=False)["changed"]
    assert not tries.run(kind).get("failed")


def test_warnings_notes_and_whatever_a_run_returns_are_masked(quoting: Quoting) -> None:
    def story(run: Task, arguments: Arguments) -> Arguments:
        run.warn(f"a warning with {SECRET_KEY}")
        run.note(f"a note with {SECRET_KEY}")
        return {"changed": False, "diff": {"after": [{"description": SECRET_KEY}]}}

    facts = quoting.simulator.facts(URL)
    given = {name: facts[name] for name in ("region", "project_id", "access_key", "secret_key")}
    options = TaskOptions(environ={}, on_secret=lambda value: None, verbosity=3)

    result = run_task(given, options, dict, story)

    assert result["warnings"] == [f"a warning with {MASK}"]
    assert result["notes"][-1] == f"a note with {MASK}"
    assert result["diff"] == {"after": [{"description": MASK}]}
    assert result["changed"] is False


def test_a_short_secret_of_the_environment_does_not_destroy_the_result(cloud: Cloud) -> None:
    """Ansible masks what it is told of wherever it stands, so it is not told."""
    world = cloud.simulator.cloud.world
    next(user for user in world.users.values() if user.label == "main").password = "a"
    user = _user(cloud.simulator.facts(URL))
    cloud.environ = {
        "OS_USERNAME": user["username"],
        "OS_PASSWORD": "a",
        "OS_USER_DOMAIN_NAME": user["domain_name"],
    }

    result = ok(cloud.run("image_info", **NO_KEYS, verbosity=3))

    assert "OS_PASSWORD" in result["notes"][0]
    assert MASK not in json.dumps(result)
    assert cloud.secrets
    assert "a" not in cloud.secrets


# --- the tools of this test


def test_the_detector_finds_each_quotation() -> None:
    for how in QUOTES.values():
        assert leaks(f"some {how('x' + SECRET_KEY)} text", [SECRET_KEY]) == [SECRET_KEY]
        assert leaks(json.dumps(how(SECRET_KEY)), [SECRET_KEY]) == [SECRET_KEY]
    assert leaks(f"some {MASK} text", [SECRET_KEY]) == []


def test_the_quoting_cloud_leaks_without_our_censor(
    quoting: Quoting, monkeypatch: pytest.MonkeyPatch
) -> None:
    censor = "ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.censor.Secrets"
    monkeypatch.setattr(f"{censor}.censor", lambda self, text: text)
    quoting.rules({"action": "answer", "status": 403})
    user = _user(quoting.simulator.facts(URL))

    result = quoting.run("image_info", **NO_KEYS, **user)

    assert leaks(result["msg"], [PASSWORD]) == [PASSWORD]


def test_the_simulators_log_has_no_bodies() -> None:
    log = io.StringIO()
    Journal(log).close({"path": "/", "body": {"password": PASSWORD}})
    assert leaks(log.getvalue(), [PASSWORD]) == []
