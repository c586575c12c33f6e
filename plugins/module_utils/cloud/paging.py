# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the pages of a list follow each other; each service has a way of its own.

Each function makes the ``next`` of ``Client.pages`` for pages of ``limit`` items. A page that is
not full is the last one, unless the answer itself says otherwise.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from . import errors
from .decode import identifier, mapping

Json = dict[str, Any]
Next = Callable[[Json, list[Json]], Optional[Json]]


def by_marker(limit: int, *, thorough: bool = False) -> Next:
    """The next page starts after the image, backup … with the id ``marker``.

    ``thorough`` does not believe that a short page is the last one, for a cloud may give less at
    once than was asked for; only a page of one item (what a look-up by name mostly gets) ends the
    list as an empty one does.
    """
    seen = set()
    enough = 2 if thorough else limit

    def following(answer: Json, items: list[Json]) -> Json | None:
        # The SDK reads page_info; the documents of the image list know no marker in the answer.
        told = identifier(mapping(answer.get("page_info")).get("next_marker"))
        if not items or (not told and len(items) < min(enough, limit)):
            return None
        ids = (identifier(item.get("id")) for item in reversed(items))
        marker = told or next((one for one in ids if one), None)
        if marker is None and len(items) >= limit:
            raise errors.GarbledAnswer("no entry of a page has an id that the next could start at")
        if marker is None or marker in seen:
            return None
        seen.add(marker)
        return {"marker": marker}

    return following


def by_offset(limit: int) -> Next:
    """The next page starts after ``offset`` items."""
    had = 0

    def following(answer: Json, items: list[Json]) -> Json | None:
        nonlocal had
        had += len(items)
        return {"offset": had} if _more(answer, items, had, limit) else None

    return following


def by_page_number(limit: int) -> Next:
    """``offset`` is the number of the page, from 1."""
    had = 0
    page = 1

    def following(answer: Json, items: list[Json]) -> Json | None:
        nonlocal had, page
        had += len(items)
        page += 1
        return {"offset": page} if _more(answer, items, had, limit) else None

    return following


def _more(answer: Json, items: list[Json], had: int, limit: int) -> bool:
    """By the total if the answer tells it (a cloud may give less than ``limit`` at once)."""
    total = answer.get("count")
    if isinstance(total, int) and not isinstance(total, bool):
        return bool(items) and had < total
    return len(items) >= limit
