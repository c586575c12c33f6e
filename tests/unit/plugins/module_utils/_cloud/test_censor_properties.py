# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any secret is masked in any writing, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.censor import (
    MASK,
    Secrets,
    is_short,
)
from hypothesis import given, settings
from hypothesis import strategies as st

Write = Callable[[str], str]

CASES: list[Write] = [str, str.upper, str.lower]
QUOTES: list[Write] = [
    lambda text: quote(text, safe=""),
    lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    html.escape,
    lambda text: "".join(f"&#{ord(one)};" for one in text),
    lambda text: "".join(f"&#x{ord(one):X};" for one in text),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1].replace("/", "\\/"),
]


def _is_word(text: str) -> bool:
    """One that is masked as a whole: nothing at its ends is left out."""
    return not is_short(text) and not is_short(text[0] * 4) and not is_short(text[-1] * 4)


secrets = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp")), min_size=4
).filter(_is_word)
keys = st.text(st.sampled_from("0123456789abcdefghijABCDEFGHIJ+/=%&\\\"'<>#;"), min_size=4)


def censored(secret: str, text: str) -> str:
    known = Secrets()
    known.add(secret)
    return known.censor(text)


def wrapped(text: str, width: int) -> str:
    return "\n  ".join(text[place : place + width] for place in range(0, len(text), width))


@settings(max_examples=400, deadline=None)
@given(
    secret=st.one_of(secrets, keys),
    case=st.sampled_from(CASES),
    quotes=st.lists(st.sampled_from(QUOTES), max_size=3),
    width=st.one_of(st.none(), st.integers(1, 80)),
)
def test_a_secret_is_masked_whatever_its_writing(
    secret: str, case: Write, quotes: list[Write], width: int | None
) -> None:
    written = case(secret)
    for write in quotes:
        written = write(written)
    if width is not None:
        written = wrapped(written, width)

    assert censored(secret, f"\u00ab{written}\u00bb") == f"\u00ab{MASK}\u00bb"


@settings(max_examples=200, deadline=None)
@given(
    secret=st.one_of(secrets, keys).filter(lambda text: len(text.encode()) >= 6),
    before=st.text(max_size=9),
    after=st.text(max_size=9),
    encode=st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]),
    width=st.integers(4, 200),
)
def test_a_secret_is_masked_in_the_base64_of_json(
    secret: str, before: str, after: str, encode: Callable[[bytes], bytes], width: int
) -> None:
    text = encode(json.dumps({"name": before, "password": secret, "x": after}).encode()).decode()

    assert MASK in censored(secret, wrapped(text, width))


@settings(max_examples=300, deadline=None)
@given(secret=keys, text=st.text(st.sampled_from("klmnopqrstuvwxyz KLMNOP.,\n\t%\\&;")))
def test_text_without_the_secret_stays_as_it_is(secret: str, text: str) -> None:
    if set(secret) & set("0123456789abcdefghijABCDEFGHIJ"):
        assert censored(secret, text) == text


@settings(max_examples=300, deadline=None)
@given(secret=st.text(), text=st.text(), again=st.text())
def test_any_text_can_be_censored(secret: str, text: str, again: str) -> None:
    told = censored(secret, f"{text}{secret}{again}")

    if not is_short(secret):
        assert MASK in told
