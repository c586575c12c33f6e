# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers in shapes that the simulator does not send: what is read from them all the same, and what
a value that cannot be read means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import ims
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import Client, connect
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Image
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.provenance import (
    Provenance,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.sources import (
    backup,
    file,
    image,
    server,
    volume,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.sources.protocol import Source
from ansible_collections.huaweicloud.ims.tests.samples import (
    BACKUP,
    FILE,
    IMAGE,
    KEY,
    SERVER,
    VAULT,
    VOLUME,
)
from ansible_collections.huaweicloud.ims.tests.unit.spoiling import UNREADABLE

from .conftest import CONNECTION, NO_STORE, URL, Cloud, Retell, in_lists, ok
from .kinds import NAME, each_kind_and_each, every_kind, task

LIST = "GET /v2/cloudimages"


def in_shanghai(text: str) -> str:
    """The same moment, as a clock eight hours ahead shows it."""
    then = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ") + timedelta(hours=8)
    return then.strftime("%Y-%m-%dT%H:%M:%S+08:00")


def move_to_shanghai(image: dict[str, Any]) -> None:
    image["created_at"] = in_shanghai(image["created_at"])


# --- times


def test_an_image_whose_age_is_reported_with_an_offset_is_as_old_as_it_is(cloud: Cloud) -> None:
    """Read as UTC, the image would be eight hours younger than it is: not born yet."""
    ok(cloud.run("image_copy", name="copy", source_image=IMAGE))
    cloud.clock.advance(3600)
    cloud.retell = in_lists(move_to_shanghai)

    told = ok(cloud.run("image_info", name="copy", older_than="30m", newer_than="2h"))

    assert [image["name"] for image in told["images"]] == ["copy"]


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", 7, None, {}])
def test_an_image_whose_time_cannot_be_is_of_unknown_age_and_stays(cloud: Cloud, time: Any) -> None:
    ok(cloud.run("image_copy", name="copy", source_image=IMAGE))
    cloud.clock.advance(86400)
    cloud.retell = in_lists(lambda image: image.update(created_at=time))

    told = ok(cloud.run("image_retention", families=[{"name": "copy", "keep_younger_than": "1h"}]))

    assert told["deleted"] == []
    assert [image["decision"] for image in told["images"]] == ["keep"]


# --- entries of the image list that do not tell who they are

# Values of the wrong kind; MISSING stands for none at all.
MISSING = object()
WRONG: dict[str, Any] = {
    "missing": MISSING,
    "null": None,
    "a dictionary": {"de": "web"},
    "a list": ["web"],
    "a number": 7,
    "true": True,
}
wrong = pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)


def put(image: dict[str, Any], attribute: str, value: Any) -> None:
    if value is MISSING:
        image.pop(attribute, None)
    else:
        image[attribute] = value


def only_own(attribute: str, value: Any) -> Retell:
    """Spoils the image of the test in every list."""

    def change(image: dict[str, Any]) -> None:
        if image.get("name") == NAME:
            put(image, attribute, value)

    return in_lists(change)


@each_kind_and_each("value", WRONG)
def test_an_image_whose_name_cannot_be_read_is_not_made_again(
    cloud: Cloud, kind: str, value: Any
) -> None:
    module, arguments = task(kind)
    first = ok(cloud.run(module, **arguments))
    made = len(cloud.creates())
    cloud.retell = only_own("name", value)

    again = ok(cloud.run(module, **arguments))

    assert not again["changed"]
    assert again["image_id"] == first["image_id"]
    assert len(cloud.creates()) == made
    assert any("name cannot be read" in warning for warning in again["warnings"])


@each_kind_and_each("value", WRONG)
def test_nothing_is_made_while_an_entry_without_an_id_may_be_the_image(
    cloud: Cloud, kind: str, value: Any
) -> None:
    module, arguments = task(kind)
    ok(cloud.run(module, **arguments))
    made = len(cloud.creates())
    cloud.retell = only_own("id", value)

    for check_mode in (True, False):
        again = cloud.run(module, check_mode=check_mode, **arguments)

        assert again["failed"]
        assert "one whose id cannot be read" in again["msg"]
        assert len(cloud.creates()) == made
    assert len(cloud.images(NAME)) == 1


@pytest.mark.parametrize("entry", [None, 7, "web", [], {}, {"name": {}, "id": {}}])
def test_an_entry_that_tells_nothing_may_be_anything(cloud: Cloud, entry: Any) -> None:
    def retell(call: str, answer: Any) -> Any:
        return {"images": [*answer["images"], entry]} if call == LIST else answer

    cloud.retell = retell

    made = cloud.run("image_copy", name=NAME, source_image=IMAGE)
    gone = cloud.run("image_copy", name=NAME, source_image=IMAGE, state="absent")
    listed = ok(cloud.run("image_info"))

    assert "may be it" in made["msg"]
    assert "may be it" in gone["msg"]
    assert cloud.writes() == []
    assert listed["images"]
    assert any("cannot be read" in warning for warning in listed["warnings"])


def test_an_entry_of_another_name_stops_nobody(cloud: Cloud) -> None:
    """Neither one whose name can be read, nor one that the look-up by its id shows to have another
    name."""

    def spoil(image: dict[str, Any]) -> None:
        if image["id"] == IMAGE:
            image["name"] = ["?"]

    def retell(call: str, answer: Any) -> Any:
        if call == LIST:
            answer["images"].insert(0, {"id": {}, "name": "another"})
        return in_lists(spoil)(call, answer)

    cloud.retell = retell

    made = cloud.run("image_copy", name=NAME, source_image=IMAGE, if_source_differs="replace")

    assert ok(made)["changed"]
    assert len(cloud.images(NAME)) == 1


@wrong
def test_an_image_whose_name_cannot_be_read_is_deleted_by_its_name(
    cloud: Cloud, value: Any
) -> None:
    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))
    cloud.retell = only_own("name", value)

    gone = ok(cloud.run("image_copy", name=NAME, source_image=IMAGE, state="absent"))

    assert gone["changed"]
    assert cloud.images(NAME) == []


