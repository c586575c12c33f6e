# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the third-party libraries of this package, and report missing ones.

Modules import them guarded, so that documentation tools can import every file without them; the
front ends ask here before the first request.
"""

from __future__ import annotations

import traceback

# Imported with this file, once for all workers of a run of Ansible.
_missing: list[tuple[str, str]] = []
try:
    import requests
except ImportError:
    _missing.append(("requests", traceback.format_exc()))
try:
    import jmespath  # noqa: F401
except ImportError:
    _missing.append(("jmespath", traceback.format_exc()))


def missing_libraries() -> list[tuple[str, str]]:
    """Return name and traceback of the failed import for each library that is needed and
    missing."""
    return _missing


def version_of_requests() -> str:
    """Return the version of requests, '' if it is not installed."""
    installed = "requests" not in dict(_missing)
    return str(requests.__version__) if installed else ""
