# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images of families are deleted: decided on data, without a cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.age import Clocks
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Image
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.retention import (
    decision,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
DAY = 86400.0
PROJECT = "project"


def image(name: str, days: float = 1, **attributes: Any) -> Image:
    """An image of the project, created so many days ago; its id is its name and "-id"."""
    created = (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    wire = {
        "id": f"{name}-id",
        "name": name,
        "status": "active",
        "created_at": created,
        "owner": PROJECT,
        "visibility": "private",
        "__imagetype": "private",
        "protected": False,
        "virtual_env_type": "FusionCompute",
    }
    return Image.from_wire({**wire, **attributes})


def family(
    keep_newest: int = 1, days: float | None = None, **criteria: Any
) -> decision.ImageFamily:
    limit = None if days is None else days * DAY
    criteria = {"name": "*", "tag": None, "source": None, **criteria}
    return decision.ImageFamily(keep_newest=keep_newest, keep_younger_than=limit, **criteria)


def inventory(
    images: Sequence[Image], *families: decision.ImageFamily, keep: Sequence[str] = (), **known: Any
) -> decision.Inventory:
    members = [
        (one, [image for image in images if one.has(image, lambda image: image.tags or {})])
        for one in families
    ]
    return decision.Inventory(members, frozenset(keep), Clocks(NOW, NOW), PROJECT, **known)


def decision_texts(known: decision.Inventory) -> Mapping[str, str]:
    """Name -> "delete: …" or "keep: …"."""
    return {
        one.image.name: f"{'delete' if one.delete else 'keep'}: {one.reason}"
        for one in decision.decide_retention(known)
    }


def deleted(known: decision.Inventory) -> list[str]:
    return [one.image.name for one in decision.decide_retention(known) if one.delete]


WEB = [image(f"web-{days}", days) for days in range(1, 6)]

# What a family keeps -> which of images that are 1 to 5 days old are deleted.
KEPT_BY_FAMILIES = [
    ([family(1)], [2, 3, 4, 5]),
    ([family(3)], [4, 5]),
    ([family(9)], []),
    ([family(0)], [1, 2, 3, 4, 5]),
    ([family(0, days=3.5)], [4, 5]),
    ([family(1, days=3.5)], [4, 5]),
    ([family(4, days=2.5)], [5]),
    # Images that check mode predicts count among the newest.
    ([replace(family(2), predicted=1)], [2, 3, 4, 5]),
    ([replace(family(2), predicted=5)], [1, 2, 3, 4, 5]),
    # All families must let an image go.
    ([family(1), family(3)], [4, 5]),
    ([family(1), family(0, days=4.5)], [5]),
    ([family(1, name="web-*"), family(2, name="*-5")], [2, 3, 4]),
    ([family(1, name="db-*")], []),
]


@pytest.mark.parametrize(("families", "days"), KEPT_BY_FAMILIES)
def test_families_keep_their_newest_and_youngest_images(
    families: list[decision.ImageFamily], days: list[int]
) -> None:
    assert deleted(inventory(WEB, *families)) == [f"web-{day}" for day in days]


def test_decisions_are_ordered_newest_first_and_say_which_rule_applies() -> None:
    known = inventory([image("old", 9), image("new", 1), image("mid", 5)], family(1, days=7))

    assert list(decision_texts(known).items()) == [
        ("new", "keep: the newest of name *"),
        ("mid", "keep: younger than 7d"),
        ("old", "delete: older than the newest of name * and 7d"),
    ]


# The image of two that is not the newest -> why it is kept all the same. Nothing but its own
# attributes is known.
KEPT_BY_ATTRIBUTES = {
    "in flight": ({"status": "saving"}, "still being created (saving)"),
    "queued": ({"status": "queued"}, "still being created (queued)"),
    "deactivated": ({"status": "deactivated"}, "presumably for a reason"),
    "protected": ({"protected": True}, "protected against deletion"),
    "maybe protected": ({"protected": "perhaps"}, "it may be protected"),
    "shared out": ({"__imagetype": "shared"}, "shared with other projects"),
    "bare metal": ({"virtual_env_type": "Ironic"}, "for bare metal servers"),
    "maybe bare metal": ({"virtual_env_type": 7}, "whether it is for bare metal servers"),
    "of unknown age": ({"created_at": None}, "does not say when it was created"),
    "public": ({"visibility": "public"}, "it is public"),
    "of another owner": ({"owner": "other"}, "it belongs to another project"),
    "of no owner": ({"owner": "", "visibility": ""}, None),
    "of no owner or visibility": (
        {"owner": "", "visibility": "", "__imagetype": ""},
        "it is not said to be of this project",
    ),
    "of unreadable owner": ({"owner": 7}, "may be one of those that must stay"),
    "killed": ({"status": "killed"}, None),
    "plain": ({}, None),
}


@pytest.mark.parametrize(
    ("attributes", "reason"), KEPT_BY_ATTRIBUTES.values(), ids=KEPT_BY_ATTRIBUTES.keys()
)
def test_an_images_own_attributes_can_keep_it(
    attributes: dict[str, Any], reason: str | None
) -> None:
    known = inventory([image("new"), image("old", 9, **attributes)], family(1))

    decision_text = decision_texts(known)["old"]

    assert decision_text.startswith("delete: ") if reason is None else reason in decision_text
    assert reason is None or decision_text.startswith("keep: ")


# What else is known -> why the older of two images is kept; None: it is deleted.
KEPT_BY_KNOWLEDGE: dict[str, tuple[dict[str, Any], str | None]] = {
    "nothing": ({}, None),
    "in keep, by name": ({"keep": ["old"]}, "listed in keep"),
    "in keep, by id": ({"keep": ["old-id"]}, "listed in keep"),
    "another in keep": ({"keep": ["older"]}, None),
    "used": ({"server_use": decision.ServerUse({"old-id": ["a (1)"]})}, "in use by server a (1)"),
    "used by several": (
        {"server_use": decision.ServerUse({"old-id": ["a (1)", "b (2)", "c (3)"]})},
        "in use by server a (1) and 2 more",
    ),
    "another used": ({"server_use": decision.ServerUse({"new-id": ["a (1)"]})}, None),
    "use unknown": ({"server_use": decision.ServerUse({}, "nobody can say")}, "nobody can say"),
    "not shared": ({"states": {"old-id": decision.ImageState(image("old", 9), False)}}, None),
    "shared": (
        {"states": {"old-id": decision.ImageState(image("old", 9), True)}},
        "shared with other",
    ),
    "members unknown": (
        {"states": {"old-id": decision.ImageState(image("old", 9), None)}},
        "whether it is shared with other projects may not be looked up",
    ),
    "protected since": (
        {"states": {"old-id": decision.ImageState(image("old", 9, protected=True), False)}},
        "protected against deletion",
    ),
    "renamed into keep since": (
        {
            "keep": ["kept"],
            "states": {"old-id": decision.ImageState(image("kept", 9, id="old-id"), False)},
        },
        "listed in keep",
    ),
}


@pytest.mark.parametrize(
    ("known", "reason"), KEPT_BY_KNOWLEDGE.values(), ids=KEPT_BY_KNOWLEDGE.keys()
)
def test_what_is_known_of_an_image_can_keep_it(known: dict[str, Any], reason: str | None) -> None:
    decisions = decision.decide_retention(
        inventory([image("new"), image("old", 9)], family(1), **known)
    )

    [old] = [one for one in decisions if one.image.id == "old-id"]

    assert old.delete == (reason is None)
    assert (reason or "older than") in old.reason


def test_an_image_that_is_deleted_already_is_left_out() -> None:
    states = {"old-id": decision.ImageState(None, None)}
    known = inventory([image("new"), image("old", 9)], family(1), states=states)

    assert list(decision_texts(known)) == ["new"]


def test_a_deleted_image_that_is_still_listed_does_not_count_among_the_newest() -> None:
    images = [image("new"), image("mid", 5), image("old", 9)]

    assert deleted(inventory(images, family(1), deleted_ids=frozenset(["new-id"]))) == ["old"]


def test_images_that_are_not_active_do_not_count_among_the_newest() -> None:
    images = [image("killed", 1, status="killed"), image("saving", 2, status="saving"), *WEB[2:4]]

    assert deleted(inventory(images, family(1))) == ["killed", "web-4"]


@pytest.mark.parametrize(("active", "gone"), [((), []), (("web",), ["web-replaced-12345678"])])
def test_a_replaced_image_stays_until_its_successor_is_active(
    active: tuple[str, ...], gone: list[str]
) -> None:
    replaced = image("web-replaced-12345678", 9, id="12345678-0000")
    known = inventory([image("new"), replaced], family(1), active_names=frozenset(active))

    assert deleted(known) == gone


def test_only_deletions_that_an_age_decides_rest_on_the_clocks() -> None:
    by_age = decision.decide_retention(inventory(WEB, family(1, days=2.5)))
    by_count = decision.decide_retention(inventory(WEB, family(1)))

    assert {one.by_age for one in by_age if one.delete} == {True}
    assert {one.by_age for one in by_count if one.delete} == {False}
