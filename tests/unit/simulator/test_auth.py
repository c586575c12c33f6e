# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures and tokens are really verified."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator, auth

from .client import URL, Client, code_of, password_request, signed

SECRET = "SKexample/0123456789abcdefghijklmnopqrst"
DATE = "20260102T030405Z"
PROJECT = "0605767b9b1234567890abcdef123456"
WHOLE_BODY = (
    b'{"name":"web-01","instance_id":"877a2cda-ba63-4e1e-b95f-e67e48b6129a",'
    b'"vault_id":"de9fcf45-11b2-432c-8562-5c5428574600"}'
)


# Computed with the vendor's own signer (huaweicloudsdkcore 3.1.219).
VECTORS = [
    pytest.param(
        "GET",
        "/v2/cloudimages",
        "__imagetype=private&limit=2&name=my%20image~1&protected=false",
        {"host": "ims.eu-west-101.myhuaweicloud.eu", "x-project-id": PROJECT},
        b"",
        "4b24cd6c81dbbc6fc0e5aafa8edcfe270dbd61df5ba6dee3726033bacad5656a",
        "f9680bad1a4a8a7a4815589b818e4690b98b0e31228339e595acd9dd07c4f9b3",
        id="query",
    ),
    pytest.param(
        "POST",
        "/v1/cloudimages/wholeimages/action",
        "",
        {
            "content-type": "application/json",
            "host": "ims.cn-north-4.myhuaweicloud.com",
            "x-project-id": PROJECT,
            "x-security-token": "tok-abc123==",
        },
        WHOLE_BODY,
        "b0b3bd85675915d7eb5a5f9cb7d2c2c3fe0792d7ab08e62282f5280df167a674",
        "ac60d1a32a8de52fb119b4b750c50f7ce78ed4e3f7257ef0841dc76a2d3cd25a",
        id="body and temporary key",
    ),
    pytest.param(
        "PATCH",
        "/v2/cloudimages/33ad552d-1149-471c-8190-ff6776174a00",
        "",
        {
            "content-type": "application/json;charset=UTF-8",
            "host": "ims.eu-de.otc.t-systems.com",
        },
        '[{"op":"replace","path":"/name","value":"büro-镜像"}]'.encode(),
        "c09b90c1d6c08c186659a4c511cc9f164c54de1b1c5081d1818b5832f8916fb1",
        "3161ec648e098a6901f86594d99bdce26b6e44ee472117ab821e36785f7d1feb",
        id="utf-8 body",
    ),
    pytest.param(
        "POST",
        "/v2/p/images/a b/tags:x",
        "b=2&a=&b=1",
        {
            "content-type": "application/json",
            "host": "127.0.0.1:8080",
            "x-domain-id": "d0",
        },
        b"",
        "fa7c01ae1a3a318bdd6137de9fadf75e844d872dc21c47b4772ef789682b248c",
        "df8b6ee946ce8d8f05c6fb0917260ccff89644374d094f04f621d8ff6f15b3da",
        id="odd path, list query, port",
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "canonical", "signature"), VECTORS
)
def test_signatures_equal_those_of_the_vendors_signer(
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    canonical: str,
    signature: str,
) -> None:
    given = {**headers, "x-sdk-date": DATE}
    request = auth.Request(method, path, query, given, body)
    names = sorted(given)

    assert hashlib.sha256(auth.canonical_request(request, names)).hexdigest() == canonical
    assert auth.signature(request, SECRET, names) == signature


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
