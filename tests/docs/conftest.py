# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site as `make docs` has built it, in the browser of tests/browser."""

from __future__ import annotations

from ansible_collections.huaweicloud.ims.tests.browser.conftest import chromium, pages

__all__ = ["chromium", "pages"]
