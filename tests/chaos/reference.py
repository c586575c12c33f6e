# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What image_retention may delete: worked out a second time, from its documentation and the truth.

Shares no code with the collection, and knows what no client can know: the true age of an image, its
true tags, and what it was really made from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..simulator.records import Image
from ..simulator.seed.identity import PROJECT

Family = Mapping[str, Any]

_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0}
_CRITERIA = ("name", "tag", "source")
_IN_FLIGHT = ("queued", "saving")


@dataclass(frozen=True)
class Truth:
    """The cloud as it is. used: ids of images that servers were made from. sources: id of an image
    -> what it was made from."""

    images: Sequence[Image]
    now: float
    used: frozenset[str]
    sources: Mapping[str, str]


def kept_because(truth: Truth, image: Image, arguments: Mapping[str, Any]) -> str | None:
    """Why the task must not delete the image; None if it is to go."""
    families: Sequence[Family] = arguments["families"]
    why = _never(truth, image) or _wrong_project(image, arguments.get("enterprise_project_id"))
    if why or _is_listed(image, arguments.get("keep") or ()):
        return why or "it is listed in keep"
    its = [family for family in families if belongs(truth, image, family)]
    if not its:
        return "it belongs to none of the families"
    return next((why for family in its if (why := _kept_by(truth, image, family, arguments))), None)


def _never(truth: Truth, image: Image) -> str | None:
    reasons = {
        "it is not the project's own": image.public or image.owner != PROJECT,
        "it is protected": image.facets.protected,
        "it is still being created": image.status in _IN_FLIGHT,
        "it is deactivated": image.status == "deactivated",
        "it is shared with another project": bool(image.members),
        "a server uses it": image.id in truth.used,
        "it is for bare metal servers": image.attributes.get("virtual_env_type") == "Ironic",
    }
    return next((why for why, holds in reasons.items() if holds), None)


def _wrong_project(image: Image, wanted: str | None) -> str | None:
    if wanted in (None, image.facets.enterprise_project_id):
        return None
    return "it belongs to another enterprise project"


def _is_listed(image: Image, keep: Iterable[str]) -> bool:
    return any(entry.lower() == image.id or entry == image.facets.name for entry in keep)


def belongs(truth: Truth, image: Image, family: Family) -> bool:
    """All criteria that are given fit; one that is empty fits nothing."""
    name, tag, source = (family.get(criterion) for criterion in _CRITERIA)
    return (
        (name is None or matches(name, image.facets.name))
        and (tag is None or is_tagged(image.facets.tags, tag))
        and (source is None or (source != "" and truth.sources.get(image.id) == source))
    )


def _kept_by(
    truth: Truth, image: Image, family: Family, arguments: Mapping[str, Any]
) -> str | None:
    newest, younger = family.get("keep_newest"), family.get("keep_younger_than")
    count = 1 if newest is None else newest
    ready = [
        one
        for one in truth.images
        if one.status == "active"
        and one.owner == PROJECT
        and not one.deleted
        and belongs(truth, one, family)
        and not _wrong_project(one, arguments.get("enterprise_project_id"))
    ]
    ready.sort(key=lambda one: (int(one.created), one.id), reverse=True)
    if image.id in [one.id for one in ready[:count]]:
        return f"it is one of the {count} newest of {dict(family)}"
    if younger is not None and truth.now - image.created < _seconds(younger):
        return f"it is younger than {younger}"
    return None


def _seconds(age: str) -> float:
    return float(age[:-1]) * _UNITS[age[-1]]


def is_tagged(tags: Mapping[str, str], wanted: str) -> bool:
    """wanted: "key=value", else "key.value", else "key"; "key=" means the empty value."""
    for mark in "=.":
        if mark in wanted:
            key, _mark, value = wanted.partition(mark)
            return tags.get(key) == value
    return wanted in tags


def matches(pattern: str, name: str) -> bool:
    """The wildcards of a shell."""
    text, rest = "", pattern
    while rest:
        bracket = re.match(r"\[(!?)(\]?[^\]]*)\]", rest)
        if bracket and bracket.group(2):
            letters = bracket.group(2).replace("\\", "\\\\").replace("]", "\\]").replace("^", "\\^")
            text += f"[{'^' if bracket.group(1) else ''}{letters}]"
            rest = rest[bracket.end() :]
            continue
        text += {"*": ".*", "?": "."}.get(rest[0], re.escape(rest[0]))
        rest = rest[1:]
    return re.fullmatch(text, name, re.DOTALL) is not None


def refusal_due(arguments: Mapping[str, Any]) -> str | None:
    """Why the task must be refused before it does anything: what was left empty, or says nothing,
    must not mean more images than the user thinks."""
    for family in arguments["families"]:
        for criterion in _CRITERIA:
            if family.get(criterion) == "":
                return f"{criterion} is empty"
        name, others = family.get("name"), [family.get("tag"), family.get("source")]
        if name is not None and others == [None, None] and _letters(name) < 2:
            return f"name {name!r} means nearly everything"
    return "an entry of keep is empty" if "" in (arguments.get("keep") or ()) else None


def _letters(pattern: str) -> int:
    """Letters and digits outside wildcards."""
    return sum(letter.isalnum() for letter in re.sub(r"\[!?\]?[^\]]*\]", "", pattern))


def unknown_entries(truth: Truth, keep: Iterable[str]) -> list[str]:
    """Entries of keep that keep no image of the project."""
    own = [image for image in truth.images if image.owner == PROJECT and not image.deleted]
    return [entry for entry in keep if not any(_is_listed(image, [entry]) for image in own)]
