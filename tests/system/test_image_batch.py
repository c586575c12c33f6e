# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed image_batch of many images prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra
from ansible_collections.huaweicloud.ims.tests.system.conftest import TIME_SCALE
from ansible_collections.huaweicloud.ims.tools import simulator
from ansible_collections.huaweicloud.ims.tools.places import Place

Json = dict[str, Any]

MOST_CHARACTERS = 12_000
COPY = {"method": "POST", "path": "/copy$"}
JOB = {**COPY, "action": "job"}


def copies(number: int, source: str = "linux-base") -> list[Json]:
    names = [f"copy-{one:03}" for one in range(number)]
    return [{"image_copy": {"name": name, "source_image": source}} for name in names]


def export(name: str, volume: str) -> Json:
    return {"volume_image_export": {"name": name, "volume": volume}}


SCENES: dict[str, tuple[list[Json], Json, Json, str]] = {
    "too little time": (copies(100), {"wait_timeout": 5}, {**JOB, "duration": 36_000}, "in time"),
    "a source that fails": (
        [export("base", "data-error"), *copies(100, "base")],
        {},
        {},
        "skipped",
    ),
    "one of a hundred": (copies(100), {}, {**JOB, "nth": 50, "fail": "IMG.0060"}, "failed"),
}


@pytest.mark.parametrize("form", ["task", "playbook"])
@pytest.mark.parametrize(("images", "options", "rule", "word"), SCENES.values(), ids=SCENES)
def test_a_failure_of_many_images_prints_at_most_a_line_each(
    tmp_path: Path, images: list[Json], options: Json, rule: Json, word: str, form: str
) -> None:
    """Under Ansible's own callback, progress included."""
    assert sys.__stderr__ is not None
    simulated = simulator.started(Place(), sys.__stderr__, time_scale=TIME_SCALE, seed=1)
    with simulated as facts:
        cloud = RunningCloud(facts, cache=tmp_path / "cache")
        limits = {"image_quota": 1000, "copy_limit": None, "create_limit": None, "rate_limit": None}
        cloud.faults(switches=limits, rules=[rule] if rule else [])
        if form == "task":
            task = {"huaweicloud.ims.image_batch": {"images": images, **options}}
            play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
            (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
            played = cloud.play(str(tmp_path / "play.yml"))
        else:
            command = "huaweicloud.ims.image_batch"
            played = cloud.play(command, *extra(images=images, **options))

        assert played.returncode != 0
        assert word in played.output
        assert len(played.output) <= MOST_CHARACTERS, len(played.output)


def test_images_of_a_long_failure_of_image_wait_are_shown(tmp_path: Path) -> None:
    """Nothing but their names, ids and statuses is returned."""
    assert sys.__stderr__ is not None
    simulated = simulator.started(Place(), sys.__stderr__, time_scale=TIME_SCALE, seed=1)
    with simulated as facts:
        cloud = RunningCloud(facts, cache=tmp_path / "cache")
        limits = {"image_quota": 1000, "copy_limit": None, "list_delay": [0, 0]}
        cloud.faults(switches=limits, rules=[{**JOB, "duration": 36_000}])
        cloud.succeed("huaweicloud.ims.image_batch", *extra(images=copies(21), wait=False))
        names = [one["image_copy"]["name"] for one in copies(21)]

        played = cloud.play("huaweicloud.ims.image_wait", *extra(images=names, wait_timeout=5))

        assert "21 of 21 not finished in time: copy-000, copy-001" in played.message
        assert [image["name"] for image in played.stats["ims_images"]] == names
        assert "copy-020 (" in played.output
