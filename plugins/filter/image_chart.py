# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_chart
short_description: Compute the chart of a report about images
version_added: 0.1.0
description:
  - Computes what a report about images shows, from what tasks registered. The role P(huaweicloud.ims.image_report#role) draws it as an
    HTML page; use the filter for a page of your own.
  - All text in the result is escaped for HTML. Do not escape it again.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
positional: written
options:
  _input:
    description:
      - What tasks of M(huaweicloud.ims.image_batch), M(huaweicloud.ims.image_wait) and M(huaweicloud.ims.image_retention) registered, of
        any number of them. The results of a loop count as those of its tasks.
      - An image that several of them waited for is shown once.
    type: list
    elements: dict
    required: true
  written:
    description:
      - When the report is written, in UTC, for example V(2026-01-02T01:19:04Z).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say in a sentence how it went
  ansible.builtin.debug:
    msg: "{{ ([waited] | huaweicloud.ims.image_chart(now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ'))).headline }}"
"""

RETURN = r"""
_value:
  description:
    - Text, escaped for HTML, in lists and dictionaries.
  type: dict
  contains:
    headline: {description: The outcome in a sentence., type: str, sample: "1 of 3 images failed"}
    tone: {description: "How it went, V(good), V(bad), V(open) (not finished) or V(calm) (nothing to do).", type: str, sample: bad}
    date: {description: The date of the run., type: str, sample: "2026-01-02"}
    when: {description: When and where the run was., type: str, sample: "2026-01-02, 01:00:04 to 01:09:05 UTC. Region eu-de"}
    figures: {description: "Numbers of the head, each with C(tone), C(label) and C(number).", type: list, elements: dict}
    remark: {description: What ended the run before its time and what to do; else empty., type: str, sample: ""}
    cases:
      description:
        - What failed, is not finished or could not be deleted. Each section has C(mark), C(title), C(tone) and C(cases), and each of those
          C(name), C(source), C(reasons), C(remedy) and C(ids).
      type: list
      elements: dict
    chart:
      description:
        - The timeline, null if nothing has a time. It has C(legend), C(marks) of the time axis and C(rows), whose C(bars) have C(pattern),
          C(left) and C(width) (percent of the axis).
      type: dict
    images: {description: "The new images, each with what the table shows of it.", type: list, elements: dict}
    older: {description: "The older images, each with what the table shows of it.", type: list, elements: dict}
    written: {description: When the report was written., type: str, sample: "2026-01-02, 01:19:04 UTC"}
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.decode import parse_time
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.escaped import escaped
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.report_chart import Report, chart
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.report_results import (
    UnusableResult,
    read_results,
)


def image_chart(results: Any, written: str) -> Any:
    """Return the chart of the results, every text escaped. Raises AnsibleFilterError."""
    time = parse_time(written)
    if time is None:
        raise AnsibleFilterError(f"written is not a time such as 2026-01-02T01:19:04Z: {written!r}")
    try:
        entries, old = read_results(results)
    except UnusableResult as error:
        raise AnsibleFilterError(str(error)) from error
    return escaped(chart(Report(entries, old, time)))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"image_chart": image_chart}
