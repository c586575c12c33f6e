# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is to look like, for the modules that make and those that change one."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  description:
    description:
      - What the image is for. At most 1024 characters, without line breaks, V(<) and V(>).
      - Not managed if omitted; the empty string clears it.
    type: str
  min_ram:
    description:
      - The least memory of servers made of the image, in MB. V(0) means no limit. Not managed if omitted.
    type: int
  max_ram:
    description:
      - The most memory of servers made of the image, in MB. V(0) means no limit. Not managed if omitted.
    type: int
  enterprise_project_id:
    description:
      - The enterprise project of the image, V(0) for the default one. Not managed if omitted.
    type: str
  image_tags:
    description:
      - The tags of the image, as a mapping, or as the list of C({key, value}) that the API takes.
      - Text that holds either, as JSON or as a Python literal, is accepted as well. A template with a variable as a key is such text.
      - Keys are text; put V(true) and V(null) in quotes.
      - >-
        At most 10. A key has 1 to 36 characters, a value 0 to 43, none of them C(= * < > \ , | /), and no space at the ends. Most
        regions of Huawei Cloud accept only letters, digits, V(_), V(-) and, in values, V(.).
      - Not managed if omitted; V({}) removes all. Tags of the cloud itself (C(_sys)) are never touched.
    type: raw
  tags:
    description:
      - >-
        The same in the API's old form, a list of C(key.value). The first dot splits, so a key that contains a dot needs
        O(image_tags).
      - Use either this or O(image_tags). One of them may be empty beside the other.
      - A mapping is refused here; it belongs to O(image_tags).
    type: list
    elements: str
  purge_tags:
    description:
      - Whether tags that are not given are removed. With V(false) tags are only added and changed.
    type: bool
    default: true
"""
