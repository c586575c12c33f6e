# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must never be deleted is checked where deletion happens, for every module that deletes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import VOLUME

from .conftest import Cloud, Retell, ok
from .retaining import bake

Json = dict[str, Any]

LINUX = {"source_image": "linux-base"}
LIMITED = {"source_image": "limited-image"}
REPLACE = {"if_source_differs": "replace"}
COPY = {"method": "POST", "path": "/copy$"}
DAY = 86400.0
LISTS = ("GET /v2/cloudimages", "GET /v2/images/")


def copy(cloud: Cloud, name: str, **more: Any) -> Json:
    return cloud.run("image_copy", name=name, **more)


def there(cloud: Cloud) -> set[str]:
    """The ids of the images that are there."""
    return {image["id"] for image in cloud.simulator.things("images") if not image["deleted"]}


def meanwhile(cloud: Cloud, call: str, then: Callable[[], object]) -> None:
    """Something happens once while a task runs: after the cloud has answered that call."""

    def once(answered: str, told: Any) -> Any:
        if answered.startswith(call):
            cloud.retell = None
            then()
        return told

    cloud.retell = once


def retelling(**changes: Any) -> Retell:
    """A cloud that tells something else of each image of the project."""

    def change(wire: Json) -> Json:
        return {**wire, **changes} if wire.get("visibility") != "public" else wire

    def retell(call: str, told: Any) -> Any:
        if call == LISTS[0]:
            return {**told, "images": [change(wire) for wire in told["images"]]}
        return change(told) if call.startswith(LISTS[1]) else told

    return retell


# --- the source of the task


@pytest.mark.parametrize("more", [REPLACE, {**REPLACE, "max_age": "1h"}], ids=["", "max_age"])
def test_a_copy_never_replaces_its_own_source(cloud: Cloud, more: Json) -> None:
    """Also when the copy is there already and the source came to bear the same name later."""
    source = cloud.thing("images", "limited-image")["id"]
    copied = ok(copy(cloud, "web", source_image=source))["image_id"]
    ok(cloud.run("image", image=source, name="web"))
    cloud.clock.advance(1800)
    cloud.forget_requests()

    predicted = copy(cloud, "web", source_image=source, check_mode=True, **more)
    result = copy(cloud, "web", source_image=source, **more)

    assert result["failed"]
    assert result["msg"] == predicted["msg"]
    assert f"({source}) is the source of this task" in result["msg"]
    assert cloud.writes() == []
    assert {source, copied} <= there(cloud)


def test_a_copy_that_is_too_old_is_replaced_and_its_source_stays(cloud: Cloud) -> None:
    source = cloud.thing("images", "limited-image")["id"]
    old = ok(copy(cloud, "web", source_image=source))["image_id"]
    cloud.clock.advance(3 * DAY)

    ok(copy(cloud, "web", source_image=source, max_age="1d"))

    assert source in there(cloud)
    assert old not in there(cloud)


# --- the source of another image that is not finished


def replaced_and_copied(cloud: Cloud, **more: Any) -> tuple[str, list[Json]]:
    """An image that is to go for a new one of its name, while it is copied under another name."""
    old = ok(copy(cloud, "web", **LINUX))["image_id"]
    cloud.clock.advance(60)
    rules = [{**COPY, "nth": 2, "action": "job", **more}]
    cloud.rules(*rules)
    new = ok(copy(cloud, "web", wait=False, **LIMITED, **REPLACE))
    other = ok(copy(cloud, "web-copy", wait=False, source_image=old))
    return old, [new, other]


def test_the_source_of_an_image_that_is_not_finished_stays(cloud: Cloud) -> None:
    old, started = replaced_and_copied(cloud, duration=5000)

    late = cloud.run("image_wait", results=started, wait_timeout=600)
    assert late["failed"]
    assert cloud.requests("DELETE") == []

    result = ok(cloud.run("image_wait", results=started, wait_timeout=7200))
    assert result["changed"]
    assert old not in there(cloud)


def test_the_source_of_an_image_that_failed_stays(cloud: Cloud) -> None:
    old, started = replaced_and_copied(cloud, fail="IMG.0014")

    result = cloud.run("image_wait", results=started)

    assert result["failed"]
    assert f"({old}) is needed for 'web-copy'" in result["msg"]
    assert cloud.requests("DELETE") == []


def test_the_new_image_itself_is_no_old_one(cloud: Cloud) -> None:
    """Whatever `pending` says."""
    started = ok(copy(cloud, "web", wait=False, **LINUX))
    new = ok(cloud.run("image_wait", results=[started]))["image_id"]
    pending = {**started["pending"], "delete_ids": [new]}

    result = ok(cloud.run("image_wait", results=[{**started, "pending": pending}]))

    assert new in there(cloud)
    assert not result["changed"]


