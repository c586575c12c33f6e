# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What account_info, and so the playbook doctor, finds out: each check on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import accounts
from ansible_collections.huaweicloud.ims.plugins.module_utils._diagnostics import doctor, versions
from ansible_collections.huaweicloud.ims.plugins.module_utils._diagnostics.permissions import (
    LOOKUPS,
    MODULES,
    ROLES,
)

from .conftest import URL, Cloud, ok

Result = dict[str, Any]

NO_KEYS = {"access_key": None, "secret_key": None}
# Nobody listens there.
CLOSED = "http://127.0.0.1:1"
# A look-up -> how the cloud calls the service and the path.
PATHS = {
    "list images": ("ims", "^/v2/cloudimages$"),
    "list servers": ("ecs", "/cloudservers/detail$"),
    "list disks": ("evs", "/cloudvolumes/detail$"),
    "list vaults": ("cbr", "/vaults$"),
    "list backups": ("cbr", "/backups$"),
    "show images": ("ims", "^/v2/images/[^/]+$"),
    "show servers": ("ecs", "/cloudservers/[^d][^/]+$"),
    "show disks": ("evs", "/cloudvolumes/[^d][^/]+$"),
    "show vaults": ("cbr", "/vaults/"),
    "show backups": ("cbr", "/backups/"),
    "show quota": ("ims", "/quota$"),
}
WHOLE = {"list images", "show images"}
SERVICES = {"iam", "ims", "ecs", "evs", "cbr"}


def examined(cloud: Cloud, **arguments: Any) -> Result:
    result = ok(cloud.run("account_info", **arguments))
    assert not result["changed"]
    assert cloud.writes() == []
    return result


def by_status(result: Result, status: str) -> set[str]:
    return {check["name"] for check in result["checks"] if check["status"] == status}


def check(result: Result, name: str) -> dict[str, str]:
    found: dict[str, str]
    [found] = [check for check in result["checks"] if check["name"] == name]
    return found


def endpoints(cloud: Cloud, **others: str) -> dict[str, str]:
    return {**cloud.simulator.facts(URL)["endpoints"], **others}


def strike(cloud: Cloud, **rule: Any) -> None:
    cloud.rules(rule)


# --- all is well


def test_all_is_told_of_an_account_that_is_well(cloud: Cloud) -> None:
    facts = cloud.simulator.facts(URL)

    result = examined(cloud)

    assert result["healthy"]
    assert by_status(result, "problem") == by_status(result, "warning") == set()
    assert result["credentials"] == "options access_key and secret_key"
    assert result["account"]["name"] == "sim-company"
    assert result["region"] == facts["region"]
    assert result["project"] == {"id": facts["project_id"], "name": facts["project_name"]}
    assert result["endpoints"] == dict.fromkeys(SERVICES, URL)
    assert result["seconds_ahead"] == 0
    used = sum(not image["deleted"] for image in cloud.simulator.state()["images"])
    assert result["quota"]["quota"] == 50
    assert result["quota"]["left"] == 50 - result["quota"]["used"]
    assert 0 < result["quota"]["used"] <= used
    for name, needs in MODULES.items():
        found = result["modules"][name]
        assert found == {"lacks": [], "unknown": [], "not_tried": list(needs.writes)}
    assert result["roles"].keys() == ROLES.keys()
    for name, found in result["roles"].items():
        writes = [result["modules"][module]["not_tried"] for module in ROLES[name]]
        assert found["lacks"] == found["unknown"] == []
        assert set(found["not_tried"]) == {action for some in writes for action in some}


def test_the_report_is_short_and_says_together_what_is_alike(cloud: Cloud) -> None:
    result = examined(cloud)
    software, *report = result["report"]

    assert software.startswith(f"huaweicloud.ims {versions.COLLECTION}, ansible-core 2.")
    assert all(version in software for version in result["versions"].values())
    assert [line.split(":")[0] for line in report] == [
        "ok       credentials",
        "ok       account",
        "ok       region",
        "ok       project",
        "ok       endpoint iam, ims, ecs, evs and cbr",
        "ok       clock",
        "ok       list images, servers, disks, vaults and backups",
        "ok       show images, servers, disks, vaults, backups and quota",
        "ok       quota",
        f"ok       {', '.join([*MODULES][:-1])} and {[*MODULES][-1]}",
        "unknown  writes",
    ]


def test_more_output_adds_members_and_changes_none(cloud: Cloud) -> None:
    plain = examined(cloud)

    verbose = cloud.run("account_info", verbosity=4)

    assert verbose.keys() - plain.keys() == {"notes", "requests"}
    assert {name: verbose[name] for name in plain.keys() - {"elapsed"}} == {
        name: plain[name] for name in plain.keys() - {"elapsed"}
    }


