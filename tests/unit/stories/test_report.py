# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report that image_wait writes: of what went well, of what did not, and never in the way."""

from __future__ import annotations

import html
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.censor import MASK
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.report import html_report
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, VOLUME

from .conftest import Cloud, ok
from .waiting import COPY, names, start, start_two_slow_ones, statuses, wait

Json = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report.html"


def text(path: Path) -> str:
    return html.unescape(path.read_text("utf-8"))


def seconds(entry: Json) -> float:
    """From its beginning to its end, by its own times."""
    begin, end = (datetime.fromisoformat(entry[name][:-1]) for name in ("began_at", "ended_at"))
    return (end - begin).total_seconds()


def test_a_wait_that_goes_well_is_reported(cloud: Cloud, path: Path) -> None:
    started = [*start(cloud, 6), ok(cloud.run("volume_image_export", name="e", volume=VOLUME))]

    result = ok(wait(cloud, results=started, report=str(path)))

    assert result["report"] == {"path": str(path), "written": True}
    page = text(path)
    assert "<h1>All 7 images are active</h1>" in page
    for entry in result["images"]:
        assert entry["image_id"] in page
        assert entry["job_id"] is None or entry["job_id"] in page
    assert [entry["name"] for entry in result["timeline"]] == [*names(6), "e"]
    assert f"image {IMAGE}" in page


def test_times_are_those_of_the_cloud(cloud: Cloud, path: Path) -> None:
    cloud.rules({**COPY, "action": "job", "duration": 200})
    cloud.switch(copy_limit=None)
    export = ok(cloud.run("volume_image_export", name="e", volume=VOLUME, wait=False))
    started = [*start(cloud, 3), export]

    result = ok(wait(cloud, results=started))

    timeline = result["timeline"]
    for entry, image in zip(timeline[:3], result["images"], strict=False):
        assert entry["began_at"][:19] == image["job"]["begin_time"][:19]
        # A job may end some seconds before its image is active, or after that.
        ends = (image["job"]["end_time"][:19], image["image"]["active_at"][:19])
        assert entry["ended_at"][:19] == max(ends)
        assert seconds(entry) == pytest.approx(204, abs=4)
    # An export has no job; its image tells when it was ordered, and became active.
    assert timeline[3]["job_id"] is None
    assert seconds(timeline[3]) > 60
    for entry in timeline:
        assert (entry["began_by"], entry["ended_by"], entry["made"]) == ("cloud", "cloud", True)
        assert entry["seconds"] == seconds(entry)
        assert entry["looked_at"] >= entry["ended_at"]


def test_times_that_the_cloud_does_not_tell_are_observed(cloud: Cloud, path: Path) -> None:
    def silent(_call: str, told: Any) -> Any:
        """A cloud that tells no times, or as an old document shows them."""
        for one in (told, *(told.get("images", []) if isinstance(told, dict) else [])):
            for name in ("begin_time", "end_time", "created_at", "active_at"):
                if name in one:
                    one[name] = "04-Jun-2015 18:11:06:586" if name == "begin_time" else ""
        return told

    started = start(cloud, 2)
    cloud.retell = silent
    begun = cloud.clock.now()

    result = ok(wait(cloud, results=started, report=str(path)))

    for entry in result["timeline"]:
        assert (entry["began_by"], entry["ended_by"]) == ("observed", "observed")
        assert 0 < seconds(entry) <= cloud.clock.now() - begun
    assert text(path).count("begin and end observed") == 2


def test_time_in_the_queue_is_told(cloud: Cloud, path: Path) -> None:
    def queued(call: str, told: Any) -> Any:
        for image in told.get("images", []) if call == "GET /v2/cloudimages" else []:
            if image["status"] != "active" and cloud.clock.now() < begun + 40:
                image["status"] = "queued"
        return told

    cloud.switch(copy_limit=None)
    started = start(cloud, 2)
    begun = cloud.clock.now()
    cloud.retell = queued

    result = ok(wait(cloud, results=started, report=str(path)))

    for entry in result["timeline"]:
        assert entry["began_at"] < entry["running_at"] < entry["ended_at"]
    assert text(path).count(" queued</small>") == 2


def test_what_was_there_before_is_told_as_such(cloud: Cloud, path: Path) -> None:
    started = start(cloud, 1)
    ok(wait(cloud, results=started))
    again = start(cloud, 1)

    result = ok(wait(cloud, results=again, report=str(path)))

    assert not result["changed"]
    assert [entry["made"] for entry in result["timeline"]] == [False]
    assert "there before" in text(path)


