# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests go through a proxy."""

from __future__ import annotations

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import proxies

URL = "https://ims.eu-de.otc.t-systems.com/v2/cloudimages"
PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_variables_in_either_case_are_understood(name: str) -> None:
    assert proxies.for_url(URL, {name: PROXY}) == {"https": PROXY}


def test_lower_case_and_the_scheme_win() -> None:
    environ = {"https_proxy": PROXY, "HTTPS_PROXY": "http://b", "all_proxy": "http://c"}
    assert proxies.for_url(URL, environ) == {"https": PROXY}


def test_a_proxy_for_the_other_scheme_does_not_count() -> None:
    assert proxies.for_url(URL, {"http_proxy": PROXY}) == {}


def test_a_proxy_without_scheme_speaks_http() -> None:
    environ = {"https_proxy": "proxy.example.com:3128"}
    assert proxies.for_url(URL, environ) == {"https": PROXY}


@pytest.mark.parametrize(
    "no_proxy",
    [
        "*",
        "ims.eu-de.otc.t-systems.com",
        "otc.t-systems.com",
        ".otc.t-systems.com",
        "*.t-systems.com",
        "example.com, T-SYSTEMS.com",
        "t-systems.com:443",
    ],
)
def test_no_proxy_excludes_hosts_and_domains(no_proxy: str) -> None:
    assert proxies.for_url(URL, {"https_proxy": PROXY, "no_proxy": no_proxy}) == {}


@pytest.mark.parametrize(
    "no_proxy", ["", "systems.com", "t-systems.com:8443", "eu-de", "10.0.0.0/8"]
)
def test_no_proxy_excludes_nothing_else(no_proxy: str) -> None:
    assert proxies.for_url(URL, {"https_proxy": PROXY, "NO_PROXY": no_proxy}) == {"https": PROXY}


@pytest.mark.parametrize(("address", "excluded"), [("10.1.2.3", True), ("11.1.2.3", False)])
def test_no_proxy_excludes_networks(address: str, excluded: bool) -> None:
    environ = {"https_proxy": PROXY, "no_proxy": "10.0.0.0/8"}
    assert (proxies.for_url(f"https://{address}/", environ) == {}) is excluded


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/",
        "http://localhost/",
        "http://[::1]:80/",
        "http://169.254.169.254/openstack",
    ],
)
def test_this_machine_and_its_metadata_are_asked_directly(url: str) -> None:
    assert proxies.for_url(url, {"http_proxy": PROXY}) == {}


def test_passwords_in_addresses_are_found() -> None:
    environ = {"https_proxy": "http://u:one@p", "HTTP_PROXY": "u:two@p:1", "all_proxy": "http://p"}
    assert sorted(proxies.passwords(environ)) == ["one", "two"]


def test_a_password_in_an_address_is_known_as_written_and_as_sent() -> None:
    environ = {"https_proxy": "http://u:a%40b@p", "http_proxy": "http://[no-address"}
    assert sorted(proxies.passwords(environ)) == ["a%40b", "a@b"]
