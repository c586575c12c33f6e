# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the services: what is sent, and what of the answer comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import (
    cbr,
    ecs,
    errors,
    evs,
    ims,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import Client
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.wire import CreateHooks
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS

from .fake import PROJECT, Reply, Seen, Talk, ok, refused


def images(*ids: str, **more: Any) -> Reply:
    return ok({"images": [{"id": one, "name": "web", "owner": PROJECT} for one in ids], **more})


def named(*ids: str) -> list[dict[str, Any]]:
    return [{"id": one, "name": "web"} for one in ids]


def ids(things: list[Any]) -> list[str]:
    return [thing.id for thing in things]


# --- IMS: images


def test_images_are_listed_with_the_query_as_given() -> None:
    found = {"id": "a", "name": "web 1"}
    talk = Talk([ok({"images": [found]})])
    query: dict[str, Any] = {
        "name": "web 1",
        "owner": PROJECT,
        "__whole_image": True,
        "status": None,
    }
    assert ims.list_images(talk.client, **query) == [found]
    assert talk.cloud.seen[0].line == "GET /v2/cloudimages"
    assert talk.cloud.seen[0].query == {
        "name": "web 1",
        "owner": PROJECT,
        "__whole_image": "true",
        "limit": "500",
        "enterprise_project_id": "all_granted_eps",
    }


def test_a_list_of_one_enterprise_project_is_not_widened() -> None:
    talk = Talk([images("a")])
    ims.list_images(talk.client, enterprise_project_id="0")
    assert talk.cloud.seen[0].query["enterprise_project_id"] == "0"


def test_a_look_up_that_finds_one_image_is_one_request() -> None:
    talk = Talk([ok({"images": named("a")})])
    assert ims.list_images(talk.client, name="web") == named("a")
    assert len(talk.cloud.seen) == 1


def test_a_look_up_that_finds_nothing_is_checked_without_enterprise_projects() -> None:
    talk = Talk([images(), images()])
    assert ims.list_images(talk.client, name="web") == []
    assert [seen.query.get("enterprise_project_id") for seen in talk.cloud.seen] == [
        "all_granted_eps",
        None,
    ]


def test_a_look_up_that_finds_nothing_is_one_request_once_an_own_image_was_seen() -> None:
    talk = Talk([images("a"), images()])
    ims.list_images(talk.client, thorough=False)
    assert ims.list_images(talk.client, name="web") == []
    assert len(talk.cloud.seen) == 2


def test_a_public_image_does_not_show_that_all_enterprise_projects_are_listed() -> None:
    public = {"id": "p", "name": "CentOS", "owner": "cloud", "visibility": "public"}
    talk = Talk([ok({"images": [public]}), images(), images("a")])
    ims.list_images(talk.client, thorough=False)
    assert [image["id"] for image in ims.list_images(talk.client, owner=PROJECT)] == ["a"]


def test_an_image_that_shows_up_between_two_lists_does_not_end_the_lists_of_all_projects() -> None:
    talk = Talk([images(), images("a"), images("a", "b")])
    assert len(ims.list_images(talk.client, thorough=False)) == 1
    assert len(ims.list_images(talk.client, thorough=False)) == 2


def test_all_pages_are_asked_for_the_same_enterprise_projects() -> None:
    talk = Talk([images(), images("a", "b"), images("c")])
    assert len(ims.list_images(talk.client, limit=2)) == 3
    assert "enterprise_project_id" not in talk.cloud.seen[2].query


def test_all_pages_are_read_from_the_last_id_on() -> None:
    talk = Talk([images("a", "b"), images("c", "d"), images()])
    found = ims.list_images(talk.client, limit=2)
    assert [image["id"] for image in found] == ["a", "b", "c", "d"]
    assert [seen.query.get("marker") for seen in talk.cloud.seen] == [None, "b", "d"]


def test_a_cloud_that_gives_less_than_asked_for_hides_no_image() -> None:
    talk = Talk([images("a", "b"), images("c", "d"), images("e")])
    assert len(ims.list_images(talk.client)) == 5


