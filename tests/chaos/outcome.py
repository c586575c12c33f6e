# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a schedule showed, and the whole story for who has to understand it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .cloud import Cloud


@dataclass
class Outcome:
    """What a schedule showed."""

    seed: int
    violations: list[str]
    kills: int = 0
    tasks: int = 0
    requests: int = 0
    story: str = ""
    told_duplicates: int = 0
    trace: list[str] = field(default_factory=list)


def trace(seed: int, story: str, cloud: Cloud) -> list[str]:
    """What happened, for a reader: each task with its requests and its result."""
    values = cloud.simulator.cloud.switches.values
    lines = [f"seed {seed}: {story}; store: {cloud.store is not None}"]
    lines.append(f"switches: {values}")
    begun = cloud.events[0].time if cloud.events else 0.0
    marks: dict[int, list[str]] = {}
    for attempt in cloud.attempts:
        marks.setdefault(attempt.first_event, []).append(f"--- {attempt.task.label}: {attempt}")
    for number, event in enumerate(cloud.events):
        lines += marks.pop(number, [])
        query = f"?{event.query}" if event.query else ""
        lines.append(
            f"{event.time - begun:9.1f} {event.task:9} {event.method} {event.path}{query} "
            f"-> {event.outcome}"
        )
    for rest in marks.values():
        lines += rest
    lines += [f"order: {order}" for order in cloud.orders]
    lines += [f"VIOLATION {text}" for text in cloud.violations]
    return lines
