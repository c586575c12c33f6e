# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets, and how they are kept out of everything that we say.

Clouds and proxies quote requests in their refusals, headers included, and not always letter by
letter: in URLs, in HTML, in JSON within JSON, in the base64 of Basic authentication, cut off.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"

# Of longer secrets so many characters give them away.
_BEGINNING = 20
# Pieces of base64 that are shorter may be anything.
_SHORTEST_BASE64 = 8
_ESCAPE = re.compile("%..")
# As html.escape, whose module is half a megabyte of names in every process.
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HTML_ATTRIBUTE = {**_HTML, ord('"'): "&quot;", ord("'"): "&#x27;"}
# Good for another request for some minutes, and different in each.
_SIGNATURE = re.compile(r"(?i)\b(Signature(?:=|%3D|\\u003d))[0-9A-Za-z+/%_-]+")


class Secrets:
    """Every secret in use; ``on_secret`` hears of each before it is used for the first time."""

    def __init__(self, on_secret: Callable[[str], None] | None = None) -> None:
        self.known: list[str] = []
        self._on_secret = on_secret
        self._forms: set[str] = set()

    def add(self, *values: str | None) -> None:
        for value in values:
            if value and value not in self.known:
                self.known.append(value)
                self._forms.update(_forms(value))
                if self._on_secret is not None:
                    self._on_secret(value)

    def tell(self, on_secret: Callable[[str], None]) -> None:
        """From now on ``on_secret`` hears of each, beginning with those that are known already."""
        self._on_secret = on_secret
        for value in self.known:
            on_secret(value)

    def censor(self, text: str) -> str:
        """``text`` with a mask in the place of each secret."""
        return _SIGNATURE.sub(rf"\1{MASK}", _masked(text, self._forms))

    def censor_all(self, value: Any) -> Any:
        """A copy of what travels as JSON, with all texts in it censored (keys are ours)."""
        if isinstance(value, str):
            return self.censor(value)
        if isinstance(value, dict):
            return {key: self.censor_all(member) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.censor_all(member) for member in value]
        return value


def _masked(text: str, forms: Iterable[str]) -> str:
    """``text`` with one mask for each stretch that forms cover, one or several together."""
    covered = sorted(span for form in forms for span in _spans(text, form))
    pieces: list[str] = []
    done = 0
    for start, end in covered:
        if start >= done:
            pieces += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*pieces, text[done:]])


def _spans(text: str, form: str) -> Iterator[tuple[int, int]]:
    """Where ``form`` stands in ``text``, or as much of it as is more than its beginning."""
    beginning, rest = form[:_BEGINNING], form[_BEGINNING:]
    start = text.find(beginning)
    while start >= 0:
        end = start + len(beginning)
        for character in rest:
            if not text.startswith(character, end):
                break
            end += 1
        yield start, end
        start = text.find(beginning, end)


def _forms(secret: str) -> Iterator[str]:
    """The ways in which a secret may be written down."""
    yield secret
    for quoted in _quoted(secret):
        yield quoted
        yield _ESCAPE.sub(lambda escape: escape.group().lower(), quoted)
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        yield escaped.replace("/", "\\/")
    yield secret.translate(_HTML_ATTRIBUTE)
    yield secret.translate(_HTML)
    yield repr(secret)[1:-1]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            piece = _base64_piece(encode, secret.encode("utf-8", "replace"), before)
            if len(piece) >= _SHORTEST_BASE64:
                yield piece


def _quoted(secret: str) -> Iterator[str]:
    """For URLs. Bytes of an environment that are no UTF-8 have no such form."""
    yield quote(secret, safe="", errors="replace")
    yield quote(secret, errors="replace")
    yield quote_plus(secret, errors="replace")


def _base64_piece(encode: Callable[[bytes], bytes], secret: bytes, before: int) -> str:
    """What of the base64 of a longer text is the secret's alone; ``before``: how many bytes of it
    stand before the secret, counted in threes."""
    text = encode(b"\0" * before + secret).decode("ascii")
    bits = 8 * before
    first, last = -(-bits // 6), (bits + 8 * len(secret)) // 6
    return text[first:last]
