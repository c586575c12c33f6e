# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in Ansible's own process behave as those of any module, on the oldest and on the newest
ansible-core.

The interpreter for modules is a script that counts its starts: a task that does not start it ran in
process. A run of ansible-playbook costs a second or two, so one play tries many things.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS, FILE
from ansible_collections.huaweicloud.ims.tests.system.certificates import Authority
from ansible_collections.huaweicloud.ims.tests.system.cloud import Played, RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.proxies import behind_a_proxy
from ansible_collections.huaweicloud.ims.tests.system.served import simulated
from ansible_collections.huaweicloud.ims.tools import environment, matrix
from ansible_collections.huaweicloud.ims.tools.places import COLLECTIONS, ROOT, Place

Json = dict[str, Any]

VAULT_PASSWORD = "a password for vaults"
NO_KEYS = {"HW_ACCESS_KEY": "", "HW_SECRET_KEY": ""}


def _cores() -> list[Any]:
    """The oldest ansible-core on the oldest Python for it that is there, the newest on the newest.

    A machine that has no Python for the newest of all tries the newest for the Python at hand.
    """
    pythons = environment.find_pythons(sorted({*matrix.OLDEST.pythons, *matrix.NEWEST.pythons}))
    entries = list(matrix.find_entries(pythons))
    oldest = [entry for entry in entries if entry.core is matrix.OLDEST][:1]
    newest = [entry for entry in entries if entry.core is matrix.NEWEST][-1:]
    found = [pytest.param((entry, pythons), id=entry.name) for entry in [*oldest, *newest]]
    return found if newest else [*found, pytest.param(None, id="newest-core-here")]


@pytest.fixture(scope="module", params=_cores())
def core(request: pytest.FixtureRequest) -> Place:
    """An ansible-core in an environment of its own."""
    if request.param is None:
        return Place()
    entry, pythons = request.param
    place: Place = entry.place(pythons)
    return place


@dataclass(frozen=True)
class Strategies:
    """The plugins that run plays: Ansible's own, or those of mitogen."""

    linear: str = "ansible.builtin.linear"
    free: str = "ansible.builtin.free"
    folder: str = ""

    @property
    def variables(self) -> dict[str, str]:
        if not self.folder:
            return {}
        return {"ANSIBLE_STRATEGY": self.linear, "ANSIBLE_STRATEGY_PLUGINS": self.folder}


@pytest.fixture(scope="module", params=["ansible", "mitogen"])
def strategies(request: pytest.FixtureRequest, core: Place) -> Strategies:
    if request.param == "ansible":
        return Strategies()
    folders = core.venv.glob("lib/python*/site-packages/ansible_mitogen/plugins/strategy")
    for folder in folders:
        return Strategies("mitogen_linear", "mitogen_free", str(folder))
    pytest.skip("mitogen is not installed beside this ansible-core")


@dataclass(frozen=True)
class Setting:
    """What plays run with: a cloud at a core, and a folder for all that a test writes."""

    cloud: RunningCloud
    folder: Path
    strategies: Strategies = Strategies()

    @property
    def interpreter(self) -> Path:
        """Starts Python for modules, and counts. It finds all libraries."""
        path, python = self.folder / "python-for-modules", self.cloud.at.python
        path.write_text(
            "#!/bin/sh\n"
            f"echo started >> {shlex.quote(str(self.folder / 'starts'))}\n"
            "unset PYTHONPATH\n"
            f'exec {shlex.quote(str(python))} "$@"\n'
        )
        path.chmod(0o755)
        return path

    @property
    def become(self) -> Path:
        """Stands in for su, which wants a terminal, or a password, or neither, by machine."""
        path = self.folder / "become"
        path.write_text(
            "#!/bin/sh\n"
            f"echo become >> {shlex.quote(str(self.folder / 'starts'))}\n"
            'while [ "$1" != -c ]; do shift; done\n'
            'exec /bin/sh -c "$2"\n'
        )
        path.chmod(0o755)
        return path

    def starts(self) -> list[str]:
        path = self.folder / "starts"
        return path.read_text().split() if path.exists() else []

    def inventory(self) -> str:
        """This machine, and two hosts that nobody can reach."""
        far = {"ansible_connection": "ssh", "ansible_host": "192.0.2.1"}
        local = {"ansible_connection": "local"}
        hosts: Json = {"localhost": local, "web-1": far, "web-2": far}
        variables = {
            "ansible_python_interpreter": str(self.interpreter),
            "ansible_become_method": "ansible.builtin.su",
            "ansible_become_exe": str(self.become),
            "keys": {
                name: self.cloud.facts[name]
                for name in ("access_key", "secret_key", "region", "project_id", "endpoints")
            },
            "user": {
                name: self.cloud.facts[name]
                for name in ("username", "password", "domain_name", "region", "endpoints")
            },
        }
        path = self.folder / "inventory.json"
        path.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
        return str(path)

    def play(self, plays: str | Sequence[Json], *arguments: str, **variables: str) -> Played:
        """Run plays, given as YAML or as such; they find no credentials in the environment."""
        path = self.folder / "play.yml"
        path.write_text(plays if isinstance(plays, str) else yaml.safe_dump(list(plays)))
        (self.folder / "starts").unlink(missing_ok=True)
        environ = {**NO_KEYS, **self.strategies.variables, **variables}
        return self.cloud.play(*("-i", self.inventory(), *arguments, str(path)), **environ)

    def succeed(self, plays: str | Sequence[Json], *arguments: str, **variables: str) -> Played:
        played = self.play(plays, *arguments, **variables)
        assert played.returncode == 0, played.output
        return played


