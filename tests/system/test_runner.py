# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook under ansible-runner, as AWX runs it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.system.awx import events_in
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.commands import run
from ansible_collections.huaweicloud.ims.tools.places import Place

PLAYBOOK = "huaweicloud.ims.image_copy"


def _prepare(folder: Path, cloud: RunningCloud, **variables: Any) -> None:
    for name in ("env", "inventory", "project"):
        (folder / name).mkdir()
    # Where an AWX credential type injects what it holds.
    (folder / "env" / "envvars").write_text(json.dumps(cloud.place().variables))
    (folder / "env" / "extravars").write_text(json.dumps(variables))
    (folder / "inventory" / "hosts").write_text("localhost\n")


def test_runner_passes_variables_and_hands_back_the_result(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    place = Place()
    _prepare(tmp_path, cloud, image_name="copy", source_image="linux-base", min_ram=1024)

    run([place.program("ansible-runner"), "run", str(tmp_path), "-p", PLAYBOOK], place)

    [artifacts] = (tmp_path / "artifacts").iterdir()
    events = events_in(artifacts)
    [result] = [
        event["event_data"]["res"]
        for event in events
        if event["event"] == "runner_on_ok" and event["event_data"]["task_action"] == PLAYBOOK
    ]
    assert result["changed"]
    image = cloud.images()["copy"]
    assert result["image_id"] == image["id"]
    assert result["image"]["min_ram"] == 1024
    end = events[-1]["event_data"]
    assert end["artifact_data"]["ims_image_id"] == image["id"]
    assert end["changed"] == {"localhost": 1}
    written = "".join(
        path.read_text("utf-8", "replace")
        for path in (tmp_path / "artifacts").rglob("*")
        if path.is_file() and path.name != "command"
    )
    assert cloud.facts["secret_key"] not in written


@pytest.mark.parametrize("told", [True, False], ids=["told", "quiet"])
def test_what_goes_on_is_shown_while_the_task_waits(
    cloud: RunningCloud, tmp_path: Path, told: bool
) -> None:
    """AWX shows the output of each event as it comes; ten seconds here are a hundred minutes."""
    place = Place()
    cloud.faults(rules=[{"path": "/copy$", "action": "job", "duration": 6000}])
    variables = {} if told else {"huaweicloud_ims_progress": False}
    _prepare(tmp_path, cloud, image_name="copy", source_image="linux-base", **variables)

    run([place.program("ansible-runner"), "run", str(tmp_path), "-p", PLAYBOOK], place)

    [artifacts] = (tmp_path / "artifacts").iterdir()
    events = events_in(artifacts)
    [end] = [
        datetime.fromisoformat(event["created"])
        for event in events
        if event["event"] == "runner_on_ok" and event["event_data"]["task_action"] == PLAYBOOK
    ]
    lines = [
        (end - datetime.fromisoformat(event["created"]), line.strip())
        for event in events
        for line in event["stdout"].splitlines()
        if line.startswith("copy: ")
    ]
    if not told:
        assert lines == []
        return
    running = [before for before, line in lines if line.startswith("copy: job RUNNING")]
    assert running
    assert max(running) > timedelta(seconds=3)
    assert lines[-1][1].startswith("copy: active after ")


def test_what_a_killed_runner_has_not_reported_is_no_event(tmp_path: Path) -> None:
    folder = tmp_path / "job_events"
    folder.mkdir()
    (folder / "2-b.json").write_text('{"counter": 2, "uuid": "b"}')
    (folder / "1-a.json").write_text('{"counter": 1, "uuid": "a"}')
    (folder / "0c-partial.json").write_text('{"uuid": "0c"}')

    assert [event["uuid"] for event in events_in(tmp_path)] == ["a", "b"]
