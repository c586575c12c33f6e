# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the third-party libraries of this package, and report missing ones.

Modules import them guarded, so that documentation tools can import every file without them; the
front ends ask here before the first request.
"""

from __future__ import annotations

import traceback
from importlib import import_module
from importlib.util import find_spec

_missing: list[tuple[str, str]] = []
try:
    import_module("requests")
except ImportError:
    _missing.append(("requests", traceback.format_exc()))
# Only lists of images need it, so it is looked for and not loaded; who loads it reports what fails.
if find_spec("jmespath") is None:
    try:
        import_module("jmespath")
    except ImportError:
        _missing.append(("jmespath", traceback.format_exc()))


def report_missing(library: str) -> None:
    """Note that a library which is there cannot be loaded; called where that was tried."""
    if library not in dict(_missing):
        _missing.append((library, traceback.format_exc()))


def missing_libraries() -> list[tuple[str, str]]:
    """Return name and traceback of the failed import for each library that is needed and
    missing."""
    return _missing
