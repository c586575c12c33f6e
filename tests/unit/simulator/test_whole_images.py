# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole images: what is refused, and how server, vault, backup and image hang together."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.simulator.world import known_id

from .client import WHOLE, Client


def from_server(cloud: Client, server: str = "web-01", vault: str | None = None) -> dict[str, Any]:
    body = {"name": "whole", "instance_id": cloud.number("servers", server)}
    return body if vault is None else {**body, "vault_id": cloud.number("vaults", vault)}


def from_backup(cloud: Client, backup: str) -> dict[str, Any]:
    number = cloud.number("backups", backup)
    return {"name": "whole", "backup_id": number, "whole_image_type": "CBR"}


def from_item(name: str) -> dict[str, Any]:
    return {"name": "whole", "backup_id": known_id(name), "whole_image_type": "CSBS"}


@pytest.mark.parametrize(
    ("server", "code"),
    [
        ("broken-error", "IMG.0126"),
        ("resizing", "IMG.0126"),
        ("busy-task", "IMG.0010"),
        ("db-dss", "IMG.0153"),
        ("bare-metal", "IMG.0063"),
        ("app-no-vault", "IMG.0184"),
    ],
)
def test_a_server_that_does_not_do_is_refused(tame: Client, server: str, code: str) -> None:
    assert tame.refused("POST", WHOLE, from_server(tame, server)) == (400, code)


@pytest.mark.parametrize(
    ("vault", "code"), [("vault-frozen", "IMG.0188"), ("vault-crowded", "IMG.0185")]
)
def test_a_vault_that_does_not_do_is_refused(tame: Client, vault: str, code: str) -> None:
    assert tame.refused("POST", WHOLE, from_server(tame, "app-no-vault", vault)) == (400, code)


@pytest.mark.parametrize("vault", ["vault-full", "vault-small"])
def test_too_little_room_in_the_vault_fails_the_job(tame: Client, vault: str) -> None:
    assert tame.outcome(WHOLE, from_server(tame, "app-no-vault", vault)) == "IMG.0182"


def test_without_a_vault_that_of_the_server_is_used(tame: Client) -> None:
    image = tame.make(WHOLE, from_server(tame))

    vault = tame.number("vaults", "vault-servers")
    assert image["__data_origin"] == f"server_backup,{vault}"
    backup = tame.ok("GET", f"/v3/{{pid}}/backups/{image['__backup_id']}")["backup"]
    assert backup["vault_id"] == vault


def test_a_cloud_may_insist_on_the_vault(tame: Client) -> None:
    tame.simulator.faults({"switches": {"vault_without": "refused"}})

    assert tame.refused("POST", WHOLE, from_server(tame)) == (400, "IMG.0184")


def test_a_server_is_backed_up_before_it_becomes_an_image(cloud: Client) -> None:
    body = from_server(cloud, "app-no-vault", "vault-empty")
    job_id = cloud.ok("POST", WHOLE, body)["job_id"]
    cloud.clock.advance(20)

    server, vault = cloud.number("servers", "app-no-vault"), cloud.number("vaults", "vault-empty")
    [backup] = cloud.ok("GET", f"/v3/{{pid}}/backups?vault_id={vault}")["backups"]
    assert (backup["status"], backup["resource_id"]) == ("protecting", server)
    assert backup["extend_info"]["supported_restore_mode"] == "na"
    resources = cloud.ok("GET", f"/v3/{{pid}}/vaults/{vault}")["vault"]["resources"]
    assert [(r["id"], r["protect_status"]) for r in resources] == [(server, "protecting")]
    assert cloud.refused("POST", WHOLE, {**body, "name": "again"}) == (400, "IMG.0136")
    assert cloud.job(job_id)["status"] == "RUNNING"