def test_a_short_page_is_believed_when_it_does_not_matter() -> None:
    talk = Talk([images("a", "b")])
    assert len(ims.list_images(talk.client, thorough=False)) == 2
    assert len(talk.cloud.seen) == 1


def test_the_marker_that_the_cloud_tells_is_used() -> None:
    talk = Talk([images("a", "b", page_info={"next_marker": "m"}), images("c")])
    assert len(ims.list_images(talk.client)) == 3
    assert talk.cloud.seen[1].query["marker"] == "m"


@pytest.mark.parametrize("more", [{}, {"page_info": {"next_marker": "b"}}, {"next": "/v2/x"}])
def test_a_list_that_goes_in_circles_is_an_error(more: dict[str, Any]) -> None:
    talk = Talk([images("a", "b", **more) for _turn in range(5)])
    with pytest.raises(errors.GarbledAnswer, match="repeats a page"):
        ims.list_images(talk.client)
    assert len(talk.cloud.seen) == 2


@pytest.mark.parametrize("thorough", [True, False])
def test_a_list_that_names_a_new_marker_for_ever_is_an_error(thorough: bool) -> None:
    markers = iter(range(100))
    talk = Talk(lambda seen: images("a", "b", page_info={"next_marker": f"m{next(markers)}"}))
    with pytest.raises(errors.GarbledAnswer, match="repeats a page"):
        ims.list_images(talk.client, thorough=thorough)
    assert len(talk.cloud.seen) == 2


def test_a_page_after_an_earlier_image_may_show_only_what_was_seen() -> None:
    """The last image was deleted between the pages: lists go on to show it, but not what follows
    it."""
    talk = Talk([images("a", "b"), refused(400, "IMG.0027"), images("b")])
    assert len(ims.list_images(talk.client, limit=2)) == 2


@pytest.mark.parametrize("bad", [None, 7, "", {}, [], ["a"], {"a": 1}])
def test_an_id_that_cannot_be_read_does_not_keep_a_list_from_going_on(bad: Any) -> None:
    listed = [{"id": one, "name": "web"} for one in ("a", "b", bad)]
    talk = Talk([ok({"images": listed}), images("c")])
    assert [image["id"] for image in ims.list_images(talk.client)] == ["a", "b", "c"]
    assert talk.cloud.seen[1].query["marker"] == "b"


def test_images_that_move_to_the_next_page_are_listed_once() -> None:
    talk = Talk([images("b", "c"), images("c", "d"), images("e")])
    found = ims.list_images(talk.client, limit=2)
    assert [image["id"] for image in found] == ["b", "c", "d", "e"]


@pytest.mark.parametrize("body", [{"images": None}, {"images": {}}, {"images": "a"}, {}])
def test_a_list_of_something_else_is_garbled(body: dict[str, Any]) -> None:
    talk = Talk([ok(body), images("a")])
    assert [image["id"] for image in ims.list_images(talk.client)] == ["a"]
    assert len(talk.cloud.seen) == 2


def test_an_image_is_found_by_id_or_not_at_all() -> None:
    found = ims.get_image(Talk([images("a")]).client, "a")
    assert found == {"id": "a", "name": "web", "owner": PROJECT}
    assert ims.get_image(Talk([images(), images()]).client, "a") is None


def test_a_cloud_that_ignores_the_id_may_show_the_image_on_any_page() -> None:
    first = [images("b", "c")] * 2
    pages = [*first, images("a")]
    assert ims.get_image(Talk(pages).client, "a") == {"id": "a", "name": "web", "owner": PROJECT}
    assert ims.get_image(Talk([*first, images()]).client, "a") is None


def test_an_image_is_shown_by_the_native_call() -> None:
    talk = Talk([ok({"id": "a", "status": "queued"}), Reply(404, b"<h1>404 Not Found</h1>")])
    assert ims.show_image(talk.client, "a")["status"] == "queued"
    with pytest.raises(errors.NotFound):
        ims.show_image(talk.client, "b")
    assert talk.cloud.lines == ["GET /v2/images/a", "GET /v2/images/b"]


