# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a retention keeps and why, decided on data: no cloud."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.records import Server
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.age import Clocks
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Obstacle
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Image
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.retention_rules import (  # noqa: E501
    ImageFamily,
    PreDeletionState,
    RetentionDecision,
    counted_images,
    decide_retention,
    keep_forbidden,
    keep_replaced,
    keep_shared,
    keep_used,
    with_states,
)

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
CLOCKS = Clocks(NOW, NOW)
DAY = 86400.0


def image(image_id: str, days: float, status: str = "active", **wire: Any) -> Image:
    created = f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    shown = {"id": image_id, "name": "web", "status": status, "created_at": created, **wire}
    return Image.from_wire(shown)


def family(keep_newest: int = 1, younger_than: float | None = None, **more: Any) -> ImageFamily:
    return ImageFamily("web*", None, None, keep_newest, younger_than, **more)


def going(decisions: Sequence[RetentionDecision]) -> list[str]:
    return [decision.image.id for decision in decisions if decision.goes]


A, B, C = image("a", 1), image("b", 2), image("c", 30)
NO_KEEP: frozenset[str] = frozenset()

# The family, its images, what is listed in keep, and which images go.
FAMILIES: dict[str, tuple[ImageFamily, list[Image], frozenset[str], list[str]]] = {
    "the newest stays": (family(1), [A, B, C], NO_KEEP, ["b", "c"]),
    "two newest": (family(2), [A, B, C], NO_KEEP, ["c"]),
    "none": (family(0), [A, B], NO_KEEP, ["a", "b"]),
    "young ones stay": (family(0, 7 * DAY), [A, B, C], NO_KEEP, ["c"]),
    "newest and young": (family(1, 1.5 * DAY), [A, B, C], NO_KEEP, ["b", "c"]),
    "a predicted one counts": (family(2, predicted=1), [A, B, C], NO_KEEP, ["b", "c"]),
    "keep by id": (family(1), [A, B, C], frozenset("b"), ["c"]),
    "keep by name": (family(1), [A, B], frozenset(("web",)), []),
    "in flight": (family(0), [image("new", 1, "saving")], NO_KEEP, []),
    "one in flight does not count": (family(1), [image("new", 0, "saving"), A, B], NO_KEEP, ["b"]),
    "failed": (family(1), [image("x", 0, "error"), A], NO_KEEP, ["x"]),
    "deactivated": (family(0), [image("off", 9, "deactivated")], NO_KEEP, []),
    "protected": (family(0), [image("p", 9, protected=True)], NO_KEEP, []),
    "shared out": (family(0), [image("s", 9, __imagetype="shared")], NO_KEEP, []),
    "bare metal": (family(0), [image("m", 9, virtual_env_type="Ironic")], NO_KEEP, []),
    "of unknown age": (family(0), [image("u", 9, created_at=None)], NO_KEEP, []),
}


@pytest.mark.parametrize("what", FAMILIES)
def test_what_the_list_alone_lets_go(what: str) -> None:
    rule, images, keep, ids = FAMILIES[what]

    decisions = decide_retention([(rule, images)], keep, CLOCKS)

    assert going(decisions) == ids
    assert len(decisions) == len(images)


def test_an_image_of_two_families_goes_only_if_both_let_it_go() -> None:
    related = [(family(1), [A, B]), (family(2), [B, C])]

    assert going(decide_retention(related, NO_KEEP, CLOCKS)) == []


def test_only_families_of_which_something_goes_have_images_that_count() -> None:
    related = [(family(1), [A, B]), (family(1), [C])]

    counted = counted_images(related, decide_retention(related, NO_KEEP, CLOCKS))

    assert [one.id for one in counted] == ["a"]


def old(*images: Image) -> list[RetentionDecision]:
    return [RetentionDecision(one, True, "old") for one in images]


def test_a_replaced_image_stays_until_the_new_one_of_its_name_is_active() -> None:
    replaced = image("0a1b2c3d-1", 9, name="web-replaced-0a1b2c3d")

    assert going(keep_replaced(old(replaced), set())) == []
    assert going(keep_replaced(old(replaced), {"web"})) == ["0a1b2c3d-1"]


def test_what_is_forbidden_stays() -> None:
    [kept, gone] = keep_forbidden(old(A, B), {"a": Obstacle("is public"), "b": None})

    assert not kept.goes
    assert "is public" in kept.why
    assert gone.goes


def server(*image_ids: str, known: bool = True) -> Server:
    return Server("s-1", "app", "ACTIVE", "", frozenset(image_ids) if known else None)


def test_what_servers_use_stays() -> None:
    decisions = keep_used(old(A, B), [server("A")])

    assert going(decisions) == ["b"]
    assert "app" in decisions[0].why


def test_everything_stays_if_it_cannot_be_read_what_a_server_uses() -> None:
    assert going(keep_used(old(A, B), [server("z"), server(known=False)])) == []


def test_images_are_decided_upon_again_as_they_are_now() -> None:
    now = image("b", 2, protected=True)
    states = {"a": PreDeletionState(None, None), "b": PreDeletionState(now, False)}

    decisions = with_states(old(A, B, C), NO_KEEP, states)

    assert [decision.image.id for decision in decisions] == ["b", "c"]
    assert going(decisions) == ["c"]


@pytest.mark.parametrize(("shared", "goes"), [(False, True), (True, False), (None, False)])
def test_what_is_or_may_be_shared_stays(shared: bool | None, goes: bool) -> None:
    [decision] = keep_shared(old(A), {"a": PreDeletionState(A, shared)})

    assert decision.goes is goes
