# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules look up before they create: quota, versions, vaults, backups, servers, disks."""

from __future__ import annotations

import re

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import BACKUP, CENTOS, NOBODY, SERVER, VAULT
from huaweicloudsdkcbr.v1 import (
    BackupResp,
    ListBackupsRequest,
    ListVaultRequest,
    ShowBackupRequest,
    ShowVaultRequest,
    Vault,
)
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkecs.v2 import ListServersDetailsRequest, ServerDetail, ShowServerRequest
from huaweicloudsdkevs.v2 import ListVolumesRequest, ShowVolumeRequest, VolumeDetail
from huaweicloudsdkims.v2 import ListOsVersionsRequest, ListVersionsRequest, ShowImageQuotaRequest

from .forms import EVS_TIME
from .running import RunningSimulator
from .sdk import UUID, Sdk

CBR_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00)?")


# --- IMS


def test_the_image_quota_counts_the_private_images(sdk: Sdk, simulator: RunningSimulator) -> None:
    resources = sdk.ims.show_image_quota(ShowImageQuotaRequest()).quotas.resources

    quotas = {resource.type: resource for resource in resources}
    project_id = simulator.facts["project_id"]
    own = sdk.list_images(owner=project_id, enterprise_project_id="all_granted_eps")
    assert quotas["image"].used == len(own)
    assert quotas["image"].quota == 50
    assert 0 <= quotas["image"].min <= quotas["image"].quota <= quotas["image"].max


def test_os_versions_are_listed_by_platform(sdk: Sdk) -> None:
    platforms = sdk.ims.list_os_versions(ListOsVersionsRequest()).body

    versions = [version for platform in platforms for version in platform.version_list]
    assert {p.platform for p in platforms} >= {"CentOS", "Ubuntu", "Windows"}
    for platform in platforms:
        assert all(version.platform == platform.platform for version in platform.version_list)
    for version in versions:
        assert version.os_version
        assert version.os_version_key
        assert version.os_bit in {32, 64}
        assert version.os_type in {"Linux", "Windows"}
    assert CENTOS in {version.os_version for version in versions}


def test_os_versions_can_be_narrowed_to_an_architecture(sdk: Sdk) -> None:
    def names(**query: str) -> set[str]:
        body = sdk.ims.list_os_versions(ListOsVersionsRequest(**query)).body
        return {v.os_version for platform in body for v in platform.version_list}

    assert names(tag="arm")
    assert names(tag="arm") < names()


def test_the_version_page_lists_glance_v2_as_current(sdk: Sdk) -> None:
    versions = sdk.ims.list_versions(ListVersionsRequest()).versions

    current = [version for version in versions if version.status == "CURRENT"]
    assert [version.id.startswith("v2.") for version in current] == [True]
    assert current[0].links[0].rel == "self"
    assert current[0].links[0].href.endswith("/v2/")


# --- CBR


def check_vault(vault: Vault, project_id: str) -> None:
    assert UUID.fullmatch(vault.id)
    assert 1 <= len(vault.name) <= 64
    assert vault.project_id == project_id
    assert UUID.fullmatch(vault.provider_id)
    assert CBR_TIME.fullmatch(vault.created_at)
    assert isinstance(vault.auto_bind, bool)
    assert isinstance(vault.auto_expand, bool)
    billing = vault.billing
    assert billing.object_type in {"server", "disk", "turbo", "workspace", "vmware", "file"}
    assert billing.protect_type in {"backup", "replication", "hybrid"}
    assert billing.consistent_level in {"crash_consistent", "app_consistent"}
    assert billing.status in {"available", "lock", "frozen", "deleting", "error"}
    assert billing.charging_mode in {"post_paid", "pre_paid"}
    assert billing.size >= 1
    assert billing.used >= 0
    assert billing.allocated >= 0
    for resource in vault.resources:
        assert UUID.fullmatch(resource.id)
        assert resource.type.startswith("OS::")
        assert resource.protect_status in {
            *("available", "error", "protecting", "restoring", "removing"),
        }


def test_vaults_read_as_the_reference_says(sdk: Sdk, simulator: RunningSimulator) -> None:
    answer = sdk.cbr.list_vault(ListVaultRequest())

    assert answer.count == len(answer.vaults)
    for vault in answer.vaults:
        check_vault(vault, simulator.facts["project_id"])
    assert {vault.billing.object_type for vault in answer.vaults} >= {"server", "disk"}
    assert {vault.billing.status for vault in answer.vaults} > {"available"}


