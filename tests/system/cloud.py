# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated cloud that the system tests share, and playbooks run against it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import store
from ansible_collections.huaweicloud.ims.tests.system.commands import LIMIT
from ansible_collections.huaweicloud.ims.tools import account
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

_QUIET = {
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
}


@dataclass(frozen=True)
class Played:
    """One run of ansible-playbook. `results` has a line for each task and host, loops as one."""

    returncode: int
    output: str
    results: Sequence[Mapping[str, Any]]
    hosts: Mapping[str, Mapping[str, int]]
    stats: Mapping[str, Any]

    @property
    def changed(self) -> int:
        return sum(host["changed"] for host in self.hosts.values())

    def task(self, name: str) -> Mapping[str, Any]:
        """The result of the only task of that name, on the only host that it ran on."""
        [result] = self.hosts_of(name).values()
        return result

    def hosts_of(self, name: str) -> dict[str, Mapping[str, Any]]:
        """The results of the task of that name by host."""
        return {line["host"]: line["result"] for line in self.results if line["task"] == name}

    def of(self, action: str) -> list[Mapping[str, Any]]:
        """The results of a module, by its short or full name; those of a loop one by one."""
        found = [line["result"] for line in self.results if line["action"].split(".")[-1] == action]
        return [item for result in found for item in result.get("results", [result])]

    def lines(self, task: str) -> list[str]:
        """The lines that the last task of that name shows, also one of a role."""
        shown = [line["result"] for line in self.results if line["task"].endswith(task)]
        return [str(one["_ansible_item_label"]) for one in shown[-1]["results"]]

    @property
    def message(self) -> str:
        """What the last failed task says."""
        failed = [line["result"] for line in self.results if line["status"] == "failed"]
        return str(failed[-1]["msg"]) if failed else ""


@dataclass(frozen=True)
class RunningCloud:
    """A simulator, and where playbooks against it run.

    `facts` is what the simulator tells of itself. `cache` is the user's cache directory, where
    tasks note what they have ordered: a cloud that begins anew needs a new one.
    """

    facts: Mapping[str, Any]
    at: Place = Place()  # noqa: RUF009  (it never changes)
    cache: Path | None = None

    def place(self, **variables: str) -> account.Visitor:
        """Where programs find the account of this cloud in their environment."""
        cache = {}
        if self.cache:
            self.cache.mkdir(mode=0o700, exist_ok=True)
            cache = dict.fromkeys(("XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), str(self.cache))
        found = {**account.variables(self.facts), **_QUIET, **cache, **variables}
        return account.Visitor(self.at.venv, self.at.home, self.at.pythons, found)

    def reset(self) -> None:
        self._ask("/_sim/reset", {})

    def forget_notes(self) -> None:
        """What is left of a container that was thrown away: what the cloud knows."""
        assert self.cache is not None, "other tests may be at work with the notes of the home"
        shutil.rmtree(self.cache / store.NAME, ignore_errors=True)

    def faults(self, **wanted: Any) -> None:
        self._ask("/_sim/faults", wanted)

    def age(self, seconds: float) -> None:
        """As if so much time had passed for all that there is."""
        self._ask("/_sim/age", {"seconds": seconds})

    def state(self) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._ask("/_sim/state")
        return answer

    def images(self) -> dict[str, Mapping[str, Any]]:
        """The private images by name, as they are in truth."""
        return {image["name"]: image for image in self.state()["images"]}

    def requests(self) -> list[Mapping[str, Any]]:
        """Every call since the reset."""
        answer: list[Mapping[str, Any]] = self._ask("/_sim/requests")
        return answer

    def writes(self) -> list[str]:
        """Those that were more than a look, as "METHOD path"."""
        return [
            f"{entry['method']} {entry['path']}"
            for entry in self.requests()
            if entry["method"] != "GET"
        ]

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(self.facts["url"] + path, data=data, timeout=30) as answer:
            return json.load(answer)

    def play(self, *arguments: str, **variables: str) -> Played:
        """Run ansible-playbook with the account of this cloud in the environment."""
        return play(self.place(**variables), *arguments)

    def succeed(self, *arguments: str, **variables: str) -> Played:
        """The same, of a playbook that has to end well."""
        played = self.play(*arguments, **variables)
        assert played.returncode == 0, played.output
        return played


def play(place: account.Visitor, *arguments: str, inside: Sequence[str] = ()) -> Played:
    """Run ansible-playbook; `inside` is a command that runs the one given to it."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        record.touch()
        environ = {
            **place.environ(),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
            "RECORD_FILE": str(record),
        }
        place.home.mkdir(parents=True, exist_ok=True)
        answer = subprocess.run(
            [*inside, place.program("ansible-playbook"), *arguments],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        lines = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    end = lines.pop() if lines and "hosts" in lines[-1] else {"hosts": {}, "custom": {}}
    return Played(answer.returncode, answer.stdout, lines, end["hosts"], end["custom"])


def extra(**variables: Any) -> list[str]:
    """Variables for the command line as a program hands them over, with their types."""
    return ["-e", json.dumps(variables)]
