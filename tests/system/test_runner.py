# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook under ansible-runner, as AWX runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.commands import run
from ansible_collections.huaweicloud.ims.tools.places import Place

PLAYBOOK = "huaweicloud.ims.image_copy"


def _events(folder: Path) -> list[dict[str, Any]]:
    files = (folder / "artifacts").glob("*/job_events/*.json")
    events = [json.loads(path.read_text("utf-8")) for path in files]
    return sorted(events, key=lambda event: int(event["counter"]))


def test_runner_passes_variables_and_hands_back_the_result(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    place = Place()
    for name in ("env", "inventory", "project"):
        (tmp_path / name).mkdir()
    # Where an AWX credential type injects what it holds.
    (tmp_path / "env" / "envvars").write_text(json.dumps(cloud.place().variables))
    (tmp_path / "env" / "extravars").write_text(
        json.dumps({"image_name": "copy", "source_image": "linux-base", "min_ram": 1024})
    )
    (tmp_path / "inventory" / "hosts").write_text("localhost\n")

    run([place.program("ansible-runner"), "run", str(tmp_path), "-p", PLAYBOOK], place)

    events = _events(tmp_path)
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
