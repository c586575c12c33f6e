# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user asks for: the image's name, its source, its managed attributes and the policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..model.managed import MANAGED, Drift, ManagedAttributes, managed_attributes_of
from ..sources.protocol import Source


class ConflictPolicy(str, Enum):
    """What to do about an existing image whose source is different, or unknown."""

    FAIL = "fail"
    REPLACE = "replace"
    KEEP = "keep"
    ACCEPT = "accept"


@dataclass(frozen=True)
class ExistingImagePolicy:
    """How to treat existing images."""

    # fail, replace or keep
    differs: ConflictPolicy = ConflictPolicy.FAIL
    # accept or fail
    unknown: ConflictPolicy = ConflictPolicy.ACCEPT
    # In seconds; None accepts any age.
    max_age: float | None = None
    keep_old: bool = False
    delete_backup: bool = False

    @property
    def may_rename_existing(self) -> bool:
        """Whether an old image may have to be renamed for a new one of its name."""
        return self.differs is ConflictPolicy.REPLACE or self.max_age is not None


@dataclass(frozen=True)
class Desired:
    """The wanted image."""

    name: str
    source: Source
    managed: ManagedAttributes
    policy: ExistingImagePolicy = ExistingImagePolicy()
    # Attributes of a new image that the user did not give; an existing one keeps its own.
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def new(self) -> ManagedAttributes:
        """The managed attributes of a new image."""
        attributes = {**self.defaults, **self.managed.attributes}
        return self.managed._replace(attributes=attributes)

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any], source: Source) -> Desired:
        return cls(
            name=arguments["name"],
            source=source,
            managed=managed_attributes_of(arguments, MANAGED),
            policy=ExistingImagePolicy(
                differs=ConflictPolicy(arguments["if_source_differs"]),
                unknown=ConflictPolicy(arguments["if_source_unknown"]),
                max_age=arguments.get("max_age"),
                keep_old=arguments["keep_old"],
                delete_backup=arguments.get("delete_backup", False),
            ),
        )

    def create_body(self) -> dict[str, Any]:
        """Return what the create requests of IMS have in common; each source adds its own fields.

        A new image has no max_ram by default (IMS API reference, "Creating a Full-ECS Image"); that
        0 means the same is documented nowhere.
        """
        body: dict[str, Any] = {"name": self.name}
        body.update(
            (name, value)
            for name, value in self.new.attributes.items()
            if name in self.source.create_accepts and not (name == "max_ram" and value == 0)
        )
        tags = self.managed.tags
        if tags and "tags" in self.source.create_accepts:
            body["image_tags"] = [{"key": key, "value": value} for key, value in tags.items()]
        return body


def drift_after_create(desired: Desired, change: Drift) -> Drift:
    """Return the part of a change that the create request cannot carry."""
    accepts = desired.source.create_accepts
    attributes = {name: value for name, value in change.attributes.items() if name not in accepts}
    if "tags" in accepts:
        return Drift(attributes, {}, {})
    return Drift(attributes, change.add_tags, change.remove_tags)
