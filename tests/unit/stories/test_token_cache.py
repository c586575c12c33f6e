# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of a machine share of what IAM issued, seen from the cloud: each asks IAM as
little as possible, and works as well where nothing can be shared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import store
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator, records
from ansible_collections.huaweicloud.ims.tests.simulator.clock import RealClock
from ansible_collections.huaweicloud.ims.tests.simulator.server import serve

from .conftest import NO_STORE, URL, Cloud
from .kinds import IMAGE, task

Arguments = dict[str, Any]

TOKENS = "/v3/auth/tokens"
NO_KEYS: Arguments = {"access_key": None, "secret_key": None}
LOGIN = f"POST {TOKENS}"
LOOK_UP = "GET /v3/projects"
ASSUME = "POST /v3.0/OS-CREDENTIAL/securitytokens"
METADATA = ["PUT /meta-data/latest/api/token", "GET /openstack/latest/securitykey"]
LIST = "GET /v2/cloudimages"


Arrange = Callable[[Cloud], Arguments]


def keys(cloud: Cloud) -> Arguments:
    return {}


def temporary(cloud: Cloud) -> Arguments:
    return dict(_facts(cloud)["others"]["temporary"])


def user(cloud: Cloud) -> Arguments:
    facts = _facts(cloud)
    given = {name: facts[name] for name in ("username", "password", "domain_name")}
    return {**NO_KEYS, **given, "project_name": facts["project_name"]}


def token(cloud: Cloud) -> Arguments:
    """One that was issued to somebody else."""
    given = user(cloud)
    body = {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "name": given["username"],
                        "password": given["password"],
                        "domain": {"name": given["domain_name"]},
                    }
                },
            },
            "scope": {"project": {"name": given["project_name"]}},
        }
    }
    answer = cloud.session().post(f"{URL}{TOKENS}", json=body, timeout=9)
    return {**NO_KEYS, "auth_token": answer.headers["X-Subject-Token"]}


def metadata(cloud: Cloud) -> Arguments:
    return {**NO_KEYS, "endpoints": {**_facts(cloud)["endpoints"], "metadata": URL}}


def agency(by: Arrange) -> Arrange:
    def arrange(cloud: Cloud) -> Arguments:
        assumed = _facts(cloud)["others"]["agency"]
        names = ("agency_name", "agency_domain_name")
        return {**by(cloud), **{name: assumed[name] for name in names}}

    return arrange


def _facts(cloud: Cloud) -> Mapping[str, Any]:
    return cloud.simulator.facts(URL)


# Arguments without a project id; what the first task asks; what each later one does. By the names
# that the README has for them.
METHODS: dict[str, tuple[Arrange, list[str], list[str]]] = {
    "access key": (keys, [LOOK_UP], []),
    "access key, temporary": (temporary, [LOOK_UP], []),
    "user and password": (user, [LOGIN], []),
    "token": (token, [f"GET {TOKENS}"], []),
    "agency, by access key": (agency(keys), [ASSUME, LOOK_UP], []),
    "agency, by password": (agency(user), [LOGIN, LOGIN], []),
    "agency, by token": (agency(token), [LOGIN], []),
    "metadata of the server": (metadata, [*METADATA, LOOK_UP], METADATA),
    "agency, by metadata": (agency(metadata), [*METADATA, ASSUME, LOOK_UP], [*METADATA, ASSUME]),
}


@pytest.fixture
def machine(tame: Cloud, tmp_path: Path) -> Cloud:
    """A cloud without moods, and a directory for its users to share. Each of its projects has the
    image that they look for."""
    for image in tame.simulator.cloud.world.images.values():
        if image.facets.name in ("limited-image", "partner-private"):
            image.facets.name = "wanted"
    tame.environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": "/dev/null"}
    return tame


def listed(cloud: Cloud, **arguments: Any) -> list[str]:
    """What a task asks that looks for an image by its name; it has to end well."""
    cloud.forget_requests()
    result = cloud.run("image_info", **{"project_id": None, "name": "wanted", **arguments})
    assert not result.get("failed"), result["msg"]
    return cloud.requests()


