# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole tasks in one process: a module's story against the simulator, on a clock of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clients import Clients
from ansible_collections.huaweicloud.ims.plugins.module_utils._front import nested
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import (
    TaskOptions,
    run_task,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import (
    InvalidArgument,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.result import failure
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator
from ansible_collections.huaweicloud.ims.tests.simulator.adapter import SimulatorAdapter

URL = "http://127.0.0.1:8080"
MODULES = "ansible_collections.huaweicloud.ims.plugins.modules"
# A task's environment in which there is no place for what the tasks of a machine share.
NO_STORE = {"TMPDIR": "/dev/null"}
CONNECTION = ("region", "project_id", "access_key", "secret_key", "auth_url", "endpoints")


# Changes the object of a good answer on its way to the client: ("GET /path", object) -> object, or
# bytes for what is no JSON.
Retell = Callable[[str, Any], Any]


class _Adapter(SimulatorAdapter):
    """For what no switch of the simulator brings about: the answers of another cloud."""

    def __init__(self, simulator: Simulator, retell: Retell | None) -> None:
        super().__init__(simulator)
        self._retell = retell

    def build_response(self, request: Any, raw: Any) -> requests.Response:
        response = super().build_response(request, raw)
        if self._retell and response.ok and response.content:
            told = self._retell(f"{request.method} {urlsplit(request.url).path}", response.json())
            response._content = told if isinstance(told, bytes) else json.dumps(told).encode()
        return response


def ok(result: dict[str, Any]) -> dict[str, Any]:
    """The result of a task that is to have succeeded."""
    assert not result.get("failed"), result["msg"]
    return result


def in_lists(change: Callable[[dict[str, Any]], object]) -> Retell:
    """Return what changes each image of every list."""

    def retell(call: str, answer: Any) -> Any:
        for image in answer["images"] if call == "GET /v2/cloudimages" else ():
            change(image)
        return answer

    return retell


def refusal(module: str, **arguments: Any) -> str:
    """Return what is wrong with the options of a task, '' if nothing; no cloud is asked.

    The connection is checked elsewhere.
    """
    code = import_module(f"{MODULES}.{module}")
    validated = ArgumentSpecValidator(code.ARGUMENTS).validate({"region": "eu-de", **arguments})
    try:
        if not validated.error_messages:
            given = validated.validated_parameters
            if hasattr(code, "NESTED"):
                spec = code.ARGUMENTS
                given = nested.validated(given, spec, code.NESTED, check_mode=False)[0]
            code.check(given)
    except InvalidArgument as error:
        return str(error)
    return "; ".join(validated.error_messages)


@dataclass
class Cloud:
    """A simulated cloud, and tasks run against it as a user would write them."""

    simulator: Simulator
    environ: dict[str, str] = field(default_factory=lambda: dict(NO_STORE))
    secrets: set[str] = field(default_factory=set)
    retell: Retell | None = None
    alive: Callable[[], bool] = lambda: True
    # Those of a worker process, for tasks that are items of one loop.
    clients: Clients | None = None
    # What answers at other addresses than the simulator's.
    elsewhere: dict[str, requests.adapters.BaseAdapter] = field(default_factory=dict)
    # What the tasks have told of their progress.
    lines: list[str] = field(default_factory=list)

    def run(
        self, module: str, *, check_mode: Any = False, verbosity: Any = 0, **arguments: Any
    ) -> dict[str, Any]:
        """The result of one task, as `register` would hold it.

        check_mode (bool) and verbosity (int) are Any, so that mypy lets tests spread a mapping of
        the task's own arguments beside them.
        """
        code = import_module(f"{MODULES}.{module}")
        facts = self.simulator.facts(URL)
        given = {**{name: facts[name] for name in CONNECTION}, **arguments}
        validated = ArgumentSpecValidator(code.ARGUMENTS).validate(given)
        if validated.error_messages:
            # What AnsibleModule says before the module's own code runs.
            return failure(None, InvalidArgument("; ".join(validated.error_messages)))
        options = TaskOptions(
            environ=self.environ,
            on_secret=self.secrets.add,
            check_mode=check_mode,
            verbosity=verbosity,
            clock=self.clock,
            session=self.session(),
            alive=self.alive,
            show_line=self.lines.append,
            clients=self.clients or Clients(),
        )
        connect = getattr(code, "connect", None)
        through = getattr(code, "through", run_task)
        result: dict[str, Any] = through(
            validated.validated_parameters, options, code.check, code.run, connect
        )
        return result

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount(URL, _Adapter(self.simulator, self.retell))
        for address, adapter in self.elsewhere.items():
            session.mount(address, adapter)
        return session

    @property
    def clock(self) -> ManualClock:
        """The one clock of the cloud and of the tasks."""
        assert isinstance(self.simulator.clock, ManualClock)
        return self.simulator.clock

    def rules(self, *rules: dict[str, Any]) -> None:
        """What the simulator does to the requests that these name: its own `rules`."""
        self.simulator.faults({"rules": list(rules)})

    def switch(self, **switches: Any) -> None:
        """How the simulated cloud behaves: its own `switches`."""
        self.simulator.faults({"switches": switches})

    def requests(self, *methods: str) -> list[str]:
        """The calls the cloud received, as "METHOD path": all, or those of the given methods."""
        calls = [(entry["method"], entry["path"]) for entry in self.simulator.requests]
        return [f"{method} {path}" for method, path in calls if not methods or method in methods]

    def creates(self) -> list[str]:
        """The create requests the cloud received, whatever became of them."""
        ends = ("/wholeimages/action", "/copy", "/quickimport/action")
        return [
            call
            for call in self.requests("POST")
            if call.endswith(ends) or ("/volumes/" in call and call.endswith("/action"))
        ]

    def writes(self) -> list[str]:
        return self.requests("POST", "PATCH", "PUT", "DELETE")

    def unchanged(self, module: str, **arguments: Any) -> dict[str, Any]:
        """The result of a task that has to find everything as it should be."""
        self.forget_requests()
        result = ok(self.run(module, **arguments))
        assert not result["changed"]
        assert self.writes() == []
        return result

    def refused(self, module: str, **arguments: Any) -> dict[str, Any]:
        """The result of a task that has to fail before it writes anything."""
        self.forget_requests()
        result = self.run(module, **arguments)
        assert result["failed"]
        assert self.writes() == []
        return result

    def credential(self, label: str) -> dict[str, Any]:
        """Access key, secret key and project of another user: reader, no-lookups, partner."""
        facts = self.simulator.facts(URL)["others"][label]
        names = ("access_key", "secret_key", "security_token", "project_id")
        return {name: facts[name] for name in names if name in facts}

    def user(self) -> dict[str, Any]:
        """The options of a task that logs in with a password."""
        facts = self.simulator.facts(URL)
        login = {name: facts[name] for name in ("username", "password", "domain_name")}
        return {"access_key": None, "secret_key": None, **login}

    def thing(self, kind: str, name: str) -> dict[str, Any]:
        """The first thing of that name in the simulated world, as it is in truth; kind: servers,
        volumes, vaults, backups, images."""
        return next(one for one in self.simulator.things(kind) if one["name"] == name)

    def forget_requests(self) -> None:
        self.simulator._journal.clear()

    def images(self, name: str) -> list[dict[str, Any]]:
        """The images of that name as they are in truth, those still listed but deleted left out."""
        images = self.simulator.things("images")
        return [item for item in images if item["name"] == name and not item["deleted"]]


class Count:
    """Counts what a test has spoilt, for the summary of the run: answers that differ from each
    other, and runs of tasks that got some."""

    def __init__(self) -> None:
        self.tasks = 0
        self._answers: set[Any] = set()

    def add(self, *answer: Any) -> None:
        self._answers.add(answer)

    @property
    def answers(self) -> int:
        return len(self._answers)


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Iterator[Count]:
    count = Count()
    yield count
    # Few, but some: there are answers that hold one value only.
    assert count.answers >= 5
    request.node.user_properties.append(("spoilt answers", count.answers))
    request.node.user_properties.append(("tasks that got spoilt answers", count.tasks))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cloud(clock: ManualClock) -> Cloud:
    """The cloud as it is by default: nasty."""
    return Cloud(Simulator(clock=clock, seed=1))


@pytest.fixture
def tame(clock: ManualClock) -> Cloud:
    """A cloud without delays and optional behaviour, for tests that count requests."""
    return Cloud(Simulator(clock=clock, seed=1, tame=True))


@pytest.fixture
def machine(cloud: Cloud, tmp_path: Path) -> Cloud:
    """A cloud whose lists are late, and a machine on which tasks can leave word to each other."""
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    cloud.switch(list_delay=[40, 40])
    return cloud