# --- IMS: creation and jobs

CREATIONS: dict[str, tuple[Callable[[Client], str], str]] = {
    "whole image": (
        lambda client: ims.create_whole_image(client, {"name": "n"}, CreateHooks()),
        "/v1/cloudimages/wholeimages/action",
    ),
    "copy": (
        lambda client: ims.copy_image(client, "i-1", {"name": "n"}, CreateHooks()),
        "/v1/cloudimages/i-1/copy",
    ),
    "quick import": (
        lambda client: ims.quick_import(client, {"name": "n"}, CreateHooks()),
        "/v2/cloudimages/quickimport/action",
    ),
}


@pytest.mark.parametrize(("create", "path"), CREATIONS.values(), ids=CREATIONS.keys())
def test_creations_return_the_job(create: Callable[[Client], str], path: str) -> None:
    talk = Talk([ok({"job_id": "j-1"})])
    assert create(talk.client) == "j-1"
    assert talk.cloud.lines == [f"POST {path}"]
    assert talk.cloud.seen[0].json == {"name": "n"}


@pytest.mark.parametrize(("create", "path"), CREATIONS.values(), ids=CREATIONS.keys())
@pytest.mark.parametrize("reply", [refused(500), ok({}), ok({"job_id": ""}), ok({"job_id": 7})])
def test_creations_with_an_ambiguous_answer_are_not_repeated(
    create: Callable[[Client], str], path: str, reply: Reply
) -> None:
    talk = Talk([reply])
    with pytest.raises(errors.CloudError) as caught:
        create(talk.client)
    assert caught.value.ambiguous
    assert len(talk.cloud.seen) == 1


def test_a_job_is_shown_as_it_is() -> None:
    talk = Talk([ok({"status": "RUNNING", "entities": {}})])
    assert ims.show_job(talk.client, "j-1") == {"status": "RUNNING", "entities": {}}
    assert talk.cloud.lines == [f"GET /v1/{PROJECT}/jobs/j-1"]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(refused(404, "IMG.0023"), errors.NotFound), (refused(400, "IMG.0023"), errors.BadRequest)],
)
def test_an_unknown_job_is_an_error_of_its_own(reply: Reply, kind: type[errors.ApiError]) -> None:
    with pytest.raises(kind):
        ims.show_job(Talk([reply]).client, "j-1")


# --- IMS: changes


def test_a_patch_is_repeated_after_trouble() -> None:
    patch = [{"op": "replace", "path": "/__description", "value": "ü"}]
    talk = Talk([refused(503), ok({"id": "a", "__description": "ü"})])
    assert ims.update_image(talk.client, "a", patch)["__description"] == "ü"
    assert [seen.json for seen in talk.cloud.seen] == [patch, patch]
    assert set(talk.cloud.lines) == {"PATCH /v2/cloudimages/a"}


@pytest.mark.parametrize(
    ("delete_backup", "body"),
    [(None, b""), (False, b'{"delete_backup":false}'), (True, b'{"delete_backup":true}')],
)
def test_an_image_is_deleted_with_or_without_its_backup(
    delete_backup: bool | None, body: bytes
) -> None:
    talk = Talk([Reply(204)])
    ims.delete_image(talk.client, "a", delete_backup=delete_backup)
    assert talk.cloud.lines == ["DELETE /v2/images/a"]
    assert talk.cloud.seen[0].body == body


def test_tags_are_read_as_a_mapping() -> None:
    tags = [{"key": "a", "value": "1"}, {"key": "b", "value": ""}, {"key": "c", "value": None}]
    talk = Talk([ok({"tags": tags})])
    assert ims.list_tags(talk.client, "i") == {"a": "1", "b": "", "c": ""}
    assert talk.cloud.lines == [f"GET /v2/{PROJECT}/images/i/tags"]


