# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds whose lists ignore a filter, or are empty where they should not be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, PRODUCTION, SERVER, VOLUME

from .conftest import Cloud, in_lists, ok
from .kinds import MODULES, NAME, every_kind, every_module, task

EVERY_FILTER = ["ims.*", "evs.*", "ecs.*", "cbr.*", "csbs.*"]

# --- a list of all enterprise projects that is empty


@every_module
def test_an_image_is_made_once_though_the_list_of_all_projects_is_empty(
    cloud: Cloud, module: str
) -> None:
    cloud.switch(all_projects="empty")
    arguments = {"name": NAME, **MODULES[module]}

    made = ok(cloud.run(module, **arguments))
    again = ok(cloud.run(module, **arguments))

    assert made["changed"]
    assert not again["changed"]
    assert again["image_id"] == made["image_id"]
    assert len(cloud.images(NAME)) == 1


def test_an_image_is_removed_though_the_list_of_all_projects_is_empty(cloud: Cloud) -> None:
    cloud.switch(all_projects="empty")

    gone = ok(cloud.run("image", image="limited-image", state="absent"))

    assert gone["changed"]
    assert cloud.images("limited-image") == []


def test_an_image_that_is_waited_for_is_found_though_the_list_is_empty(cloud: Cloud) -> None:
    cloud.switch(all_projects="empty")
    started = ok(cloud.run("volume_image_export", name=NAME, volume=VOLUME, wait=False))

    done = ok(cloud.run("image_wait", results=[started]))

    assert [image["status"] for image in done["images"]] == ["active"]


def test_an_image_on_a_later_page_of_unfiltered_ones_is_found(cloud: Cloud) -> None:
    made = ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))
    for other in ("newer-1", "newer-2"):
        ok(cloud.run("image_copy", name=other, source_image=IMAGE))
    cloud.switch(all_projects="empty", page_size=2, ignored_filters=["ims.owner", "ims.name"])

    again = ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))

    assert not again["changed"]
    assert again["image_id"] == made["image_id"]
    assert len(cloud.images(NAME)) == 1


def test_whoever_may_not_list_the_default_project_believes_an_empty_list(cloud: Cloud) -> None:
    cloud.switch(all_projects="empty")
    rule = {"method": "GET", "path": "/v2/cloudimages$", "after": 1}
    cloud.rules({**rule, "action": "answer", "status": 403, "times": 1})

    gone = ok(cloud.run("image", image="no-such-image", state="absent"))

    assert not gone["changed"]


def test_an_image_in_use_is_kept_though_the_list_of_servers_in_all_projects_is_empty(
    cloud: Cloud,
) -> None:
    family = {"name": "shop-*", "keep_newest": 1}
    expected = ok(cloud.run("image_retention", families=[family], check_mode=True))["deleted"]
    used = expected[0]
    cloud.simulator.cloud.world.servers[SERVER].image_id = used

    def no_servers_of_all_projects(call: str, answer: Any) -> Any:
        asked = cloud.simulator.requests[-1]["query"]
        everywhere = asked.get("enterprise_project_id") == "all_granted_eps"
        return (
            {**answer, "servers": [], "count": 0} if everywhere and "servers" in answer else answer
        )

    cloud.retell = no_servers_of_all_projects

    result = ok(cloud.run("image_retention", families=[family]))

    assert result["deleted"] == [one for one in expected if one != used]


# --- filters that are ignored


@every_kind
def test_an_image_is_made_once_by_a_cloud_that_ignores_every_filter(
    cloud: Cloud, kind: str
) -> None:
    module, arguments = task(kind)
    expected = ok(cloud.run(module, check_mode=True, **arguments))
    cloud.switch(ignored_filters=EVERY_FILTER)

    made = ok(cloud.run(module, **arguments))
    again = ok(cloud.run(module, **arguments))

    assert made["changed"]
    assert (made["actions"], made["diff"]) == (expected["actions"], expected["diff"])
    assert made["warnings"] == []
    assert not again["changed"]
    assert len(cloud.images(NAME)) == 1


