# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline that image_wait returns: when each image was created, and who says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.censor import MASK
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, VOLUME
from ansible_collections.huaweicloud.ims.tests.unit.report_page import render

from .conftest import Cloud, ok
from .waiting import COPY, names, start, start_two_slow_ones, statuses, wait

Json = dict[str, Any]


def seconds(entry: Json) -> float:
    """From its beginning to its end, by its own times."""
    begin, end = (datetime.fromisoformat(entry[name][:-1]) for name in ("began_at", "ended_at"))
    return (end - begin).total_seconds()


def test_it_has_an_entry_for_each_image(cloud: Cloud) -> None:
    started = [*start(cloud, 6), ok(cloud.run("volume_image_export", name="e", volume=VOLUME))]

    result = ok(wait(cloud, results=started))

    timeline = result["timeline"]
    assert [entry["name"] for entry in timeline] == [*names(6), "e"]
    for name in ("image_id", "job_id", "status"):
        assert [entry[name] for entry in timeline] == [one[name] for one in result["images"]]
    assert {entry["source"] for entry in timeline[:6]} == {f"image {IMAGE}"}
    assert {entry["region"] for entry in timeline} == {cloud.simulator.facts("")["region"]}


def test_times_are_those_of_the_cloud(cloud: Cloud) -> None:
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
    # An export has no job; its image says when it was requested, and became active.
    assert timeline[3]["job_id"] is None
    assert seconds(timeline[3]) > 60
    for entry in timeline:
        assert (entry["began_by"], entry["ended_by"], entry["made"]) == ("cloud", "cloud", True)
        assert entry["seconds"] == seconds(entry)
        assert entry["polled_at"] >= entry["ended_at"]


def test_times_that_the_cloud_does_not_state_are_observed(cloud: Cloud) -> None:
    def silent(_call: str, told: Any) -> Any:
        """A cloud that states no times, or as an old document shows them."""
        for one in (told, *(told.get("images", []) if isinstance(told, dict) else [])):
            for name in ("begin_time", "end_time", "created_at", "active_at"):
                if name in one:
                    one[name] = "04-Jun-2015 18:11:06:586" if name == "begin_time" else ""
        return told

    started = start(cloud, 2)
    cloud.retell = silent
    begun = cloud.clock.now()

    result = ok(wait(cloud, results=started))

    for entry in result["timeline"]:
        assert (entry["began_by"], entry["ended_by"]) == ("observed", "observed")
        assert 0 < seconds(entry) <= cloud.clock.now() - begun


def test_time_in_the_queue_ends_with_the_last_poll_that_saw_it(cloud: Cloud) -> None:
    def queued(call: str, told: Any) -> Any:
        for image in told.get("images", []) if call == "GET /v2/cloudimages" else []:
            if image["status"] != "active" and cloud.clock.now() < begun + 40:
                image["status"] = "queued"
        return told

    cloud.switch(copy_limit=None)
    started = start(cloud, 2)
    begun = cloud.clock.now()
    cloud.retell = queued

    result = ok(wait(cloud, results=started))

    for entry in result["timeline"]:
        moments = ("began_at", "queued_until", "running_at", "ended_at")
        assert [entry[name] for name in moments] == sorted(entry[name] for name in moments)


def test_a_poll_that_reads_nothing_of_an_image_does_not_see_it_in_the_queue(cloud: Cloud) -> None:
    """Where a list shows it late, only that is known: it may have been running for long."""

    def late(call: str, told: Any) -> Any:
        if call == "GET /v2/cloudimages" and cloud.clock.now() < begun + 60:
            told["images"] = [one for one in told["images"] if one["name"] not in names(2)]
        if call.startswith("GET /v1/") and "/jobs/" in call and cloud.clock.now() < begun + 60:
            told["status"] = ""
        return told

    cloud.rules({**COPY, "action": "job", "duration": 600})
    cloud.switch(copy_limit=None)
    started = start(cloud, 2)
    begun = cloud.clock.now()
    cloud.retell = late

    result = ok(wait(cloud, results=started))

    for entry in result["timeline"]:
        assert entry["queued_until"] is None
        assert entry["running_at"] > entry["began_at"]


def test_an_existing_image_was_not_made(cloud: Cloud) -> None:
    ok(wait(cloud, results=start(cloud, 1)))
    again = start(cloud, 1)

    result = ok(wait(cloud, results=again))

    assert not result["changed"]
    assert [(entry["made"], entry["seconds"]) for entry in result["timeline"]] == [(False, None)]


