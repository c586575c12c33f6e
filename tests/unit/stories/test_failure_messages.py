# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failure tells: what was being done, to which image, the cloud's words, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present import create

from .conftest import Cloud, ok
from .failing import CREATE, LIST, Arguments, assert_made
from .kinds import NAME, every_kind, run, task

KEYS = {"http_status", "code", "message", "request_id", "hint"}


@every_kind
def test_the_failure_of_a_refused_create_request_is_complete(cloud: Cloud, kind: str) -> None:
    refusal = {"action": "answer", "status": 400, "code": "IMG.0015", "message": "no room left"}
    cloud.rules({**CREATE, **refusal})

    result = run(cloud, kind)

    assert result["failed"]
    assert set(result["error"]) == KEYS
    assert result["error"]["http_status"] == 400
    assert result["error"]["code"] == "IMG.0015"
    assert result["error"]["message"] == "no room left"
    post = next(entry for entry in cloud.simulator.requests if entry["method"] == "POST")
    assert result["error"]["request_id"] == post["request_id"]
    assert f"creating image '{NAME}' of " in result["msg"]
    for words in ("400", "IMG.0015", "no room left", post["request_id"], result["error"]["hint"]):
        assert words in result["msg"]
    assert (result["image_id"], result["job_id"]) == (None, None)
    assert "exception" not in result
    assert "Traceback" not in str(result)


STEPS: dict[str, tuple[str, Arguments, str]] = {
    "looking up a name": (
        "server by name",
        {"path": "/cloudservers/detail", "action": "answer", "status": 400, "code": "Ecs.0005"},
        "looking up the resources that the task names",
    ),
    "looking for the image": (
        "image",
        {**LIST, "action": "answer", "status": 403, "code": "IMG.0026"},
        f"looking for image '{NAME}'",
    ),
    "looking up the source": (
        "disk",
        {"path": "/cloudvolumes/", "action": "answer", "status": 400, "code": "EVS.1002"},
        "checking whether image",
    ),
    "reading the tags": (
        "image",
        {"path": "/tags$", "method": "GET", "action": "answer", "status": 400, "code": "IMG.0025"},
        "reading the tags of image",
    ),
}


@pytest.mark.parametrize(("kind", "rule", "says"), STEPS.values(), ids=STEPS)
def test_a_failure_says_what_was_being_done(
    cloud: Cloud, kind: str, rule: Arguments, says: str
) -> None:
    more: Arguments = {"instance": "web-01"} if kind == "server by name" else {}
    kind = kind.partition(" ")[0]
    if "tags" in rule["path"]:
        run(cloud, kind)
    cloud.rules(rule)

    result = run(cloud, kind, **more, image_tags={"a": "1"})

    assert result["failed"]
    assert says in result["msg"]
    assert "keep waiting" not in result["msg"]
    assert set(result["error"]) == KEYS
    assert result["error"]["code"] == rule["code"]
    assert cloud.writes() == [] or kind == "image"


@pytest.mark.parametrize("kind", ["server", "disk", "image"])
def test_a_failure_after_the_create_request_carries_the_ids(cloud: Cloud, kind: str) -> None:
    cloud.rules({"method": "PATCH", "action": "answer", "status": 403, "code": "IMG.0026"})

    result = run(cloud, kind, min_ram=1, description="x", image_tags={"a": "1"})

    if kind == "server":
        # All of it goes into the create request; only our own note is refused, which is no failure.
        assert_made(cloud, result)
        return
    assert result["failed"]
    assert result["image_id"] == cloud.images(NAME)[0]["id"]
    assert bool(result["job_id"]) == (kind != "disk")
    assert result["image_id"] in result["msg"]
    assert "of image" in result["msg"]
    assert result["error"]["code"] == "IMG.0026"
    cloud.simulator.rules.clear()
    again = run(cloud, kind, min_ram=1, description="x", image_tags={"a": "1"})
    assert_made(cloud, again)
    assert (again["image"]["min_ram"], again["image"]["tags"]) == (1, {"a": "1"})


