# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that the cloud refuses says what to do about it.

Which advice belongs to which code is tested in plugins/module_utils/_cloud/test_hints.py, what busy
codes and codes of existing images lead to in test_failures.py. Here is a code of each kind of call,
and the other codes that a task treats in a way of its own.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import credentials
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.hints import HINTS, hint_for

from .conftest import Cloud, ok
from .kinds import NAME, run

Arguments = dict[str, Any]

SAYS = "told by the cloud in its own words"
CREATE = {
    "method": "POST",
    "path": "(wholeimages/action|/copy|quickimport/action|/volumes/[^/]+/action)$",
}
PATCH = {"method": "PATCH", "path": "/v2/cloudimages/"}
DELETE = {"method": "DELETE", "path": "/v2/images/"}
JOB = {"method": "GET", "path": "/jobs/"}
LIST = {"method": "GET", "path": "/v2/cloudimages$"}


def img(*numbers: str) -> tuple[str, ...]:
    """Codes of IMS by their numbers."""
    return tuple(f"IMG.{number}" for number in numbers)


# The task -> codes that end it when its create request is answered with them, or its job fails with
# them.
CREATES: dict[str, tuple[str, ...]] = {
    "server": img("0014", "0184"),
    "backup": img("0190"),
    "CSBS backup": img("0132"),
    "image": img("0046"),
    "system file": img("0055"),
    "data file": img("0056"),
    "disk": ("EVS.5400", "EVS.5403", "APIGW.0301"),
}
# Codes on the way to the image: the call -> those that end the task.
LOOKUPS: dict[str, tuple[str, Arguments, tuple[str, ...]]] = {
    "servers": ("server", {"path": "/cloudservers/"}, ("Ecs.0114",)),
    "disks": ("disk", {"path": "/cloudvolumes/"}, ("EVS.5400",)),
    "vaults": ("server", {"path": "/vaults"}, ("BackupService.6105",)),
    "backups": ("backup", {"path": "/backups/"}, ("BackupService.6200",)),
    "list": ("image", LIST, ("IMG.0030", "APIGW.0302")),
    "job": ("image", JOB, img("0023")),
    "job, of another project": ("image", JOB, ("Common.0011",)),
}
IDENTITY = {401: "IAM.0061", 403: "IAM.0002", 429: "IAM.0012"}
# As the references say; all else is a 400.
STATUS = {"EVS.5403": 403, "EVS.2409": 409, "APIGW.0301": 401, "APIGW.0302": 403, "APIGW.0308": 429}


def pairs(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(kind, code) for kind, codes in table.items() for code in dict.fromkeys(codes)]


def refusal(code: str, **more: Any) -> Arguments:
    return {
        "action": "answer",
        "status": STATUS.get(code, 400),
        "code": code,
        "message": SAYS,
        **more,
    }


def strike(cloud: Cloud, call: Arguments, **what: Any) -> None:
    cloud.rules({**call, **what})


def assert_told(cloud: Cloud, result: Arguments, code: str) -> None:
    """A refusal: the cloud's words, where to ask for more, and what to do."""
    struck = [entry for entry in cloud.simulator.requests if entry["fault"]]
    assert result["failed"]
    assert (result["error"]["code"], result["error"]["message"]) == (code, SAYS)
    assert result["error"]["hint"].startswith(HINTS[code])
    assert result["error"]["request_id"] in {entry["request_id"] for entry in struck}
    for words in (code, SAYS, result["error"]["request_id"], HINTS[code].rstrip(".")):
        assert words in result["msg"]
    assert "bug" not in result["msg"]


# --- create requests and their jobs


@pytest.mark.parametrize(("kind", "code"), pairs(CREATES))
def test_a_refused_create_request_says_what_to_do(cloud: Cloud, kind: str, code: str) -> None:
    strike(cloud, CREATE, **refusal(code))

    result = run(cloud, kind)

    assert_told(cloud, result, code)
    assert cloud.images(NAME) == []


# --- changing and deleting


@pytest.mark.parametrize("code", img("0105", "0106"))
def test_a_refused_change_says_what_to_do(cloud: Cloud, code: str) -> None:
    strike(cloud, PATCH, **refusal(code))

    result = cloud.run("image", image="limited-image", description="new words")

    assert_told(cloud, result, code)


@pytest.mark.parametrize("times", [1, 2])
def test_an_attribute_conflict_is_solved_by_the_other_operation(cloud: Cloud, times: int) -> None:
    strike(cloud, PATCH, times=times, **refusal("IMG.0035"))

    result = ok(cloud.run("image", image="linux-base", description="new words"))

    assert result["image"]["description"] == "new words"


def test_an_attribute_conflict_that_stays_says_what_to_do(cloud: Cloud) -> None:
    strike(cloud, PATCH, **refusal("IMG.0035"))

    result = cloud.run("image", image="limited-image", description="new words")

    assert_told(cloud, result, "IMG.0035")


def test_a_refused_deletion_says_what_to_do(cloud: Cloud) -> None:
    strike(cloud, DELETE, **refusal("IMG.0091"))

    result = cloud.run("image", image="limited-image", state="absent")

    assert_told(cloud, result, "IMG.0091")
    assert cloud.images("limited-image")


