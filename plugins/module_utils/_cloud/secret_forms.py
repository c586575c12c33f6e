# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to write a secret that cannot be told from the text that holds it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

# As html.escape, whose module is half a megabyte of names in every process.
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HTML_ATTRIBUTE = {**_HTML, ord('"'): "&quot;", ord("'"): "&#x27;"}


def plain_forms(secret: str) -> dict[str, None]:
    """As it is, in a form, in either case where that makes other letters (ß, SS), and its bytes
    taken for Latin-1."""
    forms = [secret, secret.replace(" ", "+")]
    if not secret.isascii():
        forms += [secret.lower(), secret.upper(), _bytes(secret).decode("latin-1")]
    return dict.fromkeys(forms)


def base64_forms(secret: str) -> dict[str, None]:
    """What is the secret's alone in the base64 of a longer text that quotes it in some way."""
    contents = dict.fromkeys(map(_bytes, _quoted(secret)))
    if not secret.isascii():
        contents[secret.encode("latin-1", "replace")] = None
    return dict.fromkeys(
        _piece(encode, content, before)
        for content in contents
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
        for before in range(3)
    )


def _quoted(secret: str) -> Iterator[str]:
    yield secret
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        yield escaped.replace("/", "\\/")
    # Bytes of an environment that are no UTF-8 have no such form.
    yield quote(secret, safe="", errors="replace")
    yield quote(secret, errors="replace")
    yield quote_plus(secret, errors="replace")
    yield secret.translate(_HTML_ATTRIBUTE)
    yield secret.translate(_HTML)


def _bytes(text: str) -> bytes:
    """In UTF-8. Bytes of an environment that are none are what they were."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _piece(encode: Callable[[bytes], bytes], secret: bytes, before: int) -> str:
    """``before``: how many bytes of the longer text stand before the secret, counted in threes."""
    text = encode(b"\0" * before + secret).decode("ascii")
    bits = 8 * before
    first, last = -(-bits // 6), (bits + 8 * len(secret)) // 6
    return text[first:last]
