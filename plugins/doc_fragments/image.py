# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module has which makes an image."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) makes sure that an active image of this name and source exists.
      - >-
        V(absent) makes sure that none does. With the name alone any image of that name goes; with a source given too,
        only one that is proved to be made from it. One that is still being made is waited for first.
    type: str
    choices: [present, absent]
    default: present
  if_source_differs:
    description:
      - What to do when an image of this name was made from something else.
      - >-
        V(replace) makes the wanted image, waits until it is active, and deletes the other then. V(keep) leaves the
        other as it is and returns it.
    type: str
    choices: [fail, replace, keep]
    default: fail
  if_source_unknown:
    description:
      - What to do when an image of this name is there and the cloud does not tell what it was made from.
      - V(accept) takes it for the wanted one, with a warning.
    type: str
    choices: [accept, fail]
    default: accept
  max_age:
    description:
      - >-
        The age from which an image is created again, for example V(12h) or V(7d); a number alone is in seconds. The old
        one is deleted once the new one is active.
      - >-
        The younger of the ages by this machine's clock and by the cloud's counts. Where the two differ by more than 15
        minutes the task fails instead of replacing an image.
      - Any age will do if omitted.
    type: str
  keep_old:
    description:
      - Whether the old image stays when O(max_age) makes a new one.
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
        With V(false) the task ends as soon as the cloud has taken the order. What the cloud takes only once the image
        is active (see RV(pending)) is set by M(huaweicloud.ims.image_wait), or by the next run of the same task.
    type: bool
    default: true
notes:
  - >-
    An image is recognised by its name and its source, among all images that the project owns. What is to become of one
    of another source, or of one whose source the cloud does not tell, say O(if_source_differs) and
    O(if_source_unknown); an accepted one is returned with RV(source_verified=false).
  - >-
    The source is noted on images that do not tell it themselves, in an extra attribute C(ansible_ims_source).
  - >-
    When the time is over before the image is active, the task fails and nothing is deleted: the same task, run again,
    goes on waiting for the same image.
"""
