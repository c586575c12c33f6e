# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.huaweicloud.ims.plugins.plugin_utils.in_process import InProcess


class ActionModule(InProcess, module="image"):
    """The module of the same name, run in Ansible's own process where that is possible."""