def _setting(
    running: RunningCloud, core: Place, folder: Path, strategies: Strategies = Strategies()
) -> Setting:
    running.reset()
    return Setting(replace(running, at=core, cache=folder / "cache"), folder, strategies)


@pytest.fixture
def setting(_running_cloud: RunningCloud, core: Place, tmp_path: Path) -> Setting:
    return _setting(_running_cloud, core, tmp_path)


@pytest.fixture
def one_core(_running_cloud: RunningCloud, tmp_path: Path) -> Setting:
    """The core at hand, for what does not depend on its version."""
    return _setting(_running_cloud, Place(), tmp_path)


# --- one play that tries what playbooks do

PLAYS = """
- name: Keywords of tasks
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/huaweicloud.ims.all: "{{ keys }}"
    huaweicloud.ims.image_info:
      most_recent: true
  tasks:
    - name: defaults of the group and of the module
      huaweicloud.ims.image_info:
        name: twin-image

    - name: defaults that are for another module
      huaweicloud.ims.image: &change
        image: limited-image
        description: Reviewed
      check_mode: true
      diff: true

    - name: what check mode left alone
      huaweicloud.ims.image_info:
        name: limited-image

    - name: a change
      huaweicloud.ims.image: *change
      register: changed
      notify: told of a change

    - name: the same again
      huaweicloud.ims.image: *change
      notify: told of nothing

    - name: what was registered
      huaweicloud.ims.image_info:
        image_id: "{{ changed.image_id }}"

    - name: an option that is omitted
      huaweicloud.ims.image:
        image: limited-image
        description: "{{ nobody_knows | default(omit) }}"
        min_ram: "{{ nobody_knows | default(omit) }}"

    - name: a loop
      huaweicloud.ims.image_info:
        name: "{{ item }}"
      loop: [limited-image, no-such-image, linux-base]

    - name: one token for a loop
      huaweicloud.ims.image_info:
        name: "{{ item }}"
        access_key: "{{ omit }}"
        secret_key: "{{ omit }}"
        project_id: "{{ omit }}"
        username: "{{ user.username }}"
        password: "{{ user.password }}"
        domain_name: "{{ user.domain_name }}"
      loop: [limited-image, no-such-image, linux-base]

    - name: tries
      huaweicloud.ims.image_info:
        name: linux-base
      register: tried
      until: tried.attempts == 3
      retries: 5
      delay: 0

    - name: a failure that is ignored
      huaweicloud.ims.image:
        image: no-such-image
        description: never
      ignore_errors: true
      register: ignored

    - name: what came of it
      ansible.builtin.assert:
        that:
          - ignored is failed
          - ignored is not changed
          - ignored.image_id is none

    - name: failures of a loop
      huaweicloud.ims.image:
        image: "{{ item }}"
        description: Reviewed
      loop: [no-such-image, limited-image]
      ignore_errors: true

    - name: conditions on the result
      huaweicloud.ims.image_info:
        name: linux-base
      register: judged
      changed_when: judged.images | length == 1
      failed_when: judged.images | length != 1

    - name: a vault in a task
      huaweicloud.ims.image_info:
        name: linux-base
        secret_key: !vault |
          VAULTED

    - name: a block that is rescued
      block:
        - name: fails
          huaweicloud.ims.image:
            image: no-such-image
            description: never
      rescue:
        - name: is rescued
          huaweicloud.ims.image_info:
            name: linux-base

    - name: kept secret
      huaweicloud.ims.image_info:
        name: a-name-that-nobody-may-see
      no_log: true
  handlers:
    - name: told of a change
      huaweicloud.ims.image_info:
        name: limited-image
    - name: told of nothing
      ansible.builtin.fail:

- name: Environments
  hosts: localhost
  gather_facts: false
  environment:
    HW_ACCESS_KEY: "{{ keys.access_key }}"
    HW_SECRET_KEY: wrong
  tasks:
    - name: environment of the play
      huaweicloud.ims.image_info:
        name: linux-base
      ignore_errors: true

    - name: environment of the task
      huaweicloud.ims.image_info:
        name: linux-base
      environment:
        HW_SECRET_KEY: "{{ keys.secret_key }}"

    - name: an environment for each item
      huaweicloud.ims.image_info:
        name: linux-base
      environment:
        HW_SECRET_KEY: "{{ item }}"
      loop: ["{{ keys.secret_key }}", wrong, "{{ keys.secret_key }}"]
      ignore_errors: true

    - name: no environment is left behind
      ansible.builtin.set_fact:
        left: "{{ lookup('ansible.builtin.env', 'HW_SECRET_KEY') }}"

- name: Hosts that are elsewhere
  hosts: web-1,web-2
  gather_facts: false
  module_defaults:
    group/huaweicloud.ims.all: "{{ keys }}"
  tasks:
    - name: delegated
      huaweicloud.ims.image_info:
        name: "{{ inventory_hostname }}"
      delegate_to: localhost

    - name: once
      huaweicloud.ims.image_info:
        name: "{{ inventory_hostname }}"
      delegate_to: localhost
      run_once: true

- name: Hosts that do not wait for each other
  hosts: web-1,web-2
  gather_facts: false
  strategy: FREE
  collections:
    - huaweicloud.ims
  tasks:
    - name: short and free
      image_info:
        name: "{{ inventory_hostname }}"
        access_key: "{{ keys.access_key }}"
        secret_key: "{{ keys.secret_key }}"
        region: "{{ keys.region }}"
        endpoints: "{{ keys.endpoints }}"
      delegate_to: localhost

    - name: short and wrong
      image_info:
        nam: "{{ inventory_hostname }}"
      delegate_to: localhost
      ignore_errors: true
"""


