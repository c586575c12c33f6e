# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users may ask for, drawn from a seed: sources, looks, and what has become of it before."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ..samples import KINDS, REMAKABLE, Arguments
from .cloud import Task

NAME = "golden"


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
    drawn = KINDS[kind]
    return Task(drawn.module, {"name": name, **rng.choice(drawn.others if other else drawn.ways)})


def beside(rng: Random, count: int) -> list[Task]:
    """Tasks that make images of other names, of what can be made images of again and again."""
    kinds = rng.sample(REMAKABLE, count)
    names = ("silver", "bronze", "copper")[:count]
    return [
        made_of(rng, kind, rng.random() < 0.5, name).but(**looks(rng))
        for kind, name in zip(kinds, names, strict=True)
    ]


def batch_of(rng: Random, tasks: Sequence[Task]) -> Task:
    """One task that makes all images of these tasks."""
    entries = []
    for task in tasks:
        options = {name: value for name, value in task.arguments.items() if name != "wait"}
        entries.append({task.module: options})
    return Task("image_batch", {"images": entries, "concurrency": rng.choice((1, 2, 10))})
