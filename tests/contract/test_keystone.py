# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's own client against a real Keystone, which IAM is a dialect of."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import accounts, errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import Client, connect

from .running import REPOSITORY

pytest.importorskip("keystone", reason="there is none for this Python")

# It makes a database first: ten seconds of work, on a machine that may have other work to do.
START_SECONDS = 300.0
STOP_SECONDS = 5.0


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Address, user, password, account and project of a Keystone that runs."""
    folder = tmp_path_factory.mktemp("keystone")
    with (folder / "stderr").open("w") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.keystone_server", str(folder)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        )
    try:
        assert process.stdout is not None
        ready, _written, _failed = select.select([process.stdout], [], [], START_SECONDS)
        line = process.stdout.readline() if ready else ""
        assert line, (folder / "stderr").read_text()[-2000:]
        yield json.loads(line)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def exported(facts: dict[str, Any], **more: str) -> dict[str, str]:
    """What an openrc.sh exports."""
    return {
        "HOME": "/nowhere",
        "OS_AUTH_URL": facts["auth_url"],
        "OS_USERNAME": facts["username"],
        "OS_PASSWORD": facts["password"],
        "OS_USER_DOMAIN_NAME": facts["domain_name"],
        "OS_PROJECT_NAME": facts["project_name"],
        "OS_REGION_NAME": "eu-de",
        "OS_IDENTITY_API_VERSION": "3",
        **more,
    }


def client(environ: dict[str, str], **options: Any) -> Client:
    return connect({"token_cache": False, **options}, environ, directory="")


@pytest.fixture(scope="module")
def project(facts: dict[str, Any]) -> str:
    return client(exported(facts)).project_id


@pytest.mark.parametrize(
    "domain",
    [
        {},
        {"OS_PROJECT_DOMAIN_NAME": "Default"},
        {"OS_PROJECT_DOMAIN_ID": "default"},
        {"OS_USER_DOMAIN_NAME": "", "OS_DOMAIN_NAME": "Default"},
        {"OS_USER_DOMAIN_NAME": "", "OS_USER_DOMAIN_ID": "default"},
    ],
)
def test_a_password_buys_a_token_of_the_project_that_is_named(
    facts: dict[str, Any], project: str, domain: dict[str, str]
) -> None:
    found = client(exported(facts, **domain))

    [own] = accounts.own_projects(found)
    assert (own.id, own.name) == (found.project_id, facts["project_name"])
    assert found.project_id == project
    # Of those in which the user has a role of the account's own.
    assert accounts.own_accounts(found) == []


def test_a_project_may_be_given_by_its_id(facts: dict[str, Any], project: str) -> None:
    found = client(exported(facts), project_id=project)

    assert [own.id for own in accounts.own_projects(found)] == [project]


def test_a_ready_token_tells_its_project(facts: dict[str, Any], project: str) -> None:
    first = client(exported(facts))
    accounts.own_projects(first)
    token = first._secrets.known[-1]

    second = client({}, auth_token=token, auth_url=facts["auth_url"], region="eu-de")

    assert second.project_id == project


def test_a_user_by_id_is_told_to_name_the_account_of_the_project(
    facts: dict[str, Any], project: str
) -> None:
    first = client(exported(facts))
    token = first.request("iam", "GET", "/v3/auth/tokens", headers=_about_itself(first)).json
    by_id = {
        "OS_USERNAME": "",
        "OS_USER_DOMAIN_NAME": "",
        "OS_USER_ID": token["token"]["user"]["id"],
    }

    with pytest.raises(errors.BadRequest, match="Expecting to find domain in project") as caught:
        accounts.own_projects(client(exported(facts, **by_id)))

    assert "OS_PROJECT_DOMAIN_NAME" in caught.value.hint
    named = exported(facts, **by_id, OS_PROJECT_DOMAIN_NAME="Default")
    assert client(named).project_id == project


def _about_itself(found: Client) -> dict[str, str]:
    accounts.own_projects(found)
    return {"X-Subject-Token": found._secrets.known[-1]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"OS_PASSWORD": "wrong"},
        {"OS_PROJECT_NAME": "eu-de_other"},
        {"OS_PROJECT_DOMAIN_NAME": "elsewhere"},
    ],
)
def test_a_refusal_says_nothing_of_keys_and_clocks(
    facts: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(errors.Unauthorized) as caught:
        accounts.own_projects(client(exported(facts, **wrong)))

    assert "access key" not in caught.value.hint
    assert "clock" not in caught.value.hint
