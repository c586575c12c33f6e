# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things are found by name, sources may be gone, and a look-up that is forbidden stops nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import (
    BACKUP,
    IMAGE,
    SERVER,
    VOLUME,
)

from .checking import MODULE_OF, THINGS, Arguments, arguments_of
from .conftest import URL, Cloud, ok
from .kinds import NAME, every_kind, task

# --- names

TWINS = {
    "instance": "twin-server",
    "backup": "twin-backup",
    "vault": "twin-vault",
    "volume": "twin-disk",
    "source_image": "twin-image",
}


@pytest.mark.parametrize(("option", "name"), TWINS.items())
def test_two_things_of_one_name_fail_with_their_ids(cloud: Cloud, option: str, name: str) -> None:
    arguments = arguments_of(cloud, option, name, "by name", {})
    twins = [one["id"] for one in cloud.simulator.state()[THINGS[option]] if one["name"] == name]

    result = cloud.refused(MODULE_OF[option], **arguments)

    assert len(twins) == 2
    for twin in twins:
        assert twin in result["msg"]
    assert f"named '{name}'" in result["msg"]
    assert "Give the id" in result["msg"]


@pytest.mark.parametrize("given", ["no-such-thing", "00000000-0000-4000-8000-000000000000"])
@pytest.mark.parametrize("option", THINGS)
def test_a_thing_that_is_not_there_is_named(cloud: Cloud, option: str, given: str) -> None:
    server = {"instance": SERVER} if option == "vault" else {}

    result = cloud.refused(MODULE_OF[option], name=NAME, **server, **{option: given})

    assert f"with the {'name' if given == 'no-such-thing' else 'id'} '{given}'" in result["msg"]


def test_a_name_is_compared_exactly_though_the_cloud_is_fuzzy(cloud: Cloud) -> None:
    ok(cloud.run("whole_image", name=NAME, instance="app.v1", wait=False, vault="vault-empty"))

    [create] = [entry for entry in cloud.simulator.requests if entry["method"] == "POST"]
    assert create["body"]["instance_id"] == cloud.thing("servers", "app.v1")["id"]


@pytest.mark.parametrize("how", ["by id", "by name"])
def test_a_source_in_another_enterprise_project_is_found(cloud: Cloud, how: str) -> None:
    cloud.switch(list_projects="default")
    arguments = arguments_of(cloud, "source_image", "eps-image", how, {})

    result = ok(cloud.run("image_copy", **arguments))

    assert result["changed"]


# --- a source that is gone

GONE: dict[str, tuple[str, str]] = {
    "server": ("servers", SERVER),
    "backup": ("backups", BACKUP),
    "CSBS backup": ("checkpoint_items", BACKUP),
    "disk": ("volumes", VOLUME),
    "image": ("images", IMAGE),
    "encrypted copy": ("images", IMAGE),
}


@pytest.mark.parametrize(("kind", "where"), GONE.items(), ids=GONE)
def test_a_source_that_is_gone_does_not_matter_while_its_image_is_there(
    cloud: Cloud, kind: str, where: tuple[str, str]
) -> None:
    module, arguments = task(kind)
    made = cloud.run(module, **arguments)
    del getattr(cloud.simulator.cloud.world, where[0])[where[1]]

    result = cloud.unchanged(module, **arguments)

    assert result["image_id"] == made["image_id"]
    assert result["source_verified"]


BY_NAME = {
    "server": {"instance": "web-01"},
    "backup": {"backup": "web-01-backup"},
    "CSBS backup": {"backup": "csbs-web-01"},
    "disk": {"volume": "evs-ims-test"},
    "image": {"source_image": "linux-base"},
}


@pytest.mark.parametrize(("kind", "named"), BY_NAME.items(), ids=BY_NAME)
def test_a_name_that_is_gone_leaves_the_image_alone_but_unproved(
    cloud: Cloud, kind: str, named: Arguments
) -> None:
    module, arguments = task(kind, **named)
    made = ok(cloud.run(module, **arguments))
    kinds, number = GONE[kind]
    del getattr(cloud.simulator.cloud.world, kinds)[number]

    result = cloud.unchanged(module, **arguments)

    assert result["image_id"] == made["image_id"]
    assert not result["source_verified"]
    [warning] = result["warnings"]
    assert "could not be proved" in warning
    assert next(iter(named.values())) in warning


# --- look-ups that are forbidden


@every_kind
def test_a_forbidden_look_up_leaves_the_decision_to_the_create_request(
    cloud: Cloud, kind: str
) -> None:
    module, arguments = task(kind, **cloud.credential("no-lookups"))

    result = ok(cloud.run(module, verbosity=1, **arguments))

    assert result["changed"]
    assert result["warnings"] == []
    assert len(cloud.creates()) == 1
    if kind not in ("image", "encrypted copy", "system file", "data file"):
        assert any("not permitted" in note for note in result["notes"])


@every_kind
def test_a_forbidden_look_up_does_not_change_what_check_mode_predicts(
    cloud: Cloud, kind: str
) -> None:
    module, arguments = task(kind)
    allowed = cloud.run(module, check_mode=True, **arguments)

    forbidden = cloud.run(
        module, check_mode=True, **{**arguments, **cloud.credential("no-lookups")}
    )

    for key in ("changed", "diff", "actions"):
        assert forbidden[key] == allowed[key]
    assert cloud.writes() == []