@dataclass(frozen=True)
class Tried:
    """What came of the plays, and what the cloud and the machine saw of them."""

    played: Played
    starts: Sequence[str]
    requests: Sequence[Mapping[str, Any]]

    def task(self, name: str) -> Mapping[str, Any]:
        return self.played.task(name)

    def shown(self, name: str) -> str:
        """What the terminal shows of a task."""
        return self.played.output.partition(f"[{name}]")[2].partition("\nTASK [")[0]


@pytest.fixture(scope="module")
def tried(
    _running_cloud: RunningCloud,
    core: Place,
    strategies: Strategies,
    tmp_path_factory: pytest.TempPathFactory,
) -> Tried:
    setting = _setting(_running_cloud, core, tmp_path_factory.mktemp("tried"), strategies)
    password = setting.folder / "vault-password"
    password.write_text(VAULT_PASSWORD)
    secret = setting.folder / "secret"
    secret.write_text(str(setting.cloud.facts["secret_key"]))
    place = setting.cloud.place()
    _run([place.program("ansible-vault"), "encrypt", f"--vault-password-file={password}", secret])
    vaulted = secret.read_text().strip().replace("\n", "\n          ")
    played = setting.succeed(
        PLAYS.replace("VAULTED", vaulted).replace("FREE", strategies.free),
        f"--vault-password-file={password}",
        ANSIBLE_DEPRECATION_WARNINGS="false",
    )
    return Tried(played, setting.starts(), setting.cloud.requests())


def _run(command: Sequence[Any]) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def names(result: Mapping[str, Any]) -> list[str]:
    return [image["name"] for image in result["images"]]


def test_no_module_was_started_for_any_of_it(tried: Tried) -> None:
    assert tried.starts == []


def test_module_defaults_reach_their_modules_only(tried: Tried) -> None:
    assert names(tried.task("defaults of the group and of the module")) == ["twin-image"]
    assert not tried.task("defaults that are for another module").get("failed")


def test_check_mode_writes_nothing_and_diff_shows_what_it_would(tried: Tried) -> None:
    predicted = tried.task("defaults that are for another module")
    [left] = tried.task("what check mode left alone")["images"]
    done = tried.task("a change")

    assert predicted["changed"] is True
    assert left["description"] != "Reviewed"
    assert (predicted["diff"], predicted["actions"]) == (done["diff"], done["actions"])
    shown = tried.shown("defaults that are for another module")
    assert '+    "description": "Reviewed"' in shown
    assert '+    "description"' not in tried.shown("a change")


def test_results_are_registered_and_notify_handlers(tried: Tried) -> None:
    assert tried.task("a change")["changed"] is True
    assert tried.task("the same again")["changed"] is False
    assert names(tried.task("what was registered")) == ["limited-image"]
    assert names(tried.task("told of a change")) == ["limited-image"]
    assert tried.played.hosts_of("told of nothing") == {}


def test_omitted_options_are_not_given(tried: Tried) -> None:
    result = tried.task("an option that is omitted")

    assert result["changed"] is False
    assert result["image"]["description"] == "Reviewed"


