# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides which images of families are kept, which are deleted, and why: on data alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from ...age import Clocks
from ...model.image import Image
from ...model.replaced import former_name
from ...waiting.deletable import forbids_deletion
from ..listing import has_tag, of_source

# The type of images for bare metal servers, in `virtual_env_type`.
_BARE_METAL = "Ironic"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class ImageFamily:
    """Images that belong together, and how many of them are kept."""

    # With the wildcards of a shell.
    name: str | None
    tag: str | None
    source: str | None
    keep_newest: int
    # In seconds.
    keep_younger_than: float | None
    # How many images, newer than all others, check mode has predicted.
    predicted: int = 0

    def __str__(self) -> str:
        criteria = {"name": self.name, "tag": self.tag, "source": self.source}
        return ", ".join(f"{what} {value}" for what, value in criteria.items() if value is not None)

    def may_have(self, image: Image) -> bool:
        """Whether everything but the tag matches."""
        named = self.name is None or fnmatchcase(image.name, self.name)
        return named and of_source(image, self.source)

    def has(self, image: Image, tags_of: Callable[[Image], Mapping[str, str]]) -> bool:
        """Whether the image belongs to the family. `tags_of` is called last: it may cost a
        request."""
        return self.may_have(image) and (self.tag is None or has_tag(tags_of(image), self.tag))

    def newest(self, images: Sequence[Image]) -> list[Image]:
        """Return the active images that count as the newest."""
        active = (image for image in images if image.ready)
        ordered = sorted(active, key=lambda image: image.seniority, reverse=True)
        return ordered[: max(0, self.keep_newest - self.predicted)]

    @property
    def rule(self) -> str:
        """Completes "older than …"."""
        newest = "the newest" if self.keep_newest == 1 else f"the {self.keep_newest} newest"
        parts = [f"{newest} of {self}"] if self.keep_newest else []
        if self.keep_younger_than is not None:
            parts.append(_length(self.keep_younger_than))
        return " and ".join(parts)


@dataclass(frozen=True)
class ServerUse:
    """Which images servers use."""

    # Image id in lower case -> servers, in words.
    servers: Mapping[str, Sequence[str]]
    # Why that is not known; then no image is deleted.
    unknown: str = ""


@dataclass(frozen=True)
class ImageState:
    """What an image is like right before it is deleted."""

    # None if it is deleted already; lists go on to show it.
    image: Image | None
    # None if that may not be looked up.
    shared: bool | None


@dataclass(frozen=True)
class Inventory:
    """What has been read so far. Decisions rest on nothing else."""

    families: Sequence[tuple[ImageFamily, Sequence[Image]]]
    # Ids (in lower case) and names.
    keep: frozenset[str]
    clocks: Clocks
    project_id: str
    # Names of all active images of the project.
    active_names: frozenset[str] = frozenset()
    # Ids of images that exist, and of those that are deleted, but listed.
    confirmed_ids: frozenset[str] = frozenset()
    deleted_ids: frozenset[str] = frozenset()
    server_use: ServerUse = ServerUse({})
    # Image id -> what was looked up.
    states: Mapping[str, ImageState] = field(default_factory=dict)

    def members(self) -> list[tuple[ImageFamily, list[Image]]]:
        """Return the images of each family that are not known to be deleted."""
        return [
            (family, [image for image in images if image.id not in self.deleted_ids])
            for family, images in self.families
        ]

    def with_states(self, states: Mapping[str, ImageState]) -> Inventory:
        return replace(self, states={**self.states, **states})


@dataclass(frozen=True)
class RetentionDecision:
    """Whether an image is deleted."""

    image: Image
    delete: bool
    # Completes "is kept: …" and "is deleted: …".
    reason: str
    # It is deleted only if the clocks can be relied on.
    by_age: bool = False
    # The image was looked up by its id.
    looked_up: bool = False


def decide_retention(known: Inventory) -> list[RetentionDecision]:
    """Decide on each image of the families, newest first.

    An image that belongs to several families is deleted only if all of them let it go.
    """
    decisions: dict[str, RetentionDecision] = {}
    for family, images in known.members():
        newest = {image.id for image in family.newest(images)}
        for image in images:
            decision = _by_family(image, family, newest, known.clocks)
            earlier = decisions.get(image.id, decision)
            if earlier.delete or earlier is decision:
                by_age = decision.by_age or earlier.by_age
                decisions[image.id] = replace(decision, by_age=by_age)
    ordered = sorted(decisions.values(), key=lambda one: one.image.seniority, reverse=True)
    return reconsider(known, ordered)


