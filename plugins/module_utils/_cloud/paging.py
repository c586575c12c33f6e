# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow the pages of a list; each service has its own way.

Each function makes the `next` of `Client.pages` for pages of `limit` items. A list ends at an empty
page, or where the answer itself shows that it is complete. A page with nothing new is an error: a
cloud that ignores where a page begins would send the same page forever.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from . import errors
from .decode import identifier, mapping

Json = dict[str, Any]
Next = Callable[[Json, list[Json]], Optional[Json]]

# A cloud may return fewer items than requested, and count those of the page only: then such a
# page is as full as one of the limit. Such limits are round numbers.
_ROUND = 25


class _Seen:
    """The ids on the pages so far."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.pages = self.entries = self.unreadable = 0

    def add(self, items: list[Json], limit: int) -> list[str]:
        """Add the ids of a page and return them in their order. Raises GarbledAnswer for a page
        with nothing new, and for a full page of entries that cannot be read."""
        found = [identifier(item.get("id")) for item in items]
        ids = [one for one in found if one]
        if ids and self.ids.issuperset(ids):
            raise errors.GarbledAnswer(
                "the cloud repeats a page of a list instead of giving the next one, so that the"
                " rest cannot be read",
                ambiguous=False,
            )
        if not ids and len(items) >= limit:
            message = "no entry of a page has an id that can be read"
            raise errors.GarbledAnswer(message, ambiguous=False)
        self.ids.update(ids)
        self.pages += 1
        self.entries += len(items)
        self.unreadable += len(items) - len(ids)
        return ids


def by_marker(limit: int, *, thorough: bool = False) -> Next:
    """Return a function for lists whose next page starts after the item with the id `marker`.

    `thorough`: a short page is not taken for the last one, since a cloud may return fewer items
    than requested. Only a page of one item (what a look-up by name usually gets) ends the list as
    an empty page does.
    """
    seen = _Seen()
    enough = 2 if thorough else limit

    def following(answer: Json, items: list[Json]) -> Json | None:
        ids = seen.add(items, limit)
        # The SDK reads page_info; the documents of the image list have no marker in the answer.
        next_marker = identifier(mapping(answer.get("page_info")).get("next_marker"))
        if not ids or (not next_marker and len(items) < min(enough, limit)):
            return None
        return {"marker": next_marker or ids[-1]}

    return following


def by_offset(limit: int) -> Next:
    """Return a function for lists whose next page starts after `offset` items."""
    return _by_place(limit, lambda seen: seen.entries)


def by_page_number(limit: int) -> Next:
    """Return a function for lists whose `offset` is the number of the page, from 1."""
    return _by_place(limit, lambda seen: seen.pages + 1)


def _by_place(limit: int, place: Callable[[_Seen], int]) -> Next:
    seen = _Seen()

    def following(answer: Json, items: list[Json]) -> Json | None:
        return {"offset": place(seen)} if _has_next(seen, answer, items, limit) else None

    return following


def _has_next(seen: _Seen, answer: Json, items: list[Json], limit: int) -> bool:
    """Return whether there may be another page: not if nothing on this one can be read, or if it is
    short and completes the count in the answer. Some answers count all entries, others those of the
    page."""
    ids = seen.add(items, limit)
    full = len(items) >= limit or len(items) % _ROUND == 0
    count = answer.get("count")
    whole = isinstance(count, int) and not isinstance(count, bool)
    complete = whole and count == len(seen.ids) + seen.unreadable
    return bool(ids) and (full or not complete)