def test_items_of_a_loop_have_a_result_each(tried: Tried) -> None:
    items = tried.task("a loop")["results"]

    assert [item["item"] for item in items] == ["limited-image", "no-such-image", "linux-base"]
    assert [names(item) for item in items] == [["limited-image"], [], ["linux-base"]]


def test_a_loop_has_one_token(tried: Tried) -> None:
    items = tried.task("one token for a loop")["results"]
    tokens = [entry for entry in tried.requests if entry["path"].endswith("/auth/tokens")]

    assert [names(item) for item in items] == [["limited-image"], [], ["linux-base"]]
    assert [entry["method"] for entry in tokens] == ["POST"]


def test_tries_are_counted(tried: Tried) -> None:
    assert tried.task("tries")["attempts"] == 3


def test_failures_are_ignored_and_rescued(tried: Tried) -> None:
    failed, fine = tried.task("failures of a loop")["results"]

    assert "no-such-image" in failed["msg"]
    assert fine["image"]["description"] == "Reviewed"
    assert "no-such-image" in tried.task("a failure that is ignored")["msg"]
    assert names(tried.task("is rescued")) == ["linux-base"]


def test_conditions_judge_the_result(tried: Tried) -> None:
    assert tried.task("conditions on the result")["changed"] is True


def test_inline_vaults_are_opened(tried: Tried) -> None:
    assert names(tried.task("a vault in a task")) == ["linux-base"]


def test_no_log_hides_all_of_it(tried: Tried) -> None:
    assert "a-name-that-nobody-may-see" not in tried.played.output
    assert "kept secret" in tried.played.output


def test_the_environment_is_that_of_each_task_and_item(tried: Tried) -> None:
    assert tried.task("environment of the play")["error"]["http_status"] == 401
    assert names(tried.task("environment of the task")) == ["linux-base"]
    items = tried.task("an environment for each item")["results"]
    assert ["error" in item for item in items] == [False, True, False]
    assert names(items[-1]) == ["linux-base"]
    assert tried.task("no environment is left behind")["ansible_facts"]["left"] == ""


def test_other_hosts_delegate_to_this_machine(tried: Tried) -> None:
    assert sorted(tried.played.hosts_of("delegated")) == ["web-1", "web-2"]
    for result in tried.played.hosts_of("delegated").values():
        assert result["images"] == []
    assert len(tried.played.hosts_of("once")) == 1


def test_short_names_and_the_free_strategy(tried: Tried) -> None:
    assert sorted(tried.played.hosts_of("short and free")) == ["web-1", "web-2"]
    for result in tried.played.hosts_of("short and free").values():
        assert result["images"] == []
    for result in tried.played.hosts_of("short and wrong").values():
        assert "module: nam. Supported parameters include: " in result["msg"]


# --- what a module has to do

IN_THE_BACKGROUND = """
- name: What goes on in the background
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/huaweicloud.ims.all: "{{ keys }}"
  tasks:
    - name: polled
      huaweicloud.ims.image_info:
        name: linux-base
      async: 30
      poll: 1

    - name: started
      huaweicloud.ims.image_info:
        name: linux-base
      async: 30
      poll: 0
      register: started

    - name: ended
      ansible.builtin.async_status:
        jid: "{{ started.ansible_job_id }}"
      register: ended
      until: ended is finished
      retries: 60
      delay: 1
"""
HANDED_OVER = """
- name: What a module has to do
  hosts: localhost
  gather_facts: false
  module_defaults: &connected
    group/huaweicloud.ims.all: "{{ keys }}"
  tasks:
    - name: as somebody else
      huaweicloud.ims.image_info:
        name: linux-base
      become: true

    - name: turned off
      huaweicloud.ims.image_info:
        name: linux-base
      vars:
        huaweicloud_ims_in_process: "{{ 1 > 2 }}"

- name: All as somebody else
  hosts: localhost
  gather_facts: false
  become: true
  module_defaults: *connected
  tasks:
    - name: as somebody else by its play
      huaweicloud.ims.image_info:
        name: linux-base
"""


def test_what_needs_a_module_is_handed_over(setting: Setting, strategies: Strategies) -> None:
    setting = replace(setting, strategies=strategies)

    played = setting.succeed(HANDED_OVER, ANSIBLE_BECOME_ALLOW_SAME_USER="true")

    for name in ("as somebody else", "turned off", "as somebody else by its play"):
        assert names(played.task(name)) == ["linux-base"], name
    # Mitogen keeps an interpreter for each user; Ansible starts one for each module.
    kept = bool(strategies.folder)
    assert setting.starts().count("started") >= (1 if kept else 3)
    assert setting.starts().count("become") >= (1 if kept else 2)


