# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the services are, and which addresses are refused."""

from __future__ import annotations

import re

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.endpoints import (
    Endpoints,
    overrides,
    region_of,
)


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("cn-north-4", "https://ims.cn-north-4.myhuaweicloud.com"),
        ("af-south-1", "https://ims.af-south-1.myhuaweicloud.com"),
        ("eu-west-101", "https://ims.eu-west-101.myhuaweicloud.eu"),
        ("eu-de", "https://ims.eu-de.otc.t-systems.com"),
        ("eu-nl", "https://ims.eu-nl.otc.t-systems.com"),
        ("eu-ch2", "https://ims.eu-ch2.sc.otc.t-systems.com"),
        ("eu-west-0", "https://ims.eu-west-0.prod-cloud-ocb.orange-business.com"),
    ],
)
def test_known_regions_need_no_configuration(region: str, url: str) -> None:
    assert Endpoints(region).url("ims") == url


@pytest.mark.parametrize("service", ["ims", "evs", "ecs", "cbr", "csbs", "iam"])
def test_every_service_has_its_host(service: str) -> None:
    assert Endpoints("eu-de").url(service) == f"https://{service}.eu-de.otc.t-systems.com"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("ims.example.com", "https://ims.example.com"),
        ("https://ims.example.com/", "https://ims.example.com"),
        ("https://IMS.example.com:8443", "https://ims.example.com:8443"),
        ("https://image.example.com/v2", "https://image.example.com"),
        ("https://volume.example.com/v3/$(project_id)s", "https://volume.example.com"),
        ("https://gateway.example.com/ims/v2.1/", "https://gateway.example.com/ims"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_addresses_may_be_given_loosely(given: str, url: str) -> None:
    assert Endpoints("eu-de", {"ims": given}).url("ims") == url


@pytest.mark.parametrize("region", ["eu-de", "eu-west-101"])
def test_a_private_cloud_does_not_send_its_requests_to_the_public_one_of_that_region(
    region: str,
) -> None:
    private = Endpoints(region, auth_url="https://iam.cloud.example/v3")
    with pytest.raises(errors.ConfigurationError, match=r"endpoints: \{ims: https") as caught:
        private.url("ims")
    assert "iam.cloud.example" in str(caught.value)
    assert private.url("iam") == "https://iam.cloud.example"


@pytest.mark.parametrize("host", ["iam.myhuaweicloud.com", "iam.cn-north-1.myhuaweicloud.com"])
def test_one_address_of_iam_serves_all_regions_of_its_cloud(host: str) -> None:
    endpoints = Endpoints("cn-north-4", auth_url=f"https://{host}/v3")
    assert endpoints.url("ims") == "https://ims.cn-north-4.myhuaweicloud.com"


def test_unknown_services_are_refused_with_the_known_ones() -> None:
    with pytest.raises(errors.ConfigurationError, match="'glance'; known are ims, evs"):
        Endpoints("eu-de", {"glance": "https://x"})


@pytest.mark.parametrize(
    "given", ["http://ims.example.com", "http://10.0.0.1", "http://127.evil.com"]
)
def test_plain_http_leaves_this_machine_never(given: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="without encryption"):
        Endpoints("eu-de", {"ims": given}).url("ims")


@pytest.mark.parametrize(
    "given",
    [
        *("ftp://x", "https://", "https://x:port", "https://user:pw@x", "https://x/?a=pw"),
        *("https://user:pw@x:port", "http://[::1]x", "http://127.0.0.1\\@x", "https://x:"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secrets(given: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="endpoints: ims") as caught:
        Endpoints("eu-de", {"ims": given}).url("ims")
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("explicit", "auth_url", "environ"),
    [
        ({"cbr": "http://10.0.0.1"}, "", {}),
        ({}, "http://10.0.0.1/v3", {}),
        ({}, "", {"HUAWEICLOUD_SDK_REGION_CBR_EU_DE": "http://10.0.0.1"}),
    ],
)
def test_an_address_is_checked_before_it_is_needed(
    explicit: dict[str, str], auth_url: str, environ: dict[str, str]
) -> None:
    with pytest.raises(errors.ConfigurationError, match="without encryption"):
        Endpoints("eu-de", explicit, auth_url, environ=environ).check()


def test_an_address_that_another_replaces_may_be_anything() -> None:
    explicit = {"iam": "https://iam.example.com", "cbr": "https://cbr.example.com"}
    environ = {"HUAWEICLOUD_SDK_REGION_CBR_EU_DE": "http://10.0.0.1"}
    Endpoints("eu-de", explicit, "http://10.0.0.1/v3", environ=environ).check()
    Endpoints("nowhere-1").check()


def test_the_metadata_service_has_its_fixed_address_and_can_be_moved_to_this_machine() -> None:
    assert Endpoints("eu-de").url("metadata") == "http://169.254.169.254"
    moved = Endpoints("eu-de", {"metadata": "http://127.0.0.1:1"})
    assert moved.url("metadata") == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("cbr", "csbs"),
    [
        ("https://cbr.eu-de.example.com", "https://csbs.eu-de.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_csbs_is_next_to_a_cbr_that_was_moved(cbr: str, csbs: str) -> None:
    assert Endpoints("eu-de", {"cbr": cbr}).url("csbs") == csbs


def test_variables_of_the_sdk_are_honoured_and_options_win_over_them() -> None:
    environ = {"HUAWEICLOUD_SDK_REGION_IMS_EU_DE": "https://a.example.com, https://b.example.com"}
    assert Endpoints("eu-de", environ=environ).url("ims") == "https://a.example.com"
    assert Endpoints("eu-de", environ=environ).url("evs").startswith("https://evs.")
    assert Endpoints("eu-nl", environ=environ).url("ims").startswith("https://ims.eu-nl.")
    both = Endpoints("eu-de", {"ims": "https://c.example.com"}, environ=environ)
    assert both.url("ims") == "https://c.example.com"


def test_other_clouds_are_read_off_the_address_of_their_iam() -> None:
    endpoints = Endpoints("az-1", auth_url="https://iam.az-1.cloud.example.com/v3")
    assert endpoints.url("ims") == "https://ims.az-1.cloud.example.com"
    assert endpoints.url("iam") == "https://iam.az-1.cloud.example.com"


def test_the_domain_of_a_cloud_is_enough() -> None:
    endpoints = Endpoints("az-1", domain="cloud.example.com")
    assert endpoints.url("evs") == "https://evs.az-1.cloud.example.com"


def test_an_unknown_region_is_reported_with_what_to_set_and_what_was_meant() -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        Endpoints("cn-north-44").url("ims")
    text = str(caught.value)
    assert "'cn-north-44'" in text
    assert "cn-north-4" in text.split("did you mean")[1]
    assert "endpoints: {ims: https://…}" in text
    assert "auth_url" in text


def test_no_region_is_reported_with_where_to_set_it() -> None:
    with pytest.raises(errors.ConfigurationError, match="HW_REGION_NAME"):
        Endpoints("").url("ims")


@pytest.mark.parametrize(
    ("auth_url", "region"),
    [
        ("https://iam.eu-de.otc.t-systems.com/v3", "eu-de"),
        ("iam.cn-north-4.myhuaweicloud.com", "cn-north-4"),
        ("https://iam.myhuaweicloud.com/v3", ""),
        ("http://127.0.0.1:8080/v3", ""),
        ("", ""),
    ],
)
def test_the_region_can_be_read_off_an_address(auth_url: str, region: str) -> None:
    assert region_of(auth_url) == region


def test_overrides_of_clouds_yaml_are_known_by_openstacks_names_too() -> None:
    entry = {
        "image_endpoint_override": "https://i",
        "ims_endpoint_override": "https://ims",
        "block_storage_endpoint_override": "https://v",
        "compute_endpoint_override": "https://c",
        "identity_endpoint_override": "https://k",
        "dns_endpoint_override": "https://d",
    }
    assert overrides(entry) == {
        "ims": "https://ims",
        "evs": "https://v",
        "ecs": "https://c",
        "iam": "https://k",
    }


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        ("EU-DE", "eu-de"),
        ("eu_de", "eu-de"),
        ("EU-West-101", "eu-west-101"),
        ("eu-dee", "eu-de"),
        ("eu-west-1", "eu-west-101"),
        ("cn-north4", "cn-north-4"),
    ],
)
def test_a_region_in_another_case_or_misspelt_is_answered_with_the_nearest(
    region: str, meant: str
) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        Endpoints(region).url("ims")
    assert re.search(rf"did you mean [^?]*\b{meant}\b[^?]*\?", str(caught.value))
