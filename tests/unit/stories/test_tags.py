# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags are read as they are, in both forms in which lists show them: also keys that contain a
dot."""

from __future__ import annotations

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import (
    Image,
    parse_tags,
)
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE

from .conftest import Cloud, in_lists, ok

READ: dict[str, tuple[str, dict[str, str]]] = {
    "equals sign": ("team=web", {"team": "web"}),
    "equals sign behind a dot": ("cost.center=42", {"cost.center": "42"}),
    "dots on both sides of an equals sign": ("cost.center=4.2", {"cost.center": "4.2"}),
    "no value": ("team=", {"team": ""}),
    "second equals sign": ("team=a=b", {"team": "a=b"}),
    "dot": ("team.web", {"team": "web"}),
    "second dot": ("version.1.2", {"version": "1.2"}),
    "key alone": ("golden", {"golden": ""}),
}


@pytest.mark.parametrize(("item", "tags"), READ.values(), ids=READ)
def test_an_equals_sign_splits_and_without_one_the_first_dot(
    item: str, tags: dict[str, str]
) -> None:
    assert parse_tags([item]) == tags


@pytest.mark.parametrize(
    ("items", "certain"),
    [(["a=1", "b.c=2"], True), (["a.1"], True), (["a=1", "b.c.d"], False), (None, False)],
    ids=str,
)
def test_tags_are_certain_unless_several_dots_could_end_the_key(
    items: list[str] | None, certain: bool
) -> None:
    image = Image.from_wire({"id": IMAGE, "name": "web", "status": "active", "tags": items})

    assert (image.certain_tags is not None) == certain


def _images(cloud: Cloud, **arguments: str) -> dict[str, dict[str, str]]:
    listed = ok(cloud.run("image_info", **arguments))
    return {image["name"]: image["tags"] for image in listed["images"]}


@pytest.mark.parametrize("form", ["key=value", "key.value"])
def test_a_filter_finds_tags_with_dots_by_their_whole_key(tame: Cloud, form: str) -> None:
    tame.switch(tag_keys="flexible-engine", image_tags_as=form)
    tags = {"dotted": {"cost.center": "42"}, "version": {"version": "1.2"}}
    for name, wanted in tags.items():
        ok(tame.run("image_copy", name=name, source_image=IMAGE, image_tags=wanted))

    assert _images(tame, tag="cost.center=42") == {"dotted": tags["dotted"]}
    assert _images(tame, tag="cost") == {}
    assert _images(tame, tag="version=1.2") == {"version": tags["version"]}
    assert _images(tame, tag="version.1.2") == {"version": tags["version"]}


def test_a_list_without_a_filter_costs_no_request_for_each_image(tame: Cloud) -> None:
    tame.switch(image_tags_as="key.value")
    ok(tame.run("image_copy", name="web", source_image=IMAGE, image_tags={"version": "1.2"}))
    tame.forget_requests()

    assert _images(tame)["web"] == {"version": "1.2"}
    assert set(tame.requests()) == {"GET /v2/cloudimages"}


# --- a region without the calls for tags


@pytest.mark.parametrize("how", ["gateway", "page"])
@pytest.mark.parametrize("listed", [True, False])
def test_images_are_listed_where_the_cloud_has_no_tag_calls(
    cloud: Cloud, how: str, listed: bool
) -> None:
    if not listed:
        cloud.retell = in_lists(lambda image: image.pop("tags", None))
    expected = ok(cloud.run("image_info"))
    cloud.switch(tag_calls=how)
    cloud.forget_requests()

    result = ok(cloud.run("image_info"))

    assert [one["id"] for one in result["images"]] == [one["id"] for one in expected["images"]]
    assert any("does not have the call" in text for text in result["warnings"]) == (not listed)
    assert len([call for call in cloud.requests("GET") if call.endswith("/tags")]) <= 1


def test_images_are_filtered_by_tag_where_the_cloud_has_no_tag_calls(cloud: Cloud) -> None:
    cloud.switch(image_tags_as="key.value")
    tagged = ok(cloud.run("image_info", tag="env=prod"))
    cloud.switch(tag_calls="gateway")

    result = ok(cloud.run("image_info", tag="env=prod"))

    assert result["images"] == tagged["images"]
