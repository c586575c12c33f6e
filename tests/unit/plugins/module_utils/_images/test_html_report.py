# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a run: what it says, and that nothing that is put into it becomes markup.

How it looks is tested in tests/browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.report.html import Html, fill
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.report.html_report import (
    Report,
    render,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.report.pruned import Pruned
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.timeline import Entry

BEGIN = datetime(2026, 1, 2, 23, 58, 4, tzinfo=timezone.utc)
VOID = {"meta", "link", "img", "br", "hr", "input"}


def entry(
    name: str, status: str = "active", since: int = 0, lasted: int = 60, **more: Any
) -> Entry:
    begin = BEGIN + timedelta(seconds=since)
    end = begin + timedelta(seconds=lasted)
    over = {"ended_at": end, "ended_by": "cloud"} if status in ("active", "failed") else {}
    facts = {"made": True, "began_at": begin, "began_by": "cloud", "looked_at": end, **over}
    return Entry(name, status, **{**facts, **more})


def interruption(why: str) -> Entry:
    return Entry("", "interrupted", msg=why)


def pruned(name: str, finding: str = "delete", **more: Any) -> Pruned:
    told = {"id": f"id-of-{name}", "name": name, "verdict": finding, "why": "older than the newest"}
    return Pruned.from_result({**told, "created_at": "2025-12-30T01:02:03Z", **more})


def report(*entries: Entry, older: Sequence[Pruned] = ()) -> Report:
    return Report(entries, BEGIN + timedelta(hours=1), "eu-de", older)


class Page(HTMLParser):
    """What a page holds: its elements, all of which have to be closed, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).replace("\u00a0", " ").split())

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _attributes in self.elements}


def read(*entries: Entry, older: Sequence[Pruned] = ()) -> Page:
    return Page(render(report(*entries, older=older)))


# --- what it says


@pytest.mark.parametrize(
    ("entries", "headline"),
    [
        ([], "Nothing to wait for"),
        ([entry("a")], "The image is active"),
        ([entry("a"), entry("b", made=False)], "All 2 images are active"),
        ([entry("a"), entry("b", "failed")], "1 of 2 images failed"),
        (
            [entry("a", "in_progress"), entry("b", "failed"), entry("c")],
            "1 of 3 images failed, 1 not finished",
        ),
        ([entry("a", "in_progress")], "1 of 1 image not finished"),
        ([entry("a"), Entry("results[1]", "skipped")], "The image is active"),
    ],
)
def test_the_headline_is_the_outcome(entries: list[Entry], headline: str) -> None:
    page = render(report(*entries))

    assert f"<h1>{headline}</h1>" in page
    assert f"<title>{headline}, 2026-01-0" in page


def test_a_wait_that_did_not_come_about_is_told() -> None:
    page = read(Entry("a", "not_started"), interruption("The cloud is not there."))

    assert "The wait was broken off" in page.text
    assert "The cloud is not there." in page.text


def test_what_broke_off_the_run_after_all_were_active_is_told_once() -> None:
    """Several hosts may have met with the same."""
    why = interruption("The list may not be read.")

    page = read(entry("a"), entry("b"), why, why)

    assert "All 2 images are active, but the run was broken off" in page.text
    assert page.text.count("The list may not be read.") == 1
    assert ("header", {"class": "bad"}) in page.elements


# --- older images


def test_of_older_images_it_tells_what_went_what_did_not_what_stayed_and_why() -> None:
    older = [
        pruned("kept", "keep", why="protected against deletion"),
        pruned("gone"),
        pruned("left", error="Failed while deleting. Have it permitted."),
    ]

    page = read(entry("new"), older=older)

    assert "The image is active, 1 old image could not be deleted" in page.text
    assert ("header", {"class": "bad"}) in page.elements
    for words in ("old ones not deleted 1", "old ones deleted 1", "old ones kept 1"):
        assert words in page.text
    told = page.text[page.text.index("Older images") :]
    order = ["left not deleted 2025-12-30 id-of-left", "gone deleted", "kept kept", "protected"]
    places = [told.index(words) for words in order]
    assert places == sorted(places)
    # What needs somebody stands before the timeline, with the reason.
    first = page.text.index("Failed while deleting. Have it permitted.")
    assert page.text.index("What could not be deleted") < first < page.text.index("Timeline")


@pytest.mark.parametrize(
    ("older", "headline"),
    [
        ([pruned("a"), pruned("b")], "2 old images deleted"),
        ([pruned("a", "keep")], "No old image was deleted"),
        ([pruned("a", error="No.")], "No old image was deleted, 1 old image could not be deleted"),
    ],
)
def test_a_report_may_be_about_older_images_only(older: list[Pruned], headline: str) -> None:
    assert f"<h1>{headline}</h1>" in render(report(older=older))


def test_an_image_is_told_of_once_whoever_tells_of_it() -> None:
    """The new ones are in the table of images; of two hosts with one family both tell of all."""
    new = entry("new", image_id="id-of-new")
    older = [pruned("new", "keep"), pruned("old"), pruned("old", "keep")]

    page = read(new, older=older)

    assert "old ones deleted 1" in page.text
    assert "old ones kept" not in page.text
    assert page.text.count("id-of-new") == 1


def test_without_older_images_nothing_is_said_of_them() -> None:
    assert "lder images" not in read(entry("a")).text


@pytest.mark.parametrize(
    "wrong", [None, {}, {"id": 1}, {"verdict": "perhaps"}, {"error": 5}, {"created_at": 5}]
)
def test_what_no_retention_has_told_is_refused(wrong: Any) -> None:
    good = {"id": "a", "name": "a", "verdict": "keep", "why": "b"}
    told = {**good, **wrong} if wrong else wrong

    with pytest.raises(ValueError, match=r"it is no dictionary|its .* is "):
        Pruned.from_result(told)


def test_what_a_retention_has_told_can_be_handed_on() -> None:
    for one in (pruned("a"), pruned("b", "keep", created_at=None), pruned("c", error="No.")):
        assert Pruned.from_result(one.to_result()) == one


def test_failures_come_first_with_the_words_of_the_cloud_and_what_to_do() -> None:
    error = {"code": "IMG.0182", "message": "No room.", "hint": "Make room.", "request_id": "r-1"}
    lost = entry("lost", "failed", 5, job_id="job-1", msg="its job failed", error=error)

    text = read(entry("first"), lost, entry("late", "in_progress", 9, msg="is RUNNING")).text

    order = ["What failed", "lost", "its job failed", "The cloud says: IMG.0182 No room."]
    order += ["Make room.", "job-1", "r-1", "Not finished yet", "late", "is RUNNING", "Timeline"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert text.index("Timeline") < text.index("first")


def test_the_words_of_the_cloud_are_not_said_twice() -> None:
    error = {"code": "IMG.0182", "message": "No room."}

    text = read(entry("lost", "failed", msg="job 1 failed: No room. (IMG.0182)", error=error)).text

    assert text.count("No room.") == 1


def test_the_timeline_tells_in_words_what_its_bars_show() -> None:
    running = BEGIN + timedelta(seconds=40)
    page = read(
        entry("web", lasted=131, running_at=running),
        entry("lost", "failed", 60, 20),
        entry("late", "in_progress", 0, 180, percent=72.4),
    )

    for words in (
        *("active after 2 min 11 s", "40 s queued", "failed after 20 s", "running for 3 min, 72 %"),
        *("23:58:04 to 00:00:15 on 2026-01-03", "23:59:04 to 23:59:24"),
    ):
        assert words in page.text
    bars = [
        re.findall(r"[\d.]+", str(attributes["style"]))
        for tag, attributes in page.elements
        if "bar" in str(attributes.get("class", "")).split()
    ]
    # Failed, unfinished, active: the last with its time in the queue before it; all of 180 s.
    assert bars == [
        ["33.33", "11.11"],
        ["0.00", "100.00"],
        ["0.00", "22.22"],
        ["22.22", "50.56"],
    ]
    tracks = [dict(a) for t, a in page.elements if a.get("class") == "track"]
    assert all(track["aria-hidden"] == "true" for track in tracks)


def test_who_says_when_it_was_is_told() -> None:
    text = read(
        entry("a"),
        entry("b", ended_by="observed"),
        entry("c", ended_by="observed", began_by="observed"),
    ).text

    assert text.count("1 min, end observed") == 1
    assert text.count("1 min, begin and end observed") == 1


def test_what_was_there_before_has_no_bar_and_does_not_stretch_the_axis() -> None:
    old = entry("old", since=-5_000_000, made=False)

    page = read(entry("new"), old)

    assert "took 1 min" in page.text
    assert len([a for _tag, a in page.elements if a.get("class") == "row good"]) == 1
    assert "since 2025-11-06" in page.text


@pytest.mark.parametrize("lasted", [0, 1, 7, 59, 600, 4000, 100_000, 3_000_000])
def test_the_axis_has_a_few_marks_however_long_it_lasts(lasted: int) -> None:
    page = render(report(entry("a", lasted=lasted)))

    marks = re.findall(r'<span style="left: ([\d.]+)%">([\d:-]*)<', page)
    places = [float(place) for place, _label in marks]
    assert 1 <= len(places) <= 8
    assert all(0 <= place <= 100 for place in places)
    apart = [after - before for before, after in pairwise(places)]
    assert all(gap >= 14.9 for gap in apart)
    assert len({round(gap, 1) for gap in apart}) <= 2  # as far apart as rounding allows


def test_sixty_are_all_there() -> None:
    page = read(*(entry(f"fleet-{number:02}", since=number) for number in range(60)))

    assert "All 60 images are active" in page.text
    assert all(page.text.count(f"fleet-{number:02}") == 2 for number in range(60))


# --- what it must not become

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></main>",
    "<!--",
    "&lt;b&gt; &amp;",
    "$name ${id} $$",
    "]]>",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_becomes_markup(nasty: str) -> None:
    error = dict.fromkeys(("code", "message", "hint", "request_id"), nasty)
    facts = {"job_id": nasty, "image_id": nasty, "source": nasty, "msg": "failed", "error": error}
    older = [pruned("x", error="x")]
    plain = read(
        entry("x", "failed", **{**facts, **dict.fromkeys(facts, "x"), "error": {}}), older=older
    )

    page = Page(
        render(
            Report(
                [
                    entry(nasty, "failed", **facts),
                    entry(nasty, msg=nasty, actions=(nasty,)),
                    entry(nasty, "in_progress", 1, msg=nasty),
                    interruption(nasty),
                ],
                BEGIN,
                nasty,
                [pruned(nasty, why=nasty, error=nasty), pruned(nasty + "2", why=nasty)],
            )
        )
    )

    assert page.tags - {"ul", "li"} == (plain.tags | {"small"}) - {"ul", "li"}
    assert "script" not in page.tags
    assert not any(name.startswith("on") for _tag, found in page.elements for name in found)
    assert page.text.count(" ".join(nasty.split())) >= 12


def test_it_asks_for_nothing_and_runs_nothing() -> None:
    page = read(entry("a"), entry("b", "failed", msg="m"), entry("c", "in_progress"))

    assert not page.tags & {"script", "img", "iframe", "object", "embed", "video", "form", "base"}
    for _tag, attributes in page.elements:
        assert not {"src", "srcset", "action"} & set(attributes)
        assert attributes.get("href", "data:,") == "data:,"
    assert not re.search(r"url\(|@import|https?:", render(report(entry("a"))))


def test_what_cannot_be_seen_and_turns_text_around_is_shown() -> None:
    assert fill("$a", a="a\u202eb\x1b\n\tc") == "a\\u202eb\\u001b\n\tc"
    assert "\u202e" not in render(report(entry("\u202egnp.exe")))


def test_only_what_is_markup_already_is_not_escaped() -> None:
    assert fill("<b>$a</b>$c", a="<&>", c=Html("<i>")) == "<b>&lt;&amp;&gt;</b><i>"
    with pytest.raises(KeyError):
        fill("$missing")
