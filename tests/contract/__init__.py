# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract tests: clients written by others drive the simulator over real HTTP.

The vendor's Python SDK packages and openstacksdk are right by definition: where they and the
simulator disagree, the simulator is wrong. The packages are pinned in
tests/requirements/contract.txt.
"""
