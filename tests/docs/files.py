# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page of the site as a file: where its links lead, and what can be linked to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class _Reader(HTMLParser):
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("link", "script", "img"):
            self.sources += [given[name] for name in ("href", "src") if name in given]


@cache
def read(page: Path) -> _Reader:
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def is_elsewhere(link: str) -> bool:
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)


def broken(page: Path, link: str) -> str:
    """Why a link of a page to the site itself leads nowhere, '' if it does not."""
    parts = urlsplit(link)
    target = page.parent / unquote(parts.path) if parts.path else page
    if target.is_dir():
        return f"{link}: a folder, which a web server may show and a browser may not"
    if not target.exists():
        return f"{link}: there is no such file"
    anchor = unquote(parts.fragment)
    if anchor and anchor not in read(target.resolve()).ids:
        return f"{link}: nothing there is called {anchor}"
    return ""
