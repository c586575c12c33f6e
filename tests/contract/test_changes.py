# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing and removing images through the vendor's SDK: PATCH, tags, DELETE."""

from __future__ import annotations

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import BACKUP, IMAGE, NOBODY
from huaweicloudsdkcbr.v1 import DeleteBackupRequest, ShowBackupRequest
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkims.v2 import (
    AddImageTagRequest,
    AddImageTagRequestBody,
    AddOrUpdateTagsRequestBody,
    BatchAddOrDeleteTagsRequest,
    BatchAddOrDeleteTagsRequestBody,
    BatchDeleteTagsRequest,
    BatchDeleteTagsRequestBody,
    CreateOrUpdateTagsRequest,
    DeleteImageTagRequest,
    GlanceCreateTagRequest,
    GlanceDeleteImageRequest,
    GlanceDeleteImageRequestBody,
    GlanceDeleteTagRequest,
    GlanceShowImageRequest,
    GlanceUpdateImageRequest,
    GlanceUpdateImageRequestBody,
    ListImageByTagsRequest,
    ListImageByTagsRequestBody,
    ListImagesTagsRequest,
    ListTagsRequest,
    ResourceTag,
    Tags,
    UpdateImageRequest,
    UpdateImageRequestBody,
)

from .calls import whole_image
from .forms import check_image
from .running import RunningSimulator, until
from .sdk import Sdk


def patch(sdk: Sdk, *changes: tuple[str, str, object], image_id: str = IMAGE):  # type: ignore[no-untyped-def]
    body = [UpdateImageRequestBody(op, path, value) for op, path, value in changes]
    return sdk.ims.update_image(UpdateImageRequest(image_id, body))


def delete(sdk: Sdk, image_id: str, body: GlanceDeleteImageRequestBody | None = None) -> None:
    answer = sdk.ims.glance_delete_image(GlanceDeleteImageRequest(image_id, body))
    assert answer.status_code == 204
    assert answer.raw_content == b""


def gone(sdk: Sdk, image_id: str) -> bool:
    return until(lambda: sdk.image(image_id) is None)


# --- PATCH


def test_a_patch_answers_with_the_changed_image_and_sticks(sdk: Sdk) -> None:
    answer = patch(sdk, ("replace", "/name", "renamed"), ("replace", "/min_ram", 2048))

    assert answer.status_code == 200
    assert (answer.id, answer.name, answer.min_ram) == (IMAGE, "renamed", 2048)
    image = until(lambda: next(iter(sdk.list_images(name="renamed")), None))
    check_image(image)
    assert (image.id, image.min_ram) == (IMAGE, 2048)


def test_memory_limits_may_come_as_texts_and_keep_their_types(sdk: Sdk) -> None:
    patch(sdk, ("replace", "/min_ram", "1024"))
    patch(sdk, ("add", "/max_ram", 8192))

    def limits() -> bool:
        image = sdk.image(IMAGE)
        assert image is not None
        return (image.min_ram, image.max_ram) == (1024, "8192")

    until(limits)


def test_replacing_what_an_image_does_not_have_conflicts(sdk: Sdk) -> None:
    image = sdk.image(IMAGE)
    assert image is not None
    assert not image.max_ram

    with pytest.raises(ClientRequestException) as refused:
        patch(sdk, ("replace", "/max_ram", 4096))

    assert (refused.value.status_code, refused.value.error_code) == (400, "IMG.0035")
    assert refused.value.request_id


def test_a_description_can_be_set_emptied_and_removed(sdk: Sdk) -> None:
    def described(text: str) -> bool:
        def probe() -> bool:
            image = sdk.image(IMAGE)
            assert image is not None
            return (image.description or "") == text

        return until(probe)

    image = sdk.image(IMAGE)
    assert image is not None
    first = "add" if image.description is None else "replace"
    patch(sdk, (first, "/__description", "büro-镜像"))
    assert described("büro-镜像")
    patch(sdk, ("replace", "/__description", ""))
    assert described("")


def test_an_unknown_image_cannot_be_patched(sdk: Sdk) -> None:
    with pytest.raises(ClientRequestException) as refused:
        patch(sdk, ("replace", "/name", "n"), image_id=NOBODY)

    assert refused.value.status_code in {400, 404}
    assert refused.value.error_code in {"IMG.0027", "IMG.0086", "IMG.0144", "404"}