def test_what_goes_on_in_the_background_is_handed_over(setting: Setting) -> None:
    """Not tried with mitogen, which runs no module of any collection in the background."""
    played = setting.succeed(IN_THE_BACKGROUND, ANSIBLE_ASYNC_DIR=str(setting.folder / "async"))

    assert names(played.task("polled")) == ["linux-base"]
    assert played.task("started")["started"] in (1, True)
    ended = [line["result"] for line in played.results if line["task"] == "ended"]
    assert names(ended[-1]) == ["linux-base"]
    # Each once, but that the wrapper of a task in the background starts its module in turn, and
    # async_status is a module as well.
    assert setting.starts().count("started") >= 4


AT_ONCE: Json = {"wait": False}
# A task of each module, which does its work and not only predicts it.
OF_EACH_MODULE: dict[str, Json] = {
    "account_info": {},
    "image": {"image": "linux-base", "min_ram": 1024},
    "image_batch": {
        "images": [
            {"volume_image_export": {"name": "module-data", "volume": "data-available"}},
            {"image_copy": {"name": "module-data-copy", "source_image": "module-data"}},
        ],
        **AT_ONCE,
    },
    "image_copy": {"name": "module-copy", "source_image": "linux-base", **AT_ONCE},
    "image_info": {"name": "linux-base", "query": "[].name"},
    "image_retention": {"families": [{"name": "module-*", "keep_newest": 1}]},
    "image_wait": {"images": ["linux-base"]},
    "quick_import": {
        "name": "module-import",
        "image_url": FILE,
        "min_disk": 40,
        "os_version": CENTOS,
        **AT_ONCE,
    },
    "volume_image_export": {"name": "module-export", "volume": "data-available", **AT_ONCE},
    "whole_image": {"name": "module-whole", "instance": "web-01", **AT_ONCE},
}


def test_every_module_is_complete_in_itself(one_core: Setting) -> None:
    """What Ansible packs for a module is all it needs; test_attributes.py runs each of them in the
    background."""
    there = {path.stem for path in (ROOT / "plugins" / "action").glob("[!_]*.py")}
    assert OF_EACH_MODULE.keys() == there, (
        f"{sorted(OF_EACH_MODULE.keys() ^ there)}: add a task of it to OF_EACH_MODULE in {__file__}"
    )
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/huaweicloud.ims.all": "{{ keys }}"},
        "vars": {"huaweicloud_ims_in_process": False},
        "tasks": [
            {"name": module, f"huaweicloud.ims.{module}": arguments}
            for module, arguments in OF_EACH_MODULE.items()
        ],
    }

    played = one_core.succeed([play])

    assert one_core.starts().count("started") >= len(there)
    assert played.task("account_info")["healthy"]
    for module in ("image_copy", "quick_import", "volume_image_export", "whole_image"):
        assert played.task(module)["changed"], module


def test_what_is_missing_here_may_be_there_for_modules(setting: Setting) -> None:
    folder = setting.folder / "broken"
    folder.mkdir()
    (folder / "jmespath.py").write_text("raise ImportError('not in this process')\n")
    arguments = {"name": "linux-base", "query": "[].name"}
    task = {"name": "by a module", "huaweicloud.ims.image_info": arguments}
    defaults = {"group/huaweicloud.ims.all": "{{ keys }}"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": defaults,
        "tasks": [task],
    }

    played = setting.succeed([play], PYTHONPATH=str(folder))

    assert played.task("by a module")["result"] == ["linux-base"]
    assert setting.starts() == ["started"]


# --- a collection of one's own

LISTING = Path("_images", "operations", "listing.py")


def _copy_of_the_collection(setting: Setting) -> Path:
    """Make a copy below the folder of the setting, and return where its plugins are."""
    root = setting.folder / "ansible_collections" / "huaweicloud" / "ims"
    for part in ("plugins", "meta"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "galaxy.yml", root)
    return root / "plugins"


@dataclass(frozen=True)
class Copied:
    """A copy of the collection, and plays that use it."""

    setting: Setting
    plugins: Path

    def list(self) -> Played:
        """Run a task that lists images."""
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": {"group/huaweicloud.ims.all": "{{ keys }}"},
            "tasks": [{"name": "list", "huaweicloud.ims.image_info": {"name": "linux-base"}}],
        }
        # The person at the terminal may have switched bytecode off.
        variables = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": ""}
        return self.setting.play(
            [play], ANSIBLE_COLLECTIONS_PATH=str(self.setting.folder), **variables
        )

    def bytecode(self) -> set[str]:
        """The source files whose bytecode is kept, from `plugins` on."""
        kept = [Path(source_from_cache(path)) for path in self.plugins.rglob("*.pyc")]
        return {str(path.relative_to(self.plugins)) for path in kept}


@pytest.fixture
def copied(
    _running_cloud: RunningCloud, core: Place, strategies: Strategies, tmp_path: Path
) -> Copied:
    setting = _setting(_running_cloud, core, tmp_path, strategies)
    return Copied(setting, _copy_of_the_collection(setting))


