# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task that does not wait leaves to do: it hands it back, and whoever waits takes it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._cloud.decode import flag
from ..model.image import SOURCE_TAG, Image, Origin
from ..model.managed import ManagedAttributes
from .desired import Desired

if TYPE_CHECKING:
    from ..model.plan import Plan


_NOTHING = ManagedAttributes({})


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
    managed: ManagedAttributes
    origin: Origin | None = None
    known: frozenset[str] = frozenset()
    remove: tuple[str, ...] = ()
    delete_backup: bool = False
    aside: tuple[str, ...] = ()
    ordered: ManagedAttributes = _NOTHING

    @property
    def everything(self) -> ManagedAttributes:
        """What it is to look like in the end."""
        managed = self.ordered if self.managed.tags is None else self.managed
        attributes = {**self.ordered.attributes, **self.managed.attributes}
        return ManagedAttributes(attributes, managed.tags, managed.purge_tags)

    @classmethod
    def of(cls, desired: Desired, plan: Plan, renamed: Iterable[Image]) -> Pending:
        """What the order of another task took is not known: then everything is to be set."""
        ordered = plan.image is None and plan.started is None
        create_accepts = desired.source.create_accepts if ordered else frozenset[str]()
        managed = desired.new
        attributes = {
            name: value for name, value in managed.attributes.items() if name not in create_accepts
        }
        taken = {
            name: value for name, value in managed.attributes.items() if name in create_accepts
        }
        tags, taken_tags = (
            (None, managed.tags) if "tags" in create_accepts else (managed.tags, None)
        )
        origin = desired.source.origin
        return cls(
            desired.name,
            ManagedAttributes(attributes, tags, managed.purge_tags),
            origin if plan.source_verified else None,
            plan.known,
            tuple(image.id for image in plan.later),
            desired.policy.delete_backup,
            tuple(image.id for image in (*renamed, *plan.aside)),
            ManagedAttributes(taken, taken_tags, managed.purge_tags),
        )

    @classmethod
    def from_result(cls, told: Mapping[str, Any]) -> Pending:
        """told: as to_result makes it, checked by rules.pending."""
        kind, comma, source = (told.get(SOURCE_TAG) or "").partition(",")
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
            **_told(self.managed),
            "ordered": _told(self.ordered),
            SOURCE_TAG: f"{self.origin.kind},{self.origin.id}" if self.origin else None,
            "known": sorted(self.known),
            "remove": list(self.remove),
            "delete_backup": self.delete_backup,
            "aside": list(self.aside),
        }


def _wanted(told: Mapping[str, Any]) -> ManagedAttributes:
    purge = flag(told.get("purge_tags")) is True
    tags = told.get("tags") or {}
    return ManagedAttributes(told.get("attributes", {}), tags if tags or purge else None, purge)


def _told(managed: ManagedAttributes) -> dict[str, Any]:
    return {
        "attributes": dict(managed.attributes),
        "tags": dict(managed.tags or {}),
        "purge_tags": managed.tags is not None and managed.purge_tags,
    }
