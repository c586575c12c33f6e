# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries, ids in paths, bodies and hosts as they go out."""

from __future__ import annotations

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.wire import (
    Call,
    Repeat,
    json_body,
    query_string,
    segment,
)


def call(base: str) -> Call:
    return Call(service="ims", method="GET", base=base, path="/v2/cloudimages")


def test_query_is_sorted_and_encoded_without_plus_signs() -> None:
    assert query_string({"name": "a b+c/ä", "limit": 5}) == "limit=5&name=a%20b%2Bc%2F%C3%A4"


def test_query_leaves_out_what_is_none_and_keeps_what_is_empty() -> None:
    assert query_string({"a": None, "b": "", "c": 0}) == "b=&c=0"


def test_booleans_are_written_in_lower_case() -> None:
    assert query_string({"__whole_image": True, "protected": False}) == (
        "__whole_image=true&protected=false"
    )


def test_lists_give_one_pair_for_each_value() -> None:
    assert query_string({"id": ["b", "a"]}) == "id=a&id=b"


def test_no_query_is_the_empty_string() -> None:
    assert query_string(None) == ""


def test_ids_cannot_leave_their_place_in_the_path() -> None:
    assert segment("a/../b?c=d") == "a%2F..%2Fb%3Fc%3Dd"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_what_cannot_be_one_piece_of_a_path_is_refused(value: str) -> None:
    with pytest.raises(errors.ConfigurationError):
        segment(value)


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://ims.example.com", "ims.example.com"),
        ("https://ims.example.com:443", "ims.example.com"),
        ("https://ims.example.com:8443", "ims.example.com:8443"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_host_has_the_port_if_it_is_not_the_default(base: str, host: str) -> None:
    assert call(base).host == host


def test_an_endpoint_may_have_a_path_of_its_own() -> None:
    assert call("https://gateway.example.com/ims").full_path == "/ims/v2/cloudimages"


def test_bodies_are_compact_utf8() -> None:
    headers, body = json_body({"name": "büro", "n": 1})
    assert headers == {"Content-Type": "application/json"}
    assert body == '{"name":"büro","n":1}'.encode()


def test_no_body_has_no_content_type() -> None:
    assert json_body(None) == ({}, b"")


def test_text_that_is_no_unicode_is_refused_in_words() -> None:
    with pytest.raises(errors.ConfigurationError, match="UTF-8"):
        json_body({"name": "\udcff"})
    with pytest.raises(errors.ConfigurationError, match="UTF-8"):
        query_string({"name": "\udcff"})


@pytest.mark.parametrize(
    ("method", "repeat"),
    [
        ("GET", Repeat.SAFE),
        ("HEAD", Repeat.SAFE),
        ("PUT", Repeat.SAFE),
        ("DELETE", Repeat.SAFE),
        ("POST", Repeat.REFUSED),
        ("PATCH", Repeat.REFUSED),
    ],
)
def test_by_default_only_repeatable_methods_are_repeated(method: str, repeat: Repeat) -> None:
    assert Repeat.BY_METHOD.for_method(method) is repeat


def test_an_explicit_rule_holds_for_every_method() -> None:
    assert Repeat.SAFE.for_method("POST") is Repeat.SAFE


def test_neither_headers_nor_body_are_in_the_representation_of_a_call() -> None:
    text = repr(
        Call("ims", "GET", "https://x", "/", headers={"X-Auth-Token": "tok"}, body=b"password")
    )
    assert "tok" not in text
    assert "password" not in text