def test_the_glance_patch_is_signed_without_its_payload_and_accepted(sdk: Sdk) -> None:
    # The SDK signs UNSIGNED-PAYLOAD for content types that are not application/json.
    body = [GlanceUpdateImageRequestBody("replace", "/name", "by glance")]

    answer = sdk.ims.glance_update_image(GlanceUpdateImageRequest(IMAGE, body))

    assert (answer.id, answer.name) == (IMAGE, "by glance")

    def renamed() -> bool:
        shown = sdk.ims.glance_show_image(GlanceShowImageRequest(IMAGE))
        assert (shown.id, shown.status, shown.protected) == (IMAGE, "active", False)
        return shown.name == "by glance"

    until(renamed)


# --- tags


def test_tags_are_added_updated_and_removed_one_by_one(sdk: Sdk) -> None:
    before = sdk.tags(IMAGE)

    def add(key: str, value: str) -> None:
        body = AddImageTagRequestBody(ResourceTag(key, value))
        answer = sdk.ims.add_image_tag(AddImageTagRequest(IMAGE, body))
        assert answer.status_code == 204

    add("owner", "alice")
    add("empty", "")
    until(lambda: sdk.tags(IMAGE) == {**before, "owner": "alice", "empty": ""})
    add("owner", "bob")
    until(lambda: sdk.tags(IMAGE) == {**before, "owner": "bob", "empty": ""})
    answer = sdk.ims.delete_image_tag(DeleteImageTagRequest(IMAGE, "owner"))
    assert answer.status_code == 204
    until(lambda: sdk.tags(IMAGE) == {**before, "empty": ""})


def test_removing_a_tag_that_is_not_there_is_a_404(sdk: Sdk) -> None:
    with pytest.raises(ClientRequestException) as refused:
        sdk.ims.delete_image_tag(DeleteImageTagRequest(IMAGE, "nowhere"))

    assert refused.value.status_code == 404


def test_a_batch_of_tags_may_be_repeated_both_ways(sdk: Sdk) -> None:
    before = sdk.tags(IMAGE)
    new = [ResourceTag("k1", "v.1"), ResourceTag("k2", "v2")]

    def batch(action: str) -> None:
        body = BatchAddOrDeleteTagsRequestBody(action, new)
        answer = sdk.ims.batch_add_or_delete_tags(BatchAddOrDeleteTagsRequest(IMAGE, body))
        assert answer.status_code == 204

    for _turn in range(2):
        batch("create")
        until(lambda: sdk.tags(IMAGE) == {**before, "k1": "v.1", "k2": "v2"})
    for _turn in range(2):
        batch("delete")
        until(lambda: sdk.tags(IMAGE) == before)


def test_the_newer_batch_deletion_removes_the_tags_named(sdk: Sdk) -> None:
    before = sdk.tags(IMAGE)
    new = [ResourceTag("k1", "v1"), ResourceTag("k2", "v2")]
    body = BatchAddOrDeleteTagsRequestBody("create", new)
    sdk.ims.batch_add_or_delete_tags(BatchAddOrDeleteTagsRequest(IMAGE, body))
    until(lambda: len(sdk.tags(IMAGE)) == len(before) + 2)

    sdk.ims.batch_delete_tags(BatchDeleteTagsRequest(IMAGE, BatchDeleteTagsRequestBody(new)))

    until(lambda: sdk.tags(IMAGE) == before)


def test_the_legacy_tag_call_takes_both_forms(sdk: Sdk) -> None:
    before = sdk.tags(IMAGE)
    of_all = set(sdk.ims.list_tags(ListTagsRequest(id=IMAGE)).tags)
    for body in (
        AddOrUpdateTagsRequestBody(IMAGE, tag="old.form.value"),
        AddOrUpdateTagsRequestBody(IMAGE, image_tag=ResourceTag("new", "form")),
    ):
        answer = sdk.ims.create_or_update_tags(CreateOrUpdateTagsRequest(body))
        assert answer.status_code == 204

    until(lambda: sdk.tags(IMAGE) == {**before, "old": "form.value", "new": "form"})
    # The legacy list is of the tags of all images.
    new = {"old.form.value", "new.form"}
    until(lambda: set(sdk.ims.list_tags(ListTagsRequest(id=IMAGE)).tags) == of_all | new)