def test_failures_are_told_with_what_to_do(cloud: Cloud, path: Path) -> None:
    cloud.rules({**COPY, "nth": 2, "action": "job", "fail": "IMG.0095", "reason": "no <key>"})
    cloud.switch(copy_limit=None)
    wrong = cloud.run("image_copy", name="wrong", source_image="no-such-image", wait=False)
    missing = {**wrong, "ansible_loop_var": "disk", "disk": {"volume": "disk-7"}}
    started = [*start(cloud, 3), missing]

    result = wait(cloud, results=started, report=str(path))

    assert result["failed"]
    assert result["report"]["written"]
    page = text(path)
    assert "<h1>2 of 4 images failed</h1>" in page
    assert result["images"][1]["error"]["hint"] in page
    assert "no <key> (IMG.0095)" in page
    assert "no &lt;key&gt;" in path.read_text("utf-8")
    assert "There is no image with the name" in page
    assert [entry["name"] for entry in result["timeline"]][3] == "disk-7"
    assert result["timeline"][1]["ended_by"] == "cloud"
    assert page.index(">disk-7<") < page.index("Timeline")


def test_what_is_not_finished_is_told_and_the_next_run_goes_on(cloud: Cloud, path: Path) -> None:
    started = start_two_slow_ones(cloud)

    late = wait(cloud, results=started, report=str(path), wait_timeout=300)

    assert late["failed"]
    assert "<h1>2 of 3 images not finished</h1>" in text(path)
    assert "Run the task again to keep waiting" in text(path)
    assert [entry["ended_at"] for entry in late["timeline"]][1:] == [None, None]
    assert late["timeline"][1]["percent"] > 0
    ok(wait(cloud, results=started, report=str(path)))
    assert "<h1>All 3 images are active</h1>" in text(path)


def test_a_wait_that_cannot_go_on_is_told(cloud: Cloud, path: Path) -> None:
    started = start(cloud, 3)
    refuse = {"action": "answer", "status": 403, "code": "IMG.0026"}
    cloud.rules({"method": "GET", "path": "/v2/cloudimages$", "after": 2, **refuse})

    result = wait(cloud, results=started, report=str(path))

    assert statuses(result) == ["in_progress"] * 3
    assert result["report"]["written"]
    assert "403 IMG.0026" in text(path)
    *_waited, interruption = result["timeline"]
    assert (interruption["status"], interruption["made"]) == ("interrupted", False)
    # Whoever goes on with the timeline tells of it as well.
    later = path.with_name("later.html")
    ok(wait(cloud, results=[], timeline=result["timeline"], report=str(later)))
    assert interruption["msg"] in text(later)
    assert "<h1>3 of 3 images not finished</h1>" in text(later)


def test_a_wait_that_does_not_come_about_replaces_the_report_of_yesterday(
    cloud: Cloud, path: Path
) -> None:
    path.write_text("All is well")

    result = wait(cloud, images=["no-such-image"], report=str(path))

    assert result["failed"]
    assert "The wait was broken off" in text(path)
    assert "There is no image named 'no-such-image'" in text(path)
    assert "All is well" not in text(path)


# --- never in the way


def test_check_mode_writes_nothing_and_says_so(cloud: Cloud, path: Path) -> None:
    predicted = start(cloud, 2, check_mode=True)

    prediction = ok(wait(cloud, check_mode=True, verbosity=1, results=predicted, report=str(path)))

    assert prediction["report"] == {"path": str(path), "written": False}
    assert f"check mode: the report {path} is not written" in prediction["notes"]
    assert list(path.parent.iterdir()) == []
    assert [entry["status"] for entry in prediction["timeline"]] == ["not_started"] * 2


def test_the_report_is_no_change(cloud: Cloud, path: Path) -> None:
    started = start(cloud, 2)
    first = ok(wait(cloud, results=started, report=str(path)))
    path.unlink()

    again = ok(wait(cloud, results=started, report=str(path)))

    assert (first["changed"], again["changed"]) == (True, False)
    assert again["actions"] == []
    assert path.exists()


@pytest.mark.parametrize("wrong", ["missing/report.html", "", "."])
def test_a_path_that_cannot_be_written_to_fails_before_any_request(
    cloud: Cloud, tmp_path: Path, wrong: str
) -> None:
    target = str(tmp_path / wrong) if wrong != "" else ""

    for check_mode in (True, False):
        result = wait(cloud, images=[IMAGE], report=target, check_mode=check_mode)
        assert result["failed"]
        assert result["msg"].startswith("report: ")
    assert cloud.requests() == []