def test_the_vault_of_the_example_can_take_a_server(sdk: Sdk) -> None:
    vault = sdk.cbr.show_vault(ShowVaultRequest(VAULT)).vault

    assert vault.id == VAULT
    billing = vault.billing
    assert (billing.object_type, billing.protect_type) == ("server", "backup")
    assert billing.status == "available"
    assert billing.used < billing.size * 1024


def test_vaults_are_found_by_name_and_by_the_server_they_hold(sdk: Sdk) -> None:
    holder = next(
        vault
        for vault in sdk.cbr.list_vault(ListVaultRequest(object_type="server")).vaults
        if vault.resources
    )
    server = holder.resources[0].id

    by_name = sdk.cbr.list_vault(ListVaultRequest(name=holder.name)).vaults
    by_server = sdk.cbr.list_vault(ListVaultRequest(resource_ids=server)).vaults

    assert holder.id in {vault.id for vault in by_name}
    assert [vault.id for vault in by_server] == [holder.id]
    assert server in {resource.id for resource in by_server[0].resources}


def test_vault_pages_go_by_item_offset(sdk: Sdk) -> None:
    whole = [vault.id for vault in sdk.cbr.list_vault(ListVaultRequest()).vaults]

    paged: list[str] = []
    while page := sdk.cbr.list_vault(ListVaultRequest(limit=1, offset=len(paged))).vaults:
        paged.extend(vault.id for vault in page)

    assert paged == whole


def test_an_unknown_vault_and_an_unknown_backup_are_404(sdk: Sdk) -> None:
    with pytest.raises(ClientRequestException) as vault:
        sdk.cbr.show_vault(ShowVaultRequest(NOBODY))
    with pytest.raises(ClientRequestException) as backup:
        sdk.cbr.show_backup(ShowBackupRequest(NOBODY))

    assert (vault.value.status_code, vault.value.error_code) == (404, "BackupService.6105")
    assert (backup.value.status_code, backup.value.error_code) == (404, "BackupService.6200")


def check_backup(backup: BackupResp) -> None:
    assert UUID.fullmatch(backup.id)
    assert backup.name
    assert backup.status in {
        *("available", "protecting", "deleting", "restoring", "error"),
        *("waiting_protect", "waiting_delete", "waiting_restore"),
    }
    assert UUID.fullmatch(backup.resource_id)
    assert backup.resource_type in {"OS::Nova::Server", "OS::Cinder::Volume"}
    assert backup.resource_size >= 1
    assert UUID.fullmatch(backup.vault_id)
    assert UUID.fullmatch(backup.provider_id)
    assert backup.image_type in {"backup", "replication"}
    assert CBR_TIME.fullmatch(str(backup.created_at))
    extend = backup.extend_info
    assert extend.supported_restore_mode in {"na", "snapshot", "backup"}
    assert isinstance(extend.bootable, bool)
    assert isinstance(extend.encrypted, bool)
    assert all(UUID.fullmatch(image.image_id) for image in extend.os_images_data or [])


def test_backups_read_as_the_reference_says(sdk: Sdk) -> None:
    answer = sdk.cbr.list_backups(ListBackupsRequest())

    assert answer.count == len(answer.backups)
    for backup in answer.backups:
        check_backup(backup)
    assert BACKUP in {backup.id for backup in answer.backups}
    kinds = {backup.resource_type for backup in answer.backups}
    assert kinds == {"OS::Nova::Server", "OS::Cinder::Volume"}


def test_the_backup_of_the_example_is_an_unused_one_of_a_server(sdk: Sdk) -> None:
    backup = sdk.cbr.show_backup(ShowBackupRequest(BACKUP)).backup

    check_backup(backup)
    assert (backup.status, backup.resource_type) == ("available", "OS::Nova::Server")
    assert not backup.extend_info.os_images_data


def test_backups_that_have_an_image_name_it_and_the_image_names_them(sdk: Sdk) -> None:
    used = {
        backup.id: backup.extend_info.os_images_data[0].image_id
        for backup in sdk.cbr.list_backups(ListBackupsRequest()).backups
        if backup.extend_info.os_images_data
    }

    assert used
    for backup_id, image_id in used.items():
        image = sdk.image(image_id)
        assert image is not None
        assert image.backup_id == backup_id


