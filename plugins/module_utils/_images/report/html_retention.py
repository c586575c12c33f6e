# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""That part of the picture of a run that tells of older images: what went, what could not be
deleted, what stayed, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .html import Html, fill, join, table
from .pruned import DELETED, KEPT, NOT_DELETED, Pruned

# In the order of the page: what needs somebody comes first.
_OUTCOMES = (NOT_DELETED, DELETED, KEPT)

_CASES = """\
<section aria-labelledby="not-deleted">
<h2 id="not-deleted">What could not be deleted</h2>
$cases
</section>"""
_CASE = """\
<article class="case bad">
<h3><bdi>$name</bdi></h3>
<p>$error</p>
<p class="soft">image <code>$id</code></p>
</article>"""
_COLUMNS = ("Image", "Ordered", "Id", "Why")
_ROW = """\
<tr>
<th scope="row"><bdi>$name</bdi> <span class="pill $tone">$outcome</span></th>
<td class="times" data-of="Ordered">$ordered</td>
<td class="ids"><code>$id</code></td>
<td>$why</td>
</tr>"""


def counts_of(images: Sequence[Pruned]) -> Mapping[str, int]:
    """How many there are of each outcome, in the order of the page."""
    return {what: sum(one.outcome == what for one in images) for what in _OUTCOMES}


def not_deleted(images: Sequence[Pruned]) -> list[Html]:
    """With the words of the failure, which name what to do."""
    cases = [
        fill(_CASE, name=one.name, error=one.error or "", id=one.image_id)
        for one in images
        if one.outcome == NOT_DELETED
    ]
    return [fill(_CASES, cases=join(cases))] if cases else []


def older(images: Sequence[Pruned]) -> list[Html]:
    if not images:
        return []
    newest = sorted(images, key=_born, reverse=True)
    ordered = sorted(newest, key=lambda one: _OUTCOMES.index(one.outcome))
    return [table("Older images", "older", _COLUMNS, map(_row, ordered), "facts older")]


def _born(image: Pruned) -> tuple[str, str]:
    return (image.created_at.isoformat() if image.created_at else ""), image.image_id


def _row(image: Pruned) -> Html:
    return fill(
        _ROW,
        name=image.name,
        tone="bad" if image.outcome == NOT_DELETED else "calm",
        outcome=image.outcome,
        ordered=image.created_at.date().isoformat() if image.created_at else "not known",
        id=image.image_id,
        why=image.why,
    )