def _asked_of_iam(calls: list[str]) -> int:
    return len([call for call in calls if call not in METADATA])


def files(cloud: Cloud) -> list[Path]:
    folder = Path(cloud.environ["XDG_CACHE_HOME"]) / store.NAME
    return sorted(folder.iterdir()) if folder.exists() else []


# --- what it saves


@pytest.mark.parametrize("method", METHODS)
def test_the_first_task_asks_iam_for_all_that_follow(machine: Cloud, method: str) -> None:
    make, first, later = METHODS[method]
    arguments = make(machine)

    assert Counter(listed(machine, **arguments)) == Counter([*first, LIST])
    for _turn in range(3):
        assert listed(machine, **arguments) == [*later, LIST]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("without", ["an option", "a place"])
def test_without_it_each_task_asks_and_ends_as_well(
    machine: Cloud, method: str, without: str
) -> None:
    make, first, _later = METHODS[method]
    arguments = make(machine)
    if without == "a place":
        machine.environ = {**NO_STORE, "XDG_CACHE_HOME": "/dev/null/there"}
    else:
        arguments = {**arguments, "token_cache": False}

    for _turn in range(2):
        assert Counter(listed(machine, **arguments)) == Counter([*first, LIST])
    if without == "an option":
        assert files(machine) == []


def test_the_readme_says_what_iam_is_asked() -> None:
    told = {
        cells[0]: (int(cells[2]), int(cells[3]))
        for line in (Path(__file__).parents[3] / "README.md").read_text("utf-8").splitlines()
        if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4
        and cells[2].isdigit()
        and cells[3].isdigit()
    }
    asked = {
        name: (_asked_of_iam(first), _asked_of_iam(later))
        for name, (_arrange, first, later) in METHODS.items()
    }
    assert told == asked


def test_check_mode_and_other_modules_share_it(machine: Cloud) -> None:
    arguments = {**user(machine), "project_id": None}
    copy = {"name": "made", "source_image": IMAGE, **arguments}

    predicted = machine.run("image_copy", check_mode=True, **copy)
    made = machine.run("image_copy", **copy)
    changed = machine.run("image", image="made", description="new", **arguments)

    assert [result["changed"] for result in (predicted, made, changed)] == [True, True, True]
    assert machine.requests().count(LOGIN) == 1


def test_each_user_has_his_own(machine: Cloud) -> None:
    facts = machine.simulator.facts(URL)
    reader = {**NO_KEYS, **facts["others"]["reader"], "domain_name": facts["domain_name"]}
    by_name = {name: reader[name] for name in ("username", "password", "domain_name")}

    assert LOGIN in listed(machine, **user(machine))
    assert LOGIN in listed(machine, **NO_KEYS, **by_name)
    assert listed(machine, **user(machine)) == [LIST]
    assert listed(machine, **NO_KEYS, **by_name) == [LIST]
    credentials = {entry["credential"] for entry in machine.simulator.requests}
    assert credentials == {"reader"}


def test_a_wrong_password_fails_although_a_token_is_there(machine: Cloud) -> None:
    good = user(machine)
    listed(machine, **good)
    machine.forget_requests()

    result = machine.run("image_info", project_id=None, **{**good, "password": "not-the-password"})

    assert result["failed"]
    assert result["error"]["http_status"] == 401
    assert machine.requests() == [LOGIN]
    assert listed(machine, **good) == [LIST]


# --- what ends it


def test_a_token_that_ended_is_not_sent(machine: Cloud) -> None:
    arguments = user(machine)
    listed(machine, **arguments)
    machine.clock.advance(86400 - 601)
    assert listed(machine, **arguments) == [LIST]
    machine.clock.advance(2)
    assert listed(machine, **arguments) == [LOGIN, LIST]


def test_a_token_that_was_revoked_is_replaced_once(machine: Cloud) -> None:
    arguments = user(machine)
    listed(machine, **arguments)
    machine.simulator.cloud.world.tokens.clear()

    assert listed(machine, **arguments) == [LIST, LOGIN, LIST]
    assert listed(machine, **arguments) == [LIST]


