# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filter image_chart computes from results: outcome, order, times, bars.

The page made of it is tested in test_report_page.py, how it looks in tests/browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.huaweicloud.ims.plugins.filter.image_chart import image_chart
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.timeline import Entry
from ansible_collections.huaweicloud.ims.tests.unit.report_page import WRITTEN, pruned, waited

Json = dict[str, Any]

BEGIN = datetime(2026, 1, 2, 23, 58, 4, tzinfo=timezone.utc)


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def entry(
    name: str, status: str = "active", since: float = 0, lasted: float = 60, **more: Any
) -> Entry:
    end = after(since + lasted)
    over = {"ended_at": end, "ended_by": "cloud"} if status in ("active", "failed") else {}
    facts = {"made": True, "began_at": after(since), "began_by": "cloud", "polled_at": end, **over}
    return Entry(name, status, **{**facts, **more})


def old(name: str, decision: str = "delete", **more: Any) -> Json:
    found = {
        "id": f"id-of-{name}",
        "name": name,
        "decision": decision,
        "reason": "older than the newest",
    }
    return {**found, "created_at": "2025-12-30T01:02:03Z", "error": None, **more}


def of(*entries: Entry, older: Sequence[Mapping[str, Any]] = ()) -> Json:
    """The chart of one wait, and of one retention after it."""
    page: Json = image_chart([waited(*entries), *([pruned(*older)] if older else [])], WRITTEN)
    return page


def names(page: Json, part: str = "images") -> list[str]:
    return [image["name"] for image in page[part]]


# --- the outcome


@pytest.mark.parametrize(
    ("entries", "headline", "tone"),
    [
        ([], "Nothing to wait for", "calm"),
        ([entry("a")], "The image is active", "good"),
        ([entry("a"), entry("b", made=False)], "All 2 images are active", "good"),
        ([entry("a", made=False)], "The image is active", "calm"),
        ([entry("a"), entry("b", "failed")], "1 of 2 images failed", "bad"),
        (
            [entry("a", "in_progress"), entry("b", "failed"), entry("c")],
            "1 of 3 images failed, 1 not finished",
            "bad",
        ),
        ([entry("a", "in_progress")], "1 of 1 image not finished", "open"),
        ([entry("a"), Entry("results[1]", "skipped")], "The image is active", "good"),
    ],
)
def test_the_headline_is_the_outcome(entries: list[Entry], headline: str, tone: str) -> None:
    page = of(*entries)

    assert (page["headline"], page["tone"]) == (headline, tone)


def test_a_task_that_failed_before_it_knew_its_images_interrupts_the_run() -> None:
    page = image_chart([{"failed": True, "msg": "The cloud is not there."}], WRITTEN)

    assert (page["headline"], page["tone"]) == ("The run was interrupted", "bad")
    assert page["remark"] == "The cloud is not there."


def test_an_interruption_after_all_images_were_active_is_said_once() -> None:
    """Several hosts may have met with the same."""
    broken = {"failed": True, "msg": "The list may not be read."}

    page = image_chart([waited(entry("a"), entry("b")), broken, broken], WRITTEN)

    assert page["headline"] == "All 2 images are active, but the run was interrupted"
    assert page["tone"] == "bad"
    assert page["remark"].count("The list may not be read.") == 1


def test_what_needs_attention_comes_first() -> None:
    page = of(
        entry("fine"),
        entry("existing", made=False),
        entry("late", "in_progress", 9),
        entry("lost", "failed", 5),
    )

    assert names(page) == ["lost", "late", "fine", "existing"]
    assert [row["name"] for row in page["chart"]["rows"]] == ["lost", "late", "fine"]
    assert [section["mark"] for section in page["cases"]] == ["failed", "not-finished"]


def test_a_failure_comes_with_the_words_of_the_cloud_what_to_do_and_what_to_search_for() -> None:
    error = {"code": "IMG.0182", "message": "No room.", "hint": "Make room.", "request_id": "r-1"}

    page = of(entry("lost", "failed", job_id="job-1", msg="its job failed", error=error))

    assert page["cases"][0]["cases"] == [
        {
            "name": "lost",
            "source": "",
            "reasons": ["its job failed", "The cloud says: IMG.0182 No room."],
            "remedy": "Make room.",
            "ids": [{"kind": "job", "value": "job-1"}, {"kind": "request", "value": "r-1"}],
        }
    ]