def test_bytecode_is_kept_and_follows_the_source(copied: Copied) -> None:
    assert names(copied.list().task("list")) == ["linux-base"]
    kept = copied.bytecode()
    path = copied.plugins / "module_utils" / LISTING
    path.write_text(path.read_text() + "raise RuntimeError('changed between two runs')\n")
    changed = copied.list()

    assert kept > {
        "modules/image_info.py",
        f"module_utils/{LISTING}",
        "plugin_utils/in_process.py",
        "plugin_utils/private_api.py",
    }
    assert "changed between two runs" in changed.output


def test_bytecode_is_used(copied: Copied) -> None:
    """A source that nobody could compile, with the time and the size that its bytecode is for."""
    copied.list()
    path = copied.plugins / "module_utils" / LISTING
    time, size = path.stat().st_mtime_ns, path.stat().st_size
    path.write_text("?" * size)
    os.utime(path, ns=(time, time))

    assert names(copied.list().task("list")) == ["linux-base"]


def test_a_collection_that_nobody_may_write_to_is_as_good(copied: Copied) -> None:
    """Root may write anywhere, but into no folder that is none."""
    folders = [copied.plugins, *(path for path in copied.plugins.rglob("*") if path.is_dir())]
    for folder in folders:
        (folder / "__pycache__").touch()

    assert names(copied.list().task("list")) == ["linux-base"]
    assert not copied.bytecode()


LOADED = """
import sys
from ansible.plugins.loader import action_loader, filter_loader, init_plugin_loader
init_plugin_loader([sys.argv[1]])
filter_loader.get("huaweicloud.ims.golden_image_plan")
action_loader.get("huaweicloud.ims.image_copy", class_only=True)
action_loader.get("huaweicloud.ims.image_batch", class_only=True)
ours = "ansible_collections.huaweicloud.ims.plugins."
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith(ours)))
"""


def test_no_file_is_loaded_under_two_names(core: Place) -> None:
    command = [str(core.python), "-c", LOADED, str(COLLECTIONS)]

    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    files = [file for file in printed.split() if file.endswith(".py")]
    assert any(file.endswith("/plugin_utils/in_process.py") for file in files)
    assert sorted(files) == sorted(set(files))


# --- time limits, and what is told on the way


