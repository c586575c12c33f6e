# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a playbook of one task costs from the start of ansible-playbook to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import IO, Any

from .clouds import Cloud
from .items import Say
from .measure import cpu_of
from .sizes import Sizes

# What our modules need at run time, beside ansible-core.
LIBRARIES = "requests jmespath"


def measure(
    cloud: Cloud,
    playbook: Callable[[str], Path],
    variables: Mapping[str, Any],
    sizes: Sizes,
    log: IO[str],
    say: Say,
) -> dict[str, float]:
    """Return the median CPU seconds by contestant; all take turns. `playbook`: returns that of one
    task, for `ours` and for `debug`."""
    contestants = {"ours": "", "debug": "", "debug_with_imports": LIBRARIES}
    playbooks = {name: playbook(name.partition("_")[0]) for name in contestants}
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(sizes.starts + 1):
        for name, imports in contestants.items():
            taken = cpu_of(cloud.place, playbooks[name], variables, log, imports)
            if turn:  # the first one pays for cold caches
                samples[name].append(taken)
    found = {name: median(values) for name, values in samples.items()}
    say("  " + ", ".join(f"{name} {value:.3f} s of CPU" for name, value in found.items()))
    return found