def test_backups_are_filtered_by_server_kind_and_vault(sdk: Sdk) -> None:
    everything = sdk.cbr.list_backups(ListBackupsRequest()).backups
    sample = next(b for b in everything if b.id == BACKUP)

    for query in (
        {"resource_id": sample.resource_id},
        {"resource_type": "OS::Nova::Server"},
        {"vault_id": sample.vault_id},
        {"status": "available"},
    ):
        ((attribute, value),) = query.items()
        found = {b.id for b in sdk.cbr.list_backups(ListBackupsRequest(**query)).backups}
        assert found == {b.id for b in everything if getattr(b, attribute) == value}
        assert BACKUP in found
    by_name = sdk.cbr.list_backups(ListBackupsRequest(name=sample.name)).backups
    assert BACKUP in {backup.id for backup in by_name}


def test_backup_pages_add_up(sdk: Sdk) -> None:
    whole = [backup.id for backup in sdk.cbr.list_backups(ListBackupsRequest()).backups]

    paged: list[str] = []
    while page := sdk.cbr.list_backups(ListBackupsRequest(limit=2, offset=len(paged))).backups:
        paged.extend(backup.id for backup in page)

    assert paged == whole


def test_csbs_items_are_found_by_id_and_by_a_part_of_the_name(sdk: Sdk) -> None:
    items = sdk.csbs_items()

    assert items
    for item in items:
        assert UUID.fullmatch(item["id"])
        assert item["resource_type"] == "OS::Nova::Server"
    assert items[0]["id"] in {i["id"] for i in sdk.csbs_items(name=items[0]["name"][:-1])}


# --- ECS