def test_it_asks_each_thing_once(tame: Cloud) -> None:
    examined(tame)

    asked = tame.requests()
    assert asked.count("GET /") == len(SERVICES)
    # That there is no such image, server, disk, vault and backup is checked once.
    once = len(SERVICES) + len(PATHS) + len(("account", "projects"))
    assert len(asked) == once + len(("images", "servers", "disks", "vaults", "backups"))


# --- credentials


def _user(facts: Mapping[str, Any]) -> Result:
    return {name: facts[name] for name in ("username", "password", "domain_name")}


def test_a_password_and_an_agency_are_told_with_their_accounts(cloud: Cloud) -> None:
    facts = cloud.simulator.facts(URL)
    agency = facts["others"]["agency"]
    assumed = {name: agency[name] for name in ("agency_name", "agency_domain_name", "project_id")}

    user = cloud.run("account_info", **NO_KEYS, **_user(facts))
    partner = cloud.run("account_info", **assumed)

    assert user["healthy"]
    assert user["credentials"] == "options username and password"
    assert user["account"]["name"] == "sim-company"
    assert partner["healthy"]
    assert partner["account"]["name"] == "partner-company"
    assert "agency image-builder of partner-company" in partner["credentials"]


BROKEN: dict[str, Result] = {
    "secret key": {"secret_key": "wrong"},
    "access key": {"access_key": "AKOFNOBODY"},
    "security token": {"security_token": "expired"},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_credentials_that_are_refused_are_the_problem_and_the_rest_is_looked_at(
    cloud: Cloud, broken: Result
) -> None:
    result = examined(cloud, **broken)

    assert by_status(result, "problem") == {"credentials"}
    found = check(result, "credentials")
    assert found["message"].startswith("options access_key")
    assert "401 APIGW.0301" in found["message"]
    assert "Check access key and secret key" in found["hint"]
    assert {*(f"endpoint {service}" for service in SERVICES), "clock", "region"} <= by_status(
        result, "ok"
    )
    assert {"account", "project", "quota", *PATHS} <= by_status(result, "unknown")
    assert result["modules"]["image_info"]["unknown"] == ["ims:images:list"]


def test_without_credentials_it_says_where_it_looked_and_looks_at_the_rest(cloud: Cloud) -> None:
    cloud.switch(metadata="off")

    result = cloud.run("account_info", **NO_KEYS, endpoints=endpoints(cloud, metadata=URL))

    assert by_status(result, "problem") == {"credentials"}
    message = check(result, "credentials")["message"]
    assert "Looked for: (1) options of the task" in message
    assert "metadata of this instance" in message
    assert "clock" in by_status(result, "ok")


def test_with_nothing_at_all_it_says_that_credentials_are_missing_too(cloud: Cloud) -> None:
    nowhere = {"auth_url": None, "region": None, "project_id": None, "endpoints": None}

    result = examined(cloud, **NO_KEYS, **nowhere)

    assert by_status(result, "problem") == {"region"}
    assert "set HW_ACCESS_KEY and HW_SECRET_KEY" in check(result, "credentials")["hint"]


def test_two_methods_at_once_are_the_problem_and_the_rest_is_looked_at(cloud: Cloud) -> None:
    result = examined(cloud, auth_token="another")

    assert by_status(result, "problem") == {"credentials"}
    assert "Two ways to authenticate" in check(result, "credentials")["message"]
    assert "endpoint ims" in by_status(result, "ok")
    assert result["credentials"] == "none"


def test_where_to_go_is_known_from_the_environment_even_if_nobody_is(cloud: Cloud) -> None:
    """Not the public cloud that has a region of that name."""
    cloud.environ = {"HW_AUTH_URL": f"{CLOSED}/v3", "OS_REGION_NAME": "eu-de"}
    elsewhere = dict.fromkeys(SERVICES - {"iam"}, CLOSED)
    nowhere = {"auth_url": None, "region": None, "project_id": None}

    result = cloud.run("account_info", **nowhere, auth_token="another", endpoints=elsewhere)

    assert "Two ways to authenticate" in check(result, "credentials")["message"]
    assert result["endpoints"]["iam"] == CLOSED
    assert result["region"] == "eu-de"


# --- settings


def settings(result: Result) -> dict[str, tuple[str, str]]:
    """Status and message of each setting that is remarked upon."""
    return {
        check["name"].removeprefix("setting "): (check["status"], check["message"])
        for check in result["checks"]
        if check["name"].startswith("setting ")
    }


INCOMPLETE = {
    "HUAWEICLOUD_SDK_AK": "a",
    "HW_SECRET_KEY": "s",
    "HW_USER_NAME": "u",
    "OS_PASSWORD": "p",
    "OS_PASSCODE": "1",
}


def test_every_incomplete_setting_is_named_as_a_problem_if_nothing_else_helps(cloud: Cloud) -> None:
    cloud.environ = {**cloud.environ, **INCOMPLETE}

    found = settings(examined(cloud, **NO_KEYS))

    assert {name for name, (status, _message) in found.items() if status == "problem"} == set(
        INCOMPLETE
    )
    assert "HUAWEICLOUD_SDK_AK without HUAWEICLOUD_SDK_SK" in found["HUAWEICLOUD_SDK_AK"][1]
    assert "HW_SECRET_KEY without HW_ACCESS_KEY" in found["HW_SECRET_KEY"][1]


def test_every_incomplete_setting_is_named_beside_credentials_that_work(cloud: Cloud) -> None:
    cloud.environ = {**cloud.environ, **INCOMPLETE}

    result = examined(cloud)

    assert result["healthy"]
    assert {name: status for name, (status, _message) in settings(result).items()} == (
        dict.fromkeys(INCOMPLETE, "warning")
    )


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"OS_KEY": __file__}, "OS_KEY was given without OS_CERT"),
        ({"OS_AUTH_TYPE": "v3oidcpassword"}, "OS_AUTH_TYPE 'v3oidcpassword' is not supported"),
        ({"OS_INSECURE": "perhaps"}, "is neither true nor false"),
    ],
)
def test_a_setting_without_which_tasks_would_work_is_a_problem(
    cloud: Cloud, setting: dict[str, str], says: str
) -> None:
    facts = cloud.simulator.facts(URL)
    keys = {"OS_ACCESS_KEY": facts["access_key"], "OS_SECRET_KEY": facts["secret_key"]}
    cloud.environ = {**cloud.environ, **keys, **setting}

    result = examined(cloud, **NO_KEYS)

    [name] = setting
    status, message = settings(result)[name]
    assert status == "problem"
    assert says in message
    assert not result["healthy"]


