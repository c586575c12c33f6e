# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task that does not wait leaves to do: it hands it back, and whoever waits takes it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._cloud.decode import flag
from ..model.image import MARK, Image, Origin
from ..model.managed import Wanted
from .desired import Desired

if TYPE_CHECKING:
    from ..model.plan import Plan


_NOTHING = Wanted({})


@dataclass(frozen=True)
class Pending:
    """To be done once the image is active.

    wanted: what it is to look like, as far as the order did not say it. ordered: as far as the
    order said it, which the cloud may have left out all the same. origin: the source that is
    to be noted on it, None where it is not proved. known: ids of other images of its name. remove:
    ids of the old images that go then. aside: ids of images that made room for it, newest first,
    one of which gets the name back if it fails.
    """

    name: str
    wanted: Wanted
    origin: Origin | None = None
    known: frozenset[str] = frozenset()
    remove: tuple[str, ...] = ()
    delete_backup: bool = False
    aside: tuple[str, ...] = ()
    ordered: Wanted = _NOTHING

    @property
    def everything(self) -> Wanted:
        """What it is to look like in the end."""
        managed = self.ordered if self.wanted.tags is None else self.wanted
        attributes = {**self.ordered.attributes, **self.wanted.attributes}
        return Wanted(attributes, managed.tags, managed.purge_tags)

    @classmethod
    def of(cls, desired: Desired, plan: Plan, renamed: Iterable[Image]) -> Pending:
        """What the order of another task took is not known: then everything is to be set."""
        ordered = plan.image is None and plan.started is None
        takes = desired.source.takes if ordered else frozenset[str]()
        wanted = desired.new
        attributes = {name: value for name, value in wanted.attributes.items() if name not in takes}
        taken = {name: value for name, value in wanted.attributes.items() if name in takes}
        tags, taken_tags = (None, wanted.tags) if "tags" in takes else (wanted.tags, None)
        origin = desired.source.origin
        return cls(
            desired.name,
            Wanted(attributes, tags, wanted.purge_tags),
            origin if plan.source_verified else None,
            plan.known,
            tuple(image.id for image in plan.later),
            desired.wishes.delete_backup,
            tuple(image.id for image in (*renamed, *plan.aside)),
            Wanted(taken, taken_tags, wanted.purge_tags),
        )

    @classmethod
    def from_result(cls, told: Mapping[str, Any]) -> Pending:
        """told: as to_result makes it, checked by rules.pending."""
        kind, comma, source = (told.get(MARK) or "").partition(",")
        return cls(
            told["name"],
            _wanted(told),
            Origin(kind, source) if comma else None,
            frozenset(told.get("known", ())),
            tuple(told.get("remove", ())),
            flag(told.get("delete_backup")) is True,
            tuple(told.get("aside", ())),
            _wanted(told.get("ordered") or {}),
        )

    def to_result(self) -> dict[str, Any]:
        """Plain JSON types. No tags and no purge_tags: tags are not managed."""
        return {
            "name": self.name,
            **_told(self.wanted),
            "ordered": _told(self.ordered),
            MARK: f"{self.origin.kind},{self.origin.id}" if self.origin else None,
            "known": sorted(self.known),
            "remove": list(self.remove),
            "delete_backup": self.delete_backup,
            "aside": list(self.aside),
        }


def _wanted(told: Mapping[str, Any]) -> Wanted:
    purge = flag(told.get("purge_tags")) is True
    tags = told.get("tags") or {}
    return Wanted(told.get("attributes", {}), tags if tags or purge else None, purge)


def _told(wanted: Wanted) -> dict[str, Any]:
    return {
        "attributes": dict(wanted.attributes),
        "tags": dict(wanted.tags or {}),
        "purge_tags": wanted.tags is not None and wanted.purge_tags,
    }
