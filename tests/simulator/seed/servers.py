# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, their disks, vaults and backups. Every name tells what is special."""

from __future__ import annotations

from typing import Any

from .. import records
from ..world import World, known_id
from .identity import ELSEWHERE_PROJECT, PARTNER_PROJECT, PRODUCTION, PROJECT

# Ids that the request examples of the public documents use.
SERVER = "877a2cda-ba63-4e1e-b95f-e67e48b6129a"
VAULT = "de9fcf45-11b2-432c-8562-5c5428574600"
BACKUP = "9b27efab-4a17-4c06-bfa2-3e0cf021d3c3"
VOLUME = "16369c5d-384d-4e64-b37a-56d898769362"
KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4"

_DAY = 86400.0
_LINUX = {"__os_type": "Linux", "__os_version": "CentOS 7.6 64bit", "image_name": "centos"}
_WINDOWS = {"__os_type": "Windows", "__os_version": "Windows Server 2019 Standard 64bit"}


class _Builder:
    def __init__(self, world: World, now: float) -> None:
        self.world = world
        self.now = now

    def server(self, name: str, number: str | None = None, **fields: Any) -> records.Server:
        system_gb = fields.pop("system_gb", 40)
        server = records.Server(
            id=number or known_id(f"server {name}"),
            name=name,
            project_id=fields.pop("project_id", PROJECT),
            created=self.now - 30 * _DAY,
            image_id=known_id("public CentOS 7.6 64bit 1"),
            **fields,
        )
        self.world.servers[server.id] = server
        self.volume(
            f"{name}-system",
            known_id(f"system disk of {server.id}"),
            size=system_gb,
            server=server,
            bootable=True,
            image_metadata=dict(_WINDOWS if server.os_type == "Windows" else _LINUX),
        )
        return server

    def volume(self, name: str, number: str | None = None, **fields: Any) -> records.Volume:
        server: records.Server | None = fields.pop("server", None)
        if server:
            letter = "abcdefgh"[len(self.world.server_volumes(server.id))]
            fields.update(
                server_id=server.id,
                device=f"/dev/vd{letter}",
                status="in-use",
                project_id=server.project_id,
            )
        fields.setdefault("project_id", PROJECT)
        fields.setdefault("size", 40)
        volume = records.Volume(
            id=number or known_id(f"volume {name}"),
            name=name,
            created=self.now - 20 * _DAY,
            updated=self.now - 10 * _DAY,
            **fields,
        )
        self.world.volumes[volume.id] = volume
        return volume

    def vault(self, name: str, number: str | None = None, **fields: Any) -> records.Vault:
        fields.setdefault("project_id", PROJECT)
        vault = records.Vault(
            id=number or known_id(f"vault {name}"),
            name=name,
            created=self.now - 60 * _DAY,
            **fields,
        )
        self.world.vaults[vault.id] = vault
        return vault

    def backup(
        self,
        name: str,
        of: records.Server | records.Volume,
        vault: records.Vault,
        number: str | None = None,
        **fields: Any,
    ) -> records.Backup:
        volumes = self.world.server_volumes(of.id) if isinstance(of, records.Server) else [of]
        backup = records.Backup(
            id=number or known_id(f"backup {name}"),
            name=name,
            project_id=of.project_id,
            resource_id=of.id,
            resource_name=of.name,
            vault_id=vault.id,
            size_gb=sum(volume.size for volume in volumes),
            of_server=isinstance(of, records.Server),
            os_type=of.os_type if isinstance(of, records.Server) else "Linux",
            created=fields.pop("created", self.now - _DAY),
            updated=self.now - _DAY / 2,
            volume_ids=[volume.id for volume in volumes],
            **fields,
        )
        self.world.backups[backup.id] = backup
        vault.used_mb += backup.size_gb * 64
        return backup


def _protect(vault: records.Vault, *servers: records.Server) -> None:
    for server in servers:
        vault.resources[server.id] = (server.name, 40)


def fill(world: World, now: float, fleet: int) -> None:
    build = _Builder(world, now)
    _fill_servers(build)
    _fill_volumes(build)
    _fill_vaults(build)
    _fill_backups(build)
    _fill_checkpoint_items(build)
    _fill_fleet(build, fleet)
    _fill_partner(build)
    _fill_elsewhere(build)


def _fill_servers(build: _Builder) -> None:
    web = build.server("web-01", SERVER)
    build.volume("web-01-data", server=web, size=100)
    build.server("web-01-old")
    build.server("web-02-stopped", status="SHUTOFF")
    build.server("app-no-vault")
    build.server("app-other-vault")
    build.server("app.v1")
    build.server("app-v1")
    build.server("broken-error", status="ERROR")
    build.server("resizing", status="VERIFY_RESIZE")
    build.server("busy-task", task_state="powering-off")
    dss = build.server("db-dss")
    build.volume("db-dss-data", server=dss, size=200, service_type="DSS")
    build.server("twin-server", known_id("server twin-server 1"))
    build.server("twin-server", known_id("server twin-server 2"))
    build.server("win-01", os_type="Windows", system_gb=60)
    build.server("bare-metal", imageable=False)
    build.server("eps-web", enterprise_project_id=PRODUCTION)
    build.server("huge", system_gb=1024)


