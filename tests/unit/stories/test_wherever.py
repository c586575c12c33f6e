# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image is found wherever it is: on any page, in any state, shared out, in any enterprise
project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import PRODUCTION

from .conftest import Cloud, ok
from .kinds import NAME, each_kind_and_each, task

Place = Callable[[Cloud, dict[str, Any]], None]


def _record(cloud: Cloud, made: dict[str, Any]) -> Any:
    return cloud.simulator.cloud.world.images[made["image_id"]]


def _on_a_later_page(cloud: Cloud, made: dict[str, Any]) -> None:
    """Newer images of the name, of something else, fill the first pages."""
    for number in range(5):
        module, arguments = task("image", name=f"filler-{number}", source_image="limited-image")
        filler = cloud.run(module, **arguments)
        _record(cloud, filler).facets.name = NAME
    cloud.switch(page_size=2)


def _shared_out(cloud: Cloud, made: dict[str, Any]) -> None:
    partner = cloud.credential("partner")["project_id"]
    _record(cloud, made).members[partner] = "accepted"


def _in_an_enterprise_project(cloud: Cloud, made: dict[str, Any]) -> None:
    _record(cloud, made).facets.enterprise_project_id = PRODUCTION
    cloud.switch(list_projects="default")


def _with_pages_and_projects(cloud: Cloud, made: dict[str, Any]) -> None:
    _on_a_later_page(cloud, made)
    _in_an_enterprise_project(cloud, made)


def _queued(cloud: Cloud, made: dict[str, Any]) -> None:
    _record(cloud, made).status = "queued"


def _saving(cloud: Cloud, made: dict[str, Any]) -> None:
    _record(cloud, made).status = "saving"


PLACES: dict[str, Place] = {
    "on a later page": _on_a_later_page,
    "shared out": _shared_out,
    "in an enterprise project": _in_an_enterprise_project,
    "in an enterprise project, on a later page": _with_pages_and_projects,
}
STATES: dict[str, Place] = {"queued": _queued, "saving": _saving}


@each_kind_and_each("place", PLACES)
def test_no_second_image_is_made_of_one_that_is_there(
    cloud: Cloud, kind: str, place: Place
) -> None:
    module, arguments = task(kind)
    made = ok(cloud.run(module, **arguments))
    place(cloud, made)

    again = cloud.unchanged(module, **arguments)

    assert again["image_id"] == made["image_id"]


@each_kind_and_each("state", STATES)
def test_an_image_in_flight_counts_whatever_its_state(
    cloud: Cloud, kind: str, state: Place
) -> None:
    module, arguments = task(kind)
    made = ok(cloud.run(module, **arguments))
    state(cloud, made)
    cloud.forget_requests()

    again = ok(cloud.run(module, wait=False, **arguments))

    assert again["image_id"] == made["image_id"]
    assert again["resumed"]
    assert cloud.writes() == []


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("by", ["id", "source"])
def test_it_can_be_deleted_from_there(cloud: Cloud, place: Place, by: str) -> None:
    module, arguments = task("image")
    made = ok(cloud.run(module, **arguments))
    place(cloud, made)

    if by == "id":
        gone = cloud.run("image", image=made["image_id"], state="absent")
    else:
        gone = cloud.run(module, state="absent", **arguments)

    assert ok(gone)["changed"]
    assert _record(cloud, made).deleted


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_it_can_be_changed_and_is_listed_there(cloud: Cloud, place: Place) -> None:
    module, arguments = task("image")
    made = ok(cloud.run(module, **arguments))
    place(cloud, made)

    changed = ok(cloud.run("image", image=made["image_id"], description="seen"))
    listed = ok(cloud.run("image_info", name=NAME))["images"]

    assert changed["changed"]
    assert made["image_id"] in [image["id"] for image in listed]


REFUSALS = {
    "a bad request": {"status": 400, "code": "IMG.0016"},
    "no permission": {"status": 403, "code": "IMG.0026"},
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_cloud_that_knows_no_enterprise_projects_is_asked_without_them(
    cloud: Cloud, refusal: dict[str, Any]
) -> None:
    rule = {"method": "GET", "path": "/v2/cloudimages$", "query": "all_granted_eps"}
    cloud.rules({**rule, "action": "answer", **refusal})
    module, arguments = task("image")

    made = ok(cloud.run(module, **arguments))
    again = ok(cloud.run(module, **arguments))

    assert made["changed"]
    assert not again["changed"]
    refused = [entry for entry in cloud.simulator.requests if entry["fault"]]
    assert len(refused) == 2  # once in each task
