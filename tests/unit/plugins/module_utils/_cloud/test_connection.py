# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a task works: region, project and addresses of the source, and of the task on top."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.auth_methods import Domain
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import connect
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.connection import Connection

KEYS = {"access_key": "ak", "secret_key": "sk"}
OS = {"OS_AK": "a", "OS_SK": "s"}
USER = {"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_USER_DOMAIN_NAME": "d"}
OTC = "https://iam.{}.otc.t-systems.com/v3"


def place(options: dict[str, Any], environ: dict[str, str], directory: str = "") -> Connection:
    return connect(options, {"HOME": "/nowhere", **environ}, directory=directory).connection


def refused(options: dict[str, Any], environ: dict[str, str]) -> str:
    with pytest.raises(errors.ConfigurationError) as caught:
        place(options, environ)
    return str(caught.value)


# --- the project of a source, and the region of a task


@pytest.mark.parametrize("where", [{}, {"OS_AUTH_URL": OTC.format("eu-de")}])
def test_a_source_without_a_region_keeps_its_project(where: dict[str, str]) -> None:
    found = place({"region": "eu-de"}, {**OS, **where, "OS_PROJECT_NAME": "eu-de_web"})
    assert (found.region, found.project_name, found.notes) == ("eu-de", "eu-de_web", ())


def test_an_entry_without_a_region_keeps_its_project_and_addresses(tmp_path: Path) -> None:
    entry = {
        "auth": {"ak": "a", "sk": "s", "project_id": "p1"},
        "ims_endpoint_override": "https://ims.example.com",
    }
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"otc": entry}}))
    found = place({"region": "eu-de", "cloud": "otc"}, {}, str(tmp_path))
    assert (found.project_id, found.url("ims")) == ("p1", "https://ims.example.com")


@pytest.mark.parametrize(
    "where", [{"OS_REGION_NAME": "eu-de"}, {"OS_AUTH_URL": OTC.format("eu-de")}]
)
def test_the_project_of_another_region_is_left_out_with_a_note(where: dict[str, str]) -> None:
    environ = {**OS, **where, "OS_PROJECT_NAME": "eu-de_web", "OS_PROJECT_ID": "p1"}
    found = place({"region": "eu-nl"}, environ)
    assert (found.region, found.project_id, found.project_name) == ("eu-nl", "", "")
    assert found.notes == (
        "OS_PROJECT_ID and OS_PROJECT_NAME of environment OS_AK and OS_SK ignored: for eu-de,"
        " not for eu-nl",
    )


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        ({**KEYS, "region": "eu-nl", "project_name": "eu-de_web"}, {}),
        ({"region": "eu-nl", "project_name": "eu-de_web"}, OS),
        ({"region": "eu-nl"}, {**OS, "OS_PROJECT_NAME": "eu-de_web"}),
        ({}, {**OS, "OS_REGION_NAME": "eu-nl", "OS_PROJECT_NAME": "eu-de_web"}),
        ({}, {**OS, "HW_REGION_NAME": "eu-nl", "OS_PROJECT_NAME": "eu-de"}),
    ],
)
def test_a_project_that_is_known_to_be_of_another_region_is_refused(
    options: dict[str, str], environ: dict[str, str]
) -> None:
    said = refused(options, environ)
    assert "is of the region eu-de, but the region is eu-nl" in said
    assert ("OS_PROJECT_NAME" in said) is ("project_name" not in options)


@pytest.mark.parametrize(
    ("region", "project"),
    [
        ("eu-de", "eu-de"),
        ("eu-de", "eu-de_web"),
        ("eu-de", "MOS"),
        ("eu-de", "web"),
        # Regions of clouds that we do not know may be called like anything.
        ("my-region", "eu-de_web"),
    ],
)
def test_a_project_of_the_region_or_of_none_that_is_known_is_well(
    region: str, project: str
) -> None:
    endpoints = {"ims": "https://ims.example.com", "iam": "https://iam.example.com"}
    options = {**KEYS, "region": region, "project_name": project, "endpoints": endpoints}
    assert place(options, {}).project_name == project


def test_settings_from_files_lose_their_line_ends() -> None:
    environ = {"OS_AK": "a\n", "OS_SK": " s\r\n", "OS_REGION": "eu-de\n", "OS_PROJECT_ID": "p\n"}
    found = place({"auth_url": " https://iam.eu-de.otc.t-systems.com/v3\n"}, environ)
    assert (found.region, found.project_id) == ("eu-de", "p")
    assert found.url("iam") == "https://iam.eu-de.otc.t-systems.com"
    assert found.notes == tuple(
        f"{name}: white space at its ends was removed"
        for name in ("auth_url", "OS_AK", "OS_SK", "OS_REGION", "OS_PROJECT_ID")
    )


# --- the account of a project


