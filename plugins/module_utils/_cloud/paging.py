# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the pages of a list follow each other; each service has a way of its own.

Each function makes the ``next`` of ``Client.pages`` for pages of ``limit`` items. A list ends at an
empty page, or where the answer itself shows that it is complete. A page with nothing new is an
error: a cloud that ignores where a page is to begin sends the same one for ever.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from . import errors
from .decode import identifier, mapping

Json = dict[str, Any]
Next = Callable[[Json, list[Json]], Optional[Json]]

# A cloud may give less at once than was asked for, and count what is on the page only: then a page
# is as full as one of the limit. Such limits are round numbers.
_ROUND = 25


class _Seen:
    """What the pages had so far."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.entries = 0
        self.unreadable = 0

    def add(self, items: list[Json], limit: int) -> list[str]:
        """The ids on a page, in their order. Raises GarbledAnswer for a page with nothing new, and
        for a full one of entries that cannot be read."""
        found = [identifier(item.get("id")) for item in items]
        ids = [one for one in found if one]
        if ids and self.ids.issuperset(ids):
            raise errors.GarbledAnswer(
                "the cloud repeats a page of a list instead of giving the next one, so that the"
                " rest cannot be read",
                ambiguous=False,
            )
        if not ids and len(items) >= limit:
            raise errors.GarbledAnswer(
                "no entry of a page has an id that can be read", ambiguous=False
            )
        self.ids.update(ids)
        self.entries += len(items)
        self.unreadable += len(items) - len(ids)
        return ids


def by_marker(limit: int, *, thorough: bool = False) -> Next:
    """The next page starts after the image, backup … with the id ``marker``.

    ``thorough`` does not believe that a short page is the last one, for a cloud may give less at
    once than was asked for; only a page of one item (what a look-up by name mostly gets) ends the
    list as an empty one does.
    """
    seen = _Seen()
    enough = 2 if thorough else limit

    def following(answer: Json, items: list[Json]) -> Json | None:
        ids = seen.add(items, limit)
        # The SDK reads page_info; the documents of the image list know no marker in the answer.
        told = identifier(mapping(answer.get("page_info")).get("next_marker"))
        if not ids or (not told and len(items) < min(enough, limit)):
            return None
        return {"marker": told or ids[-1]}

    return following


def by_offset(limit: int) -> Next:
    """The next page starts after ``offset`` items."""
    seen = _Seen()

    def following(answer: Json, items: list[Json]) -> Json | None:
        return {"offset": seen.entries} if _goes_on(seen, answer, items, limit) else None

    return following


def by_page_number(limit: int) -> Next:
    """``offset`` is the number of the page, from 1."""
    seen = _Seen()
    page = 1

    def following(answer: Json, items: list[Json]) -> Json | None:
        nonlocal page
        page += 1
        return {"offset": page} if _goes_on(seen, answer, items, limit) else None

    return following


def _goes_on(seen: _Seen, answer: Json, items: list[Json], limit: int) -> bool:
    """Unless the page has nothing that can be read, or is not full and completes what the answer
    says there is. Some answers count all entries, others those of the page."""
    ids = seen.add(items, limit)
    full = len(items) >= limit or len(items) % _ROUND == 0
    count = answer.get("count")
    whole = isinstance(count, int) and not isinstance(count, bool)
    complete = whole and count == len(seen.ids) + seen.unreadable
    return bool(ids) and (full or not complete)
