# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The creating calls through the vendor's SDK, followed to the active image."""

from __future__ import annotations

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import (
    BACKUP,
    CENTOS,
    DATA_FILE,
    FILE,
    IMAGE,
    KEY,
    SERVER,
    VAULT,
)
from huaweicloudsdkcbr.v1 import ShowBackupRequest, ShowVaultRequest
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkecs.v2 import ShowServerRequest
from huaweicloudsdkims.v2 import (
    CopyImageInRegionInSafeModeRequest,
    CopyImageInRegionRequestBody,
    CreateDataImage,
    CreateImageRequest,
    CreateImageRequestBody,
    ImageInfo,
    ImportImageQuickInSafeModeRequest,
    QuickImportImageByFileRequestBody,
    ResourceTag,
    ShowJobProgressRequest,
    TagKeyValue,
)

from .calls import copy, quick_import, whole_image
from .forms import check_image
from .running import RunningSimulator, until
from .sdk import Sdk, check_job
from .world import QCOW2_FILE


def check_ours(image: ImageInfo, simulator: RunningSimulator, name: str, description: str) -> None:
    check_image(image)
    assert image.name == name
    assert (image.description or "") == description
    assert image.owner == simulator.facts["project_id"]
    assert (image.visibility, image.imagetype) == ("private", "private")
    assert image.protected is False
    assert image.isregistered == "true"