def test_keys_of_an_agency_that_were_revoked_are_replaced_once(machine: Cloud) -> None:
    arguments = agency(keys)(machine)
    listed(machine, **arguments)
    known = machine.simulator.cloud.world.access_keys
    for access in [key.access for key in known.values() if key.label == "issued"]:
        del known[access]

    assert listed(machine, **arguments) == [LIST, ASSUME, LIST]
    assert listed(machine, **arguments) == [LIST]


def test_a_changed_password_is_used_at_once(machine: Cloud) -> None:
    arguments = user(machine)
    listed(machine, **arguments)
    world = machine.simulator.cloud.world
    next(one for one in world.users.values() if one.label == "main").password = "a-new-password"

    assert listed(machine, **{**arguments, "password": "a-new-password"}) == [LOGIN, LIST]
    assert listed(machine, **{**arguments, "password": "a-new-password"}) == [LIST]


# --- a project that is another one now


def lose_project(cloud: Cloud) -> records.Project:
    """The project has another name now, and is no more for the user; tokens for it have ended."""
    world = cloud.simulator.cloud.world
    main = next(one for one in world.users.values() if one.label == "main")
    project = world.projects[main.project_ids[0]]
    world.projects[project.id] = replace(project, name="deleted")
    main.project_ids.remove(project.id)
    world.tokens.clear()
    return project


def make_project_anew(cloud: Cloud) -> str:
    """The id of the project that has the name now."""
    world = cloud.simulator.cloud.world
    new = replace(lose_project(cloud), id="f" * 32)
    world.projects[new.id] = new
    next(one for one in world.users.values() if one.label == "main").project_ids.append(new.id)
    return new.id


@pytest.mark.parametrize("method", ["access key", "user and password"])
@pytest.mark.parametrize("kind", ["data file", "system file"])
def test_a_project_that_was_made_anew_is_found(machine: Cloud, method: str, kind: str) -> None:
    make, first, _later = METHODS[method]
    arguments = {**make(machine), "project_id": None}
    listed(machine, **arguments)
    new = make_project_anew(machine)
    machine.forget_requests()
    module, wanted = task(kind, **arguments)

    result = machine.run(module, **wanted)

    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert result["image"]["owner"] == new
    calls = machine.requests()
    assert calls[: len(first) + 2] == [LIST, *first, LIST]
    assert len(machine.creates()) == 1
    machine.forget_requests()
    assert not machine.run(module, **wanted)["changed"]
    assert machine.requests() == [LIST]


@pytest.mark.parametrize("method", ["access key", "user and password"])
def test_a_project_that_is_gone_is_told_in_words(machine: Cloud, method: str) -> None:
    arguments = METHODS[method][0](machine)
    listed(machine, **arguments)
    lose_project(machine)

    result = machine.run("image_info", **{"project_id": None, **arguments})

    assert result["failed"]
    assert "project" in result["msg"]
    assert "a bug" not in result["msg"]


# --- secrets


@pytest.mark.parametrize("method", METHODS)
def test_the_files_give_nothing_away(machine: Cloud, method: str) -> None:
    arguments = METHODS[method][0](machine)
    for _turn in range(2):
        listed(machine, **arguments)

    world = machine.simulator.cloud.world
    facts = machine.simulator.facts(URL)
    secrets = {*world.tokens, *world.metadata_tokens, facts["password"], *machine.secrets}
    for key in world.access_keys.values():
        secrets |= {key.access, key.secret, key.security_token or key.secret}
    long = {secret for secret in secrets if len(secret) >= 20}
    assert len(long) > 5
    assert files(machine)
    for path in files(machine):
        content = path.read_bytes()
        assert leaks(content.decode("latin-1"), long) == []
        assert leaks(content.hex(), long) == []
        assert not any(secret.encode() in content for secret in secrets)
        assert leaks(path.name, long) == []


