# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_outcome
short_description: Summarize the result of an image_batch task
version_added: 0.1.0
description:
  - Computes what the roles P(huaweicloud.ims.golden_image#role) and P(huaweicloud.ims.image_import#role) publish, print and hand on to other
    roles, from the result of their M(huaweicloud.ims.image_batch) task. The playbook C(image_batch) prints it as well. The cloud is not called.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
positional: plan
options:
  _input:
    description:
      - What the task registered. It has C(failed_when) V(false), so that its result is not printed as a whole.
    type: dict
    required: true
  plan:
    description:
      - What P(huaweicloud.ims.golden_image_plan#filter) or P(huaweicloud.ims.image_import_plan#filter) computed for the task.
    type: dict
    required: true
  host:
    description:
      - The host that calls the cloud, for the failure if it is unreachable.
    type: str
    default: localhost
  check_mode:
    description:
      - Whether the task ran in check mode.
    type: bool
    default: false
  retention:
    description:
      - How many images of each family are kept. Empty for all.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Say what became of each image
  ansible.builtin.debug:
    msg: "{{ (made | huaweicloud.ims.image_outcome(plan)).lines }}"
"""

RETURN = r"""
_value:
  description: The outcome.
  type: dict
  contains:
    images:
      description: The images by name, each with C(id), C(kind), C(status), C(changed) and C(msg).
      type: dict
    lines: {description: A line for each image., type: list, elements: str}
    failure: {description: Why the role has to fail; empty if it does not., type: str, sample: ""}
    families: {description: "The O(huaweicloud.ims.image_retention#module:families) of the images; empty after a failure.", type: list, elements: dict}
    result: {description: "The result, as the role P(huaweicloud.ims.image_report#role) takes it.", type: dict}
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.plugin_utils.role_outcome import outcome


def image_outcome(
    result: Mapping[str, Any],
    plan: Mapping[str, Any],
    host: str = "localhost",
    check_mode: bool = False,
    retention: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what became of the images of a plan."""
    return outcome(result, plan, host, check_mode, retention or {})


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"image_outcome": image_outcome}