@pytest.mark.parametrize(
    ("change", "action"), [(ims.add_tags, "create"), (ims.remove_tags, "delete")]
)
def test_tags_are_changed_in_one_repeatable_call(change: Any, action: str) -> None:
    talk = Talk([refused(502), Reply(204)])
    change(talk.client, "i", {"a": "1"})
    assert set(talk.cloud.lines) == {f"POST /v2/{PROJECT}/images/i/tags/action"}
    assert talk.cloud.seen[1].json == {"action": action, "tags": [{"key": "a", "value": "1"}]}


def test_os_versions_are_a_list() -> None:
    platforms = [{"platform": "CentOS", "version_list": [{"os_version": CENTOS}]}]
    talk = Talk([ok(platforms), ok({})])
    assert ims.list_os_versions(talk.client) == {CENTOS}
    with pytest.raises(errors.GarbledAnswer):
        ims.list_os_versions(talk.client)


def test_the_quota_is_unwrapped() -> None:
    talk = Talk([ok({"quotas": {"resources": [{"type": "image"}]}})])
    assert ims.get_quota(talk.client) == {"resources": [{"type": "image"}]}
    assert talk.cloud.lines == ["GET /v1/cloudimages/quota"]


# --- look-ups

LOOK_UPS = {
    "volume": (evs.get_volume, "volume", "/v2/{}/cloudvolumes/x-1"),
    "server": (ecs.get_server, "server", "/v1/{}/cloudservers/x-1"),
    "vault": (cbr.get_vault, "vault", "/v3/{}/vaults/x-1"),
    "backup": (cbr.get_backup, "backup", "/v3/{}/backups/x-1"),
    "csbs backup": (cbr.get_csbs_backup, "checkpoint_item", "/v1/{}/checkpoint_items/x-1"),
}


@pytest.mark.parametrize(("get", "key", "path"), LOOK_UPS.values(), ids=LOOK_UPS.keys())
def test_things_are_looked_up_by_id(get: Any, key: str, path: str) -> None:
    talk = Talk([ok({key: {"id": "x-1"}}), refused(404, "Any.0404")])
    assert get(talk.client, "x-1").id == "x-1"
    assert get(talk.client, "x-1") is None
    assert set(talk.cloud.lines) == {f"GET {path.format(PROJECT)}"}


@pytest.mark.parametrize(("get", "key", "path"), LOOK_UPS.values(), ids=LOOK_UPS.keys())
def test_a_cloud_without_the_call_is_no_missing_thing(get: Any, key: str, path: str) -> None:
    with pytest.raises(errors.NotFound):
        get(Talk([refused(404, "APIGW.0101")]).client, "x-1")


LISTS = {
    "volumes": (evs.list_volumes, "volumes", "/v2/{}/cloudvolumes/detail", ["1000", "1001"]),
    "servers": (ecs.list_servers, "servers", "/v1/{}/cloudservers/detail", ["2", "3"]),
    "vaults": (cbr.list_vaults, "vaults", "/v3/{}/vaults", ["1000", "1001"]),
    "backups": (cbr.list_backups, "backups", "/v3/{}/backups", ["1000", "1001"]),
}


@pytest.mark.parametrize(("find", "key", "path", "offsets"), LISTS.values(), ids=LISTS.keys())
def test_lists_by_name_read_all_pages(find: Any, key: str, path: str, offsets: list[str]) -> None:
    full = named(*map(str, range(1000)))
    talk = Talk([ok({key: full}), ok({key: named("last")}), ok({key: []})])
    assert len(find(talk.client, "web")) == 1001
    assert set(talk.cloud.lines) == {f"GET {path.format(PROJECT)}"}
    everywhere = {"enterprise_project_id": "all_granted_eps"}
    assert talk.cloud.seen[0].query == {"name": "web", "limit": "1000", **everywhere}
    assert [seen.query.get("offset") for seen in talk.cloud.seen] == [None, *offsets]


