# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look-up can show is said before the create call; one that is forbidden stops nobody."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Cloud
from .kinds import (
    BACKUP,
    CENTOS,
    FILE,
    IMAGE,
    KEY,
    NAME,
    SERVER,
    VAULT,
    every_kind,
    task,
)

Arguments = dict[str, Any]
# The option that names the thing -> its kind in the simulator's state
THINGS = {
    "instance": "servers",
    "backup": "backups",
    "vault": "vaults",
    "volume": "volumes",
    "source_image": "images",
}
MODULE_OF = {
    "instance": "whole_image",
    "backup": "whole_image",
    "vault": "whole_image",
    "volume": "volume_image_export",
    "source_image": "image_copy",
}

# What is wrong with the thing -> (option, its name, further arguments, what the message says)
Case = tuple[str, str, Arguments, tuple[str, ...]]
REFUSED: dict[str, Case] = {
    "whole image": ("source_image", "whole-from-server", {}, ("whole image", "cannot be copied")),
    "ISO image": ("source_image", "iso-image", {}, ("ISO image", "cannot be copied")),
    "image over 128 GB": ("source_image", "big-image", {}, ("200 GB", "128 GB")),
    "killed image": ("source_image", "killed-image", {}, ("killed", "not active")),
    "shared and encrypted image": (
        "source_image",
        "shared-encrypted",
        {},
        ("shared by another tenant and encrypted", "cannot be copied"),
    ),
    "image of the same key": (
        "source_image",
        "encrypted-documents-key",
        {"cmk_id": KEY},
        ("same key", KEY, "another one (or none)"),
    ),
    "bare metal image, encrypted": (
        "source_image",
        "bms-image",
        {"cmk_id": KEY},
        ("bare metal", "cannot be encrypted"),
    ),
    "disk in use": ("volume", "web-01-data", {}, ("in use", SERVER, "Detach it", "force: true")),
    "disk in use, force refused": (
        "volume",
        "web-01-data",
        {"force": False},
        ("in use", "force: true"),
    ),
    "broken disk": ("volume", "data-error", {"force": True}, ("error", "cannot be exported")),
    "backup in the making": ("backup", "backup-protecting", {}, ("protecting", "not available")),
    "broken backup": ("backup", "backup-error", {}, ("error", "not available")),
    "backup being deleted": ("backup", "backup-deleting", {}, ("deleting", "not available")),
    "used backup": (
        "backup",
        "backup-used",
        {},
        ("already has an image", "whole-from-backup", "One backup makes one image"),
    ),
    "backup of a disk": (
        "backup",
        "backup-of-disk",
        {},
        ("OS::Cinder::Volume", "backup of a server"),
    ),
    "backup without system disk": (
        "backup",
        "backup-without-os",
        {},
        ("system disk", "Back up the server"),
    ),
    "full vault": ("vault", "vault-full", {}, ("full", "100 GB", "Expand it")),
    "locked vault": ("vault", "vault-locked", {}, ("not available (lock)", "another vault")),
    "frozen vault": ("vault", "vault-frozen", {}, ("not available (frozen)", "another vault")),
    "vault for disks": ("vault", "vault-disks", {}, ("is for disks", "server backup vault")),
    "vault for replication": (
        "vault",
        "vault-replication",
        {},
        ("is for replication", "protect_type backup"),
    ),
    "server with a task": ("instance", "busy-task", {}, ("running task (powering-off)",)),
    "broken server": ("instance", "broken-error", {}, ("ERROR", "ACTIVE", "SHUTOFF")),
    "server being resized": ("instance", "resizing", {}, ("VERIFY_RESIZE", "ACTIVE", "SHUTOFF")),
    "server with a DSS disk": (
        "instance",
        "db-dss",
        {},
        ("dedicated storage", "Detach", "volume_image_export"),
    ),
}


def arguments_of(cloud: Cloud, option: str, name: str, how: str, more: Arguments) -> Arguments:
    given = name if how == "by name" else cloud.thing(THINGS[option], name)["id"]
    server = {"instance": SERVER} if option == "vault" else {}
    return {"name": NAME, **server, option: given, **more}


@pytest.mark.parametrize("how", ["by id", "by name"])
@pytest.mark.parametrize(("option", "name", "more", "says"), REFUSED.values(), ids=REFUSED)
def test_what_a_look_up_shows_is_said_before_the_create_call(
    cloud: Cloud, option: str, name: str, more: Arguments, says: tuple[str, ...], how: str
) -> None:
    module = MODULE_OF[option]
    arguments = arguments_of(cloud, option, name, how, more)

    predicted = cloud.run(module, check_mode=True, **arguments)
    result = cloud.run(module, **arguments)

    assert result["failed"]
    for words in (name, cloud.thing(THINGS[option], name)["id"], *says):
        assert words in result["msg"]
    assert predicted["msg"] == result["msg"]
    assert (result["image_id"], result["job_id"]) == (None, None)
    assert cloud.writes() == []


