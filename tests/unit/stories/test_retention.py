# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module image_retention: what is no longer to be kept goes, and nothing else ever does."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.transport import Transport
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.listing import (
    has_tag,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.retention import (
    look_up,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting import progress
from ansible_collections.huaweicloud.ims.tests.samples import SERVER
from ansible_collections.huaweicloud.ims.tests.simulator import records
from ansible_collections.huaweicloud.ims.tests.simulator.seed.identity import PARTNER_PROJECT

from .conftest import Cloud, in_lists, ok, refusal
from .retaining import bake, left, retain


def bake_web(cloud: Cloud, days: int = 5) -> list[records.Image]:
    """One a day, the youngest first: web-1 is a day old."""
    return [bake(cloud, f"web-{number}", number) for number in range(1, days + 1)]


def reason(result: dict[str, Any], name: str) -> str:
    [told] = [image["reason"] for image in result["images"] if image["name"] == name]
    return str(told)


KEPT: dict[str, tuple[dict[str, Any], set[str]]] = {
    "newest": ({"keep_newest": 2}, {"web-1", "web-2"}),
    "either": ({"keep_newest": 1, "keep_younger_than": "60h"}, {"web-1", "web-2"}),
    "the last one, however old": ({"keep_younger_than": "1h"}, {"web-1"}),
}


@pytest.mark.parametrize(("rule", "kept"), KEPT.values(), ids=KEPT.keys())
def test_the_newest_and_the_young_are_kept_and_check_mode_tells_the_same(
    cloud: Cloud, rule: dict[str, Any], kept: set[str]
) -> None:
    bake_web(cloud)
    predicted = ok(retain(cloud, {"name": "web-?", **rule}, check_mode=True))
    assert cloud.writes() == []
    assert len(left(cloud)) == 5

    done = ok(retain(cloud, {"name": "web-?", **rule}))
    again = ok(retain(cloud, {"name": "web-?", **rule}))

    assert left(cloud) == kept
    assert {image["name"] for image in done["images"] if image["decision"] == "keep"} == kept
    for key in ("changed", "images", "deleted", "kept", "report", "actions", "diff"):
        assert predicted[key] == done[key], key
    assert done["changed"] == (len(kept) < 5)
    assert not again["changed"]


def test_reasons_and_actions_are_reported_in_words(cloud: Cloud) -> None:
    images = bake_web(cloud, 2)

    done = ok(retain(cloud, {"name": "web-*", "keep_newest": 1, "keep_younger_than": "12h"}))

    assert reason(done, "web-1") == "the newest of name web-*"
    assert reason(done, "web-2") == "older than the newest of name web-* and 12h"
    assert done["actions"] == [f"delete image 'web-2' ({images[1].id}): {reason(done, 'web-2')}"]
    assert done["report"][0] == f"web-1 ({images[0].id}): keep, {reason(done, 'web-1')}"
    assert done["diff"]["after"]["images"] == [f"web-1 ({images[0].id})"]


def _in_use(cloud: Cloud, image: records.Image) -> None:
    cloud.simulator.cloud.world.servers[SERVER].image_id = image.id


def _share(cloud: Cloud, image: records.Image) -> None:
    image.members[PARTNER_PROJECT] = "pending"


NEVER = {"in use by server web-01": _in_use, "shared": _share}


@pytest.mark.parametrize(("told", "prepare"), NEVER.items(), ids=NEVER.keys())
def test_some_images_are_never_deleted(cloud: Cloud, told: str, prepare: Any) -> None:
    images = bake_web(cloud)
    prepare(cloud, images[3])

    done = ok(retain(cloud, {"name": "web-?", "keep_newest": 1}))

    assert left(cloud) == {"web-1", "web-4"}
    assert told in reason(done, "web-4")


def test_a_server_that_tells_its_image_in_its_metadata_only_keeps_it(cloud: Cloud) -> None:
    images = bake_web(cloud, 3)
    _in_use(cloud, images[2])

    def without_image(call: str, told: Any) -> Any:
        for server in told.get("servers", ()):
            server["image"] = ""
        return told

    cloud.retell = without_image
    ok(retain(cloud, {"name": "web-?", "keep_newest": 1}))

    assert left(cloud) == {"web-1", "web-3"}


def test_what_is_listed_in_keep_stays(cloud: Cloud) -> None:
    images = bake_web(cloud)
    keep = [images[4].id.upper()]

    done = ok(retain(cloud, {"name": "web-?", "keep_newest": 1}, keep=keep))

    assert left(cloud) == {"web-1", "web-5"}
    assert reason(done, "web-5") == "listed in keep"
    assert done["warnings"] == []


@pytest.mark.parametrize("entry", ["WEB-5", "web-55", "00000000-0000-4000-8000-00000000abcd"])
def test_an_entry_of_keep_that_is_no_image_of_the_project_is_warned_about(
    cloud: Cloud, entry: str
) -> None:
    bake_web(cloud)

    done = ok(retain(cloud, {"name": "web-?", "keep_newest": 1}, keep=["web-4", entry]))

    [warning] = done["warnings"]
    assert f"'{entry}'" in warning
    assert "keeps nothing" in warning


def test_ids_of_images_in_use_and_of_sources_are_compared_without_case(cloud: Cloud) -> None:
    origin = {"__data_origin": f"instance,{SERVER}"}
    images = [bake(cloud, f"web-{number}", number, attributes=origin) for number in (1, 2, 3)]
    _in_use(cloud, images[2])

    def in_capitals(call: str, told: Any) -> Any:
        for server in told.get("servers", ()):
            server["image"] = {"id": str((server["image"] or {}).get("id")).upper()}
            server["metadata"] = {}
        return told

    cloud.retell = in_capitals
    ok(retain(cloud, {"source": SERVER.upper(), "keep_newest": 1}))

    assert left(cloud) == {"web-1", "web-3"}


REFUSED = {
    "servers": ("/cloudservers/detail", "whether a server uses it"),
    "members": ("/members$", "whether it is shared"),
}


def test_names_to_keep_may_have_spaces_around_their_commas(cloud: Cloud) -> None:
    """As people type them."""
    bake_web(cloud, 4)

    ok(retain(cloud, {"name": "web-*", "keep_newest": 1}, keep="web-3, web-4 "))

    assert left(cloud) == {"web-1", "web-3", "web-4"}


def test_images_that_check_mode_has_only_predicted_count_among_the_newest(cloud: Cloud) -> None:
    bake_web(cloud, 4)
    family = {"name": "web-?", "keep_newest": 2}

    predicted = ok(retain(cloud, {**family, "predicted": 1}, check_mode=True))
    bake(cloud, "web-0", 0)
    done = ok(retain(cloud, {**family, "predicted": 1}))

    for key in ("changed", "deleted", "actions"):
        assert predicted[key] == done[key], key
    assert left(cloud) == {"web-0", "web-1"}
    assert (
        reason(done, "web-1") == reason(predicted, "web-1") == "one of the 2 newest of name web-?"
    )


@pytest.mark.parametrize(("path", "told"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("status", [403, 404])
def test_a_look_up_that_is_not_permitted_keeps_everything_and_says_so(
    cloud: Cloud, path: str, told: str, status: int
) -> None:
    bake_web(cloud, 3)
    code = "APIGW.0101" if status == 404 else "APIGW.0302"
    cloud.rules({"path": path, "action": "answer", "status": status, "code": code})

    done = ok(retain(cloud, {"name": "web-?", "keep_newest": 1}))

    assert left(cloud) == {"web-1", "web-2", "web-3"}
    assert told in reason(done, "web-2")
    if path == REFUSED["servers"][0]:
        assert any("Nothing is deleted" in warning for warning in done["warnings"])


def test_a_look_up_that_fails_otherwise_fails_the_task_before_anything_is_written(
    cloud: Cloud,
) -> None:
    bake_web(cloud, 3)
    cloud.rules({"path": "/cloudservers/detail", "action": "answer", "status": 400})

    failed = retain(cloud, {"name": "web-?", "keep_newest": 1})

    assert failed["failed"]
    assert cloud.writes() == []


def test_a_family_is_selected_by_tag_and_by_source_too(cloud: Cloud) -> None:
    for number in (1, 2):
        bake(cloud, f"web-tagged-{number}", number, facets={"tags": {"tier": "web"}})
        origin = {"__data_origin": f"instance,{SERVER}"}
        bake(cloud, f"web-made-{number}", number / 10, attributes=origin)
    bake(cloud, "web-other", 9, facets={"tags": {"tier": "app"}})

    families = [{"tag": "tier=web"}, {"source": SERVER, "name": "web-*"}]
    ok(retain(cloud, *({**family, "keep_newest": 1} for family in families)))

    assert left(cloud) == {"web-tagged-1", "web-made-1", "web-other"}


TEAMS: dict[str, tuple[str, set[str]]] = {
    "a value": ("team=web", {"web-value"}),
    "a value, in the old form": ("team.web", {"web-value"}),
    "the empty value": ("team=", {"web-empty"}),
    "the empty value, in the old form": ("team.", {"web-empty"}),
    "any value": ("team", {"web-value", "web-empty"}),
    "a key with a dot": ("cost.center=42", {"web-dotted"}),
    "what such a key begins with": ("cost", set()),
    "a value with a dot": ("version=1.2", {"web-version"}),
}


@pytest.mark.parametrize(("tag", "tagged"), TEAMS.values(), ids=TEAMS)
def test_a_tag_means_what_it_says(tag: str, tagged: set[str]) -> None:
    all_tags: dict[str, dict[str, str]] = {
        "web-value": {"team": "web"},
        "web-empty": {"team": ""},
        "web-dotted": {"cost.center": "42"},
        "web-version": {"version": "1.2"},
        "web-plain": {},
    }

    assert {name for name, tags in all_tags.items() if has_tag(tags, tag)} == tagged


def test_a_family_of_every_image_of_the_project_is_warned_about(cloud: Cloud) -> None:
    for image in list(cloud.simulator.cloud.world.images.values()):
        image.owner = PARTNER_PROJECT
    bake_web(cloud, 3)

    wide = ok(retain(cloud, {"name": "web-*", "keep_newest": 3}, check_mode=True))
    narrow = ok(retain(cloud, {"name": "web-[12]", "keep_newest": 3}, check_mode=True))

    [warning] = wide["warnings"]
    assert "name web-*" in warning
    assert "every image of the project (3)" in warning
    assert narrow["warnings"] == []


# With tag or source as well they are fine.
WIDE = ("*", "?*", "*-*", "a*", "*1", "[a-z]*", "[!x]*", "[]ab]*", "[!]ab]*?", "-*._", "w*[eb]*")
NARROW = ("ab*", "*a*1*", "[abc", "a", "-", "镜像*", "[x]ab*")


@pytest.mark.parametrize("name", WIDE)
def test_a_pattern_that_may_mean_all_images_needs_a_tag_or_a_source(name: str) -> None:
    family = {"name": name, "keep_newest": 1}

    text = refusal("image_retention", families=[family])

    assert "at least two letters or digits" in text
    for more in ({"tag": "team=none"}, {"source": SERVER}):
        assert refusal("image_retention", families=[{**family, **more}]) == ""


@pytest.mark.parametrize("name", NARROW)
def test_a_pattern_that_names_some_images_is_enough(name: str) -> None:
    assert refusal("image_retention", families=[{"name": name, "keep_newest": 1}]) == ""


def test_images_of_others_are_never_meant(cloud: Cloud) -> None:
    before = left(cloud, "shared-")

    done = ok(retain(cloud, {"name": "shared-*", "keep_newest": 0, "keep_younger_than": "1h"}))

    assert left(cloud, "shared-") == before
    assert [image["name"] for image in done["images"]] == ["shared-out-image"]


def test_one_failure_does_not_keep_the_others(cloud: Cloud) -> None:
    images = bake_web(cloud, 5)
    refusal = {"action": "answer", "status": 400, "code": "IMG.0144x", "message": "no, thanks"}
    path = f"({images[2].id}|{images[4].id})$"
    cloud.rules({"method": "DELETE", "path": path, **refusal})

    failed = retain(cloud, {"name": "web-?", "keep_newest": 1})

    assert left(cloud) == {"web-1", "web-3", "web-5"}
    assert failed["failed"]
    assert failed["changed"]
    assert "2 of 4 images" in failed["msg"]
    for image in (images[2], images[4]):
        assert image.id in failed["msg"]
        assert image.id in failed["failed_images"]
    errors = {image["name"]: image["error"] for image in failed["images"]}
    assert "no, thanks" in errors["web-3"]
    assert errors["web-2"] is None
    [line] = [line for line in failed["report"] if line.startswith("web-3 ")]
    assert "could not be deleted" in line
    assert sorted(failed["deleted"]) == sorted([images[1].id, images[3].id])


def test_backups_go_along_if_asked_for_and_are_reported_if_not(cloud: Cloud) -> None:
    made = [
        ok(cloud.run("whole_image", name=f"web-{number}", backup=f"nightly-{number}"))
        for number in (1, 2, 3)
    ]
    cloud.clock.sleep(600)

    first = ok(retain(cloud, {"name": "web-?", "keep_newest": 2}))
    second = ok(retain(cloud, {"name": "web-?", "keep_newest": 1}, delete_backup=True))

    [kept] = [w for w in first["warnings"] if made[0]["image"]["backup_id"] in w]
    assert "delete_backup" in kept
    backups = {backup["id"] for backup in cloud.simulator.state()["backups"]}
    assert made[0]["image"]["backup_id"] in backups
    assert made[1]["image"]["backup_id"] not in backups
    assert f"delete backup {made[1]['image']['backup_id']}" in second["actions"]


def test_an_image_that_goes_is_not_taken_for_there_by_the_next_task(
    cloud: Cloud, tmp_path: Any
) -> None:
    """Lists and Glance go on to show it; what this machine knows helps."""
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    export = {"name": "web-2", "volume": "data-available"}
    old = ok(cloud.run("volume_image_export", **export))
    cloud.clock.sleep(3600)
    bake(cloud, "web-1", 0)
    cloud.switch(delete_lingers=[600, 600])

    ok(retain(cloud, {"name": "web-?", "keep_newest": 1}, wait=False))
    new = ok(cloud.run("volume_image_export", **export))

    assert new["changed"]
    assert new["image_id"] != old["image_id"]


WRONG: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no families": ([], "families"),
    "no mark": ([{"keep_newest": 1}], "name, tag or source"),
    "no rule": ([{"name": "web-*"}], "keep_newest or keep_younger_than"),
    "all images": ([{"name": "*", "keep_newest": 1}], "all images"),
    "an empty criterion": ([{"name": "web-*", "tag": "", "keep_newest": 1}], "entry 1: tag"),
    "none kept": ([{"name": "web-*", "keep_newest": 0}], "no image would be kept"),
    "less than none": ([{"name": "web-*", "keep_newest": -1}], "-1"),
    "predicted less than none": ([{"name": "a", "keep_newest": 1, "predicted": -2}], "-2"),
    "no age": ([{"name": "web-*", "keep_younger_than": "soon"}], "soon"),
    "the second one": ([{"name": "a", "keep_newest": 1}, {"name": "b"}], "entry 2"),
}


@pytest.mark.parametrize(("families", "says"), WRONG.values(), ids=WRONG.keys())
def test_ambiguous_families_are_refused(families: list[dict[str, Any]], says: str) -> None:
    assert says in refusal("image_retention", families=families)


def test_requests_are_few_when_nothing_goes(tame: Cloud) -> None:
    bake_web(tame, 3)

    ok(retain(tame, {"name": "web-?", "keep_newest": 3}))

    assert set(tame.requests()) == {"GET /v2/cloudimages"}  # one for each page


# --- many images


@pytest.fixture
def batches_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that thirty images are many."""
    monkeypatch.setattr(look_up, "_BATCH", 10)


in_batches = pytest.mark.usefixtures("batches_of_ten")


def bake_many(cloud: Cloud, count: int) -> list[records.Image]:
    """One an hour, the youngest first."""
    return [bake(cloud, f"web-{number}", number / 24) for number in range(1, count + 1)]


def asked(cloud: Cloud, what: str) -> list[str]:
    """The ids of images that were asked for that: members, image, deletion."""
    method = "DELETE" if what == "deletion" else "GET"
    paths = [call.split(" ")[1].split("/") for call in cloud.requests(method)]
    length = 5 if what == "members" else 4
    return [path[3] for path in paths if path[1:3] == ["v2", "images"] and len(path) == length]


MANY = {"name": "web-*", "keep_newest": 3}


@in_batches
def test_of_many_images_only_those_are_looked_up_on_which_it_depends(tame: Cloud) -> None:
    images = bake_many(tame, 40)

    predicted = ok(retain(tame, MANY, check_mode=True))
    in_check_mode = len(tame.requests())
    looked_up = asked(tame, "image")
    tame.forget_requests()
    done = ok(retain(tame, MANY, wait=False))

    going = [image.id for image in images[3:]]
    # Those that count as newest, and the oldest batch.
    assert sorted(looked_up) == sorted(image.id for image in (*images[:3], *images[30:]))
    assert in_check_mode < 13 + 10 + 10
    for what in ("members", "deletion"):
        assert sorted(asked(tame, what)) == sorted(going)
    assert len(tame.requests()) < 3 * len(going) + 3 + 10
    assert predicted["deleted"] == done["deleted"]
    [warning] = predicted["warnings"]
    assert warning.startswith("27 of the images that would be deleted were not looked up")
    assert done["warnings"] == []


@in_batches
def test_each_image_of_many_is_asked_for_its_members_right_before_it_goes(tame: Cloud) -> None:
    images = bake_many(tame, 30)
    refused = images[5].id
    tame.rules({"path": f"/v2/images/{refused}/members", "action": "answer", "status": 400})

    failed = retain(tame, MANY, wait=False)

    # The oldest two batches were gone when a look-up of the third one failed.
    assert failed["failed"]
    assert failed["deleted"] == [image.id for image in images[10:]]
    assert set(failed["failed_images"]) == {image.id for image in images[3:10]}
    assert failed["changed"]
    assert refused not in asked(tame, "deletion")
    assert len(failed["msg"]) < 1000


@in_batches
@pytest.mark.parametrize("shared", [5, 29], ids=["among the last", "among the first"])
def test_an_image_of_many_whose_type_hides_that_it_is_shared_stays(
    tame: Cloud, shared: int
) -> None:
    images = bake_many(tame, 30)
    _share(tame, images[shared])
    private = {"__imagetype": "private", "visibility": "private"}
    tame.retell = in_lists(lambda image: image.update(private))

    predicted = ok(retain(tame, MANY, check_mode=True))
    done = ok(retain(tame, MANY, wait=False))

    assert images[shared].id in done["kept"]
    if shared == 29:  # seen among those that check mode asks as well
        assert predicted["deleted"] == done["deleted"]


@in_batches
def test_members_of_many_are_not_asked_for_when_that_is_not_permitted(tame: Cloud) -> None:
    bake_many(tame, 40)
    tame.rules({"path": "/members$", "action": "answer", "status": 403, "code": "APIGW.0302"})

    for check_mode in (True, False):
        tame.forget_requests()
        done = ok(retain(tame, MANY, check_mode=check_mode))

        assert done["deleted"] == []
        assert len(asked(tame, "members")) == 10
        assert "may not be looked up" in reason(done, "web-4")


def test_deleted_images_that_are_listed_still_do_not_count_however_many(cloud: Cloud) -> None:
    bake_web(cloud, 6)
    cloud.switch(delete_lingers=[600, 600])
    for name in ("web-1", "web-2", "web-3"):
        ok(cloud.run("image", image=name, state="absent", wait=False))

    ok(retain(cloud, {"name": "web-?", "keep_newest": 2}, wait=False))

    assert left(cloud) == {"web-4", "web-5"}


def test_an_image_that_is_deleted_already_is_not_reported(cloud: Cloud) -> None:
    bake_web(cloud, 3)
    cloud.switch(delete_lingers=[600, 600])
    ok(cloud.run("image", image="web-3", state="absent", wait=False))
    cloud.forget_requests()

    for check_mode in (True, False):
        done = ok(retain(cloud, {"name": "web-?", "keep_newest": 2}, check_mode=check_mode))

        assert not done["changed"]
        assert [image["name"] for image in done["images"]] == ["web-1", "web-2"]
    assert cloud.writes() == []


def test_deleted_images_that_are_listed_still_have_no_tags(cloud: Cloud) -> None:
    # Which tag this is cannot be told from "cost.center.42", so the tag call has to be asked.
    tagged = {"tags": {"cost": "center.42"}}
    images = [bake(cloud, f"web-{days}", days, facets=tagged) for days in (1, 2, 3)]
    cloud.switch(delete_lingers=[600, 600])
    ok(cloud.run("image", image="web-1", state="absent", wait=False))

    done = ok(retain(cloud, {"tag": "cost", "keep_newest": 1}, wait=False))

    assert left(cloud) == {"web-2"}
    assert done["deleted"] == [images[2].id]


def test_many_deleted_images_are_waited_for_by_one_list(tame: Cloud) -> None:
    bake_many(tame, 50)

    ok(retain(tame, MANY))

    lists = [call for call in tame.requests() if call == "GET /v2/cloudimages"]
    assert len(lists) < 10


@in_batches
def test_progress_of_many_look_ups_and_deletions_is_reported(
    tame: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_MANY", 25)
    bake_many(tame, 50)

    ok(retain(tame, {**MANY, "keep_newest": 25}, wait=False))

    looked_up = [line for line in tame.lines if "still there" in line]
    deleted = [line for line in tame.lines if line.startswith("deleting images")]
    assert 10 <= len(looked_up) < 15
    assert 10 <= len(deleted) < 15
    assert "25 of 25" in deleted[-1]


def test_tags_of_many_images_are_looked_up_for_those_that_may_belong_to_a_family(
    tame: Cloud,
) -> None:
    for number in range(1, 4):
        bake(tame, f"web-{number}", number, facets={"tags": {"tier": "web"}})
        bake(tame, f"app-{number}", number, facets={"tags": {"tier": "web"}})

    tame.retell = in_lists(lambda image: image.pop("tags", None))
    ok(retain(tame, {"name": "web-*", "tag": "tier=web", "keep_newest": 1}, wait=False))

    assert left(tame) == {"web-1"}
    assert len([call for call in tame.requests() if call.endswith("/tags")]) == 3


@in_batches
def test_images_that_are_gone_already_say_nothing_of_whom_others_are_shared_with(
    tame: Cloud,
) -> None:
    """Another run has just deleted the oldest batch; lists show them still."""
    images = bake_many(tame, 23)
    for image in images[13:]:
        image.gone_at = tame.clock.now() + 600

    done = ok(retain(tame, MANY, wait=False))

    assert done["deleted"] == [image.id for image in images[3:13]]


@pytest.mark.parametrize("check_mode", [True, False], ids=["check", "real"])
def test_what_has_become_of_an_image_since_it_was_listed_counts(
    tame: Cloud, check_mode: bool
) -> None:
    images = bake_web(tame, 4)
    protected, finished = images[2], images[3]

    def since(call: str, told: Any) -> Any:
        if call == f"GET /v2/images/{protected.id}":
            told["protected"] = True
        if call == f"GET /v2/images/{finished.id}":
            told["status"] = "deactivated"
        return told

    tame.retell = since
    done = ok(retain(tame, {"name": "web-?", "keep_newest": 1}, check_mode=check_mode))

    assert done["deleted"] == [images[1].id]
    assert "protected" in reason(done, "web-3")
    assert "deactivated" in reason(done, "web-4")


# --- several deletions at once


def watch_deletions(monkeypatch: pytest.MonkeyPatch, sending: Callable[[int], object]) -> list[str]:
    """The paths of the DELETEs, as they are sent. sending: is called with the number of each."""
    sent: list[str] = []
    send = Transport.send

    def watched(self: Transport, call: Any, *more: Any) -> Any:
        if call.method == "DELETE":
            sent.append(call.path)
            sending(len(sent))
        return send(self, call, *more)

    monkeypatch.setattr(Transport, "send", watched)
    return sent


@pytest.mark.parametrize("same", [True, False], ids=["one name", "many names"])
def test_deletions_are_sent_several_at_once(
    tame: Cloud, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    for number in range(30):
        bake(tame, "web" if same else f"web-{number}", number + 1)
    together = threading.Barrier(10)
    watch_deletions(monkeypatch, lambda number: together.wait(60))

    done = ok(retain(tame, {"name": "web*", "keep_newest": 0, "keep_younger_than": "1m"}))

    assert len(done["deleted"]) == 30
    assert left(tame) == set()


def test_nothing_is_deleted_after_an_interruption(
    tame: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even what those that were sent at once with the last one have left to do."""
    for number in range(40):
        bake(tame, "web", number + 1)
    tame.rules({"method": "DELETE", "action": "answer", "status": 400, "code": "IMG.0090"})
    at_tenth = threading.Barrier(10)

    def interrupt(number: int) -> None:
        if at_tenth.wait(60) == 0:
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    sent = watch_deletions(monkeypatch, interrupt)

    with pytest.raises(KeyboardInterrupt):
        retain(tame, {"name": "web", "keep_newest": 0, "keep_younger_than": "1m"})

    assert len(sent) == 10


def test_an_image_in_use_does_not_hold_up_the_deletion_of_others(tame: Cloud) -> None:
    images = bake_web(tame, 5)
    refused = {"action": "answer", "status": 400, "code": "IMG.0090"}
    tame.rules({"method": "DELETE", "path": f"{images[4].id}$", **refused})
    family = {"name": "web-*", "keep_newest": 0, "keep_younger_than": "1m"}

    with tame.clock.before_each_sleep(lambda _seconds: time.sleep(0.05)):
        result = retain(tame, family, wait_timeout=60)

    assert "1 of 5 images could not be deleted" in result["msg"]
    assert result["changed"]
    assert left(tame) == {"web-5"}
