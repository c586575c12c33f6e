# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was measured to the figures: each is computed by hand here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.benchmark import fanout, report
from ansible_collections.huaweicloud.ims.tests.benchmark.figures import (
    EXPECTED,
    Fanout,
    Gateway,
    Growth,
    Medians,
    Once,
    medians,
    named,
    ratios,
    ratios_once,
)
from ansible_collections.huaweicloud.ims.tests.benchmark.measure import Memory, Timed
from ansible_collections.huaweicloud.ims.tests.benchmark.sizes import FULL

MEASURED = Medians(
    loop_item={"ours": 0.012, "debug": 0.003, "uri": 0.480, "ec2_ami_info": 1.2},
    task={"ours": 0.036, "debug": 0.020, "plain_requests": 0.004},
    requests_per_image={"loop": 1.0, "task": 1.5},
    fanout={
        "image_batch": Fanout(63, 15),
        "image_wait": Fanout(66, 20),
        "loop": Fanout(6400, 1000),
        "async": Fanout(170, 1200),
        "uri": Fanout(120, 100),
        "ec2_ami": Fanout(70, None),
    },
    longest_job=60,
    start_calls=4.0,
    create_requests=1.5,
    long_fanout=Fanout(315, 30),
    long_job=300,
)
ONCE = Once(
    startup={"ours": 0.9, "debug": 0.6, "debug_with_imports": 0.75},
    memory={
        "loop": {"ours": Memory(105, 150, 130), "debug": Memory(100, 140, 100)},
        "tasks": {"ours": Memory(104, 165, 120), "debug": Memory(100, 150, 100)},
        "batch": {"ours": Memory(140, 182, 150), "debug": Memory(100, 140, 100)},
    },
    growth={
        100: {"image_info": Growth(2, 0.9), "image_retention": Growth(206, 2.0)},
        1_000: {"image_info": Growth(3, 1.0), "image_retention": Growth(207, 2.2)},
        10_000: {"image_info": Growth(21, 1.9), "image_retention": Growth(244, 3.5)},
    },
    gateway=Gateway(makespan=1_386, limit=1_260, requests=2_100),
)


def test_each_figure_is_the_ratio_that_its_name_says() -> None:
    assert ratios(MEASURED) == pytest.approx(
        {
            "loop_item_vs_debug": 4.0,
            "loop_item_vs_fastest_peer": 0.025,
            "task_vs_debug_plus_requests": 1.5,
            "batch_makespan_vs_longest_job": 1.05,
            "batch_makespan_vs_longest_long_job": 1.05,
            "batch_wait_requests_vs_per_image_polling": 0.015,
            "fanout_makespan_vs_longest_job": 1.1,
            "fanout_overhead_vs_start_calls": 1.5,
            "fanout_overhead_vs_create_requests": 4.0,
            "fanout_wait_requests_vs_per_image_polling": 0.02,
            "fanout_wait_requests_vs_uri_until": 0.2,
            "unchanged_image_requests": 1.5,
        }
    )
    assert ratios_once(ONCE) == pytest.approx(
        {
            "startup_vs_debug": 1.5,
            "startup_vs_debug_plus_imports": 1.2,
            "memory_vs_debug": 1.1,
            "memory_once_vs_debug": 1.3,
            "memory_of_batch_vs_debug": 1.4,
            "gateway_makespan_vs_limit": 1.1,
            # From 1 page to 20.
            "growth_image_info_requests_per_page": 1.0,
            "growth_image_retention_requests_per_page": 2.0,
        }
    )


def test_the_fastest_peer_is_the_fastest_that_took_part() -> None:
    without_aws = {name: MEASURED.loop_item[name] for name in ("ours", "debug", "uri")}
    swift_aws = {**MEASURED.loop_item, "ec2_ami_info": 0.120}

    assert ratios(replace(MEASURED, loop_item=without_aws))["loop_item_vs_fastest_peer"] == 0.025
    assert ratios(replace(MEASURED, loop_item=swift_aws))["loop_item_vs_fastest_peer"] == 0.1


def test_figures_at_a_latency_have_it_in_their_names() -> None:
    late = replace(MEASURED, longest_job=33)
    loop = {"loop": Growth(1, 1.0)}
    once = replace(ONCE, growth={n: {**by, **loop} for n, by in ONCE.growth.items()})
    figures = named({0: MEASURED, 120: late}, once)

    assert figures["fanout_makespan_vs_longest_job"] == pytest.approx(1.1)
    assert figures["fanout_makespan_vs_longest_job_120ms"] == pytest.approx(2.0)
    assert "memory_vs_debug" in figures
    assert "memory_vs_debug_120ms" not in figures
    assert set(EXPECTED) <= set(figures)