def test_no_value_of_a_setting_is_shown(cloud: Cloud) -> None:
    secrets = dict.fromkeys(("HW_SECRET_KEY", "OS_PASSWORD", "OS_PASSCODE", "HW_TOKEN"), "Vq9Xk3")
    cloud.environ = {**cloud.environ, **secrets, "https_proxy": "http://u:Vq9Xk3#x@proxy:1"}

    result = cloud.run("account_info", **NO_KEYS, verbosity=3)

    assert "Vq9Xk3" not in str(result)
    assert "https_proxy: there is a" in check(result, "endpoint ims")["message"]


# --- clock


@pytest.mark.parametrize(("skew", "side"), [(3600, "behind"), (-3600, "ahead of")])
def test_a_clock_that_is_wrong_is_told_beside_the_refusals_that_it_causes(
    cloud: Cloud, skew: int, side: str
) -> None:
    cloud.switch(clock_skew=skew)

    result = examined(cloud)

    assert by_status(result, "problem") == {"clock", "credentials"}
    assert check(result, "clock")["message"] == f"this machine is 3600 seconds {side} the cloud"
    assert "NTP" in check(result, "clock")["hint"]
    assert result["seconds_ahead"] == -skew


@pytest.mark.parametrize(("skew", "status"), [(200, "ok"), (600, "warning"), (1000, "problem")])
def test_a_clock_is_the_problem_only_where_tasks_fail_for_it(
    cloud: Cloud, skew: int, status: str
) -> None:
    """A token needs no signature. Tasks that go by an age want clocks that agree."""
    cloud.switch(clock_skew=skew)

    user = _user(cloud.simulator.facts(URL))
    result = ok(cloud.run("account_info", **NO_KEYS, **user))

    assert check(result, "clock")["status"] == status
    assert check(result, "credentials")["status"] == "ok"
    assert result["healthy"] == (status != "problem")


def test_a_clock_that_the_cloud_accepts_is_no_problem_beside_a_permission_that_lacks(
    cloud: Cloud,
) -> None:
    strike(cloud, path=PATHS["list images"][1], action="answer", status=403, code="X.403")
    cloud.switch(clock_skew=600)

    assert check(examined(cloud), "clock")["status"] == "warning"


# --- where