@every_kind
def test_a_second_run_without_look_ups_makes_no_second_image(cloud: Cloud, kind: str) -> None:
    module, arguments = task(kind, **cloud.credential("no-lookups"))
    made = cloud.run(module, **arguments)

    result = cloud.unchanged(module, **arguments)

    assert result["image_id"] == made["image_id"]


def test_operating_systems_that_may_not_be_listed_stop_nobody(cloud: Cloud) -> None:
    cloud.rules({"path": "/os_version", "action": "answer", "status": 403})
    module, arguments = task("system file")

    result = ok(cloud.run(module, verbosity=1, **arguments))

    assert any("OS versions" in note and "not permitted" in note for note in result["notes"])


def test_an_image_that_may_not_be_read_is_still_copied(cloud: Cloud) -> None:
    rule = {
        "method": "GET",
        "path": "/v2/cloudimages$",
        "query": f"(^|&)id={IMAGE}",
        "times": 2,
        "action": "answer",
        "status": 403,
    }
    cloud.rules(rule)
    module, arguments = task("image")

    result = ok(cloud.run(module, verbosity=1, **arguments))

    assert any(IMAGE in note and "not permitted" in note for note in result["notes"])


# What the cloud says to the create request when nothing could be looked up before.
DECIDED: dict[str, tuple[str, str, str]] = {
    "server with a DSS disk": ("instance", "db-dss", "IMG.0153"),
    "broken server": ("instance", "broken-error", "IMG.0126"),
    "used backup": ("backup", "backup-used", ""),
    "backup of a disk": ("backup", "backup-of-disk", "IMG.0033"),
    "locked vault": ("vault", "vault-locked", "IMG.0188"),
    "disk in use": ("volume", "web-01-data", "EVS.5400"),
}


@pytest.mark.parametrize(("option", "name", "code"), DECIDED.values(), ids=DECIDED)
def test_without_look_ups_the_create_request_decides(
    cloud: Cloud, option: str, name: str, code: str
) -> None:
    arguments = arguments_of(cloud, option, name, "by id", cloud.credential("no-lookups"))

    result = cloud.run(MODULE_OF[option], **arguments)

    assert result["failed"]
    assert result["image_id"] is None
    if code:
        assert len(cloud.creates()) == 1
        assert result["error"]["code"] == code
        assert result["error"]["hint"]
        assert result["error"]["hint"] in result["msg"]
    else:
        # The image list, which everybody may read, shows it.
        assert cloud.creates() == []
        assert "whole-from-backup" in result["msg"]


# Whoever may not list images can do nothing here: no source_image.
NAMED = {
    "instance": "web-01",
    "vault": "vault-servers",
    "backup": "web-01-backup",
    "volume": "evs-ims-test",
}


@pytest.mark.parametrize(("option", "name"), NAMED.items())
def test_a_name_that_may_not_be_looked_up_asks_for_the_id(
    cloud: Cloud, option: str, name: str
) -> None:
    arguments = arguments_of(cloud, option, name, "by name", cloud.credential("no-lookups"))

    result = cloud.refused(MODULE_OF[option], **arguments)

    assert name in result["msg"]
    assert "may not be looked up" in result["msg"]
    assert "Give its id" in result["msg"]


@pytest.mark.parametrize("kind", [kind for kind in BY_NAME if kind != "image"])
def test_a_name_that_may_not_be_looked_up_does_not_matter_while_the_image_is_there(
    cloud: Cloud, kind: str
) -> None:
    module, arguments = task(kind, **BY_NAME[kind])
    made = cloud.run(module, **arguments)

    result = cloud.unchanged(module, **{**arguments, **cloud.credential("no-lookups")})

    assert result["image_id"] == made["image_id"]
    assert "may not be looked up" in result["warnings"][0]


MISSPELT: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "server": ("whole_image", "instance", "servers", {}),
    "vault": ("whole_image", "vault", "vaults", {"instance": SERVER}),
    "backup": ("whole_image", "backup", "backups", {}),
    "disk": ("volume_image_export", "volume", "volumes", {}),
    "image": ("image_copy", "source_image", "images", {}),
    "image to change": ("image", "image", "images", {"description": "words"}),
}


@pytest.mark.parametrize("kind", MISSPELT)
@pytest.mark.parametrize("misspell", [str.upper, lambda name: name[:-1] + "_"], ids=["case", "end"])
def test_a_misspelt_name_is_answered_with_the_nearest_ones(
    cloud: Cloud, kind: str, misspell: Callable[[str], str]
) -> None:
    """With one more list, after the look-up by name has found nothing."""
    module, option, things, more = MISSPELT[kind]
    facts = cloud.simulator.facts(URL)
    name = next(
        one["name"]
        for one in cloud.simulator.things(things)
        if one.get("name") and one.get("owner", facts["project_id"]) == facts["project_id"]
    )
    given = {"name": NAME, **more} if module != "image" else more

    result = cloud.refused(module, **given, **{option: misspell(name)})

    assert f"'{misspell(name)}'" in result["msg"]
    assert re.search(rf"Did you mean [^?]*'{re.escape(name)}'[^?]*\?", result["msg"])


def test_a_name_that_resembles_none_is_answered_without_a_question(cloud: Cloud) -> None:
    result = cloud.run("whole_image", name=NAME, instance="zzzzzzzz")

    assert "There is no server with the name 'zzzzzzzz'" in result["msg"]
    assert "Did you mean" not in result["msg"]
