# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes of the modules: what each of them supports."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
requirements:
  - python >= 3.9
  - requests >= 2.25
  - jmespath >= 0.10
attributes:
  action:
    support: full
    description: Runs inside the Ansible process where possible, which saves the start-up time of a module.
    details:
      - This applies to tasks on the controller (also with C(delegate_to=localhost)) without C(become) and C(async), if the
        required libraries are installed for Ansible itself. All other tasks run as an ordinary module, with the same result.
      - Set the variable C(huaweicloud_ims_in_process) to V(false) to turn it off.
      - >-
        Tasks that run in this way show progress lines while they wait. There are none under C(no_log), in check mode, if the variable
        C(huaweicloud_ims_progress) is V(false), or if the stdout callback is neither C(default) nor derived from it. With V(summary) there are
        no lines about single images of M(huaweicloud.ims.image_batch).
  async:
    support: full
    description: Supports being run with the C(async) keyword, also beyond the end of the play (C(poll=0)).
    details:
      - The task then runs as an ordinary module. The cloud finishes what was requested, even if the task is lost.
  action_group:
    description: Use this group with R(module_defaults, module_defaults_groups) to set the connection options once.
    membership:
      - huaweicloud.ims.all
    support: full
  platform:
    description: The machine that calls the cloud. This is the controller, unless the task runs elsewhere.
    platforms: posix
    support: full
"""

    # For modules that create, change or delete images.
    WRITES = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: >-
      Performs all reads and checks, and writes nothing. C(changed), C(diff) and C(actions) are the same as in the real run.
  diff_mode:
    support: full
    description: Shows exactly the managed attributes, before and after.
  idempotent:
    support: full
    description: >-
      An image of the same name and source is kept; only its managed attributes are changed where they differ. An image that is
      still being created is adopted, not created again. An image older than C(max_age) is replaced once.
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: The module changes nothing, and does the same in check mode.
  diff_mode:
    support: N/A
    description: The module changes nothing, so there is no difference to show.
  idempotent:
    support: full
    description: The module changes nothing.
"""

    # For the module that waits for images that other tasks have started.
    WAITS = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: >-
      Polls once, waits for nothing and writes nothing. C(changed), C(diff) and C(actions) are the same as in the real run. Images that
      earlier tasks only predicted count as started.
  diff_mode:
    support: full
    description: Shows exactly the managed attributes of each image, before and after.
  idempotent:
    support: full
    description: Active images without pending work are left unchanged.
"""
