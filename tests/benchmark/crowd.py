# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated cloud whose account has many images.

`python -m tests.benchmark.crowd --images N` prints what `python -m tests.simulator` prints, and
serves until it is killed. The simulator is as nasty as by default, but for its limits. Some of the
images are called `old-…`, the others `crowd-…`.
"""

from __future__ import annotations

import argparse
import json
from copy import deepcopy

from ..simulator import Simulator
from ..simulator.clock import RealClock
from ..simulator.seed.images import IMAGE
from ..simulator.server import serve
from ..simulator.world import known_id

# Ten minutes of the cloud in a second.
_FAST = 600.0
_LIMITS = {"image_quota": 100_000, "create_limit": None, "rate_limit": None}
_MINUTE = 60.0


def fill(simulator: Simulator, images: int, old: int) -> None:
    """Add images until the account has so many; `old` of them are called `old-…`."""
    world = simulator.cloud.world
    pattern = world.images[IMAGE]
    for number in range(images - len(world.own_images(pattern.owner))):
        image = deepcopy(pattern)
        kind = "old" if number < old else "crowd"
        image.facets.name = f"{kind}-{number:05d}"
        image.id = known_id(f"image {image.facets.name}")
        image.created += number * _MINUTE
        world.add_image(image)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.benchmark.crowd", description=__doc__)
    parser.add_argument("--images", type=int, required=True, metavar="N")
    parser.add_argument("--old", type=int, required=True, metavar="N", help="so many are old-…")
    parser.add_argument("--fleet", type=int, required=True, metavar="N", help="servers and disks")
    given = parser.parse_args()
    simulator = Simulator(RealClock(_FAST), seed=1, fleet=given.fleet)
    simulator.faults({"switches": _LIMITS})
    fill(simulator, given.images, given.old)
    server = serve(simulator, "127.0.0.1", 0)
    print(json.dumps(simulator.facts(f"http://127.0.0.1:{server.server_port}")), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
