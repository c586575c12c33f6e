# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole tasks work for the account and in the place that is meant, or create nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.samples import PRODUCTION
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .conftest import NO_STORE, URL, Cloud, ok

NOBODY = {"access_key": None, "secret_key": None}
NOWHERE = {**NOBODY, "region": None, "project_id": None}


@pytest.fixture
def facts(cloud: Cloud) -> dict[str, Any]:
    return cloud.simulator.facts(URL)


def by_user(facts: dict[str, Any], **more: str) -> dict[str, str]:
    """The export of an OpenStack tool."""
    names = ("username", "password", "user_domain_name", "auth_url", "region_name")
    said = {**facts, "user_domain_name": facts["domain_name"], "region_name": facts["region"]}
    return {**NO_STORE, **{f"OS_{name.upper()}": said[name] for name in names}, **more}


def by_keys(facts: dict[str, Any], prefix: str = "HW_", **more: str) -> dict[str, str]:
    names = ("access_key", "secret_key")
    return {**NO_STORE, **{f"{prefix}{name.upper()}": facts[name] for name in names}, **more}


def copied(cloud: Cloud, **arguments: Any) -> dict[str, Any]:
    return cloud.run("image_copy", source_image="linux-base", name="copy", **arguments)


def owner(cloud: Cloud) -> str:
    [image] = cloud.images("copy")
    return str(image["owner"])


# --- who


@pytest.mark.parametrize(
    "begun",
    [
        {"HW_ACCESS_KEY": "AK"},
        {"HW_SECRET_KEY": "SK"},
        {"HUAWEICLOUD_SDK_AK": "AK"},
        {"HW_ASSUME_ROLE_AGENCY_NAME": "image-builder"},
    ],
)
def test_an_incomplete_account_creates_nothing_in_another_one(
    cloud: Cloud, facts: dict[str, Any], begun: dict[str, str]
) -> None:
    cloud.environ = {**by_user(facts), **begun}

    result = copied(cloud, **NOWHERE)

    assert result["failed"]
    assert f"{next(iter(begun))} without" in result["msg"]
    assert cloud.requests() == []


def test_the_metadata_do_not_stand_in_for_an_incomplete_account(
    cloud: Cloud, facts: dict[str, Any]
) -> None:
    cloud.environ = {**NO_STORE, "HW_ACCESS_KEY": "AK"}
    endpoints = {**facts["endpoints"], "metadata": URL}

    result = copied(cloud, **NOBODY, endpoints=endpoints)
    chosen = copied(cloud, **NOBODY, endpoints=endpoints, credentials_from="metadata")

    assert "HW_ACCESS_KEY without HW_SECRET_KEY" in result["msg"]
    assert ok(chosen)["changed"]


@pytest.mark.parametrize("where", ["environment", "clouds.yaml"])
def test_an_agency_of_the_tools_of_otc_is_assumed(
    cloud: Cloud,
    facts: dict[str, Any],
    where: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The project beside it is the caller's, as in the export of those tools."""
    partner = facts["others"]["agency"]
    own = {"OS_PROJECT_ID": facts["project_id"]}
    cloud.environ = by_user(
        facts,
        **own,
        OS_AGENCY_NAME=partner["agency_name"],
        OS_AGENCY_DOMAIN_NAME=partner["agency_domain_name"],
        OS_DELEGATED_PROJECT=facts["region"],
    )
    if where == "clouds.yaml":
        monkeypatch.chdir(tmp_path)
        auth = {
            "auth_url": facts["auth_url"],
            "username": facts["username"],
            "password": facts["password"],
            "user_domain_name": facts["domain_name"],
            "project_id": facts["project_id"],
            "target_agency_name": partner["agency_name"],
            "target_domain_id": partner["agency_domain_name"],
            "target_project_name": facts["region"],
        }
        entry = {"region_name": facts["region"], "auth": auth}
        (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"otc": entry}}))
        cloud.environ = {**NO_STORE, "HOME": str(tmp_path)}

    result = ok(cloud.run("image_info", **NOWHERE))

    assert "partner-private" in {image["name"] for image in result["images"]}
    assert "linux-base" not in {image["name"] for image in result["images"]}


@pytest.mark.parametrize("end", ["\n", "\r\n", " "])
def test_keys_with_a_line_end_work_at_once(cloud: Cloud, facts: dict[str, Any], end: str) -> None:
    keys = {name: f"{facts[name]}{end}" for name in ("access_key", "secret_key")}

    result = ok(cloud.run("image_info", verbosity=1, **keys))

    assert result["elapsed"] == 0
    assert "access_key: white space at its ends was removed" in result["notes"]
    assert facts["secret_key"] in cloud.secrets


def test_a_key_that_was_cut_in_two_is_refused_at_once(cloud: Cloud) -> None:
    result = cloud.run("image_info", secret_key="first\nsecond")

    assert "secret_key has white space" in result["msg"]
    assert "second" not in str(result)
    assert cloud.requests() == []


def test_a_keystone_that_wants_the_account_of_a_project_is_told(
    cloud: Cloud, facts: dict[str, Any]
) -> None:
    cloud.switch(project_domain="required")
    cloud.environ = by_user(facts, OS_PROJECT_NAME=facts["project_name"])

    assert ok(copied(cloud, **NOWHERE))["changed"]
    assert owner(cloud) == facts["project_id"]


