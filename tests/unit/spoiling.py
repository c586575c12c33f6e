# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoils answers of the cloud: values of the wrong kind, out of all bounds, or none at all, in any
place of a JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Path = tuple[Any, ...]
# What stands in the place of a value; a function makes it of the value that is there.
Value = Any


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()

# What Python's json cannot write, by what stands in for it.
_RAW = {
    "@huge integer@": b"9" * 5000,
    "@too large@": b"1e999",
    "@deep list@": b"[" * 900 + b"]" * 900,
    "@too deep@": b"[" * 100_000 + b"]" * 100_000,
}


def wrapped(value: Any) -> Any:
    return [value]


def labelled(value: Any) -> Any:
    return {"value": value}


def doubled(value: Any) -> Any:
    return value * 2 if isinstance(value, (list, str)) else [value, value]


def in_other_case(value: Any) -> Any:
    return value.swapcase() if isinstance(value, str) else value


def as_text(value: Any) -> Any:
    return json.dumps(value)


# Values that stand for nothing in the place of an id, a name, a list of records or an object.
UNREADABLE: tuple[Value, ...] = (
    *(MISSING, None, True, False, 7, -1.5, {}, {"a": {"b": []}}, [None], [[7]]),
    *(float("nan"), float("-inf"), "@huge integer@", "@too large@", "@deep list@"),
)
# Values that can be read, though not always as what was there.
READABLE: tuple[Value, ...] = (
    *("", " ", "x", ".", "../..", "{project_id}", "null", "None", "0", "nan", "-inf", "1e999"),
    *("\ud800", "\udfff x", "\x00\x1b[31m\n", "\u202e", "x" * 5000, "9" * 5000, "ß" * 70),
    *([], 0, -1, 10**18, -(10**18), 10**300, 1e308, 0.1),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2024-02-30T00:00:00Z", "2024-01-01"),
    *("active", "ACTIVE", "killed", "FAIL", "SUCCESS", "running", "@too deep@"),
    *(wrapped, labelled, doubled, in_other_case, as_text),
)


@dataclass(frozen=True)
class Spoil:
    """One value of a document that is replaced. place: which, from 0 (the whole document) to just
    below 1 (the last value)."""

    place: float
    value: Value

    def __call__(self, document: Any) -> Any:
        if document is MISSING:
            return MISSING
        paths = list(_paths(document))
        path = paths[int(self.place * len(paths))]
        return _put(document, path, self.value)


@dataclass(frozen=True)
class SpoilMember:
    """The member of a name that is replaced wherever it stands, so far as there is one."""

    name: str
    value: Value

    def __call__(self, document: Any) -> Any:
        if document is MISSING:
            return MISSING
        # From the inside out, so that no path leads through what was replaced.
        for path in reversed([path for path in _paths(document) if path[-1:] == (self.name,)]):
            document = _put(document, path, self.value)
        return document


Spoiler = Callable[[Any], Any]
ANY = (*UNREADABLE, *READABLE)
# Those that leave a document one that Python can read.
IN_DOCUMENTS = tuple(one for one in ANY if one not in ("@too deep@", "@deep list@"))


def spoilers(values: Sequence[Value] = ANY) -> st.SearchStrategy[Spoiler]:
    places = st.floats(0, 1, exclude_max=True, allow_subnormal=False)
    return st.builds(Spoil, places, st.sampled_from(values))


def body(document: Any) -> bytes:
    """The document as it travels."""
    content = json.dumps(document).encode()
    for name, raw in _RAW.items():
        content = content.replace(json.dumps(name).encode(), raw)
    return content


def after(document: Any, spoiling: Sequence[Spoiler]) -> Any:
    """The document after all of these; MISSING if nothing is left."""
    for spoil in spoiling:
        document = spoil(document)
    return document


def spoilt(document: Any, spoiling: Sequence[Spoiler]) -> bytes:
    """The document after all of these, as it travels."""
    document = after(document, spoiling)
    return b"" if document is MISSING else body(document)


@dataclass(frozen=True)
class Tear:
    """Bytes of a body that are replaced. place: where they begin, from 0 to just below 1; length:
    how many of those that were there go."""

    place: float
    length: int
    put: bytes

    def __call__(self, content: bytes) -> bytes:
        at = int(self.place * len(content))
        return content[:at] + self.put + content[at + self.length :]


_SCRAPS = (
    *(b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\\ud800", b"\\", b'"', b"\r\n"),
    *(b"{", b"}", b"[", b"]", b",", b":", b"NaN", b"-Infinity", b"1e999", b"null", b"7", b"<html>"),
    *(b"9" * 5000, b"[" * 2000, b"x" * 70_000),
)


def tears() -> st.SearchStrategy[Tear]:
    places = st.floats(0, 1, exclude_max=True, allow_subnormal=False)
    lengths = st.sampled_from((0, 1, 1, 2, 7, 40, 10**6))
    return st.builds(Tear, places, lengths, st.sampled_from(_SCRAPS))


def everywhere(document: Any) -> Iterator[bytes]:
    """The document with each value in each place, but for the whole, as it travels."""
    for path in _paths(document):
        for value in IN_DOCUMENTS if path else ():
            yield body(_put(document, path, value))


def _paths(document: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    members: Any = ()
    if isinstance(document, dict):
        members = document.items()
    elif isinstance(document, list):
        members = enumerate(document)
    for key, member in members:
        yield from _paths(member, (*path, key))


def _put(document: Any, path: Path, value: Value) -> Any:
    """The document with another value there; the one that was given stays as it is."""
    if not path:
        return value(document) if callable(value) else value
    first, *rest = path
    changed = document.copy()
    if value is MISSING and not rest:
        del changed[first]
    else:
        changed[first] = _put(document[first], tuple(rest), value)
    return changed