Find = Callable[..., list[Any]]
NAMED = {name: (find, key) for name, (find, key, _path, _offsets) in LISTS.items()}
NAMED["csbs backups"] = (cbr.list_csbs_backups, "checkpoint_items")


@pytest.mark.parametrize(("find", "key"), NAMED.values(), ids=NAMED)
def test_names_are_compared_exactly_whatever_the_cloud_lists(find: Find, key: str) -> None:
    others = [{"id": "b", "name": "Web"}, {"id": "c", "name": "web-2"}, {"id": "d"}]
    talk = Talk([ok({key: [*others, *named("a")], "count": 4}), ok({key: []})])
    assert ids(find(talk.client, "web")) == ["a"]


def attached(volume_id: str, attachments: Any) -> dict[str, Any]:
    return {"id": volume_id, "attachments": attachments}


def test_disks_of_other_servers_are_left_out_whatever_the_cloud_lists() -> None:
    mine = attached("mine", [{"server_id": "s-0"}, {"server_id": "S-1"}])
    others = [attached("a", []), attached("b", None), attached("c", [{"server_id": "s-2"}])]
    listed = [*others, attached("d", ["s-1"]), {"id": "e"}, mine]
    talk = Talk([ok({"volumes": listed, "count": 6})])
    assert ids(evs.list_volumes(talk.client, server_id="s-1")) == ["mine"]


def test_vaults_that_hold_something_else_are_left_out_whatever_the_cloud_lists() -> None:
    mine = {"id": "mine", "resources": [{"id": "s-1", "type": "OS::Nova::Server"}]}
    others = [{"id": "a", "resources": [{"id": "s-2"}]}, {"id": "b"}, {"id": "c", "resources": {}}]
    talk = Talk([ok({"vaults": [*others, mine], "count": 4})])
    assert ids(cbr.list_vaults(talk.client, resource_id="s-1")) == ["mine"]


@pytest.mark.parametrize(
    ("image", "is_ours"),
    [
        ({"owner": PROJECT}, True),
        ({"owner": "partner"}, False),
        ({"owner": "partner", "visibility": "private"}, False),
        ({}, True),
        ({"owner": ""}, True),
        ({"visibility": "public"}, False),
        ({"__imagetype": "market"}, False),
        ({"__imagetype": "shared"}, True),
        ({"owner": ["odd"]}, True),
        ({"__imagetype": ["odd"], "visibility": {}}, True),
    ],
)
def test_images_of_others_are_left_out_whatever_the_cloud_lists(
    image: dict[str, Any], is_ours: bool
) -> None:
    listed = [{"id": "a", "name": "web", **image}]
    talk = Talk([ok({"images": listed}), images()])
    assert bool(ims.list_images(talk.client, thorough=False, owner=PROJECT)) is is_ours


@pytest.mark.parametrize(
    ("image", "asked", "is_there"),
    [
        ({"enterprise_project_id": "0"}, "0", True),
        ({}, "0", True),
        ({}, "e-1", False),
        ({"_sys_enterprise_project_id": "E-1"}, "e-1", True),
        ({"enterprise_project_id": "e-2"}, "e-1", False),
        ({"owner": "cloud"}, "e-1", True),
    ],
)
def test_images_of_another_enterprise_project_are_left_out_whatever_the_cloud_lists(
    image: dict[str, Any], asked: str, is_there: bool
) -> None:
    talk = Talk([ok({"images": [{"id": "a", "name": "web", "owner": PROJECT, **image}]})])
    found = ims.list_images(talk.client, thorough=False, enterprise_project_id=asked)
    assert bool(found) is is_there


Pages = Callable[[Seen], Reply]


def paged(key: str, total: int, most: int, count: Callable[[int, int], Any]) -> Pages:
    """A cloud with so many things, at most so many on a page. `count(on the page, in all)`."""
    things = named(*(f"x-{number}" for number in range(total)))

    def answer(seen: Seen) -> Reply:
        size = min(most, int(seen.query["limit"]))
        start = int(seen.query.get("offset", 0))
        if key == "servers":
            start = (max(start, 1) - 1) * size
        page = things[start : start + size]
        told = count(len(page), total)
        return ok({key: page} if told is None else {key: page, "count": told})

    return answer