def test_an_image_shared_and_not_accepted_is_not_copied(cloud: Cloud) -> None:
    pending = cloud.thing("images", "shared-pending")["id"]

    result = cloud.run("image_copy", name=NAME, source_image=pending)

    assert result["failed"]
    assert pending in result["msg"]
    assert cloud.writes() == []


def test_the_vault_that_holds_the_server_already_is_looked_at_too(cloud: Cloud) -> None:
    cloud.simulator.cloud.world.vaults[VAULT].status = "frozen"

    result = cloud.run("whole_image", name=NAME, instance=SERVER)

    assert result["failed"]
    assert "vault-servers" in result["msg"]
    assert "frozen" in result["msg"]
    assert cloud.writes() == []


def test_a_full_vault_that_grows_by_itself_is_no_reason_to_refuse(cloud: Cloud) -> None:
    def growing(call: str, told: Any) -> Any:
        if "/vaults" in call:
            for vault in told.get("vaults", [told.get("vault")]):
                vault["auto_expand"] = True
        return told

    cloud.retell = growing
    cloud.simulator.cloud.world.vaults[VAULT].used_mb = 2000 * 1024

    predicted = cloud.run("whole_image", name=NAME, instance=SERVER, check_mode=True)

    assert not predicted.get("failed"), predicted["msg"]


@pytest.mark.parametrize(("given", "other"), [("CBR", "CSBS"), ("CSBS", "CBR")])
@pytest.mark.parametrize("how", ["by id", "by name"])
def test_a_backup_of_the_other_service_is_named_as_such(
    cloud: Cloud, how: str, given: str, other: str
) -> None:
    of_csbs = cloud.simulator.cloud.world.checkpoint_items
    ids = {
        "CSBS": next(item.id for item in of_csbs.values() if item.name == "csbs-available"),
        "CBR": cloud.thing("backups", "nightly-1")["id"],
    }
    names = {"CSBS": "csbs-available", "CBR": "nightly-1"}
    backup = (ids if how == "by id" else names)[other]

    result = cloud.run("whole_image", name=NAME, backup=backup, backup_type=given)

    assert result["failed"]
    assert f"is a {other} backup: set backup_type: {other}" in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("csbs-protecting", ("protecting", "not available")),
        ("csbs-used", ("already has an image", "whole-from-csbs", "One backup makes one image")),
    ],
)
@pytest.mark.parametrize("how", ["by id", "by name"])
def test_backups_of_the_older_service_are_looked_at_too(
    cloud: Cloud, name: str, says: tuple[str, ...], how: str
) -> None:
    items = cloud.simulator.cloud.world.checkpoint_items.values()
    backup = name if how == "by name" else next(item.id for item in items if item.name == name)

    result = cloud.run("whole_image", name=NAME, backup=backup, backup_type="CSBS")

    assert result["failed"]
    for words in says:
        assert words in result["msg"]
    assert cloud.writes() == []


def test_an_unknown_operating_system_is_told_with_the_nearest_ones(cloud: Cloud) -> None:
    module, arguments = task("system file", os_version="CentOS 7.0 64 bit")

    result = cloud.run(module, **arguments)

    assert result["failed"]
    assert "os_version 'CentOS 7.0 64 bit' is not known" in result["msg"]
    assert repr(CENTOS) in result["msg"]
    assert "Windows" not in result["msg"]
    assert cloud.writes() == []


def test_operating_systems_as_others_call_them_find_their_way(cloud: Cloud) -> None:
    module, arguments = task("system file", os_version="Red Hat Enterprise Linux 8.0")

    result = cloud.run(module, **arguments)

    assert "'Redhat Linux Enterprise 8.0 64bit'" in result["msg"]


# --- warnings: the task goes on

WARNED: dict[str, Case] = {
    "Windows image": ("source_image", "windows-image", {}, ("Windows", "no longer copy")),
    "disk that knows its system": (
        "volume",
        "system-available",
        {"os_type": "windows"},
        ("os_type: windows will be ignored", "Linux"),
    ),
    "disk in use with a system given": (
        "volume",
        "web-01-data",
        {"os_type": "windows", "force": True},
        ("os_type: windows will be ignored", "in-use"),
    ),
    "backup of another tenant": (
        "backup",
        "backup-shared",
        {},
        ("shared by another tenant", "cannot be shared on"),
    ),
    "stopped server": (
        "instance",
        "web-02-stopped",
        {},
        ("stopped", "must not be started until the image is active"),
    ),
}


