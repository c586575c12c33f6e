# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user asked for: the image's name, its source, and the attributes that are to be
managed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from .model import Image
from .source import Source

# Managed attribute -> the wire name that PATCH wants (IMS API reference, "Updating Image
# Information").
WIRE_NAMES = {
    "description": "__description",
    "min_ram": "min_ram",
    "max_ram": "max_ram",
    "enterprise_project_id": "enterprise_project_id",
    "name": "name",
    "protected": "protected",
}
# What a module that makes an image manages beside its name and its tags.
MANAGED = ("description", "min_ram", "max_ram", "enterprise_project_id")

# Tags the cloud keeps for itself.
SYSTEM_TAGS = "_sys"


class Otherwise(str, Enum):
    """What to do about an image of the name that was made from something else, or perhaps was."""

    FAIL = "fail"
    REPLACE = "replace"
    KEEP = "keep"
    ACCEPT = "accept"


@dataclass(frozen=True)
class Wishes:
    """How to treat images that are there already. max_age in seconds, None: any age will do."""

    differs: Otherwise = Otherwise.FAIL
    unknown: Otherwise = Otherwise.ACCEPT
    max_age: float | None = None
    keep_old: bool = False
    delete_backup: bool = False

    @property
    def puts_aside(self) -> bool:
        """May an old image have to make room for a new one of its name?"""
        return self.differs is Otherwise.REPLACE or self.max_age is not None


@dataclass(frozen=True)
class Wanted:
    """What an image is to look like. attributes and tags hold only what the user gave: omitted
    means not managed, given means exactly that."""

    attributes: Mapping[str, Any]
    tags: Mapping[str, str] | None = None
    purge_tags: bool = True


@dataclass(frozen=True)
class Desired:
    """An image to be there: its name, what it is made from, and what it is to look like.

    defaults: attributes of a new image that the user did not give; an existing one keeps its own.
    """

    name: str
    source: Source
    wanted: Wanted
    wishes: Wishes = Wishes()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def new(self) -> Wanted:
        """What a new image is to look like."""
        attributes = {**self.defaults, **self.wanted.attributes}
        return replace(self.wanted, attributes=attributes)

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any], source: Source) -> Desired:
        return cls(
            name=arguments["name"],
            source=source,
            wanted=wanted_of(arguments, MANAGED),
            wishes=Wishes(
                differs=Otherwise(arguments["if_source_differs"]),
                unknown=Otherwise(arguments["if_source_unknown"]),
                max_age=arguments.get("max_age"),
                keep_old=arguments["keep_old"],
                delete_backup=arguments.get("delete_backup", False),
            ),
        )

    def create_body(self) -> dict[str, Any]:
        """What every create call of IMS takes alike; each source adds its own fields.

        A new image has no max_ram by default (IMS API reference, "Creating a Full-ECS Image"); that
        0 means the same is documented nowhere.
        """
        body: dict[str, Any] = {"name": self.name}
        body.update(
            (name, value)
            for name, value in self.new.attributes.items()
            if name in self.source.takes and not (name == "max_ram" and value == 0)
        )
        tags = self.wanted.tags
        if tags and "tags" in self.source.takes:
            body["image_tags"] = [{"key": key, "value": value} for key, value in tags.items()]
        return body


@dataclass(frozen=True)
class Drift:
    """How an image's managed attributes differ from what is desired."""

    attributes: Mapping[str, Any]
    add_tags: Mapping[str, str]
    remove_tags: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.attributes or self.add_tags or self.remove_tags)

    def actions(self) -> list[str]:
        """What is to be done, in words for the result."""
        words = [f"set {name}" for name in self.attributes]
        if self.add_tags:
            words.append("set tags " + ", ".join(sorted(self.add_tags)))
        if self.remove_tags:
            words.append("remove tags " + ", ".join(sorted(self.remove_tags)))
        return words


def wanted_of(arguments: Mapping[str, Any], managed_names: Iterable[str]) -> Wanted:
    """What of the arguments says how the image is to look like."""
    return Wanted(
        {name: arguments[name] for name in managed_names if arguments.get(name) is not None},
        arguments.get("image_tags"),
        arguments["purge_tags"],
    )


def drift(wanted: Wanted, image: Image, tags: Mapping[str, str] | None) -> Drift:
    """tags: what the image carries now; None where tags are not managed."""
    attributes = {
        name: value for name, value in wanted.attributes.items() if getattr(image, name) != value
    }
    if wanted.tags is None:
        return Drift(attributes, {}, {})
    now = visible_tags(tags or {})
    add = {key: value for key, value in wanted.tags.items() if now.get(key) != value}
    remove = {key: value for key, value in now.items() if key not in wanted.tags}
    return Drift(attributes, add, remove if wanted.purge_tags else {})


def untaken(desired: Desired, change: Drift) -> Drift:
    """The part of a change that this operation's create call cannot take."""
    taken = desired.source.takes
    attributes = {name: value for name, value in change.attributes.items() if name not in taken}
    if "tags" in taken:
        return Drift(attributes, {}, {})
    return Drift(attributes, change.add_tags, change.remove_tags)


def visible_tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(SYSTEM_TAGS)}


def before(wanted: Wanted, image: Image, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """The image's present values of exactly the managed attributes, for a diff."""
    state: dict[str, Any] = {"name": image.name}
    state.update((name, getattr(image, name)) for name in wanted.attributes)
    if wanted.tags is not None:
        state["tags"] = visible_tags(tags or {})
    return state


def after(wanted: Wanted, was: Mapping[str, Any]) -> dict[str, Any]:
    """The same attributes as they will be. was: as they were, at least the name."""
    state: dict[str, Any] = {"name": was["name"], **wanted.attributes}
    if wanted.tags is not None:
        kept = {} if wanted.purge_tags else dict(was.get("tags", {}))
        state["tags"] = {**kept, **wanted.tags}
    return state
