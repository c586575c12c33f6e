# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds secrets in what a run has left behind, however they are written down there."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, unquote_plus

# So much of a secret in a row is a leak.
LENGTH = 20
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}


def leaks(text: str, secrets: Iterable[str]) -> list[str]:
    """The secrets that `text` gives away: plain, in URLs, HTML, JSON or base64; whole or in
    part, in either case, broken over lines."""
    found = set()
    views = [_bare(view) for view in _views(text)]
    for secret in secrets:
        assert len(secret) >= LENGTH, "shorter ones may stand there by chance"
        for piece in (secret[:LENGTH], secret[-LENGTH:]):
            if any(_bare(piece) in view for view in views):
                found.add(secret)
    return sorted(found)


def _bare(text: str) -> str:
    return "".join(text.split()).lower()


def _views(text: str) -> Iterator[str]:
    """`text` as it is, and as it reads after each way of unwrapping."""
    yield text
    yield unquote(text)
    yield unquote_plus(text)
    yield html.unescape(text)
    once = _unescaped(text)
    yield once
    yield _unescaped(once)
    yield from _decoded(text)
    yield from _decoded(unquote(text))


def _unescaped(text: str) -> str:
    """Without the backslashes of JSON and Python."""
    return re.sub(
        r"\\(u[0-9a-fA-F]{4}|.)",
        lambda match: (
            codecs.decode(match.group(), "unicode_escape")
            if len(match.group()) > 2
            else _BLANKS.get(match.group(1), match.group(1))
        ),
        text,
    )


def _decoded(text: str) -> Iterator[str]:
    """All that may be base64, begun at each of the four places where it could begin."""
    for run in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        plain = run.replace("-", "+").replace("_", "/")
        for skipped in range(4):
            piece = plain[skipped:]
            piece = piece[: len(piece) // 4 * 4]
            try:
                yield base64.b64decode(piece).decode("utf-8", "replace")
            except binascii.Error:
                continue
