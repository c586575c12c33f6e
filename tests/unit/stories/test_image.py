# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules image and image_info: any image of the project, changed, deleted, listed."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Cloud, in_lists, ok

CHANGES: dict[str, tuple[dict[str, Any], str, Any]] = {
    "rename": ({"name": "linux-renamed"}, "name", "linux-renamed"),
    "description": ({"description": "new words"}, "description", "new words"),
    "min_ram": ({"min_ram": 2048}, "min_ram", 2048),
    "max_ram": ({"max_ram": 4096}, "max_ram", 4096),
    "protection": ({"protected": True}, "protected", True),
    "tags": ({"image_tags": {"a": "b"}}, "tags", {"a": "b"}),
    "enterprise project": ({"enterprise_project_id": "0"}, "enterprise_project_id", "0"),
}


@pytest.mark.parametrize(("change", "attribute", "value"), CHANGES.values(), ids=CHANGES.keys())
def test_each_attribute_is_changed_once(
    cloud: Cloud, change: dict[str, Any], attribute: str, value: Any
) -> None:
    [before] = cloud.images("eps-image")
    predicted = ok(cloud.run("image", check_mode=True, image=before["id"], **change))
    assert cloud.requests("POST", "PATCH", "DELETE") == []

    changed = ok(cloud.run("image", image=before["id"], **change))
    cloud.unchanged("image", image=before["id"], **change)

    assert changed["changed"]
    assert changed["image"][attribute] == value
    assert (predicted["actions"], predicted["diff"]) == (changed["actions"], changed["diff"])


def test_two_images_of_a_name_differ_by_id_only(cloud: Cloud) -> None:
    result = cloud.run("image", image="twin-image", description="x")

    assert all(image["id"] in result["msg"] for image in cloud.images("twin-image"))


def test_an_image_of_somebody_else_is_not_changed(cloud: Cloud) -> None:
    [image] = cloud.images("shared-accepted")

    result = cloud.run("image", image=image["id"], description="mine now")

    assert "owner" in result["msg"]
    assert cloud.requests("PATCH") == []


def test_an_image_is_deleted_and_stays_deleted(cloud: Cloud) -> None:
    gone = ok(cloud.run("image", image="limited-image", state="absent"))
    again = ok(cloud.run("image", image="limited-image", state="absent"))

    assert gone["changed"]
    assert cloud.images("limited-image") == []
    assert not again["changed"]


def test_an_image_to_delete_can_be_selected_by_name_as_in_the_modules_that_create_images(
    cloud: Cloud,
) -> None:
    predicted = ok(cloud.run("image", name="limited-image", state="absent", check_mode=True))
    gone = ok(cloud.run("image", name="limited-image", state="absent"))
    again = ok(cloud.run("image", name="limited-image", state="absent"))

    assert (predicted["actions"], predicted["diff"]) == (gone["actions"], gone["diff"])
    assert gone["changed"]
    assert cloud.images("limited-image") == []
    assert not again["changed"]


@pytest.mark.parametrize("option", ["image", "name"])
def test_several_images_of_a_name_are_deleted_only_if_asked_for(cloud: Cloud, option: str) -> None:
    twins = cloud.images("twin-image")

    refused = cloud.run("image", state="absent", **{option: "twin-image"})

    assert all(image["id"] in refused["msg"] for image in twins)
    assert cloud.images("twin-image") == twins


def test_an_image_type_beside_the_visibility_narrows_it(cloud: Cloud) -> None:
    own = ok(cloud.run("image_info", visibility="public", image_type="private"))
    gold = ok(cloud.run("image_info", visibility="public", image_type="gold"))
    public = ok(cloud.run("image_info", visibility="public"))

    assert own["images"] == []
    assert len(gold["images"]) == len(public["images"]) > 100


@pytest.mark.parametrize("ignored", [[], ["ims.visibility"]], ids=["heeded", "ignored"])
def test_public_images_are_found_where_lists_do_not_tell_the_visibility(
    cloud: Cloud, ignored: list[str]
) -> None:
    cloud.retell = in_lists(lambda image: image.pop("visibility"))
    cloud.switch(ignored_filters=ignored)

    listed = ok(cloud.run("image_info", visibility="public"))["images"]

    assert {image["image_type"] for image in listed} == {"gold"}


@pytest.mark.parametrize("origin", ["vault", "backup", "absent"])
def test_a_whole_image_without_a_backup_id_shows_no_vault_as_its_backup(
    tame: Cloud, origin: str
) -> None:
    tame.switch(server_data_origin=origin, backup_id="absent", new_attributes="refused")

    made = ok(tame.run("whole_image", name="whole", instance="web-01"))["image"]
    [listed] = ok(tame.run("image_info", name="whole"))["images"]

    for image in (made, listed):
        assert image["whole_image"]
        assert (image["source"], image["backup_id"]) == (None, None)