def test_an_endpoint_that_is_not_reached_hinders_only_what_needs_it(cloud: Cloud) -> None:
    result = examined(cloud, endpoints=endpoints(cloud, evs=CLOSED))

    assert by_status(result, "problem") == set()
    assert by_status(result, "warning") == {"endpoint evs"}
    assert "127.0.0.1:1 cannot be reached" in check(result, "endpoint evs")["message"]
    assert "Check region, auth_url and endpoints" in check(result, "endpoint evs")["hint"]
    assert by_status(result, "unknown") == {
        *("list disks", "show disks", "whole_image", "volume_image_export", "image_batch", "writes")
    }


def test_an_image_service_that_is_not_reached_is_a_problem(cloud: Cloud) -> None:
    result = examined(cloud, endpoints=endpoints(cloud, ims=CLOSED))

    assert by_status(result, "problem") == {"endpoint ims"}
    assert "list servers" in by_status(result, "ok")
    assert result["quota"] is None


def test_an_iam_that_is_not_reached_is_no_problem_for_keys_with_a_project_id(cloud: Cloud) -> None:
    result = examined(cloud, endpoints=endpoints(cloud, iam=CLOSED))

    assert result["healthy"]
    assert by_status(result, "warning") == {"endpoint iam"}
    assert "list images" in by_status(result, "ok")
    assert not examined(cloud, endpoints=endpoints(cloud, iam=CLOSED), project_id=None)["healthy"]


def test_a_service_that_does_not_answer_does_not_hold_up_the_others(cloud: Cloud) -> None:
    strike(cloud, path=PATHS["list servers"][1], action="timeout")
    begun = cloud.clock.monotonic()

    result = examined(cloud)

    assert by_status(result, "warning") == {"list servers"}
    assert "did not answer in time" in check(result, "list servers")["message"]
    assert {"list disks", "list backups", "quota"} <= by_status(result, "ok")
    assert cloud.clock.monotonic() - begun <= 2 * doctor.TIME_OF_A_CHECK


def test_a_region_that_nobody_knows_is_the_problem_with_one_that_is_near(cloud: Cloud) -> None:
    result = examined(cloud, region="eu-dd", endpoints=None, auth_url=None)

    assert "region" in by_status(result, "problem")
    assert "'eu-dd' is not known (did you mean eu-de" in check(result, "region")["message"]
    assert "auth_url" in check(result, "region")["hint"]
    assert {f"endpoint {service}" for service in SERVICES} <= by_status(result, "unknown")
    assert cloud.requests() == []


def test_an_address_that_must_not_be_used_is_told_once(cloud: Cloud) -> None:
    result = examined(cloud, endpoints={"ims": "http://ims.example.com"})

    told = [line.split(": ")[0] for line in result["report"] if "without encryption" in line]
    assert told == ["problem  endpoint iam and ims", "warning  endpoint ecs, evs and cbr"]
    assert cloud.requests() == []


# --- project


def test_a_project_of_somebody_else_is_the_problem_with_those_that_are_his(cloud: Cloud) -> None:
    facts = cloud.simulator.facts(URL)
    foreign = facts["others"]["agency"]["project_id"]

    result = cloud.run("account_info", project_id=foreign)

    assert "project" in by_status(result, "problem")
    message = check(result, "project")["message"]
    assert foreign in message
    assert f"{facts['project_name']} ({facts['project_id']})" in message
    assert "account" in by_status(result, "ok")


def test_a_project_name_that_is_not_there_is_the_problem(cloud: Cloud) -> None:
    result = examined(cloud, project_id=None, project_name="team")

    assert by_status(result, "problem") == {"project"}
    assert "There is no project 'team'" in check(result, "project")["message"]
    assert check(result, "quota")["message"] == "needs the project"


def test_a_project_of_another_region_is_named_though_the_cloud_accepts_it(cloud: Cloud) -> None:
    result = examined(cloud, region="eu-nl")

    assert result["healthy"]
    assert by_status(result, "warning") == {"project"}
    assert "is a project of eu-west-101, not of eu-nl" in check(result, "project")["message"]


def test_a_project_that_cannot_be_verified_is_used_all_the_same(cloud: Cloud) -> None:
    strike(cloud, path="^/v3/auth/projects$", action="answer", status=403, code="IAM.0002")

    result = examined(cloud)

    assert "not verified" in check(result, "project")["message"]
    assert result["healthy"]
    assert "list images" in by_status(result, "ok")


# --- permissions and quota