@pytest.mark.parametrize(
    ("environ", "domain"),
    [
        (USER, Domain("d")),
        ({**USER, "OS_PROJECT_DOMAIN_NAME": "e"}, Domain("e")),
        ({**USER, "OS_PROJECT_DOMAIN_ID": "e"}, Domain(id="e")),
        ({**USER, "OS_DOMAIN_NAME": "e"}, Domain("e")),
        ({**USER, "OS_AGENCY_NAME": "a", "OS_AGENCY_DOMAIN_NAME": "partner"}, Domain("partner")),
        ({"OS_USER_ID": "u", "OS_PASSWORD": "p"}, None),
        (OS, None),
    ],
)
def test_the_account_of_a_project_is_its_own_or_else_the_users(
    environ: dict[str, str], domain: Domain | None
) -> None:
    assert place({"region": "eu-de"}, environ).project_domain == domain


# --- enterprise project

UUID = "4D1F3A5C-0a4b-4b8c-8f6d-1b2c3d4e5f60"


def test_an_enterprise_project_comes_with_its_family_only() -> None:
    hw = {"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "s", "HW_ENTERPRISE_PROJECT_ID": UUID}
    assert place({}, hw).enterprise_project_id == UUID.lower()
    assert place(KEYS, hw).enterprise_project_id == ""
    assert place({}, {**hw, "HW_ENTERPRISE_PROJECT_ID": "0"}).enterprise_project_id == ""
    said = refused({}, {**hw, "HW_ENTERPRISE_PROJECT_ID": "production"})
    assert "HW_ENTERPRISE_PROJECT_ID: 'production' is not the id" in said


# --- TLS and proxies


@pytest.mark.parametrize("value", ["maybe", "2"])
def test_a_switch_that_is_neither_on_nor_off_is_named(value: str) -> None:
    assert "OS_INSECURE: " in refused({"region": "eu-de"}, {**OS, "OS_INSECURE": value})


def test_the_switch_of_a_family_that_has_not_won_does_not_count() -> None:
    assert place({"region": "eu-de"}, {**OS, "HW_INSECURE": "maybe"}).tls.verify is True


def test_a_key_that_stands_where_its_path_should_is_not_quoted() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nMIIB"
    said = refused({"region": "eu-de"}, {**OS, "OS_KEY": text})
    assert "OS_KEY holds the text of a file" in said
    assert "MIIB" not in said


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize("mark", ["#", "/", "?"])
@pytest.mark.parametrize("scheme", ["http://", "https://", ""])
def test_a_proxy_whose_password_is_not_escaped_is_refused_without_quoting_it(
    name: str, mark: str, scheme: str
) -> None:
    proxy = f"{scheme}user:Vq9{mark}Xk3@proxy.example.com:3128"
    secrets: list[str] = []
    said = refused(KEYS, {name: proxy})
    assert said.startswith(f"{name}: ")
    for piece in ("user", "Vq9", "Xk3", "example"):
        assert piece not in said.replace("In a user or", "")
    assert secrets == []


@pytest.mark.parametrize(
    "proxy", ["http://user:p[w@proxy:1", "http://proxy:port", "http://", "://x"]
)
def test_a_proxy_that_is_no_address_is_refused_without_quoting_it(proxy: str) -> None:
    assert refused(KEYS, {"https_proxy": proxy}).startswith("https_proxy is not an address like")


@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:p%23%2F%3Fw@proxy.example.com:3128/",
        "http://user:p@ss@proxy:3128",
        "proxy:3128",
        "socks5h://[::1]:1080",
    ],
)
def test_a_proxy_that_is_escaped_is_used(proxy: str) -> None:
    assert place({**KEYS, "region": "eu-de"}, {"https_proxy": proxy}).region == "eu-de"


@pytest.mark.parametrize("project_id", ["a/b", "..", ".", "a b", "a?b", "a#b", "a%2Fb", "größe"])
def test_a_project_id_that_cannot_be_part_of_a_path_is_refused(project_id: str) -> None:
    environ = {"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "s", "HW_PROJECT_ID": project_id}
    with pytest.raises(errors.ConfigurationError, match=r"^HW_PROJECT_ID: ") as caught:
        place({"region": "eu-de"}, environ)
    assert repr(project_id) in str(caught.value)
    with pytest.raises(errors.ConfigurationError, match=r"^project_id: "):
        place({**KEYS, "project_id": project_id}, environ)


@pytest.mark.parametrize(
    ("project_id", "warned"),
    [("0605767b9b1234567890abcdef123456", False), ("eu-de", True), ("0605767b", True), ("", False)],
)
def test_a_project_id_unlike_those_of_projects_is_warned_about(
    project_id: str, warned: bool
) -> None:
    warnings = place({**KEYS, "project_id": project_id}, {}).warnings
    assert len(warnings) == warned
    for words in ("project_id: ", f"'{project_id}'", "32 hexadecimal digits", "project_name"):
        assert all(words in warning for warning in warnings)