# --- check mode


def replacing(cloud: Cloud, **more: Any) -> tuple[str, Json]:
    """An old image, and what a task has registered that replaces it and does not wait."""
    old = ok(copy(cloud, "web", **LINUX))["image_id"]
    cloud.clock.advance(60)
    return old, ok(copy(cloud, "web", wait=False, **LIMITED, **REPLACE, **more))


def predicted_and_real(cloud: Cloud, *started: Json) -> list[Json]:
    cloud.forget_requests()
    predicted = cloud.run("image_wait", results=list(started), check_mode=True)
    assert cloud.writes() == []
    return [predicted, cloud.run("image_wait", results=list(started))]


@pytest.mark.parametrize("seconds", [30, 1800], ids=["in progress", "active"])
def test_check_mode_of_image_wait_says_that_a_protected_image_stays(
    cloud: Cloud, seconds: int
) -> None:
    old, started = replacing(cloud)
    ok(cloud.run("image", image=old, protected=True))
    cloud.clock.advance(seconds)

    for result in predicted_and_real(cloud, started):
        assert result["failed"]
        assert f"({old}) is protected. Take the protection off first" in result["msg"]
        assert [image["status"] for image in result["images"]] == ["failed"]
    assert old in there(cloud)


def test_check_mode_of_image_wait_says_the_same_as_the_real_run(cloud: Cloud) -> None:
    old, started = replacing(cloud, description="new")
    ok(cloud.run("image", image=old, protected=True))
    cloud.clock.advance(1800)

    predicted, real = predicted_and_real(cloud, started)

    assert predicted["msg"] == real["msg"]
    assert predicted["changed"] == real["changed"]


def test_check_mode_of_image_wait_says_that_the_source_of_a_failed_image_stays(
    cloud: Cloud,
) -> None:
    old, started = replaced_and_copied(cloud, fail="IMG.0014", image="killed")
    cloud.clock.advance(1800)

    for result in predicted_and_real(cloud, *started):
        assert f"({old}) is needed for 'web-copy'" in result["msg"]
    assert old in there(cloud)


def test_check_mode_of_image_wait_says_that_a_renamed_image_is_not_set(cloud: Cloud) -> None:
    old, started = replacing(cloud)
    cloud.clock.advance(1800)
    [new] = {image["id"] for image in cloud.images("web")} - {old}
    ok(cloud.run("image", image=new, name="mine"))
    cloud.clock.advance(60)

    predicted, real = predicted_and_real(cloud, started)

    assert f"image {new} is called 'mine' and not 'web'" in predicted["msg"]
    assert predicted["msg"] == real["msg"]
    assert old in there(cloud)


def test_check_mode_of_image_wait_says_that_the_new_image_has_vanished(cloud: Cloud) -> None:
    old, started = replacing(cloud)
    cloud.clock.advance(1800)
    vanish(cloud, old, "")

    predicted, real = predicted_and_real(cloud, started)

    assert "is gone, so old images of that name are not deleted" in predicted["msg"]
    assert predicted["msg"] == real["msg"]


def test_check_mode_of_image_wait_does_not_predict_the_deletion_of_what_is_deleted(
    cloud: Cloud,
) -> None:
    """The list goes on to show it."""
    old, started = replacing(cloud)
    cloud.clock.advance(1800)
    cloud.switch(delete_lingers=[600, 600])
    ok(cloud.run("image", image=old, state="absent", wait=False))

    predicted = ok(cloud.run("image_wait", results=[started], check_mode=True))

    assert not any("delete" in action for action in predicted["actions"])


# --- at the very moment


def test_an_image_that_was_protected_while_the_new_one_was_made_stays(cloud: Cloud) -> None:
    old = ok(copy(cloud, "web", **LINUX))["image_id"]
    cloud.clock.advance(60)
    meanwhile(cloud, "POST", lambda: cloud.run("image", image=old, protected=True))

    result = copy(cloud, "web", **LIMITED, **REPLACE)

    assert result["failed"]
    assert f"({old}) is protected" in result["msg"]
    assert cloud.requests("DELETE") == []
    assert len(cloud.images("web")) == 2


def test_an_image_that_was_renamed_while_the_new_one_was_made_stays(cloud: Cloud) -> None:
    old = ok(copy(cloud, "web", **LINUX))["image_id"]
    cloud.clock.advance(60)
    meanwhile(cloud, "POST", lambda: cloud.run("image", image=old, name="mine"))

    result = ok(copy(cloud, "web", **LIMITED, **REPLACE))

    assert old in there(cloud)
    assert any(f"({old}) is left alone" in warning for warning in result["warnings"])


