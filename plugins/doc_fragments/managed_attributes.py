# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed attributes of an image, for the modules that create and those that change images."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  description:
    description:
      - The description of the image. At most 1024 characters, without line breaks, V(<) and V(>).
      - Not managed if omitted; the empty string clears it.
    type: str
  min_ram:
    description:
      - The minimum memory of servers created from the image, in MB. V(0) means no limit. Not managed if omitted.
    type: int
  max_ram:
    description:
      - The maximum memory of servers created from the image, in MB. V(0) means no limit. Not managed if omitted.
    type: int
  enterprise_project_id:
    description:
      - The ID of the enterprise project of the image; V(0) is the default project. Not managed if omitted.
    type: str
  image_tags:
    description:
      - The tags of the image, as a mapping or as the list of C({key, value}) that the API accepts.
      - A string with either form, as JSON or as a Python literal, is accepted as well. A template with a variable as a key produces one.
      - Keys and values are text. Integers are converted to text; put booleans and decimal numbers in quotes.
      - >-
        At most 10 tags. A key has 1 to 36 characters, a value 0 to 43. Neither may contain C(= * < > \ , | /) or have leading or
        trailing spaces. Most regions of Huawei Cloud accept only letters, digits, V(_), V(-) and, in values, V(.).
      - Not managed if omitted; V({}) removes all tags. Tags of the cloud itself (C(_sys)) are never changed.
    type: raw
  tags:
    description:
      - >-
        The tags in the older form of the API, a list of C(key.value). The first dot separates key and value. For a key that
        contains a dot use O(image_tags).
      - Mutually exclusive with O(image_tags), unless one of them is empty.
      - A mapping is refused; use O(image_tags) for it.
    type: list
    elements: str
  purge_tags:
    description:
      - Whether to remove tags that are not given. With V(false) tags are only added and changed.
    type: bool
    default: true
"""
