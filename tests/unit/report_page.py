# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as the role image_report renders it, without a play around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.filter.image_chart import FilterModule
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.timeline import Entry
from jinja2 import Environment, StrictUndefined

TEMPLATE = Path(__file__).parents[2] / "roles" / "image_report" / "templates" / "report.html.j2"
WRITTEN = "2026-01-02T01:19:04Z"


def environment() -> Environment:
    """Jinja with the settings of `ansible.builtin.template`, which escapes nothing."""
    made = Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
    )
    filters = FilterModule().filters()
    made.filters.update({f"huaweicloud.ims.{name}": found for name, found in filters.items()})
    return made


def render(results: Iterable[Mapping[str, Any]], written: str = WRITTEN) -> str:
    """The page of what tasks registered."""
    template = environment().from_string(TEMPLATE.read_text("utf-8"))
    return template.render(image_report_results=list(results), now=lambda **_arguments: written)


def waited(*entries: Entry) -> dict[str, Any]:
    """What image_wait registers of entries of its timeline, as far as the report reads it."""
    return {"changed": True, "timeline": [entry.to_result() for entry in entries]}


def pruned(*images: Mapping[str, Any]) -> dict[str, Any]:
    """What image_retention registers, as far as the report reads it."""
    return {"changed": True, "images": list(images)}
