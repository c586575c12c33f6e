# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tools.serve`: runs the simulator until Ctrl-C, and says how to reach it.

Variables: TIME_SCALE is how many times as fast as a real one the cloud works, SEED draws what is
disputed about it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from . import account, environment, places, simulator
from .places import COLLECTIONS, Place


def main() -> int:
    environment.link_collection()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    time_scale = float(os.environ.get("TIME_SCALE") or 60)
    seed = int(os.environ.get("SEED") or 0)
    try:
        with simulator.started(Place(), sys.stderr, time_scale=time_scale, seed=seed) as facts:
            print(told(facts, time_scale), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("\nStopped.")
    finally:
        places.stop_all()
    return 0


def told(facts: Mapping[str, Any], time_scale: float) -> str:
    """Return what a user has to type in another terminal."""
    variables = {**account.variables(facts), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    exports = "\n".join(f"export {name}={value}" for name, value in variables.items())
    return f"""
A simulated cloud runs at {facts["url"]}, {time_scale:g} times as fast as a real one,
until you press Ctrl-C. In another terminal, to use it:

{exports}

Then, for example:

.venv/bin/ansible-playbook huaweicloud.ims.whole_image -e image_name=first -e instance=web-01

What there is: {facts["url"]}/_sim/state. What it was asked: {facts["url"]}/_sim/requests."""


if __name__ == "__main__":
    sys.exit(main())
