# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two regions of one cloud: tasks work in the one that is meant, and a mistake of region, project
or address creates nothing in either."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, SERVER, VOLUME
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .conftest import URL, Cloud, ok

Arguments = dict[str, Any]
SERVICES = ("iam", "ims", "evs", "ecs", "cbr", "csbs")
NOBODY = {"access_key": None, "secret_key": None}


@pytest.fixture
def clouds(clock: ManualClock) -> Cloud:
    return Cloud(Simulator(clock=clock, seed=1, tame=True, region="eu-de"))


def others(cloud: Cloud) -> Arguments:
    facts: Arguments = cloud.simulator.facts(URL)["others"]
    return facts


def there(cloud: Cloud, *services: str) -> Arguments:
    """The address of the second region, for all services or for some of them."""
    url = others(cloud)["other_region_url"]
    home = cloud.simulator.facts(URL)["endpoints"]
    return {"endpoints": {**home, **dict.fromkeys(services or SERVICES, url)}}


def elsewhere(cloud: Cloud, **more: Any) -> Arguments:
    """The connection to the second region, as it has to be."""
    facts = others(cloud)
    place = {"region": facts["other_region"], "project_id": facts["other_region_project_id"]}
    url = facts["other_region_url"]
    return {**place, **there(cloud), "auth_url": f"{url}/v3", **more}


def owners(cloud: Cloud, name: str) -> list[str]:
    return [str(image["owner"]) for image in cloud.images(name)]


MADE: dict[str, tuple[str, Arguments]] = {
    "server": ("whole_image", {"instance": "elsewhere-web"}),
    "backup": ("whole_image", {"backup": "elsewhere-backup"}),
    "disk": ("volume_image_export", {"volume": "elsewhere-data"}),
    "image": ("image_copy", {"source_image": "elsewhere-base"}),
    "file": (
        "quick_import",
        {"image_url": "ims-elsewhere:far.zvhd2", "min_disk": 200, "type": "DataImage"},
    ),
}


@pytest.mark.parametrize(
    ("kind", "who"), [*((kind, "key") for kind in MADE), ("server", "password")]
)
def test_a_task_works_in_the_region_that_it_names(clouds: Cloud, kind: str, who: str) -> None:
    module, source = MADE[kind]
    place = elsewhere(clouds, **(clouds.user() if who == "password" else {}))

    made = ok(clouds.run(module, name="new", **source, **place))
    again = ok(clouds.run(module, name="new", **source, **place))

    assert made["changed"]
    assert not again["changed"]
    assert owners(clouds, "new") == [others(clouds)["other_region_project_id"]]
    assert {entry["region"] for entry in clouds.simulator.requests} == {"eu-nl"}


def test_the_project_of_the_region_is_found_in_each_of_them(clouds: Cloud) -> None:
    ok(clouds.run("image_copy", name="new", source_image="linux-base", project_id=None))
    place = elsewhere(clouds, project_id=None)
    ok(clouds.run("image_copy", name="new", source_image="elsewhere-base", **place))

    facts = clouds.simulator.facts(URL)
    expected = {facts["project_id"], facts["others"]["other_region_project_id"]}
    assert set(owners(clouds, "new")) == expected


# --- mistakes

ADDRESSES: dict[str, tuple[str, ...]] = {
    "of all services": (),
    "of all but iam": ("ims", "evs", "ecs", "cbr", "csbs"),
    "of ims": ("ims",),
}
COPY: Arguments = {"name": "new", "source_image": IMAGE}


@pytest.mark.parametrize("services", ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("who", ["key", "password"])
def test_the_addresses_of_another_region_create_nothing(
    clouds: Cloud, services: tuple[str, ...], who: str
) -> None:
    login = clouds.user() if who == "password" else {}

    result = clouds.run("image_copy", **COPY, **login, **there(clouds, *services))

    assert result["error"]["http_status"] == 401
    assert "project" in result["error"]["hint"]
    for wrong in ("clock", "secret key"):
        assert wrong not in result["error"]["hint"]
    assert clouds.creates() == []
    assert clouds.images("new") == []


def test_a_token_of_another_region_creates_nothing(clouds: Cloud) -> None:
    ok(clouds.run("image_info", **elsewhere(clouds, **clouds.user())))
    tokens = clouds.simulator.cloud.world.tokens.values()
    [token] = [one.value for one in tokens]
    clouds.forget_requests()

    result = clouds.run("image_copy", **COPY, **{**NOBODY, "auth_token": token})

    assert result["failed"]
    assert clouds.creates() == []
    assert "project" in result["msg"]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("image_copy", {"source_image": COPY["source_image"]}),
        ("whole_image", {"instance": SERVER}),
        ("volume_image_export", {"volume": VOLUME}),
    ],
)
def test_what_is_in_another_region_is_not_there(
    clouds: Cloud, module: str, source: Arguments
) -> None:
    result = clouds.run(module, name="new", **source, **elsewhere(clouds))

    project = others(clouds)["other_region_project_id"]
    assert f"in project {project}" in result["msg"]
    assert "Check the id or name, the region and the project" in result["msg"]
    assert clouds.writes() == []


def test_the_disks_of_another_region_are_not_exported(clouds: Cloud) -> None:
    volume = clouds.thing("volumes", "elsewhere-data")["id"]

    result = clouds.run("volume_image_export", name="new", volume=volume, **there(clouds, "evs"))

    assert result["failed"]
    assert clouds.images("new") == []


@pytest.mark.parametrize("wait", [True, False])
def test_an_image_in_the_other_region_is_not_deleted(clouds: Cloud, wait: bool) -> None:
    ok(clouds.run("image_copy", name="new", source_image="elsewhere-base", **elsewhere(clouds)))
    [image] = clouds.images("new")

    by_name = ok(clouds.run("image_copy", name="new", source_image="linux-base", state="absent"))
    by_id = clouds.run("image", image=image["id"], state="absent", wait=wait)

    assert not by_name["changed"]
    assert not by_id.get("changed")
    assert len(clouds.images("new")) == 1