@pytest.mark.parametrize("name", PATHS)
def test_a_list_that_is_refused_is_told_with_the_permission_and_whom_it_hinders(
    cloud: Cloud, name: str
) -> None:
    service, path = PATHS[name]
    strike(cloud, path=path, service=service, action="answer", status=403, code="X.403")

    result = examined(cloud)

    action = LOOKUPS[name].action
    hindered = {module for module, needs in MODULES.items() if name in needs.lookups}
    roles = {role for role, modules in ROLES.items() if hindered.intersection(modules)}
    bad = "problem" if name in WHOLE else "warning"
    assert by_status(result, bad) == {name, *hindered}
    assert f"Have {action} granted" in check(result, name)["hint"]
    assert {other for other in PATHS if other != name} <= by_status(result, "ok")
    for module in MODULES:
        lacks = [action] if module in hindered else []
        assert result["modules"][module]["lacks"] == lacks
    for role in ROLES:
        assert result["roles"][role]["lacks"] == ([action] if role in roles else [])
    assert result["healthy"] == (name not in WHOLE)


def test_a_user_without_look_ups_can_still_work_with_ids(cloud: Cloud) -> None:
    result = examined(cloud, **cloud.credential("no-lookups"))

    assert result["healthy"]
    hindered = {"whole_image", "volume_image_export", "image_batch", "image_retention"}
    assert by_status(result, "warning") == {*PATHS.keys() - {*WHOLE, "show quota"}, *hindered}
    assert "without it give ids" in check(result, "list servers")["hint"]
    assert "is not checked before the create request" in check(result, "show servers")["hint"]


def test_a_service_that_answers_unknown_ids_with_400_is_no_reason_to_warn(cloud: Cloud) -> None:
    service, path = PATHS["show servers"]
    strike(cloud, path=path, service=service, action="answer", status=400, code="Ecs.0114")

    result = examined(cloud)

    assert check(result, "show servers")["status"] == "ok"


def test_a_service_that_the_region_does_not_have_is_a_warning(cloud: Cloud) -> None:
    strike(cloud, service="cbr", action="answer", status=404, code="APIGW.0101", shape="gateway")

    result = examined(cloud)

    refused = {name for name, (service, _path) in PATHS.items() if service == "cbr"}
    assert by_status(result, "warning") == refused
    assert "does not offer the call" in check(result, "list vaults")["hint"]
    assert by_status(result, "unknown") == {"whole_image", "image_batch", "writes"}


def test_a_quota_that_is_used_up_is_a_problem(cloud: Cloud) -> None:
    used = examined(cloud)["quota"]["used"]
    cloud.switch(image_quota=used)

    result = examined(cloud)

    assert by_status(result, "problem") == {"quota"}
    assert result["quota"] == {"quota": used, "used": used, "left": 0}
    assert "have the quota raised" in check(result, "quota")["hint"]


def test_a_quota_in_a_shape_that_nobody_knows_hides_nothing(cloud: Cloud) -> None:
    def odd(call: str, answer: Any) -> Any:
        return {"quotas": {"resources": [7]}} if call.endswith("/quota") else answer

    cloud.retell = odd

    result = examined(cloud)

    assert "shape that is not known" in check(result, "quota")["message"]
    assert result["healthy"]


def test_a_keystone_that_names_no_account_is_no_reason_to_worry(cloud: Cloud) -> None:
    cloud.retell = lambda call, answer: (
        {**answer, "domains": []} if call.endswith("/v3/auth/domains") else answer
    )

    result = examined(cloud)

    assert result["healthy"]
    assert check(result, "account")["status"] == "unknown"
    assert check(result, "account")["hint"] == ""


def test_a_mistake_of_ours_hides_no_other_check(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(_client: object) -> Any:
        raise RuntimeError("oops")

    monkeypatch.setattr(accounts, "own_accounts", mistaken)

    result = examined(cloud)

    assert "RuntimeError: oops" in check(result, "account")["message"]
    assert "please report it" in check(result, "account")["hint"]
    assert "list images" in by_status(result, "ok")


# --- how it tells it


def test_a_report_says_what_to_do_below_what_is_wrong(cloud: Cloud) -> None:
    result = examined(cloud, project_id=None, project_name="team")

    number = next(n for n, line in enumerate(result["report"]) if line.startswith("problem"))
    assert result["report"][number].startswith("problem  project: There is no project 'team'")
    healthy = examined(cloud)["report"]
    assert not any("->" in line for line in healthy)
    cloud.switch(image_quota=0)
    lines = examined(cloud)["report"]
    below = lines[next(n for n, line in enumerate(lines) if "problem  quota" in line) + 1]
    assert below.strip() == f"-> {check(examined(cloud), 'quota')['hint']}"
