# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens, catalogue, projects, temporary keys, agencies, instance metadata."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock

from .client import URL, Client, password_request, signed

TOKENS = URL + "/v3/auth/tokens"
KEYS = URL + "/v3.0/OS-CREDENTIAL/securitytokens"


def buy(cloud: Client, body: dict[str, Any], **headers: str) -> requests.Response:
    plain = requests.Session()
    plain.mount(URL, cloud.session.get_adapter(URL))
    return plain.post(TOKENS, json=body, headers=headers)


def identity(method: str, **fields: Any) -> dict[str, Any]:
    return {"auth": {"identity": {"methods": [method], method: fields}}}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"password": "wrong"}, 401),
        ({"username": "nobody"}, 401),
        ({"domain_name": "elsewhere"}, 401),
    ],
)
def test_wrong_names_and_passwords_are_refused(
    cloud: Client, change: dict[str, str], status: int
) -> None:
    answer = buy(cloud, password_request({**cloud.facts, **change}))

    assert answer.status_code == status
    assert answer.json()["error"]["title"] == "Unauthorized"


@pytest.mark.parametrize("body", [{}, {"auth": {}}, {"auth": {"identity": {"methods": ["totp"]}}}])
def test_malformed_logins_are_bad_requests(cloud: Client, body: dict[str, Any]) -> None:
    assert buy(cloud, body).status_code == 400


@pytest.mark.parametrize(
    "scope",
    [
        {"project": {"name": "unknown"}},
        {"project": {"id": "unknown"}},
        {"project": {}},
        {"domain": {"name": "partner-company"}},
    ],
)
def test_scopes_that_are_not_the_users_are_refused(cloud: Client, scope: dict[str, Any]) -> None:
    assert buy(cloud, password_request(cloud.facts, **scope)).status_code == 401


@pytest.mark.parametrize(
    ("project_domain", "scope", "status"),
    [
        ("optional", {}, 201),
        ("required", {}, 400),
        ("required", {"domain": {"name": "sim-company"}}, 201),
        ("optional", {"domain": {"name": "partner-company"}}, 401),
    ],
)
def test_a_keystone_finds_a_project_by_name_in_an_account_only(
    cloud: Client, project_domain: str, scope: dict[str, Any], status: int
) -> None:
    cloud.simulator.faults({"switches": {"project_domain": project_domain}})
    project = {"name": cloud.facts["project_name"], **scope}

    answer = buy(cloud, password_request(cloud.facts, project=project))

    assert answer.status_code == status
    if status == 400:
        assert "Expecting to find domain in project" in answer.json()["error"]["message"]


def test_the_services_know_the_projects_of_their_region_only(
    cloud: Client, clock: ManualClock
) -> None:
    elsewhere = cloud.facts["others"]["other_region_project_id"]
    path, facts = "/v2/cloudimages", {**cloud.facts, "project_id": elsewhere}
    keys = requests.Session()
    keys.mount(URL, cloud.session.get_adapter(URL))

    by_keys = keys.get(URL + path, headers=signed(facts, clock, "GET", path))
    cloud.login(project_id=elsewhere)

    assert cloud.refused("GET", path) == (401, "APIGW.0301")
    assert by_keys.status_code == 401


def test_each_region_knows_its_own_project_things_and_addresses(cloud: Client) -> None:
    facts = cloud.facts["others"]
    there = "/" + facts["other_region"]
    home = str(cloud.session.headers["X-Auth-Token"])

    assert cloud.refused("GET", there + "/v2/cloudimages") == (401, "APIGW.0301")
    cloud.login(project_id=facts["other_region_project_id"])
    listed = cloud.ok("GET", there + "/v2/cloudimages")["images"]
    assert [image["name"] for image in listed] == ["elsewhere-base"]
    disks = cloud.ok("GET", there + "/v3/{pid}/volumes/detail")["volumes"]
    assert {disk["name"] for disk in disks} == {"elsewhere-data", "elsewhere-web-system"}
    base = cloud.number("images", "linux-base")
    assert cloud.refused("GET", f"{there}/v2/images/{base}")[0] == 404
    assert cloud.refused("GET", "/v2/cloudimages") == (401, "APIGW.0301")
    cloud.session.headers["X-Auth-Token"] = home
    assert cloud.ok("GET", f"/v2/images/{base}")["name"] == "linux-base"


def test_the_catalogue_of_a_token_has_the_addresses_of_its_projects_region(cloud: Client) -> None:
    facts = cloud.facts["others"]
    project = {"id": facts["other_region_project_id"]}
    token = buy(cloud, password_request(cloud.facts, project=project)).json()["token"]

    [ims] = [one for one in token["catalog"] if one["type"] == "ims"]

    [endpoint] = ims["endpoints"]
    assert endpoint["region"] == facts["other_region"]
    assert endpoint["url"] == facts["other_region_url"]