def test_a_failure_has_the_words_of_the_cloud(cloud: Cloud) -> None:
    cloud.rules({**COPY, "nth": 2, "action": "job", "fail": "IMG.0095", "reason": "no <key>"})
    cloud.switch(copy_limit=None)

    result = wait(cloud, results=start(cloud, 3))

    assert result["failed"]
    lost = result["timeline"][1]
    assert "no <key> (IMG.0095)" in lost["msg"]
    assert lost["error"] == result["images"][1]["error"]
    assert lost["ended_by"] == "cloud"
    page = render([result])
    assert "no &lt;key&gt; (IMG.0095)" in page
    assert "<h1>1 of 3 images failed</h1>" in page


def test_an_image_that_is_not_finished_has_no_end(cloud: Cloud) -> None:
    started = start_two_slow_ones(cloud)

    late = wait(cloud, results=started, wait_timeout=300)

    assert late["failed"]
    assert [entry["ended_at"] for entry in late["timeline"]][1:] == [None, None]
    assert late["timeline"][1]["percent"] > 0
    then = ok(wait(cloud, results=started))
    page = render([late, then])
    assert "<h1>All 3 images are active</h1>" in page
    assert page.count("<tr>") == 1 + 3


def test_what_interrupts_the_wait_has_an_entry_of_its_own(cloud: Cloud) -> None:
    started = start(cloud, 3)
    refuse = {"action": "answer", "status": 403, "code": "IMG.0026"}
    cloud.rules({"method": "GET", "path": "/v2/cloudimages$", "after": 2, **refuse})

    result = wait(cloud, results=started)

    assert statuses(result) == ["in_progress"] * 3
    *_waited, interruption = result["timeline"]
    assert (interruption["status"], interruption["made"]) == ("interrupted", False)
    assert "403 IMG.0026" in interruption["msg"]


def test_a_prediction_has_entries_without_times(cloud: Cloud) -> None:
    predicted = start(cloud, 2, check_mode=True)

    prediction = ok(wait(cloud, check_mode=True, results=predicted))

    assert [entry["status"] for entry in prediction["timeline"]] == ["not_started"] * 2
    assert [entry["began_at"] for entry in prediction["timeline"]] == [None] * 2


def test_secrets_do_not_get_into_it(cloud: Cloud) -> None:
    """Whoever quotes them: here the cloud, in the reason of a failure."""
    secret = cloud.simulator.facts("http://127.0.0.1:8080")["secret_key"]
    cloud.rules({**COPY, "nth": 1, "action": "job", "fail": "IMG.0014", "reason": f"<{secret}>"})

    result = wait(cloud, results=start(cloud, 2))

    assert secret not in str(result["timeline"])
    assert f"<{MASK}>" in result["timeline"][0]["msg"]


# --- what could not be started

WANTED = {
    "server": ("whole_image", {"instance": "no-such-server"}, "server no-such-server"),
    "backup": ("whole_image", {"backup": "no-such-backup"}, "backup no-such-backup"),
    "disk": ("volume_image_export", {"volume": "no-such-disk"}, "volume no-such-disk"),
    "image": ("image_copy", {"source_image": "no-such-image"}, "image no-such-image"),
}


@pytest.mark.parametrize("source", WANTED)
def test_an_image_that_cannot_be_started_is_known_by_its_wanted_name_and_source(
    cloud: Cloud, source: str
) -> None:
    module, options, shown = WANTED[source]
    lost = cloud.run(module, name="web-golden", wait=False, **options)
    # As the item of a loop that knows it by another name.
    item = {"ansible_loop_var": "item", "item": {"name": "web-01"}}

    result = wait(cloud, results=[{**lost, **item}])

    assert lost["desired"] == {"name": "web-golden", "source": shown}
    assert "web-golden: " in result["msg"]
    assert result["images"][0]["name"] == "web-golden"
    [entry] = result["timeline"]
    assert (entry["name"], entry["source"], entry["made"]) == ("web-golden", shown, True)


def test_a_name_that_is_refused_is_the_wanted_name_all_the_same(cloud: Cloud) -> None:
    lost = cloud.run("image_copy", name="web/golden", source_image=IMAGE)

    assert lost["desired"] == {"name": "web/golden", "source": f"image {IMAGE}"}
    assert cloud.requests() == []


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("image_copy", {"name": "a", "source_image": "no-such-image", "state": "absent"}),
        ("image_info", {"name": "a", "limit": -1}),
        ("image", {"image_id": "no-such-image", "name": "a"}),
        ("image_wait", {"images": ["no-such-image"]}),
    ],
)
def test_a_task_that_creates_no_image_wanted_none(cloud: Cloud, module: str, options: Json) -> None:
    lost = cloud.run(module, **options)

    assert "desired" not in lost


def test_the_loop_names_what_a_failure_does_not(cloud: Cloud) -> None:
    """Such as that of a task that did not get as far as the module."""
    lost = {"failed": True, "msg": "No.", "ansible_loop_var": "disk", "disk": {"volume": "disk-7"}}

    result = wait(cloud, results=[lost])

    assert [entry["name"] for entry in result["timeline"]] == ["disk-7"]