@pytest.mark.parametrize("silent", [False, True], ids=["told", "not told"])
def test_a_vault_of_another_server_is_never_named_to_the_cloud(cloud: Cloud, silent: bool) -> None:
    vaults = cloud.simulator.cloud.world.vaults
    foreign = next(vault for vault in vaults.values() if vault.name == "vault-empty")
    for vault_id in [one.id for one in vaults.values() if one is not foreign]:
        del vaults[vault_id]
    cloud.switch(ignored_filters=["cbr.resource_ids"])

    def retell(call: str, answer: Any) -> Any:
        for vault in answer.get("vaults", ()) if silent else ():
            vault.pop("resources")
        return answer

    cloud.retell = retell

    cloud.run("whole_image", name=NAME, instance=SERVER)

    [create] = [entry for entry in cloud.simulator.requests if entry["method"] == "POST"]
    assert "vault_id" not in create["body"]


FOREIGN = "shared-accepted"


def test_a_foreign_image_of_the_name_is_not_adopted(cloud: Cloud) -> None:
    cloud.switch(ignored_filters=["ims.owner"])

    result = ok(cloud.run("volume_image_export", name=FOREIGN, volume=VOLUME))

    assert result["changed"]
    assert result["warnings"] == []


def test_a_foreign_image_of_the_name_is_not_deleted(cloud: Cloud) -> None:
    cloud.switch(ignored_filters=["ims.owner"])

    cloud.unchanged("image_copy", name=FOREIGN, state="absent")


def test_a_foreign_image_of_the_name_is_not_changed(cloud: Cloud) -> None:
    cloud.switch(ignored_filters=["ims.owner"])

    result = cloud.run("image", image=FOREIGN, description="mine now")

    assert "There is no image with the name" in result["msg"]
    assert cloud.writes() == []


def test_retention_of_one_enterprise_project_leaves_the_others_alone(cloud: Cloud) -> None:
    cloud.switch(ignored_filters=["ims.enterprise_project_id"])
    family = {"name": "shop-*", "keep_newest": 1}

    result = ok(cloud.run("image_retention", families=[family], enterprise_project_id=PRODUCTION))

    assert result["images"] == []
    assert cloud.writes() == []


def test_image_info_lists_only_what_was_asked_for(cloud: Cloud) -> None:
    questions: list[dict[str, Any]] = [
        {},
        {"name": "limited-image"},
        {"image_id": IMAGE},
        {"status": "queued"},
        {"whole_image": True},
        {"whole_image": False},
        {"image_type": "gold"},
        {"image_type": "shared"},
        {"visibility": "private"},
        {"os_type": "Windows"},
        {"tag": "team=shop"},
        {"enterprise_project_id": PRODUCTION},
        {"enterprise_project_id": "0"},
    ]
    expected = [ok(cloud.run("image_info", **question))["images"] for question in questions]
    cloud.switch(ignored_filters=EVERY_FILTER)

    listed = [ok(cloud.run("image_info", **question))["images"] for question in questions]

    for question, one, other in zip(questions, expected, listed, strict=True):
        assert one, question
        names = [image["name"] for image in one]
        assert [image["name"] for image in other] == names, question


def test_an_image_that_names_no_owner_is_ours_unless_it_is_public(cloud: Cloud) -> None:
    """To overlook an image of ours would make a second one."""
    made = ok(cloud.run("volume_image_export", name=NAME, volume=VOLUME))
    expected = ok(cloud.run("image_info"))["images"]
    cloud.switch(ignored_filters=["ims.owner"])
    cloud.retell = in_lists(lambda image: image.pop("owner"))
    again = ok(cloud.run("volume_image_export", name=NAME, volume=VOLUME))
    listed = ok(cloud.run("image_info"))["images"]

    assert not again["changed"]
    assert again["image_id"] == made["image_id"]
    assert {image["image_type"] for image in listed} <= {"private", "shared"}
    assert {image["id"] for image in listed} >= {image["id"] for image in expected}
