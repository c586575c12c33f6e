# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times are wall time; a time scale shortens what the cloud does, and nothing else."""

from __future__ import annotations

import time
from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, RealClock, Simulator

from .client import BODY, IMPORT, URL, WHOLE, Client

DAY = 86400.0


@pytest.fixture
def fast(clock: ManualClock) -> Client:
    """A nasty cloud that does in a second what takes others a minute."""
    clock.scale = 60.0
    return Client(Simulator(clock, seed=1), clock)


def epoch(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_a_job_of_nine_minutes_takes_nine_seconds_by_its_own_times(fast: Client) -> None:
    server = fast.number("servers", "web-01")
    begun = fast.clock.now()
    job_id = fast.ok("POST", WHOLE, {"name": "new", "instance_id": server})["job_id"]
    fast.clock.advance(7)
    assert fast.job(job_id)["status"] == "RUNNING"
    fast.clock.advance(4)

    job = fast.job(job_id)

    assert job["status"] == "SUCCESS"
    assert epoch(job["begin_time"]) == begun
    assert 8 < epoch(job["end_time"]) - begun < 11
    image = fast.images("name=new")[0]
    assert epoch(image["created_at"]) == begun
    assert image["status"] == "active"
    assert 8 < epoch(image["active_at"]) - begun < 11


def test_an_export_is_as_fast(fast: Client) -> None:
    volume = fast.number("volumes", "data-available")
    body = {"os-volume_upload_image": {"image_name": "new"}}
    fast.ok("POST", f"/v2/{{pid}}/volumes/{volume}/action", body)
    fast.clock.advance(4)

    [image] = fast.images("name=new")

    assert image["status"] == "active"


def test_the_delays_of_switches_and_rules_are_as_short(fast: Client) -> None:
    fast.simulator.faults({"rules": [{"action": "job", "duration": 60, "list_delay": 30}]})
    job_id = fast.ok("POST", IMPORT, BODY)["job_id"]
    assert fast.call("GET", f"/v1/{{pid}}/jobs/{job_id}").status_code == 400

    fast.clock.advance(0.1)
    assert fast.job(job_id)["status"] == "RUNNING"
    assert fast.images("name=new") == []
    fast.clock.advance(0.5)
    [image] = fast.images("name=new")
    fast.clock.advance(0.6)
    assert fast.job(job_id)["status"] == "SUCCESS"
    fast.clock.advance(0.1)
    fast.ok("PATCH", f"/v2/cloudimages/{image['id']}", [_description("late")])
    fast.clock.advance(0.05)
    assert fast.images("name=new")[0]["__description"] == "late"
    fast.ok("DELETE", f"/v2/images/{image['id']}")
    fast.clock.advance(0.11)
    assert fast.images("name=new") == []


def _description(text: str) -> dict[str, str]:
    return {"op": "add", "path": "/__description", "value": text}


def test_the_windows_of_limits_are_as_short(fast: Client) -> None:
    fast.simulator.faults({"switches": {"rate_limit": 1}})
    path = "/v1/cloudimages/quota"
    assert [fast.call("GET", path).status_code for _count in range(2)] == [200, 429]

    fast.clock.advance(5.1)

    assert fast.call("GET", path).status_code == 200


def test_credentials_live_as_long_as_ever(fast: Client) -> None:
    fast.clock.advance(DAY - 60)
    assert fast.call("GET", "/v1/cloudimages/quota").status_code == 200

    fast.clock.advance(61)

    assert fast.call("GET", "/v1/cloudimages/quota").status_code == 401


def test_the_date_is_that_of_the_machine_however_fast_the_cloud_works() -> None:
    cloud = Client(Simulator(RealClock(scale=1e6), seed=1), ManualClock())

    told = parsedate_to_datetime(cloud.session.get(URL + "/v3").headers["Date"]).timestamp()

    assert abs(told - time.time()) < 3


def test_all_that_there_is_can_be_made_older(cloud: Client) -> None:
    """As if so much time had passed, but by no clock: what is due happens."""
    job_id = cloud.ok("POST", IMPORT, BODY)["job_id"]
    base = cloud.images("name=linux-base")[0]
    now = cloud.clock.now()

    cloud.session.post(URL + "/_sim/age", json={"seconds": DAY})

    job = cloud.job(job_id)
    [image] = cloud.images("name=new")
    assert cloud.clock.now() == now
    assert (job["status"], image["status"]) == ("SUCCESS", "active")
    assert epoch(job["begin_time"]) == epoch(image["created_at"]) == now - DAY
    assert epoch(job["end_time"]) < now - DAY + 600
    aged = cloud.images("name=linux-base")[0]
    for name in ("created_at", "updated_at", "active_at"):
        assert epoch(base[name]) - epoch(aged[name]) == DAY


@pytest.mark.parametrize("body", [None, {}, {"seconds": "1d"}, {"seconds": -1}])
def test_what_cannot_be_an_age_is_refused(cloud: Client, body: object) -> None:
    assert cloud.session.post(URL + "/_sim/age", json=body).status_code == 400
