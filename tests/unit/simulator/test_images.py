# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and their filters, changes, tags, deletion."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, KEY, NOBODY

from .client import URL, Client

PATCH = f"/v2/cloudimages/{IMAGE}"
TAGS = f"/v2/{{pid}}/images/{IMAGE}/tags"


def names(cloud: Client, query: str) -> list[str]:
    return [image["name"] for image in cloud.images(query)]


# --- lists


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("__imagetype=shared", "shared-accepted", "linux-base"),
        ("visibility=private", "linux-base", "shared-out-image"),
        ("visibility=shared&member_status=pending", "shared-pending", "shared-accepted"),
        ("visibility=shared", "shared-accepted", "shared-pending"),
        ("__whole_image=true", "whole-from-server", "linux-base"),
        (f"__system__cmkid={KEY}", "encrypted-documents-key", "encrypted-other-key"),
        ("architecture=arm", "arm-image", "linux-base"),
        ("min_ram=1024", "limited-image", "linux-base"),
        ("tag=team%3Dweb", "linux-base", "copied-image"),
        ("enterprise_project_id=0", "linux-base", "eps-image"),
        ("enterprise_project_id=all_granted_eps", "eps-image", "partner-private"),
        ("__support_arm=true", "arm-image", "linux-base"),
    ],
)
def test_filters_that_no_client_of_the_contract_tests_sends(
    tame: Client, query: str, inside: str, outside: str
) -> None:
    found = names(tame, query.replace("{pid}", tame.project_id))

    assert inside in found
    assert outside not in found


def test_the_enterprise_projects_of_a_plain_list_are_disputed(tame: Client) -> None:
    assert "eps-image" in names(tame, f"owner={tame.project_id}")
    tame.simulator.faults({"switches": {"list_projects": "default"}})
    assert "eps-image" not in names(tame, f"owner={tame.project_id}")


@pytest.mark.parametrize("how", ["none", "page_info", "next"])
def test_what_a_page_says_of_the_next_is_disputed(tame: Client, how: str) -> None:
    tame.simulator.faults({"switches": {"list_next": how}})

    body = tame.ok("GET", "/v2/cloudimages?limit=2")

    last = body["images"][-1]["id"]
    assert body.get("page_info") == ({"next_marker": last} if how == "page_info" else None)
    expected = f"/v2/cloudimages?limit=2&marker={last}" if how == "next" else None
    assert body.get("next") == expected