@pytest.mark.parametrize("code", img("0027", "0086", "0144"))
def test_an_image_that_is_gone_is_deleted(cloud: Cloud, code: str) -> None:
    """Somebody else was faster."""
    strike(cloud, DELETE, **refusal(code, handled=True))

    ok(cloud.run("image", image="limited-image", state="absent"))

    assert cloud.images("limited-image") == []


def test_an_image_in_use_is_deleted_later(cloud: Cloud) -> None:
    strike(cloud, DELETE, times=2, **refusal("IMG.0090"))

    ok(cloud.run("image", image="limited-image", state="absent"))

    assert cloud.images("limited-image") == []


def test_an_image_that_stays_in_use_says_what_to_do(cloud: Cloud) -> None:
    strike(cloud, DELETE, **refusal("IMG.0090"))

    result = cloud.run("image", image="limited-image", state="absent", wait_timeout=30)

    assert_told(cloud, result, "IMG.0090")
    assert cloud.images("limited-image")


def test_a_backup_that_was_left_behind_is_deleted_too(cloud: Cloud) -> None:
    strike(cloud, DELETE, times=1, **refusal("IMG.0176"))
    strike(cloud, {"method": "DELETE", "path": "/backups/"}, times=1, **_in_use())

    ok(cloud.run("image", image="whole-from-server", state="absent", delete_backup=True))

    assert cloud.images("whole-from-server") == []


def _in_use() -> Arguments:
    return refusal("BackupService.6204", shape="cbr")


def test_a_deletion_that_always_fails_over_its_backup_says_what_to_do(cloud: Cloud) -> None:
    strike(cloud, DELETE, **refusal("IMG.0176"))

    result = cloud.run(
        *("image",), image="whole-from-server", state="absent", delete_backup=True, wait_timeout=60
    )

    assert_told(cloud, result, "IMG.0176")


def test_a_backup_that_stays_in_use_says_what_to_do(cloud: Cloud) -> None:
    """Right after its image was made a backup is still being written: it is left behind."""
    cloud.switch(backup_late=300)
    run(cloud, "server")
    strike(cloud, {"method": "DELETE", "path": "/backups/"}, **_in_use())

    result = cloud.run("image", image=NAME, state="absent", delete_backup=True, wait_timeout=60)

    assert_told(cloud, result, "BackupService.6204")
    assert cloud.images(NAME) == []


# --- look-ups, jobs, credentials, limits


@pytest.mark.parametrize(
    ("kind", "call", "code"),
    [(kind, call, code) for kind, call, codes in LOOKUPS.values() for code in codes],
)
def test_a_refused_look_up_says_what_to_do(
    cloud: Cloud, kind: str, call: Arguments, code: str
) -> None:
    strike(cloud, {**call, "method": "GET"}, **refusal(code))

    assert_told(cloud, run(cloud, kind), code)


@pytest.mark.parametrize("code", [*img("0023"), "Common.0011"])
def test_a_job_that_is_not_known_yet_is_waited_for(cloud: Cloud, code: str) -> None:
    strike(cloud, JOB, times=4, **refusal(code))

    ok(run(cloud, "image"))


@pytest.mark.parametrize(("status", "code"), IDENTITY.items())
def test_a_refused_login_says_what_to_do(cloud: Cloud, status: int, code: str) -> None:
    strike(cloud, {"path": "/v3/auth/tokens"}, **refusal(code, status=status, shape="gateway"))

    result = run(cloud, "image", wait_timeout=120, **cloud.user())

    assert_told(cloud, result, code)
    assert cloud.creates() == []


def test_a_limit_on_requests_that_stays_says_what_to_do(cloud: Cloud) -> None:
    strike(cloud, LIST, **refusal("APIGW.0308", shape="gateway"))

    assert_told(cloud, run(cloud, "image", wait_timeout=200), "APIGW.0308")


# --- what the documentation shows


def returned(path: Path) -> dict[str, Any]:
    """RETURN of a module."""
    [text] = [
        ast.literal_eval(node.value)
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RETURN"
    ]
    found: dict[str, Any] = yaml.safe_load(text)
    return found


MODULES = (Path(__file__).resolve().parents[3] / "plugins" / "modules").glob("*.py")
RETURNED = {path.stem: returned(path) for path in sorted(MODULES)}


@pytest.mark.parametrize("module", [name for name, keys in RETURNED.items() if "error" in keys])
def test_the_documentation_shows_a_failure_as_a_task_tells_it(module: str) -> None:
    shown = RETURNED[module]["error"]["sample"]

    assert shown["hint"] == hint_for(shown["code"], shown["http_status"] or 0)


@pytest.mark.parametrize("module", [name for name, keys in RETURNED.items() if "notes" in keys])
def test_the_documentation_shows_the_credentials_as_a_task_tells_them(module: str) -> None:
    environ = {"HW_ACCESS_KEY": "key", "HW_SECRET_KEY": "secret"}

    source = credentials.select_credentials({}, environ, "").source

    assert RETURNED[module]["notes"]["sample"] == [f"Credentials: {source}"]
