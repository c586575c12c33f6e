# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""openstacksdk, which knows nothing of Huawei, exports volumes and reads images as Glance's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, NOBODY, SERVER
from openstack import exceptions
from openstack.connection import Connection

from .conftest import connect_openstack
from .forms import EVS_TIME
from .running import RunningSimulator, until
from .sdk import IMAGE_TIME, UUID, Sdk

POLL_SECONDS = 0.05
PATIENCE_SECONDS = 15


@pytest.fixture
def old_cloud(simulator: RunningSimulator) -> Iterator[Connection]:
    """The same client on the v2 volume API."""
    with connect_openstack(simulator.facts, block_storage_api_version="2") as connection:
        yield connection


def volume_named(cloud: Connection, name: str) -> Any:
    found = [volume for volume in cloud.block_storage.volumes() if volume.name == name]
    assert len(found) == 1
    return found[0]


def export(cloud: Connection, volume: Any, name: str, **options: Any) -> dict[str, Any]:
    return cloud.block_storage.upload_volume_to_image(volume.id, name, **options)


def active(cloud: Connection, image_id: str) -> Any:
    """Waits as openstacksdk does; the record of a new image may be unknown for a moment."""

    def known() -> Any:
        try:
            return cloud.image.get_image(image_id)
        except exceptions.NotFoundException:
            return None

    return cloud.image.wait_for_status(
        until(known),
        "active",
        failures=["killed", "deleted"],
        interval=POLL_SECONDS,
        wait=PATIENCE_SECONDS,
    )


def check_export(answer: dict[str, Any], volume: Any, name: str, disk_format: str) -> None:
    assert answer["id"] == volume.id
    assert UUID.fullmatch(answer["image_id"])
    assert answer["image_id"] != volume.id
    assert answer["image_name"] == name
    assert answer["status"] == "uploading"
    assert answer["size"] == volume.size
    assert answer["container_format"] == "bare"
    assert answer["disk_format"] == disk_format
    assert isinstance(answer["display_description"], str)
    assert EVS_TIME.fullmatch(answer["updated_at"])
    kind = answer["volume_type"]
    assert UUID.fullmatch(kind["id"])
    assert kind["name"] == volume.volume_type
    assert kind["is_public"] is True
    assert kind["deleted"] is False
    assert kind["deleted_at"] is None
    assert isinstance(kind["extra_specs"], dict)


# --- volume export


@pytest.mark.parametrize("disk_format", ["vhd", "zvhd2", "raw", "qcow2", "zvhd"])
def test_a_data_disk_is_exported_over_v3_in_every_format(
    cloud: Connection, simulator: RunningSimulator, disk_format: str
) -> None:
    simulator.switch(v3_export="published")
    volume = volume_named(cloud, "data-available")
    name = f"exported as {disk_format}"

    answer = export(cloud, volume, name, disk_format=disk_format, container_format="bare")

    check_export(answer, volume, name, disk_format)
    image = active(cloud, answer["image_id"])
    assert (image.name, image.disk_format, image.container_format) == (name, disk_format, "bare")
    assert image.min_disk == volume.size
    assert image.owner == simulator.facts["project_id"]
    assert (image.visibility, image.is_protected) == ("private", False)
    assert image.properties["virtual_env_type"] == "DataImage"
    assert image.properties["__os_type"] == "Linux"
    path = next(c["path"] for c in simulator.requests() if c["path"].endswith("/action"))
    assert path == f"/v3/{simulator.facts['project_id']}/volumes/{volume.id}/action"


def test_a_system_disk_is_exported_over_v2(
    old_cloud: Connection, simulator: RunningSimulator
) -> None:
    volume = volume_named(old_cloud, "windows-available")

    answer = export(
        old_cloud, volume, "exported over v2", disk_format="zvhd2", container_format="bare"
    )

    check_export(answer, volume, "exported over v2", "zvhd2")
    image = active(old_cloud, answer["image_id"])
    assert image.properties["__os_type"] == "Windows"
    assert image.properties["virtual_env_type"] == "FusionCompute"
    path = next(c["path"] for c in simulator.requests() if c["path"].endswith("/action"))
    assert path.startswith("/v2/")


def test_v2_sends_null_for_formats_not_given_and_gets_the_default(
    old_cloud: Connection, simulator: RunningSimulator
) -> None:
    simulator.switch(export_format="vhd")
    volume = volume_named(old_cloud, "data-available")

    answer = export(old_cloud, volume, "defaults")

    check_export(answer, volume, "defaults", "vhd")


