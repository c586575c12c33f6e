# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The items of a loop, which one process runs: what is asked once, and what each asks itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clients import Clients

from .conftest import Cloud, ok
from .kinds import OPERATIONS

COPY, LINUX, _LIMITED = OPERATIONS["image"]
NAMES = ["one", "two", "three", "four"]
LIST = "GET /v2/cloudimages"


@pytest.fixture
def loop(tame: Cloud) -> Cloud:
    """A cloud with images, and a loop that begins."""
    for name in NAMES:
        ok(tame.run(COPY, name=name, **LINUX))
    tame.forget_requests()
    tame.clients = Clients()
    return tame


def item(cloud: Cloud, name: str, **arguments: Any) -> dict[str, Any]:
    return ok(cloud.run(COPY, name=name, **{**LINUX, **arguments}))


def test_unchanged_images_are_found_by_two_lists_for_all(loop: Cloud) -> None:
    """One by name, for a task that may be alone, and one of all images for the others."""
    results = [item(loop, name) for name in NAMES]

    assert not any(result["changed"] for result in results)
    assert [result["image"]["name"] for result in results] == NAMES
    assert loop.requests() == [LIST, LIST]


def test_managed_tags_are_read_for_each(loop: Cloud) -> None:
    for name in NAMES:
        assert not item(loop, name, image_tags={})["changed"]

    assert loop.requests().count(LIST) == 2
    assert len(loop.requests()) == 2 + len(NAMES)


def test_after_some_seconds_the_list_is_asked_for_again(loop: Cloud) -> None:
    for name in NAMES:
        item(loop, name)
        loop.clock.advance(4)

    assert loop.requests() == [LIST, LIST, LIST]


def test_what_is_missing_is_looked_for_by_its_own_task_and_made_once(loop: Cloud) -> None:
    item(loop, "one")
    item(loop, "two")
    loop.forget_requests()

    assert item(loop, "five")["changed"]

    assert loop.requests()[0] == LIST
    assert len(loop.creates()) == 1


def test_after_a_write_each_task_looks_for_itself(loop: Cloud) -> None:
    for name in ("one", "two", "five"):
        item(loop, name)
    loop.forget_requests()

    for name in ("three", "five", "four"):
        assert not item(loop, name)["changed"]

    assert loop.requests() == [LIST, LIST, LIST]


def test_what_differs_is_looked_at_again_before_it_is_changed(loop: Cloud) -> None:
    item(loop, "one")
    item(loop, "two")
    loop.forget_requests()

    assert item(loop, "three", description="another")["actions"] == ["set description"]

    assert loop.requests()[0] == LIST


def test_an_image_deleted_by_a_task_of_the_loop_is_not_taken_for_there(loop: Cloud) -> None:
    item(loop, "one")
    item(loop, "two")
    ok(loop.run(COPY, name="three", state="absent"))

    assert item(loop, "three")["changed"]


def test_two_images_of_a_name_are_reported_as_before(loop: Cloud) -> None:
    item(loop, "one")
    item(loop, "two")
    loop.clients, others = None, loop.clients
    ok(loop.run("image", image="four", name="three"))
    loop.clients = others
    loop.clock.advance(10)

    assert "Several images are named 'three'" in item(loop, "three")["warnings"][0]