def test_the_words_of_the_cloud_are_not_repeated() -> None:
    error = {"code": "IMG.0182", "message": "No room."}

    page = of(entry("lost", "failed", msg="job 1 failed: No room. (IMG.0182)", error=error))

    assert page["cases"][0]["cases"][0]["reasons"] == ["job 1 failed: No room. (IMG.0182)"]


def test_an_image_that_could_not_be_started_is_shown_with_the_wanted_name_and_source() -> None:
    page = of(Entry("web-2026-01-02", "failed", msg="It is ill.", source="server web-01"))

    assert page["cases"][0]["cases"][0]["source"] == "from server web-01"
    [image] = page["images"]
    assert (image["name"], image["source"]) == ("web-2026-01-02", "server web-01")
    assert (image["times"], image["ids"]) == ("not started", [])
    assert page["chart"] is None


def test_the_regions_of_the_images_are_in_the_head() -> None:
    one = of(entry("a", region="eu-de"), entry("b", region="eu-de"))
    two = of(entry("a", region="eu-de"), entry("b", region="eu-nl"))

    assert one["when"] == "2026-01-02, 23:58:04 to 23:59:04 UTC. Region eu-de"
    assert two["when"].endswith("Regions eu-de, eu-nl")


# --- many results


def test_an_image_that_several_tasks_waited_for_is_shown_once() -> None:
    first = entry(
        "job 1", "in_progress", lasted=60, job_id="1", queued_until=after(60), actions=("one",)
    )
    second = entry(
        *("web", "active"), lasted=900, job_id="1", image_id="i", running_at=after(700), source="s"
    )

    page = image_chart([waited(first), waited(second, entry("other"))], WRITTEN)

    assert page["headline"] == "All 2 images are active"
    assert sorted(names(page)) == ["other", "web"]
    [web] = [image for image in page["images"] if image["name"] == "web"]
    assert (web["actions"], web["source"]) == (["one"], "s")
    # Between the two tasks nobody watched.
    [row] = [row for row in page["chart"]["rows"] if row["name"] == "web"]
    assert [piece["pattern"] for piece in row["bars"]] == ["queue", "gap", ""]


def test_loops_count_as_their_tasks_and_skipped_tasks_as_none() -> None:
    loop = {"results": [waited(entry("a")), {"skipped": True}, waited(entry("b"))]}

    page = image_chart([loop, {"skipped": True, "changed": False}], WRITTEN)

    assert names(page) == ["a", "b"]


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        (["text"], r"results\[0\] is not the result of a task"),
        ([{"changed": True}], r"results\[0\] has neither a timeline nor images"),
        ([{"results": [{}]}], r"results\[0\]\.results\[0\] has neither"),
        ([{"timeline": "none"}], r"results\[0\]\.timeline is not a list"),
        ([{"timeline": [{"status": "active"}]}], r"timeline\[0\]\.name is missing"),
        ([{"timeline": [{"name": 5, "status": "active"}]}], r"timeline\[0\]\.name is not text"),
        (
            [{"timeline": [{"name": "a", "status": "active", "began_at": "yesterday"}]}],
            r"timeline\[0\]\.began_at is not a time: 'yesterday'",
        ),
        ([{"images": [{"id": "a", "name": "b"}]}], r"images\[0\]\.decision is missing"),
        ([{"images": [old("a", "perhaps")]}], r"decision is neither keep nor delete"),
        ("text", r"results is not the result of a task"),
    ],
)
def test_what_is_no_result_is_refused_with_its_place(results: Any, reason: str) -> None:
    with pytest.raises(AnsibleFilterError, match=reason):
        image_chart(results, WRITTEN)


def test_a_time_of_writing_that_is_none_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="written is not a time"):
        image_chart([], "now")


# --- older images


