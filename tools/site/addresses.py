# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the collection is published: galaxy.yml is the only place that says so."""

from __future__ import annotations

import yaml

from ..places import ROOT


def of_collection() -> dict[str, str]:
    """The addresses in galaxy.yml, by the names of its keys. Empty as long as there is no public
    repository; Galaxy takes no collection without one."""
    known = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    keys = ("repository", "documentation", "homepage", "issues")
    return {key: known[key] for key in keys if known.get(key)}
