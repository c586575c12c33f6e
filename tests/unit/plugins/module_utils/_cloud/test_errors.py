# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every shape in which the services say no, and what the user is told to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors, refusals


def parse(
    status: int, body: Any = None, headers: Mapping[str, str] | None = None
) -> errors.ApiError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return refusals.parse(status, headers or {}, content, "POST", "/v1/cloudimages")


SHAPES = {
    "IMS, EVS, ECS": {"error": {"code": "IMG.0024", "message": "bad type"}},
    "gateway, CBR": {"error_code": "IMG.0024", "error_msg": "bad type", "request_id": "r"},
    "camel case": {"errorCode": "IMG.0024", "errorMsg": "bad type"},
    "flat": {"code": "IMG.0024", "message": "bad type"},
    "snake case, short": {"err_code": "IMG.0024", "msg": "bad type"},
    "camel case, half short": {"errCode": "IMG.0024", "errorMessage": "bad type"},
    "swapped": {"error": {"code": "bad type", "message": "IMG.0024"}},
    "code under a name": {"badRequest": {"code": "IMG.0024", "message": "bad type"}},
    "in a list": {"errors": [{"error_code": "IMG.0024", "error_msg": "bad type"}]},
    "beside other things": {
        "encoded_authorization_message": "x",
        "error_code": "IMG.0024",
        "error_msg": "bad type",
    },
    "two levels down": {"fault": {"error": {"code": "IMG.0024", "message": "bad type"}}},
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES.keys())
def test_code_and_message_are_found_in_every_shape(body: dict[str, Any]) -> None:
    error = parse(400, body)
    assert (error.code, error.message) == ("IMG.0024", "bad type")


@pytest.mark.parametrize("name", ["itemNotFound", "forbidden", "overLimit", "conflictingRequest"])
def test_cinder_shapes_have_numbers_as_codes(name: str) -> None:
    error = parse(404, {name: {"code": 404, "message": "Volume 1 could not be found."}})
    assert (error.code, error.message) == ("404", "Volume 1 could not be found.")
    assert not error.unpublished


def test_keystone_shape_with_a_title_only() -> None:
    error = parse(401, {"error": {"code": 401, "title": "Unauthorized"}})
    assert (error.code, error.message) == ("401", "Unauthorized")


def test_keystone_shape_prefers_the_message_to_the_title() -> None:
    body = {"error": {"code": 401, "message": "wrong password", "title": "Unauthorized"}}
    assert parse(401, body).message == "wrong password"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", ""),
        (
            b"<html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>",
            "Bad Gateway",
        ),
        (b"<h1>Not Found</h1><p>No such page</p>", "Not Found No such page"),
        (b"<style>b{}</style><script>alert()</script><b>Down</b>", "Down"),
        (b"upstream connect error", "upstream connect error"),
        (b'{"error": {"code": "IMG.0', '{"error": {"code": "IMG.0'),
        (b"[1, 2]", "[1, 2]"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"unheard": "of"}', '{"unheard": "of"}'),
    ],
    ids=["empty", "title", "page", "script", "text", "cut off", "list", "bytes", "unknown object"],
)
def test_bodies_that_are_no_error_objects_become_the_message(body: bytes, message: str) -> None:
    error = parse(502, body)
    assert (error.code, error.message) == ("", message)


def test_a_huge_body_is_cut() -> None:
    error = parse(500, {"error": {"code": "IMG.0014", "message": "x" * 100_000}})
    assert len(str(error)) < 1000
    assert "99500 characters more" in error.message


def test_a_deeply_nested_body_is_survived() -> None:
    assert parse(500, b'{"a":' * 100_000).http_status == 500


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.ApiError),
        (429, errors.Throttled),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (599, errors.ServerError),
        (413, errors.ApiError),
    ],
)
def test_the_status_decides_on_the_kind(status: int, kind: type[errors.ApiError]) -> None:
    assert parse(status, {}).__class__ is kind


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 451])
def test_a_refusal_in_a_known_shape_proves_that_nothing_was_done(
    status: int, body: dict[str, Any]
) -> None:
    assert not errors.may_have_been_executed(parse(status, body))


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("status", [300, 303, 399, 408, 425, 499, 500, 503, 599, 600, 999])
def test_other_answers_prove_nothing_whatever_they_say(status: int, body: dict[str, Any]) -> None:
    assert errors.may_have_been_executed(parse(status, body))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>no</html>", b"no", {}, [], None, {"unheard": "of"}, {"error": {}}, b"{"],
    ids=str,
)
def test_a_refusal_in_no_known_shape_proves_nothing(body: Any) -> None:
    assert errors.may_have_been_executed(parse(400, body))
    assert errors.may_have_been_executed(parse(404, body))