def test_a_cloud_that_is_not_there_is_told_by_its_address(cloud: Cloud) -> None:
    cloud.rules({"action": "drop", "how": "refuse"})

    result = run(cloud, "image")

    assert result["failed"]
    assert "127.0.0.1:8080" in result["msg"]
    assert result["error"]["code"] == "no_answer"
    assert (result["image_id"], result["job_id"]) == (None, None)


def test_wrong_keys_are_told_with_a_hint(cloud: Cloud) -> None:
    result = run(cloud, "image", secret_key="wrong-secret")

    assert result["failed"]
    assert result["error"]["http_status"] == 401
    assert result["error"]["hint"] in result["msg"]
    assert "wrong-secret" not in str(result)
    assert "wrong-secret" in cloud.secrets


def test_a_reader_may_not_make_images_and_is_told_so(cloud: Cloud) -> None:
    result = run(cloud, "image", **cloud.credential("reader"))

    assert result["failed"]
    assert result["error"]["http_status"] == 403
    assert "creating image" in result["msg"]
    assert cloud.images(NAME) == []


def test_a_reader_runs_unchanged_tasks(cloud: Cloud) -> None:
    run(cloud, "image", image_tags={"a": "1"})

    result = ok(run(cloud, "image", image_tags={"a": "1"}, **cloud.credential("reader")))

    assert not result["changed"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("server", "backup"),
        ("disk", "image"),
        ("disk", "server"),
        ("image", "encrypted copy"),
        ("system file", "data file"),
        ("data file", "disk"),
        ("image", "system file"),
    ],
)
def test_no_kind_is_taken_for_another(cloud: Cloud, first: str, second: str) -> None:
    run(cloud, first)
    cloud.forget_requests()

    result = run(cloud, second)

    assert result["failed"]
    assert f"An image named '{NAME}' exists" in result["msg"]
    assert cloud.writes() == []


def test_the_newest_of_several_is_taken_and_the_others_are_told(cloud: Cloud) -> None:
    twins = []
    for name in ("one", "two"):
        twins.append(run(cloud, "image", name=name)["image_id"])
        cloud.simulator.cloud.world.images[twins[-1]].facets.name = NAME
        cloud.clock.advance(60)

    result = ok(run(cloud, "image"))

    assert not result["changed"]
    assert result["image_id"] == twins[1]
    [warning] = result["warnings"]
    assert twins[0] in warning


def test_a_bug_of_ours_says_so_with_the_ids_and_its_traceback_only_at_vvv(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(create, "_converge_new", broken)
    module, arguments = task("image")

    quiet = cloud.run(module, **arguments)
    verbose = cloud.run(module, verbosity=3, **{**arguments, "name": "another"})

    assert quiet["failed"]
    assert "KeyError" in quiet["msg"]
    assert "bug of the collection" in quiet["msg"]
    assert quiet["image_id"] in quiet["msg"]
    assert quiet["job_id"] in quiet["msg"]
    assert "exception" not in quiet
    assert "Traceback" in verbose["exception"]


def test_what_is_certain_comes_before_the_words_of_the_cloud(cloud: Cloud) -> None:
    """And not what the task was doing, which has nothing to do with it."""
    cloud.switch(date_skew=7200)
    cloud.rules({"action": "skew", "seconds": 7200})

    result = run(cloud, "image")

    assert result["msg"].startswith("This machine's clock is 120 minutes behind")
    assert "Failed while" not in result["msg"]
    assert result["error"]["message"] in result["msg"]
    assert result["msg"].count(result["error"]["hint"]) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"path": "/v3/projects", "action": "answer", "status": 403, "code": "IAM.0002"},
        {"action": "answer", "status": 401, "code": "APIGW.0301"},
        {"action": "drop", "how": "refuse"},
    ],
    ids=["project look-up", "credentials", "no connection"],
)
def test_a_failure_of_access_does_not_name_a_step(cloud: Cloud, rule: Arguments) -> None:
    cloud.rules(rule)

    result = run(cloud, "server", project_id=None, instance="web-01")

    assert result["failed"]
    assert "Failed while" not in result["msg"]