def _by_family(
    image: Image, family: ImageFamily, newest: set[str], clocks: Clocks
) -> RetentionDecision:
    """Decide on an image of one family. Only active images count among the newest. A failed image
    is nobody's last one, so it is deleted as soon as it is old enough."""
    if image.id in newest:
        count = family.keep_newest
        place = "the newest" if count == 1 else f"one of the {count} newest"
        return RetentionDecision(image, False, f"{place} of {family}")
    if clocks.age(image) is None:
        return RetentionDecision(image, False, "the cloud does not say when it was created")
    limit = family.keep_younger_than
    if limit is not None and not clocks.older(image, limit):
        return RetentionDecision(image, False, f"younger than {_length(limit)}")
    reason = f"it is {image.status}" if image.dead else f"older than {family.rule}"
    return RetentionDecision(image, True, reason, by_age=limit is not None)


def reconsider(known: Inventory, decisions: Sequence[RetentionDecision]) -> list[RetentionDecision]:
    """Decide again on images about which more is known now; leave out those that are deleted."""
    decided = (_reconsidered(known, decision) for decision in decisions)
    return [decision for decision in decided if decision is not None]


def _reconsidered(known: Inventory, decision: RetentionDecision) -> RetentionDecision | None:
    state = known.states.get(decision.image.id)
    if state is not None:
        if state.image is None:
            return None
        decision = replace(decision, image=state.image, looked_up=True)
    image = decision.image
    reason = _kept_always(image, known) or (
        _kept_from_deletion(image, known) if decision.delete else ""
    )
    return replace(decision, delete=False, reason=reason) if reason else decision


# --- Reasons to keep an image; '' where there is none


def _kept_always(image: Image, known: Inventory) -> str:
    """Return why an image is kept, whatever its families say."""
    if known.keep & {image.id.lower(), image.name}:
        return "listed in keep"
    if image.in_flight:
        return f"still being created ({image.status})"
    if image.deactivated:
        return "deactivated, presumably for a reason"
    if image.protected:
        return "protected against deletion"
    # An own image that is shared out is of this type (IMS API reference, "Querying Images").
    # Whether all clouds do so is not known: `_shared` goes by the members.
    return "shared with other projects" if image.text("__imagetype") == "shared" else ""


def _kept_from_deletion(image: Image, known: Inventory) -> str:
    """Return why an image that its families let go is kept all the same."""
    forbidden = forbids_deletion(image, known.project_id)
    reasons = (
        _bare_metal(image),
        _awaits_successor(image, known),
        f"it {forbidden.why}" if forbidden else "",
        _in_use(image, known.server_use),
        _shared(known.states.get(image.id)),
    )
    return next(filter(None, reasons), "")


def _bare_metal(image: Image) -> str:
    """Return why an image for bare metal servers is kept: the list of servers (ECS) does not hold
    those."""
    if image.text("virtual_env_type") == _BARE_METAL:
        return "for bare metal servers, and which of those use it cannot be looked up"
    if image.unreadable(("virtual_env_type",)):
        return "whether it is for bare metal servers cannot be read (virtual_env_type)"
    return ""


def _awaits_successor(image: Image, known: Inventory) -> str:
    """Return why a replaced image is kept: the new image of its name is not active yet."""
    name = former_name(image)
    if name is None or name in known.active_names:
        return ""
    return f"it is replaced by a new '{name}', which is not active yet"


def _in_use(image: Image, use: ServerUse) -> str:
    if use.unknown:
        return use.unknown
    servers = use.servers.get(image.id.lower(), ())
    more = f" and {len(servers) - 1} more" if len(servers) > 1 else ""
    return f"in use by server {servers[0]}{more}" if servers else ""


def _shared(state: ImageState | None) -> str:
    if state is None or state.shared is False:
        return ""
    if state.shared is None:
        return "whether it is shared with other projects may not be looked up"
    return "shared with other projects"


def _length(seconds: float) -> str:
    for unit, length in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s"