def test_a_recalled_token_is_censored(machine: Cloud) -> None:
    arguments = user(machine)
    listed(machine, **arguments)
    [token] = machine.simulator.cloud.world.tokens
    machine.secrets.clear()
    machine.rules(
        {
            "path": "cloudimages",
            "action": "answer",
            "status": 403,
            "message": f"not with the token {token}",
        }
    )

    result = machine.run("image_info", project_id=None, verbosity=3, **arguments)

    assert result["failed"]
    assert token in machine.secrets
    assert leaks(json.dumps(result), [token]) == []
    assert "not with the token ********" in result["msg"]


# --- two processes at once

# Lists images on the clock of the machine, and says so when it has to wait for another task.
TASK = """
import json, sys
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import connect
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import SystemClock

class Clock(SystemClock):
    def sleep(self, seconds):
        print("waits", flush=True)
        super().sleep(seconds)

options, environ = json.loads(sys.argv[1])
client = connect(options, environ, clock=Clock())
client.request("ims", "GET", "/v2/cloudimages", query={"limit": 1})
print("done", client.project_id, flush=True)
"""


@contextmanager
def served(simulator: Simulator) -> Iterator[str]:
    server = serve(simulator, "127.0.0.1", 0)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def holding(
    app: Callable[..., Iterable[bytes]], path: str, going_on: threading.Event
) -> Callable[..., Iterable[bytes]]:
    """The same cloud, which answers the first call of that path only when it may go on, or when
    there is a second one."""
    calls = 0

    def answer(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        nonlocal calls
        if environ["PATH_INFO"] == path:
            calls += 1
            if calls > 1:
                going_on.set()
            assert going_on.wait(60), "nobody waits for the first task"
        return app(environ, start_response)

    return answer


@pytest.mark.parametrize(
    ("method", "asked"), [("user and password", LOGIN), ("access key", LOOK_UP)]
)
def test_two_processes_at_once_ask_iam_once(tmp_path: Path, method: str, asked: str) -> None:
    simulator = Simulator(RealClock(), seed=1, tame=True)
    one_waits = threading.Event()
    simulator.app = holding(simulator.app, asked.split(" ")[1], one_waits)
    with served(simulator) as url:
        facts = simulator.facts(url)
        names = ("access_key", "secret_key", "region", "endpoints")
        options = {name: facts[name] for name in names}
        options.update(METHODS[method][0](Cloud(simulator)))
        environ = {"XDG_CACHE_HOME": str(tmp_path)}
        command = [sys.executable, "-c", TASK, json.dumps([options, environ])]
        paths = os.pathsep.join(path for path in sys.path if path)
        tasks = [
            subprocess.Popen(
                command,
                env={**os.environ, "PYTHONPATH": paths},
                stdout=subprocess.PIPE,
                text=True,
            )
            for _number in range(2)
        ]
        told: list[list[str]] = [[], []]

        def listen(number: int) -> None:
            output = tasks[number].stdout
            assert output is not None
            for line in output:
                told[number].append(line.strip())
                one_waits.set()

        listeners = [threading.Thread(target=listen, args=(number,)) for number in range(2)]
        for listener in listeners:
            listener.start()
        for listener in listeners:
            listener.join(90)
        codes = [task.wait(30) for task in tasks]

    done = f"done {facts['project_id']}"
    assert codes == [0, 0]
    assert [lines[-1] for lines in told] == [done, done]
    assert sorted("waits" in lines for lines in told) == [False, True]
    calls = [f"{entry['method']} {entry['path']}" for entry in simulator.requests]
    assert calls.count(asked) == 1
    assert calls.count(LIST) == 2


def test_a_task_that_was_killed_while_it_asked_holds_nobody_up(machine: Cloud) -> None:
    """Its lock is gone with it; the file that it was in may stay."""
    arguments = user(machine)
    listed(machine, **arguments)
    [path] = files(machine)
    path.unlink()
    path.with_name(f"{path.name}.lock").touch(0o600)
    assert isinstance(machine.simulator.clock, ManualClock)
    before = machine.clock.now()

    assert listed(machine, **arguments) == [LOGIN, LIST]
    assert machine.clock.now() == before
    assert files(machine) == [path]