def _fill_volumes(build: _Builder) -> None:
    build.volume("evs-ims-test", VOLUME)
    build.volume("data-available", size=20)
    build.volume("data-available-2", size=20)
    build.volume("system-available", bootable=True, image_metadata=dict(_LINUX))
    build.volume("windows-available", bootable=True, image_metadata=dict(_WINDOWS), size=60)
    build.volume("data-uploading", status="uploading")
    build.volume("data-attaching", status="attaching")
    build.volume("data-error", status="error")
    build.volume("data-encrypted", key=KEY)
    build.volume("data-dss", service_type="DSS")
    build.volume("data-shareable", multiattach=True)
    build.volume("data-huge", size=2048)
    build.volume("eps-data", enterprise_project_id=PRODUCTION)
    build.volume("twin-disk", known_id("volume twin-disk 1"))
    build.volume("twin-disk", known_id("volume twin-disk 2"))


def _fill_vaults(build: _Builder) -> None:
    servers = {server.name: server for server in build.world.servers.values()}
    main = build.vault("vault-servers", VAULT, size_gb=2000)
    _protect(main, servers["web-01"], servers["web-02-stopped"], servers["busy-task"])
    _protect(
        main, servers["db-dss"], servers["win-01"], servers["eps-web"], servers["broken-error"]
    )
    second = build.vault("vault-second", size_gb=500)
    _protect(second, servers["app-other-vault"], servers["web-01-old"])
    build.vault("vault-empty", size_gb=500)
    build.vault("vault-full", size_gb=100, used_mb=100 * 1024)
    build.vault("vault-small", size_gb=20)
    build.vault("vault-locked", status="lock")
    build.vault("vault-frozen", status="frozen")
    build.vault("vault-disks", object_type="disk")
    build.vault("vault-replication", protect_type="replication")
    build.vault("twin-vault", known_id("vault twin-vault 1"))
    build.vault("twin-vault", known_id("vault twin-vault 2"))
    crowded = build.vault("vault-crowded", max_resources=1)
    crowded.resources[known_id("server long gone")] = ("long-gone", 40)
    build.vault("eps-vault", enterprise_project_id=PRODUCTION)


def _fill_backups(build: _Builder) -> None:
    servers = {server.name: server for server in build.world.servers.values()}
    volumes = {volume.name: volume for volume in build.world.volumes.values()}
    vaults = {vault.name: vault for vault in build.world.vaults.values()}
    main, web = vaults["vault-servers"], servers["web-01"]
    build.backup("web-01-backup", web, main, BACKUP)
    build.backup("backup-of-whole-from-server", web, main, created=build.now - 9 * _DAY)
    build.backup("backup-used", web, main, created=build.now - 8 * _DAY)
    build.backup("backup-protecting", web, main, status="protecting", restore_mode="na")
    build.backup("backup-error", web, main, status="error", restore_mode="na")
    build.backup("backup-deleting", web, main, status="deleting")
    build.backup("backup-windows", servers["win-01"], main)
    build.backup("backup-without-os", web, main, has_system=False)
    build.backup("backup-of-disk", volumes["data-available"], vaults["vault-disks"])
    build.backup("backup-shared", web, main, shared_by=PARTNER_PROJECT)
    build.backup("twin-backup", web, main, known_id("backup twin-backup 1"))
    build.backup("twin-backup", web, main, known_id("backup twin-backup 2"))
    for number in range(1, 6):
        build.backup(f"nightly-{number}", web, main, created=build.now - number * _DAY)


def _fill_checkpoint_items(build: _Builder) -> None:
    web = next(s for s in build.world.servers.values() if s.id == SERVER)
    disks = [volume.id for volume in build.world.server_volumes(web.id)]
    shared = {"volume_ids": [*disks, known_id("volume data-shareable")]}
    rows: list[tuple[str, str, dict[str, Any]]] = [
        # The documents use one id in their examples with and without whole_image_type.
        ("csbs-web-01", BACKUP, {}),
        ("csbs-available", known_id("csbs available"), {}),
        ("csbs-used", known_id("csbs used"), {}),
        ("csbs-protecting", known_id("csbs protecting"), {"status": "protecting"}),
        ("csbs-shared-disks", known_id("csbs shared disks"), shared),
    ]
    for name, number, fields in rows:
        build.world.checkpoint_items[number] = records.CheckpointItem(
            id=number,
            name=name,
            project_id=PROJECT,
            resource_id=web.id,
            resource_name=web.name,
            created=build.now - 3 * _DAY,
            **{"volume_ids": disks, **fields},
        )


def _fill_fleet(build: _Builder, size: int) -> None:
    """Enough of everything to start many at once and to make lists page."""
    vault = build.vault("vault-fleet", size_gb=10000)
    for number in range(1, size + 1):
        server = build.server(f"fleet-{number:02d}")
        _protect(vault, server)
        build.volume(f"fleet-data-{number:02d}", size=10)
        build.backup(f"fleet-backup-{number:02d}", server, vault)


def _fill_partner(build: _Builder) -> None:
    server = build.server("partner-web", project_id=PARTNER_PROJECT)
    vault = build.vault("partner-vault", project_id=PARTNER_PROJECT)
    _protect(vault, server)
    build.volume("partner-data", project_id=PARTNER_PROJECT)
    build.backup("partner-backup", server, vault)


def _fill_elsewhere(build: _Builder) -> None:
    """The second region has one of each."""
    server = build.server("elsewhere-web", project_id=ELSEWHERE_PROJECT)
    vault = build.vault("elsewhere-vault", project_id=ELSEWHERE_PROJECT)
    _protect(vault, server)
    build.volume("elsewhere-data", project_id=ELSEWHERE_PROJECT)
    build.backup("elsewhere-backup", server, vault)
