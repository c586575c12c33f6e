# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting is either used or named: generated over all variables and all keys of clouds.yaml
that are read or known, beside each kind of credentials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import (
    auth_methods,
    clouds_yaml,
    connection,
    credentials,
    environment,
    errors,
    settings_review,
)
from ansible_collections.huaweicloud.ims.tests.samples import PRODUCTION

Json = dict[str, Any]
PROJECT, OTHER = "9" * 32, "8" * 32
OTC = "https://iam.eu-de.otc.t-systems.com/v3"
KEYS = {"access_key": "AK", "secret_key": "SK"}

# What each option is set to, where that is not just any text.
VALUES = {
    "region": "eu-nl",
    "project_id": OTHER,
    "project_name": "eu-de_other",
    "auth_url": "https://iam.example.com/v3",
    "auth_type": "v3oidcpassword",
    "agency_domain_id": "a" * 32,
    "enterprise_project_id": PRODUCTION,
    "cloud_domain": "example.org",
    "insecure": "true",
}
FILES = ("ca_cert", "client_cert", "client_key")

# Settings that are known, but not read.
UNREAD = (
    *("HUAWEICLOUD_SDK_DOMAIN_ID", "HUAWEICLOUD_SDK_STS_ENDPOINT", "HUAWEICLOUD_OIDC_IDP_ID"),
    *("HC_CONTAINER_CREDENTIALS_FULL_URI", "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    *("HW_SIGNING_ALGORITHM", "HCS_ACCESS_KEY", "OS_USER_DOMAIN", "OS_PROJECT_DOMAIN"),
)
UNREAD_KEYS: Json = {
    "interface": "internal",
    "image_region_name": "eu-nl",
    "image_interface": "internal",
    "user_domain": "d",
    "default_domain": "d",
    "identity_provider": "p",
    "protocol": "p",
    "access_token": "t",
    "enterprise_project_id": "0",
}
OTHER_KEYS: Json = {
    "insecure": True,
    "verify": False,
    "image_endpoint_override": "https://ims.example.com",
    "ims_endpoint_override": "https://ims2.example.com",
    "volumev2_endpoint_override": "https://evs.example.com",
}

OS_KEYS = {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "SK", "OS_REGION_NAME": "eu-de"}
OS_USER = {"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_USER_DOMAIN_NAME": "d"}
HW_KEYS = {"HW_ACCESS_KEY": "AK", "HW_SECRET_KEY": "SK"}
AGENCY = {"OS_AGENCY_NAME": "a", "OS_AGENCY_DOMAIN_NAME": "d"}
# Options of the task, and the environment.
BESIDE: dict[str, tuple[Json, dict[str, str]]] = {
    "options": ({**KEYS, "region": "eu-de"}, {}),
    "options about everything": (
        {
            **KEYS,
            "region": "eu-de",
            "project_id": PROJECT,
            "auth_url": OTC,
            "validate_certs": False,
        },
        {},
    ),
    "options above a family": (
        {"region": "eu-de", "project_name": "eu-de_x", "auth_url": OTC},
        HW_KEYS,
    ),
    "another region": ({"region": "eu-nl"}, OS_KEYS),
    "SDK": ({"region": "eu-de"}, {"HUAWEICLOUD_SDK_AK": "AK", "HUAWEICLOUD_SDK_SK": "SK"}),
    "HW": ({}, {**HW_KEYS, "HW_REGION_NAME": "eu-de"}),
    "HW with an address": ({}, {**HW_KEYS, "HW_REGION_NAME": "eu-de", "HW_AUTH_URL": OTC}),
    "OS keys": ({}, OS_KEYS),
    "OS password": ({}, {**OS_USER, "OS_REGION_NAME": "eu-de"}),
    "OS token": ({}, {"OS_TOKEN": "t", "OS_REGION_NAME": "eu-de", "OS_PROJECT_ID": PROJECT}),
    "OS agency": ({}, {**OS_KEYS, **AGENCY}),
    "OS auth_type": ({}, {**OS_KEYS, **OS_USER, "OS_AUTH_TYPE": "password"}),
    "OS without verification": ({}, {**OS_KEYS, "OS_INSECURE": "true"}),
    "metadata": ({"region": "eu-de"}, {}),
    "metadata, chosen": ({"region": "eu-de", "credentials_from": "metadata"}, {}),
}


def variables() -> dict[str, str]:
    """All variables, each with the option it gives ('' if it gives none)."""
    found = dict.fromkeys((*UNREAD, "REQUESTS_CA_BUNDLE", "OS_CLIENT_CONFIG_FILE"), "")
    for family in environment.FAMILIES:
        found.update({one.name: "" for one in family.unsupported})
        found.update(family.options)
    return found


def keys() -> dict[str, Any]:
    """All keys of an entry, each with a value."""
    unsupported = {one.name: "x" for one in clouds_yaml._UNSUPPORTED}
    read = {key: option for option, keys in clouds_yaml._NAMES.items() for key in keys}
    values = {key: VALUES.get(option, f"{option}-2") for key, option in read.items()}
    return {**UNREAD_KEYS, **OTHER_KEYS, **unsupported, **values}


def effect(options: Mapping[str, Any], environ: Mapping[str, str], directory: Path) -> Any:
    """Who and where, or the error."""
    try:
        won = credentials.select_credentials(options, environ, str(directory))
        place = connection.make_connection(options, environ, won)
    except errors.CloudError as error:
        return str(error)
    urls = [address(place, service) for service in ("iam", "ims", "evs")]
    named = (place.region, place.project_id, place.project_name, place.project_domain)
    return (won.method, won.agency, named, place.enterprise_project_id, place.tls, urls)


def address(place: connection.Connection, service: str) -> str:
    try:
        return place.url(service)
    except errors.ConfigurationError:
        return "unknown"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "file.pem").write_text("clouds: {there: {auth: {ak: AK, sk: SK}}}")
    return tmp_path


