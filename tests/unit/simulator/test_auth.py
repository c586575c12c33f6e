# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures and tokens are really verified."""

from __future__ import annotations

import pytest
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .client import URL, Client, code_of, password_request, signed


def get_quota(cloud: Client, headers: dict[str, str]) -> tuple[int, str]:
    cloud.session.headers.pop("X-Auth-Token", None)
    answer = cloud.session.get(URL + "/v1/cloudimages/quota", headers=headers)
    return answer.status_code, "" if answer.ok else code_of(answer)


QUOTA = ("GET", "/v1/cloudimages/quota")
REFUSED = (401, "APIGW.0301")


def test_headers_that_are_not_signed_do_not_matter(cloud: Client, clock: ManualClock) -> None:
    headers = signed(cloud.facts, clock, *QUOTA, names=["host", "x-sdk-date"])

    assert get_quota(cloud, {**headers, "User-Agent": "changed later"})[0] == 200


def test_a_signature_of_another_path_is_refused(cloud: Client, clock: ManualClock) -> None:
    assert get_quota(cloud, signed(cloud.facts, clock, "GET", "/v2/cloudimages")) == REFUSED


def test_a_changed_signed_header_is_refused(cloud: Client, clock: ManualClock) -> None:
    headers = signed(cloud.facts, clock, *QUOTA)
    team = cloud.facts["others"]["team_project_id"]

    assert get_quota(cloud, {**headers, "X-Project-Id": team}) == REFUSED


@pytest.mark.parametrize("names", [["host"], ["x-sdk-date"]])
def test_host_and_date_must_be_signed(cloud: Client, clock: ManualClock, names: list[str]) -> None:
    assert get_quota(cloud, signed(cloud.facts, clock, *QUOTA, names=names)) == REFUSED


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 401)])
def test_a_date_may_be_15_minutes_off(
    cloud: Client, clock: ManualClock, minutes: int, status: int
) -> None:
    headers = signed(cloud.facts, clock, *QUOTA)
    clock.advance(minutes * 60)

    assert get_quota(cloud, headers)[0] == status


def test_a_security_token_does_not_go_with_permanent_keys(
    cloud: Client, clock: ManualClock
) -> None:
    facts = {**cloud.facts, "security_token": "x"}

    assert get_quota(cloud, signed(facts, clock, *QUOTA)) == REFUSED


def test_a_project_of_somebody_else_is_refused(cloud: Client, clock: ManualClock) -> None:
    partner = cloud.facts["others"]["agency"]["project_id"]

    assert (
        get_quota(cloud, signed({**cloud.facts, "project_id": partner}, clock, *QUOTA)) == REFUSED
    )


def test_a_regional_call_without_a_project_is_refused(cloud: Client, clock: ManualClock) -> None:
    assert get_quota(cloud, signed({**cloud.facts, "project_id": ""}, clock, *QUOTA)) == REFUSED


@pytest.mark.parametrize(
    "value",
    [
        "SDK-HMAC-SHA256 Credential=AK/20260102/r/ims/sdk_request, SignedHeaders=host, Signature=0",
        "V11-HMAC-SHA256 Credential=AK/20260102/r/ims, SignedHeaders=host, Signature=0",
        "Basic dXNlcjpwYXNzd29yZA==",
    ],
)
def test_other_schemes_are_refused(cloud: Client, value: str) -> None:
    assert get_quota(cloud, {"Authorization": value}) == REFUSED


def test_no_credentials_are_refused(cloud: Client) -> None:
    assert get_quota(cloud, {}) == REFUSED


def test_a_token_expires_after_a_day(cloud: Client, clock: ManualClock) -> None:
    assert cloud.call("GET", "/v1/cloudimages/quota").status_code == 200
    clock.advance(86400)

    assert cloud.refused("GET", "/v1/cloudimages/quota") == REFUSED


def test_a_token_without_a_project_does_not_open_regional_services(cloud: Client) -> None:
    answer = cloud.session.post(URL + "/v3/auth/tokens", json=password_request(cloud.facts))

    assert answer.json()["token"]["domain"]["name"] == cloud.facts["domain_name"]
    assert get_quota(cloud, {"X-Auth-Token": answer.headers["X-Subject-Token"]}) == REFUSED


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/v1/{team}/jobs/x", (400, "IMG.0030")),
        ("/v3/{team}/volumes/detail", (400, "Common.0018")),
        ("/v1/{team}/cloudservers/detail", (403, "APIGW.0302")),
    ],
)
def test_a_token_works_in_its_own_project_only(
    cloud: Client, path: str, refusal: tuple[int, str]
) -> None:
    team = cloud.facts["others"]["team_project_id"]

    assert cloud.refused("GET", path.replace("{team}", team)) == refusal


@pytest.mark.parametrize(
    ("label", "method", "path", "body", "status"),
    [
        ("reader", "GET", "/v2/cloudimages", None, 200),
        ("reader", "POST", "/v1/cloudimages/wholeimages/action", {}, 403),
        ("reader", "DELETE", "/v2/images/465076de-dc36-4aec-80f5-ef9d8009428f", None, 403),
        ("no-lookups", "GET", "/v2/cloudimages", None, 200),
        ("no-lookups", "GET", "/v1/{pid}/cloudservers/detail", None, 403),
        ("no-lookups", "GET", "/v3/{pid}/volumes/detail", None, 403),
        ("no-lookups", "GET", "/v3/{pid}/vaults", None, 403),
        ("no-lookups", "GET", "/v1/{pid}/checkpoint_items", None, 403),
    ],
)
def test_users_may_do_what_they_may(
    cloud: Client, label: str, method: str, path: str, body: object, status: int
) -> None:
    cloud.login(**cloud.facts["others"][label])

    assert cloud.call(method, path, body).status_code == status


def test_seeds_change_the_secrets_and_nothing_else(cloud: Client) -> None:
    other = Simulator(ManualClock(), seed=2).facts(URL)
    secrets = ("access_key", "secret_key", "password")

    assert all(len(cloud.facts[name]) >= 20 for name in secrets)
    assert {name for name, value in cloud.facts.items() if other[name] != value} == {
        *secrets,
        "others",
    }
