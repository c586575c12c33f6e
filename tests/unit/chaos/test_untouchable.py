# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/chaos/untouchable.py tells the requests that must never be sent from those in order."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.chaos.untouchable import Untouchable
from ansible_collections.huaweicloud.ims.tests.simulator.records import Facets, Image
from ansible_collections.huaweicloud.ims.tests.simulator.seed.identity import (
    PARTNER_PROJECT,
    PROJECT,
)

RENAME = [{"op": "replace", "path": "/name", "value": "web-replaced-12345678"}]


class World:
    """Images by their ids, and a judge of requests about them."""

    def __init__(self, *images: Image) -> None:
        self.images = {image.id: image for image in images}
        self.judge = Untouchable(lambda: self.images)

    def offence(
        self, method: str, number: str, body: Any = None, /, **arguments: Any
    ) -> str | None:
        kind = "cloudimages" if method == "PATCH" else "images"
        module = arguments.pop("module", "image_copy")
        return self.judge.offence(module, arguments, method, f"/v2/{kind}/{number}", body)

    def rename(self, number: str, new: str, /, **arguments: Any) -> str | None:
        found = self.offence("PATCH", number, RENAME, **arguments)
        self.images[number].facets.name = new
        return found


def image(name: str, number: str = "1", **fields: Any) -> Image:
    fields.setdefault("owner", PROJECT)
    protected = fields.pop("protected", False)
    return Image(number, facets=Facets(name, protected=protected), created=0.0, **fields)


def test_images_of_the_name_that_the_task_means_may_go() -> None:
    world = World(image("web"))

    assert world.offence("DELETE", "1", name="web") is None
    assert world.offence("DELETE", "1", image_id="1") is None
    assert world.offence("DELETE", "unknown", name="web") is None


@pytest.mark.parametrize("name", ["web-02", "we"])
def test_images_of_other_names_may_not(name: str) -> None:
    assert "belongs to the name 'web'" in str(World(image("web")).offence("DELETE", "1", name=name))


def test_a_renamed_image_belongs_to_the_name_it_had() -> None:
    world = World(image("web"))

    assert world.rename("1", "web-replaced-12345678", name="web") is None
    assert world.offence("DELETE", "1", name="web") is None
    assert world.offence("DELETE", "1", name="web-replaced-12345678")
    assert world.offence("DELETE", "1", name="web-02")


def test_a_user_may_give_an_image_another_name() -> None:
    world = World(image("web"))

    assert world.rename("1", "shop", module="image", image="web", name="shop") is None
    assert world.offence("DELETE", "1", name="shop") is None
    assert world.offence("DELETE", "1", name="web")


def test_images_of_other_names_may_not_be_renamed_nor_changed() -> None:
    world = World(image("web"))

    assert world.offence("PATCH", "1", RENAME, name="web-02")
    assert world.offence("PATCH", "1", [{"op": "add", "path": "/min_ram"}], name="web-02")


@pytest.mark.parametrize(
    "fields", [{"owner": PARTNER_PROJECT}, {"public": True}, {"protected": True}]
)
def test_foreign_public_and_protected_images_may_not_go(fields: dict[str, Any]) -> None:
    assert World(image("web", **fields)).offence("DELETE", "1", name="web")


def test_the_source_of_a_task_may_not_go() -> None:
    world = World(image("web"), image("web", "2"))

    assert world.offence("DELETE", "1", name="web", source_image="1")
    assert world.offence("DELETE", "2", name="web", source_image="1") is None
