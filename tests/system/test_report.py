# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run, from plays as users write them. How it looks is tested in tests/browser."""

from __future__ import annotations

import html
import re
import stat
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra

GOLDEN = ("huaweicloud.ims.golden_image", "-e", "date=2026-01-02")
KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4"


def _names(page: str) -> list[str]:
    """The images in the table of a page."""
    return [html.unescape(name) for name in re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', page)]


def test_one_report_tells_of_all_phases_of_golden_image_and_of_what_failed(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    path = tmp_path / "golden.html"
    command = [
        *(*GOLDEN, "-e", "servers=fleet-01,broken-error", "-e", "backups=nightly-1"),
        *extra(disks="data-available,web-01-data", force=True, cmk_id=KEY, report=str(path)),
    ]

    predicted = cloud.play(*command, "--check")
    assert not path.exists()
    assert cloud.writes() == []
    played = cloud.play(*command)

    assert played.returncode != 0
    assert "broken-error" in played.message
    page = path.read_text("utf-8")
    images = played.stats["golden_image_images"]
    assert "<h1>1 of 7 images failed</h1>" in page
    lost = "broken-error-2026-01-02"
    assert sorted(_names(page)) == sorted({*images, "broken-error"} - {lost})
    assert _names(page)[0] == "broken-error"
    assert all(image["id"] in page for image in images.values())
    assert html.escape(images[lost]["msg"]) in page
    waits = [result for result in played.of("image_wait") if "timeline" in result]
    assert [result["report"]["written"] for result in waits] == [False, True]
    assert predicted.returncode != 0


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_started(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    wrong = tmp_path / "missing" / "golden.html"

    played = cloud.play(*GOLDEN, *extra(servers="fleet-01", report=str(wrong)))

    assert played.returncode != 0
    assert "there is no folder" in played.message
    assert cloud.requests() == []


def test_a_run_that_changes_nothing_reports_what_is_there(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    path = tmp_path / "golden.html"
    cloud.succeed(*GOLDEN, *extra(servers="fleet-01"))
    written = cloud.writes()

    again = cloud.succeed(*GOLDEN, *extra(servers="fleet-01", report=str(path)))

    assert (again.changed, cloud.writes()) == (0, written)
    assert "<h1>The image is active</h1>" in path.read_text("utf-8")
    assert "there before" in path.read_text("utf-8")


def test_the_module_and_the_action_write_the_same_report(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """Of jobs that are done, whose times do not depend on who looks when."""
    start = {"name": "{{ item }}", "source_image": "linux-base", "wait": False}
    waiting: dict[str, Any] = {"jobs": "{{ started.results | map(attribute='job_id') }}"}
    tasks = [
        {"huaweicloud.ims.image_copy": start, "loop": ["one", "two"], "register": "started"},
        {"huaweicloud.ims.image_wait": dict(waiting)},
        *(
            {
                "name": where,
                "huaweicloud.ims.image_wait": {**waiting, "report": str(tmp_path / where)},
                "vars": {"huaweicloud_ims_in_process": where == "action"},
            }
            for where in ("action", "module")
        ),
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    played = cloud.succeed(str(tmp_path / "play.yml"))

    action, module = (tmp_path / where for where in ("action", "module"))
    pages = [
        re.sub(r"(Written by .* on ).*( UTC)", r"\1\2", path.read_text("utf-8"))
        for path in (action, module)
    ]
    assert "<h1>All 2 images are active</h1>" in pages[0]
    assert pages[0] == pages[1]
    assert stat.S_IMODE(action.stat().st_mode) == stat.S_IMODE(module.stat().st_mode)
    results = [dict(played.task(where)) for where in ("action", "module")]
    assert [result["report"]["written"] for result in results] == [True, True]
    timelines = [result["timeline"] for result in results]
    for timeline in timelines:
        for entry in timeline:
            del entry["looked_at"]
    assert timelines[0] == timelines[1]
