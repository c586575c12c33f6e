# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plot for the documentation, as SVG and as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt

from .figures import Medians

_ITEMS = {
    "debug": "debug",
    "ours": "huaweicloud.ims",
    "ours_as_module": "huaweicloud.ims,\nas a module",
    "uri": "uri",
    "ec2_ami_info": "amazon.aws.\nec2_ami_info",
}
_FANOUT = {
    "image_batch": "image_batch",
    "image_wait": "start,\nthen image_wait",
    "uri": "uri with until",
    "async": "async, then\nasync_status",
    "loop": "a plain loop\n(extrapolated)",
    "ec2_ami": "amazon.aws.ec2_ami\n(images take no time)",
}
_COLOURS = ("#9aa5b1", "#c7000b")
_SLOW = ("#dfe3e8", "#e88a8f")


def draw(by_latency: Mapping[int, Medians], exports: int, folder: Path) -> list[Path]:
    """Write speed.svg and speed.png into the folder and return their paths."""
    # Text stays text, and the same figures give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "huaweicloud.ims"})
    figure, axes = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    longest = next(iter(by_latency.values())).longest_job
    _bars(
        axes[0],
        _ITEMS,
        {t: {n: v * 1000 for n, v in m.loop_item.items()} for t, m in by_latency.items()},
        "An unchanged image in a loop\nms per item (logarithmic)",
        ours=("ours",),
    )
    _bars(
        axes[1],
        _FANOUT,
        {t: {n: f.makespan for n, f in m.fanout.items()} for t, m in by_latency.items()},
        f"{exports} exports of {longest:g} s\nseconds to the end (dotted: one export)",
        ours=("image_batch", "image_wait"),
    )
    axes[1].axvline(longest, color="black", linewidth=0.8, linestyle=":")
    _bars(
        axes[2],
        _FANOUT,
        {t: _waiting_requests(m) for t, m in by_latency.items()},
        f"{exports} exports of {longest:g} s\nrequests spent waiting",
        ours=("image_batch", "image_wait"),
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "speed.svg", folder / "speed.png"]
    figure.savefig(paths[0], metadata={"Date": None})
    figure.savefig(paths[1], dpi=110, metadata={"Software": None})
    plt.close(figure)
    return paths


def _waiting_requests(found: Medians) -> dict[str, float]:
    counts = {name: one.waiting_requests for name, one in found.fanout.items()}
    return {name: count for name, count in counts.items() if count is not None}


def _bars(
    axes: Any,
    names: Mapping[str, str],
    values: Mapping[int, Mapping[str, float]],
    title: str,
    *,
    ours: Sequence[str],
) -> None:
    """Horizontal bars on a logarithmic scale: a group for each name, a bar for each latency."""
    shown = [name for name in names if name in next(iter(values.values()))]
    height = 0.8 / len(values)
    for place, (latency, found) in enumerate(values.items()):
        colours = _SLOW if latency else _COLOURS
        bars = axes.barh(
            [row + (place - (len(values) - 1) / 2) * height for row in range(len(shown))],
            [found[name] for name in shown],
            height,
            color=[colours[name in ours] for name in shown],
        )
        labels = [f"{_rounded(found[name])}  (at {latency} ms)" for name in shown]
        axes.bar_label(bars, labels, padding=3, fontsize=7.5)
    axes.set_yticks(range(len(shown)), [names[name] for name in shown], fontsize=9)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_title(title, fontsize=10, loc="left")
    most = max(value for found in values.values() for value in found.values())
    axes.set_xlim(1, most * 25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="x", labelsize=8)


def _rounded(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