def test_older_images_are_shown_with_their_outcome_and_why() -> None:
    older = [
        old("kept", "keep", reason="protected against deletion"),
        old("gone"),
        old("left", error="Failed while deleting. Grant the permission."),
    ]

    page = of(entry("new"), older=older)

    assert page["headline"] == "The image is active, 1 old image could not be deleted"
    assert page["tone"] == "bad"
    labels = {figure["label"]: figure["number"] for figure in page["figures"]}
    for outcome in ("not deleted", "deleted", "kept"):
        assert labels[f"old images {outcome}"] == "1"
    assert "deleted" not in labels
    assert [(one["name"], one["outcome"], one["created"]) for one in page["older"]] == [
        ("left", "not deleted", "2025-12-30"),
        ("gone", "deleted", "2025-12-30"),
        ("kept", "kept", "2025-12-30"),
    ]
    assert page["older"][2]["reason"] == "protected against deletion"
    [section] = page["cases"]
    assert section["title"] == "What could not be deleted"
    assert section["cases"][0]["reasons"] == ["Failed while deleting. Grant the permission."]


@pytest.mark.parametrize(
    ("older", "headline"),
    [
        ([old("a"), old("b")], "2 old images deleted"),
        ([old("a", "keep")], "No old image was deleted"),
        ([old("a", error="No.")], "No old image was deleted, 1 old image could not be deleted"),
    ],
)
def test_a_report_may_be_about_older_images_only(older: list[Json], headline: str) -> None:
    assert image_chart([pruned(*older)], WRITTEN)["headline"] == headline


def test_an_older_image_is_shown_once_and_not_if_it_is_new() -> None:
    """Of two hosts with one rule both results hold all images."""
    new = entry("new", image_id="id-of-new")

    page = of(new, older=[old("new", "keep"), old("old"), old("old", "keep")])

    assert [(one["name"], one["outcome"]) for one in page["older"]] == [("old", "deleted")]


# --- times


def test_the_timeline_says_in_words_what_its_bars_show() -> None:
    page = of(
        entry("web", lasted=131, queued_until=after(37), running_at=after(40)),
        entry("lost", "failed", 60, 20, running_at=after(62)),
        entry("late", "in_progress", 0, 180, percent=72.4),
    )

    rows = {row["name"]: row for row in page["chart"]["rows"]}
    assert {name: row["state"].replace("\u00a0", " ") for name, row in rows.items()} == {
        "web": "active after 2 min 11 s",
        "lost": "failed after 20 s",
        "late": "running for 3 min, 72 %",
    }
    assert rows["web"]["detail"] == "40\u00a0s queued"
    # Of all, 180 s, in percent.
    bars = {
        name: [(piece["pattern"], piece["left"], piece["width"]) for piece in row["bars"]]
        for name, row in rows.items()
    }
    assert bars == {
        "lost": [("", "33.33", "11.11")],
        "late": [("", "0.00", "100.00")],
        "web": [("queue", "0.00", "22.22"), ("", "22.22", "50.56")],
    }
    times = {image["name"]: image["times"] for image in page["images"]}
    assert times["web"] == "23:58:04 to 00:00:15 on 2026-01-03"
    assert times["lost"] == "23:59:04 to 23:59:24"


@pytest.mark.parametrize(
    ("seen", "patterns", "detail"),
    [
        # Between two polls of one wait: what was seen last counts.
        ({"queued_until": 100, "running_at": 160}, ["queue", ""], "2 min 40 s queued"),
        (
            {"queued_until": 100, "running_at": 400},
            ["queue", "gap", ""],
            "1 min 40 s queued, 5 min not watched",
        ),
        ({"running_at": 400}, ["gap", ""], "6 min 40 s not watched"),
        ({"running_at": 50}, [""], ""),
        # It ended before a poll saw it running.
        ({"queued_until": 100}, ["queue", "gap"], "1 min 40 s queued, 8 min 20 s not watched"),
        # The cloud says when it began and ended; nobody ever saw it in between.
        ({}, [""], ""),
    ],
)
def test_a_gap_that_nobody_watched_is_unknown_and_not_queued(
    seen: dict[str, float], patterns: list[str], detail: str
) -> None:
    moments = {name: after(seconds) for name, seconds in seen.items()}

    [row] = of(entry("a", lasted=600, **moments))["chart"]["rows"]

    assert [piece["pattern"] for piece in row["bars"]] == patterns
    assert row["detail"].replace("\u00a0", " ") == detail


def test_an_image_still_in_the_queue_is_queued_and_not_running() -> None:
    [row] = of(entry("a", "in_progress", lasted=600, queued_until=after(600)))["chart"]["rows"]

    assert [piece["pattern"] for piece in row["bars"]] == ["queue"]
    assert (row["state"], row["detail"]) == ("queued for 10\u00a0min", "")


