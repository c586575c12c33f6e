# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX starts them: a private data directory for ansible-runner with the credential injected
by AWX's own code (awx_plugins.interfaces), the answers to a survey, and what AWX adds itself.

Source: awx/main/tasks/jobs.py and awx/main/models/mixins.py of ansible/awx.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.huaweicloud.ims.tests.system.awx_table import launch_problems
from ansible_collections.huaweicloud.ims.tests.system.commands import LIMIT
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_container_api import CONTAINER_ROOT
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

Json = dict[str, Any]

ASSETS = ROOT / "playbooks" / "awx"


class _Loader(yaml.SafeLoader):
    """Knows the tag with which Ansible marks what it must not fill in."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))  # type: ignore[arg-type]


def asset(name: str) -> Json:
    """The variables in a file of playbooks/awx."""
    text = (ASSETS / f"{name}.yml").read_text("utf-8")
    data: Json = yaml.load(text, _Loader)
    return data


CREDENTIAL_TYPE: Json = asset("credential_type")["awx_credential_type"]
QUESTIONS: Json = asset("job_templates")["awx_questions"]
TEMPLATES: dict[str, Json] = {
    template["name"]: template for template in asset("job_templates")["awx_job_templates"]
}
WORKFLOW: Json = asset("workflow")["awx_workflow"]


def survey(template: Mapping[str, Any]) -> list[Json]:
    """The questions of a job template, as AWX has them."""
    return [QUESTIONS[name] for name in template["questions"]]


def answered(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]) -> Json:
    """The variables of a launch: what was answered, else the default, and an emptied text field.

    AWX refuses an empty answer to any other question, so its form leaves it out."""
    given = {
        question["variable"]: answers.get(question["variable"], question.get("default", ""))
        for question in questions
        if question["variable"] in answers
        or "default" in question
        or question["type"] in ("text", "textarea")
    }
    problems = launch_problems(questions, {**answers, **given})
    assert not problems, problems
    return given


@dataclass(frozen=True)
class Injected:
    """What a credential brings into a job: environment, arguments, and what AWX shows of it."""

    environ: Mapping[str, str]
    arguments: Sequence[str]
    shown: Mapping[str, str] = field(repr=False)


def injected(inputs: Mapping[str, Any], folder: Path) -> Injected:
    """Rendered by AWX's code, with the paths of the container as they are outside of it."""
    (folder / "env").mkdir(parents=True, exist_ok=True)
    kind = ManagedCredentialType(
        namespace="ims",
        name=CREDENTIAL_TYPE["name"],
        kind=CREDENTIAL_TYPE["kind"],
        inputs=CREDENTIAL_TYPE["inputs"],
        injectors=CREDENTIAL_TYPE["injectors"],
    )
    environ: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    arguments: list[str] = []
    inject_credential(kind, Credential(dict(inputs)), environ, shown, arguments, str(folder))

    def outside(text: str) -> str:
        return text.replace(f"{CONTAINER_ROOT}/", f"{folder}/")

    for path in (folder / "env").iterdir():  # extra variables name files, too
        path.chmod(0o600)
        path.write_text(outside(path.read_text("utf-8")), "utf-8")
    return Injected(
        {name: outside(value) for name, value in environ.items()},
        [outside(word) for word in arguments],
        shown,
    )


def variables_of(injection: Injected) -> Json:
    """The extra variables among the arguments."""
    if not injection.arguments:
        return {}
    option, path = injection.arguments
    assert option == "-e"
    data: Json = yaml.safe_load(Path(path.removeprefix("@")).read_text("utf-8"))
    return data


