# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic: from medians to the ratios that are promised, and what is expected of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from .measure import Memory

# The modules of others that read an image.
PEERS = ("uri", "ec2_ami_info")
# The images on a page of a list.
PAGE = 500


@dataclass(frozen=True)
class Fanout:
    """Many exports at once. makespan: seconds until the last is active. waiting_requests: how often
    it was polled whether they are; None where that cannot be compared."""

    makespan: float
    waiting_requests: float | None


@dataclass(frozen=True)
class Growth:
    """A task in an account with so many images: its requests, and the CPU seconds of the run."""

    requests: int
    cpu: float


@dataclass(frozen=True)
class Gateway:
    """A batch on a cloud that limits calls: seconds until the last image is active, the least that
    the limit allows, and the requests of the task."""

    makespan: float
    limit: float
    requests: int


@dataclass(frozen=True)
class Medians:
    """What was measured at one latency. Times in seconds.

    loop_item: an item of a loop, by contestant. task: a task of its own, by contestant.
    requests_per_image: those of our module, in the loop and as tasks. fanout: by contestant.
    longest_job: the longest export. long_fanout, long_job: the batch with longer exports.
    start_calls: what the requests of our start task take a plain program; create_requests: the part
    of it that are POSTs.
    """

    loop_item: Mapping[str, float]
    task: Mapping[str, float]
    requests_per_image: Mapping[str, float]
    fanout: Mapping[str, Fanout]
    longest_job: float
    start_calls: float
    create_requests: float
    long_fanout: Fanout
    long_job: float


@dataclass(frozen=True)
class Once:
    """What was measured at 0 ms only. startup: CPU seconds of a run, by contestant. memory: by
    playbook and contestant. growth: by images of the account and by task."""

    startup: Mapping[str, float]
    memory: Mapping[str, Mapping[str, Memory]]
    growth: Mapping[int, Mapping[str, Growth]]
    gateway: Gateway


def medians(samples: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: median(values) for name, values in samples.items()}


def ratios(found: Medians) -> dict[str, float]:
    """Return the figures of one latency by their names in build/bench.json."""
    loop, task, fanout = found.loop_item, found.task, found.fanout
    batch, separate = fanout["image_batch"], fanout["image_wait"]
    # The same module, each image polled by a task of its own.
    polling = min(_polls(fanout[name]) for name in ("async", "loop"))
    overhead = separate.makespan - found.longest_job
    return {
        "loop_item_vs_debug": loop["ours"] / loop["debug"],
        "loop_item_vs_fastest_peer": loop["ours"] / min(loop[n] for n in PEERS if n in loop),
        "task_vs_debug_plus_requests": task["ours"] / (task["debug"] + task["plain_requests"]),
        "batch_makespan_vs_longest_job": batch.makespan / found.longest_job,
        "batch_makespan_vs_longest_long_job": found.long_fanout.makespan / found.long_job,
        "batch_wait_requests_vs_per_image_polling": _polls(batch) / polling,
        "fanout_makespan_vs_longest_job": separate.makespan / found.longest_job,
        "fanout_overhead_vs_start_calls": overhead / found.start_calls,
        "fanout_overhead_vs_create_requests": overhead / found.create_requests,
        "fanout_wait_requests_vs_per_image_polling": _polls(separate) / polling,
        "fanout_wait_requests_vs_uri_until": _polls(separate) / _polls(fanout["uri"]),
        "unchanged_image_requests": max(found.requests_per_image.values()),
    }


def ratios_once(found: Once) -> dict[str, float]:
    """Return the figures that do not depend on the latency."""
    startup, batch = found.startup, {"batch": found.memory["batch"]}
    single = {kind: by for kind, by in found.memory.items() if kind != "batch"}
    return {
        "startup_vs_debug": startup["ours"] / startup["debug"],
        "startup_vs_debug_plus_imports": startup["ours"] / startup["debug_with_imports"],
        "memory_vs_debug": worst_ratio(single, ("process", "tree")),
        "memory_once_vs_debug": worst_ratio(single, ("tree_once",)),
        "memory_of_batch_vs_debug": worst_ratio(batch, ("process", "tree")),
        "gateway_makespan_vs_limit": found.gateway.makespan / found.gateway.limit,
        **{
            f"growth_{task}_requests_per_page": _requests_per_page(found.growth, task)
            for task in next(iter(found.growth.values()))
        },
    }


def _polls(fanout: Fanout) -> float:
    if fanout.waiting_requests is None:
        raise ValueError("its polls were not counted")
    return fanout.waiting_requests


def _requests_per_page(growth: Mapping[int, Mapping[str, Growth]], task: str) -> float:
    """Return how many requests more a task needs for each page that the list of images is longer,
    between the smallest and the largest account. The number of deletions is the same in both."""
    few, many = min(growth), max(growth)
    more = growth[many][task].requests - growth[few][task].requests
    return more / (math.ceil(many / PAGE) - math.ceil(few / PAGE))


def worst_ratio(memory: Mapping[str, Mapping[str, Memory]], kinds: Iterable[str]) -> float:
    """Return the worst, of all playbooks and these kinds of peaks, of ours to that of debug."""
    return max(
        float(getattr(by["ours"], kind) / getattr(by["debug"], kind))
        for by in memory.values()
        for kind in kinds
    )


def named(by_latency: Mapping[int, Medians], once: Once) -> dict[str, float]:
    """Return the figures of all latencies; those above 0 ms have it at the end of their names."""
    return {
        **ratios_once(once),
        **{
            name if latency == 0 else f"{name}_{latency}ms": value
            for latency, found in by_latency.items()
            for name, value in ratios(found).items()
        },
    }


# The most that each figure should be.
EXPECTED = {
    "loop_item_vs_debug": 6.0,
    "loop_item_vs_fastest_peer": 1 / 20,
    "loop_item_vs_fastest_peer_120ms": 1 / 20,
    "task_vs_debug_plus_requests": 1.4,
    "task_vs_debug_plus_requests_120ms": 1.4,
    "batch_makespan_vs_longest_job": 1.15,
    "batch_makespan_vs_longest_job_120ms": 1.15,
    "batch_makespan_vs_longest_long_job": 1.1,
    "batch_makespan_vs_longest_long_job_120ms": 1.1,
    "batch_wait_requests_vs_per_image_polling": 1 / 20,
    "batch_wait_requests_vs_per_image_polling_120ms": 1 / 20,
    "fanout_makespan_vs_longest_job": 1.1,
    "fanout_overhead_vs_start_calls_120ms": 1.2,
    "fanout_wait_requests_vs_per_image_polling": 1 / 20,
    "fanout_wait_requests_vs_per_image_polling_120ms": 1 / 20,
    "startup_vs_debug_plus_imports": 1.15,
    "memory_vs_debug": 1.15,
    "memory_of_batch_vs_debug": 1.5,
    "gateway_makespan_vs_limit": 1.2,
    "growth_image_info_requests_per_page": 1.1,
    "growth_loop_requests_per_page": 1.1,
    # One list to decide, one to see that the images are gone.
    "growth_image_retention_requests_per_page": 2.1,
}
