# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of clouds.yaml are read as openstacksdk reads them, or refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.auth_methods import Domain
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import Client, connect

USER = {"username": "u", "password": "p", "user_domain_name": "d"}
KEYS = {"ak": "a", "sk": "s"}


def client(home: Path, entry: Any, environ: dict[str, str] | None = None, **options: Any) -> Client:
    (home / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"otc": entry}}))
    environ = {"HOME": str(home), **(environ or {})}
    return connect({"cloud": "otc", **options}, environ, directory=str(home))


def refused(home: Path, entry: Any, **options: Any) -> str:
    with pytest.raises(errors.CloudError) as caught:
        client(home, entry, **options)
    assert f"entry otc of {home}/clouds.yaml" in str(caught.value)
    return str(caught.value)


# --- regions

REGIONS = {
    "auth": {**USER, "auth_url": "https://iam.{region_name}.otc.t-systems.com/v3"},
    "regions": [
        {"name": "eu-de", "values": {"auth": {"project_name": "eu-de_web"}}},
        {
            "name": "eu-nl",
            "values": {
                "auth": {"project_name": "eu-nl_web", "password": "other"},
                "ims_endpoint_override": "https://ims.example.com",
            },
        },
    ],
}


def test_what_an_entry_says_of_a_region_is_laid_over_the_rest(tmp_path: Path) -> None:
    first = client(tmp_path, REGIONS).connection
    assert (first.region, first.project_name) == ("eu-de", "eu-de_web")
    assert first.url("iam") == "https://iam.eu-de.otc.t-systems.com"
    second = client(tmp_path, REGIONS, region="eu-nl")
    assert (second.region, second.connection.project_name) == ("eu-nl", "eu-nl_web")
    assert second.connection.url("iam") == "https://iam.eu-nl.otc.t-systems.com"
    assert second.connection.url("ims") == "https://ims.example.com"
    assert second.censor("other") == "********"


def test_the_environment_chooses_among_the_regions_of_an_entry_only(tmp_path: Path) -> None:
    assert client(tmp_path, REGIONS, {"OS_REGION_NAME": "eu-nl"}).region == "eu-nl"
    assert client(tmp_path, REGIONS, {"OS_REGION_NAME": "eu-ch2"}).region == "eu-de"


@pytest.mark.parametrize(
    ("entry", "region"),
    [
        ({"regions": ["eu-de", "eu-nl"]}, "eu-de"),
        ({"regions": ["eu-de", "eu-nl"], "region_name": "eu-nl"}, "eu-nl"),
        ({"region_name": "eu-de,eu-nl"}, "eu-de"),
        ({"region_name": ["eu-nl", "eu-de"]}, "eu-nl"),
        ({"region-name": "eu-nl"}, "eu-nl"),
        ({"regions": ["eu-de", "eu-nl"], "auth": {"project_name": "eu-nl_web"}}, "eu-nl"),
    ],
)
def test_the_region_of_an_entry_is_the_one_it_names_or_its_first(
    tmp_path: Path, entry: dict[str, Any], region: str
) -> None:
    assert client(tmp_path, {**entry, "auth": {**KEYS, **entry.get("auth", {})}}).region == region


def test_that_the_first_region_was_taken_is_noted(tmp_path: Path) -> None:
    entry = {"auth": KEYS, "regions": ["eu-de", "eu-nl"]}
    assert "region eu-de, the first of entry otc" in client(tmp_path, entry).connection.notes[0]
    assert client(tmp_path, entry, region="eu-nl").connection.notes == ()


def test_a_region_that_an_entry_does_not_list_is_refused(tmp_path: Path) -> None:
    assert "has no region 'eu-ch2', only eu-de, eu-nl" in refused(
        tmp_path, REGIONS, region="eu-ch2"
    )


@pytest.mark.parametrize("region", [{"values": {}}, {"name": "eu-de", "value": {}}, {"name": ""}])
def test_a_region_in_another_shape_is_refused(tmp_path: Path, region: dict[str, Any]) -> None:
    assert "each of its regions" in refused(tmp_path, {"auth": KEYS, "regions": [region]})


# --- profiles


@pytest.mark.parametrize("key", ["profile", "cloud"])
def test_a_profile_of_the_vendor_says_where(tmp_path: Path, key: str) -> None:
    entry = {key: "otc", "auth": {**USER, "project_name": "eu-nl_web"}}
    found = client(tmp_path, entry).connection
    assert (found.region, found.project_name) == ("eu-nl", "eu-nl_web")
    assert found.url("iam") == "https://iam.eu-nl.otc.t-systems.com"
    assert client(tmp_path, {key: "otc", "auth": USER}).region == "eu-de"
    named = client(tmp_path, {key: "otc", "region_name": "eu-nl", "auth": USER}).connection
    assert named.url("ims") == "https://ims.eu-nl.otc.t-systems.com"


