# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the cost of a task grows with the number of images in the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from ansible_collections.huaweicloud.ims.tools import simulator
from ansible_collections.huaweicloud.ims.tools.places import Place

from .clouds import Cloud, cloud_of
from .figures import Growth
from .items import Say
from .measure import PLAYBOOKS, BenchmarkFailure, cpu_of, play
from .sizes import Sizes

# Of the loop over unchanged images; the smallest account has room for them.
_ITEMS = 20


def measure(place: Place, sizes: Sizes, log: IO[str], say: Say) -> dict[int, dict[str, Growth]]:
    """Return requests and CPU seconds, by images of the account and by task."""
    return {images: _of_crowd(place, images, sizes, log, say) for images in sizes.crowds}


def _of_crowd(place: Place, images: int, sizes: Sizes, log: IO[str], say: Say) -> dict[str, Growth]:
    prepared = min(sizes.loop, _ITEMS)
    command = [str(place.python), "-m", "tests.benchmark.crowd", "--fleet", str(prepared)]
    command += ["--images", str(images - prepared), "--old", str(sizes.deletions + 1)]
    with simulator.serving(command, place, log) as facts:
        cloud = cloud_of(facts, place.venv)
        variables = {"count": prepared, "disks": cloud.disks(prepared)}
        play(cloud.place, PLAYBOOKS / "prepare.yml", variables, log)
        # This machine has records of what it has just created, another one has none.
        cloud = replace(cloud, place=replace(cloud.place, home=cloud.place.home / "another"))
        found = {
            name: _measured(cloud, PLAYBOOKS / f"{playbook}.yml", variables, log)
            for name, playbook in {
                "image_info": "image_info",
                "loop": "ours",
                "image_retention": "image_retention",
            }.items()
        }
        if cloud.active("old-") != 1:
            raise BenchmarkFailure(f"image_retention left {cloud.active('old-')} old images")
    counts = ", ".join(f"{name} {one.requests} requests" for name, one in found.items())
    say(f"  {images} images: {counts}")
    return found


def _measured(cloud: Cloud, playbook: Path, variables: Mapping[str, Any], log: IO[str]) -> Growth:
    before = len(cloud.calls())
    cpu = cpu_of(cloud.place, playbook, variables, log)
    return Growth(len(cloud.calls(since=before)), cpu)
