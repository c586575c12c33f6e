# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of all modules have one shape, whatever happens and whichever front end runs them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible_collections.huaweicloud.ims.plugins.module_utils._front import module as module_front
from ansible_collections.huaweicloud.ims.plugins.module_utils._front import task as task_front
from ansible_collections.huaweicloud.ims.plugins.modules import prepare_guest
from ansible_collections.huaweicloud.ims.plugins.plugin_utils import in_process, private_api
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, KINDS, NOBODY

from .conftest import CONNECTION, MODULES, URL, Cloud

Json = dict[str, Any]

NAME = "made-by-a-test"
# Modules without a cloud.
ON_GUESTS = {"prepare_guest"}
# Modules about many images, or about none.
ABOUT_MANY = {"image_info", "image_retention", "image_wait", "image_batch"}
WITHOUT_IMAGES = {"account_info"}
TASKS: dict[str, Json] = {
    **{kind.module: {"name": NAME, **kind.ways[0]} for kind in KINDS.values()},
    "account_info": {},
    "image": {"image": IMAGE, "min_ram": 1024},
    "image_batch": {"images": [{"image_copy": {"name": NAME, "source_image": IMAGE}}]},
    "image_info": {},
    "image_retention": {"families": [{"name": "web-*", "keep_newest": 1}]},
    "image_wait": {"images": [IMAGE]},
}
ERROR = {"code", "http_status", "message", "request_id", "hint"}


