# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /v2/cloudimages as the vendor's SDK reads it: types, filters, order, pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE, KEY, NOBODY
from huaweicloudsdkims.v2 import ListImagesRequest

from .forms import ENUMS, check_image
from .running import RunningSimulator
from .sdk import UUID, Sdk


def test_every_image_of_the_initial_world_reads_as_the_reference_says(sdk: Sdk) -> None:
    images = sdk.list_images()

    for image in images:
        check_image(image)
    assert IMAGE in {image.id for image in images}
    assert len({image.id for image in images}) == len(images)
    kinds = {(image.virtual_env_type, image.imagetype) for image in images}
    assert {env for env, _kind in kinds} == ENUMS["virtual_env_type"]
    assert {kind for _env, kind in kinds} >= {"gold", "private", "shared"}


def test_booleans_and_numbers_are_no_strings_on_the_wire(sdk: Sdk) -> None:
    # The SDK reads "false" as True, so a wrong type would stay hidden behind its model.
    answer = sdk.ims.list_images(ListImagesRequest())

    for image in json.loads(answer.raw_content)["images"]:
        assert isinstance(image["protected"], bool)
        assert isinstance(image["min_disk"], int)
        assert isinstance(image["min_ram"], int)
        assert image.get("max_ram") is None or isinstance(image["max_ram"], str)
        assert image.get("__os_bit") is None or isinstance(image["__os_bit"], str)


def test_the_image_of_the_copy_example_is_an_ordinary_private_linux_image(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    image = sdk.image(IMAGE)

    assert image is not None
    assert (image.status, image.visibility, image.imagetype) == ("active", "private", "private")
    assert image.owner == simulator.facts["project_id"]
    assert (image.os_type, image.virtual_env_type) == ("Linux", "FusionCompute")
    assert not image.backup_id
    assert not image.system__cmkid


@pytest.mark.parametrize(
    ("query", "attribute", "value"),
    [
        ({"imagetype": "gold"}, "visibility", "public"),
        ({"visibility": "public"}, "imagetype", "gold"),
        ({"imagetype": "private"}, "imagetype", "private"),
        ({"status": "active"}, "status", "active"),
        ({"virtual_env_type": "DataImage"}, "virtual_env_type", "DataImage"),
        ({"virtual_env_type": "Ironic"}, "virtual_env_type", "Ironic"),
        ({"os_type": "Windows"}, "os_type", "Windows"),
        ({"protected": True}, "protected", True),
        ({"disk_format": "iso"}, "virtual_env_type", "IsoImage"),
    ],
)
def test_a_filter_returns_exactly_the_images_that_match(
    sdk: Sdk, query: dict[str, Any], attribute: str, value: Any
) -> None:
    found = {image.id for image in sdk.list_images(**query)}
    expected = {image.id for image in sdk.list_images() if getattr(image, attribute) == value}

    assert found == expected
    assert found


def test_owner_finds_the_images_of_the_project_and_no_others(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    project = simulator.facts["project_id"]
    everything = sdk.list_images()

    own = sdk.list_images(owner=project)

    assert {image.id for image in own} == {i.id for i in everything if i.owner == project}
    assert {image.owner for image in everything} > {project}


def test_the_name_filter_is_exact(sdk: Sdk) -> None:
    image = sdk.image(IMAGE)
    assert image is not None

    assert IMAGE in {found.id for found in sdk.list_images(name=image.name)}
    assert {found.name for found in sdk.list_images(name=image.name)} == {image.name}
    assert sdk.list_images(name=image.name[:-1]) == []


def test_an_unknown_id_is_an_empty_list(sdk: Sdk) -> None:
    assert sdk.list_images(id=NOBODY) == []


def test_encrypted_images_name_their_key(sdk: Sdk) -> None:
    keys = {image.system__cmkid for image in sdk.list_images() if image.system__cmkid}

    assert all(UUID.fullmatch(key) for key in keys)
    assert keys
    assert KEY not in {image.system__cmkid for image in sdk.list_images(id=IMAGE)}


@pytest.mark.parametrize("size", [1, 2, 7])
def test_pages_by_marker_add_up_to_the_whole_list(
    sdk: Sdk, simulator: RunningSimulator, size: int
) -> None:
    owner = simulator.facts["project_id"]
    whole = [image.id for image in sdk.list_images(owner=owner)]

    paged: list[str] = []
    marker = None
    while page := sdk.list_images(owner=owner, limit=size, marker=marker):
        assert len(page) <= size
        paged.extend(image.id for image in page)
        marker = page[-1].id

    assert paged == whole
    assert len(whole) > size


def test_the_newest_image_comes_first_unless_another_order_is_asked_for(sdk: Sdk) -> None:
    newest_first = [image.created_at for image in sdk.list_images()]
    by_name = [image.name for image in sdk.list_images(sort_key="name", sort_dir="asc")]

    assert newest_first == sorted(newest_first, reverse=True)
    assert by_name == sorted(by_name)


def test_creation_time_filters_split_the_list_in_two(sdk: Sdk) -> None:
    images = sdk.list_images()
    middle = images[len(images) // 2].created_at

    later = {image.id for image in sdk.list_images(created_at=f"gt:{middle}")}
    not_later = {image.id for image in sdk.list_images(created_at=f"lte:{middle}")}

    assert later == {image.id for image in images if image.created_at > middle}
    assert not_later == {image.id for image in images if image.created_at <= middle}
    assert later
    assert not_later
