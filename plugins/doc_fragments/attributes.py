# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules promise of themselves."""

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
    description: Runs in the process of Ansible itself where that is possible, without the second that a module costs.
    details:
      - That is for tasks on the controller (also with C(delegate_to=localhost)) without C(become) and C(async), if the
        required libraries are installed for Ansible itself. All others run as an ordinary module, with the same result.
      - The variable C(huaweicloud_ims_in_process) turns it off where it is V(false).
      - Tasks that wait tell how they are getting on while they run in this way, unless they are under C(no_log) or in check
        mode, or the variable C(huaweicloud_ims_progress) is V(false), or the stdout callback is neither C(default) nor
        derived from it.
  async:
    support: full
    description: Supports being run with the C(async) keyword, also beyond the end of the play (C(poll=0)).
    details:
      - It then runs as an ordinary module. What it has ordered goes on in the cloud even if the task is lost.
  action_group:
    description: Use R(module_defaults, module_defaults_groups) with this group to set the connection options once.
    membership:
      - huaweicloud.ims.all
    support: full
  platform:
    description: The machine that calls the cloud, which is the controller unless the task runs elsewhere.
    platforms: posix
    support: full
"""

    # For modules that make, change or delete images.
    WRITES = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: >-
      All look-ups and checks run, nothing is written; C(changed), C(diff) and C(actions) are those of the real run.
  diff_mode:
    support: full
    description: Shows exactly the managed attributes, before and after.
  idempotent:
    support: full
    description: >-
      An image of that name and source is left as it is, or brought to the wanted attributes in place. One that is
      still being made is waited for, not made again. One that C(max_age) finds too old is created again once.
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: It changes nothing and does the same in check mode.
  diff_mode:
    support: N/A
    description: There is nothing to show a difference of.
  idempotent:
    support: full
    description: It changes nothing.
"""

    # For the module that waits for what others have started.
    WAITS = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: >-
      Looks once and waits for nothing, nothing is written; C(changed), C(diff) and C(actions) are those of the real
      run. What tasks before it have only predicted is taken for started.
  diff_mode:
    support: full
    description: Shows exactly the managed attributes of each image, before and after.
  idempotent:
    support: full
    description: Images that are active, and to which nothing is left to do, are left as they are.
"""
