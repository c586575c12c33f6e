# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mask secrets in everything that we return and show.

Clouds and proxies quote requests in their refusals, headers included, and not always literally: in
URLs, in HTML, in JSON within JSON, in the base64 of Basic authentication, in capitals, broken over
lines, cut off. So secrets are looked for in the unescaped text (`unescaping.py`).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from .unescaping import CompactText, UnescapedText, compact_text, unescape, unescaped_texts

MASK = "********"

# The number of leading characters by which a longer secret is recognized.
_BEGINNING = 20
# A shorter secret may be part of ordinary words.
_SHORTEST = 4
# Shorter pieces of base64 may be anything.
_SHORTEST_BASE64 = 5
# Valid for some minutes, and different in each request.
_SIGNATURE = re.compile(r"(?i)\b(Signature(?:=|%3D|\\u003d))[0-9A-Za-z+/%_-]+")

# As html.escape, whose module costs half a megabyte in every process.
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HTML_ATTRIBUTE = {**_HTML, ord('"'): "&quot;", ord("'"): "&#x27;"}

Span = tuple[int, int]


def is_short(secret: str) -> bool:
    """Return whether a secret is masked only where it is a word of its own."""
    return len(compact_text(secret)) < _SHORTEST


class Secrets:
    """The secrets in use; `on_secret` is called with each before it is used for the first time."""

    def __init__(self, on_secret: Callable[[str], None] | None = None) -> None:
        self.known: list[str] = []
        self._on_secret = on_secret
        self._needles: dict[_Needle, None] = {}
        self._words: list[str] = []
        self._word: re.Pattern[str] | None = None

    def add(self, *values: str | None) -> None:
        for value in values:
            if not value or value in self.known:
                continue
            self.known.append(value)
            self._needles.update(dict.fromkeys(_needles(value)))
            if is_short(value) and value.strip():
                self._words.append(re.escape(value.strip()))
                self._word = re.compile(rf"(?<!\w)(?:{'|'.join(self._words)})(?!\w)")
            if self._on_secret is not None:
                self._on_secret(value)

    def listen(self, on_secret: Callable[[str], None]) -> None:
        """Call another `on_secret` from now on, first with the secrets that are known already."""
        self._on_secret = on_secret
        for value in self.known:
            on_secret(value)

    def censor(self, text: str) -> str:
        """Return `text` with each secret masked. Takes time in proportion to the text."""
        return _SIGNATURE.sub(rf"\1{MASK}", _masked(text, self._spans(text)))

    def censor_all(self, value: Any) -> Any:
        """Return a copy of JSON data with all texts in it masked; keys are ours."""
        if isinstance(value, str):
            return self.censor(value)
        if isinstance(value, dict):
            return {key: self.censor_all(member) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.censor_all(member) for member in value]
        return value

    def _spans(self, text: str) -> Iterator[Span]:
        """Yield where secrets are in `text`. The origin of each character is computed only for
        levels of unescaping that contain one."""
        for depth, meaning in enumerate(unescaped_texts(text)):
            if self._word is not None and self._word.search(meaning):
                reading = unescape(text, depth)
                for word in self._word.finditer(reading.text):
                    yield reading.span(word.start(), word.end())
            folded = compact_text(meaning)
            needles = [needle for needle in self._needles if needle.beginning in folded]
            if needles:
                compact = unescape(text, depth).compact()
                for needle in needles:
                    yield from needle.spans(compact)


def _masked(text: str, spans: Iterable[Span]) -> str:
    """Return `text` with one mask for each stretch that one or several spans cover."""
    pieces: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            pieces += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*pieces, text[done:]])


@dataclass(frozen=True)
class _Needle:
    """One form of a secret, without white space and in lower case.

    `gaps`: before which characters there was white space. `exact`: the form in its own case, ''
    where case does not matter.
    """

    text: str
    gaps: frozenset[int] = frozenset()
    exact: str = ""
    beginning: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "beginning", self.text[:_BEGINNING])

    def spans(self, compact: CompactText) -> Iterator[Span]:
        """Yield where it is in the original, or as much of it as exceeds its beginning."""
        start = compact.folded.find(self.beginning)
        while start >= 0:
            length = self._length(compact, start)
            found = length >= len(self.beginning)
            if found:
                yield compact.span(start, start + length)
            start = compact.folded.find(self.beginning, start + (length if found else 1))

    def _length(self, compact: CompactText, start: int) -> int:
        """Return how many of its characters are there, with white space only where the form has
        some or a line is broken."""
        end = min(len(self.text), len(compact.folded) - start)
        for number in range(end):
            place = start + number
            if self.text[number] != compact.folded[place]:
                return number
            if self.exact and self.exact[number] != compact.text[place]:
                return number
            if number and not compact.fits(place, number in self.gaps):
                return number
        return end


def _needles(secret: str) -> Iterator[_Needle]:
    if not is_short(secret):
        for form in _plain_forms(secret):
            for meaning in unescaped_texts(form):
                compact = UnescapedText.of(meaning).compact()
                if len(compact.folded) >= _SHORTEST:
                    yield _Needle(compact.folded, frozenset(compact.gaps))
    for piece in _base64_forms(secret):
        if len(piece) >= _SHORTEST_BASE64:
            yield _Needle(piece.lower(), exact=piece)


# --- the forms in which a text may quote a secret


def _plain_forms(secret: str) -> dict[str, None]:
    """Return the secret as it is, in a form, in either case where that changes letters (ß, SS), and
    its bytes read as Latin-1."""
    forms = [secret, secret.replace(" ", "+")]
    if not secret.isascii():
        forms += [secret.lower(), secret.upper(), _bytes(secret).decode("latin-1")]
    return dict.fromkeys(forms)


def _base64_forms(secret: str) -> dict[str, None]:
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
    # Bytes that are not UTF-8 have no such form.
    yield quote(secret, safe="", errors="replace")
    yield quote(secret, errors="replace")
    yield quote_plus(secret, errors="replace")
    yield secret.translate(_HTML_ATTRIBUTE)
    yield secret.translate(_HTML)


def _bytes(text: str) -> bytes:
    """Return the bytes in UTF-8. Bytes of an environment that are not UTF-8 stay what they were."""
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
