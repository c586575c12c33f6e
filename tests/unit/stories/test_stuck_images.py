# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image that is queued or saving for more than a day can be deleted; a younger one is waited
for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import Cloud, ok

Json = dict[str, Any]

DAY = 86400.0
STUCK = ["queued-image", "saving-image"]

stuck = pytest.mark.parametrize("name", STUCK)


@pytest.fixture
def lenient(cloud: Cloud) -> Cloud:
    """A cloud that deletes an image whatever its state."""
    cloud.switch(delete_unfinished="accepted")
    return cloud


def young(cloud: Cloud, name: str) -> None:
    """The image was ordered just now."""
    image = cloud.thing("images", name)["id"]
    cloud.simulator.cloud.world.images[image].created = cloud.clock.now()


def absent(cloud: Cloud, name: str, **more: Any) -> Json:
    return cloud.run("image", image=name, state="absent", wait_timeout=600, **more)


@pytest.mark.parametrize("wait", [True, False])
@stuck
def test_an_image_that_is_stuck_is_deleted(lenient: Cloud, name: str, wait: bool) -> None:
    young(lenient, name)
    lenient.clock.advance(DAY + 60)

    predicted = absent(lenient, name, check_mode=True, wait=wait)
    result = ok(absent(lenient, name, wait=wait))
    again = ok(absent(lenient, name, wait=wait))

    assert lenient.images(name) == []
    assert result["changed"]
    assert predicted["actions"] == result["actions"]
    assert result["elapsed"] < 60
    assert not again["changed"]


@stuck
def test_the_cloud_decides(cloud: Cloud, name: str) -> None:
    young(cloud, name)
    cloud.clock.advance(DAY + 60)

    result = absent(cloud, name)

    assert result["failed"]
    assert "IMG.0090" in result["msg"]
    assert result["elapsed"] < 60
    assert len(cloud.requests("DELETE")) == 1


@stuck
def test_a_younger_one_is_waited_for(lenient: Cloud, name: str) -> None:
    young(lenient, name)
    lenient.clock.advance(DAY - 1200)

    result = absent(lenient, name)

    assert result["failed"]
    assert "not finished in time" in result["msg"]
    assert lenient.requests("DELETE") == []


@stuck
def test_a_younger_one_is_refused_by_a_task_that_does_not_wait(lenient: Cloud, name: str) -> None:
    young(lenient, name)
    lenient.clock.advance(DAY - 1200)

    result = absent(lenient, name, wait=False)

    assert result["failed"]
    assert "cannot be deleted yet" in result["msg"]
    assert lenient.requests("DELETE") == []


@pytest.mark.parametrize("skew", [2 * DAY, -2 * DAY, None])
def test_the_age_goes_by_both_clocks(lenient: Cloud, skew: float | None) -> None:
    young(lenient, STUCK[0])
    lenient.clock.advance(0 if skew and skew > 0 else 3 * DAY)
    lenient.switch(date_skew=skew)

    assert absent(lenient, STUCK[0])["failed"]

    assert lenient.requests("DELETE") == []


@pytest.mark.parametrize("state", ["running", "over", "forgotten"])
def test_an_image_whose_job_runs_is_waited_for(lenient: Cloud, tmp_path: Path, state: str) -> None:
    lenient.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    lenient.rules({"path": "/copy$", "action": "job", "duration": 9 * DAY})
    started = ok(lenient.run("image_copy", name="web", source_image="linux-base", wait=False))
    lenient.clock.advance(2 * DAY)
    job = lenient.simulator.cloud.world.jobs[started["job_id"]]
    if state == "over":
        job.end = lenient.clock.now() - DAY
    elif state == "forgotten":
        del lenient.simulator.cloud.world.jobs[started["job_id"]]

    result = lenient.run("image_copy", name="web", state="absent", wait_timeout=600)

    assert bool(result.get("failed")) is (state == "running")
    assert bool(lenient.images("web")) is (state == "running")


@stuck
def test_retention_leaves_it_alone(lenient: Cloud, name: str) -> None:
    lenient.clock.advance(9 * DAY)
    family = {"name": name, "keep_newest": 0, "keep_younger_than": "1d"}

    result = ok(lenient.run("image_retention", families=[family]))

    assert result["deleted"] == []
    assert lenient.requests("DELETE") == []
