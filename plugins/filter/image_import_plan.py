# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_import_plan
short_description: Compute the images that the role image_import creates
version_added: 0.1.0
description:
  - Computes the entries for M(huaweicloud.ims.image_batch) from the files of the role P(huaweicloud.ims.image_import#role), the names of the
    images included. The cloud is not called.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
options:
  _input:
    description:
      - The files, as in C(image_import_files) of the role.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the names of the images
  ansible.builtin.debug:
    msg: "{{ (files | huaweicloud.ims.image_import_plan).images }}"
  vars:
    files:
      - image_url: ims-image:data.raw
        type: DataImage
        min_disk: 800
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    problems: {description: "What is wrong with the files, in sentences. The rest is complete only if this is empty.", type: list, elements: str}
    images: {description: The entries for O(huaweicloud.ims.image_batch#module:images)., type: list, elements: dict}
    about: {description: An empty mapping for each image., type: list, elements: dict}
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.plugin_utils.role_plan import plan_imports


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"image_import_plan": plan_imports}
