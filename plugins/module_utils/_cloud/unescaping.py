# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve escapes in a text, and keep track of where each resulting character came from.

Covers the escapes of URLs, HTML, JSON and Python, also nested. Takes time in proportion to the
text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# How many levels of quoting are resolved.
_DEPTH = 4
# Lines may be broken anywhere.
_BREAK = r"(?:\r?\n[ \t]*)?"
_HEX = f"{_BREAK}[0-9a-fA-F]"
_BYTE = f"%{_HEX}{_HEX}"
# Compiled when a text holds the first mark, which few do.
_ESCAPE = (
    rf"{_BYTE}(?:{_BREAK}{_BYTE})*"
    rf"|&{_BREAK}(?:\#(?:{_BREAK}[0-9]){{1,10}}|\#{_BREAK}[xX](?:{_HEX}){{1,8}}"
    rf"|(?:{_BREAK}[A-Za-z]){{2,7}})(?:{_BREAK};)?"
    rf"|\\{_BREAK}u{_BREAK}[dD]{_BREAK}[89abAB]{_HEX}{_HEX}"
    rf"{_BREAK}\\{_BREAK}u{_BREAK}[dD]{_BREAK}[c-fC-F]{_HEX}{_HEX}"
    rf"|\\{_BREAK}(?:u(?:{_HEX}){{4}}|U(?:{_HEX}){{8}}|x(?:{_HEX}){{2}}|[\"'\\/nrtbf])"
)
_MARKS = ("%", "&", "\\")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
# HTML's names of ASCII characters that are not letters. The module with all names costs half a MB.
_NAMES = {
    name: character
    for character, names in (
        *(("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "apos"), ("/", "sol")),
        *(("\\", "bsol"), ("+", "plus"), ("=", "equals"), (":", "colon"), (";", "semi")),
        *(("#", "num"), ("%", "percnt"), ("!", "excl"), ("@", "commat"), ("$", "dollar")),
        *(("(", "lpar"), (")", "rpar"), (",", "comma"), (".", "period"), ("?", "quest")),
        *(("*", "ast midast"), ("[", "lsqb lbrack"), ("]", "rsqb rbrack"), ("^", "hat")),
        *(("{", "lcub lbrace"), ("}", "rcub rbrace"), ("|", "verbar vert"), ("_", "lowbar")),
        *(("-", "hyphen dash"), ("`", "grave"), (" ", "nbsp"), ("\n", "newline"), ("\t", "tab")),
    )
    for name in names.split()
}
# White space, invisible characters, and line breaks of HTML.
_GAP = re.compile(
    r"(?:[\s\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
    r"|<w?br ?/?>)+",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[^\S\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]*")
# Letters whose lower case is not one letter; bytes that were no UTF-8, read as Latin-1.
_SIGMAS = str.maketrans("\u03c2", "\u03c3")  # which of the two depends on what follows
_ODD = {0x130: "i", **{0xDC00 + byte: chr(byte) for byte in range(0x80, 0x100)}}


def unescaped_texts(text: str) -> Iterator[str]:
    """Yield the text, and the text with its escapes resolved once, twice and so on."""
    yield text
    for _time in range(_DEPTH):
        if not any(mark in text for mark in _MARKS):
            return
        meaning = re.sub(_ESCAPE, lambda escape: _meaning(escape.group()), text)
        if meaning == text:
            return
        yield meaning
        text = meaning


def unescape(text: str, depth: int) -> UnescapedText:
    """Return the text with its escapes resolved `depth` times, with the origin of its
    characters."""
    reading = UnescapedText.of(text)
    for _time in range(depth):
        reading = reading.resolved()
    return reading


def compact_text(text: str) -> str:
    """Return the text in lower case and without gaps."""
    return _folded(_GAP.sub("", text))


def _folded(text: str) -> str:
    """Return the text in lower case, each character in its place."""
    if text.isascii():
        return text.lower()
    return text.translate(_ODD).lower().translate(_SIGMAS)


@dataclass(frozen=True)
class UnescapedText:
    """A text, and where in the original each of its characters begins and ends."""

    text: str
    places: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, text: str) -> UnescapedText:
        return cls(text, [(place, place + 1) for place in range(len(text))])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the original the characters from `start` to `end` are."""
        return self.places[start][0], self.places[end - 1][1]

    def resolved(self) -> UnescapedText:
        """Return the text with its escapes resolved once more."""
        pieces: list[str] = []
        places: list[tuple[int, int]] = []
        done = 0
        for escape in re.finditer(_ESCAPE, self.text):
            quoted, place = escape.group(), escape.start()
            meaning = _meaning(quoted)
            if meaning == quoted:  # it means nothing
                continue
            pieces += [self.text[done:place], meaning]
            places += self.places[done:place]
            for width in _widths(quoted, meaning):
                places.append(self.span(place, place + width))
                place += width
            done = place
        text = "".join([*pieces, self.text[done:]])
        return UnescapedText(text, [*places, *self.places[done:]])

    def compact(self) -> CompactText:
        """Return the text without gaps."""
        pieces: list[str] = []
        places: list[tuple[int, int]] = []
        gaps: dict[int, bool] = {}
        done = 0
        for gap in _GAP.finditer(self.text):
            between = slice(done, gap.start())
            pieces.append(self.text[between])
            places += self.places[between]
            gaps[len(places)] = not _BLANKS.fullmatch(gap.group())
            done = gap.end()
        text = "".join([*pieces, self.text[done:]])
        return CompactText(text, [*places, *self.places[done:]], gaps, _folded(text))


@dataclass(frozen=True)
class CompactText(UnescapedText):
    """A text without gaps. `gaps`: before which characters there was one, and whether a broken line
    explains it. `folded`: the text in lower case."""

    gaps: Mapping[int, bool]
    folded: str

    def fits(self, place: int, blank: bool) -> bool:
        """Return whether the character there may follow the previous one, with or without a `blank`
        between them."""
        breaks = self.gaps.get(place)
        return breaks is True or blank == (breaks is not None)


def _widths(escape: str, meaning: str) -> Iterator[int]:
    """Yield the length of the escape of each character; several bytes of a URL may stand for
    one."""
    if escape[0] != "%":
        yield len(escape)
        return
    ends = [byte.end() for byte in re.finditer(_BYTE, escape)]
    begun = count = 0
    for character in meaning:
        count += len(character.encode("utf-8", "surrogateescape"))
        yield ends[count - 1] - begun
        begun = ends[count - 1]


def _meaning(escape: str) -> str:
    """Return what an escape stands for; itself if it stands for nothing."""
    escape, written = "".join(escape.split()), escape
    if len(escape) == 2:
        return _LETTERS.get(escape[1], escape[1])
    if escape[0] == "%":
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "surrogateescape")
    if escape[0] == "&":
        name = escape[1:].rstrip(";")
        if name[0] != "#":
            return _NAMES.get(name.lower(), written)
        return _character(int(name[2:], 16) if name[1] in "xX" else int(name[1:])) or written
    if len(escape) == 12:
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return _character(int(escape[2:], 16)) or written


def _character(number: int) -> str:
    return chr(number) if number <= 0x10FFFF else ""