def test_a_whole_image_of_a_server_backs_it_up_in_the_vault(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    job_id = whole_image(
        sdk,
        name="whole from server",
        description="of a server",
        instance_id=SERVER,
        vault_id=VAULT,
        image_tags=[TagKeyValue("key1", "value1"), TagKeyValue("key2", "")],
        min_ram=1024,
        max_ram=4096,
        enterprise_project_id="0",
    )

    job = sdk.successful_job(job_id)
    assert job.job_type == "imsCreateWholeImageByInstanceJob"
    image = sdk.created_image(job_id)
    check_ours(image, simulator, "whole from server", "of a server")
    assert image.virtual_env_type == "FusionCompute"
    assert image.os_type == "Linux"
    assert (image.min_ram, image.max_ram) == (1024, "4096")
    assert until(lambda: sdk.tags(image.id)) == {"key1": "value1", "key2": ""}
    backup = sdk.cbr.show_backup(ShowBackupRequest(image.backup_id)).backup
    assert (backup.resource_id, backup.vault_id) == (SERVER, VAULT)
    assert [made.image_id for made in backup.extend_info.os_images_data] == [image.id]
    vault = sdk.cbr.show_vault(ShowVaultRequest(VAULT)).vault
    assert SERVER in {resource.id for resource in vault.resources}


def test_the_backup_of_a_new_whole_image_becomes_available_in_the_end(sdk: Sdk) -> None:
    job_id = whole_image(sdk, name="whole", instance_id=SERVER, vault_id=VAULT)
    image = sdk.created_image(job_id)

    def finished() -> bool:
        backup = sdk.cbr.show_backup(ShowBackupRequest(image.backup_id)).backup
        assert backup.status in {"protecting", "available"}
        assert backup.extend_info.supported_restore_mode in {"na", "snapshot", "backup"}
        return (
            backup.status == "available" and backup.extend_info.supported_restore_mode == "backup"
        )

    until(finished)


def test_a_whole_image_of_a_cbr_backup_is_the_only_one_of_it(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    body = {"backup_id": BACKUP, "whole_image_type": "CBR"}
    job_id = whole_image(sdk, name="whole from backup", tags=["aaa.111", "bbb.3.3"], **body)

    job = sdk.successful_job(job_id)
    assert job.job_type == "imsCreateWholeImageByBackupJob"
    image = sdk.created_image(job_id)
    check_ours(image, simulator, "whole from backup", "")
    assert image.backup_id == BACKUP
    assert image.data_origin == f"server_backup,{BACKUP}"
    assert until(lambda: sdk.tags(image.id)) == {"aaa": "111", "bbb": "3.3"}
    backup = sdk.cbr.show_backup(ShowBackupRequest(BACKUP)).backup
    assert [made.image_id for made in backup.extend_info.os_images_data] == [image.id]
    with pytest.raises(ClientRequestException) as refused:
        whole_image(sdk, name="whole again", **body)
    assert (refused.value.status_code, refused.value.error_code) == (400, "IMG.0029")


def test_a_whole_image_of_a_csbs_backup_is_the_only_one_of_it(sdk: Sdk) -> None:
    items = sdk.csbs_items()
    item = next(item for item in items if item["status"] == "available")
    body = {"backup_id": item["id"], "whole_image_type": "CSBS"}

    image = sdk.created_image(whole_image(sdk, name="whole from csbs", **body))

    assert image.backup_id == item["id"]
    assert image.virtual_env_type == "FusionCompute"
    with pytest.raises(ClientRequestException) as refused:
        whole_image(sdk, name="whole again", **body)
    assert (refused.value.status_code, refused.value.error_code) == (400, "IMG.0134")


def test_an_encrypted_copy_names_its_source_and_its_key(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    source = sdk.image(IMAGE)
    assert source is not None
    job_id = copy(sdk, name="ims_encrypted_copy3", description="test copy", cmk_id=KEY)

    job = sdk.successful_job(job_id)
    assert job.job_type == "imsCopyImageInRegionJob"
    image = sdk.created_image(job_id)
    check_ours(image, simulator, "ims_encrypted_copy3", "test copy")
    assert image.id != IMAGE
    assert image.system__cmkid == KEY
    assert image.originalimagename == IMAGE
    assert image.data_origin == f"image,{simulator.facts['region']},{IMAGE}"
    assert (image.os_type, image.os_version) == (source.os_type, source.os_version)
    assert image.min_disk == source.min_disk


def test_a_plain_copy_in_safe_mode_is_not_encrypted(sdk: Sdk) -> None:
    body = CopyImageInRegionRequestBody(name="copy 2.1", description="d")
    request = CopyImageInRegionInSafeModeRequest(IMAGE, body)

    image = sdk.created_image(sdk.ims.copy_image_in_region_in_safe_mode(request).job_id)

    assert image.originalimagename == IMAGE
    assert not image.system__cmkid


def test_a_system_disk_file_becomes_an_image_of_the_system_asked_for(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    job_id = quick_import(
        sdk,
        name="ims_test_file",
        description="Create an image using a file in the OBS bucket.",
        image_url=FILE,
        os_version=CENTOS,
        min_disk=40,
        type="ECS",
        tags=["aaa.111", "bbb.333", "ccc.444"],
    )

    image = sdk.created_image(job_id)
    description = "Create an image using a file in the OBS bucket."
    check_ours(image, simulator, "ims_test_file", description)
    assert image.virtual_env_type == "FusionCompute"
    assert (image.os_type, image.os_version) == ("Linux", CENTOS)
    assert image.os_bit == "64"
    assert image.min_disk == 40
    assert not image.originalimagename
    assert until(lambda: sdk.tags(image.id)) == {"aaa": "111", "bbb": "333", "ccc": "444"}


def test_a_data_disk_file_becomes_a_data_image(sdk: Sdk, simulator: RunningSimulator) -> None:
    job_id = quick_import(
        sdk,
        name="data file",
        image_url=DATA_FILE,
        os_type="Linux",
        min_disk=40,
        type="DataImage",
        image_tags=[ResourceTag("key2", "value2")],
    )

    image = sdk.created_image(job_id)
    check_ours(image, simulator, "data file", "")
    assert (image.virtual_env_type, image.os_type) == ("DataImage", "Linux")
    assert image.min_disk == 40
    assert until(lambda: sdk.tags(image.id)) == {"key2": "value2"}


def test_an_arm_file_for_bare_metal_keeps_its_kind(sdk: Sdk) -> None:
    body = QuickImportImageByFileRequestBody(
        name="bare metal",
        image_url=FILE,
        os_version=CENTOS,
        min_disk=40,
        type="BMS",
        architecture="arm",
        hw_firmware_type="uefi",
    )
    request = ImportImageQuickInSafeModeRequest(body=body)

    image = sdk.created_image(sdk.ims.import_image_quick_in_safe_mode(request).job_id)

    assert image.virtual_env_type == "Ironic"
    assert image.support_arm == "true"
    assert image.hw_firmware_type == "uefi"


def test_the_data_disks_of_a_server_come_as_jobs_within_the_job(sdk: Sdk) -> None:
    system, data = sdk.ecs.show_server(
        ShowServerRequest(SERVER)
    ).server.os_extended_volumesvolumes_attached
    body = CreateImageRequestBody(data_images=[CreateDataImage("data of server", data.id)])

    job = sdk.successful_job(sdk.ims.create_image(CreateImageRequest(body)).job_id)

    (member,) = job.entities.sub_jobs_result
    check_job(member, member.job_id)
    assert (member.status, member.entities.image_name) == ("SUCCESS", "data of server")
    image = sdk.active_image(member.entities.image_id)
    assert (image.name, image.virtual_env_type) == ("data of server", "DataImage")
    assert image.data_origin == f"volume,{data.id}"
    assert system.boot_index == "0"


def test_an_image_of_a_system_disk_names_its_volume(sdk: Sdk) -> None:
    volume = sdk.ecs.show_server(ShowServerRequest(SERVER)).server
    system = volume.os_extended_volumesvolumes_attached[0]
    body = CreateImageRequestBody(name="system disk", volume_id=system.id, os_version=CENTOS)

    image = sdk.created_image(sdk.ims.create_image(CreateImageRequest(body)).job_id)

    assert image.data_origin == f"volume,{system.id}"
    assert image.virtual_env_type == "FusionCompute"


def test_both_job_queries_tell_the_same_story(sdk: Sdk) -> None:
    job_id = copy(sdk, name="watched")
    sdk.successful_job(job_id)

    progress = sdk.ims.show_job_progress(ShowJobProgressRequest(job_id=job_id))

    check_job(progress, job_id)
    job = sdk.finished_job(job_id)
    assert progress.status == job.status == "SUCCESS"
    assert progress.entities.image_id == job.entities.image_id
    assert (progress.begin_time, progress.end_time) == (job.begin_time, job.end_time)


def test_a_refused_file_makes_the_job_fail_with_code_and_reason(sdk: Sdk) -> None:
    job_id = quick_import(
        sdk,
        name="no such format",
        image_url=QCOW2_FILE,
        os_version=CENTOS,
        min_disk=40,
        type="ECS",
    )

    job = sdk.finished_job(job_id)

    assert job.status == "FAIL"
    assert job.error_code == "IMG.0158"
    assert job.fail_reason
    assert sdk.list_images(name="no such format", status="active") == []
