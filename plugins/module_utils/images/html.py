# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markup from templates, in which everything that is put in is escaped unless it is markup."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable
from string import Template
from typing import Any

# Characters that change the direction of the text around them, which a name must not do.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, halves of characters, and separators that browsers take for line breaks.
_UNSEEN = frozenset(("Cc", "Cs", "Zl", "Zp"))

_TABLE = """\
<section aria-labelledby="$mark">
<h2 id="$mark">$title</h2>
<table class="$kind">
<thead>
<tr>
$heads
</tr>
</thead>
<tbody>
$rows
</tbody>
</table>
</section>"""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def fill(template: str, **values: Any) -> Html:
    """The template with `$name` for each value. Raises KeyError if one is missing."""
    return Html(Template(template).substitute({name: text(one) for name, one in values.items()}))


def text(value: Any) -> Html:
    """What a value is in markup."""
    return value if isinstance(value, Html) else Html(html.escape(visible(str(value))))


def join(parts: Iterable[Html], between: str = "\n") -> Html:
    return Html(between.join(parts))


def table(title: str, mark: str, columns: Iterable[str], rows: Iterable[Html], kind: str) -> Html:
    """A section of a page. mark: its id. kind: the classes of the table."""
    heads = join(fill('<th scope="col">$column</th>', column=column) for column in columns)
    return fill(_TABLE, title=title, mark=mark, kind=kind, heads=heads, rows=join(rows))


def visible(words: str) -> str:
    """The words with a visible escape for each character that cannot be seen and could mislead."""
    return "".join(_escape(one) if _is_unseen(one) else one for one in words)


def _is_unseen(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in _DIRECTIONS or unicodedata.category(character) in _UNSEEN


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}"