def test_medians_are_the_middle_of_each_contestant() -> None:
    assert medians({"ours": [9.0, 1.0, 2.0], "debug": [1.0, 2.0]}) == {"ours": 2.0, "debug": 1.5}


def test_the_terminal_shows_what_is_missed() -> None:
    slow = replace(MEASURED, loop_item={**MEASURED.loop_item, "debug": 0.001})

    lines = report.summary({0: slow, 120: slow}, ONCE).splitlines()

    assert any(line.startswith("loop_item_vs_debug ") and "MISSED" in line for line in lines)
    assert any(line.startswith("memory_vs_debug ") and line.endswith(": met") for line in lines)


def test_the_file_holds_the_figures_and_the_medians_behind_them(tmp_path: Path) -> None:
    report.save({0: MEASURED}, ONCE, FULL, tmp_path / "build" / "bench.json")

    saved = json.loads((tmp_path / "build" / "bench.json").read_text("utf-8"))
    assert saved["loop_item_vs_debug"] == 4.0
    assert saved["raw"]["0ms"]["loop_item"] == MEASURED.loop_item
    assert saved["raw"]["once"]["memory"]["loop"]["ours"] == {
        "process": 105,
        "tree": 150,
        "tree_once": 130,
    }
    assert saved["sizes"]["exports"] == 100


def test_the_page_shows_what_was_measured(tmp_path: Path) -> None:
    report.write_page({0: MEASURED, 120: MEASURED}, ONCE, FULL, tmp_path / "README.md")

    page = (tmp_path / "README.md").read_text("utf-8")
    assert "| our module | 12.0 ms | 12.0 ms |" in page
    assert "| a plain loop (extrapolated) | 6,400 s | 1,000 | 6,400 s | 1,000 |" in page
    assert "| a batch, our module | 0.0 MB | 0.0 MB | 0.0 MB |" in page
    assert "| `image_info`, all images | 2 | 0.9 s | 3 | 1.0 s | 21 | 1.9 s |" in page
    assert "`image_batch` took 1,386 s" in page
    assert "$" not in page


def _calls(reads: int, writes: int = 0, *, time: float = 0.0) -> list[dict[str, Any]]:
    def call(method: str, service: str = "ims") -> dict[str, Any]:
        return {"method": method, "service": service, "time": time}

    # The request for a token and the look-up of the project are neither.
    more = [call("POST", "iam"), call("GET", "iam")]
    return [*more, *[call("GET")] * reads, *[call("POST")] * writes]


def test_reads_before_the_create_request_are_no_waiting() -> None:
    disks = [{"method": "GET", "service": "evs", "time": 0.0}] * 10
    batch = fanout.Run(10, [Timed("Export", 100.0, 162.0)], [*_calls(6, 10), *disks])
    separate = fanout.Run(
        10,
        [Timed("Start", 100.0, 103.0), Timed("Wait", 103.0, 163.0)],
        [*_calls(20, 10, time=101.0), *_calls(7, 10, time=110.0)],
    )
    starts = fanout.Run(2, [Timed("Start", 0.0, 1.0)], _calls(6, 2))
    others = {
        "async": fanout.Run(10, [Timed("Start", 0, 9), Timed("Wait", 9, 80)], _calls(130, 10)),
        "loop": fanout.Run(2, [Timed("Export", 0.0, 124.0)], _calls(26, 2)),
        "uri": fanout.Run(10, [Timed("Start", 0, 5), Timed("Wait", 5, 70)], _calls(16, 10)),
    }

    assert fanout.compared(batch, separate, starts, others, 10) == {
        # The first list and the disks come before.
        "image_batch": Fanout(makespan=62.0, waiting_requests=5),
        "image_wait": Fanout(makespan=63.0, waiting_requests=7),
        # 3 reads each before the create request.
        "async": Fanout(makespan=80.0, waiting_requests=100),
        # Two of ten were made: 5 times as long, and 5 times as many.
        "loop": Fanout(makespan=620.0, waiting_requests=100),
        # By hand nothing is looked up before.
        "uri": Fanout(makespan=70.0, waiting_requests=16),
    }
