# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds without a service, and services that do not answer: whoever can do without them does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clients import Clients
from ansible_collections.huaweicloud.ims.tests.samples import BACKUP, IMAGE, SERVER, VAULT, VOLUME
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock
from urllib3.exceptions import MaxRetryError, NewConnectionError

from .conftest import URL, Cloud, ok
from .kinds import NAME, task

NOWHERE = "https://nowhere.example"


class NoEndpoints(requests.adapters.BaseAdapter):
    """An address where nobody answers: its host is not known, or takes no connection."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        super().__init__()
        self.clock = clock
        self.seconds = seconds
        self.tries = 0

    def send(self, request: requests.PreparedRequest, **_more: Any) -> requests.Response:  # type: ignore[override]
        self.tries += 1
        self.clock.advance(self.seconds)
        if self.seconds:
            raise requests.exceptions.ConnectTimeout(request=request)
        reason = NewConnectionError(None, "Name or service not known")  # type: ignore[arg-type]
        error = MaxRetryError(None, request.url, reason)  # type: ignore[arg-type]
        raise requests.exceptions.ConnectionError(error, request=request)

    def close(self) -> None:
        pass


HOW = ("host unknown", "no connection", "address unknown", "unpublished", "trouble", "login page")


def lose(cloud: Cloud, service: str, how: str) -> dict[str, Any]:
    """The arguments of a task for which the service is out of reach."""
    endpoints = {**cloud.simulator.facts(URL)["endpoints"]}
    if how in ("host unknown", "no connection"):
        cloud.elsewhere[NOWHERE] = NoEndpoints(cloud.clock, 10.0 if how == "no connection" else 0.0)
        endpoints[service] = NOWHERE
    elif how == "address unknown":
        del endpoints[service]
        if service == "csbs":
            endpoints["cbr"] = "https://nowhere.example"
    else:
        answers: dict[str, dict[str, Any]] = {
            "unpublished": {"action": "answer", "status": 404, "code": "APIGW.0101"},
            "trouble": {"action": "answer", "status": 503},
            "login page": {"action": "garbage"},
        }
        cloud.rules({"service": service, "method": "GET", **answers[how]})
    return {"endpoints": endpoints}


def each_and_each(
    name: str, cases: Iterable[str], ways: Sequence[str] = HOW
) -> pytest.MarkDecorator:
    """Each case with the first way, and the first case with each way."""
    first, *others = cases
    pairs = [*((first, how) for how in ways), *((case, ways[0]) for case in others)]
    return pytest.mark.parametrize((name, "how"), pairs)


# What is looked up of what is given by its id -> the service that is asked.
LOOKED_UP = {
    "server, its vault": ("cbr", {"instance": SERVER}),
    "server, a vault": ("cbr", {"instance": SERVER, "vault": VAULT}),
    "server": ("ecs", {"instance": SERVER}),
    "server, its disks": ("evs", {"instance": SERVER}),
    "backup": ("cbr", {"backup": BACKUP}),
    "CSBS backup": ("csbs", {"backup": BACKUP, "backup_type": "CSBS"}),
}


@each_and_each("looked_up", LOOKED_UP)
def test_what_is_given_by_its_id_needs_no_look_up(cloud: Cloud, looked_up: str, how: str) -> None:
    service, given = LOOKED_UP[looked_up]
    arguments = {"name": NAME, **given, "wait": False}
    usual = ok(cloud.run("whole_image", check_mode=True, **arguments))

    more = lose(cloud, service, how)
    made = ok(cloud.run("whole_image", verbosity=1, **arguments, **more))

    assert made["changed"]
    assert made["warnings"] == []
    assert made["actions"] == usual["actions"]
    assert len(cloud.creates()) == 1
    assert any("not possible" in note or "not permitted" in note for note in made["notes"])
    # Whoever is not needed is not waited for.
    assert made["elapsed"] < usual["elapsed"] + 90


@each_and_each("service", ["cbr", "evs", "ecs"])
def test_a_second_run_without_the_service_makes_no_second_image(
    cloud: Cloud, service: str, how: str
) -> None:
    arguments = {"name": NAME, "instance": SERVER}
    made = ok(cloud.run("whole_image", **arguments))

    more = lose(cloud, service, how)
    again = ok(cloud.run("whole_image", **arguments, **more))

    assert not again["changed"]
    assert again["image_id"] == made["image_id"]
    assert len(cloud.creates()) == 1


NAMED = {
    "server": ("ecs", "whole_image", {"instance": "web-01"}),
    "vault": ("cbr", "whole_image", {"instance": SERVER, "vault": "vault-servers"}),
    "backup": ("cbr", "whole_image", {"backup": "web-01-backup"}),
    "disk": ("evs", "volume_image_export", {"volume": "evs-ims-test"}),
}


@each_and_each("named", NAMED, HOW[:3])
def test_a_name_that_has_to_be_resolved_fails_soon_and_says_why(
    cloud: Cloud, named: str, how: str
) -> None:
    service, module, given = NAMED[named]
    more = lose(cloud, service, how)

    result = cloud.run(module, name=NAME, **given, **more)

    assert result["failed"]
    assert "could not be looked up" in result["msg"]
    assert "Give its id" in result["msg"]
    assert "bug of the collection" not in result["msg"]
    assert result["elapsed"] < 120
    assert cloud.creates() == []


def test_a_name_does_not_matter_while_the_image_is_there(cloud: Cloud) -> None:
    arguments = {"name": NAME, "instance": "web-01"}
    made = ok(cloud.run("whole_image", **arguments))

    more = lose(cloud, "ecs", "host unknown")
    again = ok(cloud.run("whole_image", **arguments, **more))

    assert again["image_id"] == made["image_id"]
    assert not again["changed"]
    assert any("could not be looked up" in warning for warning in again["warnings"])


@pytest.mark.parametrize("status", [400, 401, 409, 413, 429])
@pytest.mark.parametrize("service", ["cbr", "evs"])
def test_a_list_that_only_improves_a_message_may_be_refused_in_any_way(
    cloud: Cloud, service: str, status: int
) -> None:
    cloud.rules({"service": service, "method": "GET", "action": "answer", "status": status})

    made = ok(cloud.run("whole_image", name=NAME, instance=SERVER, wait=False))

    assert made["changed"]
    assert made["warnings"] == []


def test_the_items_of_a_loop_find_out_once_that_nobody_answers(cloud: Cloud) -> None:
    cloud.clients = Clients()
    more = lose(cloud, "cbr", "no connection")
    nowhere = cloud.elsewhere[NOWHERE]
    assert isinstance(nowhere, NoEndpoints)

    tries = []
    for server in ("web-01", "web-01-old", "win-01"):
        given = cloud.thing("servers", server)["id"]
        ok(cloud.run("whole_image", name=server, instance=given, wait=False, **more))
        tries.append(nowhere.tries)

    assert tries[0] > 0
    assert tries == [tries[0]] * 3


def test_the_image_service_itself_is_waited_for(cloud: Cloud) -> None:
    """A look-up by its list is no reason to go on without it."""
    cloud.rules(
        {
            "method": "GET",
            "path": "/v2/cloudimages$",
            "query": f"(^|&)id={IMAGE}",
            "action": "answer",
            "status": 503,
            "times": 8,
        }
    )
    module, arguments = task("image")

    made = ok(cloud.run(module, verbosity=1, **arguments))

    assert made["elapsed"] > 60
    assert not any("was not checked" in note for note in made["notes"])


# --- the export of a disk that is being exported

STATE = (
    "Invalid volume: Volume status must be available or in-use, but current status is: uploading."
)
INPUT = "Invalid input for image_name."


def cinder(**error: Any) -> dict[str, Any]:
    return {"shape": "text", "text": json.dumps({"badRequest": error})}


def exported_elsewhere(cloud: Cloud, rule: dict[str, Any]) -> dict[str, Any]:
    """Another machine has just begun to export the same disk under the same name."""
    other = Cloud(cloud.simulator)
    cloud.switch(list_delay=[20, 20])
    ok(other.run("volume_image_export", name=NAME, volume=VOLUME, wait=False))
    cloud.rules({"method": "POST", "path": "/action$", "action": "answer", "status": 400, **rule})

    def looks_available(call: str, answer: Any) -> Any:
        asked = len([line for line in cloud.requests("GET") if "/cloudvolumes/" in line])
        if "volume" in answer and asked == 1:
            answer["volume"]["status"] = "available"
        return answer

    cloud.retell = looks_available
    return cloud.run("volume_image_export", name=NAME, volume=VOLUME)


@pytest.mark.parametrize(
    "rule",
    [
        {"code": "EVS.5400", "message": STATE},
        {"shape": "nova", "code": "badRequest", "message": STATE},
        cinder(code=400, message=STATE),
        cinder(message=STATE),
    ],
    ids=["EVS", "nova", "Cinder", "Cinder without code"],
)
def test_an_export_that_another_machine_has_begun_is_adopted(
    cloud: Cloud, rule: dict[str, Any]
) -> None:
    result = ok(exported_elsewhere(cloud, rule))

    assert len(cloud.images(NAME)) == 1
    assert result["image_id"] == cloud.images(NAME)[0]["id"]


@pytest.mark.parametrize(
    "rule",
    [{"code": "EVS.5400", "message": INPUT}, cinder(code=400, message=INPUT)],
    ids=["EVS", "Cinder"],
)
def test_an_export_that_is_refused_for_its_input_is_refused(
    cloud: Cloud, rule: dict[str, Any]
) -> None:
    result = exported_elsewhere(cloud, rule)

    assert result["failed"]
    assert INPUT in result["msg"]
    assert result["elapsed"] < 30
