# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic: from medians to the ratios that are promised, and what is expected of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from .measure import Memory

# The modules of others that look at an image.
PEERS = ("uri", "ec2_ami_info")


@dataclass(frozen=True)
class Fanout:
    """Many exports at once. makespan: seconds until the last is done. waiting_requests: how often
    it was looked whether they are."""

    makespan: float
    waiting_requests: float


@dataclass(frozen=True)
class Medians:
    """What was measured at one latency. Times in seconds.

    loop_item: an item of a loop, by contestant. task: a task of its own, by contestant.
    requests_per_image: those of our module, in the loop and as tasks. memory: by playbook and
    contestant. fanout: by contestant. longest_job: the longest export. start_calls: what the
    requests of our start task take a plain program; orders: the part of it that are POSTs.
    """

    loop_item: Mapping[str, float]
    task: Mapping[str, float]
    requests_per_image: Mapping[str, float]
    memory: Mapping[str, Mapping[str, Memory]]
    fanout: Mapping[str, Fanout]
    longest_job: float
    start_calls: float
    orders: float


def medians(samples: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: median(values) for name, values in samples.items()}


def ratios(found: Medians) -> dict[str, float]:
    """Return the figures of one latency by their names in build/bench.json."""
    loop, task, fanout = found.loop_item, found.task, found.fanout
    ours = fanout["image_wait"]
    figures = {
        "loop_item_vs_debug": loop["ours"] / loop["debug"],
        "loop_item_vs_fastest_peer": loop["ours"] / min(loop[n] for n in PEERS if n in loop),
        "task_vs_debug_plus_requests": task["ours"] / (task["debug"] + task["plain_requests"]),
        "fanout_makespan_vs_longest_job": ours.makespan / found.longest_job,
        "fanout_overhead_vs_start_calls": (ours.makespan - found.longest_job) / found.start_calls,
        "fanout_overhead_vs_orders": (ours.makespan - found.longest_job) / found.orders,
        # The same module, each image polled by a task of its own.
        "fanout_wait_requests_vs_per_image_polling": ours.waiting_requests
        / min(fanout[name].waiting_requests for name in ("async", "loop")),
        "fanout_wait_requests_vs_uri_until": ours.waiting_requests / fanout["uri"].waiting_requests,
        "unchanged_image_requests": max(found.requests_per_image.values()),
    }
    if found.memory:
        figures["memory_vs_debug"] = worst_ratio(found.memory, ("process", "tree"))
        figures["memory_once_vs_debug"] = worst_ratio(found.memory, ("tree_once",))
    return figures


def worst_ratio(memory: Mapping[str, Mapping[str, Memory]], kinds: Iterable[str]) -> float:
    """Return the worst, of all playbooks and these kinds of peaks, of ours to that of debug."""
    return max(
        float(getattr(by["ours"], kind) / getattr(by["debug"], kind))
        for by in memory.values()
        for kind in kinds
    )


def named(by_latency: Mapping[int, Medians]) -> dict[str, float]:
    """Return the figures of all latencies; those above 0 ms have it at the end of their names."""
    return {
        name if latency == 0 else f"{name}_{latency}ms": value
        for latency, found in by_latency.items()
        for name, value in ratios(found).items()
    }


# The most that each figure is to be.
EXPECTED = {
    "loop_item_vs_debug": 6.0,
    "loop_item_vs_fastest_peer": 1 / 20,
    "loop_item_vs_fastest_peer_120ms": 1 / 20,
    "task_vs_debug_plus_requests": 1.6,
    "task_vs_debug_plus_requests_120ms": 1.6,
    "fanout_makespan_vs_longest_job": 1.1,
    "fanout_overhead_vs_start_calls_120ms": 1.2,
    "fanout_wait_requests_vs_per_image_polling": 1 / 20,
    "fanout_wait_requests_vs_per_image_polling_120ms": 1 / 20,
    "memory_vs_debug": 1.15,
}
