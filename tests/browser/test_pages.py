# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What looks at the pages sees what is wrong with them."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.tests.browser.pages import (
    PHONE,
    Pages,
    contrasts,
    sideways,
)
from playwright.sync_api import Browser

# Nobody answers at this address (RFC 5737).
ELSEWHERE = "http://192.0.2.1"


@pytest.fixture
def critic(chromium: Browser) -> Iterator[Pages]:
    """Opens pages that something is wrong with."""
    opened = Pages(chromium)
    yield opened
    opened.close()


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            """Nobody reads it."""

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _page(folder: Path, body: str, head: str = "") -> Path:
    path = folder / "page.html"
    head = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>x</title>{head}'
    path.write_text(f'{head}<link rel="icon" href="data:,"></head><body>{body}</body></html>')
    return path


def test_a_good_page_has_no_troubles(pages: Pages, tmp_path: Path) -> None:
    page = pages.open(_page(tmp_path, "<h1>Good</h1>"))

    assert page.text_content("h1") == "Good"


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        ("<script>console.error('oh no')</script>", "console: oh no"),
        ("<script>throw new Error('broken')</script>", "broken"),
        ("<img src='missing.png' alt=''>", "missing.png"),
        (f"<img src='{ELSEWHERE}/x.png' alt=''>", f"asks for {ELSEWHERE}/x.png"),
        (f"<style>@import '{ELSEWHERE}/x.css'</style>", f"asks for {ELSEWHERE}/x.css"),
        (f"<script>fetch('{ELSEWHERE}/x').catch(() => 0)</script>", f"asks for {ELSEWHERE}/x"),
        ("<iframe src='/etc/hostname'></iframe>", "asks for file:///etc/hostname"),
    ],
)
def test_troubles_are_noticed(critic: Pages, tmp_path: Path, body: str, trouble: str) -> None:
    critic.open(_page(tmp_path, body)).wait_for_timeout(100)

    assert any(trouble in noticed for noticed in critic.troubles), critic.troubles


def test_a_page_may_ask_for_what_is_beside_it_if_that_is_allowed(
    pages: Pages, critic: Pages, tmp_path: Path
) -> None:
    (tmp_path / "style.css").write_text("h1 { color: rgb(1, 2, 3) }")
    path = _page(tmp_path, "<h1>Styled</h1>", "<link rel='stylesheet' href='style.css'>")
    colour = "getComputedStyle(document.querySelector('h1')).color"

    assert pages.open(path, within=tmp_path).evaluate(colour) == "rgb(1, 2, 3)"
    critic.open(path)
    assert any("style.css" in noticed for noticed in critic.troubles)


def test_a_served_page_stays_at_its_origin(pages: Pages, critic: Pages, tmp_path: Path) -> None:
    _page(tmp_path, "<h1>Served</h1>")
    with _served(tmp_path) as url:
        assert pages.open(f"{url}/page.html").text_content("h1") == "Served"
        critic.open(f"{url}/missing.html")
        assert any("404" in noticed for noticed in critic.troubles)
        elsewhere = url.replace("127.0.0.1", "localhost")
        _page(tmp_path, f"<img src='{elsewhere}/page.html' alt=''>")
        critic.troubles.clear()
        critic.open(f"{url}/page.html")
        assert any(f"asks for {elsewhere}" in noticed for noticed in critic.troubles)


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_a_page_that_is_too_wide_is_noticed(pages: Pages, tmp_path: Path, width: int) -> None:
    viewport = '<meta name="viewport" content="width=device-width">'
    body = "<div style='width: {}px; height: 9px'></div>"
    style = "<style>body { margin: 0 }</style>"

    exact = pages.open(_page(tmp_path, body.format(width), viewport + style), width=width)
    assert sideways(exact) == 0
    wider = pages.open(_page(tmp_path, body.format(width + 7), viewport + style), width=width)
    assert sideways(wider) == 7


def test_a_page_that_was_not_made_for_phones_is_noticed(pages: Pages, tmp_path: Path) -> None:
    assert sideways(pages.open(_page(tmp_path, "<p>text</p>"), width=PHONE)) > 0


def test_contrast_is_that_of_the_text_on_what_is_behind_it(pages: Pages, tmp_path: Path) -> None:
    body = """
      <p>black on white</p>
      <p style="color: #777">grey on white</p>
      <div style="background: #000"><p style="color: rgb(255 255 255 / 50%)">half</p></div>
      <p hidden>nobody sees it</p>
    """

    found = dict(contrasts(pages.open(_page(tmp_path, body))))

    assert sorted(found) == ["black on white", "grey on white", "half"]
    assert found["black on white"] == pytest.approx(21, abs=0.01)
    assert found["grey on white"] == pytest.approx(4.48, abs=0.01)
    assert found["half"] == pytest.approx(5.3, abs=0.1)
