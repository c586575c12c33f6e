# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, disks, vaults and backups as their services show them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import BACKUP, SERVER, VAULT, VOLUME
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator
from ansible_collections.huaweicloud.ims.tests.simulator.world import known_id

from .client import Client


def names(cloud: Client, path: str, key: str) -> list[str]:
    return [thing["name"] for thing in cloud.ok("GET", path)[key]]


# --- servers


def servers(cloud: Client, query: str) -> list[str]:
    return names(cloud, f"/v1/{{pid}}/cloudservers/detail?{query}", "servers")


def test_server_names_are_fuzzy_and_dots_are_wild(tame: Client) -> None:
    assert sorted(servers(tame, "name=web-01")) == ["web-01", "web-01-old"]
    assert sorted(servers(tame, "name=app.v1")) == ["app-v1", "app.v1"]
    assert servers(tame, "name=app-v1") == ["app-v1"]
    assert servers(tame, "name=twin-server") == ["twin-server"] * 2


def test_server_pages_have_numbers(tame: Client) -> None:
    first, second = servers(tame, "limit=20"), servers(tame, "limit=20&offset=2")
    whole = servers(tame, "limit=1000")

    assert first + second == whole[:40]
    assert servers(tame, "limit=20&offset=0") == servers(tame, "limit=20&offset=1") == first
    assert len(servers(tame, "")) == 25
    assert servers(tame, "offset=9") == []
    assert tame.ok("GET", "/v1/{pid}/cloudservers/detail?limit=1")["count"] == len(whole)
    assert tame.refused("GET", "/v1/{pid}/cloudservers/detail?limit=1001")[0] == 400


def test_a_server_shows_its_disks_and_tasks(tame: Client) -> None:
    server = tame.ok("GET", f"/v1/{{pid}}/cloudservers/{SERVER}")["server"]
    volumes = server["os-extended-volumes:volumes_attached"]

    assert [volume["bootIndex"] for volume in volumes] == ["0", None]
    busy = tame.number("servers", "busy-task")
    shown = tame.ok("GET", f"/v1/{{pid}}/cloudservers/{busy}")["server"]
    assert shown["OS-EXT-STS:task_state"] == "powering-off"
    assert tame.refused("GET", "/v1/{pid}/cloudservers/unknown") == (404, "Ecs.0114")


def test_servers_are_filtered(tame: Client) -> None:
    assert servers(tame, "status=SHUTOFF") == ["web-02-stopped"]
    assert servers(tame, f"server_id={SERVER}") == ["web-01"]
    eps = tame.truth("servers", "eps-web")["enterprise_project_id"]
    assert servers(tame, f"enterprise_project_id={eps}") == ["eps-web"]


# --- disks


@pytest.mark.parametrize(
    "path", ["/v2/{pid}/cloudvolumes/", "/v3/{pid}/volumes/", "/v2/{pid}/volumes/"]
)
def test_a_disk_is_shown_alike_everywhere(tame: Client, path: str) -> None:
    volume = tame.ok("GET", path + VOLUME)["volume"]

    assert (volume["name"], volume["volume_type"], volume["bootable"]) == (
        "evs-ims-test",
        "SATA",
        "false",
    )
    assert "volume_image_metadata" not in volume
    assert tame.refused("GET", path + "unknown") == (404, "EVS.5404")


def volumes(cloud: Client, query: str, path: str = "/v2/{pid}/cloudvolumes/detail") -> list[str]:
    return names(cloud, f"{path}?{query}", "volumes")


def test_disk_names_are_fuzzy_in_the_extension_list(tame: Client) -> None:
    fuzzy = volumes(tame, "name=data-available")
    exact = volumes(tame, "name=data-available", "/v3/{pid}/volumes/detail")

    assert sorted(fuzzy) == ["data-available", "data-available-2"]
    assert exact == ["data-available"]
    tame.simulator.faults({"switches": {"cinder_names": "contains"}})
    assert len(volumes(tame, "name=data-available", "/v3/{pid}/volumes/detail")) == 2


def test_disk_pages_have_item_offsets_markers_and_links(tame: Client) -> None:
    whole = volumes(tame, "")
    answer = tame.ok("GET", "/v2/{pid}/cloudvolumes/detail?limit=3")

    assert answer["count"] == len(whole)
    assert [volume["name"] for volume in answer["volumes"]] == whole[:3]
    assert volumes(tame, "limit=3&offset=2") == whole[2:5]
    marker = answer["volumes"][-1]["id"]
    assert volumes(tame, f"limit=3&marker={marker}") == whole[3:6]
    [link] = answer["volumes_links"]
    assert link["rel"] == "next"
    following = tame.session.get(link["href"]).json()["volumes"]
    assert [volume["name"] for volume in following] == whole[3:6]


def test_links_keep_the_prefix_of_the_catalogue(tame: Client) -> None:
    answer = tame.ok("GET", "/volume/v3/{pid}/volumes/detail?limit=3")

    assert "/volume/v3/" in answer["volumes_links"][0]["href"]


def test_disks_are_filtered(tame: Client) -> None:
    attached = volumes(tame, f"server_id={SERVER}")
    assert sorted(attached) == ["web-01-data", "web-01-system"]
    assert volumes(tame, f"ids=['{VOLUME}']") == ["evs-ims-test"]
    assert volumes(tame, "status=uploading") == ["data-uploading"]


