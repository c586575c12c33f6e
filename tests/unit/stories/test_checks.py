# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look-up can show is said before the create request, as a refusal or as a warning."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS, DATA_FILE, KEY, SERVER, VAULT

from .checking import MODULE_OF, THINGS, Arguments, arguments_of
from .conftest import Cloud, ok
from .kinds import NAME, task

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


# Each by id, and one of each option by name.
WAYS = [(case, "by id") for case in REFUSED]
WAYS += [(case, "by name") for case in {REFUSED[case][0]: case for case in REFUSED}.values()]


@pytest.mark.parametrize(("case", "how"), WAYS)
def test_what_a_look_up_shows_is_said_before_the_create_request(
    cloud: Cloud, case: str, how: str
) -> None:
    option, name, more, says = REFUSED[case]
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

    result = cloud.refused("image_copy", name=NAME, source_image=pending)

    assert pending in result["msg"]


def test_the_vault_that_holds_the_server_already_is_looked_at_too(cloud: Cloud) -> None:
    cloud.simulator.cloud.world.vaults[VAULT].status = "frozen"

    result = cloud.refused("whole_image", name=NAME, instance=SERVER)

    assert "vault-servers" in result["msg"]
    assert "frozen" in result["msg"]


def test_a_full_vault_that_grows_by_itself_is_no_reason_to_refuse(cloud: Cloud) -> None:
    def growing(call: str, told: Any) -> Any:
        if "/vaults" in call:
            for vault in told.get("vaults", [told.get("vault")]):
                vault["auto_expand"] = True
        return told

    cloud.retell = growing
    cloud.simulator.cloud.world.vaults[VAULT].used_mb = 2000 * 1024

    ok(cloud.run("whole_image", name=NAME, instance=SERVER, check_mode=True))


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

    result = cloud.refused("whole_image", name=NAME, backup=backup, backup_type=given)

    assert f"is a {other} backup: set backup_type: {other}" in result["msg"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("csbs-protecting", ("protecting", "not available")),
        ("csbs-used", ("already has an image", "whole-from-csbs", "One backup makes one image")),
    ],
)
def test_backups_of_the_older_service_are_checked_too(
    cloud: Cloud, name: str, says: tuple[str, ...]
) -> None:
    result = cloud.refused("whole_image", name=NAME, backup=name, backup_type="CSBS")

    for words in says:
        assert words in result["msg"]


def csbs(cloud: Cloud, name: str) -> str:
    items = cloud.simulator.cloud.world.checkpoint_items.values()
    return next(item.id for item in items if item.name == name)


def test_a_csbs_backup_with_a_shared_disk_is_refused_before_the_create_request(
    cloud: Cloud,
) -> None:
    backup = csbs(cloud, "csbs-shared-disks")
    task = {"name": NAME, "backup": backup, "backup_type": "CSBS"}

    predicted = cloud.run("whole_image", check_mode=True, **task)
    result = cloud.run("whole_image", **task)

    assert result["failed"]
    disk = cloud.thing("volumes", "data-shareable")["id"]
    assert f"holds shared disks ({disk})" in result["msg"]
    assert predicted["msg"] == result["msg"]
    assert cloud.writes() == []


def _without_disks(call: str, told: Any) -> Any:
    if "/checkpoint_items/" in call:
        del told["checkpoint_item"]["extend_info"]["volume_backups"]
    return told


HIDDEN: dict[str, tuple[Any, list[Arguments]]] = {
    "by the checkpoint": (_without_disks, []),
    "by the disks": (
        None,
        [{"service": "evs", "action": "answer", "status": 403, "code": "EVS.5403"}],
    ),
}


@pytest.mark.parametrize(("retell", "rules"), HIDDEN.values(), ids=HIDDEN)
def test_a_shared_disk_that_cannot_be_read_is_left_to_the_create_request(
    cloud: Cloud, retell: Any, rules: list[Arguments]
) -> None:
    cloud.retell = retell
    cloud.rules(*rules)
    backup = csbs(cloud, "csbs-shared-disks")

    result = cloud.run("whole_image", name=NAME, backup=backup, backup_type="CSBS")

    assert result["error"]["code"] == "IMG.0105"
    assert len(cloud.creates()) == 1


def test_an_unknown_operating_system_is_told_with_the_nearest_ones(cloud: Cloud) -> None:
    module, arguments = task("system file", os_version="CentOS 7.0 64 bit")

    result = cloud.refused(module, **arguments)

    assert "os_version 'CentOS 7.0 64 bit' is not known" in result["msg"]
    assert repr(CENTOS) in result["msg"]
    assert "Windows" not in result["msg"]


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
    result = ok(cloud.run(module, **arguments))

    [warning] = result["warnings"]
    for words in (name, *says):
        assert words in warning
    assert predicted["warnings"] == result["warnings"]
    assert len(cloud.creates()) == 1