def test_the_output_is_that_of_the_module_that_made_the_image(cloud: Cloud) -> None:
    made = ok(
        cloud.run(
            "volume_image_export",
            name="web-data",
            volume="evs-ims-test",
            min_ram=1024,
            image_tags={"tier": "web"},
        )
    )

    by_source = ok(cloud.run("image_info", source=made["image"]["source"]["id"], most_recent=True))
    by_tag = ok(cloud.run("image_info", tag="tier=web"))

    assert by_source["images"] == [made["image"]]
    assert by_tag["images"] == [made["image"]]


def test_ages_go_by_the_cloud(cloud: Cloud) -> None:
    made = ok(cloud.run("volume_image_export", name="young", volume="evs-ims-test"))

    younger = ok(cloud.run("image_info", newer_than="1h"))
    older = ok(cloud.run("image_info", older_than="1h"))

    assert [image["id"] for image in younger["images"]] == [made["image_id"]]
    assert made["image_id"] not in [image["id"] for image in older["images"]]


def test_a_query_is_applied_to_the_images(cloud: Cloud) -> None:
    result = ok(cloud.run("image_info", name="limited-image", query="[].name"))

    assert result["result"] == ["limited-image"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("no_such(@)", "no function no_such()"),
        ("sort_by(@, &lower(name))", "no function lower()"),
        ("[].{a: max_by(@, &nope(@))}", "no function nope()"),
        ("[[" * 2000, "no JMESPath expression"),
        ("", "no JMESPath expression"),
    ],
)
def test_a_query_that_can_never_work_is_refused_before_any_request(
    cloud: Cloud, query: str, said: str
) -> None:
    result = cloud.run("image_info", query=query)

    assert result["failed"]
    assert result["msg"].startswith("query: ")
    assert said in result["msg"]
    assert cloud.requests() == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sort_by(@, &tags)", "sort_by()"),
        ("[?min_disk > 'a']", "not supported between instances of 'int' and 'str'"),
        ("length()", "received 0"),
        ("[].name | sum(@)", "sum()"),
        ("[::0]", "slice step cannot be zero"),
        ("&name", "not JSON serializable"),
        ("to_number('inf')", "Out of range"),
        ("ceil(to_number('inf'))", "infinity"),
        ("[*]|" * 3000 + "@", "recursion"),
    ],
)
def test_a_query_that_does_not_fit_the_images_is_reported_with_the_reason(
    cloud: Cloud, query: str, said: str
) -> None:
    result = cloud.run("image_info", query=query)

    assert result["failed"]
    assert result["msg"].startswith("query: ")
    assert query[:20] in result["msg"]
    assert "cannot be applied to the images" in result["msg"]
    assert said in result["msg"]
    assert "bug" not in result["msg"]


def patched(cloud: Cloud) -> list[list[str]]:
    """The attributes that each PATCH has set."""
    patches = (entry["body"] for entry in cloud.simulator.requests if entry["method"] == "PATCH")
    return [[operation["path"] for operation in body] for body in patches]


def test_protection_is_set_by_a_request_of_its_own(tame: Cloud) -> None:
    ok(tame.run("image", image="limited-image", min_ram=2048, description="new"))
    ok(tame.run("image", image="limited-image", protected=True))
    ok(tame.run("image", image="limited-image", protected=False, min_ram=1024))

    assert [len(paths) for paths in patched(tame)] == [2, 1, 1, 1]
    assert patched(tame)[1:] == [["/protected"], ["/min_ram"], ["/protected"]]


@pytest.mark.parametrize("rename", [{}, {"name": "linux-renamed"}], ids=["in place", "renamed"])
def test_a_cloud_that_refuses_protection_makes_the_other_changes(
    tame: Cloud, rename: dict[str, str]
) -> None:
    tame.switch(protection="refused")
    [before] = tame.images("limited-image")
    wanted = {"description": "new", "image_tags": {"a": "b"}, **rename}

    result = tame.run("image", image=before["id"], protected=True, **wanted)

    assert result["failed"]
    assert f"setting protected of image 'limited-image' ({before['id']})" in result["msg"]
    assert "omit protected. The other changes were made." in result["msg"]
    assert result["error"]["code"] == "IMG.0105"
    [after] = tame.images(rename.get("name", "limited-image"))
    assert (after["description"], after["tags"]) == ("new", {"a": "b"})
    assert not after["protected"]
    tame.unchanged("image", image=before["id"], **wanted)


def test_an_ambiguous_answer_about_protection_renames_nothing(tame: Cloud) -> None:
    tame.rules({"method": "PATCH", "body": "protected", "action": "answer", "status": 500})
    [before] = tame.images("limited-image")

    result = tame.run("image", image=before["id"], protected=True, name="linux-renamed")

    assert result["failed"]
    assert "The other changes" not in result["msg"]
    assert len(tame.images("limited-image")) == 1


# --- images that cannot be changed, names that just changed