COUNTS: dict[str, Callable[[int, int], Any]] = {
    "none": lambda page, total: None,
    "of all": lambda page, total: total,
    "of the page": lambda page, total: page,
    "as many as asked for": lambda page, total: 1000,
    "text": lambda page, total: str(total),
    "wrong": lambda page, total: {"a": float("nan")},
    "true": lambda page, total: True,
    "too few": lambda page, total: total - 1,
    "too many": lambda page, total: total + 1,
    "below zero": lambda page, total: -1,
}


@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS.keys())
@pytest.mark.parametrize("most", [1000, 500, 25])
@pytest.mark.parametrize(("find", "key", "path", "offsets"), LISTS.values(), ids=LISTS.keys())
def test_lists_are_complete_whatever_is_counted_and_however_short_pages_are(
    find: Any, key: str, path: str, offsets: list[str], most: int, count: Any
) -> None:
    for total in (0, 1, most - 1, most, most + 1, 1500):
        talk = Talk(paged(key, total, most, count))
        assert len(find(talk.client, "web")) == total


@pytest.mark.parametrize(("find", "key", "path", "offsets"), LISTS.values(), ids=LISTS.keys())
def test_a_list_that_tells_its_total_takes_one_request(
    find: Any, key: str, path: str, offsets: list[str]
) -> None:
    for total in (0, 1, 7, 24, 26, 999):
        talk = Talk(paged(key, total, 1000, COUNTS["of all"]))
        assert len(find(talk.client, "web")) == total
        # That there is nothing in any enterprise project is checked once.
        assert len(talk.cloud.seen) == (1 if total else 2)


@pytest.mark.parametrize("count", [None, 1000, 2])
@pytest.mark.parametrize(("find", "key", "path", "offsets"), LISTS.values(), ids=LISTS.keys())
def test_a_page_that_comes_again_is_an_error(
    find: Any, key: str, path: str, offsets: list[str], count: Any
) -> None:
    things = named("a", "b", "c")
    talk = Talk(lambda seen: ok({key: things, "count": count}))
    with pytest.raises(errors.GarbledAnswer, match="repeats a page"):
        find(talk.client, "web")
    assert len(talk.cloud.seen) == 2


LISTED = {
    **{key: find for find, key, _path, _offsets in LISTS.values()},
    "checkpoint_items": cbr.list_csbs_backups,
}


@pytest.mark.parametrize(("key", "find"), LISTED.items())
def test_null_for_a_list_of_look_ups_is_an_empty_one(key: str, find: Any) -> None:
    talk = Talk(lambda seen: ok({key: None}))
    assert find(talk.client, "web") == []


def test_null_for_members_and_tags_is_none_of_them() -> None:
    assert ims.list_members(Talk([ok({"members": None})]).client, "i-1") == []
    assert ims.list_tags(Talk([ok({"tags": None})]).client, "i-1") == {}


def test_null_for_images_never_means_that_there_are_none() -> None:
    talk = Talk(lambda seen: ok({"images": None}))
    with pytest.raises(errors.GarbledAnswer):
        ims.list_images(talk.client)
    with pytest.raises(errors.GarbledAnswer):
        ims.get_image(talk.client, "a")
    assert len(talk.cloud.seen) == 10


def test_vaults_are_found_by_what_they_hold() -> None:
    talk = Talk(lambda seen: ok({"vaults": [], "count": 0}))
    assert cbr.list_vaults(talk.client, resource_id="s-1") == []
    asked = {"resource_ids": "s-1", "limit": "1000"}
    everywhere = {"enterprise_project_id": "all_granted_eps"}
    assert [seen.query for seen in talk.cloud.seen] == [{**asked, **everywhere}, asked]