def test_a_file_of_another_format_is_imported_with_a_warning(cloud: Cloud) -> None:
    module, arguments = task("data file", image_url=DATA_FILE)

    result = ok(cloud.run(module, **arguments))

    [warning] = result["warnings"]
    assert DATA_FILE in warning
    assert "ZVHD2 and RAW" in warning


def test_a_raw_file_is_told_to_need_its_bitmap(cloud: Cloud) -> None:
    module, arguments = task("data file", image_url="ims-image:big-data.raw", min_disk=1000)

    result = ok(cloud.run(module, verbosity=1, **arguments))

    assert result["warnings"] == []
    assert any("bitmap" in note and ".mf" in note for note in result["notes"])


@pytest.mark.parametrize("os_type", ["linux", "windows", "Windows"])
def test_a_system_that_will_be_heeded_is_no_warning(cloud: Cloud, os_type: str) -> None:
    volume = cloud.thing("volumes", "data-available")["id"]

    result = cloud.run("volume_image_export", name=NAME, volume=volume, os_type=os_type)

    assert result["warnings"] == []
    assert result["image"]["os_type"] == os_type.capitalize()


# --- a server that no vault holds

NO_VAULT = {"name": NAME, "instance": "app-no-vault"}


@pytest.mark.parametrize("code", ["IMG.0184", "IMG.0190"])
def test_a_server_in_no_vault_is_a_warning_and_the_reason_of_a_refusal(
    cloud: Cloud, code: str
) -> None:
    server = cloud.thing("servers", "app-no-vault")["id"]
    refusal = {"status": 400, "code": code, "message": "The vault does not exist."}
    cloud.rules({"method": "POST", "path": "wholeimages", "action": "answer", **refusal})

    predicted = ok(cloud.run("whole_image", check_mode=True, **NO_VAULT))
    result = cloud.run("whole_image", **NO_VAULT)

    [warning] = predicted["warnings"]
    assert f"The server {server} is in no vault" in warning
    assert result["warnings"] == predicted["warnings"]
    assert "in no vault" in result["error"]["hint"]
    assert result["msg"].endswith(result["error"]["hint"])
    assert (result["error"]["code"], len(cloud.creates())) == (code, 1)


def test_a_cloud_that_needs_no_vault_makes_the_image_with_the_warning(cloud: Cloud) -> None:
    [vault] = [one for one in cloud.simulator.things("vaults") if one["name"] == "vault-empty"]
    world = cloud.simulator.cloud.world

    def hidden(call: str, told: Any) -> Any:
        return {**told, "vaults": []} if call.endswith("/vaults") else told

    cloud.retell = hidden
    server = world.servers[cloud.thing("servers", "app-no-vault")["id"]]
    world.vaults[vault["id"]].resources[server.id] = (server.name, 40)

    result = ok(cloud.run("whole_image", **NO_VAULT))

    assert result["changed"]
    assert any("is in no vault" in warning for warning in result["warnings"])


@pytest.mark.parametrize("named", [True, False], ids=["by name", "by id"])
def test_vaults_that_may_not_be_listed_are_a_note_and_no_cause(cloud: Cloud, named: bool) -> None:
    server = "app-no-vault" if named else cloud.thing("servers", "app-no-vault")["id"]
    closed = {"status": 403, "code": "BackupService.0403", "message": "no"}
    cloud.rules({"service": "cbr", "action": "answer", **closed})

    predicted = ok(
        cloud.run("whole_image", check_mode=True, verbosity=1, name=NAME, instance=server)
    )
    result = cloud.run("whole_image", verbosity=1, name=NAME, instance=server)

    assert predicted["warnings"] == result["warnings"] == []
    assert any("vaults of server" in note for note in predicted["notes"])
    assert result["error"]["code"] == "IMG.0184"
    assert "which one holds the server could not be looked up" in result["msg"]
    assert "in no vault" not in result["msg"]


def test_a_vault_that_was_given_is_not_explained_away(cloud: Cloud) -> None:
    refusal = {"status": 400, "code": "IMG.0184", "message": "The vault does not exist."}
    cloud.rules({"method": "POST", "path": "wholeimages", "action": "answer", **refusal})

    result = cloud.run("whole_image", vault="vault-empty", **NO_VAULT)

    assert "Check the vault id" in result["msg"]
    assert result["warnings"] == []
