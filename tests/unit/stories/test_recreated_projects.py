# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole tasks that share what IAM issued find a project that was recreated.

What is kept for how long, and for whom, is in plugins/module_utils/_cloud/test_token_cache.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE
from ansible_collections.huaweicloud.ims.tests.simulator import records

from .conftest import URL, Cloud, ok
from .kinds import task

Arguments = dict[str, Any]

TOKENS = "/v3/auth/tokens"
LOGIN = f"POST {TOKENS}"
LOOK_UP = "GET /v3/projects"
LIST = "GET /v2/cloudimages"


Arrange = Callable[[Cloud], Arguments]


def keys(cloud: Cloud) -> Arguments:
    return {}


def user(cloud: Cloud) -> Arguments:
    return {**cloud.user(), "project_name": cloud.simulator.facts(URL)["project_name"]}


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
    ok(cloud.run("image_info", **{"project_id": None, "name": "wanted", **arguments}))
    return cloud.requests()


def test_check_mode_and_other_modules_share_it(machine: Cloud) -> None:
    arguments = {**user(machine), "project_id": None}
    copy = {"name": "made", "source_image": IMAGE, **arguments}

    predicted = machine.run("image_copy", check_mode=True, **copy)
    made = machine.run("image_copy", **copy)
    changed = machine.run("image", image="made", description="new", **arguments)

    assert [result["changed"] for result in (predicted, made, changed)] == [True, True, True]
    assert machine.requests().count(LOGIN) == 1


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
def test_a_recreated_project_is_found(machine: Cloud, method: str) -> None:
    arrange, asked = METHODS[method]
    arguments = {**arrange(machine), "project_id": None}
    listed(machine, **arguments)
    new = recreate_project(machine)
    machine.forget_requests()
    module, wanted = task("system file", **arguments)

    result = ok(machine.run(module, **wanted))

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


# --- two processes at once