def remarked(
    options: Json, environ: dict[str, str], home: Path
) -> dict[str, settings_review.SettingRemark]:
    return {one.name: one for one in settings_review.review_settings(options, environ, str(home))}


@pytest.mark.parametrize("beside", BESIDE)
def test_every_variable_is_used_or_named(home: Path, beside: str) -> None:
    options, base = BESIDE[beside]
    environ = {"HOME": str(home), **base}
    without = effect(options, environ, home)
    assert not isinstance(without, str) or beside.startswith("metadata"), without
    wrong = []
    for name, option in variables().items():
        if name in base:
            continue
        is_file = option in FILES or name.endswith(("BUNDLE", "CONFIG_FILE"))
        value = str(home / "file.pem") if is_file else VALUES.get(option, f"{option}-2")
        setting = {**environ, name: value}
        outcome, remark = effect(options, setting, home), remarked(options, setting, home).get(name)
        used = outcome != without and not isinstance(outcome, str)
        if used == (remark is not None):
            wrong.append(name)
        if remark and isinstance(outcome, str) and not isinstance(without, str):
            assert remark.serious, name
    assert wrong == []


ENTRIES: dict[str, Json] = {
    "keys": {"auth": {"ak": "AK", "sk": "SK"}},
    "user": {"auth": {"username": "u", "password": "p", "user_domain_name": "d"}},
    "project and address": {"auth": {"token": "t", "project_id": PROJECT, "auth_url": OTC}},
    "agency": {
        "auth": {"ak": "AK", "sk": "SK", "target_agency_name": "a", "target_domain_name": "d"}
    },
    "without verification": {"auth": {"ak": "AK", "sk": "SK"}, "verify": False},
}


@pytest.mark.parametrize("region", [None, "eu-nl"])
@pytest.mark.parametrize("nested", [False, True], ids=["at the top", "in auth"])
@pytest.mark.parametrize("beside", ENTRIES)
def test_every_key_of_an_entry_is_used_or_named(
    home: Path, beside: str, nested: bool, region: str | None
) -> None:
    options, environ = {"region": region}, {"HOME": str(home)}

    def judged(entry: Json) -> tuple[Any, dict[str, settings_review.SettingRemark]]:
        (home / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"sim": entry}}))
        return effect(options, environ, home), remarked(options, environ, home)

    base = {"region_name": "eu-de", **ENTRIES[beside]}
    without, _remarks = judged(base)
    assert not isinstance(without, str), without
    wrong = []
    for key, value in keys().items():
        is_top = key in UNREAD_KEYS or key in OTHER_KEYS
        if key in base or key in base["auth"] or (nested and is_top):
            continue
        is_file = key in ("cacert", "cert", "key")
        said = {key: str(home / "file.pem") if is_file else value}
        entry = {**base, "auth": {**base["auth"], **said}} if nested else {**base, **said}
        outcome, remarks = judged(entry)
        used = outcome != without and not isinstance(outcome, str)
        if used == (f"sim: {key}" in remarks):
            wrong.append(key)
    assert wrong == []


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        ({}, {**OS_KEYS, "OS_REGION": "eu-de"}),
        ({}, {**OS_KEYS, "HW_REGION_NAME": "eu-de"}),
        ({}, {**OS_USER, "OS_REGION_NAME": "eu-de", "OS_AUTH_TYPE": "password"}),
        ({}, {**OS_KEYS, "OS_IDENTITY_API_VERSION": "3", "HW_MAX_RETRIES": "3"}),
    ],
)
def test_settings_that_agree_or_say_nothing_are_not_named(
    home: Path, options: Json, environ: dict[str, str]
) -> None:
    assert remarked(options, {"HOME": str(home), **environ}, home).keys() <= {"OS_REGION"}


@pytest.mark.parametrize(
    ("environ", "name", "message"),
    [
        (HW_KEYS, "HW_REGION_NAME", "not used: the option region of the task ranks above it"),
        (OS_KEYS, "OS_AK", "not used: OS_ACCESS_KEY means the same"),
        (
            OS_KEYS,
            "OS_USERNAME",
            "not used: environment OS_ACCESS_KEY and OS_SECRET_KEY rank above it"
            " in the same source",
        ),
        (OS_KEYS, "OS_INTERFACE", "not understood: the collection does not read it"),
        (
            OS_KEYS,
            "HW_REGION_NAME",
            "not used: the credentials are from another source"
            " (environment OS_ACCESS_KEY and OS_SECRET_KEY)",
        ),
    ],
)
def test_a_remark_says_why_a_setting_is_not_used(
    home: Path, environ: dict[str, str], name: str, message: str
) -> None:
    settings = {"HOME": str(home), **environ, name: "eu-nl"}

    assert remarked({"region": "eu-de"}, settings, home)[name].message == message


def test_no_secret_is_quoted(home: Path) -> None:
    secret = "Vq9Xk3"
    for name, option in variables().items():
        if option in auth_methods.WHO or name in UNREAD:
            setting = {"HOME": str(home), **OS_KEYS, name: secret}
            remarks = remarked({}, setting, home)
            assert secret not in " ".join(one.message for one in remarks.values())