def check_server(server: ServerDetail, project_id: str) -> None:
    assert UUID.fullmatch(server.id)
    assert server.name
    assert server.tenant_id == project_id
    assert server.status in {
        *("ACTIVE", "SHUTOFF", "BUILD", "ERROR", "HARD_REBOOT", "REBOOT", "MIGRATING", "RESIZE"),
        *("VERIFY_RESIZE", "PAUSED", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED", "DELETED"),
    }
    task = server.os_ext_st_stask_state
    assert task is None or isinstance(task, str)
    assert isinstance(server.os_ext_st_svm_state, str)
    disks = server.os_extended_volumesvolumes_attached
    assert disks
    assert all(UUID.fullmatch(disk.id) for disk in disks)
    assert "0" in {disk.boot_index for disk in disks}
    assert isinstance(server.metadata, dict)
    assert server.image is not None


def test_servers_read_as_the_reference_says(sdk: Sdk, simulator: RunningSimulator) -> None:
    answer = sdk.ecs.list_servers_details(ListServersDetailsRequest(limit=1000))

    assert answer.count == len(answer.servers)
    for server in answer.servers:
        check_server(server, simulator.facts["project_id"])
    by_id = {server.id: server for server in answer.servers}
    assert by_id[SERVER].status in {"ACTIVE", "SHUTOFF"}
    assert by_id[SERVER].os_ext_st_stask_state is None
    assert {server.status for server in answer.servers} > {"ACTIVE", "SHUTOFF"}


def test_a_server_alone_reads_as_in_the_list(sdk: Sdk, simulator: RunningSimulator) -> None:
    server = sdk.ecs.show_server(ShowServerRequest(SERVER)).server

    check_server(server, simulator.facts["project_id"])
    listed = sdk.ecs.list_servers_details(ListServersDetailsRequest(name=server.name)).servers
    assert SERVER in {found.id for found in listed}


def test_server_names_match_fuzzily_and_a_dot_is_any_character(sdk: Sdk) -> None:
    name = sdk.ecs.show_server(ShowServerRequest(SERVER)).server.name

    def found(pattern: str) -> set[str]:
        request = ListServersDetailsRequest(name=pattern, limit=1000)
        return {server.id for server in sdk.ecs.list_servers_details(request).servers}

    assert SERVER in found(name[1:])
    assert SERVER in found("." + name[1:])
    assert SERVER not in found(name + "x")


def test_server_pages_are_numbered_from_one(sdk: Sdk) -> None:
    def page(number: int) -> list[str]:
        request = ListServersDetailsRequest(limit=2, offset=number)
        return [server.id for server in sdk.ecs.list_servers_details(request).servers]

    whole = sdk.ecs.list_servers_details(ListServersDetailsRequest(limit=1000))
    paged: list[str] = []
    number = 1
    while ids := page(number):
        paged.extend(ids)
        number += 1

    assert paged == [server.id for server in whole.servers]
    assert page(0) == page(1)
    assert len(paged) > 2


def test_an_unknown_server_is_a_404(sdk: Sdk) -> None:
    with pytest.raises(ClientRequestException) as unknown:
        sdk.ecs.show_server(ShowServerRequest(NOBODY))

    assert (unknown.value.status_code, unknown.value.error_code) == (404, "Ecs.0114")


# --- EVS


def check_volume(volume: VolumeDetail, project_id: str) -> None:
    assert UUID.fullmatch(volume.id)
    assert volume.status in {
        *("creating", "available", "in-use", "error", "attaching", "detaching", "uploading"),
        *("restoring-backup", "backing-up", "error_restoring", "downloading", "extending"),
        *("error_extending", "deleting", "error_deleting", "rollbacking", "error_rollbacking"),
        "awaiting-transfer",
    }
    assert volume.size >= 1
    assert volume.bootable in {"true", "false"}
    assert isinstance(volume.volume_type, str)
    assert volume.os_vol_tenant_attrtenant_id == project_id
    assert EVS_TIME.fullmatch(volume.created_at)
    assert isinstance(volume.encrypted, bool)
    assert isinstance(volume.multiattach, bool)
    assert isinstance(volume.metadata, dict)
    if volume.status == "in-use":
        assert volume.attachments
    for attachment in volume.attachments:
        assert attachment.volume_id == volume.id
        assert UUID.fullmatch(attachment.server_id)
        assert attachment.device.startswith("/dev/")


def volumes(sdk: Sdk, **query: object) -> list[VolumeDetail]:
    return sdk.evs.list_volumes(ListVolumesRequest(**query)).volumes


def test_volumes_read_as_the_reference_says(sdk: Sdk, simulator: RunningSimulator) -> None:
    answer = sdk.evs.list_volumes(ListVolumesRequest())

    assert answer.count == len(answer.volumes)
    for volume in answer.volumes:
        check_volume(volume, simulator.facts["project_id"])
    assert {volume.status for volume in answer.volumes} >= {"available", "in-use"}
    system = [volume for volume in answer.volumes if volume.bootable == "true"]
    data = [volume for volume in answer.volumes if volume.bootable == "false"]
    assert "__os_type" in system[0].volume_image_metadata
    assert not data[0].volume_image_metadata


def test_the_disks_of_a_server_are_the_volumes_attached_to_it(sdk: Sdk) -> None:
    server = sdk.ecs.show_server(ShowServerRequest(SERVER)).server

    for disk in server.os_extended_volumesvolumes_attached:
        volume = sdk.evs.show_volume(ShowVolumeRequest(disk.id)).volume
        assert volume.status == "in-use"
        assert SERVER in {attachment.server_id for attachment in volume.attachments}
    attached = {volume.id for volume in volumes(sdk, server_id=SERVER)}
    assert attached == {disk.id for disk in server.os_extended_volumesvolumes_attached}


def test_volume_names_match_fuzzily(sdk: Sdk) -> None:
    sample = next(volume for volume in volumes(sdk) if len(volume.name) > 3)

    assert sample.id in {volume.id for volume in volumes(sdk, name=sample.name)}
    assert sample.id in {volume.id for volume in volumes(sdk, name=sample.name[1:-1])}
    assert volumes(sdk, name=sample.name + "-no-such") == []


def test_volumes_are_found_by_ids_and_by_status(sdk: Sdk) -> None:
    two = [volume.id for volume in volumes(sdk)][:2]

    assert {volume.id for volume in volumes(sdk, ids=f"['{two[0]}','{two[1]}']")} == set(two)
    assert {volume.status for volume in volumes(sdk, status="available")} == {"available"}


def test_volume_pages_go_by_item_offset(sdk: Sdk) -> None:
    whole = [volume.id for volume in volumes(sdk)]

    paged: list[str] = []
    while page := volumes(sdk, limit=2, offset=len(paged)):
        paged.extend(volume.id for volume in page)

    assert paged == whole
    assert len(paged) > 2


def test_an_unknown_volume_is_a_404(sdk: Sdk) -> None:
    with pytest.raises(ClientRequestException) as unknown:
        sdk.evs.show_volume(ShowVolumeRequest(NOBODY))

    assert unknown.value.status_code == 404
    assert unknown.value.error_code in {"EVS.5404", 404, "404"}
