# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed attributes: what the user gave, and how an image differs from it (drift)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .image import Image

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
Tags = Mapping[str, str]

# What a module that creates an image manages beside its name and its tags.
MANAGED = ("description", "min_ram", "max_ram", "enterprise_project_id")
# Prefix of tags that the cloud keeps for itself.
SYSTEM_TAGS = "_sys"


class ManagedAttributes(NamedTuple):
    """What the user gave of an image: description, RAM limits, tags, …

    `attributes` and `tags` hold only what was given: omitted means not managed, given means exactly
    that value. `purge_tags` false keeps tags that were not given.
    """

    attributes: Mapping[str, Any]
    tags: Tags | None = None
    purge_tags: bool = True


class Drift(NamedTuple):
    """How an image's managed attributes differ from what is desired."""

    attributes: Mapping[str, Any]
    add_tags: Tags
    remove_tags: Tags

    def __bool__(self) -> bool:
        return bool(self.attributes or self.add_tags or self.remove_tags)

    def actions(self) -> list[str]:
        """What is done about it, in words for the result."""
        words = [f"set {name}" for name in self.attributes]
        if self.add_tags:
            words.append("set tags " + ", ".join(sorted(self.add_tags)))
        if self.remove_tags:
            words.append("remove tags " + ", ".join(sorted(self.remove_tags)))
        return words


NO_DRIFT = Drift({}, {}, {})


def managed_attributes_of(
    arguments: Mapping[str, Any], managed_names: Iterable[str]
) -> ManagedAttributes:
    """Return the managed attributes among a module's arguments, by the names that it manages."""
    return ManagedAttributes(
        {name: arguments[name] for name in managed_names if arguments.get(name) is not None},
        arguments.get("image_tags"),
        arguments["purge_tags"],
    )


def drift(wanted: ManagedAttributes, image: Image, tags: Tags | None) -> Drift:
    """Return how an image differs from the managed attributes. `tags` are those that it carries;
    None where they are not managed."""
    attributes = {
        name: value for name, value in wanted.attributes.items() if getattr(image, name) != value
    }
    if wanted.tags is None:
        return Drift(attributes, {}, {})
    now = visible_tags(tags or {})
    add = {key: value for key, value in wanted.tags.items() if now.get(key) != value}
    remove = {key: value for key, value in now.items() if key not in wanted.tags}
    return Drift(attributes, add, remove if wanted.purge_tags else {})


def visible_tags(tags: Tags) -> dict[str, str]:
    """Return the tags without those that the cloud keeps for itself."""
    return {key: value for key, value in tags.items() if not key.startswith(SYSTEM_TAGS)}


def before(wanted: ManagedAttributes, image: Image, tags: Tags | None) -> dict[str, Any]:
    """Return the present values of exactly the managed attributes, for a diff."""
    state: dict[str, Any] = {"name": image.name}
    state.update((name, getattr(image, name)) for name in wanted.attributes)
    if wanted.tags is not None:
        state["tags"] = visible_tags(tags or {})
    return state


def after(wanted: ManagedAttributes, was: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same attributes as they will be. `was` is what `before` returned."""
    state: dict[str, Any] = {"name": was["name"], **wanted.attributes}
    if wanted.tags is not None:
        kept = {} if wanted.purge_tags else dict(was.get("tags", {}))
        state["tags"] = {**kept, **wanted.tags}
    return state
