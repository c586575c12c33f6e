# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where labels of the Ansible documentation are: an inventory for Sphinx, written here.

Sphinx would download one. There are few labels that our pages, and the pages that antsibull-docs
makes of our modules, refer to; one that is not here is a warning, and so stops the build.
"""

from __future__ import annotations

import zlib
from pathlib import Path

URL = "https://docs.ansible.com/ansible/latest/"
# Label, then page and anchor, then title.
LABELS = {
    "action_plugins": ("plugins/action.html#action-plugins", "Action plugins"),
    "common_return_values": (
        "reference_appendices/common_return_values.html#common-return-values",
        "Return Values",
    ),
    "module_defaults_groups": (
        "playbook_guide/playbooks_module_defaults.html#module-defaults-groups",
        "Module defaults groups",
    ),
}
_HEAD = """\
# Sphinx inventory version 2
# Project: Ansible
# Version: latest
# The remainder of this file is compressed using zlib.
"""


def write(path: Path) -> None:
    """Write the inventory in the form of Sphinx' objects.inv, version 2."""
    lines = [f"{label} std:label -1 {place} {title}" for label, (place, title) in LABELS.items()]
    body = "".join(f"{line}\n" for line in lines)
    path.write_bytes(_HEAD.encode() + zlib.compress(body.encode()))