# --- attributes that cannot be read

DEEP: list[Any] = []
for _level in range(900):
    DEEP = [DEEP]
OLD = {"name": NAME, "keep_younger_than": "1h", "keep_newest": 0}


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], DEEP], ids=["a dictionary", "a list", "deep"])
@pytest.mark.parametrize("attribute", ["owner", "protected", "visibility", "__imagetype"])
def test_what_may_protect_an_image_and_cannot_be_read_protects_it(
    cloud: Cloud, attribute: str, value: Any
) -> None:
    first = ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))
    cloud.clock.advance(86400)
    spoil = only_own(attribute, value)

    def retell(call: str, answer: Any) -> Any:
        if call == f"GET /v2/images/{first['image_id']}":
            put(answer, attribute, value)
        return spoil(call, answer)

    cloud.retell = retell

    kept = ok(cloud.run("image_retention", families=[OLD]))
    absent = cloud.run("image", image=first["image_id"], state="absent")

    assert kept["deleted"] == []
    assert attribute in kept["images"][0]["reason"]
    assert attribute in absent["msg"]
    assert len(cloud.images(NAME)) == 1


@pytest.mark.parametrize("value", [{"a": 1}, ["x"]], ids=["a dictionary", "a list"])
def test_an_image_that_may_be_for_bare_metal_servers_is_kept(cloud: Cloud, value: Any) -> None:
    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))
    cloud.clock.advance(86400)
    cloud.retell = only_own("virtual_env_type", value)

    kept = ok(cloud.run("image_retention", families=[OLD]))

    assert kept["deleted"] == []
    assert "virtual_env_type" in kept["images"][0]["reason"]


@pytest.mark.parametrize("value", [["?"], 7, {"id": {"?": 1}}], ids=str)
def test_a_server_whose_image_cannot_be_read_may_use_any(cloud: Cloud, value: Any) -> None:
    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE))
    cloud.clock.advance(86400)

    def retell(call: str, answer: Any) -> Any:
        if call.endswith("/cloudservers/detail"):
            for server in answer["servers"]:
                server["image"] = value if server["id"] == SERVER else server["image"]
        return answer

    cloud.retell = retell

    kept = ok(cloud.run("image_retention", families=[OLD]))

    assert kept["deleted"] == []
    assert SERVER in kept["images"][0]["reason"]
    assert any("Nothing is deleted" in warning for warning in kept["warnings"])


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], True], ids=str)
def test_a_key_that_cannot_be_read_is_no_ground_to_replace_an_image(
    cloud: Cloud, value: Any
) -> None:
    module, arguments = task("encrypted copy", if_source_differs="replace")
    first = ok(cloud.run(module, **arguments))
    cloud.retell = only_own("__system__cmkid", value)

    again = ok(cloud.run(module, **arguments))

    assert again["image_id"] == first["image_id"]
    assert len(cloud.creates()) == 1
    assert any("could not be proved" in warning for warning in again["warnings"])


SOURCES: dict[str, Callable[[Client], Source]] = {
    "server": lambda client: server.server_source(client, SERVER, VAULT),
    "backup": lambda client: backup.backup_source(client, BACKUP, backup.CBR),
    "CSBS backup": lambda client: backup.backup_source(client, BACKUP, backup.CSBS),
    "disk": lambda client: volume.volume_source(
        client, VOLUME, disk_format="zvhd2", container_format="bare"
    ),
    "image": lambda client: image.image_source(client, IMAGE, None),
    "encrypted copy": lambda client: image.image_source(client, IMAGE, KEY),
    "system file": lambda client: file.FileSource(FILE, "ECS", 40),
    "data file": lambda client: file.FileSource("ims-image:batch-02.zvhd2", file.DATA, 40),
}
# Of the wrong kind for any attribute: null and missing ones are not told, false may be true.
NO_VALUES = [value for value in UNREADABLE if isinstance(value, (dict, list, float, int))]


@every_kind
def test_an_attribute_that_cannot_be_read_is_no_ground_of_a_difference(
    cloud: Cloud, kind: str
) -> None:
    """Nor can it be one to replace an image, which only a difference is."""
    module, arguments = task(kind)
    made = ok(cloud.run(module, **arguments))
    facts = cloud.simulator.facts(URL)
    options = {name: facts[name] for name in CONNECTION}
    client = connect(options, NO_STORE, session=cloud.session(), clock=cloud.clock)
    source, run = SOURCES[kind](client), Task(client)
    wire = ims.show_image(client, made["image_id"])
    assert source.provenance_of(Image.from_wire(wire), run).provenance is Provenance.SAME

    for attribute in {*wire, "__system__cmkid", "__support_arm", "__backup_id", "__data_origin"}:
        for value in NO_VALUES:
            image = Image.from_wire({**wire, attribute: value})
            if source.provenance_of(image, run).provenance is Provenance.DIFFERENT:
                # What can be read may still differ.
                assert isinstance(value, (int, float)), (attribute, value)
                assert attribute in ("min_disk", "__support_arm"), (attribute, value)
