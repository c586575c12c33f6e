# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole tasks that share what IAM issued: they ask once, fail with a wrong password, and find a
project that was recreated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE
from ansible_collections.huaweicloud.ims.tests.simulator import Simulator, records
from ansible_collections.huaweicloud.ims.tests.simulator.clock import RealClock
from ansible_collections.huaweicloud.ims.tests.simulator.server import serve

from .conftest import URL, Cloud
from .kinds import task

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


def user(cloud: Cloud) -> Arguments:
    facts = _facts(cloud)
    given = {name: facts[name] for name in ("username", "password", "domain_name")}
    return {**NO_KEYS, **given, "project_name": facts["project_name"]}


def _facts(cloud: Cloud) -> Mapping[str, Any]:
    return cloud.simulator.facts(URL)


# Arguments without a project id, and what the first task asks IAM.
METHODS: dict[str, tuple[Arrange, str]] = {
    "access key": (keys, LOOK_UP),
    "user and password": (user, LOGIN),
}
every_method = pytest.mark.parametrize("method", METHODS)


@pytest.fixture
def machine(tame: Cloud, tmp_path: Path) -> Cloud:
    """A cloud without moods, and a directory for its users to share. Each of its projects has the
    image that they look for."""
    for image in tame.simulator.cloud.world.images.values():
        if image.facets.name in ("limited-image", "partner-private"):
            image.facets.name = "wanted"
    tame.environ = dict.fromkeys(("XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), str(tmp_path))
    return tame


def listed(cloud: Cloud, **arguments: Any) -> list[str]:
    """What a task asks that looks for an image by its name; it has to end well."""
    cloud.forget_requests()
    result = cloud.run("image_info", **{"project_id": None, "name": "wanted", **arguments})
    assert not result.get("failed"), result["msg"]
    return cloud.requests()


def test_check_mode_and_other_modules_share_it(machine: Cloud) -> None:
    arguments = {**user(machine), "project_id": None}
    copy = {"name": "made", "source_image": IMAGE, **arguments}

    predicted = machine.run("image_copy", check_mode=True, **copy)
    made = machine.run("image_copy", **copy)
    changed = machine.run("image", image="made", description="new", **arguments)

    assert [result["changed"] for result in (predicted, made, changed)] == [True, True, True]
    assert machine.requests().count(LOGIN) == 1


def test_a_wrong_password_fails_although_a_token_is_there(machine: Cloud) -> None:
    good = user(machine)
    listed(machine, **good)
    machine.forget_requests()

    result = machine.run("image_info", project_id=None, **{**good, "password": "not-the-password"})

    assert result["failed"]
    assert result["error"]["http_status"] == 401
    assert machine.requests() == [LOGIN]
    assert listed(machine, **good) == [LIST]


# --- a project that was recreated


def lose_project(cloud: Cloud) -> records.Project:
    """The project has another name now, and is no more for the user; tokens for it have ended."""
    world = cloud.simulator.cloud.world
    main = next(one for one in world.users.values() if one.label == "main")
    project = world.projects[main.project_ids[0]]
    world.projects[project.id] = replace(project, name="deleted")
    main.project_ids.remove(project.id)
    world.tokens.clear()
    return project


def recreate_project(cloud: Cloud) -> str:
    """The id of the project that has the name now."""
    world = cloud.simulator.cloud.world
    new = replace(lose_project(cloud), id="f" * 32)
    world.projects[new.id] = new
    next(one for one in world.users.values() if one.label == "main").project_ids.append(new.id)
    return new.id


@every_method
@pytest.mark.parametrize("kind", ["data file", "system file"])
def test_a_recreated_project_is_found(machine: Cloud, method: str, kind: str) -> None:
    arrange, asked = METHODS[method]
    arguments = {**arrange(machine), "project_id": None}
    listed(machine, **arguments)
    new = recreate_project(machine)
    machine.forget_requests()
    module, wanted = task(kind, **arguments)

    result = machine.run(module, **wanted)

    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert result["image"]["owner"] == new
    calls = machine.requests()
    assert calls[:3] == [LIST, asked, LIST]
    assert len(machine.creates()) == 1
    machine.forget_requests()
    assert not machine.run(module, **wanted)["changed"]
    assert machine.requests() == [LIST]


@every_method
def test_a_missing_project_is_named(machine: Cloud, method: str) -> None:
    arguments = METHODS[method][0](machine)
    listed(machine, **arguments)
    lose_project(machine)

    result = machine.run("image_info", **{"project_id": None, **arguments})

    assert result["failed"]
    assert "project" in result["msg"]
    assert "a bug" not in result["msg"]


# --- secrets


def test_a_cached_token_is_masked(machine: Cloud) -> None:
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


@every_method
def test_two_processes_at_once_ask_iam_once(tmp_path: Path, method: str) -> None:
    arrange, asked = METHODS[method]
    simulator = Simulator(RealClock(), seed=1, tame=True)
    one_waits = threading.Event()
    simulator.app = holding(simulator.app, asked.split(" ")[1], one_waits)
    with served(simulator) as url:
        facts = simulator.facts(url)
        names = ("access_key", "secret_key", "region", "endpoints")
        options = {name: facts[name] for name in names}
        options.update(arrange(Cloud(simulator)))
        environ = dict.fromkeys(("XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), str(tmp_path))
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
