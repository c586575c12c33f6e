# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are masked however they are written."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import refusals
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.censor import MASK, Secrets

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
    "in capitals": str.upper,
    "in lower case": str.lower,
    "in HTML, by decimal numbers": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "in HTML, by padded numbers": lambda text: "".join(f"&#{ord(one):07};" for one in text),
    "in HTML, by hexadecimal numbers": lambda text: "".join(f"&#x{ord(one):x};" for one in text),
    "in HTML, by capital numbers": lambda text: "".join(f"&#X{ord(one):04X};" for one in text),
    "in a URL, each byte": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "in a URL within a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "in JSON, each character": lambda text: "".join(f"\\u{ord(one):04X}" for one in text),
    "in JSON within JSON": lambda text: json.dumps(json.dumps(text)),
    "in JSON within HTML": lambda text: html.escape(json.dumps(text)).replace("&quot;", '"', 1),
    "as bytes in Python": lambda text: repr(text.encode())[1:],
}


def secrets(*values: str) -> Secrets:
    found = Secrets()
    found.add(*values)
    return found


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
def test_a_secret_is_masked_however_it_is_written(write: Callable[[str], str]) -> None:
    written = write(SECRET)
    told = secrets(SECRET).censor(f"before {written} after {written}")
    assert re.sub(r"[\"'\\]|&quot;", "", told) == f"before {MASK} after {MASK}"


BREAKS = {
    "LF": "\n",
    "CR LF": "\r\n",
    "indented": "\n      ",
    "blanks at the end": "  \n",
    "in JSON": "\\n",
    "in JSON, indented": "\\r\\n\\t",
    "in HTML": "<br/>\n",
    "by number": "&#10;",
    "in a URL": "%0A",
    "hidden": "\u200b",
}


@pytest.mark.parametrize("line", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("width", [1, 7, 19, 64])
@pytest.mark.parametrize("secret", [TOKEN, "correct horse battery staple"])
def test_a_secret_that_is_broken_over_lines_is_masked(secret: str, width: int, line: str) -> None:
    pieces = [secret[place : place + width] for place in range(0, len(secret), width)]
    told = secrets(secret).censor(f"before {line.join(pieces)} after")
    assert told == f"before {MASK} after"


def test_a_secret_that_is_wrapped_at_its_blanks_is_masked() -> None:
    secret = "correct horse battery staple"
    told = secrets(secret).censor(f"before {secret.replace(' ', chr(10))} after")
    assert told == f"before {MASK} after"


def test_words_that_only_together_are_a_secret_are_no_secret() -> None:
    text = "a test image, te st image, and t e s t i m a g e"
    assert secrets("testimage").censor(text) == text


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


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "a", "ab"])
@pytest.mark.parametrize("width", [None, 8, 76])
@pytest.mark.parametrize("secret", [SECRET, "s3cret", TOKEN])
@pytest.mark.parametrize("write", [json.dumps, quote, html.escape], ids=["JSON", "URL", "HTML"])
def test_base64_of_a_text_that_quotes_a_secret_is_masked(
    encode: Callable[[bytes], bytes],
    before: str,
    width: int | None,
    secret: str,
    write: Callable[[str], str],
) -> None:
    text = encode(f'{{"{before}": {write(secret)}, "x": 1}}'.encode()).decode()
    width = width or len(text)
    lines = "\n".join(text[place : place + width] for place in range(0, len(text), width))

    told = secrets(secret).censor(f"begin {lines} end")

    assert MASK in told
    shown = told.removeprefix("begin ").removesuffix(" end").split(MASK)
    assert sum(len("".join(piece.split())) for piece in shown) <= len(text) - len(secret)
    assert all(len(piece) <= 40 for piece in shown)


SHORT = {
    "a": [
        ("a cat has a name", f"{MASK} cat has {MASK} name"),
        ("password=a&user=ab", f"password={MASK}&user=ab"),
        ("%61 &#97; &#x61; \\u0061 %62", f"{MASK} {MASK} {MASK} {MASK} %62"),
    ],
    "10": [("10 of 100 at 10 %, 2010-10", f"{MASK} of 100 at {MASK} %, 2010-{MASK}")],
    "p/w": [("x p/w y p%2Fw z p/wx", f"x {MASK} y {MASK} z p/wx")],
    "  b ": [("a b c abc", f"a {MASK} c abc")],
}


@pytest.mark.parametrize(
    ("secret", "text", "told"),
    [(secret, *example) for secret, examples in SHORT.items() for example in examples],
)
def test_of_a_short_secret_only_whole_words_are_masked(secret: str, text: str, told: str) -> None:
    assert secrets(secret).censor(text) == told


def test_a_secret_of_blanks_masks_nothing() -> None:
    assert secrets("  ", "\t", "      ").censor("a  b      c") == "a  b      c"


def test_a_huge_text_is_masked_in_time() -> None:
    """Beginnings of a secret, broken ones and escapes all over it."""
    found = secrets("a" * 19 + "b" * 30, TOKEN, "correct horse battery staple")
    piece = "a" * 19 + " correct horse %61%61\n" + TOKEN[:19] + "\\u0061 &#97; correct\nhorse\n"
    begun = time.process_time()
    texts = (piece * 1000, "a" * 100_000, "a\n" * 50_000, "%25" * 30_000, "\\" * 100_000)
    for text in texts:
        found.censor(f"{text}{TOKEN}")
    assert time.process_time() - begun < 10


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


def test_each_secret_is_reported_once() -> None:
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

    error = refusals.parse(
        *(401, {}, bodies[shape].encode(), "GET", "/"), censor=secrets(TOKEN).censor
    )

    assert TOKEN[:4] not in str(error)
    assert TOKEN[:4] not in error.message