@dataclass(frozen=True)
class Job:
    """A job of AWX. inputs: of its credential; None: it has none. own: the template's variables,
    which may hold templates; launch: what was answered or comes from a workflow, which Ansible must
    not fill in; environ: what else its execution environment sets."""

    folder: Path
    playbook: str
    inputs: Mapping[str, Any] | None = field(repr=False)
    launch: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Any] = field(default_factory=dict)
    number: int = 1
    environ: Mapping[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """The private data directory."""
        (self.folder / "env").mkdir(parents=True)
        nothing = Injected({}, [], {})
        injection = nothing if self.inputs is None else injected(self.inputs, self.folder)
        (self.folder / "inventory").mkdir()
        # AWX has a copy of the project there.
        (self.folder / "project").symlink_to(ROOT)
        _write(self.folder / "env" / "envvars", json.dumps({**injection.environ, **self._environ}))
        _write(self.folder / "env" / "cmdline", " ".join(injection.arguments))
        _write(self.folder / "env" / "extravars", self._extravars())
        hosts = {"localhost": {"ansible_connection": "local"}}
        inventory = {"all": {"hosts": ["localhost"]}, "_meta": {"hostvars": hosts}}
        script = self.folder / "inventory" / "hosts"
        _write(script, f"#!/bin/sh\ncat <<'END'\n{json.dumps(inventory)}\nEND\n")
        script.chmod(0o700)

    @property
    def _environ(self) -> Mapping[str, str]:
        return {
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "AWX_HOST": "https://awx.example.com",
            "AWX_PRIVATE_DATA_DIR": str(self.folder),
            "INVENTORY_ID": "2",
            "JOB_ID": str(self.number),
            "MAX_EVENT_RES": "700000",
            "PROJECT_REVISION": "0" * 40,
            **self.environ,
        }

    def _extravars(self) -> str:
        """Variables of the template as they are, all others marked, so that nothing in them is
        filled in (awx/main/utils/safe_yaml.py)."""
        awx = {
            f"{name}_{key}": value
            for name in ("awx", "tower")
            for key, value in {
                "job_id": self.number,
                "job_launch_type": "manual",
                "job_template_id": 7,
                "job_template_name": self.playbook,
                "user_name": "admin",
                "inventory_id": 2,
                "project_revision": "0" * 40,
            }.items()
        }
        own = {name: value for name, value in self.own.items() if name not in self.launch}
        marked = {**self.launch, **awx}
        return yaml.safe_dump(own) * bool(own) + yaml.dump(_marked(marked), Dumper=_Dumper)

    def command(self) -> list[str]:
        words = ("run", str(self.folder), "--playbook", self.playbook, "--ident", str(self.number))
        return [self.place.program("ansible-runner"), *words]

    @property
    def place(self) -> Place:
        """A container of its own, with nothing in its home."""
        return Place(home=self.folder / "home")

    def start(self) -> subprocess.Popen[bytes]:
        self.prepare()
        self.place.home.mkdir()
        with self._output.open("wb") as output:
            return subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env=self.place.environ(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def destroy(self) -> None:
        """What becomes of a job when its container is taken away: all processes in it end at once,
        those among them that have left their process group."""
        mark = f"AWX_PRIVATE_DATA_DIR={self.folder}".encode()
        while True:
            inside = [
                int(path.parent.name)
                for path in Path("/proc").glob("[0-9]*/environ")
                if mark in _environ_of(path)
            ]
            for pid in inside:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not inside:
                return

    @property
    def _output(self) -> Path:
        return self.folder / "output"

    def run(self) -> Done:
        process = self.start()
        try:
            process.wait(LIMIT)
        finally:
            self.destroy()
        return self.done()

    def done(self) -> Done:
        artifacts = self.folder / "artifacts" / str(self.number)
        status = artifacts / "status"
        return Done(
            status.read_text() if status.exists() else "",
            events_in(artifacts),
            self._output.read_text("utf-8", "replace"),
            artifacts,
        )


def events_in(artifacts: Path) -> list[Json]:
    """Read the events that ansible-runner has reported, in their order.

    A runner that was killed leaves `<uuid>-partial.json` behind: what the callback wrote for it and
    nobody has been told."""
    files = (path for path in artifacts.glob("job_events/*.json") if "-partial" not in path.name)
    events = (json.loads(path.read_text("utf-8")) for path in files)
    return sorted(events, key=lambda event: int(event["counter"]))


@dataclass(frozen=True)
class Done:
    """What ansible-runner has left of a job."""

    status: str
    events: Sequence[Mapping[str, Any]]
    output: str
    folder: Path

    def result(self, action: str) -> Json:
        """The result of the one task with this module."""
        [found] = [
            event["event_data"]["res"]
            for event in self.events
            if event["event"] in ("runner_on_ok", "runner_on_failed")
            and event["event_data"]["task_action"].split(".")[-1] == action
        ]
        result: Json = found
        return result

    @property
    def artifacts(self) -> Json:
        """What AWX hands to the next steps of a workflow."""
        end = self.events[-1]
        assert end["event"] == "playbook_on_stats"
        data: Json = end["event_data"].get("artifact_data") or {}
        return data

    def text(self) -> str:
        """Everything that AWX keeps of the job; it leaves the secrets out of the command itself."""
        return "".join(
            path.read_text("utf-8", "replace")
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != "command"
        )


class _Unsafe(str):
    """Text that Ansible must not fill in."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        return _Unsafe(value)
    if isinstance(value, Mapping):
        return {name: _marked(member) for name, member in value.items()}
    return [_marked(member) for member in value] if isinstance(value, list) else value


def _environ_of(path: Path) -> list[bytes]:
    """The variables of a process; none if it has ended meanwhile, or is somebody else's."""
    with suppress(OSError):
        return path.read_bytes().split(b"\0")
    return []


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
