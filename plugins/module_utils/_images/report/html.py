# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markup from templates, in which everything that is put in is escaped unless it is markup."""

from __future__ import annotations

import html
from collections.abc import Iterable
from string import Template
from typing import Any

from ..._cloud.visible import visible

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
    return Html(Template(template).substitute({name: escaped(one) for name, one in values.items()}))


def escaped(value: Any) -> Html:
    """What a value is in markup."""
    return value if isinstance(value, Html) else Html(html.escape(visible(str(value), keep="\n\t")))


def join(parts: Iterable[Html], between: str = "\n") -> Html:
    return Html(between.join(parts))


def table(title: str, mark: str, columns: Iterable[str], rows: Iterable[Html], kind: str) -> Html:
    """A section of a page. mark: its id. kind: the classes of the table."""
    heads = join(fill('<th scope="col">$column</th>', column=column) for column in columns)
    return fill(_TABLE, title=title, mark=mark, kind=kind, heads=heads, rows=join(rows))
