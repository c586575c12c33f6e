# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images of a family are kept, which are deleted, and why.

Everything here is computed from data that `retention.py` has read: nothing is asked, waited for or
written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from ..._cloud.records import Server
from ..age import Clocks
from ..context import Obstacle
from ..model.image import Image
from ..model.replaced import former_name
from .listing import has_tag, of_source

# The type of images for bare metal servers, in `virtual_env_type`.
_BARE_METAL = "Ironic"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class ImageFamily:
    """Images that belong together, and how many of them stay."""

    # With the wildcards of a shell.
    name: str | None
    tag: str | None
    source: str | None
    # So many of the newest stay, and those that are younger than so many seconds.
    keep_newest: int
    keep_younger_than: float | None
    # How many newer ones there will be, which check mode has only predicted.
    predicted: int = 0

    def __str__(self) -> str:
        criteria = {"name": self.name, "tag": self.tag, "source": self.source}
        return ", ".join(f"{what} {value}" for what, value in criteria.items() if value is not None)

    def may_include(self, image: Image) -> bool:
        """Whether everything but the tag fits."""
        named = self.name is None or fnmatchcase(image.name, self.name)
        return named and of_source(image, self.source)

    def includes(self, image: Image, tags_of: Callable[[Image], Mapping[str, str]]) -> bool:
        """Whether the image belongs to the family. `tags_of` is called last, as it may cost a
        request."""
        if not self.may_include(image):
            return False
        return self.tag is None or has_tag(tags_of(image), self.tag)

    def newest(self, images: Sequence[Image]) -> list[Image]:
        """Return the active images that count as the newest."""
        active = (image for image in images if image.ready)
        ordered = sorted(active, key=lambda image: image.seniority, reverse=True)
        return ordered[: max(0, self.keep_newest - self.predicted)]

    @property
    def rule(self) -> str:
        """Completes "older than …"."""
        newest = "the newest" if self.keep_newest == 1 else f"the {self.keep_newest} newest"
        limits = [f"{newest} of {self}"] if self.keep_newest else []
        if self.keep_younger_than is not None:
            limits.append(_span(self.keep_younger_than))
        return " and ".join(limits)


# Each family with its images.
RelatedImages = Sequence[tuple[ImageFamily, Sequence[Image]]]


@dataclass(frozen=True)
class PreDeletionState:
    """What was read about an image by itself, before it would be deleted."""

    # As it is now; None if it is deleted, though lists go on to show it.
    image: Image | None
    # Whether it is shared with other projects; None if that may not be looked up.
    shared: bool | None


@dataclass(frozen=True)
class RetentionDecision:
    """Whether an image is deleted, and what came of it."""

    image: Image
    goes: bool
    # Completes "is kept: …" and "goes: …".
    why: str
    # Why its deletion failed.
    error: str | None = None
    # The cloud has accepted its deletion.
    accepted: bool = False
    # It goes only if the clocks can be relied on.
    by_age: bool = False
    # It was looked up by itself.
    confirmed: bool = False

    def kept(self, why: str) -> RetentionDecision:
        return replace(self, goes=False, why=why)


Decisions = Sequence[RetentionDecision]


def decide_retention(
    related: RelatedImages, keep: frozenset[str], clocks: Clocks
) -> list[RetentionDecision]:
    """Return what the list alone says about each image, newest first: an image that belongs to
    several families goes only if all of them let it go. `keep`: ids and names that stay."""
    decisions: dict[str, RetentionDecision] = {}
    for family, images in related:
        newest = {image.id for image in family.newest(images)}
        for image in images:
            decision = _by_family(image, family, newest, clocks)
            earlier = decisions.get(image.id, decision)
            if earlier.goes or earlier is decision:
                by_age = decision.by_age or earlier.by_age
                decisions[image.id] = replace(decision, by_age=by_age)
    ordered = sorted(decisions.values(), key=lambda one: one.image.seniority, reverse=True)
    return [_unless_untouchable(decision, keep) for decision in ordered]


def counted_images(related: RelatedImages, decisions: Decisions) -> list[Image]:
    """Return the images that count as the newest, of families of which something goes."""
    going = {decision.image.id for decision in decisions if decision.goes}
    counted = {
        image.id: image
        for family, images in related
        if any(image.id in going for image in images)
        for image in family.newest(images)
    }
    return list(counted.values())


def keep_replaced(decisions: Decisions, active_names: Collection[str]) -> list[RetentionDecision]:
    """Keep an image that was renamed to make room, until the new one of its name is active."""

    def decided(decision: RetentionDecision) -> RetentionDecision:
        name = former_name(decision.image)
        if name is None or name in active_names:
            return decision
        return decision.kept(f"it made room for a new '{name}', which is not active yet")

    return _of_those_that_go(decisions, decided)