def test_the_volume_uploads_meanwhile_and_is_as_before_afterwards(
    cloud: Connection, simulator: RunningSimulator
) -> None:
    simulator.switch(v3_export="published")
    volume = volume_named(cloud, "data-available")

    answer = export(cloud, volume, "watched", disk_format="raw")
    during = cloud.block_storage.get_volume(volume.id).status
    with pytest.raises(exceptions.HttpException) as busy:
        export(cloud, volume, "second", disk_format="raw")

    assert during == "uploading"
    assert busy.value.status_code == 400
    active(cloud, answer["image_id"])
    until(lambda: cloud.block_storage.get_volume(volume.id).status == "available")


def test_a_disk_in_use_is_exported_only_by_force(
    cloud: Connection, simulator: RunningSimulator
) -> None:
    simulator.switch(v3_export="published")
    volume = volume_named(cloud, "web-01-data")
    assert volume.attachments[0]["server_id"] == SERVER

    with pytest.raises(exceptions.BadRequestException):
        export(cloud, volume, "not forced", disk_format="raw")
    answer = export(cloud, volume, "forced", disk_format="raw", force=True)

    check_export(answer, volume, "forced", "raw")
    active(cloud, answer["image_id"])
    until(lambda: cloud.block_storage.get_volume(volume.id).status == "in-use")


def test_an_unpublished_v3_path_is_a_404_and_v2_still_works(
    cloud: Connection, old_cloud: Connection, simulator: RunningSimulator
) -> None:
    simulator.switch(v3_export="absent")
    volume = volume_named(old_cloud, "data-available")

    with pytest.raises(exceptions.NotFoundException):
        export(cloud, volume, "v3", disk_format="raw")

    check_export(export(old_cloud, volume, "v2", disk_format="raw"), volume, "v2", "raw")


def test_an_exported_image_is_an_ordinary_private_one_for_the_vendors_sdk(
    cloud: Connection, sdk: Sdk, simulator: RunningSimulator
) -> None:
    simulator.switch(v3_export="published")
    volume = volume_named(cloud, "data-available")

    answer = export(cloud, volume, "seen by both", disk_format="vhd")

    image = sdk.active_image(answer["image_id"])
    assert (image.name, image.disk_format) == ("seen by both", "vhd")
    assert image.data_origin in {None, "", f"volume,{volume.id}"}
    assert image.isregistered == "true"


# --- volumes


def test_volumes_read_as_cinders(cloud: Connection, simulator: RunningSimulator) -> None:
    listed = list(cloud.block_storage.volumes())

    assert len(listed) > 2
    for volume in listed:
        assert UUID.fullmatch(volume.id)
        assert isinstance(volume.size, int)
        assert isinstance(volume.is_bootable, bool)
        assert isinstance(volume.volume_type, str)
        assert volume.project_id == simulator.facts["project_id"]
        assert EVS_TIME.fullmatch(volume.created_at)
    assert {volume.status for volume in listed} >= {"available", "in-use"}
    shown = cloud.block_storage.get_volume(listed[0].id)
    assert (shown.id, shown.name, shown.size) == (listed[0].id, listed[0].name, listed[0].size)


def test_pages_of_volumes_follow_their_links(cloud: Connection) -> None:
    whole = [volume.id for volume in cloud.block_storage.volumes()]

    paged = [volume.id for volume in cloud.block_storage.volumes(limit=5)]

    assert paged == whole


def test_an_unknown_volume_is_not_found(cloud: Connection) -> None:
    with pytest.raises(exceptions.NotFoundException):
        cloud.block_storage.get_volume(NOBODY)


# --- Glance


def test_images_read_as_glances(cloud: Connection) -> None:
    images = list(cloud.image.images(owner=cloud.current_project_id))

    assert IMAGE in {image.id for image in images}
    for image in images:
        assert UUID.fullmatch(image.id)
        assert image.status in {"queued", "saving", "active", "killed"}
        assert isinstance(image.is_protected, bool)
        assert isinstance(image.min_disk, int)
        assert isinstance(image.min_ram, int)
        assert isinstance(image.tags, list)
        assert IMAGE_TIME.fullmatch(image.created_at)
        assert IMAGE_TIME.fullmatch(image.updated_at)
        assert image.properties["__os_type"] in {"Linux", "Windows", "Other"}