def test_signatures_cover_the_path_of_the_second_region(cloud: Client, clock: ManualClock) -> None:
    facts = {**cloud.facts, "project_id": cloud.facts["others"]["other_region_project_id"]}
    path = f"/{cloud.facts['others']['other_region']}/v1/cloudimages/quota"
    keys = requests.Session()
    keys.mount(URL, cloud.session.get_adapter(URL))

    answer = keys.get(URL + path, headers=signed(facts, clock, "GET", path))

    assert answer.status_code == 200, answer.text


def test_a_user_can_log_in_by_id_and_scope_to_a_domain(cloud: Client) -> None:
    user = {"id": cloud.facts["others"]["user_id"], "password": cloud.facts["password"]}
    body = identity("password", user=user)
    body["auth"]["scope"] = {"domain": {"name": cloud.facts["domain_name"]}}

    token = buy(cloud, body).json()["token"]

    assert token["domain"]["id"] == cloud.facts["others"]["domain_id"]


def test_a_token_buys_a_token_of_another_project(cloud: Client) -> None:
    old = str(cloud.session.headers["X-Auth-Token"])
    body = identity("token", id=old)
    body["auth"]["scope"] = {"project": {"id": cloud.facts["others"]["team_project_id"]}}

    token = buy(cloud, body).json()["token"]

    assert token["project"]["name"].endswith("_team")
    assert buy(cloud, identity("token", id="unknown")).status_code == 401


def agency(cloud: Client, **change: str) -> dict[str, Any]:
    known = cloud.facts["others"]["agency"]
    fields = {"agency_name": known["agency_name"], "domain_name": known["agency_domain_name"]}
    body = identity("assume_role", **{**fields, **change})
    body["auth"]["scope"] = {"project": {"name": cloud.facts["region"]}}
    return body


def test_agencies_that_are_not_there_or_not_for_the_caller(cloud: Client) -> None:
    token = {"X-Auth-Token": str(cloud.session.headers["X-Auth-Token"])}

    assert buy(cloud, agency(cloud, agency_name="unknown"), **token).status_code == 404
    assert buy(cloud, agency(cloud)).status_code == 401
    cloud.login(**cloud.facts["others"]["partner"], domain_name="partner-company")
    token = {"X-Auth-Token": str(cloud.session.headers["X-Auth-Token"])}
    assert buy(cloud, agency(cloud), **token).status_code == 403


def test_what_the_caller_can_reach(cloud: Client) -> None:
    mine = cloud.ok("GET", "/v3/auth/projects")["projects"]

    assert {row["id"] for row in mine} == {
        cloud.facts["project_id"],
        cloud.facts["others"]["team_project_id"],
        cloud.facts["others"]["other_region_project_id"],
    }
    [domain] = cloud.ok("GET", "/v3/auth/domains")["domains"]
    assert domain["name"] == cloud.facts["domain_name"]


@pytest.mark.parametrize("seconds", [899, 86401, "900"])
def test_temporary_keys_live_a_quarter_of_an_hour_to_a_day(cloud: Client, seconds: object) -> None:
    token = str(cloud.session.headers["X-Auth-Token"])
    body = identity("token", id=token, duration_seconds=seconds)

    assert cloud.session.post(KEYS, json=body).status_code == 400


# --- instance metadata

SECURITY_KEY = URL + "/openstack/latest/securitykey"
TTL = {"X-Metadata-Token-Ttl-Seconds": "21600"}


def metadata(cloud: Client, mode: str) -> tuple[int, int, int]:
    """Statuses of: a key without a token, the token, the key with it."""
    cloud.simulator.faults({"switches": {"metadata": mode}})
    plain = cloud.session.get(SECURITY_KEY).status_code
    token = cloud.session.put(URL + "/meta-data/latest/api/token", headers=TTL)
    withit = cloud.session.get(SECURITY_KEY, headers={"X-Metadata-Token": token.text})
    return plain, token.status_code, withit.status_code


@pytest.mark.parametrize(
    ("mode", "statuses"),
    [
        ("v1", (200, 405, 401)),
        ("v2", (200, 200, 200)),
        ("v2-only", (401, 200, 200)),
        ("off", (404, 404, 404)),
    ],
)
def test_the_metadata_service_has_modes(
    cloud: Client, mode: str, statuses: tuple[int, int, int]
) -> None:
    assert metadata(cloud, mode) == statuses


def test_metadata_tokens_are_not_for_proxies_and_expire(cloud: Client, clock: ManualClock) -> None:
    cloud.simulator.faults({"switches": {"metadata": "v2-only"}})
    url = URL + "/meta-data/latest/api/token"

    forwarded = cloud.session.put(url, headers={**TTL, "X-Forwarded-For": "10.0.0.1"})
    assert forwarded.status_code == 403
    assert cloud.session.put(url).status_code == 400
    token = cloud.session.put(url, headers=TTL).text
    clock.advance(21601)
    answer = cloud.session.get(SECURITY_KEY, headers={"X-Metadata-Token": token})
    assert answer.status_code == 401
