# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The initial world: what the documents' examples name, and plenty to make mistakes with."""

from __future__ import annotations

from ..world import World
from . import buckets, identity, images, public, servers

REGION = "eu-west-101"


# How many servers, each with a disk and a backup, the fleet has.
FLEET = 30


def initial_world(seed: int, now: float, fleet: int = FLEET, region: str = REGION) -> World:
    """A fresh world at the cloud's time `now`; only secrets and new ids depend on `seed`."""
    world = World(region, seed)
    identity.fill(world)
    servers.fill(world, now, fleet)
    images.fill(world, now)
    public.fill(world, now)
    buckets.fill(world)
    return world
