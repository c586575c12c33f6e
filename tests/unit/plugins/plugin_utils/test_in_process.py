# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front end in Ansible's process: what it takes over, what a task of it is told, what comes
back. How it behaves in plays is tested in tests/system/test_in_process.py."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import TaskOptions
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import (
    InvalidArgument,
)
from ansible_collections.huaweicloud.ims.plugins.plugin_utils import in_process

COLLECTION = Path(in_process.__file__).parents[2]
MODULES = "ansible_collections.huaweicloud.ims.plugins.modules"
ACTIONS = "ansible_collections.huaweicloud.ims.plugins.action"
# Modules that look at the machine that they run on, and do not speak to the cloud.
ON_GUESTS = {"prepare_guest"}
FULL_NAME = "huaweicloud.ims.image_copy"

Json = dict[str, Any]


class Telling:
    """Stands in for Display."""

    def __init__(self) -> None:
        self.verbosity = 0
        self.lines: list[str] = []

    def display(self, line: str) -> None:
        self.lines.append(line)


class Front:
    """An action on a task, with what it hands on in place of a story and of a module."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.task = SimpleNamespace(
            action=FULL_NAME,
            args={"name": "copied", "source_image": "linux-base"},
            async_val=0,
            run_once=False,
            check_mode=False,
            environment=[],
            no_log=False,
        )
        shell = SimpleNamespace(tmpdir=None, env_prefix=lambda **_variables: "")
        self.connection = SimpleNamespace(transport="local", become=None, _shell=shell)
        self.display = Telling()
        self.variables: Json = {}
        self.derive: Callable[[type], type] = lambda kind: kind
        self.run_in_process: list[tuple[Json, TaskOptions]] = []
        self.handed_over: list[Json] = []
        self.story: Any = lambda arguments, options: {"changed": False, "image_id": None}
        self.for_people = True
        monkeypatch.setattr(
            in_process.private_api, "has_output_for_people", lambda: self.for_people
        )
        monkeypatch.setattr(in_process, "run_task", self._run_task)

    def _run_task(self, arguments: Json, options: TaskOptions, *_rest: Any) -> Json:
        self.run_in_process.append((dict(arguments), options))
        result: Json = self.story(arguments, options)
        return result

    def run(self, module: str = "image_copy") -> Json:
        kind: Any = self.derive(import_module(f"{ACTIONS}.{module}").ActionModule)
        templar = SimpleNamespace(template=lambda value: value)
        action = kind(self.task, self.connection, None, None, templar, None)
        action._display = self.display

        def execute_module(**how: Any) -> Json:
            self.handed_over.append(how)
            return {"changed": True}

        action._execute_module = execute_module
        result: Json = action.run(task_vars=self.variables)
        return result

    @property
    def arguments(self) -> Json:
        [(arguments, _options)] = self.run_in_process
        return arguments

    @property
    def options(self) -> TaskOptions:
        [(_arguments, options)] = self.run_in_process
        return options


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Front:
    return Front(monkeypatch)


# --- who runs it


def test_modules_actions_and_the_group_are_the_same() -> None:
    modules, actions = (
        {path.stem for path in (COLLECTION / "plugins" / folder).glob("*.py")}
        for folder in ("modules", "action")
    )
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text())

    assert modules > ON_GUESTS
    callers, grouped = modules - ON_GUESTS, set(runtime["action_groups"]["all"])
    assert callers == actions, (
        f"{sorted(callers ^ actions)}: add plugins/action/<name>.py, a copy of a neighbour"
    )
    assert callers == grouped, (
        f"{sorted(callers ^ grouped)}: add the module to action_groups in meta/runtime.yml"
    )
    assert "plugin_routing" not in runtime, "see plugins/plugin_utils/private_api.py"


@pytest.mark.parametrize("path", sorted((COLLECTION / "plugins" / "action").glob("*.py")))
def test_each_action_runs_the_module_of_its_name(path: Path) -> None:
    action = import_module(f"{ACTIONS}.{path.stem}").ActionModule

    assert Path(action._module.__file__).name == path.name


class Mixin:
    """What a strategy plugin puts before the class of an action, as mitogen does."""


def _subclass(kind: type) -> type:
    """As mitogen makes it: named for the action, in the module of the class's metaclass."""
    return type("huaweicloud.ims.image_copy", (Mixin, kind), {})


def _subclass_in_a_file(kind: type) -> type:
    return type("ActionModule", (Mixin, kind), {"__module__": "ansible.plugins.action.wrapped"})


def _copy(kind: type) -> type:
    """A class of the same members, made again elsewhere."""
    members = {name: value for name, value in vars(kind).items() if name != "__dict__"}
    return type("Copied", kind.__bases__, {**members, "__module__": "somewhere.else"})


