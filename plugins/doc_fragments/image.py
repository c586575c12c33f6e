# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that all modules that create images share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) ensures that an active image of this name and source exists.
      - >-
        V(absent) ensures that none exists. With only a name it deletes any image of that name; with a source as well, it deletes
        only an image that is proven to be created from that source. It first waits for an image that is still being created.
    type: str
    choices: [present, absent]
    default: present
  if_source_differs:
    description:
      - How to handle an existing image of this name that was created from another source.
      - >-
        V(replace) creates the new image, waits until it is active, and then deletes the existing one. V(keep) returns the
        existing image unchanged.
    type: str
    choices: [fail, replace, keep]
    default: fail
  if_source_unknown:
    description:
      - How to handle an existing image of this name whose source the cloud does not record.
      - V(accept) treats it as the wanted image, with a warning.
    type: str
    choices: [accept, fail]
    default: accept
  max_age:
    description:
      - >-
        The maximum age of the image, for example V(12h) or V(7d); a plain number is in seconds. An older image is replaced. It is
        deleted once the new image is active.
      - >-
        The age is measured by this machine's clock and by the cloud's, and the younger age counts. If the clocks differ by more than 15
        minutes, the task fails instead of replacing the image.
      - If omitted, the image is kept however old it is.
    type: str
  keep_old:
    description:
      - Whether to keep the old image when O(max_age) replaces it.
    type: bool
    default: false
  delete_all:
    description:
      - Whether O(state=absent) may delete several images of the same name.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the image is active.
      - >-
        With V(false) the task ends as soon as the cloud has accepted the create request. Some attributes can be set only once the image
        is active (see RV(pending)). M(huaweicloud.ims.image_wait) sets them, or the next run of the same task.
    type: bool
    default: true
notes:
  - >-
    An image is identified by its name and its source, among all images that the project owns. O(if_source_differs) and
    O(if_source_unknown) choose how to handle an image of another or an unknown source. If an image of an unknown source is accepted,
    RV(source_verified) is V(false).
  - >-
    Where the cloud does not record the source of an image, the module records it on the image as the source tag, the attribute
    C(ansible_ims_source).
  - >-
    If the image is not active at the end of the time limit, the task fails and nothing is deleted. Run the same task again to keep
    waiting for the same image.
"""
