# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's usual output, derived from it as ansible-runner does for AWX."""

from __future__ import annotations

from ansible.plugins.loader import callback_loader

DOCUMENTATION = """
name: for_people
type: stdout
short_description: Ansible's usual output
description: Derived from it.
extends_documentation_fragment: default_callback
"""

Default = callback_loader.get("default", class_only=True)


class CallbackModule(Default):  # type: ignore[misc, valid-type]
    """The usual one under another name."""

    CALLBACK_NAME = "for_people"
