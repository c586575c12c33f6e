# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench` on a small scale: all but the exports, without the collections of others."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.huaweicloud.ims.tests.benchmark import clouds, items, measure
from ansible_collections.huaweicloud.ims.tests.benchmark.sizes import Sizes

SMALL = Sizes(loop=1, tasks=1, rounds=1, repeats=1, warm_up=0)


def test_unchanged_images_are_measured(tmp_path: Path) -> None:
    told: list[str] = []
    with (
        (tmp_path / "log").open("w", encoding="utf-8") as log,
        clouds.started(Path(sys.prefix), log, latency=0, time_scale=600, fleet=1) as cloud,
    ):
        found = items.measure(items.Runner(cloud, None, SMALL, log), SMALL, told.append)
        debug = measure.PLAYBOOKS / "debug.yml"
        memory = measure.memory_of(cloud.place, debug, {"count": 1}, log)

    assert found.loop_item.keys() == {"ours", "debug", "ours_as_module", "uri"}
    assert found.loop_item["debug"] < found.loop_item["uri"]
    assert 0 < found.task["plain_requests"] < found.task["ours"]
    assert found.requests_per_image["task"] >= 1
    assert 20e6 < memory.process < memory.tree < 1000e6
    assert 20e6 < memory.tree_once < memory.tree
    assert any("round 1 of 1" in line for line in told)
