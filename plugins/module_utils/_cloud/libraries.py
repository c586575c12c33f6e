# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third-party libraries of the layer, and what to say when one is not installed.

Modules that use them import them from their own places, guarded, so that documentation tools can
import every file without them; the front ends ask here before the first request.
"""

from __future__ import annotations

import traceback


def missing_libraries() -> list[tuple[str, str]]:
    """(name, traceback of the failed import) for each library that is needed and not there."""
    missing = []
    try:
        import requests  # noqa: F401
    except ImportError:
        missing.append(("requests", traceback.format_exc()))
    try:
        import jmespath  # noqa: F401
    except ImportError:
        missing.append(("jmespath", traceback.format_exc()))
    return missing


def version_of_requests() -> str:
    """For whoever tells what is in use; '' if it is not installed."""
    try:
        import requests
    except ImportError:
        return ""
    return str(requests.__version__)
