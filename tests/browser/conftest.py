# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people see, in headless Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from ansible_collections.huaweicloud.ims.tests.browser.pages import Pages
from ansible_collections.huaweicloud.ims.tools import browser
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser with a fresh profile. Without one, tests are skipped, and fail under CI."""
    reason = os.environ.get("NO_CHROMIUM", "`make browser` would fetch one")
    try:
        path = browser.find()
    except browser.NoBrowser as error:
        path, reason = None, str(error)
    if path is None:
        (pytest.fail if browser.required() else pytest.skip)(f"There is no Chromium: {reason}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path,
            args=browser.arguments(),
            chromium_sandbox="--no-sandbox" not in browser.arguments(),
        )
        yield started
        started.close()


@pytest.fixture
def pages(chromium: Browser) -> Iterator[Pages]:
    """Opens pages. The test fails in the end if something went wrong in one of them."""
    opened = Pages(chromium)
    yield opened
    opened.close()
    assert opened.troubles == []