def test_a_keystone_that_is_not_told_says_what_is_missing(
    cloud: Cloud, facts: dict[str, Any]
) -> None:
    cloud.switch(project_domain="required")
    user = {"user_id": facts["others"]["user_id"], "password": facts["password"]}

    result = copied(cloud, **{**NOBODY, "project_id": None}, **user)

    assert "OS_PROJECT_DOMAIN_NAME" in result["error"]["hint"]
    assert cloud.creates() == []


# --- where


@pytest.fixture
def otc(clock: ManualClock) -> Cloud:
    """A region with a second one beside it."""
    return Cloud(Simulator(clock=clock, seed=1, region="eu-de"))


def test_the_region_of_a_task_keeps_the_project_of_a_source_without_one(otc: Cloud) -> None:
    facts = otc.simulator.facts(URL)
    otc.environ = by_keys(facts, "OS_", OS_PROJECT_NAME="eu-de_team", OS_AUTH_URL=URL)

    ok(otc.run("image_info", **NOBODY, project_id=None))

    asked = [entry for entry in otc.simulator.requests if entry["path"] == "/v3/projects"]
    assert [entry["query"] for entry in asked] == [{"name": "eu-de_team"}]


def test_the_project_of_another_region_is_left_out_with_a_note(otc: Cloud) -> None:
    facts = otc.simulator.facts(URL)
    elsewhere = facts["others"]["other_region_project_id"]
    otc.environ = by_keys(facts, HW_REGION_NAME="eu-nl", HW_PROJECT_ID=elsewhere)

    result = ok(copied(otc, verbosity=1, **NOBODY, project_id=None))

    assert owner(otc) == facts["project_id"]
    assert any("HW_PROJECT_ID" in note and "of eu-nl" in note for note in result["notes"])


def test_a_project_that_is_of_another_region_creates_nothing(otc: Cloud) -> None:
    result = copied(otc, project_id=None, project_name="eu-nl")

    assert "is of the region eu-nl, but the region is eu-de" in result["msg"]
    assert otc.requests() == []


def test_an_id_of_another_region_is_refused_with_the_reason(otc: Cloud) -> None:
    facts = otc.simulator.facts(URL)
    elsewhere = facts["others"]["other_region_project_id"]
    user = {name: facts[name] for name in ("username", "password", "domain_name")}

    by_key = copied(otc, project_id=elsewhere)
    by_password = copied(otc, **NOBODY, **user, project_id=elsewhere)

    assert "Check that project_id" in by_key["error"]["hint"]
    assert "of the region eu-nl, but the region is eu-de" in by_password["error"]["hint"]
    for result in (by_key, by_password):
        assert "clock" not in result["error"]["hint"]
        assert "access key" not in result["error"]["hint"]


def test_a_look_up_of_the_project_that_is_not_permitted_suggests_its_id(cloud: Cloud) -> None:
    keys = {**cloud.credential("no-lookups"), "project_id": None}

    result = copied(cloud, **keys)

    assert result["error"]["http_status"] == 403
    assert "Set project_id" in result["error"]["hint"]


# --- enterprise project


def hw(facts: dict[str, Any]) -> dict[str, str]:
    return by_keys(facts, HW_ENTERPRISE_PROJECT_ID=PRODUCTION)


MAKES: dict[str, dict[str, Any]] = {
    "image_copy": {"source_image": "linux-base"},
    "volume_image_export": {"volume": "data-available"},
}


@pytest.mark.parametrize("module", MAKES)
@pytest.mark.parametrize("wait", [True, False])
def test_a_new_image_belongs_to_the_enterprise_project_of_the_environment(
    tame: Cloud, module: str, wait: bool
) -> None:
    tame.environ = hw(tame.simulator.facts(URL))
    arguments = {**MAKES[module], "name": "new", "wait": wait, **NOBODY}

    predicted = ok(tame.run(module, check_mode=True, **arguments))
    result = ok(tame.run(module, **arguments))
    if not wait:
        ok(tame.run("image_wait", **NOBODY, results=[result]))

    [image] = tame.images("new")
    assert image["enterprise_project_id"] == PRODUCTION
    assert predicted["diff"]["after"]["enterprise_project_id"] == PRODUCTION
    assert result["diff"]["after"] == predicted["diff"]["after"]
    assert not ok(tame.run(module, **arguments))["changed"]


def test_an_existing_image_stays_in_its_enterprise_project(tame: Cloud) -> None:
    facts = tame.simulator.facts(URL)
    ok(copied(tame))
    tame.environ = hw(facts)
    tame.forget_requests()

    result = ok(copied(tame, **NOBODY))

    assert not result["changed"]
    assert tame.writes() == []


def test_what_the_task_says_goes_before_the_environment(tame: Cloud) -> None:
    tame.environ = hw(tame.simulator.facts(URL))

    ok(copied(tame, **NOBODY, enterprise_project_id="0"))

    [image] = tame.images("copy")
    assert image["enterprise_project_id"] == "0"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 429, 500, 503])
def test_the_keys_of_an_instance_serve_whatever_its_metadata_answers_about_tokens(
    cloud: Cloud, status: int
) -> None:
    cloud.switch(metadata="v1", metadata_token=status)
    endpoints = {**cloud.simulator.facts(URL)["endpoints"], "metadata": URL}

    result = cloud.run("image_info", access_key=None, secret_key=None, endpoints=endpoints)

    assert not result.get("failed"), result["msg"]
    assert result["images"]