def test_the_legend_explains_the_bars_that_there_are() -> None:
    plain = of(entry("a"))
    mixed = of(
        entry("a", lasted=600, queued_until=after(100), running_at=after(400)), entry("b", "failed")
    )

    assert [sign["pattern"] for sign in plain["chart"]["legend"]] == [""]
    assert [sign["pattern"] for sign in mixed["chart"]["legend"]] == ["queue", "gap", "", ""]
    assert [sign["tone"] for sign in mixed["chart"]["legend"]][2:] == ["good", "bad"]


def test_observed_times_are_marked() -> None:
    page = of(
        entry("a"),
        entry("b", ended_by="observed"),
        entry("c", ended_by="observed", began_by="observed"),
    )

    assert [image["remarks"].replace("\u00a0", " ") for image in page["images"]] == [
        *("1 min", "1 min, end observed", "1 min, begin and end observed")
    ]


def test_an_existing_image_has_no_bar_and_does_not_stretch_the_axis() -> None:
    page = of(entry("new"), entry("old", since=-5_000_000, made=False))

    assert [row["name"] for row in page["chart"]["rows"]] == ["new"]
    assert {"tone": "calm", "label": "took", "number": "1\u00a0min"} in page["figures"]
    assert page["images"][1]["times"] == "since 2025-11-06"


@pytest.mark.parametrize("lasted", [0, 1, 7, 59, 600, 4000, 100_000, 3_000_000])
def test_the_axis_has_a_few_marks_however_long_it_lasts(lasted: int) -> None:
    page = of(entry("a", lasted=lasted))

    places = [float(mark["left"]) for mark in page["chart"]["marks"]]
    assert 1 <= len(places) <= 8
    assert all(0 <= place <= 100 for place in places)
    apart = [later - earlier for earlier, later in pairwise(places)]
    assert all(gap >= 14.9 for gap in apart)
    assert len({round(gap, 1) for gap in apart}) <= 2  # as far apart as rounding allows


def test_a_bar_without_a_length_is_drawn_inside_the_axis() -> None:
    page = of(entry("a", lasted=100), entry("b", since=100, lasted=0))

    bars = {row["name"]: row["bars"] for row in page["chart"]["rows"]}
    assert bars["b"] == [{"pattern": "", "left": "99.00", "width": "0.00"}]


# --- images of image_batch


def batched(*images: Json) -> Json:
    """The chart of one batch. images: as image_batch returns them."""
    page: Json = image_chart([{"failed": True, "msg": "1 failed.", "images": images}], WRITTEN)
    return page


def image(name: str, status: str, **more: Any) -> Json:
    return {"name": name, "id": f"id-of-{name}", "status": status, "changed": True, **more}


def test_images_of_a_batch_are_shown_with_their_timelines() -> None:
    made, lost = entry("made"), entry("lost", "failed", msg="Broken.", source="server web-01")

    page = batched(*(image(one.name, one.status, timeline=one.to_result()) for one in (made, lost)))

    assert page["headline"] == "1 of 2 images failed"
    assert names(page) == ["lost", "made"]
    assert len(page["chart"]["rows"]) == 2
    [section] = page["cases"]
    assert section["cases"][0]["reasons"] == ["Broken."]
    assert section["cases"][0]["source"] == "from server web-01"


def test_an_active_image_of_a_batch_that_failed_has_no_known_times() -> None:
    page = batched(image("made", "active"), image("lost", "failed", msg="Broken.", id=None))

    assert page["headline"] == "1 of 2 images failed"
    assert page["chart"] is None
    assert {one["name"]: one["times"] for one in page["images"]} == {
        "lost": "not started",
        "made": "not known",
    }


@pytest.mark.parametrize("timeline", [True, False])
def test_an_image_whose_source_failed_is_shown_as_not_started_with_the_reason(
    timeline: bool,
) -> None:
    skipped = image("copy", "skipped", id=None, msg="Its source data failed.")
    if timeline:
        skipped["timeline"] = Entry("copy", "skipped", msg=skipped["msg"]).to_result()

    page = batched(image("data", "failed", msg="Broken."), skipped)

    assert page["headline"] == "1 of 1 image failed"
    [_failed, shown] = page["images"]
    assert (shown["name"], shown["status"]) == ("copy", "not started")
    assert shown["remarks"] == "Its source data failed."
