# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in buckets. `content` is what a file is; its name may say otherwise."""

from __future__ import annotations

from .. import records
from ..world import World
from .identity import other_region

BUCKET = "ims-image"


def fill(world: World) -> None:
    rows: tuple[tuple[str, str, float, int], ...] = (
        ("centos70.zvhd2", "zvhd2", 150, 30),
        # The documents import a data disk from this name, so it cannot really be QCOW2.
        ("centos70.qcow2", "zvhd2", 150, 30),
        ("real.qcow2", "qcow2", 150, 30),
        ("big-data.raw", "raw", 700, 700),
        ("big-data.mf", "bitmap", 0.01, 0),
        ("no-bitmap.raw", "raw", 300, 300),
        ("small.zvhd2", "zvhd2", 5, 30),
        ("big-system.zvhd2", "zvhd2", 300, 400),
        ("too-large.zvhd2", "zvhd2", 1100, 1000),
        ("empty.zvhd2", "empty", 0, 0),
        ("needs-100.zvhd2", "zvhd2", 150, 100),
        ("windows.zvhd2", "zvhd2", 150, 40),
        ("dir/with,comma.zvhd2", "zvhd2", 150, 30),
        *((f"batch-{number:02d}.zvhd2", "zvhd2", 150.0, 30) for number in range(1, 31)),
    )
    for key, content, size_gb, disk_gb in rows:
        _add(world, BUCKET, key, content, size_gb, disk_gb)
    _add(world, BUCKET, "forbidden.zvhd2", "zvhd2", 150, 30, readable=False)
    _add(world, "ims-archive", "cold.zvhd2", "zvhd2", 150, 30, storage_class="COLD")
    _add(world, "ims-elsewhere", "far.zvhd2", "zvhd2", 150, 30, region=other_region(world.region))


def _add(
    world: World,
    bucket: str,
    key: str,
    content: str,
    size_gb: float,
    disk_gb: int,
    storage_class: str = "STANDARD",
    region: str = "",
    readable: bool = True,
) -> None:
    world.objects[bucket, key] = records.BucketObject(
        bucket=bucket,
        key=key,
        content=content,
        size_gb=size_gb,
        disk_gb=disk_gb,
        storage_class=storage_class,
        region=region or world.region,
        readable=readable,
    )
