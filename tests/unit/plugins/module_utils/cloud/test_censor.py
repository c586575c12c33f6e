# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are masked however they are written."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud.censor import MASK, Secrets

SECRET = "p@ss/w+rd=\"ö'\\ & <more>"
TOKEN = "MIIEogYJKoZIhvcNAQcCoIIEkzCCBI8CAQExDTALBglghkgBZQME" * 60

WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a URL": lambda text: quote(text, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in a URL, lower case": lambda text: re.sub(
        "%..", lambda escape: escape.group().lower(), quote(text, safe="")
    ),
    "in JSON": json.dumps,
    "in JSON, as it is": lambda text: json.dumps(text, ensure_ascii=False),
    "in JSON, slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "in HTML": html.escape,
    "in Python": repr,
}


def secrets(*values: str) -> Secrets:
    found = Secrets()
    found.add(*values)
    return found


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
def test_a_secret_is_masked_however_it_is_written(write: Callable[[str], str]) -> None:
    written = write(SECRET)
    told = secrets(SECRET).censor(f"before {written} after {written}")
    assert re.sub(r"[\"']", "", told) == f"before {MASK} after {MASK}"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u:", "me:", "user:"])
@pytest.mark.parametrize("after", ["", ":x", " and more"])
def test_a_secret_inside_base64_is_masked(
    encode: Callable[[bytes], bytes], before: str, after: str
) -> None:
    secret = "proxy-password-of-20+"
    text = encode(f"{before}{secret}{after}".encode()).decode()

    told = secrets(secret).censor(f"Basic {text}")

    assert MASK in told
    shown = told.removeprefix("Basic ").split(MASK)
    assert all(len(piece) <= len(encode((before + after).encode())) + 3 for piece in shown)


@pytest.mark.parametrize("length", [20, 100, 1000])
def test_the_beginning_of_a_long_one_gives_it_away(length: int) -> None:
    told = secrets(TOKEN).censor(f"the token {TOKEN[:length]}... is invalid")
    assert told == f"the token {MASK}... is invalid"


def test_a_secret_that_another_begins_with_leaves_nothing_of_the_longer_one() -> None:
    told = secrets("abc", "abcdef").censor("abcdef abc")
    assert told == f"{MASK} {MASK}"


def test_a_signature_is_masked_whatever_it_is() -> None:
    header = "SDK-HMAC-SHA256 Access=AKEXAMPLE, SignedHeaders=host, Signature=0123456789abcdef, x"
    told = secrets("AKEXAMPLE").censor(header)
    assert told == (f"SDK-HMAC-SHA256 Access={MASK}, SignedHeaders=host, Signature={MASK}, x")


def test_all_texts_of_a_result_are_masked_and_the_rest_is_left_alone() -> None:
    result = {"msg": "a s3cret", "n": 7, "ok": True, "no": None, "list": [{"x": "s3cret"}, ("b",)]}
    assert secrets("s3cret").censor_all(result) == {
        "msg": f"a {MASK}",
        "n": 7,
        "ok": True,
        "no": None,
        "list": [{"x": MASK}, ["b"]],
    }


def test_without_secrets_nothing_changes() -> None:
    assert Secrets().censor("as it is") == "as it is"
    assert secrets("", "x" * 20).censor("as it is") == "as it is"


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert secrets("p\udce4ss").censor("a p\udce4ss") == f"a {MASK}"


def test_each_secret_is_told_once() -> None:
    told: list[str] = []
    found = Secrets(told.append)
    found.add("one", None, "", "two", "one")
    found.add("two")
    assert told == found.known == ["one", "two"]


@pytest.mark.parametrize("lead", [0, 470, 490, 499])
@pytest.mark.parametrize("shape", ["json", "text", "page"])
def test_a_refusal_is_masked_before_it_is_cut(lead: int, shape: str) -> None:
    """Of a secret that the cut has left too little of, a later mask would know nothing."""
    message = "." * lead + TOKEN
    bodies: dict[str, Any] = {
        "json": json.dumps({"error": {"code": "IMG.0087", "message": message}}),
        "text": message,
        "page": f"<html><body>{' ' * (9975 - lead)}{message}</body></html>",
    }

    error = errors.parse(
        *(401, {}, bodies[shape].encode(), "GET", "/"), censor=secrets(TOKEN).censor
    )

    assert TOKEN[:4] not in str(error)
    assert TOKEN[:4] not in error.message
