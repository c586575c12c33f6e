# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On a cloud with unique names an old image is renamed to make room. It belongs to the exact name
it had: no task for another name deletes or renames it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Image
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.replaced import (
    REPLACED,
    former_name,
    replaced_name,
)

from .conftest import Cloud, ok
from .kinds import NAME, OPERATIONS

Json = dict[str, Any]

LINUX = {"source_image": "linux-base"}
LIMITED = {"source_image": "limited-image"}
_SYSTEM_FILE = OPERATIONS["system file"][1]
REPLACE = {"if_source_differs": "replace"}
COPY = {"method": "POST", "path": "/copy$"}
FAILS = {**COPY, "action": "job", "fail": "IMG.0014"}

# The longest name that fits together with the suffix of a replaced image has 110 characters.
LONG = "w" * 111
TWIN = "w" * 110 + "x"  # it is cut to the same
FULL = "w" * 110  # it is what both are cut to

attributes = pytest.mark.parametrize("new_attributes", ["accepted", "refused"])


@pytest.fixture
def unique(cloud: Cloud) -> Cloud:
    cloud.switch(duplicate_names="refused")
    return cloud


@pytest.fixture
def machine(unique: Cloud, tmp_path: Path) -> Cloud:
    """On this machine tasks leave create records to each other."""
    unique.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    return unique


def copy(cloud: Cloud, name: str, **more: Any) -> Json:
    return cloud.run("image_copy", name=name, **more)


def replacing(cloud: Cloud, name: str) -> tuple[str, Json]:
    """The id of an image that was renamed to make room for a new one that is not finished, and what
    the task that started the new one handed back."""
    old: str = ok(copy(cloud, name, **LINUX))["image_id"]
    started = ok(copy(cloud, name, wait=False, **LIMITED, **REPLACE))
    assert names(cloud)[old] == replaced_name(old, name)
    cloud.clock.advance(10)  # until then lists show the old name
    return old, started


def names(cloud: Cloud) -> dict[str, str]:
    """Id -> name of the images that are there."""
    return {i["id"]: i["name"] for i in cloud.simulator.things("images") if not i["deleted"]}


def warnings(result: Json) -> str:
    return " ".join(result["warnings"])


# --- names that begin alike


@attributes
def test_a_task_for_another_name_leaves_it_alone(unique: Cloud, new_attributes: str) -> None:
    unique.switch(new_attributes=new_attributes)
    ok(copy(unique, "web-02", **LINUX))
    old, _started = replacing(unique, "web")

    ok(copy(unique, "web-02", **LIMITED, **REPLACE))

    assert names(unique)[old] == replaced_name(old, "web")


@attributes
def test_it_does_not_get_another_name_when_that_one_fails(
    unique: Cloud, new_attributes: str
) -> None:
    unique.switch(new_attributes=new_attributes)
    old, _started = replacing(unique, "web")
    unique.rules(FAILS)

    assert copy(unique, "web-02", **LINUX, **REPLACE)["failed"]

    assert names(unique)[old] == replaced_name(old, "web")


@attributes
def test_image_wait_leaves_those_of_other_names_alone(unique: Cloud, new_attributes: str) -> None:
    unique.switch(new_attributes=new_attributes)
    old, _started = replacing(unique, "web")
    unique.rules(FAILS)
    started = ok(copy(unique, "web-02", wait=False, **LINUX, **REPLACE))

    assert started["pending"]["renamed_ids"] == []
    assert unique.run("image_wait", results=[started])["failed"]

    assert names(unique)[old] == replaced_name(old, "web")


@attributes
def test_the_task_for_its_own_name_finishes_with_it(unique: Cloud, new_attributes: str) -> None:
    unique.switch(new_attributes=new_attributes)
    old, _started = replacing(unique, "web")
    unique.clock.advance(900)

    ok(copy(unique, "web", **LIMITED, **REPLACE))

    assert old not in names(unique)


def test_retention_keeps_it_until_the_new_image_is_active(unique: Cloud) -> None:
    """The family matches the temporary name only."""
    old, started = replacing(unique, "web")
    family = {"name": "web-*", "keep_newest": 0, "keep_younger_than": "1s"}

    kept = ok(unique.run("image_retention", families=[family]))
    assert (kept["deleted"], kept["kept"]) == ([], [old])
    assert "it is replaced by a new 'web', which is not active yet" in kept["report"][0]

    ok(unique.run("image_wait", results=[{**started, "pending": None}]))
    assert ok(unique.run("image_retention", families=[family]))["deleted"] == [old]


