# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that a run prints, records or leaves behind holds a secret, at any verbosity."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.censor import MASK
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.simulator.simulator import Simulator
from ansible_collections.huaweicloud.ims.tests.system.commands import LIMIT
from ansible_collections.huaweicloud.ims.tests.system.served import quoting, served, simulated
from ansible_collections.huaweicloud.ims.tools import account
from ansible_collections.huaweicloud.ims.tools.places import ROOT

# What is hard to quote: in shells, URLs, HTML, JSON.
PASSWORD = "password/+=&<\"'\\%ö k3qX9vT2mZ7pL5"
SECRET_KEY = "secret-key/+=&<b8Wn4Rj6Hs1Yt0Ce"
WRONG = "wrong-secret/+=&<Qw7Lx2Vb9Nd4Uf8"
NO_KEYS = {"HW_ACCESS_KEY": "", "HW_SECRET_KEY": ""}

Json = dict[str, Any]


@dataclass(frozen=True)
class Watched:
    """A cloud, and a folder that holds all that runs against it leave behind.

    What tests hand over (variables, clouds.yaml, playbooks) stands in another one.
    """

    simulator: Simulator
    facts: Mapping[str, Any]
    folder: Path
    given: Path

    @property
    def memory(self) -> Path:
        """Where tokens are kept, which is no disk."""
        return self.given / "memory"

    def environ(self, variables: Mapping[str, str]) -> dict[str, str]:
        """All that Ansible can record goes to the folder."""
        places = {
            name: str(self.folder / path)
            for name, path in {
                "HOME": "home",
                "ANSIBLE_HOME": "home/.ansible",
                "ANSIBLE_REMOTE_TMP": "home/remote",
                "ANSIBLE_ASYNC_DIR": "home/async",
                "XDG_CACHE_HOME": "cache",
                "TMPDIR": "tmp",
                "ANSIBLE_LOG_PATH": "ansible.log",
                "JUNIT_OUTPUT_DIR": "junit",
                "ANSIBLE_CALLBACK_TREE_DIR": "tree",
                "RECORD_FILE": "record",
            }.items()
        }
        for name in ("home", "cache", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        self.memory.mkdir(mode=0o700, exist_ok=True)
        visitor = account.Visitor(
            variables={
                **account.variables(self.facts),
                **places,
                "XDG_RUNTIME_DIR": str(self.memory),
                "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
                "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree",
                **variables,
            }
        )
        return visitor.environ()

    def play(
        self,
        tasks: list[Json],
        variables: Mapping[str, str],
        verbosity: int = 4,
        in_process: bool = True,
    ) -> str:
        """Runs tasks on localhost; what was printed. Secrets come as extra variables from a
        file."""
        playbook, extra = self.given / "play.yml", self.given / "extra.json"
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"huaweicloud_ims_in_process": in_process},
            "tasks": tasks,
        }
        playbook.write_text(yaml.safe_dump([play], allow_unicode=True))
        extra.write_text(json.dumps(self.variables()))
        command = ["ansible-playbook", str(playbook), "-e", f"@{extra}", "--diff"]
        return self.run([*command, f"-{'v' * verbosity}"], variables)

    def run(self, command: list[str], variables: Mapping[str, str]) -> str:
        place = account.Visitor()
        answer = subprocess.run(
            [place.program(command[0]), *command[1:]],
            cwd=ROOT,
            env=self.environ(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        (self.folder / "output").write_text(answer.stdout, "utf-8")
        assert answer.returncode == 0, answer.stdout
        return answer.stdout

    def variables(self) -> Json:
        facts, others = self.facts, self.facts["others"]
        keys = {"access_key": facts["access_key"], "secret_key": facts["secret_key"]}
        user = {name: facts[name] for name in ("username", "password", "domain_name")}
        place = {"region": facts["region"], "endpoints": facts["endpoints"]}
        agency = {
            name: others["agency"][name]
            for name in ("agency_name", "agency_domain_name", "project_id")
        }
        sources = {
            "keys": keys,
            "temporary": others["temporary"],
            "password": user,
            "token": {"auth_token": self.token()},
            "keys_agency": {**keys, **agency},
            "password_agency": {**user, **agency},
            "file": {"cloud": "sim"},
            "file_password": {"cloud": "user"},
            "wrong_secret": {**keys, "secret_key": WRONG},
            "wrong_password": {**user, "password": WRONG},
            "wrong_token": {"auth_token": WRONG},
        }
        found = {name: {**place, **source} for name, source in sources.items()}
        addresses = {**facts["endpoints"], "metadata": facts["url"]}
        return {**found, "metadata": {**place, "endpoints": addresses}}

    def token(self) -> str:
        """One that was issued to somebody else."""
        user = {"name": self.facts["username"], "password": PASSWORD}
        user["domain"] = {"name": self.facts["domain_name"]}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"id": self.facts["project_id"]}}
        session = requests.Session()
        session.trust_env = False
        answer = session.post(
            f"{self.facts['auth_url']}/auth/tokens",
            json={"auth": {"identity": identity, "scope": scope}},
            timeout=30,
        )
        return answer.headers["X-Subject-Token"]

    def clouds_yaml(self) -> dict[str, str]:
        path = self.given / "clouds.yaml"
        facts = self.facts
        entries = {
            "sim": {"auth": {"ak": facts["access_key"], "sk": facts["secret_key"]}},
            "user": {
                "auth": {
                    "username": facts["username"],
                    "password": facts["password"],
                    "user_domain_name": facts["domain_name"],
                }
            },
        }
        path.write_text(yaml.safe_dump({"clouds": entries}, allow_unicode=True), "utf-8")
        return {"OS_CLIENT_CONFIG_FILE": str(path)}

    @property
    def secrets(self) -> set[str]:
        """Everything that was ever used or issued."""
        world = self.simulator.cloud.world
        found = {PASSWORD, SECRET_KEY, WRONG, *world.tokens, *world.metadata_tokens}
        for key in world.access_keys.values():
            found |= {key.access, key.secret, key.security_token or key.secret}
        return found

    def assert_nothing_left_behind(self) -> None:
        journal = self.simulator.requests
        assert len(journal) > 1, "nothing was tried"
        assert leaks(json.dumps(journal, ensure_ascii=False), self.secrets) == []
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        assert {"output", "ansible.log", "cloud.log"} <= {path.name for path in files}
        for path in files:
            assert leaks(path.read_text("utf-8", "replace"), self.secrets) == [], path
            assert leaks(str(path), self.secrets) == []


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A cloud whose refusals quote requests, with secrets that are hard to quote."""
    folder, given = tmp_path / "seen", tmp_path / "given"
    folder.mkdir()
    given.mkdir()
    with (folder / "cloud.log").open("a", encoding="utf-8") as log:
        simulator = simulated(log)
        world = simulator.cloud.world
        [user] = [user for user in world.users.values() if user.label == "main"]
        user.password = PASSWORD
        [key] = [key for key in world.access_keys.values() if key.label == "main"]
        key.secret = SECRET_KEY
        simulator.app = quoting(simulator.app)
        refused = {"method": "POST", "path": "/copy$", "body": "refused"}
        failing = {"method": "POST", "path": "/copy$", "body": "failing"}
        simulator.faults(
            {
                "rules": [
                    {**refused, "action": "answer", "status": 403, "code": "IMG.0026"},
                    {**failing, "action": "job", "fail": "IMG.0014"},
                ]
            }
        )
        with served(simulator) as facts:
            yield Watched(simulator, facts, folder, given)


def copy(name: str, connection: str = "", **more: Any) -> Json:
    arguments = {"name": name, "source_image": "linux-base", **more}
    return {"name": f"Copy {name}", "huaweicloud.ims.image_copy": arguments, **using(connection)}


def using(connection: str) -> Json:
    """A task with the connection that a variable holds."""
    if not connection:
        return {}
    return {"module_defaults": {"group/huaweicloud.ims.all": f"{{{{ {connection} }}}}"}}


def tried(connection: str = "") -> list[Json]:
    """Success, refusal, failure and a list, registered and shown."""
    ignored = {"ignore_errors": True}
    looks = {"name": f"image-{connection}", "description": "all there is"}
    return [
        {**copy(connection=connection, **looks, wait=False), "register": "started"},
        {**copy(connection=connection, **looks), "register": "made"},
        {**copy("refused", connection), **ignored, "register": "refused"},
        {**copy("failing", connection), **ignored, "register": "failing"},
        {"ansible.builtin.debug": {"var": "[started, made, refused, failing]"}},
        *listed(connection),
    ]


def listed(connection: str = "") -> list[Json]:
    task = {"name": "List", "huaweicloud.ims.image_info": {"name": "linux-base"}}
    return [{**task, **using(connection), "register": "listed"}]


@pytest.mark.parametrize(
    ("connection", "in_process"),
    [
        *((connection, True) for connection in ("keys", "temporary", "token", "metadata")),
        *(("password", in_process) for in_process in (True, False)),
        ("keys", False),
    ],
)
def test_options_stay_secret(watched: Watched, connection: str, in_process: bool) -> None:
    output = watched.play(tried(connection), NO_KEYS, in_process=in_process)

    assert output.count(MASK) > 2
    assert "IMG.0026" in output
    assert "IMG.0014" in output
    assert "Traceback" not in output
    kept = watched.memory if connection == "password" else watched.folder / "cache"
    receipts = connection == "password" and in_process
    assert len(list(kept.glob("*/issued-*"))) == 1 + receipts
    watched.assert_nothing_left_behind()


@pytest.mark.parametrize("in_process", [True, False])
def test_what_other_sources_hold_stays_secret(watched: Watched, in_process: bool) -> None:
    """Files, agencies, and secrets that the cloud refuses."""
    tasks = [*tried("file"), *listed("file_password")]
    tasks += [*listed("keys_agency"), *listed("password_agency")]
    for wrong in ("wrong_secret", "wrong_password", "wrong_token"):
        tasks += [{**task, "ignore_errors": True} for task in listed(wrong)]

    output = watched.play(tasks, {**watched.clouds_yaml(), **NO_KEYS}, in_process=in_process)

    assert output.count("APIGW.0301") >= 2
    assert output.count(MASK) > 5
    watched.assert_nothing_left_behind()


def test_a_task_in_the_background_leaves_no_secret(watched: Watched) -> None:
    """But for the seconds until Ansible clears its temporary folder, where it put the module and
    its arguments."""
    started = {**copy("later", "password"), "async": 60, "poll": 0, "register": "started"}
    ended = {
        "ansible.builtin.async_status": {"jid": "{{ started.ansible_job_id }}"},
        "register": "ended",
        "until": "ended is finished",
        "retries": 60,
        "delay": 1,
    }

    watched.play([started, ended], NO_KEYS)

    deadline = time.monotonic() + 30
    while any(watched.folder.glob("home/remote/*")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert any(watched.folder.glob("home/async/*"))
    watched.assert_nothing_left_behind()


ENVIRONMENTS: dict[str, dict[str, str]] = {
    "SDK": {"HUAWEICLOUD_SDK_AK": "{access_key}", "HUAWEICLOUD_SDK_SK": "{secret_key}"},
    "HW": {"HW_ACCESS_KEY": "{access_key}", "HW_SECRET_KEY": "{secret_key}"},
    "OS": {
        "OS_USERNAME": "{username}",
        "OS_PASSWORD": "{password}",
        "OS_USER_DOMAIN_NAME": "{domain_name}",
    },
}


def environment(facts: Mapping[str, Any], family: str) -> dict[str, str]:
    found = {name: value.format(**facts) for name, value in ENVIRONMENTS[family].items()}
    return {**NO_KEYS, **found}


@pytest.mark.parametrize(
    ("family", "result_format", "in_process"),
    [
        ("SDK", "json", True),
        ("HW", "yaml", True),
        ("OS", "json", True),
        ("SDK", "yaml", False),
        ("OS", "json", False),
    ],
)
def test_the_environment_stays_secret(
    watched: Watched, family: str, result_format: str, in_process: bool
) -> None:
    output = watched.play(
        tried(),
        {
            **environment(watched.facts, family),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": result_format,
        },
        in_process=in_process,
    )

    assert output.count(MASK) > 2
    watched.assert_nothing_left_behind()


def with_a_password_in_their_environment(watched: Watched) -> tuple[list[Json], dict[str, str]]:
    """Tasks, and what is in the environment of Ansible."""
    own = environment(watched.facts, "OS")
    tasks = [
        {**task, "environment": {"OS_PASSWORD": "{{ password.password }}"}} for task in tried()
    ]
    return tasks, {name: value for name, value in own.items() if name != "OS_PASSWORD"}


def test_in_process_nobody_shows_the_environment_of_a_task(watched: Watched) -> None:
    tasks, others = with_a_password_in_their_environment(watched)

    watched.play(tasks, others)

    watched.assert_nothing_left_behind()


def test_only_ansible_itself_shows_the_environment_of_a_task(watched: Watched) -> None:
    """From -vvv on it prints the command that starts a module: documented, and the only case."""
    tasks, others = with_a_password_in_their_environment(watched)

    output = watched.play(tasks, others, in_process=False)

    shown = [line for line in output.splitlines() if leaks(line, watched.secrets)]
    assert shown
    assert all(re.match(r"<\S+> EXEC /bin/sh -c ", line) for line in shown)
    assert leaks("\n".join(shown), watched.secrets) == [PASSWORD]
    for name in ("output", "ansible.log"):
        path = watched.folder / name
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "EXEC /bin/sh" not in line), "utf-8")
    watched.assert_nothing_left_behind()


def test_below_that_verbosity_the_environment_of_a_task_stays_secret(watched: Watched) -> None:
    own = environment(watched.facts, "OS")
    tasks = [{**task, "environment": own} for task in tried()]

    watched.play(tasks, NO_KEYS, verbosity=2, in_process=False)

    watched.assert_nothing_left_behind()


def test_the_events_of_ansible_runner_hold_no_secret(watched: Watched) -> None:
    """As AWX runs it; its own record of the command it ran holds the environment it was given."""
    private = watched.given / "runner"
    for name in ("env", "inventory", "project"):
        (private / name).mkdir(parents=True)
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tried()}
    (private / "project" / "play.yml").write_text(yaml.safe_dump([play]))
    (private / "inventory" / "hosts").write_text("localhost ansible_connection=local\n")
    credentials = {**account.variables(watched.facts), **environment(watched.facts, "OS")}
    (private / "env" / "envvars").write_text(json.dumps(credentials))
    (private / "env" / "cmdline").write_text("-vvvv --diff")

    watched.run(
        ["ansible-runner", "run", str(private), "-p", "play.yml"], {"RECORD_FILE": "/dev/null"}
    )

    shutil.copytree(
        private / "artifacts", watched.folder / "artifacts", ignore=lambda *_: ["command"]
    )
    events = list((watched.folder / "artifacts").glob("*/job_events/*.json"))
    assert any(MASK in path.read_text("utf-8") for path in events)
    watched.assert_nothing_left_behind()


# --- bugs of ours

UTILS = Path("plugins") / "module_utils"
FRONT_END = Path("plugins") / "plugin_utils" / "in_process.py"
IN_RUN = "in run()"
BUGS: dict[str, tuple[Path, str, str]] = {
    IN_RUN: (
        UTILS / "_cloud" / "ims.py",
        '    limit = int(query.get("limit") or PAGE)\n',
        '    raise RuntimeError("provoked: " + " ".join(client._secrets.known))\n',
    ),
    "at the start": (
        UTILS / "_front" / "play_alive.py",
        "    worker = _nearest_ansible(os.getppid())\n",
        '    raise RuntimeError("provoked")\n',
    ),
    "at the end": (
        UTILS / "_front" / "module.py",
        '    warnings = result.pop("warnings", [])\n',
        '    raise RuntimeError(f"provoked: {result}")\n',
    ),
    "broken off": (
        UTILS / "_cloud" / "transport.py",
        "        started = self.clock.monotonic()\n",
        '        raise KeyboardInterrupt("provoked")\n',
    ),
    "before the task": (
        FRONT_END,
        "        environ = self._environ()\n",
        '        raise RuntimeError("provoked: " + repr(self._task.args["name"]))\n',
    ),
}


def broken(folder: Path, bug: str) -> Path:
    """A copy of the collection with one line replaced."""
    path, line, instead = BUGS[bug]
    root = folder / "ansible_collections" / "huaweicloud" / "ims"
    for part in ("plugins", "meta"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "galaxy.yml", root)
    text = (root / path).read_text("utf-8")
    assert text.count(line) == 1
    (root / path).write_text(text.replace(line, instead), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("bug", "connection", "in_process"),
    [
        (IN_RUN, "keys", True),
        (IN_RUN, "password", True),
        ("at the end", "keys", True),
        ("before the task", "keys", True),
        (IN_RUN, "keys", False),
        (IN_RUN, "password", False),
        ("at the start", "keys", False),
        ("at the end", "keys", False),
        ("broken off", "keys", False),
    ],
)
def test_a_bug_of_ours_gives_nothing_away(
    watched: Watched, bug: str, connection: str, in_process: bool
) -> None:
    collections = broken(watched.given / "collections", bug)
    task = {**listed(connection)[0], "ignore_errors": True}

    output = watched.play(
        [task],
        {
            **NO_KEYS,
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            # What ours does not catch is Ansible's to show, if it is told to.
            "ANSIBLE_DISPLAY_TRACEBACK": "never" if bug == IN_RUN else "always",
        },
        in_process=in_process,
    )

    assert "provoked" in output
    assert "Traceback" in output
    if bug == IN_RUN:
        assert "This is a bug of the collection" in output
        assert MASK in output
    assert leaks(output, watched.secrets) == []
    for path in watched.folder.rglob("*"):
        if path.is_file():
            assert leaks(path.read_text("utf-8", "replace"), watched.secrets) == [], path
