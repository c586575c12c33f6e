# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds and tasks of image_retention, drawn from a seed: images of all ages and tags, and families
that mean some of them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ..simulator.records import Facets, Image
from ..simulator.seed.identity import PARTNER_PROJECT, PRODUCTION, PROJECT
from ..simulator.seed.images import linux
from ..simulator.seed.servers import BACKUP, SERVER, VOLUME
from ..simulator.world import known_id
from .cloud import Cloud, Task

_DAY = 86400.0
_STEMS = ("web", "web", "web-data", "Web", "shop", "w")
_TAGS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"team": "web"},
    {"team": "web", "cost": "42"},
    {"team": ""},
    {"team": "web.x"},
    {"team.web": "x"},
    {"cost.center": "42"},
    {"cost": "center.42"},
    {"stage": "prod"},
)
_AGES = (0.01, 0.04, 0.3, 0.6, 2, 5, 6.9, 7.1, 12, 29, 31, 45)
# What an image was made from, and the attributes that tell it.
_SOURCES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {}),
    (SERVER, {"__data_origin": f"instance,{SERVER}"}),
    (VOLUME, {"__data_origin": f"volume,{VOLUME}"}),
    (BACKUP, {"__backup_id": BACKUP, "__whole_image": "true"}),
    ("a-bucket:web.zvhd2", {"__data_origin": "file,a-bucket:web.zvhd2"}),
)
_NAMES = ("web-*", "web-*", "web-2026-01-??", "web-[0-9]*", "shop*", "[Ww]eb-*", "web-1", "we*")
_WIDE = ("*", "**", "?*", "w*", "[w]*", "*-*", "[!x]?*")
_ASKED_TAGS = (
    *("team", "team=web", "team=web.x", "team.web", "team=", "cost", "cost=42"),
    *("cost.center=42", "cost=center.42", "team.web=x", "stage=prod"),
)


@dataclass(frozen=True)
class RetentionCase:
    """The task, and images beside those of the initial world. sources: their ids -> what they were
    made from. used: ids of those that servers were made from."""

    images: Sequence[Image]
    sources: Mapping[str, str]
    used: Sequence[str]
    task: Task

    def fill(self, cloud: Cloud) -> None:
        world = cloud.simulator.cloud.world
        for image in self.images:
            world.add_image(copy.deepcopy(image))
        for image_id, server in zip(self.used, world.servers.values(), strict=False):
            server.image_id = image_id


def draw(rng: Random, now: float) -> RetentionCase:
    """now: in s since 1970, the time of the world that is to be filled."""
    images, sources, used = [], {}, []
    for number in range(rng.randint(4, 14)):
        source, told = rng.choice(_SOURCES)
        image = _image(rng, now, number, told)
        if _make_special(rng, image):
            used.append(image.id)
        images.append(image)
        sources[image.id] = source
    return RetentionCase(images, sources, used, _task(rng, images))


def _image(rng: Random, now: float, number: int, told: Mapping[str, Any]) -> Image:
    stem = rng.choice(_STEMS)
    name = rng.choice((stem, f"{stem}-{number}", f"{stem}-2026-01-{number + 1:02}"))
    return Image(
        id=known_id(f"image of a family {number} {rng.random()}"),
        owner=PROJECT,
        facets=Facets(name=name, tags=dict(rng.choice(_TAGS))),
        # Distinct, so that which one is newer is never a matter of ids.
        created=now - rng.choice(_AGES) * _DAY - number * 61.0,
        active_at=now,
        attributes=linux(**told),
    )


def _make_special(rng: Random, image: Image) -> bool:
    """Some images are none of those that may go. Whether a server was made from this one."""
    how = rng.random()
    if how < 0.06:
        image.facets.protected = True
    elif how < 0.12:
        image.members = {PARTNER_PROJECT: rng.choice(("accepted", "pending"))}
    elif how < 0.18:
        image.status = rng.choice(("queued", "saving", "killed", "deactivated"))
    elif how < 0.22:
        image.facets.enterprise_project_id = PRODUCTION
    elif how < 0.3:
        image.owner, image.members = PARTNER_PROJECT, {PROJECT: "accepted"}
    elif how < 0.34:
        image.owner, image.public = known_id("the cloud itself"), True
    elif how < 0.37:
        image.attributes["virtual_env_type"] = "Ironic"
    return 0.37 <= how < 0.43


def _family(rng: Random, odd: bool) -> dict[str, Any]:
    criteria: dict[str, Any] = {}
    while not criteria:
        for name, values in (("name", _NAMES), ("tag", _ASKED_TAGS), ("source", _SOURCES[1:])):
            if rng.random() < 0.45:
                value = rng.choice(values)
                criteria[name] = value if isinstance(value, str) else value[0]
    if odd and rng.random() < 0.5:
        criteria = {"name": rng.choice(_WIDE)}
    elif odd:
        criteria[rng.choice(("name", "tag", "source"))] = ""
    how = rng.random()
    if how < 0.7:
        criteria["keep_newest"] = rng.choice((0, 1, 1, 2, 3))
    if how > 0.4 or not criteria["keep_newest"]:
        criteria["keep_younger_than"] = rng.choice(("30m", "12h", "3d", "7d", "30d"))
    return criteria


def _task(rng: Random, images: Sequence[Image]) -> Task:
    odd = rng.random() < 0.2
    families = [_family(rng, False) for _family_ in range(rng.choice((1, 1, 1, 2, 3)))]
    if odd:
        families[rng.randrange(len(families))] = _family(rng, True)
    arguments: dict[str, Any] = {"families": families}
    if rng.random() < 0.4:
        image = rng.choice(images)
        forms = (image.id, image.id.upper(), image.facets.name, f"{image.facets.name}x", "no-such")
        arguments["keep"] = rng.sample(forms, rng.choice((1, 2)))
        if rng.random() < 0.1:
            arguments["keep"].append("")
    if rng.random() < 0.15:
        arguments["enterprise_project_id"] = rng.choice(("0", PRODUCTION))
    return Task("image_retention", arguments)