@pytest.mark.parametrize("fails", [False, True], ids=["goes well", "has failures"])
def test_a_report_that_cannot_be_written_in_the_end_loses_nothing(
    cloud: Cloud, path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    if fails:
        cloud.rules({**COPY, "nth": 1, "action": "job", "fail": "IMG.0095"})
    started = start(cloud, 2)

    result = wait(cloud, results=started, report=str(path))

    assert bool(result.get("failed")) == fails
    assert [entry["job_id"] for entry in result["images"]] == [one["job_id"] for one in started]
    assert result["report"] == {"path": str(path), "written": False}
    [warning] = result["warnings"]
    assert "The report was not written to" in warning
    assert "No space left on device" in warning
    assert list(path.parent.iterdir()) == []


def test_a_mistake_of_ours_in_the_report_loses_nothing(
    cloud: Cloud, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_report: Any) -> str:
        raise KeyError("oops")

    monkeypatch.setattr(html_report, "render", broken)

    result = ok(wait(cloud, results=start(cloud, 2), report=str(path)))

    assert statuses(result) == ["active", "active"]
    assert "KeyError" in result["warnings"][0]


def test_secrets_do_not_get_into_it(cloud: Cloud, path: Path) -> None:
    """Whoever quotes them: here the cloud, in the reason of a failure."""
    secret = cloud.simulator.facts("http://127.0.0.1:8080")["secret_key"]
    cloud.rules({**COPY, "nth": 1, "action": "job", "fail": "IMG.0014", "reason": f"<{secret}>"})

    wait(cloud, results=start(cloud, 2), report=str(path))

    assert secret not in text(path)
    assert f"<{MASK}>" in text(path)


# --- several waits, one report


def test_a_later_wait_goes_on_with_the_timeline_of_an_earlier_one(cloud: Cloud, path: Path) -> None:
    export = ok(cloud.run("volume_image_export", name="e", volume=VOLUME, wait=False))
    first = ok(wait(cloud, results=[export], report=str(path)))
    assert "<h1>The image is active</h1>" in text(path)

    second = ok(wait(cloud, results=start(cloud, 2), report=str(path), timeline=first["timeline"]))

    assert "<h1>All 3 images are active</h1>" in text(path)
    assert second["timeline"][0] == first["timeline"][0]
    assert [entry["name"] for entry in second["timeline"]] == ["e", *names(2)]
    assert [entry["name"] for entry in second["images"]] == names(2)


def test_what_a_retention_has_told_is_part_of_the_report(cloud: Cloud, path: Path) -> None:
    waited = ok(wait(cloud, results=start(cloud, 1)))
    asked = cloud.requests()
    family = {"name": "encrypted-*", "keep_newest": 1}
    pruned = ok(cloud.run("image_retention", families=[family], check_mode=True))
    before = len(cloud.requests())

    result = ok(
        wait(
            cloud,
            results=[],
            timeline=waited["timeline"],
            retention=pruned["images"],
            report=str(path),
        )
    )

    assert asked
    assert len(cloud.requests()) == before  # there is nothing to ask for
    assert not result["changed"]
    assert result["timeline"] == waited["timeline"]
    assert "<h1>The image is active</h1>" in text(path)
    for image in pruned["images"]:
        assert image["name"] in text(path)
        assert image["why"] in text(path)
        assert image["id"] in text(path)


@pytest.mark.parametrize("wrong", [{}, {"id": "a", "name": "b", "verdict": "no", "why": "c"}])
def test_a_retention_that_is_none_is_refused_before_any_request(cloud: Cloud, wrong: Json) -> None:
    result = wait(cloud, images=[IMAGE], retention=[wrong])

    assert result["msg"].startswith("retention[0]: ")
    assert "give what image_retention has returned as images" in result["msg"]
    assert cloud.requests() == []


def test_secrets_do_not_come_in_by_a_retention(cloud: Cloud, path: Path) -> None:
    secret = cloud.simulator.facts("http://127.0.0.1:8080")["secret_key"]
    told = {"id": "a", "name": "b", "verdict": "delete", "why": "c", "error": f"<{secret}>"}

    ok(wait(cloud, results=[], retention=[told], report=str(path)))

    assert secret not in text(path)
    assert f"<{MASK}>" in text(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "a"},
        {"name": "a", "status": "active", "made": True, "changed": True, "actions": "none"},
        {
            "name": "a",
            "status": "active",
            "made": True,
            "changed": True,
            "actions": [],
            "began_at": "yesterday",
        },
    ],
)
def test_a_timeline_that_is_none_is_refused_before_any_request(cloud: Cloud, wrong: Json) -> None:
    result = wait(cloud, images=[IMAGE], timeline=[wrong])

    assert result["msg"].startswith("timeline[0]: ")
    assert "give what image_wait has returned as timeline" in result["msg"]
    assert cloud.requests() == []
