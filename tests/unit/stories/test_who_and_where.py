# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole tasks work for the account and in the place that is meant, or create nothing."""

from __future__ import annotations

from typing import Any

import pytest
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


def test_an_incomplete_account_creates_nothing_in_another_one(
    cloud: Cloud, facts: dict[str, Any]
) -> None:
    """All that is incomplete: plugins/module_utils/_cloud/test_credentials.py."""
    cloud.environ = by_user(facts, HW_ACCESS_KEY="AK")

    result = copied(cloud, **NOWHERE)

    assert result["failed"]
    assert "HW_ACCESS_KEY without" in result["msg"]
    assert cloud.requests() == []


def test_an_agency_of_the_tools_of_otc_is_assumed(cloud: Cloud, facts: dict[str, Any]) -> None:
    """The project beside it is the caller's, as in the export of those tools."""
    partner = facts["others"]["agency"]
    cloud.environ = by_user(
        facts,
        OS_PROJECT_ID=facts["project_id"],
        OS_AGENCY_NAME=partner["agency_name"],
        OS_AGENCY_DOMAIN_NAME=partner["agency_domain_name"],
        OS_DELEGATED_PROJECT=facts["region"],
    )

    result = ok(cloud.run("image_info", **NOWHERE))

    assert "partner-private" in {image["name"] for image in result["images"]}
    assert "linux-base" not in {image["name"] for image in result["images"]}


# --- where


@pytest.fixture
def otc(clock: ManualClock) -> Cloud:
    """A region with a second one beside it."""
    return Cloud(Simulator(clock=clock, seed=1, region="eu-de"))


def test_an_id_of_another_region_is_refused_with_the_reason(otc: Cloud) -> None:
    facts = otc.simulator.facts(URL)
    elsewhere = facts["others"]["other_region_project_id"]

    by_key = copied(otc, project_id=elsewhere)
    by_password = copied(otc, **{**otc.user(), "project_id": elsewhere})

    assert "(project_id) does not exist in the region" in by_key["error"]["hint"]
    assert "of the region eu-nl, but the region is eu-de" in by_password["error"]["hint"]
    for result in (by_key, by_password):
        assert "clock" not in result["error"]["hint"]
        assert "access key" not in result["error"]["hint"]


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