@pytest.fixture
def nobody() -> Iterator[int]:
    """The port of a server that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def telling(setting: Setting) -> Setting:
    """With a collection whose tasks tell how they are getting on, secrets and all."""
    path = _copy_of_the_collection(setting) / "module_utils" / LISTING
    begun = '    with task.step("listing images"):\n'
    told = (
        '    task.show_line(f"on {arguments[\'name\']}: " + " ".join(task.client._secrets.known))\n'
    )
    assert path.read_text().count(begun) == 1
    path.write_text(path.read_text().replace(begun, told + begun))
    return setting


def test_time_limits_and_progress(telling: Setting, nobody: int) -> None:
    """One run for both; on_progress: the line of a task, with its secrets masked."""

    def listed(name: str, image: str, **keywords: Any) -> Json:
        return {"name": name, "huaweicloud.ims.image_info": {"name": image}, **keywords}

    address = f"http://127.0.0.1:{nobody}"
    silent = {"huaweicloud_ims_progress": False}
    deaf = {"group/huaweicloud.ims.all": "{{ keys | combine({'endpoints': {'ims': address}}) }}"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"address": address},
        "module_defaults": {"group/huaweicloud.ims.all": "{{ keys }}"},
        "tasks": [
            listed("told", "shown"),
            listed("secret", "hidden", no_log=True),
            listed("checked", "predicted", check_mode=True),
            listed("quiet", "unheard", vars=silent),
            listed("by a module", "afar", vars={"huaweicloud_ims_in_process": False}),
            listed("too long", "unanswered", timeout=1, ignore_errors=True, module_defaults=deaf),
            listed("after that", "linux-base"),
        ],
    }

    played = telling.succeed([play], ANSIBLE_COLLECTIONS_PATH=str(telling.folder))

    lines = [line for line in played.output.splitlines() if line.startswith("on ")]
    assert lines == [
        "on shown: ******** ********",
        "on unanswered: ******** ********",
        "on linux-base: ******** ********",
    ]
    late = played.task("too long")
    assert late["timedout"]["period"] == 1
    assert names(played.task("after that")) == ["linux-base"]


# --- output for people, and output for programs

COPY: Json = {"name": "copied", "source_image": "linux-base"}
CALLBACKS = Path(__file__).parent / "callback_plugins"


def _printed(setting: Setting, program: str, *arguments: str, **variables: str) -> str:
    """What goes to the standard output alone."""
    place = setting.cloud.place(**variables, ANSIBLE_CALLBACK_PLUGINS=str(CALLBACKS))
    answer = subprocess.run(
        [place.program(program), "-i", "localhost,", "-c", "local", *arguments],
        cwd=setting.folder,
        env={**place.environ(), "RECORD_FILE": str(setting.folder / "record")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def _play_a_copy(setting: Setting, callback: str) -> str:
    task = {"name": "copy", "huaweicloud.ims.image_copy": COPY}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
    path = setting.folder / "copy.yml"
    path.write_text(yaml.safe_dump([play]))
    return _printed(setting, "ansible-playbook", str(path), ANSIBLE_STDOUT_CALLBACK=callback)


def _copy_at_once(setting: Setting, *arguments: str, **variables: str) -> str:
    task = ["localhost", "-m", "huaweicloud.ims.image_copy", "-a", json.dumps(COPY)]
    return _printed(setting, "ansible", *task, *arguments, **variables)


@pytest.mark.parametrize("callback", ["default", "ansible.builtin.default", "for_people"])
def test_progress_goes_with_output_for_people(setting: Setting, callback: str) -> None:
    lines = _play_a_copy(setting, callback).splitlines()

    assert any(line.startswith("copied: ") for line in lines)


@pytest.mark.parametrize("callback", ["json_lines", "minimal", "oneline"])
def test_nothing_goes_between_output_for_programs(setting: Setting, callback: str) -> None:
    printed = _play_a_copy(setting, callback)

    assert _result(printed)["image"]["name"] == "copied"


@pytest.mark.parametrize("arguments", [[], ["-o"]], ids=["minimal", "oneline"])
def test_nothing_goes_between_the_output_of_ansible(
    setting: Setting, arguments: Sequence[str]
) -> None:
    printed = _copy_at_once(setting, *arguments)

    assert _result(printed)["image"]["name"] == "copied"


def test_ansible_with_a_callback_for_programs(setting: Setting) -> None:
    chosen = {"ANSIBLE_LOAD_CALLBACK_PLUGINS": "true", "ANSIBLE_STDOUT_CALLBACK": "json_lines"}

    assert _result(_copy_at_once(setting, **chosen))["image"]["name"] == "copied"


def _result(printed: str) -> Json:
    """The JSON after "localhost | CHANGED => ", or all of it. Raises for anything else."""
    head, _arrow, rest = printed.rpartition(" => ")
    assert head in ("", "localhost | CHANGED"), printed
    result: Json = json.loads(rest)
    return result


# --- the network


def test_proxies_and_authorities_of_an_environment_reach_requests(
    core: Place, tmp_path: Path
) -> None:
    """The cloud has a name that only the proxy knows, and an authority that nobody else trusts."""
    simulator, authority = simulated(), Authority(tmp_path)
    with behind_a_proxy(simulator, authority) as (facts, proxy):
        setting = Setting(RunningCloud(facts, core), tmp_path)
        bundle = {"REQUESTS_CA_BUNDLE": authority.bundle}
        tasks = [
            {
                "name": name,
                "huaweicloud.ims.image_info": {"name": "linux-base"},
                "environment": own,
                "ignore_errors": True,
            }
            for name, own in {"both": bundle, "no authority": {}}.items()
        ]
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "environment": {"https_proxy": proxy.url()},
            "module_defaults": {
                "group/huaweicloud.ims.all": "{{ keys | combine({'endpoints': endpoints}) }}"
            },
            "vars": {"endpoints": facts["endpoints"]},
            "tasks": tasks,
        }
        played = setting.succeed([play])

    assert names(played.task("both")) == ["linux-base"]
    assert "certificate" in played.task("no authority")["msg"].lower()
    assert [asked.split()[0] for asked in proxy.asked] == ["CONNECT"] * 2
    assert setting.starts() == []


def test_files_are_looked_for_in_the_home_of_the_task(setting: Setting) -> None:
    """Credentials, and the notes of tasks of this machine."""
    home = setting.folder / "home of a task"
    config = home / ".config" / "openstack"
    config.mkdir(parents=True)
    facts = setting.cloud.facts
    keys = {"ak": facts["access_key"], "sk": facts["secret_key"]}
    entry = {"auth": keys, "region_name": facts["region"]}
    (config / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": entry}}))
    arguments = {"name": "copied", "source_image": "linux-base", "cloud": "mine", "wait": False}
    task = {"name": "copy", "huaweicloud.ims.image_copy": arguments}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "environment": {"HOME": str(home), "XDG_CACHE_HOME": ""},
        "tasks": [task],
    }

    played = setting.succeed([play])

    assert played.task("copy")["changed"] is True
    assert list((home / ".cache" / "ansible-huaweicloud-ims").iterdir())
    assert setting.starts() == []


# --- the same results

SAME: dict[str, Json] = {
    "found": {"image_info": {"name": "linux-base", "query": "[].id"}},
    "unchanged": {"image": {"image": "limited-image", "max_ram": 8192}},
    "predicted": {
        "image_copy": {"name": "a", "source_image": "linux-base", "image_tags": {"one": 1}}
    },
    "refused": {"image_copy": {"name": "a", "source_image": "no-such-image"}},
    "wrong type": {"image": {"image": "limited-image", "min_ram": "much"}},
    "nothing given": {"image": {}},
    "unknown option": {"quick_import": {"nam": "a", "password": "never to be seen"}},
    "two names": {
        "image_copy": {"name": "a", "source_image": "linux-base", "image_id": "linux-base"}
    },
    "wrong keys": {"image_info": {"name": "a", "secret_key": "never to be seen"}},
    "with a warning": {"volume_image_export": {"name": "a", "volume": "data-used", "force": True}},
}


def test_both_ways_give_the_same_results(setting: Setting) -> None:
    """All that a registered result holds, but for times, and what the cloud issues for a
    request."""
    tasks = [
        {
            "name": name,
            f"huaweicloud.ims.{module}": arguments,
            "check_mode": True,
            "ignore_errors": True,
        }
        for name, task in SAME.items()
        for module, arguments in task.items()
    ]
    both = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": {"group/huaweicloud.ims.all": "{{ keys }}"},
            "vars": {"huaweicloud_ims_in_process": way},
            "tasks": tasks,
        }
        for way in (True, False)
    ]

    played = setting.succeed(both, "-v", ANSIBLE_INJECT_INVOCATION="true")

    assert setting.starts() == ["started"] * len(SAME)
    assert "never to be seen" not in played.output
    for name in SAME:
        here, there = [_settled(line["result"]) for line in played.results if line["task"] == name]
        assert here == there, name
        assert "invocation" in here


TAGGED: dict[str, tuple[Json, str]] = {
    "a mapping": ({"image_tags": {"team": "owned"}}, "set tags team"),
    "Python": ({"image_tags": "{ '{{ key }}': 'owned' }"}, "set tags team"),
    "JSON": ({"image_tags": '{"{{ key }}": "owned"}'}, "set tags team"),
    "JSON as it is": ({"image_tags": '{"team": "owned"}'}, "set tags team"),
    "a list": (
        {"image_tags": "[{'key': '{{ key }}', 'value': 'owned'}]"},
        "set tags team",
    ),
    "the old form": ({"tags": "['{{ key }}.owned', 'one.1']"}, "set tags one, team"),
    "the old form, plain": ({"tags": "{{ key }}.owned,one.1"}, "set tags one, team"),
}
NOT_TAGS: dict[str, tuple[Json, str]] = {
    "a boolean key": ({"image_tags": {True: "owned"}}, "image_tags: True is not accepted"),
    "a boolean key in text": (
        {"image_tags": "{ True: '{{ key }}' }"},
        "image_tags: True is not accepted",
    ),
    "no mapping": ({"image_tags": "{ {{ key }} }"}, "neither JSON nor"),
    "the old form as a mapping": ({"tags": {"team": "owned"}}, "in image_tags"),
    "the old form as text of one": ({"tags": "{ '{{ key }}': 'owned' }"}, "in image_tags"),
}


def test_text_of_lists_and_mappings_is_read_alike_on_all_versions_and_ways(
    setting: Setting,
) -> None:
    tasks = [
        {
            "name": name,
            "huaweicloud.ims.image": {"image": "limited-image", "purge_tags": False, **arguments},
            "check_mode": True,
            "ignore_errors": True,
        }
        for name, (arguments, _expected) in {**TAGGED, **NOT_TAGS}.items()
    ]
    both = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": {"group/huaweicloud.ims.all": "{{ keys }}"},
            "vars": {"huaweicloud_ims_in_process": way, "key": "team"},
            "tasks": tasks,
        }
        for way in (True, False)
    ]

    played = setting.succeed(both)

    for line in played.results:
        name, result = line["task"], line["result"]
        if name in TAGGED:
            assert result.get("actions") == [TAGGED[name][1]], (name, result)
        else:
            assert NOT_TAGS[name][1] in result["msg"], (name, result)
    assert len(played.results) == 2 * len(tasks)
    # What is refused is refused before it goes either way.
    assert setting.starts() == ["started"] * len(TAGGED)


def _settled(result: Mapping[str, Any]) -> Any:
    """Without what differs from request to request."""
    text = json.dumps(
        {name: value for name, value in result.items() if name not in ("elapsed", "exception")}
    )
    request_id = (result.get("error") or {}).get("request_id")
    if request_id:
        text = text.replace(request_id, "…")
    return json.loads(re.sub(r"\d+ seconds", "some seconds", text))
