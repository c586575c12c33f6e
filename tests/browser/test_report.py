# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run as people see it: on a desk, on a phone, in the dark, on paper."""

from __future__ import annotations

import os
import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.tests.browser.pages import (
    DESKTOP,
    PHONE,
    Pages,
    contrasts,
    sideways,
)
from ansible_collections.huaweicloud.ims.tests.browser.samples import RUNS
from ansible_collections.huaweicloud.ims.tests.unit.report_page import render
from playwright.sync_api import Page

# Rectangles of elements, by what they say, that stick out of the window or of their own section.
_CUT_OFF = """
() => [...document.querySelectorAll('main *')].filter((one) => {
  if (one.closest('thead') && getComputedStyle(one.closest('thead')).position === 'absolute')
    return false
  const box = one.getBoundingClientRect()
  const section = (one.closest('section, header, footer') || document.body).getBoundingClientRect()
  return box.width > 0 && (box.left < section.left - 1 || box.right > section.right + 1)
}).map((one) => one.tagName + ' ' + one.textContent.slice(0, 40))
"""
_SMALLEST = """
() => Math.min(...[...document.querySelectorAll('main *')].filter((one) => one.textContent.trim())
  .map((one) => parseFloat(getComputedStyle(one).fontSize)))
"""


def _open(pages: Pages, folder: Path, name: str, width: int, dark: bool = False) -> Page:
    path = folder / f"{name}.html"
    path.write_text(render(RUNS[name]), encoding="utf-8")
    page = pages.open(path, width=width, dark=dark)
    if "PICTURES" in os.environ:  # to be looked at: PICTURES=folder make browser
        where = Path(os.environ["PICTURES"]) / f"{name}-{width}{'-dark' if dark else ''}.png"
        page.screenshot(path=where, full_page=True)
    return page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", RUNS)
def test_every_report_can_be_read(
    pages: Pages, tmp_path: Path, name: str, width: int, dark: bool
) -> None:
    """Without an error, or anything from elsewhere: `pages` looks after that."""
    page = _open(pages, tmp_path, name, width, dark)

    assert sideways(page) == 0
    assert page.evaluate(_CUT_OFF) == []
    assert page.evaluate(_SMALLEST) >= 12
    faint = [(text, round(one, 1)) for text, one in contrasts(page) if one < 4.5]
    assert faint == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
    assert (light < 64) if dark else (light > 192)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_what_failed_is_seen_at_once(pages: Pages, tmp_path: Path, width: int) -> None:
    page = _open(pages, tmp_path, "sixty", width)

    assert page.inner_text("h1") == "2 of 60 images failed"
    first = page.locator(".case").first
    box = first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < page.evaluate("innerHeight")
    assert "The backend service failed." in first.inner_text()
    assert "Try again later." in first.inner_text()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_bars_stand_where_their_times_are(pages: Pages, tmp_path: Path, width: int) -> None:
    page = _open(pages, tmp_path, "mixed", width)
    [run] = RUNS["mixed"]
    spans = {
        entry["name"]: [
            datetime.fromisoformat(moment[:-1])
            for moment in (entry["began_at"], entry["ended_at"] or entry["polled_at"])
        ]
        for entry in run["timeline"]
        if entry["seconds"] is not None
    }
    begin = min(since for since, _until in spans.values())
    length = (max(until for _since, until in spans.values()) - begin).total_seconds()

    assert page.locator(".row").count() == len(spans)
    for name, span in spans.items():
        row = page.locator(".row", has_text=re.compile(rf"^\s*{re.escape(name)}\s"))
        track = row.locator(".track").bounding_box()
        bars = [drawn.bounding_box() for drawn in row.locator(".bar").all()]
        assert track is not None
        assert bars[0] is not None
        assert bars[-1] is not None
        since, until = ((moment - begin).total_seconds() / length for moment in span)
        assert bars[0]["x"] - track["x"] == pytest.approx(since * track["width"], abs=2)
        right = bars[-1]["x"] + bars[-1]["width"] - track["x"]
        assert right == pytest.approx(until * track["width"], abs=4)
        assert all(box is not None and box["width"] >= 3 for box in bars)


