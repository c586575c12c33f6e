# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of the software that runs a task."""

from __future__ import annotations

import platform
from importlib import import_module

from ansible.module_utils.ansible_release import __version__ as ansible_core

# That of galaxy.yml, which is not there where a module runs.
COLLECTION = "0.1.0"


def versions() -> dict[str, str]:
    """Return the versions by name, '' for a library that cannot be loaded."""
    return {
        "collection": COLLECTION,
        "ansible_core": ansible_core,
        "python": platform.python_version(),
        **{library: _version(library) for library in ("requests", "jmespath")},
    }


def _version(library: str) -> str:
    try:
        return str(getattr(import_module(library), "__version__", ""))
    except ImportError:
        return ""