def test_glance_pages_of_25_follow_their_links_to_the_end(
    cloud: Connection, simulator: RunningSimulator
) -> None:
    whole = {image.id for image in cloud.image.images()}

    calls = [call for call in simulator.requests() if call["path"] == "/v2/images"]
    assert len(whole) > 25
    assert len(calls) >= len(whole) // 25
    assert IMAGE in whole


@pytest.mark.parametrize("size", [3, 10])
def test_smaller_glance_pages_add_up_to_the_same(cloud: Connection, size: int) -> None:
    owner = cloud.current_project_id
    whole = [image.id for image in cloud.image.images(owner=owner)]

    paged = [image.id for image in cloud.image.images(owner=owner, limit=size)]

    assert paged == whole
    assert len(whole) > size


def test_an_image_is_found_by_name_and_by_id(cloud: Connection) -> None:
    by_id = cloud.image.get_image(IMAGE)

    by_name = cloud.image.find_image(by_id.name, ignore_missing=False)

    assert by_name.id == IMAGE
    assert cloud.image.find_image("no such image") is None
    assert [image.id for image in cloud.image.images(name=by_id.name)] == [IMAGE]


def test_an_unknown_image_is_not_found(cloud: Connection) -> None:
    with pytest.raises(exceptions.NotFoundException):
        cloud.image.get_image(NOBODY)


def test_a_json_patch_through_glance_changes_the_image(
    cloud: Connection, simulator: RunningSimulator
) -> None:
    image = cloud.image.get_image(IMAGE)

    changed = cloud.image.update_image(image, name="renamed by glance")

    assert changed.name == "renamed by glance"
    until(lambda: cloud.image.get_image(IMAGE).name == "renamed by glance")
    call = next(c for c in simulator.requests() if c["method"] == "PATCH")
    assert call["path"] == f"/v2/images/{IMAGE}"


def test_a_custom_attribute_can_be_added(cloud: Connection, simulator: RunningSimulator) -> None:
    simulator.switch(new_attributes="accepted")

    cloud.image.update_image_properties(cloud.image.get_image(IMAGE), purpose="golden")

    def purpose() -> str | None:
        value: str | None = cloud.image.get_image(IMAGE).properties.get("purpose")
        return value

    assert until(purpose) == "golden"


def test_a_glance_tag_can_be_added_and_removed(cloud: Connection) -> None:
    def tags() -> list[str]:
        return list(cloud.image.get_image(IMAGE).tags)

    before = tags()
    cloud.image.add_tag(IMAGE, "plain")
    until(lambda: set(tags()) - set(before))
    cloud.image.remove_tag(IMAGE, "plain")
    until(lambda: set(tags()) == set(before))


def test_a_deleted_image_is_waited_for_until_it_is_gone(cloud: Connection) -> None:
    image = cloud.image.get_image(IMAGE)

    cloud.image.delete_image(image.id)

    cloud.image.wait_for_delete(image, interval=POLL_SECONDS, wait=PATIENCE_SECONDS)
    with pytest.raises(exceptions.NotFoundException):
        cloud.image.get_image(IMAGE)


def test_a_protected_image_stays(cloud: Connection) -> None:
    image = next(i for i in cloud.image.images(name="protected-image"))

    with pytest.raises(exceptions.HttpException) as refused:
        cloud.image.delete_image(image.id)

    assert refused.value.status_code in {400, 403}
    assert re.search("protect", str(refused.value))
    assert cloud.image.get_image(image.id).is_protected is True


# --- login


def test_a_wrong_password_does_not_log_in(simulator: RunningSimulator) -> None:
    facts = {**simulator.facts, "password": "wrong"}

    with (
        connect_openstack(facts) as connection,
        pytest.raises(exceptions.SDKException, match="HTTP 401"),
    ):
        connection.authorize()


def test_an_expired_token_makes_the_client_log_in_again(
    cloud: Connection, simulator: RunningSimulator
) -> None:
    cloud.image.get_image(IMAGE)
    simulator.rule(action="unauthorized", path=f"/v2/images/{IMAGE}", times=1)

    image = cloud.image.get_image(IMAGE)

    assert image.id == IMAGE
    logins = [c for c in simulator.requests() if c["path"] == "/v3/auth/tokens"]
    assert len(logins) == 2
