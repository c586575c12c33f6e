# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the forms in which a text may quote a secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

# As html.escape, whose module costs half a megabyte in every process.
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HTML_ATTRIBUTE = {**_HTML, ord('"'): "&quot;", ord("'"): "&#x27;"}


def plain_forms(secret: str) -> dict[str, None]:
    """Return the secret as it is, in a form, in either case where that changes letters (ß, SS), and
    its bytes read as Latin-1."""
    forms = [secret, secret.replace(" ", "+")]
    if not secret.isascii():
        forms += [secret.lower(), secret.upper(), _bytes(secret).decode("latin-1")]
    return dict.fromkeys(forms)


def base64_forms(secret: str) -> dict[str, None]:
    """Return the part of the base64 of a longer text that depends on the secret alone, for each way
    to quote it."""
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
    # Bytes that are no UTF-8 have no such form.
    yield quote(secret, safe="", errors="replace")
    yield quote(secret, errors="replace")
    yield quote_plus(secret, errors="replace")
    yield secret.translate(_HTML_ATTRIBUTE)
    yield secret.translate(_HTML)


def _bytes(text: str) -> bytes:
    """Return the bytes in UTF-8. Bytes of an environment that are no UTF-8 stay what they were."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _piece(encode: Callable[[bytes], bytes], secret: bytes, before: int) -> str:
    """Return the characters of base64 that depend on the secret alone. `before`: the number of
    bytes before the secret, modulo three."""
    text = encode(b"\0" * before + secret).decode("ascii")
    bits = 8 * before
    first, last = -(-bits // 6), (bits + 8 * len(secret)) // 6
    return text[first:last]
