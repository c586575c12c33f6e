# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How much of everything.

    loop: items of the loop. tasks: separate tasks. exports: images made at once, each in
    export_seconds of the cloud, and once more in long_export_seconds. plain_loop: how many of them
    the plain loop really makes; the rest is extrapolated. rounds: how often everything is measured;
    in each round, what takes milliseconds is measured `repeats` times. warm_up: items that are run
    before that. starts: runs of a playbook of one task. crowds: images of an account. deletions:
    of image_retention in each. entries: of the batch at the gateway's limit.
    """

    loop: int = 50
    tasks: int = 30
    exports: int = 100
    export_seconds: float = 60
    long_export_seconds: float = 300
    plain_loop: int = 1
    rounds: int = 3
    repeats: int = 3
    warm_up: int = 2
    starts: int = 9
    crowds: tuple[int, ...] = (100, 1_000, 10_000)
    deletions: int = 50
    entries: int = 1_000


FULL = Sizes()
# Shows that everything works; the figures mean nothing.
QUICK = Sizes(
    loop=3,
    tasks=3,
    exports=4,
    export_seconds=10,
    long_export_seconds=12,
    rounds=1,
    repeats=1,
    starts=1,
    crowds=(50, 600),
    deletions=3,
    entries=300,
)
