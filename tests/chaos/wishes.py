# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users may ask for, drawn from a seed: sources, looks, and what has become of it before."""

from __future__ import annotations

from random import Random
from typing import Any

from ..simulator.seed.servers import BACKUP, KEY, SERVER, VAULT, VOLUME
from ..simulator.world import known_id
from .cloud import Task

NAME = "golden"
_IMAGE = "465076de-dc36-4aec-80f5-ef9d8009428f"
_CENTOS = "CentOS 7.0 64bit"
OTHER_KEY = known_id("key other")

Arguments = dict[str, Any]

# What it is made of: the module, ways to name a source, ways to name another one.
KINDS: dict[str, tuple[str, list[Arguments], list[Arguments]]] = {
    "server": (
        "whole_image",
        [{"instance": SERVER, "vault": VAULT}, {"instance": "web-01"}, {"instance": SERVER}],
        [{"instance": "web-01-old"}, {"instance": known_id("server win-01")}],
    ),
    "backup": (
        "whole_image",
        [{"backup": BACKUP}, {"backup": BACKUP, "backup_type": "CBR"}],
        [{"backup": "nightly-1"}, {"backup": known_id("backup nightly-2")}],
    ),
    "CSBS backup": (
        "whole_image",
        [{"backup": BACKUP, "backup_type": "CSBS"}],
        [{"backup": "csbs-available", "backup_type": "CSBS"}],
    ),
    "disk": (
        "volume_image_export",
        [{"volume": VOLUME}, {"volume": "evs-ims-test", "disk_format": "zvhd2"}],
        [{"volume": "data-available"}, {"volume": "system-available"}],
    ),
    "image": (
        "image_copy",
        [{"source_image": _IMAGE}, {"source_image": "linux-base"}],
        [{"source_image": "limited-image"}, {"source_image": "arm-image"}],
    ),
    "encrypted copy": (
        "image_copy",
        [{"source_image": _IMAGE, "cmk_id": KEY}],
        [{"source_image": _IMAGE, "cmk_id": OTHER_KEY}, {"source_image": "limited-image"}],
    ),
    "system file": (
        "quick_import",
        [{"image_url": "ims-image:centos70.zvhd2", "min_disk": 40, "os_version": _CENTOS}],
        [{"image_url": "ims-image:batch-01.zvhd2", "min_disk": 40, "os_version": _CENTOS}],
    ),
    "data file": (
        "quick_import",
        [{"image_url": "ims-image:batch-02.zvhd2", "min_disk": 40, "type": "DataImage"}],
        [{"image_url": "ims-image:batch-03.zvhd2", "min_disk": 40, "type": "DataImage"}],
    ),
}
# A backup makes one image only, so it cannot be baked again.
REMAKABLE = [kind for kind in KINDS if "backup" not in kind]


def looks(rng: Random) -> Arguments:
    """How the image is to look like: some of it, or nothing."""
    drawn: Arguments = {}
    if rng.random() < 0.4:
        drawn["description"] = rng.choice(("a golden image", "云服务器制作镜像", ""))
    if rng.random() < 0.3:
        drawn["min_ram"] = rng.choice((0, 1024, 2048))
    if rng.random() < 0.2:
        drawn["max_ram"] = rng.choice((4096, 8192))
    if rng.random() < 0.4:
        drawn["image_tags"] = rng.choice(({"a": "b"}, {"team": "web", "stage": "x.y"}, {}))
        drawn["purge_tags"] = rng.random() < 0.8
    return drawn


def made_of(rng: Random, kind: str, other: bool = False, name: str = NAME) -> Task:
    """The task that makes an image of that kind, of the one source or of another."""
    module, ones, others = KINDS[kind]
    return Task(module, {"name": name, **rng.choice(others if other else ones)})


def beside(rng: Random, count: int) -> list[Task]:
    """Tasks that make images of other names, of what can be made images of again and again."""
    kinds = rng.sample(REMAKABLE, count)
    names = ("silver", "bronze", "copper")[:count]
    return [
        made_of(rng, kind, rng.random() < 0.5, name).but(**looks(rng))
        for kind, name in zip(kinds, names, strict=True)
    ]