@contextmanager
def in_pause_of_deletion(cloud: Cloud, then: Callable[[], object]) -> Iterator[None]:
    """Something happens once, after the cloud has not accepted a deletion yet."""
    busy = {"method": "DELETE", "action": "answer", "status": 400, "code": "IMG.0090", "times": 1}
    cloud.rules(busy)
    calls = [then]

    def once(_seconds: float) -> None:
        if calls and cloud.requests()[-1].startswith("DELETE"):
            calls.pop()()

    with cloud.clock.before_each_sleep(once):
        yield


def test_the_new_image_is_looked_up_again_while_the_cloud_does_not_accept_a_deletion(
    cloud: Cloud,
) -> None:
    """Somebody else deletes it meanwhile: the old one is the last of its name."""
    old = ok(copy(cloud, "web", **LINUX))["image_id"]

    def delete_new() -> None:
        [new] = [image["id"] for image in cloud.images("web") if image["id"] != old]
        ok(cloud.run("image", image=new, state="absent"))

    with in_pause_of_deletion(cloud, delete_new):
        result = copy(cloud, "web", **LIMITED, **REPLACE)

    assert result["failed"]
    assert "is gone" in result["msg"]
    assert [image["id"] for image in cloud.images("web")] == [old]


def test_an_image_that_was_renamed_while_the_cloud_did_not_accept_its_deletion_stays(
    cloud: Cloud,
) -> None:
    old = ok(copy(cloud, "web", **LINUX))["image_id"]

    with in_pause_of_deletion(cloud, lambda: cloud.run("image", image=old, name="mine")):
        result = ok(copy(cloud, "web", **LIMITED, **REPLACE))

    assert old in there(cloud)
    assert any(f"({old}) is left alone" in warning for warning in result["warnings"])


def test_absent_spares_an_image_that_was_renamed_a_moment_ago(cloud: Cloud) -> None:
    """The list goes on to show the old name for a while."""
    mine = ok(copy(cloud, "web", **LINUX))["image_id"]
    cloud.clock.advance(60)

    def old_name(call: str, told: Any) -> Any:
        if call == LISTS[0]:
            for wire in told["images"]:
                wire["name"] = "web" if wire["id"] == mine else wire["name"]
        return told

    ok(cloud.run("image", image=mine, name="mine"))
    cloud.clock.advance(60)
    cloud.retell = old_name
    result = ok(copy(cloud, "web", state="absent"))

    assert not result["changed"]
    assert mine in there(cloud)


# --- the new image


@pytest.mark.parametrize("unique", ["allowed", "refused"])
def test_no_old_image_goes_for_a_new_one_that_has_vanished(cloud: Cloud, unique: str) -> None:
    """Somebody deletes the new image as soon as it is active."""
    cloud.switch(duplicate_names=unique)
    old = ok(cloud.run("whole_image", name="web", instance="web-01"))["image_id"]
    cloud.clock.advance(60)
    vanish(cloud, old, "/wholeimages/action")

    result = cloud.run("whole_image", name="web", instance="web-01-old", **REPLACE)

    assert result["failed"]
    assert "is gone, so old images of that name are not deleted" in result["msg"]
    assert {image["id"]: image["name"] for image in cloud.images("web")} == {old: "web"}


@pytest.mark.parametrize("unique", ["allowed", "refused"])
def test_image_wait_deletes_none_for_a_new_one_that_has_vanished(cloud: Cloud, unique: str) -> None:
    cloud.switch(duplicate_names=unique)
    old = ok(copy(cloud, "web", **LINUX))["image_id"]
    cloud.clock.advance(60)
    started = ok(copy(cloud, "web", wait=False, **LIMITED, **REPLACE))
    vanish(cloud, old, "")

    result = cloud.run("image_wait", results=[started])

    assert result["failed"]
    assert "is gone, so old images of that name are not deleted" in result["msg"]
    assert {image["id"]: image["name"] for image in cloud.images("web")} == {old: "web"}


def vanish(cloud: Cloud, old: str, after: str) -> None:
    """The new image of the name is gone from the moment on in which it was last seen active."""
    clock = cloud.clock

    def spoil(call: str, told: Any) -> Any:
        shown = told["images"] if call == LISTS[0] else [told]
        for wire in shown:
            if wire.get("name") == "web" and wire["id"] != old and wire["status"] == "active":
                image = cloud.simulator.cloud.world.images[wire["id"]]
                image.gone_at, image.lingering_polls = clock.now(), 99
        return told

    cloud.retell = spoil


