# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all seeds together showed: the figures that are printed and written to build/chaos.json."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

# Kinds of violation, and the figures that count them. "stuck" and "unstable": the last runs do not
# converge.
_COUNTED = {
    "twin": "twins",
    "lost": "lost",
    "deleted": "wrongly_deleted",
    "altered": "wrongly_altered",
    "untrue": "untrue_results",
    "traceback": "tracebacks",
    "secret": "secrets",
    "stuck": "stuck",
    "unstable": "unstable",
}
_BAD = (*_COUNTED.values(), "parity_differences")


class Figures:
    """Counts; all zero at the start, so that what was not run is seen as such."""

    def __init__(self) -> None:
        names = ("schedules", *_COUNTED.values(), "parity_pairs", "parity_differences", "kills")
        more = ("told_twins", "simulated_kills", "processes", "tasks", "requests")
        self.counts: Counter[str] = Counter(dict.fromkeys((*names, *more), 0))
        self.pairs: Counter[str] = Counter()
        self.stories: Counter[str] = Counter()
        self.seeds: dict[str, list[int]] = {"schedules": [], "pairs": [], "kills": []}
        self.seconds: dict[str, float] = {}

    def blame(self, layer: str, seed: int, violations: list[str]) -> None:
        for text in violations:
            self.counts[_COUNTED[text.split(":")[0]]] += 1
        if violations:
            self.seeds[layer].append(seed)

    @property
    def failed(self) -> bool:
        return any(self.counts[name] for name in _BAD) or any(self.seeds.values())

    def __str__(self) -> str:
        width = max(len(name) for name in self.counts)
        lines = [f"{name:{width}} {count:>9,}" for name, count in self.counts.items()]
        lines += [f"pairs, {name}: {count}" for name, count in sorted(self.pairs.items())]
        lines += [f"{layer}: {seconds:.0f} s" for layer, seconds in self.seconds.items()]
        lines += [f"bad seeds of {name}: {bad}" for name, bad in self.seeds.items() if bad]
        return "\n".join(lines)

    def save(self, path: Path, **more: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = {
            **self.counts,
            **more,
            "pairs": dict(sorted(self.pairs.items())),
            "stories": dict(sorted(self.stories.items())),
            "bad_seeds": self.seeds,
            "seconds": {name: round(value, 1) for name, value in self.seconds.items()},
        }
        path.write_text(json.dumps(data, indent=2) + "\n")