def test_glance_shows_one_image_and_has_its_own_404(tame: Client) -> None:
    assert tame.ok("GET", f"/v2/images/{IMAGE}")["name"] == "linux-base"
    answer = tame.call("GET", f"/v2/images/{NOBODY}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_foreign_private_image_is_invisible(tame: Client) -> None:
    foreign = tame.number("images", "partner-private")

    assert tame.images(f"id={foreign}") == []
    assert tame.call("GET", f"/v2/images/{foreign}").status_code == 404


def test_attributes_that_do_not_apply_vary(cloud: Client) -> None:
    values = {
        image.get(name, "absent")
        for image in cloud.images(f"owner={cloud.project_id}")
        for name in ("__backup_id", "__originalimagename", "max_ram")
    }

    assert {None, "", "absent"} <= values


# --- changes


def changed(tame: Client, *operations: dict[str, Any]) -> dict[str, Any]:
    image: dict[str, Any] = tame.ok("PATCH", PATCH, list(operations))
    return image


def replace(path: str, value: object) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def add(path: str, value: object) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def test_replacing_what_is_not_there_is_a_conflict(tame: Client) -> None:
    assert tame.refused("PATCH", PATCH, [replace("/max_ram", 1)]) == (400, "IMG.0035")
    assert tame.refused("PATCH", PATCH, [{"op": "remove", "path": "/max_ram"}])[1] == "IMG.0035"
    assert changed(tame, add("/max_ram", 4096))["max_ram"] == "4096"
    assert changed(tame, replace("/max_ram", "2048"))["max_ram"] == "2048"
    assert "max_ram" not in changed(tame, {"op": "remove", "path": "/max_ram"})


def test_one_refused_operation_refuses_them_all(tame: Client) -> None:
    operations = [replace("/name", "renamed"), replace("/max_ram", 1)]

    assert tame.refused("PATCH", PATCH, operations) == (400, "IMG.0035")
    assert names(tame, f"id={IMAGE}") == ["linux-base"]


@pytest.mark.parametrize(("how", "status"), [("replace", 200), ("refused", 400)])
def test_adding_what_is_there_is_disputed(tame: Client, how: str, status: int) -> None:
    tame.simulator.faults({"switches": {"add_existing": how}})

    assert tame.call("PATCH", PATCH, [add("/__description", "x")]).status_code == status


def test_own_attributes_have_no_upper_case(tame: Client) -> None:
    mark = "ansible_ims_source"
    assert changed(tame, add(f"/{mark}", "volume,1"))[mark] == "volume,1"
    assert tame.images(f"id={IMAGE}")[0][mark] == "volume,1"
    for name in ("Upper", "__backup_id", "status", "min_disk"):
        assert tame.refused("PATCH", PATCH, [add(f"/{name}", "x")]) == (400, "IMG.0105")


def test_own_attributes_may_be_refused(tame: Client) -> None:
    tame.simulator.faults({"switches": {"new_attributes": "refused"}})

    assert tame.refused("PATCH", PATCH, [add("/my_own", "x")]) == (400, "IMG.0105")


@pytest.mark.parametrize(
    ("operations", "code"),
    [
        ({}, "IMG.0001"),
        ([], "IMG.0001"),
        ([{"op": "move", "path": "/name"}], "IMG.0016"),
        ([replace("name", "x")], "IMG.0016"),
        ([{"op": "replace", "path": "/name"}], "IMG.0016"),
        ([replace("/name", " x")], "IMG.0003"),
        ([replace("/__description", "a\nb")], "IMG.0054"),
        ([replace("/min_ram", -1)], "IMG.0055"),
        ([replace("/min_ram", "much")], "IMG.0055"),
        ([add("/hw_firmware_type", "efi")], "IMG.0141"),
        ([replace("/enterprise_project_id", "unknown")], "IMG.0155"),
        ([replace("/protected", "maybe")], "IMG.0016"),
    ],
)
def test_bad_patches_are_refused(tame: Client, operations: Any, code: str) -> None:
    assert tame.refused("PATCH", PATCH, operations) == (400, code)


@pytest.mark.parametrize(
    ("name", "code"), [("queued-image", "IMG.0046"), ("shared-accepted", "IMG.0047")]
)
def test_only_own_active_images_can_be_changed(tame: Client, name: str, code: str) -> None:
    number = tame.number("images", name)

    patch = tame.refused("PATCH", f"/v2/cloudimages/{number}", [replace("/name", "x")])
    tags = tame.refused("POST", f"/v2/{{pid}}/images/{number}/tags", {"tag": {}})
    assert (patch, tags[0]) == ((400, code), 400)
    assert tame.refused("PATCH", f"/v2/cloudimages/{NOBODY}", [])[1] == "IMG.0027"


def test_writes_are_read_back_late(cloud: Client) -> None:
    assert changed(cloud, replace("/name", "renamed"))["name"] == "renamed"
    cloud.ok("POST", TAGS, {"tag": {"key": "new", "value": ""}})

    assert names(cloud, f"id={IMAGE}") == ["linux-base"]
    assert cloud.ok("GET", f"/v2/images/{IMAGE}")["name"] == "linux-base"
    assert "new" not in {tag["key"] for tag in cloud.ok("GET", TAGS)["tags"]}
    cloud.clock.advance(2)
    assert names(cloud, f"id={IMAGE}") == ["renamed"]
    assert "new" in {tag["key"] for tag in cloud.ok("GET", TAGS)["tags"]}


def test_a_late_reader_sees_writes_in_their_order(cloud: Client) -> None:
    cloud.simulator.faults({"switches": {"read_lag": [2, 2]}})
    changed(cloud, replace("/name", "first"))
    cloud.clock.advance(1)
    changed(cloud, replace("/name", "second"))
    seen = []
    for _count in range(4):
        seen += names(cloud, f"id={IMAGE}")
        cloud.clock.advance(1)

    assert seen == ["linux-base", "first", "second", "second"]


# --- tags


def test_an_image_has_at_most_ten_tags(tame: Client) -> None:
    many = [{"key": f"k{n}", "value": ""} for n in range(9)]

    answer = tame.refused("POST", f"{TAGS}/action", {"action": "create", "tags": many})
    assert answer == (400, "IMG.0116")
    assert tame.refused("POST", f"{TAGS}/action", {"action": "Create", "tags": many})[0] == 400


@pytest.mark.parametrize("separator", ["=", "."])
def test_how_an_image_shows_its_tags_is_disputed(tame: Client, separator: str) -> None:
    tame.simulator.faults({"switches": {"image_tags_as": f"key{separator}value"}})

    assert f"team{separator}web" in tame.images(f"id={IMAGE}")[0]["tags"]


# --- deletion


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("protected-image", "IMG.0091"),
        ("queued-image", "IMG.0090"),
        ("saving-image", "IMG.0090"),
        ("shared-accepted", "IMG.0092"),
    ],
)
def test_some_images_cannot_be_deleted(tame: Client, name: str, code: str) -> None:
    number = tame.number("images", name)

    assert tame.refused("DELETE", f"/v2/images/{number}") == (400, code)


