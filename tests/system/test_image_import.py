# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role image_import and its playbook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra

IMPORT = "POST /v2/cloudimages/quickimport/action"
FAR = {"all": {"hosts": {"far": {"ansible_host": "192.0.2.1"}}}}


def _play(folder: Path, files: list[dict[str, Any]], **more: Any) -> list[str]:
    """On a host where nobody answers (RFC 5737), with privileges: whatever is not delegated
    fails."""
    role = {"ansible.builtin.include_role": {"name": "huaweicloud.ims.image_import"}}
    task = {**role, "vars": {"image_import_files": files, **more}}
    play = {"hosts": "all", "gather_facts": False, "become": True, "tasks": [task]}
    playbook, inventory = folder / "play.yml", folder / "inventory.json"
    playbook.write_text(yaml.safe_dump([play]))
    inventory.write_text(json.dumps(FAR))
    return [str(playbook), "-i", str(inventory)]


def test_the_playbook_predicts_imports_all_at_once_and_finds_them_there(
    cloud: RunningCloud,
) -> None:
    urls = "ims-image:batch-01.zvhd2, ims-image:batch-02.zvhd2,ims-image:batch-03.zvhd2"
    command = [
        *("huaweicloud.ims.image_import", "-e", f"image_urls='{urls}'", "-e", "min_disk=40"),
        *extra(os_version=CENTOS, image_tags='{"tier": "web"}', architecture=""),
    ]

    predicted = cloud.succeed(*command, "--check", "--diff")
    assert cloud.writes() == []
    done = cloud.succeed(*command)
    written = cloud.writes()
    again = cloud.succeed(*command)

    images, names = cloud.images(), ["batch-01", "batch-02", "batch-03"]
    assert done.stats["image_import_images"] == {
        name: {"id": images[name]["id"], "status": "active", "changed": True, "msg": ""}
        for name in names
    }
    assert {images[name]["status"] for name in names} == {"active"}
    [result] = predicted.of("image_batch")
    assert [image["tags"] for image in result["diff"]["after"]["images"]] == [{"tier": "web"}] * 3
    calls = [f"{call['method']} {call['path']}" for call in cloud.requests()]
    creates = [number for number, call in enumerate(calls) if call == IMPORT]
    polls = [number for number, call in enumerate(calls) if "/jobs/" in call]
    assert len(creates) == 3
    assert max(creates) < min(polls)  # all were started before the first was waited for
    assert predicted.changed > 0
    assert (again.changed, cloud.writes()) == (0, written)
    foretold = predicted.stats["image_import_images"]
    assert sorted(foretold) == names
    assert {(told["id"], told["changed"]) for told in foretold.values()} == {("", True)}


def test_a_file_that_cannot_be_imported_does_not_keep_the_others(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    system = {"min_disk": 40, "os_version": CENTOS}
    command = _play(
        tmp_path,
        [
            {"image_url": "ims-image:batch-01.zvhd2", "name": "one", **system},
            {"image_url": "ims-image:not-there.zvhd2", **system},
            {"image_url": "ims-image:real.qcow2", "name": "wrong", **system},
            {
                "image_url": "ims-image:batch-02.zvhd2",
                "name": "data",
                "type": "DataImage",
                "min_disk": 40,
                "os_type": "Linux",
            },
        ],
    )

    played = cloud.play(*command)

    assert played.returncode != 0
    published = played.stats["image_import_images"]
    assert {name: told["status"] for name, told in published.items()} == {
        "one": "active",
        "not-there": "failed",
        "wrong": "failed",
        "data": "active",
    }
    assert "2 of 4 images failed" in played.message
    for name in ("not-there", "wrong"):
        assert published[name]["msg"]
        assert name in played.message
    assert cloud.images()["data"]["status"] == "active"


def test_an_empty_name_is_not_replaced_by_that_of_the_file(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    file = {"image_url": "ims-image:batch-01.zvhd2", "min_disk": 40, "os_version": CENTOS}

    played = cloud.play(*_play(tmp_path, [{**file, "name": "", "if_source_differs": "replace"}]))

    assert played.returncode != 0
    assert "image_import_files[0].name: given, but empty" in played.message
    assert cloud.writes() == []


def test_what_is_missing_is_said_before_anything_is_asked(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    played = cloud.play(*_play(tmp_path, [{"image_url": "ims-image:batch-01.zvhd2"}]))

    assert played.returncode != 0
    assert "min_disk" in str(played.results[-1]["result"])
    assert cloud.requests() == []


def test_a_controller_that_cannot_be_reached_is_a_failure(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    files = [{"image_url": "my-bucket:web.zvhd2", "min_disk": 40, "type": "DataImage"}]
    command = _play(tmp_path, files, image_import_delegate_to="far")
    path = Path(command[0])
    [play] = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump([{**play, "ignore_unreachable": True}]))

    played = cloud.play(*command, ANSIBLE_SSH_ARGS="-o ConnectTimeout=1")

    assert played.returncode == 2
    assert played.message.startswith("far, which calls the cloud, is unreachable: ")
