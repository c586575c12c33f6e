# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: golden_image_plan
short_description: Compute the images that the role golden_image creates
version_added: 0.1.0
description:
  - Computes the entries for M(huaweicloud.ims.image_batch) from the options of the role P(huaweicloud.ims.golden_image#role), the names of
    the images and their encrypted copies included. The cloud is not called.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
options:
  _input:
    description:
      - The options of the role without its prefix, C(servers), C(backups), C(disks), C(date), C(name_template), C(image_tags), C(cmk_id),
        C(delete_backup), C(retention) and C(keep). All of them are needed.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the names of the images
  ansible.builtin.debug:
    msg: "{{ (options | huaweicloud.ims.golden_image_plan).images }}"
  vars:
    options:
      servers: [web-01, web-02]
      backups: []
      disks:
        - volume: web-01-data
          force: true
      date: "2026-01-02"
      name_template: "{family}-{date}"
      image_tags: {tier: web}
      cmk_id: ""
      delete_backup: false
      retention: {}
      keep: []
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    problems: {description: "What is wrong with the options, in sentences. The rest is complete only if this is empty.", type: list, elements: str}
    images: {description: The entries for O(huaweicloud.ims.image_batch#module:images)., type: list, elements: dict}
    about:
      description: "What the role knows of each image, in the same order, C(kind) (V(whole), V(export) or V(copy)) and C(family)."
      type: list
      elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.plugin_utils.role_plan import plan_golden_images


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"golden_image_plan": plan_golden_images}