DERIVED = [_subclass, _subclass_in_a_file, _copy]


@pytest.mark.parametrize("derive", DERIVED)
@pytest.mark.parametrize("path", sorted((COLLECTION / "plugins" / "action").glob("*.py")))
def test_a_class_made_from_an_action_runs_the_same_module(
    path: Path, derive: Callable[[type], type]
) -> None:
    action = import_module(f"{ACTIONS}.{path.stem}").ActionModule

    assert derive(action)._module is action._module  # type: ignore[attr-defined]


@pytest.mark.parametrize("derive", DERIVED)
@pytest.mark.parametrize("here", [True, False])
def test_a_task_of_a_class_made_from_an_action(
    front: Front, here: bool, derive: Callable[[type], type]
) -> None:
    front.derive = derive
    front.variables = {"huaweicloud_ims_in_process": here}

    assert front.run()["changed"] is not here

    assert [len(front.run_in_process), len(front.handed_over)] == [here, not here]


def test_an_action_that_another_action_calls_runs_its_own_module(front: Front) -> None:
    """The task is that of the other action."""
    front.task.action = "somebody.else.wrapper"
    front.task.args["max_ram"] = "much"
    refused = front.run()

    front.variables = {"huaweicloud_ims_in_process": False}
    front.run()

    assert "somebody.else" not in refused["msg"]
    assert [how["module_name"] for how in front.handed_over] == [FULL_NAME]


def test_a_local_connection_by_way_of_another_host_is_not_here(front: Front) -> None:
    """Mitogen makes one where a host has `mitogen_via`."""
    front.connection.get_task_var = {"mitogen_via": "bastion"}.get

    front.run()

    assert front.run_in_process == []
    assert len(front.handed_over) == 1


def test_a_task_on_this_machine_runs_here(front: Front) -> None:
    front.run()

    assert front.arguments["source_image"] == "linux-base"
    assert front.handed_over == []


@pytest.mark.parametrize("switch", [False, "false", "no", 0])
def test_a_variable_turns_it_off(front: Front, switch: Any) -> None:
    front.variables = {"huaweicloud_ims_in_process": switch}

    assert front.run()["changed"] is True

    assert front.run_in_process == []
    assert front.handed_over == [
        {"module_name": FULL_NAME, "task_vars": front.variables, "wrap_async": False}
    ]


@pytest.mark.parametrize("name", ["huaweicloud_ims_in_process", "huaweicloud_ims_progress"])
def test_a_switch_that_is_neither_on_nor_off_is_a_mistake(front: Front, name: str) -> None:
    front.variables = {name: "perhaps"}

    result = front.run()

    assert result["failed"] is True
    assert name in result["msg"]
    assert "perhaps" in result["msg"]
    assert front.run_in_process == front.handed_over == []