# --- names chosen by the user


def test_a_name_that_the_user_chose_to_look_alike_proves_nothing(unique: Cloud) -> None:
    mine = ok(copy(unique, "web-replaced-0badcafe", **LINUX))["image_id"]

    ok(copy(unique, "web", **LIMITED, **REPLACE))
    unique.rules(FAILS)
    copy(unique, "web", **LINUX, **REPLACE)

    assert names(unique)[mine] == "web-replaced-0badcafe"


def test_it_is_not_replaced_by_a_task_that_wants_its_temporary_name(unique: Cloud) -> None:
    """If the new image of its own name failed, nothing would be left."""
    old, _started = replacing(unique, "web")
    unique.forget_requests()

    result = copy(unique, replaced_name(old, "web"), **LIMITED, **REPLACE)

    assert result["failed"]
    assert f"({old}) is the old image of 'web'" in result["msg"]
    assert unique.writes() == []


def test_a_replaced_image_that_was_renamed_since_is_left_alone(unique: Cloud) -> None:
    old, started = replacing(unique, "web")
    ok(unique.run("image", image=old, name="archive"))

    ok(unique.run("image_wait", results=[started]))
    ok(copy(unique, "web", **LIMITED, **REPLACE))

    assert names(unique)[old] == "archive"


# --- the attribute


def test_the_name_it_had_is_recorded_with_the_new_one(unique: Cloud) -> None:
    old, _started = replacing(unique, "web")

    [rename] = [r for r in unique.simulator.requests if r["method"] == "PATCH" and old in r["path"]]
    assert rename["status"] == 200
    assert shown(unique, old).text(REPLACED) == f"{old},web"


def shown(cloud: Cloud, image_id: str) -> Image:
    """The image as the cloud shows it once all writes can be read back."""
    cloud.clock.advance(10)
    seen: list[Json] = []

    def keep(call: str, told: Any) -> Any:
        if call == "GET /v2/cloudimages":
            seen.extend(told["images"])
        return told

    cloud.retell = keep
    ok(cloud.run("image_info"))
    cloud.retell = None
    return Image.from_wire(next(wire for wire in seen if wire["id"] == image_id))


def test_an_image_that_got_its_name_back_is_replaced_again(unique: Cloud) -> None:
    """The attribute stays on it, and is harmless."""
    old = ok(copy(unique, "web", **LINUX))["image_id"]
    unique.rules({**FAILS, "nth": 2})
    assert copy(unique, "web", **LIMITED, **REPLACE)["failed"]
    unique.clock.advance(10)
    assert names(unique)[old] == "web"
    ok(unique.run("image", image=old, name="api"))
    unique.clock.advance(10)

    started = ok(copy(unique, "api", wait=False, **LIMITED, **REPLACE))
    ok(copy(unique, "web", **LINUX, **REPLACE))

    assert shown(unique, old).text(REPLACED) == f"{old},api"
    ok(unique.run("image_wait", results=[started]))
    assert old not in names(unique)


def test_an_attribute_that_came_from_another_image_does_not_count(unique: Cloud) -> None:
    """Clouds may copy attributes to copies."""
    unique.switch(copy_attributes="kept")
    source, _started = replacing(unique, "base")
    unique.clock.advance(1000)
    copied = ok(copy(unique, "mine", source_image=source))["image_id"]
    assert shown(unique, copied).text(REPLACED) == f"{source},base"

    ok(copy(unique, "base", **LIMITED, **REPLACE))

    assert source not in names(unique)
    assert names(unique)[copied] == "mine"


@pytest.mark.parametrize(
    ("name", "attribute", "former"),
    [
        ("web-replaced-0badcafe", None, "web"),
        ("web-replaced-0badcafe", "0badcafe-1,web", "web"),
        ("web-replaced-0badcafe", "feedbeef-2,other", "web"),
        ("web-replaced-0badcafe", "0badcafe-1,other", "web"),
        ("web-replaced-feedbeef", None, None),
        ("web-replaced-feedbeef", "0badcafe-1,web", None),
        ("web", "0badcafe-1,web", None),
        (replaced_name("0badcafe-1", LONG), None, None),
        (replaced_name("0badcafe-1", LONG), f"0badcafe-1,{LONG}", LONG),
        (replaced_name("0badcafe-1", LONG), f"0badcafe-1,{TWIN}", TWIN),
        (replaced_name("0badcafe-1", LONG), f"feedbeef-2,{LONG}", None),
        (replaced_name("0badcafe-1", FULL), None, None),
        (replaced_name("0badcafe-1", FULL), f"0badcafe-1,{FULL}", FULL),
        (replaced_name("0badcafe-1", "a,b"), "0badcafe-1,a,b", "a,b"),
    ],
)
def test_which_name_an_image_had(name: str, attribute: str | None, former: str | None) -> None:
    image = Image.from_wire({"id": "0badcafe-1", "name": name, REPLACED: attribute})

    assert former_name(image) == former


