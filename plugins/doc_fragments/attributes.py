# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules promise of themselves."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
requirements:
  - requests >= 2.25
  - jmespath >= 0.10
attributes:
  async:
    support: full
    description: Supports being run with the C(async) keyword.
  action_group:
    description: Use R(module_defaults, module_defaults_groups) with this group to set the connection options once.
    membership:
      - huaweicloud.ims.all
    support: full
  platform:
    description: Where the module runs.
    platforms: all
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
      still being made is waited for, not made again.
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
