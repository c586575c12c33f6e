# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job, or the answer to a create request, that names an image which existed before: that is never
taken for the new image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import VOLUME

from .conftest import Cloud, Retell, ok
from .kinds import KINDS

Json = dict[str, Any]

REPLACE = {"if_source_differs": "replace"}
LOOKS: Json = {"min_ram": 1024, "image_tags": {"tier": "web"}}

# Kind -> another source of the same kind, of which the old image is.
OTHERS: dict[str, Json] = {
    "server": {"instance": "web-01-old"},
    "backup": {"backup": "nightly-1"},
    "disk": {"volume": "data-available"},
    "image": {"source_image": "limited-image"},
    "system file": {"image_url": "ims-image:batch-01.zvhd2"},
}
every_kind = pytest.mark.parametrize("kind", OTHERS)


def task(kind: str, **more: Any) -> tuple[str, Json]:
    module, arguments = KINDS[kind]
    return module, {"name": "web", **arguments, **more}


def old_image(cloud: Cloud, kind: str) -> str:
    """The id of the image that is to be replaced."""
    module, arguments = task(kind, **OTHERS[kind])
    arguments = {k: v for k, v in arguments.items() if k != "vault"}
    image_id: str = ok(cloud.run(module, **arguments))["image_id"]
    cloud.clock.advance(3600)
    cloud.forget_requests()
    return image_id


def naming(image_id: str, hidden: bool = False, old: str = "") -> Retell:
    """A cloud whose jobs and exports name that image; hidden: its lists show no new image of the
    name."""

    def retell(call: str, told: Any) -> Any:
        if "/jobs/" in call:
            if told["status"] != "INIT":
                told["entities"] = {"image_id": image_id}
        elif call.startswith("POST") and "/volumes/" in call:
            told["os-volume_upload_image"]["image_id"] = image_id
        elif call == "GET /v2/cloudimages" and hidden:
            shown = told["images"]
            told["images"] = [i for i in shown if i["name"] != "web" or i["id"] == old]
        return told

    return retell


def untouched(cloud: Cloud, image_id: str) -> bool:
    """Was nothing of the image written?"""
    written = cloud.requests("PATCH", "DELETE", "PUT")
    return not [call for call in written if image_id in call] and not [
        call for call in cloud.requests("POST") if f"/images/{image_id}/tags" in call
    ]


# --- the old image of the name


@every_kind
def test_the_new_image_is_found_by_its_name(cloud: Cloud, kind: str) -> None:
    old = old_image(cloud, kind)
    cloud.retell = naming(old)
    module, arguments = task(kind, **REPLACE, **LOOKS)

    result = ok(cloud.run(module, **arguments))

    [new] = cloud.images("web")
    assert new["id"] == result["image_id"] != old
    assert (new["min_ram"], new["tags"]) == (1024, {"tier": "web"})
    assert len(cloud.creates()) == 1


@every_kind
def test_a_task_fails_if_no_new_image_shows_up(cloud: Cloud, kind: str) -> None:
    old = old_image(cloud, kind)
    cloud.retell = naming(old, hidden=True, old=old)
    module, arguments = task(kind, **REPLACE, **LOOKS)

    result = cloud.run(module, **arguments)

    assert result["failed"]
    assert f"image {old}, which existed before" in result["msg"]
    assert result["image_id"] != old
    assert untouched(cloud, old)
    assert len(cloud.creates()) == 1


@every_kind
def test_image_wait_finds_the_new_image_by_its_name(cloud: Cloud, kind: str) -> None:
    old = old_image(cloud, kind)
    cloud.retell = naming(old)
    module, arguments = task(kind, wait=False, **REPLACE, **LOOKS)
    started = ok(cloud.run(module, **arguments))

    result = ok(cloud.run("image_wait", results=[started]))

    [new] = cloud.images("web")
    assert new["id"] == result["image_id"] != old
    assert (new["min_ram"], new["tags"]) == (1024, {"tier": "web"})


@pytest.mark.parametrize("number", [1, 3])
def test_image_wait_fails_if_no_new_image_shows_up(cloud: Cloud, number: int) -> None:
    old = old_image(cloud, "image")
    module, arguments = task("image", wait=False, **REPLACE, **LOOKS)
    started = [ok(cloud.run(module, **arguments))]
    started += [
        ok(cloud.run(module, **{**arguments, "name": f"web-{one}"})) for one in range(1, number)
    ]
    named = naming(old, hidden=True, old=old)
    job = started[0]["job_id"]
    cloud.retell = lambda call, told: (
        named(call, told) if "/jobs/" not in call or job in call else told
    )

    result = cloud.run("image_wait", results=started)

    assert result["failed"]
    assert f"image {old}, which existed before" in result["msg"]
    assert [image["status"] for image in result["images"]] == ["failed"] + ["active"] * (number - 1)
    assert untouched(cloud, old)


