# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand exports in one task, on a cloud that limits calls as real ones have been seen to: 200
of each API in five minutes.

At the real speed that takes half an hour. So it runs in this process, and the task and the
simulated cloud share one clock, which stands still while one of them works and is set forward when
all threads of the task sleep. Network and computing cost no time then: what is measured is how well
the task uses the limit.
"""

from __future__ import annotations

import math
import os
from importlib import import_module
from typing import Any

import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import TaskOptions

from ..simulator import ManualClock, Simulator
from ..simulator.adapter import SimulatorAdapter
from .clouds import length_rule
from .figures import Gateway
from .items import Say
from .measure import BenchmarkFailure
from .sizes import Sizes

_URL = "http://127.0.0.1:8080"
_MODULE = "ansible_collections.huaweicloud.ims.plugins.modules.image_batch"
_CONNECTION = ("region", "project_id", "access_key", "secret_key", "auth_url", "endpoints")
# Calls of one API, and the seconds in which a user may make so many.
CALLS, WINDOW = 200, 300.0


def measure(sizes: Sizes, say: Say) -> Gateway:
    """Run the batch and return its makespan beside the least that the limit allows. Raises
    BenchmarkFailure if not all images are active at the end."""
    clock = ManualClock()
    cloud = Simulator(clock, seed=1, fleet=sizes.entries)
    limits = {"rate_limit": CALLS, "image_quota": 2 * sizes.entries, "create_limit": None}
    cloud.faults({"switches": limits, "rules": [length_rule(sizes.export_seconds)]})
    begun = clock.now()
    result = _batch(cloud, clock, sizes.entries)
    made = sum(image["status"] == "active" for image in result.get("images", ()))
    if made != sizes.entries:
        raise BenchmarkFailure(f"{made} of {sizes.entries} images: {result.get('msg')}")
    found = Gateway(
        makespan=clock.now() - begun,
        limit=(math.ceil(sizes.entries / CALLS) - 1) * WINDOW + sizes.export_seconds,
        requests=len(cloud.requests),
    )
    say(f"  {found.makespan:.0f} s, at least {found.limit:.0f} s; {found.requests} requests")
    return found


def _batch(cloud: Simulator, clock: ManualClock, entries: int) -> dict[str, Any]:
    facts = cloud.facts(_URL)
    disks = {disk["name"]: disk["id"] for disk in cloud.things("volumes")}
    images = [
        {
            "volume_image_export": {
                "name": f"gateway-{number}",
                "volume": disks[f"fleet-data-{number:02d}"],
            }
        }
        for number in range(1, entries + 1)
    ]
    code = import_module(_MODULE)
    given = {**{name: facts[name] for name in _CONNECTION}, "images": images}
    arguments = ArgumentSpecValidator(code.ARGUMENTS).validate(given).validated_parameters
    session = requests.Session()
    session.mount(_URL, SimulatorAdapter(cloud))
    options = TaskOptions(
        # There is no place for what the tasks of a machine share.
        environ={"TMPDIR": os.devnull},
        on_secret=lambda secret: None,
        clock=clock,
        session=session,
    )
    result: dict[str, Any] = code.through(arguments, options, code.check, code.run)
    return result