@pytest.mark.parametrize(("option", "name", "more", "says"), WARNED.values(), ids=WARNED)
def test_what_may_go_wrong_is_a_warning_and_the_image_is_made(
    cloud: Cloud, option: str, name: str, more: Arguments, says: tuple[str, ...]
) -> None:
    module = MODULE_OF[option]
    arguments = arguments_of(cloud, option, name, "by id", more)

    predicted = cloud.run(module, check_mode=True, **arguments)
    result = cloud.run(module, **arguments)

    assert not result.get("failed"), result["msg"]
    [warning] = result["warnings"]
    for words in (name, *says):
        assert words in warning
    assert predicted["warnings"] == result["warnings"]
    assert len(cloud.creates()) == 1


def test_a_file_of_another_format_is_imported_with_a_warning(cloud: Cloud) -> None:
    module, arguments = task("data file", image_url="ims-image:centos70.qcow2")

    result = cloud.run(module, **arguments)

    assert not result.get("failed"), result["msg"]
    [warning] = result["warnings"]
    assert "ims-image:centos70.qcow2" in warning
    assert "ZVHD2 and RAW" in warning


def test_a_raw_file_is_told_to_need_its_bitmap(cloud: Cloud) -> None:
    module, arguments = task("data file", image_url="ims-image:big-data.raw", min_disk=1000)

    result = cloud.run(module, verbosity=1, **arguments)

    assert not result.get("failed"), result["msg"]
    assert result["warnings"] == []
    assert any("bitmap" in note and ".mf" in note for note in result["notes"])


@pytest.mark.parametrize("os_type", ["linux", "windows"])
def test_a_system_that_will_be_heeded_is_no_warning(cloud: Cloud, os_type: str) -> None:
    volume = cloud.thing("volumes", "data-available")["id"]

    result = cloud.run("volume_image_export", name=NAME, volume=volume, os_type=os_type)

    assert result["warnings"] == []
    assert result["image"]["os_type"] == os_type.capitalize()


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

    result = cloud.run(MODULE_OF[option], **arguments)

    assert result["failed"]
    assert len(twins) == 2
    for twin in twins:
        assert twin in result["msg"]
    assert f"named '{name}'" in result["msg"]
    assert "Give the id" in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize("given", ["no-such-thing", "00000000-0000-4000-8000-000000000000"])
@pytest.mark.parametrize("option", THINGS)
def test_a_thing_that_is_not_there_is_named(cloud: Cloud, option: str, given: str) -> None:
    server = {"instance": SERVER} if option == "vault" else {}

    result = cloud.run(MODULE_OF[option], name=NAME, **server, **{option: given})

    assert result["failed"]
    assert f"with the {'name' if given == 'no-such-thing' else 'id'} '{given}'" in result["msg"]
    assert cloud.writes() == []


def test_a_name_is_compared_exactly_though_the_cloud_is_fuzzy(cloud: Cloud) -> None:
    result = cloud.run("whole_image", name=NAME, instance="app.v1", wait=False, vault="vault-empty")

    assert not result.get("failed"), result["msg"]
    [create] = [entry for entry in cloud.simulator.requests if entry["method"] == "POST"]
    assert create["body"]["instance_id"] == cloud.thing("servers", "app.v1")["id"]


@pytest.mark.parametrize("how", ["by id", "by name"])
def test_a_source_in_another_enterprise_project_is_found(cloud: Cloud, how: str) -> None:
    cloud.switch(list_projects="default")
    arguments = arguments_of(cloud, "source_image", "eps-image", how, {})

    result = cloud.run("image_copy", **arguments)

    assert not result.get("failed"), result["msg"]
    assert result["changed"]


@pytest.mark.parametrize("option", THINGS)
def test_a_part_of_a_name_is_no_name(cloud: Cloud, option: str) -> None:
    cloud.switch(cbr_names="contains", cinder_names="contains")
    part = {
        "instance": "app-no-vaul",
        "backup": "backup-use",
        "vault": "vault-serv",
        "volume": "data-availabl",
        "source_image": "linux-bas",
    }[option]

    result = cloud.run(
        MODULE_OF[option],
        name=NAME,
        **({"instance": SERVER} if option == "vault" else {}),
        **{option: part},
    )

    assert result["failed"]
    assert f"with the name '{part}'" in result["msg"]


# --- a source that is gone


GONE: dict[str, tuple[str, str]] = {
    "server": ("servers", SERVER),
    "backup": ("backups", BACKUP),
    "CSBS backup": ("checkpoint_items", BACKUP),
    "disk": ("volumes", "16369c5d-384d-4e64-b37a-56d898769362"),
    "image": ("images", IMAGE),
    "image, encrypted": ("images", IMAGE),
}


