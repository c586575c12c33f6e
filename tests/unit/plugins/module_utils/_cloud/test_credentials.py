# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials win, and what is said when none do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import (
    clouds_yaml,
    credentials,
    environment,
    errors,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.auth_methods import (
    Agency,
    Domain,
    Metadata,
    Password,
    Token,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import (
    Client,
    TaskHooks,
    connect,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.credentials import (
    SelectedCredentials,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.endpoints import Endpoints
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.signing import Keys

KEYS = {"access_key": "ak", "secret_key": "sk"}
PASSWORD = {"username": "u", "password": "p", "domain_name": "d"}
TOKEN = {"auth_token": "t"}

PARTNER = "8a6c3e7f5d2b4c1a9e0f7b6d5c4a3b2e"

SDK = {"HUAWEICLOUD_SDK_AK": "sdk-ak", "HUAWEICLOUD_SDK_SK": "sdk-sk"}
HW = {"HW_ACCESS_KEY": "hw-ak", "HW_SECRET_KEY": "hw-sk"}
OS = {"OS_USERNAME": "os-u", "OS_PASSWORD": "os-p", "OS_USER_DOMAIN_NAME": "os-d"}

OTC: dict[str, Any] = {
    "auth": {
        "auth_url": "https://iam.eu-de.otc.t-systems.com/v3",
        "username": "yaml-u",
        "password": "yaml-p",
        "user_domain_name": "yaml-d",
        "project_name": "eu-de_web",
    },
    "region_name": "eu-de",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home that is the current directory, too."""
    return tmp_path


def write_clouds(directory: Path, **entries: Any) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": entries}))
    return path


def select(
    home: Path, options: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> SelectedCredentials:
    return credentials.select_credentials(
        options or {}, {"HOME": str(home), **(environ or {})}, str(home)
    )


def client(
    home: Path, options: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Client:
    return connect(options or {}, {"HOME": str(home), **(environ or {})}, directory=str(home))


# --- one method


@pytest.mark.parametrize(
    ("options", "method", "source"),
    [
        (KEYS, Keys("ak", "sk"), "options access_key and secret_key"),
        (
            {**KEYS, "security_token": "st"},
            Keys("ak", "sk", "st"),
            "options access_key, secret_key and a security token",
        ),
        (PASSWORD, Password("p", "u", domain=Domain("d")), "options username and password"),
        (
            {"username": "u", "password": "p", "domain_id": "di"},
            Password("p", "u", domain=Domain(id="di")),
            "options username and password",
        ),
        (
            {"user_id": "ui", "password": "p"},
            Password("p", user_id="ui"),
            "options user_id and password",
        ),
        (TOKEN, Token("t"), "options auth_token"),
    ],
)
def test_options_name_a_method(
    home: Path, options: dict[str, str], method: object, source: str
) -> None:
    found = select(home, options)
    assert (found.method, found.source) == (method, source)


def test_without_anything_it_is_left_to_the_metadata(home: Path) -> None:
    assert select(home).method == Metadata()


@pytest.mark.parametrize("empty", [None, ""])
def test_options_that_are_empty_were_not_given(home: Path, empty: str | None) -> None:
    options = {**PASSWORD, "access_key": empty, "secret_key": empty, "cloud": empty}
    assert isinstance(select(home, options).method, Password)


# --- precedence


def test_the_first_source_wins_whole(home: Path) -> None:
    write_clouds(home, only=OTC)
    everything = {**SDK, **HW, **OS}
    assert select(home, PASSWORD, everything).source == "options username and password"
    assert select(home, {}, everything).method == Keys("sdk-ak", "sdk-sk")
    assert select(home, {}, {**HW, **OS}).method == Keys("hw-ak", "hw-sk")
    assert select(home, {}, OS).source == "environment OS_USERNAME and OS_PASSWORD"
    assert "entry only of" in select(home).source


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        ({"HUAWEICLOUD_SDK_AK": "x"}, "HUAWEICLOUD_SDK_AK without HUAWEICLOUD_SDK_SK"),
        ({"HW_ACCESS_KEY": "x"}, "HW_ACCESS_KEY without HW_SECRET_KEY"),
        ({"HW_SECRET_KEY": "x"}, "HW_SECRET_KEY without HW_ACCESS_KEY"),
        ({"HW_SECURITY_TOKEN": "x"}, "HW_SECURITY_TOKEN without HW_ACCESS_KEY and HW_SECRET_KEY"),
        ({"HW_USER_PASSWORD": "x"}, "HW_USER_PASSWORD without HW_USER_NAME"),
        ({"HW_USER_ID": "x"}, "HW_USER_ID without HW_USER_PASSWORD"),
        ({"HW_ASSUME_ROLE_AGENCY_NAME": "x"}, "HW_ASSUME_ROLE_AGENCY_NAME without an access key"),
        ({"HW_ASSUME_ROLE_DOMAIN_ID": "x"}, "HW_ASSUME_ROLE_DOMAIN_ID without an access key"),
        (
            {"HW_ACCESS_KEY": "x", "HW_USER_NAME": "y"},
            "HW_ACCESS_KEY without HW_SECRET_KEY; HW_USER_NAME without HW_USER_PASSWORD and"
            " HW_DOMAIN_NAME",
        ),
    ],
)
def test_a_family_that_has_begun_never_gives_way_to_another_account(
    home: Path, begun: dict[str, str], said: str
) -> None:
    write_clouds(home, only=OTC)
    with pytest.raises(errors.CredentialsError, match=said):
        select(home, {}, {**begun, **OS})


def test_a_family_below_the_one_that_won_may_be_incomplete(home: Path) -> None:
    environ = {**HW, "OS_USERNAME": "u", "OS_ACCESS_KEY": "k"}
    assert select(home, {}, environ).method == Keys("hw-ak", "hw-sk")


def test_what_says_only_where_begins_nothing(home: Path) -> None:
    where = {
        "HW_REGION_NAME": "eu-de",
        "HW_PROJECT_ID": "p",
        "HW_PROJECT_NAME": "eu-de_web",
        "HW_DOMAIN_NAME": "d",
        "HW_AUTH_URL": "https://iam.eu-de.otc.t-systems.com/v3",
        "HW_CLOUD": "otc.t-systems.com",
        "HW_INSECURE": "true",
        "HW_ENTERPRISE_PROJECT_ID": "0",
    }
    assert isinstance(select(home, {}, {**where, **OS}).method, Password)


def test_families_do_not_complete_each_other(home: Path) -> None:
    environ = {"HUAWEICLOUD_SDK_AK": "x", "HW_SECRET_KEY": "y", "OS_SECRET_KEY": "z"}
    with pytest.raises(errors.CredentialsError, match="HUAWEICLOUD_SDK_AK without"):
        select(home, {}, environ)


def test_the_environment_does_not_complete_options(home: Path) -> None:
    with pytest.raises(errors.CredentialsError, match="access_key without secret_key"):
        select(home, {"access_key": "ak"}, HW)


def test_in_one_family_a_token_goes_before_keys_before_a_password(home: Path) -> None:
    password = {"HW_USER_NAME": "u", "HW_USER_PASSWORD": "p", "HW_DOMAIN_NAME": "d"}
    assert select(home, {}, {**password, **HW, "HW_AUTH_TOKEN": "t"}).method == Token("t")
    assert select(home, {}, {**password, **HW}).method == Keys("hw-ak", "hw-sk")


@pytest.mark.parametrize(
    ("environ", "method"),
    [
        ({"OS_AK": "a", "OS_SK": "b"}, Keys("a", "b")),
        ({"OS_ACCESS_KEY_ID": "a", "OS_SECRET_KEY": "b"}, Keys("a", "b")),
        (
            {"OS_ACCESS_KEY": "a", "OS_SECRET_KEY": "b", "OS_SECURITY_TOKEN": "c"},
            Keys("a", "b", "c"),
        ),
        ({"OS_ACCESS_KEY_ID": "a", "OS_ACCESS_KEY_SECRET": "b"}, Keys("a", "b")),
        ({"OS_AK": "a", "OS_SK": "b", "OS_ST": "c"}, Keys("a", "b", "c")),
        ({"OS_TOKEN": "t"}, Token("t")),
        ({"OS_TOKEN_ID": "t"}, Token("t")),
        ({"OS_USERID": "u", "OS_PASSWORD": "p"}, Password("p", user_id="u")),
        (
            {"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_DOMAIN_NAME": "d"},
            Password("p", "u", domain=Domain("d")),
        ),
        (
            {
                "OS_USERNAME": "u",
                "OS_PASSWORD": "p",
                "OS_USER_DOMAIN_NAME": "d",
                "OS_PROJECT_DOMAIN_ID": "other",
            },
            Password("p", "u", domain=Domain("d")),
        ),
        (
            {"OS_USER_ID": "u", "OS_PASSWORD": "p", "OS_DOMAIN_ID": "d"},
            Password("p", user_id="u", domain=Domain(id="d")),
        ),
        ({"HW_USER_ID": "u", "HW_USER_PASSWORD": "p"}, Password("p", user_id="u")),
        ({**SDK, "HUAWEICLOUD_SDK_SECURITY_TOKEN": "c"}, Keys("sdk-ak", "sdk-sk", "c")),
    ],
)
def test_spellings_of_the_environment(home: Path, environ: dict[str, str], method: object) -> None:
    assert select(home, {}, environ).method == method


# --- mistakes in options


@pytest.mark.parametrize(
    ("options", "first", "second"),
    [
        ({**KEYS, **PASSWORD}, "access_key and secret_key", "username and password"),
        ({**KEYS, **TOKEN}, "auth_token", "access_key and secret_key"),
        ({**TOKEN, "cloud": "otc"}, "auth_token", "cloud"),
        ({"access_key": "a", "username": "u"}, "access_key", "username"),
    ],
)
def test_two_methods_are_refused_with_both_names(
    home: Path, options: dict[str, str], first: str, second: str
) -> None:
    with pytest.raises(errors.CredentialsError, match=f"{first}.* and .*{second}"):
        select(home, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"secret_key": "s"}, "secret_key without access_key"),
        ({"security_token": "s"}, "security_token without access_key and secret_key"),
        ({"username": "u"}, "username without password and domain_name"),
        ({"username": "u", "password": "p"}, "username and password without domain_name"),
        ({"password": "p", "domain_name": "d"}, "password without username"),
        ({"user_id": "u"}, "user_id without password"),
        ({**KEYS, "agency_name": "a"}, "agency_name without agency_domain_name"),
        ({**KEYS, "agency_domain_name": "a"}, "agency_domain_name without agency_name"),
    ],
)
def test_an_incomplete_method_is_reported_with_what_is_missing(
    home: Path, options: dict[str, str], message: str
) -> None:
    with pytest.raises(errors.CredentialsError, match=message):
        select(home, options, HW)


# --- clouds.yaml


def test_an_entry_is_used_when_it_is_named(home: Path) -> None:
    write_clouds(home, otc=OTC, other={"auth": {"ak": "a", "sk": "s", "security_token": "t"}})
    assert isinstance(select(home, {"cloud": "otc"}).method, Password)
    assert select(home, {"cloud": "other"}).method == Keys("a", "s", "t")
    assert select(home, {}, {"OS_CLOUD": "other"}).method == Keys("a", "s", "t")


def test_the_source_names_entry_and_file(home: Path) -> None:
    path = write_clouds(home, otc=OTC)
    source = select(home, {"cloud": "otc"}).source
    assert source == f"entry otc of {path} (username and password)"


@pytest.mark.parametrize(
    ("options", "environ", "who"),
    [({"cloud": "x"}, {}, "cloud"), ({}, {"OS_CLOUD": "x"}, "OS_CLOUD")],
)
def test_an_entry_that_is_not_there_is_reported_with_those_that_are(
    home: Path, options: dict[str, str], environ: dict[str, str], who: str
) -> None:
    path = write_clouds(home, a=OTC, b=OTC)
    with pytest.raises(errors.CredentialsError, match=f"{who} names the cloud 'x'") as caught:
        select(home, options, environ)
    assert str(path) in str(caught.value)
    assert "a, b" in str(caught.value)


def test_no_file_at_all_is_reported_with_the_places(home: Path) -> None:
    with pytest.raises(errors.CredentialsError, match=r"openstack/clouds\.yaml"):
        select(home, {"cloud": "otc"})


def test_the_first_place_that_has_the_file_counts(home: Path) -> None:
    write_clouds(home / ".config" / "openstack", otc={"auth": {"token": "config"}})
    assert select(home, {"cloud": "otc"}).method == Token("config")
    write_clouds(home, otc={"auth": {"token": "here"}})
    assert select(home, {"cloud": "otc"}).method == Token("here")
    special = write_clouds(home / "special", otc={"auth": {"token": "special"}})
    environ = {"OS_CLIENT_CONFIG_FILE": str(special)}
    assert select(home, {"cloud": "otc"}, environ).method == Token("special")


def test_secrets_of_secure_yaml_are_laid_over(home: Path) -> None:
    write_clouds(home, otc={**OTC, "auth": {**OTC["auth"], "password": "old"}})
    secure = {"clouds": {"otc": {"auth": {"password": "new"}}}}
    (home / "secure.yaml").write_text(yaml.safe_dump(secure))
    assert select(home, {"cloud": "otc"}).method == Password(
        "new", "yaml-u", domain=Domain("yaml-d")
    )


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["anything"], "anything"),
        (["a", "default", "openstack"], "default"),
        (["a", "openstack"], "openstack"),
    ],
)
def test_the_default_entry_is_the_only_one_or_called_so(
    home: Path, names: list[str], chosen: str
) -> None:
    write_clouds(home, **dict.fromkeys(names, OTC))
    assert f"entry {chosen} of" in select(home).source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clouds: {a: {}, b: {}}", "has a, b; say which"),
        ("clouds: {a: {}}", "no credentials"),
        ("clouds: {a: {region_name: eu-de, profile: nowhere}}", "no credentials"),
        ("clouds: {a: nonsense}", "no credentials"),
        ("[1]", "has no entry"),
    ],
)
def test_a_default_file_that_does_not_help_is_reported_at_the_end_only(
    home: Path, text: str, said: str
) -> None:
    (home / "clouds.yaml").write_text(text)
    found = select(home)
    assert found.method == Metadata()
    assert said in str(credentials.no_credentials_error(found, "no answer"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clouds: {a: {auth: {username: u}}}", "username without password"),
        ("clouds: {a: {auth: {target_agency_name: u}}}", "target_agency_name without an access"),
        ("clouds: {a: {auth: {token: t}}, b: {auth: {token: t}}}", "has a, b: say which"),
        ("{{", "is not valid YAML at line"),
    ],
)
def test_a_default_file_with_credentials_never_gives_way_to_the_metadata(
    home: Path, text: str, said: str
) -> None:
    (home / "clouds.yaml").write_text(text)
    with pytest.raises(errors.CloudError, match=said):
        select(home)


def test_a_default_file_that_only_others_can_read_is_theirs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(text: str) -> str:
        raise PermissionError(13, "Permission denied")

    write_clouds(home, a=OTC)
    monkeypatch.setattr(clouds_yaml.bounded_yaml, "load_yaml", refused)
    assert select(home).method == Metadata()


@pytest.mark.parametrize(
    "variable", ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLIENT_VENDOR_FILE"]
)
def test_a_file_that_a_variable_names_has_to_be_there(home: Path, variable: str) -> None:
    write_clouds(home, a=OTC)
    with pytest.raises(errors.ConfigurationError, match=f"{variable}: there is no file"):
        select(home, {}, {variable: str(home / "missing.yaml")})


def test_a_broken_file_that_was_asked_for_is_reported_without_its_lines(home: Path) -> None:
    (home / "clouds.yaml").write_text("clouds:\n  otc:\n    password: pw-in-file: {\n")
    with pytest.raises(errors.ConfigurationError, match="is not valid YAML at line 3") as caught:
        select(home, {"cloud": "otc"})
    assert "pw-in-file" not in str(caught.value)


def test_numbers_in_the_file_are_text(home: Path) -> None:
    auth = {"username": 1, "password": 23, "user_domain_name": 4}
    write_clouds(home, otc={"auth": auth})
    assert select(home).method == Password("23", "1", domain=Domain("4"))


# --- agency


def test_an_agency_is_assumed_with_the_credentials_that_win(home: Path) -> None:
    options = {"agency_name": "builder", "agency_domain_name": "partner"}
    found = select(home, options, HW)
    assert found.method == Keys("hw-ak", "hw-sk")
    assert found.agency == Agency("builder", Domain("partner"))
    assert found.source.endswith(", agency builder of partner")


def test_an_agency_of_the_environment_goes_with_its_family(home: Path) -> None:
    agency = {"HW_ASSUME_ROLE_AGENCY_NAME": "b", "HW_ASSUME_ROLE_DOMAIN_ID": "pid"}
    assert select(home, {}, {**HW, **agency}).agency == Agency("b", Domain(id="pid"))
    assert select(home, KEYS, agency).agency is None


@pytest.mark.parametrize(
    ("target", "domain"),
    [
        # gophertelekomcloud reads the name of the account from this key.
        ({"target_domain_id": "partner"}, Domain("partner")),
        ({"target_domain_id": PARTNER}, Domain(id=PARTNER)),
        ({"target_domain_name": "partner"}, Domain("partner")),
    ],
)
def test_an_agency_of_clouds_yaml(home: Path, target: dict[str, str], domain: Domain) -> None:
    auth = {**OTC["auth"], "target_agency_name": "b", **target}
    write_clouds(home, otc={**OTC, "auth": auth})
    assert select(home).agency == Agency("b", domain)


@pytest.mark.parametrize(
    "environ",
    [
        {"OS_AGENCY_NAME": "b", "OS_AGENCY_DOMAIN_NAME": "partner"},
        {"OS_TARGET_AGENCY_NAME": "b", "OS_TARGET_DOMAIN_NAME": "partner"},
    ],
)
def test_an_agency_of_the_tools_of_otc(home: Path, environ: dict[str, str]) -> None:
    assert select(home, {}, {**OS, **environ}).agency == Agency("b", Domain("partner"))


OS_AGENCY = {"OS_AGENCY_NAME": "b", "OS_AGENCY_DOMAIN_NAME": "partner"}


def test_an_agency_of_the_environment_works_in_the_delegated_project(home: Path) -> None:
    """The project beside it is the caller's, as in both Terraform providers."""
    own = {"OS_PROJECT_NAME": "eu-de_own", "OS_PROJECT_ID": "own", "OS_REGION_NAME": "eu-de"}
    region = client(home, {}, {**OS, **OS_AGENCY, **own}).connection
    assert (region.project_id, region.project_name, region.region) == ("", "", "eu-de")
    assert any("OS_PROJECT_NAME is the caller's project" in note for note in region.notes)
    delegated = {**OS, **OS_AGENCY, **own, "OS_DELEGATED_PROJECT": "eu-de_theirs"}
    theirs = client(home, {}, delegated).connection
    assert (theirs.project_id, theirs.project_name) == ("", "eu-de_theirs")
    chosen = client(home, {"project_id": "mine"}, delegated).connection
    assert (chosen.project_id, chosen.project_name) == ("mine", "")


def test_an_agency_of_clouds_yaml_works_in_the_target_project(home: Path) -> None:
    target = {"target_agency_name": "b", "target_domain_id": "partner"}
    auth = {**OTC["auth"], **target, "target_project_name": "eu-de_theirs"}
    write_clouds(home, otc={**OTC, "auth": auth})
    assert client(home).connection.project_name == "eu-de_theirs"


def test_a_delegated_project_without_its_agency_is_incomplete(home: Path) -> None:
    with pytest.raises(errors.CredentialsError, match="OS_DELEGATED_PROJECT without"):
        select(home, {}, {**OS, "OS_DELEGATED_PROJECT": "eu-de"})


# --- what else a source says


def test_the_winning_source_says_where(home: Path) -> None:
    environ = {**HW, "HW_REGION_NAME": "cn-north-4", "HW_PROJECT_ID": "hwp", "OS_PROJECT_ID": "osp"}
    connection = client(home, {}, environ).connection
    assert (connection.region, connection.project_id) == ("cn-north-4", "hwp")


def test_the_environments_project_does_not_go_with_explicit_keys(home: Path) -> None:
    environ = {"HW_REGION_NAME": "cn-north-4", "HW_PROJECT_ID": "hwp", "HW_INSECURE": "true"}
    connection = client(home, KEYS, environ).connection
    assert (connection.region, connection.project_id) == ("cn-north-4", "")
    assert connection.tls.verify is True


def test_an_entry_brings_its_addresses_and_tls_options(home: Path) -> None:
    bundle = home / "ca.pem"
    bundle.touch()
    entry = {**OTC, "image_endpoint_override": "https://i.example.com/v2", "cacert": str(bundle)}
    write_clouds(home, otc=entry)
    connection = client(home).connection
    assert connection.url("ims") == "https://i.example.com"
    assert connection.url("evs") == "https://evs.eu-de.otc.t-systems.com"
    assert connection.project_name == "eu-de_web"
    assert connection.tls.verify == str(bundle)
    overridden = client(home, {"endpoints": {"ims": "https://o.example.com"}}).connection
    assert overridden.url("ims") == "https://o.example.com"


@pytest.mark.parametrize(
    ("value", "verify"), [("1", False), ("true", False), ("0", True), ("False", True)]
)
def test_the_family_that_won_may_turn_certificate_checks_off(
    home: Path, value: str, verify: bool
) -> None:
    for environ in ({**HW, "HW_INSECURE": value}, {**OS, "OS_INSECURE": value}):
        assert client(home, {"region": "eu-de"}, environ).connection.tls.verify is verify


def test_tls_files_of_the_family_that_won(home: Path) -> None:
    for name in ("ca", "cert", "key"):
        (home / name).touch()
    environ = {**OS, "OS_CACERT": f"{home}/ca", "OS_CERT": f"{home}/cert", "OS_KEY": f"{home}/key"}
    tls = client(home, {}, environ).connection.tls
    assert tls.verify == f"{home}/ca"
    assert tls.cert == (f"{home}/cert", f"{home}/key")
    assert client(home, KEYS, environ).connection.tls.verify is True


def test_the_domain_of_the_cloud_comes_with_its_family(home: Path) -> None:
    environ = {**HW, "HW_REGION_NAME": "az-1", "HW_CLOUD": "cloud.example.com"}
    assert client(home, {}, environ).connection.url("ims") == "https://ims.az-1.cloud.example.com"


def test_endpoints_must_be_a_mapping(home: Path) -> None:
    with pytest.raises(errors.ConfigurationError, match="endpoints: a mapping"):
        client(home, {**KEYS, "endpoints": ["https://x"]})


# --- credentials_from


FROM = "HUAWEICLOUD_IMS_CREDENTIALS_FROM"


@pytest.mark.parametrize(
    ("chosen", "kind"), [("environment", Keys), ("clouds", Password), ("metadata", Metadata)]
)
def test_a_task_chooses_the_source(home: Path, chosen: str, kind: type) -> None:
    write_clouds(home, only=OTC)
    assert isinstance(select(home, {"credentials_from": chosen}, HW).method, kind)
    assert isinstance(select(home, {}, {**HW, FROM: chosen}).method, kind)


def test_the_task_goes_before_the_variable(home: Path) -> None:
    environ = {**HW, FROM: "environment"}
    assert select(home, {"credentials_from": "metadata"}, environ).method == Metadata()


def test_what_is_begun_in_another_source_does_not_matter_then(home: Path) -> None:
    write_clouds(home, only=OTC)
    begun = {"HW_ACCESS_KEY": "x"}
    assert isinstance(select(home, {"credentials_from": "clouds"}, begun).method, Password)
    assert select(home, {"credentials_from": "metadata"}, begun).method == Metadata()


def test_the_entry_that_is_chosen_is_the_one_that_a_variable_names(home: Path) -> None:
    write_clouds(home, a={"auth": {"token": "a"}}, b={"auth": {"token": "b"}})
    environ = {**HW, "OS_CLOUD": "b"}
    assert select(home, {"credentials_from": "clouds"}, environ).method == Token("b")
    assert select(home, {"cloud": "a", "credentials_from": "clouds"}, environ).method == Token("a")


@pytest.mark.parametrize(
    ("chosen", "environ", "said"),
    [
        ("environment", {}, "HW_.: no credentials"),
        ("environment", {"OS_CLOUD": "only"}, "OS_CLOUD names an entry of clouds.yaml"),
        ("environment", {"HW_SECRET_KEY": "x"}, "HW_SECRET_KEY without HW_ACCESS_KEY"),
        ("clouds", HW, "clouds.yaml: none at"),
        ("clouds", {"OS_CLOUD": "x"}, "OS_CLOUD names the cloud 'x'"),
    ],
)
def test_a_source_that_is_chosen_gives_way_to_none(
    home: Path, chosen: str, environ: dict[str, str], said: str
) -> None:
    if chosen == "environment":
        write_clouds(home, only=OTC)
    with pytest.raises(errors.CredentialsError, match=said):
        select(home, {"credentials_from": chosen}, environ)


@pytest.mark.parametrize("options", [KEYS, PASSWORD, TOKEN, {"cloud": "only"}])
def test_credentials_of_a_task_and_another_source_contradict_each_other(
    home: Path, options: dict[str, str]
) -> None:
    write_clouds(home, only=OTC)
    with pytest.raises(errors.CredentialsError, match="and credentials_from: metadata"):
        select(home, {**options, "credentials_from": "metadata"})
    assert select(home, options, {FROM: "metadata"}).method != Metadata()


def test_a_source_that_there_is_not_is_refused(home: Path) -> None:
    with pytest.raises(errors.CredentialsError, match=f"{FROM}: 'vault' is not a source"):
        select(home, {}, {**HW, FROM: "vault"})


# --- what is not supported is refused by name


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({**OS, "OS_PASSCODE": "123456"}, "OS_PASSCODE"),
        ({"OS_APPLICATION_CREDENTIAL_ID": "x"}, "OS_APPLICATION_CREDENTIAL_ID"),
        ({"OS_APPLICATION_CREDENTIAL_SECRET": "x"}, "OS_APPLICATION_CREDENTIAL_SECRET"),
        ({**OS, "OS_TRUST_ID": "x"}, "OS_TRUST_ID"),
        ({**OS, "OS_AUTH_TYPE": "v3multifactor"}, "OS_AUTH_TYPE 'v3multifactor'"),
        ({**OS, "OS_AUTH_TYPE": "v3totp"}, "OS_AUTH_TYPE 'v3totp'"),
        ({"HW_PROFILE": "x", **OS}, "HW_PROFILE"),
        ({"HW_SHARED_CONFIG_FILE": "x", **OS}, "HW_SHARED_CONFIG_FILE"),
        ({**HW, "HW_ASSUME_ROLE_ID_TOKEN": "x"}, "HW_ASSUME_ROLE_ID_TOKEN"),
        ({**SDK, "HUAWEICLOUD_SDK_IDP_ID": "x"}, "HUAWEICLOUD_SDK_IDP_ID"),
        ({**HW, "HUAWEICLOUD_SDK_CREDENTIALS_FILE": "x"}, "HUAWEICLOUD_SDK_CREDENTIALS_FILE"),
    ],
)
def test_a_variable_that_means_somebody_else_is_refused(
    home: Path, environ: dict[str, str], name: str
) -> None:
    with pytest.raises(errors.CredentialsError, match=f"{name} is not supported"):
        select(home, {}, environ)


@pytest.mark.parametrize(
    "environ",
    [
        {**HW, "HW_PROFILE": "x"},
        {**SDK, "HUAWEICLOUD_SDK_CREDENTIALS_FILE": "x"},
        {"OS_AK": "a", "OS_SK": "b", "OS_PASSCODE": "123456"},
        {**HW, "OS_PASSCODE": "123456"},
    ],
)
def test_what_ranks_below_the_credentials_beside_it_is_no_mistake(
    home: Path, environ: dict[str, str]
) -> None:
    assert isinstance(select(home, {}, environ).method, Keys)


@pytest.mark.parametrize(
    ("auth_type", "method"),
    [
        ("password", Password("os-p", "os-u", domain=Domain("os-d"))),
        ("v3password", Password("os-p", "os-u", domain=Domain("os-d"))),
        ("token", Token("t")),
        ("aksk", Keys("a", "b")),
    ],
)
def test_the_type_of_authentication_chooses_among_methods(
    home: Path, auth_type: str, method: object
) -> None:
    everything = {**OS, "OS_TOKEN": "t", "OS_AK": "a", "OS_SK": "b"}
    assert select(home, {}, {**everything, "OS_AUTH_TYPE": auth_type}).method == method
    assert select(home, {}, everything).method == Token("t")


def test_a_type_of_authentication_that_is_not_there_is_incomplete(home: Path) -> None:
    environ = {"OS_AK": "a", "OS_SK": "b", "OS_AUTH_TYPE": "password"}
    with pytest.raises(errors.CredentialsError, match="but OS_AUTH_TYPE is password"):
        select(home, {}, environ)


# --- what is said


def test_a_failure_lists_all_that_was_looked_for(home: Path) -> None:
    found = select(home, {}, {"HW_REGION_NAME": "eu-de"})
    text = str(credentials.no_credentials_error(found, "no answer"))
    for part in (
        "access_key + secret_key",
        "HUAWEICLOUD_SDK_*: no credentials",
        "HW_*: no credentials",
        "OS_*: no credentials",
        f"{home}/clouds.yaml",
        "/etc/openstack/clouds.yaml",
        "metadata of this instance: no answer",
    ):
        assert part in text


def test_a_failure_names_the_remedy_then_what_was_begun_then_the_rest(home: Path) -> None:
    environ = {"OS_AUTH_URL": "https://iam.example.com/v3", "OS_PROJECT_NAME": "eu-de_web"}
    (home / "clouds.yaml").write_text("clouds: {one: {region_name: a}, two: {region_name: b}}")
    found = select(home, {}, environ)
    error = credentials.no_credentials_error(found, "no answer", ["HUAWEICLOUD_ACCESS_KEY"])
    order = (
        "No credentials were found.",
        "Set HW_ACCESS_KEY and HW_SECRET_KEY",
        "Incomplete: environment OS_*: OS_AUTH_URL and OS_PROJECT_NAME without an access key",
        "clouds.yaml has one, two; say which with cloud or OS_CLOUD",
        "HUAWEICLOUD_ACCESS_KEY: the collection does not read it.",
        "Looked for: (1) options of the task",
    )
    places = [str(error).find(words) for words in order]
    assert -1 not in places, str(error)
    assert places == sorted(places)
    assert error.hint in str(error)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"AWX_PRIVATE_DATA_DIR": "/runner"}, True),
        ({"AWX_PRIVATE_DATA_DIR": "/runner", "HW_ACCESS_KEY": ""}, False),
        ({}, False),
    ],
    ids=["a job without a credential", "a job with an empty one", "elsewhere"],
)
def test_a_job_of_awx_without_a_credential_names_the_type_to_attach(
    home: Path, environ: dict[str, str], named: bool
) -> None:
    words = 'dd a credential of the type "Huawei Cloud IMS" to the job template'
    remedy = environment.remedy_in_awx(environ)
    error = credentials.no_credentials_error(select(home, {}, environ), "no answer", (), remedy)
    addresses = Endpoints(region="", environ=environ)
    with pytest.raises(errors.ConfigurationError) as no_region:
        addresses.url("ims")
    assert (words in str(error)) == named
    assert (words in str(no_region.value)) == named


@pytest.mark.parametrize("options", [KEYS, PASSWORD, TOKEN])
def test_secrets_are_neither_in_representations_nor_in_the_source(
    home: Path, options: dict[str, str]
) -> None:
    telling = {**options, "secret_key": "S3CRET", "password": "S3CRET", "auth_token": "S3CRET"}
    found = select(home, {key: telling[key] for key in options})
    assert "S3CRET" not in repr(found) + found.source


def test_every_given_secret_is_reported_before_any_request(home: Path) -> None:
    told: list[str] = []
    environ = {"HOME": str(home)}
    for options in ({**KEYS, "security_token": "st"}, PASSWORD, TOKEN):
        connect(options, environ, TaskHooks(on_secret=told.append), directory=str(home))
    assert told == ["ak", "sk", "st", "p", "t"]
