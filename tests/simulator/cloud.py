# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud behind the gateway: its clock, its world, its switches, one lock around all."""

from __future__ import annotations

import random
import threading

from .clock import Clock
from .seed import FLEET, REGION, initial_world
from .switches import Switches
from .world import World


class Cloud:
    """State that handlers work on; they run with `lock` held and the world settled."""

    def __init__(
        self, clock: Clock, seed: int, tame: bool, fleet: int = FLEET, region: str = REGION
    ) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.seed = seed
        self.fleet = fleet
        self.region = region
        self.switches = Switches(tame=tame)
        self.world: World = initial_world(seed, clock.now(), fleet, region)
        self.rng = random.Random(f"cloud:{seed}")

    def reset(self, seed: int, tame: bool) -> None:
        """A world and switches as they were at the start; the clock runs on."""
        self.seed = seed
        self.switches = Switches(tame=tame)
        self.world = initial_world(seed, self.clock.now(), self.fleet, self.region)
        self.rng = random.Random(f"cloud:{seed}")

    def takes(self, seconds: float) -> float:
        """How long something lasts here that takes a real cloud so many seconds."""
        return seconds / self.clock.scale

    def delay(self, switch: str) -> float:
        """A draw of the seconds that `switch` allows, as long as they last here."""
        return self.takes(self.switches.between(switch, self.rng))