def test_the_profile_of_the_swiss_cloud(tmp_path: Path) -> None:
    found = client(tmp_path, {"profile": "otc-swiss", "auth": USER}).connection
    assert found.url("iam") == "https://iam-pub.eu-ch2.sc.otc.t-systems.com"
    assert found.url("ims") == "https://ims.eu-ch2.sc.otc.t-systems.com"


def test_a_profile_of_the_users_own(tmp_path: Path) -> None:
    mine = {"auth": {"auth_url": "https://iam.r-1.cloud.example/v3"}, "region_name": "r-1"}
    (tmp_path / "clouds-public.yaml").write_text(yaml.safe_dump({"public-clouds": {"mine": mine}}))
    found = client(tmp_path, {"profile": "mine", "auth": USER}).connection
    assert found.url("ims") == "https://ims.r-1.cloud.example"


@pytest.mark.parametrize("name", ["ovh", "https://example.com"])
def test_a_profile_that_nobody_knows_is_refused(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, {"profile": name, "auth": USER})
    assert f"there is no profile '{name}'; known are otc, otc-swiss" in said


# --- methods


@pytest.mark.parametrize(
    ("auth_type", "source"),
    [
        ("password", "username and password"),
        ("v3password", "username and password"),
        ("token", "token"),
        ("aksk", "ak and sk"),
        (None, "token"),
        ("", "token"),
    ],
)
def test_the_type_of_authentication_chooses_among_methods(
    tmp_path: Path, auth_type: str | None, source: str
) -> None:
    entry = {"auth_type": auth_type, "auth": {**KEYS, **USER, "token": "t"}, "region_name": "eu-de"}
    assert client(tmp_path, entry).auth_source.endswith(f"({source})")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"auth_type": "v3multifactor", "auth": USER},
            "auth_type 'v3multifactor' is not supported",
        ),
        ({"auth_type": "v3applicationcredential", "auth": {}}, "v3applicationcredential"),
        ({"auth": {**USER, "passcode": "123456"}}, "passcode is not supported"),
        ({"passcode": "123456", "auth": USER}, "passcode is not supported"),
        ({"auth": {"application_credential_id": "x"}}, "application_credential_id is not"),
        ({"auth": {**USER, "trust_id": "x"}}, "trust_id is not supported"),
        ({"auth_type": "password", "auth": KEYS}, "ak and sk, but auth_type is password"),
        ({"auth": {"password": "p", "user_domain_name": "d"}}, "password without username"),
        ({"auth": {**KEYS, "target_project_name": "p"}}, "target_project_name without"),
        ({"auth": {**USER, "password": True}}, "password is not text"),
        ({"auth": {**USER, "password": {"a": 1}}}, "password is not text"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    tmp_path: Path, entry: dict[str, Any], said: str
) -> None:
    with pytest.raises(errors.CloudError, match=said):
        client(tmp_path, {"region_name": "eu-de", **entry})


# --- domains


@pytest.mark.parametrize(
    ("names", "domain"),
    [
        ({"user_domain_name": "d"}, Domain("d")),
        ({"domain_name": "d"}, Domain("d")),
        ({"user_domain_name": "d", "project_domain_name": "e"}, Domain("e")),
        ({"user_domain_name": "d", "project_domain_id": "e"}, Domain(id="e")),
        ({"user_domain_name": "d", "domain_id": "e"}, Domain(id="e")),
        ({"user_domain_id": "d", "domain_name": "e", "project_domain_name": "f"}, Domain("f")),
    ],
)
def test_the_account_of_a_project(tmp_path: Path, names: dict[str, str], domain: Domain) -> None:
    entry = {"region_name": "eu-de", "auth": {"username": "u", "password": "p", **names}}
    assert client(tmp_path, entry).connection.project_domain == domain


# --- truth


@pytest.mark.parametrize(
    ("entry", "verify"),
    [
        ({"insecure": "false"}, True),
        ({"insecure": "False"}, True),
        ({"insecure": "no"}, True),
        ({"insecure": 0}, True),
        ({"insecure": ""}, True),
        ({"insecure": "true"}, False),
        ({"insecure": "1"}, False),
        ({"verify": "false"}, False),
        ({"verify": "no"}, False),
        ({"verify": 0}, False),
        ({"verify": "true"}, True),
        ({"verify": True, "insecure": True}, False),
        ({"verify": False, "insecure": False}, False),
    ],
)
def test_truth_may_be_written_as_text(tmp_path: Path, entry: dict[str, Any], verify: bool) -> None:
    found = client(tmp_path, {"region_name": "eu-de", "auth": KEYS, **entry})
    assert found.connection.tls.verify is verify


@pytest.mark.parametrize("key", ["verify", "insecure"])
def test_what_is_neither_true_nor_false_is_refused(tmp_path: Path, key: str) -> None:
    assert f"{key}: '/etc/ca.pem'" in refused(tmp_path, {"auth": KEYS, key: "/etc/ca.pem"})
