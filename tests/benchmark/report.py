# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the measurements: build/bench.json, lines for the terminal, a page of the
documentation."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from string import Template
from typing import Any

from .figures import EXPECTED, Fanout, Medians, Once, named
from .sizes import Sizes

_PAGE = Path(__file__).parent / "page.md"
_PROGRAMS = ("ansible-core", "requests", "ansible", "boto3", "moto")


def save(by_latency: Mapping[int, Medians], once: Once, sizes: Sizes, path: Path) -> None:
    """Write the figures, the medians behind them and what they were measured with."""
    data = {
        **{name: round(value, 4) for name, value in sorted(named(by_latency, once).items())},
        "raw": {
            **{f"{latency}ms": asdict(found) for latency, found in by_latency.items()},
            "once": asdict(once),
        },
        "sizes": asdict(sizes),
        "machine": machine(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Return what the figures depend on, but for what else the machine had to do."""
    programs = {}
    for name in _PROGRAMS:
        try:
            programs[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **programs,
    }


def summary(by_latency: Mapping[int, Medians], once: Once) -> str:
    """Return the figures as lines, each with what is expected of it."""
    figures = named(by_latency, once)
    width = max(map(len, figures))
    return "\n".join(
        f"{name:{width}} {value:9.3f}{_judged(name, value)}"
        for name, value in sorted(figures.items())
    )


def _judged(name: str, value: float) -> str:
    if name not in EXPECTED:
        return ""
    limit = EXPECTED[name]
    return f"  at most {limit:g}: {'met' if value <= limit else 'MISSED'}"


def write_page(by_latency: Mapping[int, Medians], once: Once, sizes: Sizes, path: Path) -> None:
    """Write the page of the documentation that shows the figures."""
    facts = machine()
    values = {
        **{name: str(value) for name, value in asdict(sizes).items()},
        "export_seconds": f"{sizes.export_seconds:g}",
        "long_export_seconds": f"{sizes.long_export_seconds:g}",
        "entries": f"{sizes.entries:,}",
        "cores": str(facts["cores"]),
        "programs": ", ".join(
            f"{name} {facts[name]}" for name in ("python", *_PROGRAMS) if name in facts
        ),
        "loop_table": _times({t: m.loop_item for t, m in by_latency.items()}),
        "task_table": _times({t: m.task for t, m in by_latency.items()}),
        "fanout_table": _fanout(by_latency),
        "long_table": _long(by_latency),
        "startup_table": _startup(once),
        "memory_table": _memory(once),
        "growth_table": _growth(once),
        "makespan": f"{once.gateway.makespan:,.0f}",
        "limit": f"{once.gateway.limit:,.0f}",
        "figures_table": _figures(by_latency, once),
    }
    path.write_text(Template(_PAGE.read_text("utf-8")).substitute(values), encoding="utf-8")


_NAMES = {
    "ours": "our module",
    "ours_as_module": "our module, not in the controller",
    "debug": "`ansible.builtin.debug`",
    "uri": "`ansible.builtin.uri`, a GET of the same address",
    "ec2_ami_info": "`amazon.aws.ec2_ami_info`, one image of a local server",
    "plain_requests": "the same requests by `requests`, without Ansible",
    "debug_with_imports": "`debug`, in a process that imports requests and jmespath",
    "image_batch": "`image_batch`",
    "image_wait": "start with `wait: false`, then `image_wait`",
    "async": "`async`, `poll: 0`, then `async_status`",
    "loop": "a plain loop (extrapolated)",
    "ec2_ami": "`amazon.aws.ec2_ami` with `wait: false`, then `ec2_ami_info`; images take no time",
}
_HAND = {**_NAMES, "uri": "`uri` to start, `uri` with `until` to wait"}


def _times(by_latency: Mapping[int, Mapping[str, float]]) -> str:
    names = next(iter(by_latency.values()))
    rows = [
        [_NAMES[name], *(f"{found[name] * 1000:,.1f} ms" for found in by_latency.values())]
        for name in names
    ]
    return _table(["", *(f"at {latency} ms" for latency in by_latency)], rows)


def _fanout(by_latency: Mapping[int, Medians]) -> str:
    names = next(iter(by_latency.values())).fanout
    rows = []
    for name in names:
        row = [_HAND[name]]
        for found in by_latency.values():
            one = found.fanout[name]
            row += [f"{one.makespan:,.0f} s", _polls(one)]
        rows.append(row)
    head = [""]
    for latency in by_latency:
        head += [f"done, at {latency} ms", "requests spent waiting"]
    return _table(head, rows)


def _long(by_latency: Mapping[int, Medians]) -> str:
    rows = [
        [f"at {latency} ms", f"{found.long_fanout.makespan:,.0f} s", _polls(found.long_fanout)]
        for latency, found in by_latency.items()
    ]
    return _table(["", "done", "requests spent waiting"], rows)


def _startup(once: Once) -> str:
    rows = [[_NAMES[name], f"{value:.2f} s"] for name, value in once.startup.items()]
    return _table(["", "CPU"], rows)


_PLAYBOOKS = {"loop": "a loop", "tasks": "separate tasks", "batch": "a batch"}


def _memory(once: Once) -> str:
    rows = [
        [
            f"{_PLAYBOOKS[kind]}, {_NAMES[name]}",
            f"{peak.process / 1e6:.1f} MB",
            f"{peak.tree / 1e6:.1f} MB",
            f"{peak.tree_once / 1e6:.1f} MB",
        ]
        for kind, by in once.memory.items()
        for name, peak in by.items()
        if (kind, name) != ("batch", "debug")  # that of the loop
    ]
    return _table(["", "largest process", "all processes", "shared pages counted once"], rows)


_GROWING = {
    "image_info": "`image_info`, all images",
    "loop": "a loop over unchanged images",
    "image_retention": "`image_retention`, the same number of deletions",
}


def _growth(once: Once) -> str:
    rows = []
    for task in next(iter(once.growth.values())):
        row = [_GROWING[task]]
        for by in once.growth.values():
            row += [f"{by[task].requests:,}", f"{by[task].cpu:.1f} s"]
        rows.append(row)
    head = [""]
    for images in once.growth:
        head += [f"requests, {images:,} images", "CPU"]
    return _table(head, rows)


def _figures(by_latency: Mapping[int, Medians], once: Once) -> str:
    rows = [
        [f"`{name}`", f"{value:.3f}", f"{EXPECTED[name]:g}" if name in EXPECTED else ""]
        for name, value in sorted(named(by_latency, once).items())
    ]
    return _table(["figure", "measured", "at most"], rows)


def _polls(fanout: Fanout) -> str:
    return "" if fanout.waiting_requests is None else f"{fanout.waiting_requests:,.0f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *("---:" for _cell in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
