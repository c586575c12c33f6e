# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role golden_image, from plays as users write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud

KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4"
DATE = {"golden_image_date": "2026-01-02"}
# Nobody answers at these addresses (RFC 5737): whatever is not delegated fails.
INVENTORY = {
    "web": {
        "hosts": {
            "fleet-01": {"ansible_host": "192.0.2.1"},
            "fleet-02": {"ansible_host": "192.0.2.2"},
        },
        "vars": {"ansible_ssh_common_args": "-o ConnectTimeout=1", "ansible_become": True},
    }
}


def _play(folder: Path, hosts: str, **variables: Any) -> list[str]:
    """The command line that runs the role on `hosts` with `variables`."""
    role = {"name": "huaweicloud.ims.golden_image"}
    task = {"ansible.builtin.include_role": role, "vars": {**DATE, **variables}}
    play = {"hosts": hosts, "gather_facts": False, "tasks": [task]}
    playbook, inventory = folder / "play.yml", folder / "inventory.json"
    playbook.write_text(yaml.safe_dump([play]))
    inventory.write_text(json.dumps(INVENTORY))
    return [str(playbook), "-i", str(inventory)]


def test_each_host_of_a_play_bakes_its_own_server(cloud: RunningCloud, tmp_path: Path) -> None:
    servers = [{"instance": "{{ inventory_hostname }}", "image_tags": {"tier": "web"}}]
    command = _play(tmp_path, "web", golden_image_servers=servers)

    predicted = cloud.succeed(*command, "--check")
    assert cloud.writes() == []
    first = cloud.succeed(*command)
    written = cloud.writes()
    second = cloud.succeed(*command)

    assert (predicted.changed, first.changed, second.changed) == (2, 2, 0)
    assert cloud.writes() == written
    images, names = cloud.images(), ["fleet-01-2026-01-02", "fleet-02-2026-01-02"]
    assert {name: images[name]["status"] for name in names} == dict.fromkeys(names, "active")
    published = first.stats["golden_image_images"]
    assert published == {
        name: {"id": images[name]["id"], "kind": "whole", "changed": True} for name in names
    }
    assert second.stats["golden_image_images"] == {
        name: {**image, "changed": False} for name, image in published.items()
    }
    assert predicted.stats["golden_image_images"] == {
        name: {**image, "id": ""} for name, image in published.items()
    }


def test_a_list_of_servers_and_disks_is_made_exported_and_copied_encrypted(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    command = _play(
        tmp_path,
        "localhost",
        golden_image_cmk_id=KEY,
        golden_image_servers=[{"instance": "web-01", "family": "web", "vault": "vault-servers"}],
        golden_image_disks=[
            {"volume": "web-01-data", "family": "web-data", "force": True, "min_ram": 1024},
            {"volume": "data-available", "name": "plain", "cmk_id": ""},
        ],
    )

    predicted = cloud.succeed(*command, "--check")
    assert cloud.writes() == []
    first = cloud.succeed(*command)
    written = cloud.writes()
    second = cloud.succeed(*command)

    assert second.changed == 0
    assert predicted.changed == first.changed
    assert cloud.writes() == written
    published = first.stats["golden_image_images"]
    assert {name: image["kind"] for name, image in published.items()} == {
        "web-2026-01-02": "whole",
        "web-data-2026-01-02": "export",
        "web-data-2026-01-02-encrypted": "copy",
        "plain": "export",
    }
    images = cloud.images()
    assert {name: images[name]["id"] for name in published} == {
        name: image["id"] for name, image in published.items()
    }
    [copy] = [result for result in first.of("image_copy") if not result.get("skipped")]
    assert copy["image"]["cmk_id"] == KEY
    assert copy["image"]["min_ram"] == 1024
    assert copy["image"]["source"]["id"] == published["web-data-2026-01-02"]["id"]


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "golden_image_servers"),
        ({"golden_image_servers": [{"family": "web"}]}, "instance"),
        ({"golden_image_disks": [{"volume": "web-01-data", "disk_format": "vmdk"}]}, "disk_format"),
    ],
    ids=["nothing to make", "no server", "unknown format"],
)
def test_wrong_variables_are_named_before_anything_is_asked(
    cloud: RunningCloud, tmp_path: Path, variables: dict[str, Any], named: str
) -> None:
    played = cloud.play(*_play(tmp_path, "localhost", **variables))

    assert played.returncode != 0
    assert named in str([line["result"] for line in played.results if line["status"] == "failed"])
    assert cloud.requests() == []
