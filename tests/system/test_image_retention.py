# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role image_retention and its playbook. What is kept and why is proved in the unit tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra

# The seed of the simulator: encrypted-other-key is a day younger than encrypted-documents-key.
FAMILY = ("-e", "image_name=encrypted-*", "-e", "keep_newest=1")
PLAYBOOK = ("huaweicloud.ims.image_retention", *FAMILY)


def test_the_playbook_predicts_what_goes_deletes_it_and_finds_nothing_more(
    cloud: RunningCloud,
) -> None:
    before = cloud.images()
    predicted = cloud.succeed(*PLAYBOOK, "--check", "--diff")
    assert cloud.writes() == []

    done = cloud.succeed(
        *PLAYBOOK,
        *extra(
            tag="",
            source="",
            keep="",
            keep_younger_than="",
            delete_backup="",
            wait="",
            enterprise_project_id="",
        ),
    )
    written = cloud.writes()
    again = cloud.succeed(*PLAYBOOK)

    gone, kept = before["encrypted-documents-key"], before["encrypted-other-key"]
    assert (predicted.changed, done.changed, again.changed) == (1, 1, 0)
    assert written == [f"DELETE /v2/images/{gone['id']}"]
    assert cloud.writes() == written
    [published] = done.stats["image_retention_deleted"]
    assert (published["id"], published["name"]) == (gone["id"], gone["name"])
    assert published["reason"] == "older than the newest of name encrypted-*"
    assert [image["id"] for image in done.stats["image_retention_kept"]] == [kept["id"]]
    assert done.stats["image_retention_failed"] == []
    assert predicted.stats == done.stats
    for image, decision in ((gone, "delete"), (kept, "keep")):
        line = f"{image['name']} ({image['id']}): {decision}, "
        assert line in predicted.output
        assert line in done.output
    for run in (predicted, done):
        task = "TASK [huaweicloud.ims.image_retention : Delete"
        printed, found, _after = run.output.partition(task)
        assert found
        assert "encrypted-*" in printed


def test_a_play_with_privileges_on_its_hosts_goes_on_after_a_failure_and_publishes_all(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """Nobody answers at the address (RFC 5737): whatever is not delegated fails."""
    images = cloud.images()
    refused = images["encrypted-documents-key"]["id"]
    refusal = {"action": "answer", "status": 400, "code": "IMG.0091", "message": "It is in use."}
    cloud.faults(rules=[{"method": "DELETE", "path": refused, **refusal}])
    families = [
        {"name": "encrypted-documents-key", "keep_newest": 0, "keep_younger_than": "1h"},
        {"name": "*-image", "source": "nothing", "keep_newest": 1},
        {"tag": "team=web", "keep_newest": 1},
        {"name": "arm-image", "keep_newest": 0, "keep_younger_than": "1h"},
        {"name": "limited-image", "keep_newest": 0, "keep_younger_than": "1h"},
    ]
    variables = {
        "image_retention_families": families,
        "image_retention_keep": ["limited-image"],
    }
    role = {"ansible.builtin.include_role": {"name": "huaweicloud.ims.image_retention"}}
    tasks = [{**role, "vars": variables}]
    play = {"hosts": "all", "gather_facts": False, "become": True, "tasks": tasks}
    playbook, inventory = tmp_path / "play.yml", tmp_path / "inventory.json"
    playbook.write_text(yaml.safe_dump([play]))
    inventory.write_text(json.dumps({"all": {"hosts": {"far": {"ansible_host": "192.0.2.1"}}}}))

    played = cloud.play(str(playbook), "-i", str(inventory))

    assert played.returncode != 0
    assert "1 of 2 images could not be deleted" in played.message
    assert "It is in use." in played.message
    assert [image["id"] for image in played.stats["image_retention_failed"]] == [refused]
    [deleted] = played.stats["image_retention_deleted"]
    assert deleted["name"] == "arm-image"
    reasons = {image["name"]: image["reason"] for image in played.stats["image_retention_kept"]}
    assert reasons == {
        "limited-image": "listed in keep",
        "linux-base": "the newest of tag team=web",
    }
    left = {name for name, image in cloud.images().items() if not image["deleted"]}
    assert {"encrypted-documents-key", "limited-image", "linux-base"} <= left
    assert "arm-image" not in left


def test_several_families_can_be_given_to_the_playbook_as_text(cloud: RunningCloud) -> None:
    families = '[{"name": "encrypted-*", "keep_newest": 0, "keep_younger_than": "1h"}]'

    played = cloud.succeed(
        *("huaweicloud.ims.image_retention", "--check"),
        *extra(families=families, keep="encrypted-other-key,b"),
    )

    [gone] = played.stats["image_retention_deleted"]
    assert gone["name"] == "encrypted-documents-key"


ONE = {"name": "arm-image", "keep_newest": 0, "keep_younger_than": "1h"}
EMPTY: dict[str, dict[str, Any]] = {
    "tag": {"image_retention_families": [{**ONE, "tag": ""}]},
    "source": {"image_retention_families": [{**ONE, "source": None}]},
    "keep": {"image_retention_families": [ONE], "image_retention_keep": [""]},
    "enterprise_project_id": {
        "image_retention_families": [ONE],
        "image_retention_enterprise_project_id": "",
    },
}


@pytest.mark.parametrize(("option", "variables"), EMPTY.items(), ids=EMPTY)
@pytest.mark.parametrize("here", [True, False], ids=["here", "as a module"])
def test_the_role_refuses_what_is_given_and_empty(
    cloud: RunningCloud, tmp_path: Path, option: str, variables: dict[str, Any], here: bool
) -> None:
    role = {"ansible.builtin.include_role": {"name": "huaweicloud.ims.image_retention"}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{**role, "vars": variables}]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    played = cloud.play(str(tmp_path / "play.yml"), *extra(huaweicloud_ims_in_process=here))

    assert played.returncode != 0
    assert option in played.message
    assert cloud.requests() == []


def test_a_controller_that_cannot_be_reached_is_a_failure(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    role = {"ansible.builtin.include_role": {"name": "huaweicloud.ims.image_retention"}}
    families = [{"name": "encrypted-*", "keep_newest": 1}]
    variables = {"image_retention_families": families, "image_retention_delegate_to": "far"}
    play = {"hosts": "far", "gather_facts": False, "ignore_unreachable": True}
    playbook, inventory = tmp_path / "play.yml", tmp_path / "inventory.json"
    playbook.write_text(yaml.safe_dump([{**play, "tasks": [{**role, "vars": variables}]}]))
    inventory.write_text(json.dumps({"all": {"hosts": {"far": {"ansible_host": "192.0.2.1"}}}}))

    played = cloud.play(
        *(str(playbook), "-i", str(inventory)), ANSIBLE_SSH_ARGS="-o ConnectTimeout=1"
    )

    assert played.returncode == 2
    assert played.message.startswith("far, which calls the cloud, is unreachable: ")