def test_encrypted_and_attached_disks_say_so(tame: Client) -> None:
    number = tame.number("volumes", "data-encrypted")
    encrypted = tame.ok("GET", f"/v3/{{pid}}/volumes/{number}")["volume"]
    assert encrypted["metadata"]["__system__encrypted"] == "1"
    assert encrypted["metadata"]["__system__cmkid"]
    number = tame.number("volumes", "web-01-data")
    attached = tame.ok("GET", f"/v3/{{pid}}/volumes/{number}")["volume"]
    assert [a["server_id"] for a in attached["attachments"]] == [SERVER]
    number = tame.number("volumes", "windows-available")
    windows = tame.ok("GET", f"/v3/{{pid}}/volumes/{number}")["volume"]
    assert windows["volume_image_metadata"]["__os_type"] == "Windows"


# --- vaults and backups


def test_vaults_are_filtered(tame: Client) -> None:
    path = "/v3/{pid}/vaults"
    assert names(tame, f"{path}?id={VAULT}", "vaults") == ["vault-servers"]
    assert names(tame, f"{path}?resource_ids={SERVER}", "vaults") == ["vault-servers"]
    assert names(tame, f"{path}?status=lock", "vaults") == ["vault-locked"]
    assert names(tame, f"{path}?object_type=disk", "vaults") == ["vault-disks"]
    assert names(tame, f"{path}?protect_type=replication", "vaults") == ["vault-replication"]
    assert names(tame, f"{path}?name=twin-vault", "vaults") == ["twin-vault"] * 2
    assert names(tame, f"{path}?name=twin", "vaults") == []
    tame.simulator.faults({"switches": {"cbr_names": "contains"}})
    assert len(names(tame, f"{path}?name=twin", "vaults")) == 2


def test_a_vault_tells_kind_room_and_servers(tame: Client) -> None:
    vault = tame.ok("GET", f"/v3/{{pid}}/vaults/{VAULT}")["vault"]

    billing = vault["billing"]
    assert (billing["object_type"], billing["protect_type"]) == ("server", "backup")
    assert 0 < billing["used"] < billing["size"] * 1024
    assert SERVER in {resource["id"] for resource in vault["resources"]}
    assert tame.refused("GET", "/v3/{pid}/vaults/unknown") == (404, "BackupService.6105")


def test_backups_are_filtered_and_paged(tame: Client) -> None:
    path = "/v3/{pid}/backups"

    assert names(tame, f"{path}?name=nightly-1", "backups") == ["nightly-1"]
    assert names(tame, f"{path}?own_type=shared", "backups") == ["backup-shared"]
    disks = names(tame, f"{path}?resource_type=OS::Cinder::Volume", "backups")
    assert disks == ["backup-of-disk"]
    whole = names(tame, path, "backups")
    assert names(tame, f"{path}?limit=5&offset=5", "backups") == whole[5:10]
    marker = tame.ok("GET", f"{path}?limit=5")["backups"][-1]["id"]
    assert names(tame, f"{path}?limit=5&marker={marker}", "backups") == whole[5:10]


def test_a_backup_tells_server_disks_and_images(tame: Client) -> None:
    backup = tame.ok("GET", f"/v3/{{pid}}/backups/{BACKUP}")["backup"]

    assert (backup["resource_id"], backup["vault_id"]) == (SERVER, VAULT)
    assert len(backup["children"]) == 2
    assert backup["extend_info"]["os_images_data"] == []
    number = tame.number("backups", "backup-used")
    used = tame.ok("GET", f"/v3/{{pid}}/backups/{number}")["backup"]
    image = tame.number("images", "whole-from-backup")
    assert used["extend_info"]["os_images_data"] == [{"image_id": image}]
    assert used["created_at"].endswith("+00:00")


def test_backups_in_the_making_or_of_others_cannot_be_deleted(tame: Client) -> None:
    for name in ("backup-protecting", "backup-shared"):
        number = tame.number("backups", name)
        assert tame.refused("DELETE", f"/v3/{{pid}}/backups/{number}")[0] == 400


def test_checkpoint_items_are_found_by_part_of_their_name(tame: Client) -> None:
    def items(query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = tame.ok("GET", f"/v1/{{pid}}/checkpoint_items?{query}")[
            "checkpoint_items"
        ]
        return found

    assert {item["extend_info"]["name"] for item in items("name=csbs-p")} == {"csbs-protecting"}
    assert len(items("")) == 5
    assert len(items("limit=2")) == 2
    number = known_id("csbs available")
    item = tame.ok("GET", f"/v1/{{pid}}/checkpoint_items/{number}")["checkpoint_item"]
    assert (item["status"], item["resource_id"]) == ("available", SERVER)
    assert tame.refused("GET", "/v1/{pid}/checkpoint_items/unknown")[0] == 404


def test_the_fleet_is_as_large_as_wanted_and_stays_so() -> None:
    simulator = Simulator(ManualClock(), fleet=100)
    simulator.reset()

    state = simulator.state()
    fleet = {f"fleet-{number:02d}" for number in range(1, 101)}
    assert fleet <= {server["name"] for server in state["servers"]}
    assert {f"{name}-system" for name in fleet} <= {disk["name"] for disk in state["volumes"]}
    assert sum(disk["name"].startswith("fleet-data-") for disk in state["volumes"]) == 100
    assert sum(backup["name"].startswith("fleet-backup-") for backup in state["backups"]) == 100
