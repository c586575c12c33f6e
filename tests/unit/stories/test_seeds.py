# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the cloud is like where its documents disagree: one image, and then no change.

A seed draws every disputed behaviour of the simulator, so each of these is another cloud.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import PRODUCTION
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .conftest import Cloud, ok
from .kinds import NAME, every_kind, task

SEEDS = range(40)
WANTED: dict[str, Any] = {
    "description": "drawn by lot",
    "min_ram": 1024,
    "max_ram": 8192,
    "enterprise_project_id": PRODUCTION,
    "image_tags": {"tier": "web", "version": "1.2"},
}
TROUBLE: tuple[dict[str, Any], ...] = (
    {"action": "throttle"},
    {"action": "answer", "status": 503},
    {"action": "drop"},
    {"action": "drop", "handled": True},
    {"action": "truncate"},
)


def drawn(seed: int) -> Cloud:
    simulator = Simulator(clock=ManualClock(), seed=seed)
    simulator.faults({"switches": {"disputed": "seeded"}})
    return Cloud(simulator)


def wanted(kind: str, seed: int) -> tuple[str, dict[str, Any]]:
    """The task asks for some of the attributes, another selection with each seed."""
    chosen = random.Random(seed).sample(sorted(WANTED), k=seed % (len(WANTED) + 1))
    return task(kind, **{name: WANTED[name] for name in chosen})


@every_kind
@pytest.mark.parametrize("seed", SEEDS)
def test_one_image_is_made_and_then_nothing_changes(kind: str, seed: int) -> None:
    cloud = drawn(seed)
    module, arguments = wanted(kind, seed)
    predicted = cloud.run(module, check_mode=True, **arguments)
    assert cloud.writes() == []

    first = ok(cloud.run(module, **arguments))

    assert first["changed"]
    assert first["warnings"] == []
    for key in ("changed", "diff", "actions", "resumed"):
        assert predicted[key] == first[key]
    [image] = cloud.images(NAME)
    assert image["status"] == "active"
    assert first["image_id"] == image["id"]
    # Where exports are published under v2 only, v3 says so first.
    unpublished = cloud.simulator.cloud.switches["v3_export"] == "absent"
    assert len(cloud.creates()) == (2 if kind == "disk" and unpublished else 1)
    for name in WANTED.keys() & arguments.keys():
        assert image["tags" if name == "image_tags" else name] == arguments[name]

    assert cloud.unchanged(module, **arguments)["image_id"] == first["image_id"]


@every_kind
@pytest.mark.parametrize("seed", SEEDS[::4])
def test_broken_off_and_troubled_it_is_still_one_image(kind: str, seed: int) -> None:
    """Runs that have too little time, on a line that is bad, until one succeeds."""
    cloud = drawn(seed)
    lot = random.Random(seed)
    bad_line = [{**fault, "method": "GET", "probability": 0.05} for fault in TROUBLE]
    cloud.rules(*bad_line)
    module, arguments = wanted(kind, seed)

    for _attempt in range(60):
        result = cloud.run(module, wait_timeout=lot.randint(60, 240), **arguments)
        if not result.get("failed"):
            break
        cloud.clock.advance(lot.uniform(5, 60))

    assert not result.get("failed"), result["msg"]
    [image] = cloud.images(NAME)
    assert image["status"] == "active"
    assert image["tags"] == arguments.get("image_tags", {})
    cloud.simulator.rules.clear()
    assert not cloud.run(module, **arguments)["changed"]