# --- images of others


def test_retention_leaves_foreign_images_alone_where_the_owner_filter_is_ignored(
    cloud: Cloud,
) -> None:
    cloud.switch(ignored_filters=["ims.owner"])
    shop = cloud.images("shop-2025-12-28")[0]["id"]
    family = {"name": "sh*", "keep_newest": 1}
    cloud.clock.advance(DAY)

    result = ok(cloud.run("image_retention", families=[family]))

    own = cloud.simulator.facts("http://x")["project_id"]
    owners = {image["id"]: image["owner"] for image in cloud.simulator.things("images")}
    assert shop in result["deleted"]
    assert {owners[image_id] for image_id in result["deleted"]} == {own}
    assert {owners[call.rpartition("/")[2]] for call in cloud.requests("DELETE")} == {own}
    assert {owners[image["id"]] for image in result["images"]} == {own}


def deleting(cloud: Cloud, how: str, told: Json, retell: Retell | None = None) -> tuple[str, Json]:
    """The id of an image of the name web, of which the cloud tells that, and the result of a task
    that would delete it."""
    image_id = ok(cloud.run("volume_image_export", name="web", volume=VOLUME))["image_id"]
    cloud.clock.advance(3600)
    started: Json = {}
    if how == "image_wait":
        started = ok(copy(cloud, "web", **LINUX, **REPLACE, wait=False))
        assert started["pending"]["delete_ids"] == [image_id]
    cloud.retell = retell or retelling(**told)
    tasks: dict[str, tuple[str, Json]] = {
        "absent": ("image", {"image": image_id, "state": "absent"}),
        "absent by name": ("whole_image", {"name": "web", "state": "absent"}),
        "replace": ("image_copy", {"name": "web", **LINUX, **REPLACE}),
        "image_wait": ("image_wait", {"results": [started]}),
        "retention": (
            "image_retention",
            {"families": [{"name": "web", "keep_newest": 0, "keep_younger_than": "1s"}]},
        ),
    }
    module, arguments = tasks[how]
    return image_id, cloud.run(module, **arguments)


WAYS = ("absent", "absent by name", "replace", "image_wait", "retention")
ways = pytest.mark.parametrize("how", WAYS)
OTHERS: list[Json] = [
    {"owner": None, "visibility": "shared", "__imagetype": "shared"},
    {"owner": None, "__imagetype": "shared"},
    {"owner": None, "visibility": None, "__imagetype": None},
    {"owner": "", "visibility": "public", "__imagetype": "gold"},
    {"owner": ["x"]},
    {"visibility": "public"},
    {"__imagetype": "gold"},
    {"protected": "true"},
    {"protected": {"x": 1}},
]


# One place checks it: each way once, and each reason once.
@pytest.mark.parametrize(
    ("how", "told"), [*((how, OTHERS[0]) for how in WAYS), *(("absent", one) for one in OTHERS)]
)
def test_an_image_that_may_not_be_ours_is_not_deleted(cloud: Cloud, how: str, told: Json) -> None:
    deleting(cloud, how, told)

    assert cloud.requests("DELETE") == []


@ways
def test_an_answer_about_another_image_deletes_neither(cloud: Cloud, how: str) -> None:
    other = cloud.thing("images", "limited-image")["id"]

    def swap(call: str, told: Any) -> Any:
        return {**told, "id": other} if call.startswith(LISTS[1]) else told

    deleting(cloud, how, {}, swap)

    assert cloud.requests("DELETE") == []


@ways
def test_an_image_without_an_owner_goes_if_it_is_private_and_that_is_said(
    cloud: Cloud, how: str
) -> None:
    image_id, result = deleting(cloud, how, {"owner": None})

    assert image_id not in there(cloud)
    assert any("who owns image 'web'" in warning for warning in ok(result)["warnings"])


def test_an_image_of_a_source_that_cannot_be_looked_up_is_not_taken_for_one_of_another(
    machine: Cloud,
) -> None:
    """This machine has created it from the id that the name stands for, which nobody may know."""
    machine.switch(export_data_origin="absent", delete_lingers=[0, 0])
    by_id = {"name": "golden", "volume": VOLUME}
    ok(machine.run("volume_image_export", **by_id, wait=False))
    bake(machine, "golden", 30)
    machine.clock.advance(600)
    before = there(machine)

    by_name = {"name": "golden", "volume": "evs-ims-test", **machine.credential("no-lookups")}
    ok(machine.run("volume_image_export", **by_name, **REPLACE))

    assert there(machine) == before