def test_csbs_backups_are_listed_from_the_last_id_on() -> None:
    full = named(*map(str, range(1000)))
    talk = Talk([ok({"checkpoint_items": full}), ok({"checkpoint_items": named("last")})])
    assert len(cbr.list_csbs_backups(talk.client, "web")) == 1001
    assert talk.cloud.seen[1].query["marker"] == "999"
    assert talk.cloud.seen[0].host == "csbs.eu-de.otc.t-systems.com"


def test_a_backup_is_deleted() -> None:
    talk = Talk([Reply(204), refused(400, "BackupService.6204", "in use")])
    cbr.delete_backup(talk.client, "b-1")
    assert talk.cloud.lines == [f"DELETE /v3/{PROJECT}/backups/b-1"]
    with pytest.raises(errors.BadRequest) as caught:
        cbr.delete_backup(talk.client, "b-1")
    assert "delete the image first" in caught.value.hint


# --- EVS: export

EXPORT = {"image_name": "n", "disk_format": "vhd"}
STARTED = {"os-volume_upload_image": {"image_id": "i-1", "status": "uploading"}}


def test_a_disk_is_exported_under_v3() -> None:
    talk = Talk([Reply(202, STARTED)])
    assert evs.export_volume(talk.client, "v-1", EXPORT, CreateHooks()) == "i-1"
    assert talk.cloud.lines == [f"POST /v3/{PROJECT}/volumes/v-1/action"]
    assert talk.cloud.seen[0].json == {"os-volume_upload_image": EXPORT}


def test_a_cloud_that_has_the_export_under_v2_only_is_served() -> None:
    talk = Talk([refused(404, "APIGW.0101"), Reply(202, STARTED)])
    assert evs.export_volume(talk.client, "v-1", EXPORT, CreateHooks()) == "i-1"
    assert talk.cloud.seen[1].line == f"POST /v2/{PROJECT}/volumes/v-1/action"
    assert talk.cloud.seen[1].json == {"os-volume_upload_image": EXPORT}


@pytest.mark.parametrize("body", [b"<html>", b"", b"Not Found"])
def test_an_export_that_somebody_else_says_is_not_found_is_not_sent_again(body: bytes) -> None:
    talk = Talk([Reply(404, body)])
    with pytest.raises(errors.NotFound) as caught:
        evs.export_volume(talk.client, "v-1", EXPORT, CreateHooks())
    assert caught.value.ambiguous
    assert len(talk.cloud.seen) == 1


def test_a_missing_disk_is_not_asked_for_again() -> None:
    body = {"itemNotFound": {"code": 404, "message": "Volume v-1 could not be found."}}
    talk = Talk([Reply(404, body)])
    with pytest.raises(errors.NotFound, match="could not be found"):
        evs.export_volume(talk.client, "v-1", EXPORT, CreateHooks())
    assert len(talk.cloud.seen) == 1


@pytest.mark.parametrize("body", [{}, {"os-volume_upload_image": {}}])
def test_an_export_without_image_id_is_ambiguous(body: dict[str, Any]) -> None:
    with pytest.raises(errors.GarbledAnswer) as caught:
        evs.export_volume(Talk([Reply(202, body)]).client, "v-1", EXPORT, CreateHooks())
    assert caught.value.ambiguous


def test_a_failed_export_is_never_repeated() -> None:
    def broken(seen: Seen) -> Reply:
        return refused(500)

    talk = Talk(broken)
    with pytest.raises(errors.ServerError):
        evs.export_volume(talk.client, "v-1", EXPORT, CreateHooks())
    assert len(talk.cloud.seen) == 1