@pytest.mark.parametrize(("kind", "where"), GONE.items(), ids=GONE)
def test_a_source_that_is_gone_does_not_matter_while_its_image_is_there(
    cloud: Cloud, kind: str, where: tuple[str, str]
) -> None:
    module, arguments = task(kind)
    made = cloud.run(module, **arguments)
    del getattr(cloud.simulator.cloud.world, where[0])[where[1]]
    cloud.forget_requests()

    result = cloud.run(module, **arguments)

    assert not result.get("failed"), result["msg"]
    assert not result["changed"]
    assert result["image_id"] == made["image_id"]
    assert result["source_verified"]
    assert cloud.writes() == []


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
    made = cloud.run(module, **arguments)
    assert not made.get("failed"), made["msg"]
    kinds, number = GONE[kind]
    del getattr(cloud.simulator.cloud.world, kinds)[number]
    cloud.forget_requests()

    result = cloud.run(module, **arguments)

    assert not result.get("failed"), result["msg"]
    assert not result["changed"]
    assert result["image_id"] == made["image_id"]
    assert not result["source_verified"]
    [warning] = result["warnings"]
    assert "could not be proved" in warning
    assert next(iter(named.values())) in warning
    assert cloud.writes() == []


# --- look-ups that are forbidden


@every_kind
def test_a_forbidden_look_up_leaves_the_decision_to_the_create_call(
    cloud: Cloud, kind: str
) -> None:
    module, arguments = task(kind, **cloud.credential("no-lookups"))

    result = cloud.run(module, verbosity=1, **arguments)

    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert result["warnings"] == []
    assert len(cloud.creates()) == 1
    if kind not in ("image", "image, encrypted", "system file", "data file"):
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
    cloud.forget_requests()

    result = cloud.run(module, **arguments)

    assert not result.get("failed"), result["msg"]
    assert not result["changed"]
    assert result["image_id"] == made["image_id"]
    assert cloud.writes() == []


def test_operating_systems_that_may_not_be_listed_stop_nobody(cloud: Cloud) -> None:
    cloud.rules({"path": "/os_version", "action": "answer", "status": 403})
    module, arguments = task("system file")

    result = cloud.run(module, verbosity=1, **arguments)

    assert not result.get("failed"), result["msg"]
    assert any("OS versions" in note and "not permitted" in note for note in result["notes"])


def test_an_image_that_may_not_be_read_is_still_copied(cloud: Cloud) -> None:
    rule = {
        "method": "GET",
        "path": "/v2/cloudimages$",
        "nth": 2,
        "action": "answer",
        "status": 403,
    }
    cloud.rules(rule)
    module, arguments = task("image")

    result = cloud.run(module, verbosity=1, **arguments)

    assert not result.get("failed"), result["msg"]
    assert any(IMAGE in note and "not permitted" in note for note in result["notes"])


# What the cloud says to the create call when nothing could be looked up before.
DECIDED: dict[str, tuple[str, str, str]] = {
    "server with a DSS disk": ("instance", "db-dss", "IMG.0153"),
    "broken server": ("instance", "broken-error", "IMG.0126"),
    "used backup": ("backup", "backup-used", ""),
    "backup of a disk": ("backup", "backup-of-disk", "IMG.0033"),
    "locked vault": ("vault", "vault-locked", "IMG.0188"),
    "disk in use": ("volume", "web-01-data", "EVS.5400"),
}


@pytest.mark.parametrize(("option", "name", "code"), DECIDED.values(), ids=DECIDED)
def test_without_look_ups_the_create_call_decides(
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

    result = cloud.run(MODULE_OF[option], **arguments)

    assert result["failed"]
    assert name in result["msg"]
    assert "may not be looked up" in result["msg"]
    assert "Give its id" in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize("kind", [kind for kind in BY_NAME if kind != "image"])
def test_a_name_that_may_not_be_looked_up_does_not_matter_while_the_image_is_there(
    cloud: Cloud, kind: str
) -> None:
    module, arguments = task(kind, **BY_NAME[kind])
    made = cloud.run(module, **arguments)
    cloud.forget_requests()

    result = cloud.run(module, **{**arguments, **cloud.credential("no-lookups")})

    assert not result.get("failed"), result["msg"]
    assert not result["changed"]
    assert result["image_id"] == made["image_id"]
    assert "may not be looked up" in result["warnings"][0]
    assert cloud.writes() == []


def test_a_cloud_without_the_backup_service_makes_whole_images_all_the_same(cloud: Cloud) -> None:
    absent = {"path": "/vaults", "action": "answer", "status": 404, "code": "APIGW.0101"}
    cloud.rules({**absent, "shape": "gateway"})

    result = cloud.run("whole_image", name=NAME, instance=SERVER)

    assert not result.get("failed"), result["msg"]
    assert result["changed"]


def test_files_are_imported_by_those_who_may_only_import(cloud: Cloud) -> None:
    result = cloud.run(
        "quick_import",
        name=NAME,
        image_url=FILE,
        min_disk=40,
        os_version=CENTOS,
        **cloud.credential("no-lookups"),
    )

    assert not result.get("failed"), result["msg"]