@pytest.mark.parametrize("status", [401, 407, 429])
def test_who_was_not_let_in_has_done_nothing_whatever_the_body(status: int) -> None:
    assert not errors.may_have_been_executed(parse(status, b"<html>"))


@pytest.mark.parametrize("code", sorted(errors.BUSY_CODES))
@pytest.mark.parametrize("status", [400, 408, 409, 500, 503])
def test_a_busy_code_proves_that_nothing_was_done(status: int, code: str) -> None:
    assert not errors.may_have_been_executed(parse(status, {"error": {"code": code}}))


@pytest.mark.parametrize(
    ("headers", "body", "request_id"),
    [
        ({"X-Request-Id": "a"}, {"request_id": "b"}, "a"),
        ({"x-iam-trace-id": "t"}, {}, "t"),
        ({}, {"request_id": "b", "error_code": "X.1"}, "b"),
        ({}, {"error": {"code": "X.1", "request_id": "c"}}, "c"),
        ({}, {}, ""),
    ],
)
def test_request_id_comes_from_the_headers_or_the_body(
    headers: dict[str, str], body: dict[str, Any], request_id: str
) -> None:
    assert parse(400, body, headers).request_id == request_id


def test_the_sentence_says_what_was_asked_and_what_came_back() -> None:
    body = {"error": {"code": "IMG.0015", "message": "quota exceeded"}}
    assert str(parse(400, body, {"X-Request-Id": "abc"})) == (
        "POST /v1/cloudimages was answered with 400 IMG.0015: quota exceeded (request id abc)"
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "1e999"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "٣"}, None),
        (
            {
                "Retry-After": "Fri, 02 Jan 2026 03:05:05 GMT",
                "Date": "Fri, 02 Jan 2026 03:04:05 GMT",
            },
            60.0,
        ),
        (
            {
                "Retry-After": "Fri, 02 Jan 2026 03:04:00 GMT",
                "Date": "Fri, 02 Jan 2026 03:04:05 GMT",
            },
            0.0,
        ),
        ({"Retry-After": "Fri, 02 Jan 2026 03:05:05 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert parse(429, {}, headers).retry_after == seconds


@pytest.mark.parametrize(
    "date",
    [
        *("", "now", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -0800"),
        *("Wed, 01 Jan 1800 00:00:00 -0000", "Wed, 01 Jan 1800 00:00:00 +0800"),
        *("Fri, 02 Jan 2026 03:04:05 +9999", "Fri, 99 Jan 2026 03:04:05 GMT", "\ud800"),
    ],
)
def test_a_date_that_no_clock_shows_is_unknown(date: str) -> None:
    assert errors.date_of({"Date": date}) is None


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000", ""])
def test_a_date_without_a_zone_is_gmt(zone: str) -> None:
    assert errors.date_of({"date": f"Fri, 02 Jan 2026 03:04:05 {zone}".strip()}) == 1767323045


@pytest.mark.parametrize(
    ("body", "unpublished"),
    [
        ({"error_code": "APIGW.0101", "error_msg": "The API does not exist"}, True),
        (b"<html>404</html>", True),
        (b"", True),
        ({"error": {"code": "EVS.5404", "message": "no volume"}}, False),
        ({"message": "no image"}, False),
    ],
)
def test_a_missing_call_differs_from_a_missing_object(body: Any, unpublished: bool) -> None:
    assert parse(404, body).unpublished is unpublished


def test_an_exhausted_budget_passes_on_what_the_last_error_knew() -> None:
    last = parse(503, {"error": {"code": "IMG.0014", "message": "x"}}, {"X-Request-Id": "r"})
    error = errors.TimeBudgetExceeded("over", last)
    assert (error.last, error.ambiguous, error.request_id) == (last, True, "r")
    assert error.hint == last.hint