# --- entries that do not tell who they are


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"id": "b"}, "because its name cannot be read (id 'b')"),
        ({"id": "b", "name": {"en": "web"}}, "because its name cannot be read (id 'b')"),
        ({"id": ["b"], "name": "web"}, "because its id cannot be read (name 'web')"),
        ({"name": "web"}, "because its id cannot be read (name 'web')"),
        ({"id": "..", "name": 7}, "because its id and name cannot be read."),
        ("b", "because its id and name cannot be read."),
        (None, "because its id and name cannot be read."),
    ],
)
def test_an_image_that_does_not_tell_who_it_is_is_left_out_with_a_warning(
    entry: Any, said: str
) -> None:
    talk = Talk([ok({"images": [*named("a"), entry]}), images()])

    listing = ims.read_images(talk.client, name="web")

    assert [image["id"] for image in listing.images] == ["a"]
    assert len(listing.unreadable) == 1
    [warning] = talk.warnings
    assert said in warning


def test_an_image_of_another_name_or_owner_may_tell_what_it_wants() -> None:
    others = [
        {"id": [], "name": "db"},
        {"owner": "partner"},
        {"id": {}, "name": "web", "owner": "x"},
    ]
    talk = Talk([ok({"images": [*others, *named("a")]}), images()])

    listing = ims.read_images(talk.client, name="web", owner=PROJECT)

    assert [image["id"] for image in listing.images] == ["a"]
    assert listing.unreadable == []
    assert talk.warnings == []


@pytest.mark.parametrize("owner", [None, "", {}, [PROJECT], True, 7])
def test_an_image_whose_owner_cannot_be_read_may_be_ours(owner: Any) -> None:
    talk = Talk([ok({"images": [{"id": "a", "name": "web", "owner": owner}]}), images()])
    assert len(ims.list_images(talk.client, name="web", owner=PROJECT)) == 1


@pytest.mark.parametrize(("find", "key"), NAMED.values(), ids=NAMED)
def test_an_entry_that_does_not_tell_who_it_is_fails_no_list(find: Find, key: str) -> None:
    odd: list[Any] = [
        None,
        7,
        [],
        {"id": {}, "name": "web"},
        {"id": "b", "name": ["web"]},
        {"id": "c"},
    ]
    talk = Talk([ok({key: [*odd, *named("a")], "count": 7}), ok({key: [None]})])

    assert ids(find(talk.client, "web")) == ["a"]
    assert "(name 'web')" in "".join(talk.warnings)
    assert "(id 'b')" in "".join(talk.warnings)


@pytest.mark.parametrize(("get", "key", "path"), LOOK_UPS.values(), ids=LOOK_UPS.keys())
def test_an_answer_about_another_thing_is_garbled(get: Any, key: str, path: str) -> None:
    with pytest.raises(errors.GarbledAnswer, match="x-1, and answered x-2"):
        get(Talk([ok({key: {"id": "x-2"}})]).client, "x-1")
    assert get(Talk([ok({key: {"id": {}}})]).client, "x-1").id == "x-1"


def test_a_tag_that_cannot_be_read_is_left_out_with_a_warning() -> None:
    tags = [{"key": "a", "value": "1"}, {"key": {}, "value": "2"}, {"key": "c", "value": []}, None]
    talk = Talk([ok({"tags": tags})])
    assert ims.list_tags(talk.client, "i") == {"a": "1", "c": ""}
    assert talk.warnings == ["A tag of image i was left out, as it cannot be read."] * 2


@pytest.mark.parametrize(
    ("image", "metadata", "ids_of_images"),
    [
        ({"id": "i"}, {}, {"i"}),
        ({"id": "i"}, {"metering.image_id": "j"}, {"i", "j"}),
        ("", {"metering.image_id": ""}, set()),
        (None, None, set()),
        ({"id": None}, {"metering.image_id": "j"}, {"j"}),
        (["i"], {}, None),
        ({"id": {}}, {"metering.image_id": "j"}, None),
        ({"id": "i"}, "?", None),
    ],
)
def test_which_images_a_server_uses_is_known_or_not(
    image: Any, metadata: Any, ids_of_images: set[str] | None
) -> None:
    server = {"id": "s", "image": image, "metadata": metadata}
    [found] = ecs.list_servers(Talk([ok({"servers": [server], "count": 1})]).client)
    assert found.image_ids == ids_of_images