# --- names that have to be cut


def test_a_cut_name_is_proved_by_the_attribute(unique: Cloud) -> None:
    old, _started = replacing(unique, LONG)
    unique.clock.advance(900)

    other = ok(copy(unique, TWIN, **LIMITED, **REPLACE))
    assert "may be an old image" not in warnings(other)
    assert old in names(unique)
    ok(copy(unique, LONG, **LIMITED, **REPLACE))

    assert old not in names(unique)


@pytest.mark.parametrize("name", [LONG, TWIN, FULL])
def test_a_cut_name_alone_proves_nothing_and_that_is_said(unique: Cloud, name: str) -> None:
    unique.switch(new_attributes="refused")
    old, _started = replacing(unique, LONG)
    unique.clock.advance(900)

    result = ok(copy(unique, name, **LIMITED, **REPLACE))

    assert names(unique)[old] == replaced_name(old, LONG)
    assert f"({old}) may be an old image of '{name}'" in warnings(result)


@pytest.mark.parametrize("name", [LONG, TWIN])
def test_an_image_of_a_cut_name_does_not_get_a_name_on_a_doubt(unique: Cloud, name: str) -> None:
    unique.switch(new_attributes="refused")
    old, _started = replacing(unique, LONG)
    [new] = unique.images(LONG)
    unique.clock.advance(900)
    ok(unique.run("image", image=new["id"], state="absent"))
    unique.rules(FAILS)

    result = copy(unique, name, **LIMITED, **REPLACE)

    assert result["failed"]
    assert names(unique)[old] == replaced_name(old, LONG)
    assert f"({old}) may be an old image" in warnings(result)


@attributes
def test_what_a_task_renamed_itself_needs_no_proof(unique: Cloud, new_attributes: str) -> None:
    unique.switch(new_attributes=new_attributes)
    old = ok(copy(unique, LONG, **LINUX))["image_id"]
    unique.rules({**FAILS, "nth": 2})

    assert copy(unique, LONG, **LIMITED, **REPLACE)["failed"]
    assert names(unique)[old] == LONG
    unique.clock.advance(10)
    ok(copy(unique, LONG, **LIMITED, **REPLACE))

    assert old not in names(unique)


@pytest.mark.parametrize("fails", [True, False])
@attributes
def test_what_pending_names_needs_no_proof(unique: Cloud, new_attributes: str, fails: bool) -> None:
    unique.switch(new_attributes=new_attributes)
    if fails:
        unique.rules({**FAILS, "nth": 3})  # after that of the old image, and one that is refused
    old, started = replacing(unique, LONG)

    result = unique.run("image_wait", results=[started])

    assert bool(result.get("failed")) is fails
    assert names(unique).get(old) == (LONG if fails else None)


# --- the create record


def killed_while_replacing(machine: Cloud, name: str) -> str:
    """The id of an image that was renamed by a task that was killed right after."""
    old: str = ok(copy(machine, name, **LINUX))["image_id"]
    machine.clock.advance(900)

    def die(call: str, told: Any) -> Any:
        if call.startswith("PATCH") and told["name"] != name:
            raise _Killed
        return told

    machine.retell = die
    with pytest.raises(_Killed):
        copy(machine, name, **LIMITED, **REPLACE)
    machine.retell = None
    return old


class _Killed(BaseException):
    """The task ends here."""


def record(machine: Cloud) -> Path:
    [path] = Path(machine.environ["XDG_CACHE_HOME"]).rglob("image-*")
    return path