def test_tagged_images_are_found_by_their_tag(sdk: Sdk) -> None:
    body = AddImageTagRequestBody(ResourceTag("purpose", "golden"))
    sdk.ims.add_image_tag(AddImageTagRequest(IMAGE, body))

    found = until(lambda: sdk.list_images(tag="purpose=golden"))

    assert [image.id for image in found] == [IMAGE]
    wanted = ListImageByTagsRequestBody("filter", tags=[Tags("purpose", ["golden", "other"])])
    answer = sdk.ims.list_image_by_tags(ListImageByTagsRequest(wanted))
    assert answer.total_count == 1
    assert [resource.resource_id for resource in answer.resources] == [IMAGE]
    assert ("purpose", "golden") in {(t.key, t.value) for t in answer.resources[0].tags}
    everywhere = sdk.ims.list_images_tags(ListImagesTagsRequest()).tags
    assert {tag.key: tag.values for tag in everywhere}["purpose"] == ["golden"]


def test_glance_tags_come_and_go(sdk: Sdk) -> None:
    tag = "plain"
    image = sdk.image(IMAGE)
    assert image is not None
    before = set(image.tags)

    sdk.ims.glance_create_tag(GlanceCreateTagRequest(IMAGE, tag))
    until(lambda: set(sdk.image(IMAGE).tags) - before)  # type: ignore[union-attr]
    sdk.ims.glance_delete_tag(GlanceDeleteTagRequest(IMAGE, tag))
    until(lambda: set(sdk.image(IMAGE).tags) == before)  # type: ignore[union-attr]


# --- DELETE


def test_a_deleted_image_leaves_the_list_and_glance(sdk: Sdk) -> None:
    delete(sdk, IMAGE)

    assert gone(sdk, IMAGE)
    with pytest.raises(ClientRequestException) as unknown:
        sdk.ims.glance_show_image(GlanceShowImageRequest(IMAGE))
    assert unknown.value.status_code == 404


def test_the_backup_of_a_deleted_whole_image_stays_unless_asked_otherwise(sdk: Sdk) -> None:
    job_id = whole_image(sdk, name="w", backup_id=BACKUP, whole_image_type="CBR")
    image = sdk.created_image(job_id)

    delete(sdk, image.id)

    assert gone(sdk, image.id)
    backup = sdk.cbr.show_backup(ShowBackupRequest(BACKUP)).backup
    assert backup.status == "available"
    assert not backup.extend_info.os_images_data


def test_a_whole_image_takes_its_backup_along_if_asked_to(sdk: Sdk) -> None:
    job_id = whole_image(sdk, name="w", backup_id=BACKUP, whole_image_type="CBR")
    image = sdk.created_image(job_id)

    delete(sdk, image.id, GlanceDeleteImageRequestBody(delete_backup=True))

    assert gone(sdk, image.id)

    def backup_gone() -> bool:
        try:
            status = sdk.cbr.show_backup(ShowBackupRequest(BACKUP)).backup.status
        except ClientRequestException as error:
            if (error.status_code, error.error_code) != (404, "BackupService.6200"):
                raise
            return True
        assert status in {"available", "deleting"}
        return False

    until(backup_gone)


def test_a_backup_with_an_image_cannot_be_deleted_until_the_image_is_gone(sdk: Sdk) -> None:
    job_id = whole_image(sdk, name="w", backup_id=BACKUP, whole_image_type="CBR")
    image = sdk.created_image(job_id)

    with pytest.raises(ClientRequestException) as refused:
        sdk.cbr.delete_backup(DeleteBackupRequest(BACKUP))
    assert (refused.value.status_code, refused.value.error_code) == (400, "BackupService.6204")

    delete(sdk, image.id)
    gone(sdk, image.id)
    assert sdk.cbr.delete_backup(DeleteBackupRequest(BACKUP)).status_code in {200, 202, 204}


def test_protected_and_foreign_images_stay(sdk: Sdk, simulator: RunningSimulator) -> None:
    project = simulator.facts["project_id"]
    images = sdk.list_images()
    protected = next(i for i in images if i.protected and i.owner == project)
    public = next(i for i in images if i.imagetype == "gold")
    shared = next(i for i in images if i.imagetype == "shared" and i.owner != project)

    for image, codes in (
        (protected, {"IMG.0028", "IMG.0091"}),
        (public, {"IMG.0094", "IMG.0091"}),
        (shared, {"IMG.0092"}),
    ):
        with pytest.raises(ClientRequestException) as refused:
            sdk.ims.glance_delete_image(GlanceDeleteImageRequest(image.id))
        assert refused.value.status_code in {400, 403}
        assert refused.value.error_code in codes
        assert sdk.image(image.id) is not None


def test_an_unknown_image_cannot_be_deleted(sdk: Sdk) -> None:
    with pytest.raises(ClientRequestException) as refused:
        sdk.ims.glance_delete_image(GlanceDeleteImageRequest(NOBODY))

    assert refused.value.status_code == 404