def test_what_needs_more_than_this_process_is_handed_over(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    front.connection.transport = "ssh"
    front.run()
    front.connection.transport = "local"

    front.connection.become = object()
    front.run()
    front.connection.become = None

    monkeypatch.setattr(in_process, "missing_libraries", lambda: [("requests", "…")])
    front.run()
    monkeypatch.undo()

    assert front.run_in_process == []
    assert [how["wrap_async"] for how in front.handed_over] == [False] * 3


def test_a_task_in_the_background_is_handed_over_as_such(front: Front) -> None:
    front.task.async_val = 60

    front.run()

    assert front.run_in_process == []
    assert [how["wrap_async"] for how in front.handed_over] == [True]


# --- arguments


def test_defaults_aliases_and_types_are_those_of_the_module(front: Front) -> None:
    front.task.args = {"name": "a", "image_id": "b", "min_ram": "1024", "wait": "no"}

    front.run()

    assert front.arguments["source_image"] == "b"
    assert front.arguments["min_ram"] == 1024
    assert front.arguments["wait"] is False
    assert front.arguments["wait_timeout"] == 7200
    assert front.arguments["description"] is None


class Tagged(str):
    """Text that carries something along, as Ansible's own does."""


class Vault:
    """An inline vault of ansible-core 2.18: text once somebody asks for it."""

    def __str__(self) -> str:
        return "decrypted"


def test_arguments_are_plain(front: Front) -> None:
    front.task.args = {
        Tagged("name"): Tagged("a"),
        "secret_key": Vault(),
        "image_tags": {Tagged("one"): Tagged("1"), "two": 2, "since": date(2026, 1, 2)},
        "endpoints": {"ims": Tagged("https://ims.example.com")},
        "tags": (Tagged("a.b"),),
    }

    front.run()

    given = front.arguments
    assert given["secret_key"] == "decrypted"
    assert given["image_tags"] == {"one": "1", "two": 2, "since": "2026-01-02"}
    assert given["tags"] == ["a.b"]
    texts = [given["name"], *given["image_tags"], *given["endpoints"].values(), *given["tags"]]
    assert {type(text) for text in texts} == {str}


def test_paths_are_those_of_the_task_and_not_of_this_process(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/of/this/process")
    monkeypatch.setenv("WHERE", "here")
    front.task.environment = [{"HOME": "/home/of/the/task", "WHERE": "there"}]
    front.task.args.update(
        ca_cert="~/${WHERE}/ca.pem", client_cert="$WHERE/$NOT_SET.pem", client_key="/a/~/key"
    )

    front.run()

    assert front.arguments["ca_cert"] == "/home/of/the/task/there/ca.pem"
    assert front.arguments["client_cert"] == "there/$NOT_SET.pem"
    assert front.arguments["client_key"] == "/a/~/key"


def test_wrong_arguments_are_reported_in_the_words_of_a_module(front: Front) -> None:
    front.task.args = {"name": "a", "wrong": 1, "secret_key": "very secret", "password": "pw"}
    unsupported = front.run()
    front.task.args = {"name": "very secret", "min_ram": "much", "secret_key": "very secret"}
    mistyped = front.run()

    assert front.run_in_process == []
    assert unsupported["failed"] is True
    assert unsupported["msg"].startswith(
        f"Unsupported parameters for ({FULL_NAME}) module: wrong. Supported parameters include: "
    )
    assert re.match(
        r"argument 'min_ram' is of type .*str.* and we were unable to convert to int",
        mistyped["msg"],
    )
    assert "very secret" not in json.dumps([unsupported, mistyped])


def test_two_names_for_one_option_are_a_warning(front: Front) -> None:
    front.task.args["image_id"] = "another"
    front.story = lambda arguments, options: {"warnings": ["of the story"]}

    assert front.run()["warnings"] == [
        "Both option source_image and its alias image_id are set.",
        "of the story",
    ]


def test_deprecated_options_are_reported(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    where = {"version": "9.0.0", "collection_name": "huaweicloud.ims"}
    old = {"name": "old_name", **where}
    spec = {"name": {"type": "str", "deprecated_aliases": [old], "aliases": ["old_name"]}}
    monkeypatch.setattr(import_module(f"{MODULES}.image_copy"), "ARGUMENTS", spec)
    front.task.args = {"old_name": "a"}

    [told] = front.run()["deprecations"]

    assert "Alias 'old_name' is deprecated" in told["msg"]
    assert told["version"] == "9.0.0"
    assert told["collection_name"] == "huaweicloud.ims"


# --- what a task is told


def test_check_mode_and_verbosity_are_passed_on(front: Front) -> None:
    front.run()
    front.task.check_mode = True
    front.display.verbosity = 3
    front.run()

    assert [options.check_mode for _arguments, options in front.run_in_process] == [False, True]
    assert [options.verbosity for _arguments, options in front.run_in_process] == [0, 3]


def test_the_environment_of_a_task_is_its_own(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD", "of the process")
    monkeypatch.setenv("OS_REGION_NAME", "of the process")
    before = dict(os.environ)
    front.task.environment = [{"OS_CLOUD": "of the play"}, {"OS_CLOUD": "of the task", "N": 1}]

    front.run()

    environ = front.options.environ
    assert environ["OS_CLOUD"] == "of the task"
    assert environ["OS_REGION_NAME"] == "of the process"
    assert environ["N"] == "1"
    assert dict(os.environ) == before


def lines_of(front: Front) -> list[str]:
    def telling(arguments: Mapping[str, Any], options: TaskOptions) -> Json:
        options.show_line("copied: saving, 30 %")
        return {}

    front.story = telling
    front.run()
    return front.display.lines


def test_progress_is_shown_at_once(front: Front) -> None:
    assert lines_of(front) == ["copied: saving, 30 %"]


@pytest.mark.parametrize("attribute", ["no_log", "check_mode"])
def test_a_task_that_is_to_be_silent_tells_nothing(front: Front, attribute: str) -> None:
    setattr(front.task, attribute, True)

    assert lines_of(front) == []


def test_no_progress_goes_between_output_for_programs(front: Front) -> None:
    front.for_people = False

    assert lines_of(front) == []


def test_progress_can_be_turned_off(front: Front) -> None:
    front.variables = {"huaweicloud_ims_progress": "no"}

    assert lines_of(front) == []


@pytest.mark.parametrize(
    ("hosts", "run_once", "shown"), [(1, False, True), (4, False, False), (40, True, True)]
)
def test_tasks_of_many_hosts_show_no_line_for_each_step(
    front: Front, hosts: int, run_once: bool, shown: bool
) -> None:
    front.task.run_once = run_once
    front.variables = {"ansible_play_batch": [f"web-{number}" for number in range(hosts)]}

    front.run()

    assert front.options.shows_steps == shown


def test_the_clients_are_those_of_the_task_before(front: Front) -> None:
    front.run()
    front.run()

    first, second = (options.clients for _arguments, options in front.run_in_process)
    assert first is second


FAMILY = {"name": "web-*", "keep_newest": 1}
NULLS: dict[str, tuple[str, Json, str]] = {
    "a criterion": ("image_retention", {"families": [{"name": "a", "tag": None}]}, "tag"),
    "an entry of keep": (
        "image_retention",
        {"families": [FAMILY], "keep": ["web-1", None]},
        "keep",
    ),
    "a filter": ("image_info", {"name": "web", "tag": None}, "tag"),
    "a source": ("whole_image", {"name": "web", "state": "absent", "backup_id": None}, "backup"),
    "an image": ("image", {"image": None, "name": "web", "state": "absent"}, "image"),
}


@pytest.mark.parametrize("here", [True, False], ids=["here", "as a module"])
@pytest.mark.parametrize(("module", "arguments", "option"), NULLS.values(), ids=NULLS)
def test_null_does_not_select_more_images(
    front: Front, module: str, arguments: Json, option: str, here: bool
) -> None:
    """What an undefined variable makes of an option reaches the rules as an empty value."""
    front.task.args = arguments
    front.variables = {"huaweicloud_ims_in_process": here}

    result = front.run(module)

    given = json.dumps(front.task.args)
    assert "null" not in given
    if not here:
        assert front.handed_over
    elif front.run_in_process:
        rules = import_module(f"{MODULES}.{module}").check
        with pytest.raises(InvalidArgument, match=option):
            rules(front.arguments)
    else:
        assert option in result["msg"]


def test_null_means_omitted_where_it_selects_nothing(front: Front) -> None:
    front.task.args.update(description=None, cmk_id=None, image_tags=None)

    front.run()

    assert front.arguments["cmk_id"] is None


@pytest.mark.parametrize("here", [True, False], ids=["here", "as a module"])
def test_text_of_a_mapping_is_one_on_either_way(front: Front, here: bool) -> None:
    front.task.args["image_tags"] = "{ 'team': 'web' }"
    front.variables = {"huaweicloud_ims_in_process": here}

    front.run()

    assert front.task.args["image_tags"] == {"team": "web"}


@pytest.mark.parametrize("here", [True, False], ids=["here", "as a module"])
def test_a_key_that_is_no_text_goes_neither_way(front: Front, here: bool) -> None:
    front.task.args["image_tags"] = {True: "owned"}
    front.variables = {"huaweicloud_ims_in_process": here}

    result = front.run()

    assert result["failed"] is True
    assert result["msg"].startswith("image_tags: True is not accepted: ")
    assert (result["image_id"], result["job_id"]) == (None, None)
    assert front.run_in_process == front.handed_over == []


# --- what comes back


def test_secrets_are_masked_in_all_that_comes_back(front: Front) -> None:
    front.task.args["secret_key"] = "given secret"
    front.variables = {"ansible_inject_invocation": True}

    def story(arguments: Mapping[str, Any], options: TaskOptions) -> Json:
        options.on_secret("issued secret")
        return {
            "changed": True,
            "image_id": None,
            "msg": "given secret and issued secret",
            "notes": [{"token": "issued secret"}],
        }

    front.story = story
    result = front.run()

    assert "secret" not in json.dumps({**result, "invocation": None}).replace("secret_key", "")
    assert (
        result["invocation"]["module_args"]["secret_key"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    )
    assert result["invocation"]["module_args"]["name"] == "copied"
    assert result["changed"] is True
    assert result["image_id"] is None


def test_a_secret_that_reads_like_a_boolean_leaves_the_result_alone(front: Front) -> None:
    front.task.args["secret_key"] = "True"
    front.story = lambda arguments, options: {"changed": True}

    assert front.run()["changed"] is True


def test_a_traceback_is_readable_whatever_the_version(front: Front) -> None:
    front.story = lambda arguments, options: {"failed": True, "msg": "no", "exception": "one\ntwo"}

    result = front.run()

    assert result["failed"] is True
    assert result["traceback"] == ["one", "two"]


def test_a_time_limit_is_not_swallowed(front: Front) -> None:
    class TimeIsUp(BaseException):
        """As TaskTimeoutError of ansible-core."""

    def story(arguments: Mapping[str, Any], options: TaskOptions) -> Json:
        raise TimeIsUp

    front.story = story

    with pytest.raises(TimeIsUp):
        front.run()