@pytest.mark.parametrize("name", ["mixed", "good", "one", "sixty", "nasty"])
def test_the_marks_of_the_axis_stand_apart(pages: Pages, tmp_path: Path, name: str) -> None:
    page = _open(pages, tmp_path, name, PHONE)

    page.add_style_tag(content=".axis span { right: auto; width: max-content }")
    boxes = [mark.bounding_box() for mark in page.locator(".axis span").all() if mark.inner_text()]
    assert boxes
    sides = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert all(before[1] <= after[0] for before, after in pairwise(sides))
    assert sides[-1][1] <= PHONE


def test_a_reader_who_sees_no_bars_is_told_the_same(pages: Pages, tmp_path: Path) -> None:
    page = _open(pages, tmp_path, "mixed", DESKTOP)

    told = page.locator("main").aria_snapshot()

    assert "web-02-2026-01-02 active after 8 min 18 s 31 s queued" in " ".join(told.split())
    for heading in ("What failed", "Not finished yet", "Timeline", "All images"):
        assert f'heading "{heading}" [level=2]' in told
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("th[scope=col]").count() == 4
    assert page.locator("[aria-hidden=true] :text('web')").count() == 0


def test_names_are_names_whatever_they_hold(pages: Pages, tmp_path: Path) -> None:
    page = _open(pages, tmp_path, "nasty", DESKTOP)

    assert page.locator("main script, main img, main a, main i:not(.legend i), main b").count() == 0
    assert page.locator("h1").count() == 1
    names = page.locator(".row .name").all_inner_texts()
    assert "<script>alert(1)</script>\"'&amp;" in names
    assert "\\u202egnp.exe\\u202c" in names
    # Each name runs in its own direction, and moves nothing around it.
    assert page.locator(".name > bdi").count() == len(names)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_an_old_image_that_could_not_be_deleted_is_seen_before_the_timeline(
    pages: Pages, tmp_path: Path, width: int
) -> None:
    page = _open(pages, tmp_path, "nightly", width)

    assert page.inner_text("h1").endswith("1 old image could not be deleted")
    case = page.locator(".case")
    assert "may not delete images" in case.inner_text()
    box, chart = case.bounding_box(), page.locator(".chart").bounding_box()
    assert box is not None
    assert chart is not None
    assert box["y"] < chart["y"]
    rows = page.locator(".older tbody tr")
    assert rows.count() == 8
    assert [row.locator(".pill").inner_text() for row in rows.all()] == [
        *("not deleted", *["deleted"] * 5, *["kept"] * 2)
    ]
    assert "in use by server web-01" in rows.nth(6).inner_text() + rows.nth(7).inner_text()


def test_it_needs_no_scripts(pages: Pages, tmp_path: Path) -> None:
    page = _open(pages, tmp_path, "mixed", DESKTOP)

    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


def test_it_can_be_printed(pages: Pages, tmp_path: Path) -> None:
    """Dark ink on white, whatever the screen is like, with the colours of the bars."""
    page = _open(pages, tmp_path, "mixed", DESKTOP, dark=True)
    page.emulate_media(media="print")

    faint = [(text, round(one, 1)) for text, one in contrasts(page) if one < 4.5]
    assert faint == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    ink = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 200
    adjust = "getComputedStyle(document.querySelector('.bar')).printColorAdjust"
    assert page.evaluate(adjust) == "exact"
    # A sheet is hardly wider than a phone, but stays a table.
    page.set_viewport_size({"width": 700, "height": 1000})
    row = "getComputedStyle(document.querySelector('.facts tbody tr')).display"
    assert page.evaluate(row) == "table-row"
    assert sideways(page) == 0
    assert page.evaluate(_CUT_OFF) == []
    assert page.pdf(format="A4").startswith(b"%PDF")