def keep_forbidden(
    decisions: Decisions, obstacles: Mapping[str, Obstacle | None]
) -> list[RetentionDecision]:
    """Keep what must never be deleted. `obstacles`: by image id."""

    def decided(decision: RetentionDecision) -> RetentionDecision:
        found = obstacles.get(decision.image.id)
        return decision.kept(f"it {found.why}") if found else decision

    return _of_those_that_go(decisions, decided)


def keep_used(decisions: Decisions, servers: Sequence[Server]) -> list[RetentionDecision]:
    """Keep what servers use; everything, if that cannot be read of one of them."""
    unclear = next((server for server in servers if server.image_ids is None), None)
    if unclear is not None:
        return keep_all(decisions, f"whether server {label_of(unclear)} uses it cannot be read")
    users: dict[str, list[str]] = {}
    for server in servers:
        for image_id in server.image_ids or ():
            users.setdefault(image_id.lower(), []).append(label_of(server))

    def decided(decision: RetentionDecision) -> RetentionDecision:
        using = users.get(decision.image.id.lower())
        return decision.kept(f"in use by {_summary(using)}") if using else decision

    return _of_those_that_go(decisions, decided)


def keep_all(decisions: Decisions, why: str) -> list[RetentionDecision]:
    return _of_those_that_go(decisions, lambda decision: decision.kept(why))


def with_states(
    decisions: Decisions, keep: frozenset[str], states: Mapping[str, PreDeletionState]
) -> list[RetentionDecision]:
    """Decide again on images that were looked up by themselves, without those that are gone."""
    left = []
    for decision in decisions:
        state = states.get(decision.image.id)
        if state is None:
            left.append(decision)
        elif state.image is not None:
            now = replace(decision, image=state.image, confirmed=True)
            left.append(_unless_untouchable(now, keep))
    return left


def keep_shared(
    decisions: Decisions, states: Mapping[str, PreDeletionState]
) -> list[RetentionDecision]:
    """Keep what is shared with other projects, or may be."""

    def decided(decision: RetentionDecision) -> RetentionDecision:
        state = states.get(decision.image.id)
        if state is None or state.shared is False:
            return decision
        if state.shared is None:
            return decision.kept("whether it is shared with other projects may not be looked up")
        return decision.kept("shared with other projects")

    return _of_those_that_go(decisions, decided)


def label_of(server: Server) -> str:
    return f"{server.name} ({server.id})"


def _of_those_that_go(
    decisions: Decisions, decided: Callable[[RetentionDecision], RetentionDecision]
) -> list[RetentionDecision]:
    return [decided(decision) if decision.goes else decision for decision in decisions]


def _by_family(
    image: Image, family: ImageFamily, newest: Collection[str], clocks: Clocks
) -> RetentionDecision:
    """By the family's own limits. Only active images count among the newest; a failed one goes as
    soon as it is old enough, as it is of no use to anybody."""
    if image.id in newest:
        count = family.keep_newest
        place = "the newest" if count == 1 else f"one of the {count} newest"
        return RetentionDecision(image, False, f"{place} of {family}")
    if clocks.age(image) is None:
        return RetentionDecision(image, False, "the cloud does not say when it was created")
    limit = family.keep_younger_than
    if limit is not None and not clocks.older(image, limit):
        return RetentionDecision(image, False, f"younger than {_span(limit)}")
    why = f"it is {image.status}" if image.dead else f"older than {family.rule}"
    return RetentionDecision(image, True, why, by_age=limit is not None)


def _unless_untouchable(decision: RetentionDecision, keep: frozenset[str]) -> RetentionDecision:
    """Keep images in flight, protected, shared out or listed in `keep`, whatever the families
    say."""
    image = decision.image
    if image.id.lower() in keep or image.name in keep:
        return decision.kept("listed in keep")
    if image.in_flight:
        return decision.kept(f"still being created ({image.status})")
    if image.deactivated:
        return decision.kept("deactivated, so somebody has a reason to look at it")
    if image.protected:
        return decision.kept("protected against deletion")
    # An own image that is shared out is of that type (IMS API reference, "Querying Images"); on
    # clouds where it is not, only its members show that.
    if image.text("__imagetype") == "shared":
        return decision.kept("shared with other projects")
    if decision.goes and image.text("virtual_env_type") == _BARE_METAL:
        # The list of servers (ECS) does not hold bare metal servers.
        return decision.kept(
            "for bare metal servers, and which of those use it cannot be looked up"
        )
    if decision.goes and image.unreadable(("virtual_env_type",)):
        return decision.kept(
            "whether it is for bare metal servers cannot be read (virtual_env_type)"
        )
    return decision


def _summary(servers: Sequence[str]) -> str:
    more = len(servers) - 1
    return f"server {servers[0]}" + (f" and {more} more" if more else "")


def _span(seconds: float) -> str:
    for unit, length in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s"