def test_what_the_create_record_names_needs_no_proof(machine: Cloud) -> None:
    machine.switch(new_attributes="refused")
    old = killed_while_replacing(machine, LONG)
    assert names(machine)[old] == replaced_name(old, LONG)

    result = ok(copy(machine, LONG, **LIMITED, **REPLACE))

    assert old not in names(machine)
    assert "may be an old image" not in warnings(result)
    machine.clock.advance(900)
    ok(copy(machine, LONG, **LIMITED, **REPLACE))
    assert list(Path(machine.environ["XDG_CACHE_HOME"]).rglob("image-*")) == []


def test_what_the_create_record_names_gets_its_name_back(machine: Cloud) -> None:
    machine.switch(new_attributes="refused")
    old = killed_while_replacing(machine, LONG)
    machine.rules(FAILS)

    assert copy(machine, LONG, **LIMITED, **REPLACE)["failed"]

    assert names(machine)[old] == LONG


def test_a_create_record_keeps_its_members_and_gains_one(machine: Cloud) -> None:
    """An older version of the collection reads those that it knows."""
    old = killed_while_replacing(machine, "web")

    told = json.loads(record(machine).read_text())

    assert {"order", "deleting"} <= told.keys()
    assert told["renamed"] == [old]


def test_a_create_record_of_an_older_version_is_read(machine: Cloud) -> None:
    first = ok(copy(machine, "web", wait=False, **LINUX))
    told = json.loads(record(machine).read_text())
    del told["renamed"], told["checksum"]
    record(machine).write_text(json.dumps(told))

    second = ok(copy(machine, "web", wait=False, **LINUX))

    assert second["resumed"]
    assert second["job_id"] == first["job_id"]


# --- lists that lag behind, images in flight


def test_a_repeated_call_is_looked_up_before_room_is_made(cloud: Cloud) -> None:
    """The gateway repeats a call that was carried out; the second is refused for its name."""
    ok(cloud.run("image_copy", name=NAME, **LIMITED))
    rule = {"method": "POST", "path": "/copy$", "action": "answer", "status": 400, "times": 1}
    cloud.rules({**rule, "code": "IMG.0009", "handled": True})

    result = ok(cloud.run("image_copy", name=NAME, if_source_differs="replace", **LINUX))

    assert [image["id"] for image in cloud.images(NAME)] == [result["image_id"]]


def test_the_old_name_comes_back_though_reads_lag_behind(cloud: Cloud) -> None:
    cloud.switch(duplicate_names="refused")
    old = ok(cloud.run("image_copy", name=NAME, **LIMITED))
    refusal = {"action": "answer", "status": 400, "code": "IMG.0015", "path": "/copy$", "nth": 2}
    cloud.rules(refusal)

    result = cloud.run("image_copy", name=NAME, if_source_differs="replace", **LINUX)

    assert result["failed"]
    assert [image["id"] for image in cloud.images(NAME)] == [old["image_id"]]


def test_an_old_image_that_is_kept_makes_room(cloud: Cloud) -> None:
    cloud.switch(duplicate_names="refused")
    old = ok(cloud.run("image_copy", name=NAME, **LINUX))
    cloud.clock.advance(3 * 86400)
    arguments = {"name": NAME, "max_age": "1d", "keep_old": True, **LINUX}

    new = ok(cloud.run("image_copy", **arguments))
    again = ok(cloud.run("image_copy", **arguments))

    assert [image["id"] for image in cloud.images(NAME)] == [new["image_id"]]
    assert len(cloud.images(f"{NAME}-replaced-{old['image_id'][:8]}")) == 1
    assert not again["changed"]


def test_an_image_in_flight_makes_room_when_it_is_active(cloud: Cloud) -> None:
    cloud.switch(duplicate_names="refused")
    ok(cloud.run("image_copy", name=NAME, wait=False, **LIMITED))
    cloud.clock.advance(30)

    new = ok(cloud.run("image_copy", name=NAME, if_source_differs="replace", **LINUX))

    assert [image["id"] for image in cloud.images(NAME)] == [new["image_id"]]


def test_a_replaced_image_of_unproven_source_is_not_deleted(cloud: Cloud) -> None:
    cloud.switch(duplicate_names="refused", new_attributes="refused")
    old = ok(cloud.run("quick_import", name=NAME, **_SYSTEM_FILE))
    cloud.clock.advance(3 * 86400)
    arguments = {"name": NAME, "max_age": "1d", **_SYSTEM_FILE}
    ok(cloud.run("quick_import", **arguments))
    cloud.forget_requests()

    again = ok(cloud.run("quick_import", **arguments))

    assert cloud.writes() == []
    assert old["image_id"] in " ".join(again["warnings"])