def test_image_wait_does_not_take_an_old_image_that_was_handed_to_it(cloud: Cloud) -> None:
    old = old_image(cloud, "disk")
    module, arguments = task("disk", wait=False, **REPLACE, **LOOKS)
    started = ok(cloud.run(module, **arguments))

    result = ok(cloud.run("image_wait", results=[{**started, "image_id": old}]))

    [new] = cloud.images("web")
    assert new["id"] == result["image_id"] == started["image_id"]


def test_an_old_image_that_was_handed_to_image_wait_is_not_reported_as_the_new_one(
    cloud: Cloud,
) -> None:
    old = old_image(cloud, "disk")
    module, arguments = task("disk", wait=False, **REPLACE)
    started = ok(cloud.run(module, **arguments))
    cloud.retell = naming(old, hidden=True, old=old)

    result = cloud.run("image_wait", results=[{**started, "image_id": old}])

    assert result["failed"]
    assert result["image_id"] is None
    assert untouched(cloud, old)


def test_the_next_run_finds_the_new_image_by_its_name(cloud: Cloud, tmp_path: Path) -> None:
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    old = old_image(cloud, "image")
    module, arguments = task("image", **REPLACE, **LOOKS)
    ok(cloud.run(module, wait=False, **arguments))
    cloud.retell = naming(old)
    cloud.clock.advance(600)

    result = ok(cloud.run(module, **arguments))

    [new] = cloud.images("web")
    assert new["id"] == result["image_id"] != old
    assert new["min_ram"] == 1024
    assert len(cloud.creates()) == 1


def test_absent_does_not_take_an_old_image_for_the_new_one(cloud: Cloud, tmp_path: Path) -> None:
    """It deletes what bears the name, and nothing that the job names beside."""
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    other = cloud.thing("images", "limited-image")["id"]
    module, arguments = task("image")
    ok(cloud.run(module, wait=False, **arguments))
    cloud.retell = naming(other)

    ok(cloud.run(module, name="web", state="absent"))

    assert cloud.images("web") == []
    assert untouched(cloud, other)


# --- any other image


@pytest.mark.parametrize("policy", [REPLACE, {"max_age": "30m"}, {}], ids=str)
def test_another_image_of_the_project_is_not_taken_either(cloud: Cloud, policy: Json) -> None:
    if policy:
        module, arguments = task("image", **(OTHERS["image"] if policy == REPLACE else {}))
        ok(cloud.run(module, **arguments))
        cloud.clock.advance(3600)
        cloud.forget_requests()
    other = cloud.thing("images", "arm-image")["id"]
    cloud.retell = naming(other)
    module, arguments = task("image", **policy, **LOOKS)

    result = ok(cloud.run(module, **arguments))

    [new] = cloud.images("web")
    assert new["id"] == result["image_id"] != other
    assert untouched(cloud, other)


@pytest.mark.parametrize("waits", ["task", "image_wait"])
def test_the_source_of_a_copy_is_not_its_copy(cloud: Cloud, waits: str) -> None:
    source = cloud.thing("images", "linux-base")["id"]
    cloud.retell = naming(source)
    module, arguments = task("image", **LOOKS)

    if waits == "task":
        result = ok(cloud.run(module, **arguments))
    else:
        started = ok(cloud.run(module, wait=False, **arguments))
        result = ok(cloud.run("image_wait", results=[started]))

    assert result["image_id"] == cloud.images("web")[0]["id"] != source
    assert untouched(cloud, source)


def test_image_wait_writes_nothing_to_an_image_of_another_name(cloud: Cloud) -> None:
    old = old_image(cloud, "image")
    other = cloud.thing("images", "arm-image")["id"]
    module, arguments = task("image", wait=False, **REPLACE, **LOOKS)
    started = ok(cloud.run(module, **arguments))
    cloud.retell = naming(other)

    result = cloud.run("image_wait", results=[started])

    assert result["failed"]
    assert f"image {other} is called 'arm-image' and not 'web'" in result["msg"]
    assert untouched(cloud, other)
    assert untouched(cloud, old)


def test_an_image_that_was_renamed_after_it_was_finished_is_no_failure(cloud: Cloud) -> None:
    module, arguments = task("image", wait=False, **LOOKS)
    started = ok(cloud.run(module, **arguments))
    new = ok(cloud.run("image_wait", results=[started]))["image_id"]
    ok(cloud.run("image", image=new, name="mine"))

    again = ok(cloud.run("image_wait", results=[started]))

    assert not again["changed"]
    assert again["image_id"] == new


@pytest.mark.parametrize("may_rename_existing", [True, False])
def test_an_export_that_names_another_image_is_not_believed(
    cloud: Cloud, may_rename_existing: bool
) -> None:
    other = cloud.thing("images", "arm-image")["id"]
    cloud.retell = naming(other)
    more = {"max_age": "1d"} if may_rename_existing else {}

    result = ok(
        cloud.run("volume_image_export", name="web", volume=VOLUME, description="d", **more)
    )

    assert result["image_id"] == cloud.images("web")[0]["id"]
    assert untouched(cloud, other)
