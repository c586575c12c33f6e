# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, disks, vaults and backups as their services show them."""

from __future__ import annotations

from ansible_collections.huaweicloud.ims.tests.samples import SERVER, VAULT
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .client import Client


def names(cloud: Client, path: str, key: str) -> list[str]:
    return [thing["name"] for thing in cloud.ok("GET", path)[key]]


# --- disks


def volumes(cloud: Client, query: str, path: str = "/v2/{pid}/cloudvolumes/detail") -> list[str]:
    return names(cloud, f"{path}?{query}", "volumes")


def test_disk_names_are_fuzzy_in_the_extension_list(tame: Client) -> None:
    fuzzy = volumes(tame, "name=data-available")
    exact = volumes(tame, "name=data-available", "/v3/{pid}/volumes/detail")

    assert sorted(fuzzy) == ["data-available", "data-available-2"]
    assert exact == ["data-available"]
    tame.simulator.faults({"switches": {"cinder_names": "contains"}})
    assert len(volumes(tame, "name=data-available", "/v3/{pid}/volumes/detail")) == 2


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


def test_the_fleet_is_as_large_as_wanted_and_stays_so() -> None:
    simulator = Simulator(ManualClock(), fleet=100)
    simulator.reset()

    state = simulator.state()
    fleet = {f"fleet-{number:02d}" for number in range(1, 101)}
    assert fleet <= {server["name"] for server in state["servers"]}
    assert {f"{name}-system" for name in fleet} <= {disk["name"] for disk in state["volumes"]}
    assert sum(disk["name"].startswith("fleet-data-") for disk in state["volumes"]) == 100
    assert sum(backup["name"].startswith("fleet-backup-") for backup in state["backups"]) == 100