def test_public_and_unknown_images_cannot_be_deleted(tame: Client) -> None:
    public = tame.images("__imagetype=gold&limit=1")[0]["id"]

    assert tame.refused("DELETE", f"/v2/images/{public}") == (400, "IMG.0094")
    assert tame.call("DELETE", f"/v2/images/{NOBODY}").status_code == 404


def test_a_deleted_image_is_still_listed_for_a_while(cloud: Client) -> None:
    path = f"/v2/images/{IMAGE}"
    assert cloud.call("DELETE", path).status_code == 204

    assert names(cloud, f"id={IMAGE}") == ["linux-base"]
    assert cloud.call("GET", path).status_code == 404
    assert cloud.call("DELETE", path).status_code == 204
    cloud.clock.advance(6)
    assert names(cloud, f"id={IMAGE}") == []


def test_a_deleted_image_can_linger_for_some_polls(tame: Client) -> None:
    tame.simulator.faults({"rules": [{"action": "delete", "polls": 2}]})
    tame.ok("DELETE", f"/v2/images/{IMAGE}")

    assert [len(tame.images(f"id={IMAGE}")) for _count in range(4)] == [1, 1, 0, 0]


# --- sharing


def test_sharing_takes_an_offer_and_an_acceptance(tame: Client) -> None:
    partner = tame.facts["others"]["agency"]["project_id"]
    answer = tame.ok("POST", "/v1/cloudimages/members", {"images": [IMAGE], "projects": [partner]})
    job = tame.finish(answer["job_id"])
    assert job["entities"]["results"][0]["status"] == "success"
    assert tame.ok("GET", f"/v2/images/{IMAGE}/members")["members"][0]["status"] == "pending"

    tame.login(**tame.facts["others"]["partner"], domain_name="partner-company")
    assert tame.images(f"id={IMAGE}") == []
    assert tame.refused("POST", f"/v1/cloudimages/{IMAGE}/copy", {"name": "x"})[1] == "IMG.0196"
    tame.ok("PUT", f"/v2/images/{IMAGE}/members/{partner}", {"status": "accepted"})
    assert tame.images(f"id={IMAGE}")[0]["__imagetype"] == "shared"


def test_what_cannot_be_shared(tame: Client) -> None:
    partner = tame.facts["others"]["agency"]["project_id"]
    body = {"projects": [partner]}
    encrypted = tame.number("images", "encrypted-other-key")

    path = "/v1/cloudimages/members"
    assert tame.refused("POST", path, {**body, "images": [encrypted]}) == (400, "IMG.0098")


# --- documents of the service itself


def test_the_root_of_the_port_is_the_image_services(tame: Client) -> None:
    answer = tame.session.get(URL + "/")

    assert answer.status_code == 300
    assert answer.json()["versions"][0]["id"].startswith("v2")
