# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pending work: what a task that does not wait leaves to do, handed back in its result for whoever
waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._cloud.decode import flag
from ..model.image import SOURCE_TAG, Image, Origin
from ..model.managed import ManagedAttributes
from .desired import Desired

if TYPE_CHECKING:
    from ..model.decision import Decision


_NOTHING = ManagedAttributes({})


@dataclass(frozen=True)
class Pending:
    """What is left to do once the image is active."""

    name: str
    # What the create request did not carry, and is set then.
    managed: ManagedAttributes
    # The source that is recorded as the source tag; None where it is not proved.
    origin: Origin | None = None
    # Ids of other images of the name.
    other_ids: frozenset[str] = frozenset()
    # Ids of the old images that are deleted then.
    delete_ids: tuple[str, ...] = ()
    delete_backup: bool = False
    # Ids of images that were renamed to make room, newest first: one of them gets the name back if
    # the image fails.
    renamed_ids: tuple[str, ...] = ()
    # What the create request carried; the cloud may have left it out all the same.
    requested: ManagedAttributes = _NOTHING

    @property
    def everything(self) -> ManagedAttributes:
        """All managed attributes that the image has in the end."""
        managed = self.requested if self.managed.tags is None else self.managed
        attributes = {**self.requested.attributes, **self.managed.attributes}
        return ManagedAttributes(attributes, managed.tags, managed.purge_tags)

    @classmethod
    def of(cls, desired: Desired, decision: Decision, renamed: Iterable[Image]) -> Pending:
        """Return the pending work of a decision. What the create request of another task carried
        is not known: then everything is set.

        `renamed` are the images that this task has renamed.
        """
        accepts = desired.source.create_accepts if decision.creates else frozenset[str]()
        managed = desired.new
        left = {name: value for name, value in managed.attributes.items() if name not in accepts}
        sent = {name: value for name, value in managed.attributes.items() if name in accepts}
        tags, sent_tags = (None, managed.tags) if "tags" in accepts else (managed.tags, None)
        return cls(
            desired.name,
            ManagedAttributes(left, tags, managed.purge_tags),
            desired.source.origin if decision.source_verified else None,
            decision.other_ids,
            tuple(image.id for image in decision.delete_later),
            desired.policy.delete_backup,
            tuple(image.id for image in (*renamed, *decision.renamed_earlier)),
            ManagedAttributes(sent, sent_tags, managed.purge_tags),
        )

    @classmethod
    def from_result(cls, given: Mapping[str, Any]) -> Pending:
        """Read what `to_result` returned; `batch/arguments.py` has validated it."""
        kind, comma, source = (given.get(SOURCE_TAG) or "").partition(",")
        return cls(
            given["name"],
            _managed_of(given),
            Origin(kind, source) if comma else None,
            frozenset(given.get("other_ids", ())),
            tuple(given.get("delete_ids", ())),
            flag(given.get("delete_backup")) is True,
            tuple(given.get("renamed_ids", ())),
            _managed_of(given.get("requested") or {}),
        )

    def to_result(self) -> dict[str, Any]:
        """Return plain JSON types. No tags and no `purge_tags` mean that tags are not managed."""
        return {
            "name": self.name,
            **_result_of(self.managed),
            "requested": _result_of(self.requested),
            SOURCE_TAG: f"{self.origin.kind},{self.origin.id}" if self.origin else None,
            "other_ids": sorted(self.other_ids),
            "delete_ids": list(self.delete_ids),
            "delete_backup": self.delete_backup,
            "renamed_ids": list(self.renamed_ids),
        }


def _managed_of(given: Mapping[str, Any]) -> ManagedAttributes:
    purge = flag(given.get("purge_tags")) is True
    tags = given.get("tags") or {}
    return ManagedAttributes(given.get("attributes", {}), tags if tags or purge else None, purge)


def _result_of(managed: ManagedAttributes) -> dict[str, Any]:
    return {
        "attributes": dict(managed.attributes),
        "tags": dict(managed.tags or {}),
        "purge_tags": managed.tags is not None and managed.purge_tags,
    }