def test_the_backup_may_still_be_protecting_when_the_image_is_active(cloud: Client) -> None:
    cloud.simulator.faults({"rules": [{"action": "job", "duration": 10}]})
    job_id = cloud.ok("POST", WHOLE, from_server(cloud))["job_id"]
    while cloud.simulator.state()["jobs"][0]["status"] != "SUCCESS":
        cloud.clock.advance(1)
    cloud.clock.advance(4)

    image_id = cloud.job(job_id)["entities"]["image_id"]
    image = cloud.ok("GET", f"/v2/images/{image_id}")
    path = f"/v3/{{pid}}/backups/{image['__backup_id']}"
    assert image["status"] == "active"
    backup = cloud.ok("GET", path)["backup"]
    assert backup["status"] == "protecting"
    assert backup["extend_info"]["supported_restore_mode"] == "snapshot"
    assert backup["extend_info"]["os_images_data"] == [{"image_id": image_id}]
    cloud.clock.advance(60)
    assert cloud.ok("GET", path)["backup"]["status"] == "available"


def test_a_backup_still_being_made_cannot_be_deleted_with_its_image(cloud: Client) -> None:
    cloud.simulator.faults({"rules": [{"action": "job", "backup_late": 10_000}]})
    image = cloud.make(WHOLE, from_server(cloud))

    body = {"delete_backup": True}
    assert cloud.refused("DELETE", f"/v2/images/{image['id']}", body) == (400, "IMG.0176")
    cloud.clock.advance(10)
    assert cloud.images(f"id={image['id']}") == []


def test_a_backup_fills_its_vault_until_it_is_deleted(tame: Client) -> None:
    before = tame.truth("vaults", "vault-servers")["used_mb"]
    image = tame.make(WHOLE, from_server(tame))

    assert tame.truth("vaults", "vault-servers")["used_mb"] == before + 140 * 1024
    tame.ok("DELETE", f"/v2/images/{image['id']}", {"delete_backup": True})
    assert tame.truth("vaults", "vault-servers")["used_mb"] == before


@pytest.mark.parametrize(
    ("backup", "code"),
    [
        ("backup-used", "IMG.0029"),
        ("backup-protecting", "IMG.0032"),
        ("backup-error", "IMG.0032"),
        ("backup-of-disk", "IMG.0033"),
        ("backup-without-os", "IMG.0195"),
    ],
)
def test_a_backup_that_does_not_do_is_refused(tame: Client, backup: str, code: str) -> None:
    assert tame.refused("POST", WHOLE, from_backup(tame, backup)) == (400, code)


@pytest.mark.parametrize(
    ("item", "code"),
    [("csbs used", "IMG.0134"), ("csbs protecting", "IMG.0132"), ("csbs shared disks", "IMG.0105")],
)
def test_a_csbs_backup_that_does_not_do_is_refused(tame: Client, item: str, code: str) -> None:
    assert tame.refused("POST", WHOLE, from_item(item)) == (400, code)


def test_backups_of_one_service_are_not_those_of_the_other(tame: Client) -> None:
    item = {**from_item("csbs available"), "whole_image_type": "CBR"}
    backup = {**from_backup(tame, "nightly-1"), "whole_image_type": "CSBS"}

    assert tame.refused("POST", WHOLE, item) == (400, "IMG.0198")
    assert tame.refused("POST", WHOLE, backup) == (400, "IMG.0198")
    assert tame.refused("POST", WHOLE, {**backup, "whole_image_type": "other"})[1] == "IMG.0198"


def test_a_backup_whose_image_failed_or_is_gone_is_free_again(tame: Client) -> None:
    body = from_backup(tame, "nightly-1")
    tame.simulator.faults({"rules": [{"action": "job", "fail": "IMG.0014", "times": 1}]})
    assert tame.outcome(WHOLE, body) == "IMG.0014"
    assert tame.truth("backups", "nightly-1")["image_ids"] == []

    image = tame.make(WHOLE, body)
    assert tame.truth("backups", "nightly-1")["image_ids"] == [image["id"]]
    tame.ok("DELETE", f"/v2/images/{image['id']}")
    assert tame.truth("backups", "nightly-1")["image_ids"] == []
    assert tame.make(WHOLE, body)["id"] != image["id"]
