# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages as readers open them, and what can be wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route

# Widths in CSS pixels: of the smallest phones that are still common, and of a desktop.
PHONE, DESKTOP = 360, 1280


class Pages:
    """Opens pages, and lets none of them ask for anything beyond its own place.

    troubles: what went wrong so far: errors on the console or in scripts, requests that failed, and
    those that would have left the place.
    """

    def __init__(self, browser: Browser) -> None:
        self.troubles: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def open(
        self,
        target: Path | str,
        *,
        within: Path | str | None = None,
        width: int = DESKTOP,
        dark: bool = False,
    ) -> Page:
        """A page in a window of its own. target: a file, or an address. within: what else it may
        ask for: what is below a folder, or below an address; default is the file alone, or the
        origin of the address."""
        url = _address(target)
        home = _address(within) if within is not None else _home(url)
        phone = width < 600
        context = self._browser.new_context(
            viewport={"width": width, "height": 740 if phone else 900},
            color_scheme="dark" if dark else "light",
            is_mobile=phone,
            has_touch=phone,
            device_scale_factor=2 if phone else 1,
        )
        self._contexts.append(context)
        context.route("**/*", lambda route: self._decide(route, home))
        page = context.new_page()
        page.on("console", lambda message: self._said(url, message))
        page.on("pageerror", lambda error: self._note(url, f"script failed: {error}"))
        page.on("requestfailed", lambda request: self._lost(url, request))
        page.on("response", lambda response: self._answered(url, response.status, response.url))
        page.goto(url, wait_until="load")
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self._contexts.clear()

    def _note(self, url: str, trouble: str) -> None:
        self.troubles.append(f"{url}: {trouble}")

    def _decide(self, route: Route, home: str) -> None:
        url = route.request.url
        if _is_within(url, home):
            route.continue_()
        else:
            self._note(home, f"asks for {url}")
            route.abort()

    def _said(self, url: str, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(url, f"console: {message.text}")

    def _lost(self, url: str, request: Request) -> None:
        self._note(url, f"{request.url} failed: {request.failure}")

    def _answered(self, url: str, status: int, asked: str) -> None:
        if status >= 400:
            self._note(url, f"{asked} was answered with {status}")


def _address(target: Path | str) -> str:
    return target.resolve().as_uri() if isinstance(target, Path) else target


def _home(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.scheme == "file" else f"{parts.scheme}://{parts.netloc}"


def _is_within(url: str, home: str) -> bool:
    """Is it home itself, or below it? What is embedded in a page (data:) is part of it."""
    asked, base = urlsplit(url), urlsplit(home)
    if asked.scheme in ("data", "about", "blob"):
        return True
    path, folder = unquote(asked.path), unquote(base.path).rstrip("/")
    below = path.rstrip("/") == folder or path.startswith(f"{folder}/")
    return (asked.scheme, asked.netloc) == (base.scheme, base.netloc) and below


# --- what readers suffer from


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    assert page.viewport_size is not None
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return max(0, wide - page.viewport_size["width"])


# Contrast as WCAG 2 defines it, of each piece of text on the colour behind it. Colours are read by
# drawing them, whatever notation they have.
_CONTRASTS = """
() => {
  const pixel = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
  const rgba = (colour) => {
    pixel.clearRect(0, 0, 1, 1); pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]))
  const behind = (element) => {
    const layers = []
    for (let at = element; at; at = at.parentElement)
      layers.push(rgba(getComputedStyle(at).backgroundColor))
    const canvas = getComputedStyle(document.documentElement).colorScheme.includes('dark')
      && matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255]
    return layers.reverse().reduce((under, top) => over(top, under), canvas)
  }
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement
    const style = getComputedStyle(element)
    if (!text || !element.getClientRects().length || style.visibility === 'hidden') continue
    const ground = behind(element)
    const svg = element instanceof SVGElement
    const ink = over(rgba(svg ? style.fill : style.color), ground)
    const [more, less] = [light(ink), light(ground)].sort((a, b) => b - a)
    found.push([text.slice(0, 60), (more + 0.05) / (less + 0.05)])
  }
  return found
}
"""


def contrasts(page: Page) -> list[tuple[str, float]]:
    """Each text that can be seen, shortened, with its contrast: 1 (none) to 21. Backgrounds are
    colours here, no pictures."""
    found: list[Any] = page.evaluate(_CONTRASTS)
    return [(str(text), float(contrast)) for text, contrast in found]