def _as_module(
    cloud: Cloud,
    module: str,
    given: Json,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Json:
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(os, "environ", cloud.environ)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        import_module(f"{MODULES}.{module}").main()
    result: Json = json.loads(capsys.readouterr().out)
    return result


def _in_process(
    cloud: Cloud,
    module: str,
    given: Json,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Json:
    del capsys
    monkeypatch.setattr(private_api, "has_output_for_people", lambda: False)
    monkeypatch.setattr(private_api, "environment_of", lambda action: cloud.environ)
    task = SimpleNamespace(
        args=given, async_val=0, check_mode=False, environment=[], no_log=False, run_once=False
    )
    shell = SimpleNamespace(tmpdir=None)
    connection = SimpleNamespace(transport="local", become=None, _shell=shell)
    templar = SimpleNamespace(template=lambda value: value)
    kind = import_module(f"{MODULES}.{module}".replace(".modules.", ".action.")).ActionModule
    action = kind(task, connection, None, None, templar, None)
    action._display = SimpleNamespace(verbosity=0, display=print)
    result: Json = action.run(task_vars={})
    return result


FRONTS = {"as a module": _as_module, "in process": _in_process}


class Runner:
    """Runs a task of a module at one of the front ends, against the simulated cloud."""

    def __init__(self, run: Callable[..., Json], cloud: Cloud, monkeypatch: pytest.MonkeyPatch):
        self.cloud = cloud
        self._run = run
        facts = cloud.simulator.facts(URL)
        self.connection = {name: facts[name] for name in CONNECTION}
        options = partial(task_front.TaskOptions, clock=cloud.clock, session=cloud.session())
        for front in (module_front, in_process):
            monkeypatch.setattr(front, "TaskOptions", options)

    def run(self, module: str, **more: Any) -> Json:
        given = {**self.connection, **TASKS[module], **more}
        return self._run(self.cloud, module, {k: v for k, v in given.items() if v is not None})


@pytest.fixture(params=FRONTS)
def runner(
    request: pytest.FixtureRequest,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Runner:
    run = partial(FRONTS[request.param], monkeypatch=monkeypatch, capsys=capsys)
    return Runner(run, cloud, monkeypatch)


def assert_success(module: str, result: Json) -> None:
    assert not result.get("failed"), result["msg"]
    assert isinstance(result["changed"], bool)
    assert {"image_id", "job_id", "elapsed"} <= set(result)
    assert "error" not in result
    if module in ABOUT_MANY | WITHOUT_IMAGES:
        assert {"image", "job"}.isdisjoint(result)
        assert (module in WITHOUT_IMAGES) or isinstance(result["images"], list)
    else:
        about_one = {"image", "job", "actions", "resumed", "source_verified", "diff"}
        assert about_one <= set(result)


def assert_failure(result: Json, code: str, http_status: int | None = None) -> None:
    assert result["failed"]
    assert result["msg"]
    assert {"image_id", "job_id", "elapsed"} <= set(result)
    assert set(result["error"]) == ERROR
    assert (result["error"]["code"], result["error"]["http_status"]) == (code, http_status)
    assert result["error"]["message"]
    assert isinstance(result["error"]["hint"], str)


each_module = pytest.mark.parametrize("module", sorted(TASKS))


def test_every_module_that_calls_the_cloud_is_in_the_table() -> None:
    folder = Path(import_module(MODULES).__path__[0])
    missing = ({path.stem for path in folder.glob("*.py")} - ON_GUESTS) ^ set(TASKS)
    assert not missing, f"{sorted(missing)}: add a valid task of it to TASKS in {__file__}"


@each_module
def test_a_success_has_the_ids_and_what_the_module_is_about(runner: Runner, module: str) -> None:
    assert_success(module, runner.run(module))


@each_module
def test_arguments_that_ansible_refuses_are_a_failure_like_any_other(
    runner: Runner, module: str
) -> None:
    assert_failure(runner.run(module, no_option_of_ours=1), "invalid_argument")


@pytest.mark.parametrize(
    ("given", "user", "code"),
    [
        ({"no_option_of_ours": 1}, 0, "invalid_argument"),
        ({"fix": ["no_check_of_ours"]}, 0, "invalid_argument"),
        ({}, 1000, "refused"),
        ({}, 0, "failed"),
    ],
)
def test_the_module_without_a_cloud_fails_in_the_same_shape(
    given: Json,
    user: int,
    code: str,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_arguments: object) -> None:
        raise PermissionError("/etc/fstab cannot be read")

    monkeypatch.setattr(prepare_guest, "find_problems", broken)
    monkeypatch.setattr(os, "geteuid", lambda: user)

    result = _as_module(cloud, "prepare_guest", given, monkeypatch, capsys)

    assert result["failed"]
    assert set(result["error"]) == ERROR
    assert (result["error"]["code"], result["error"]["message"]) == (code, result["msg"])


@each_module
def test_arguments_that_the_module_refuses_are_a_failure_like_any_other(
    runner: Runner, module: str
) -> None:
    assert_failure(runner.run(module, http_timeout=0), "invalid_argument")
    assert runner.cloud.requests() == []


@each_module
def test_without_credentials_a_task_fails_and_says_so_in_the_code(
    runner: Runner, module: str
) -> None:
    result = runner.run(module, access_key=None, secret_key=None, credentials_from="environment")

    if module == "account_info":  # it reports what is wrong
        assert_success(module, result)
    else:
        assert_failure(result, "credentials")


@each_module
def test_a_setting_that_is_missing_is_not_blamed_on_what_was_being_done(
    runner: Runner, module: str
) -> None:
    result = runner.run(module, region=None, project_id=None, endpoints=None, auth_url=None)

    if module == "account_info":
        assert_success(module, result)
    else:
        assert_failure(result, "configuration")
        assert not result["msg"].startswith("Failed while")


@each_module
def test_a_refusal_of_the_cloud_has_the_words_of_the_cloud(runner: Runner, module: str) -> None:
    answer = {"action": "answer", "status": 400, "code": "IMG.0144", "message": "no"}
    runner.cloud.rules({"path": ".", **answer})

    result = runner.run(module)

    if module == "account_info":
        assert_success(module, result)
    else:
        assert_failure(result, "IMG.0144", 400)


@each_module
def test_a_cloud_that_cannot_be_reached_has_a_code_of_ours(runner: Runner, module: str) -> None:
    runner.cloud.rules({"action": "drop", "how": "refuse"})

    result = runner.run(module)

    if module == "account_info":
        assert_success(module, result)
    else:
        assert_failure(result, "no_answer")


@each_module
def test_a_bug_of_ours_is_a_failure_like_any_other(
    runner: Runner, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> Json:
        raise KeyError("oops")

    monkeypatch.setattr(import_module(f"{MODULES}.{module}"), "run", broken)

    assert_failure(runner.run(module), "bug")


@each_module
def test_a_missing_library_is_a_failure_like_any_other(
    cloud: Cloud, module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only of a module: where this process lacks a library, it hands over to the module."""
    monkeypatch.setattr(module_front, "missing_libraries", lambda: [("requests", "a traceback")])

    result = _as_module(cloud, module, TASKS[module], monkeypatch, capsys)

    assert_failure(result, "missing_library")
    assert "requests" in result["msg"]


def test_the_failure_of_many_images_has_the_code_of_the_first_one(runner: Runner) -> None:
    copy = {"name": NAME, "source_image": NOBODY}

    result = runner.run("image_batch", images=[{"image_copy": copy}])

    assert_failure(result, "refused")
