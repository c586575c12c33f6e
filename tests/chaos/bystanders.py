# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that no task of a schedule means, though their names or their owners may mislead."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from random import Random

from ..simulator.records import Facets, Image
from ..simulator.seed.identity import PROJECT
from ..simulator.seed.images import linux
from ..simulator.world import known_id
from .cloud import Cloud
from .wishes import NAME

_NAMES = (
    *(f"{NAME}-old", f"{NAME}-replaced", NAME.upper(), NAME[:-1], f"x{NAME}", f"{NAME}.", "g"),
    f"{NAME}-replaced-deadbeef",
)


class Bystanders:
    """The images as they were; judges whether they still are."""

    def __init__(self, cloud: Cloud, images: Sequence[Image]) -> None:
        self._cloud = cloud
        self._images = [(image, copy.deepcopy(image.facets)) for image in images]

    def judge(self) -> None:
        for image, facets in self._images:
            if image.deleted:
                self._cloud.blame("deleted", f"{facets.name} of {image.owner} is gone")
            elif image.facets != facets:
                self._cloud.blame("altered", f"{facets} of {image.owner} is {image.facets}")


def add(rng: Random, cloud: Cloud, names: Sequence[str]) -> Bystanders:
    """names: those that tasks mean. Foreign images may bear them all the same."""
    images = []
    for name in rng.sample(_NAMES, rng.choice((0, 1, 2, 3))):
        if name not in names:
            images.append(_image(rng, cloud, name))
    for owner in ("partner", "cloud"):
        if rng.random() < 0.25:
            image = _image(rng, cloud, rng.choice(names))
            image.owner, image.public = known_id(f"{owner} of bystanders"), owner == "cloud"
            image.members = {} if image.public else {PROJECT: "accepted"}
            images.append(image)
    return Bystanders(cloud, images)


def _image(rng: Random, cloud: Cloud, name: str) -> Image:
    """Where two images have one name, their age decides in many places."""
    now = cloud.clock.now()
    image = Image(
        id=known_id(f"bystander {name} {rng.random()}"),
        owner=PROJECT,
        facets=Facets(name=name, tags={"team": "web"}),
        created=now - rng.choice((60.0, 86400.0, 30 * 86400.0)),
        active_at=now - 60.0,
        attributes=linux(),
    )
    return cloud.simulator.cloud.world.add_image(image)
