# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of the collection, by their full names."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils.arguments import CONNECTION
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra
from ansible_collections.huaweicloud.ims.tools.places import ROOT

MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
ROLES = {path.name for path in (ROOT / "roles").iterdir()}
# Those that are for one module, and have its name; those that run a role are tested with it.
PLAYBOOKS = sorted({path.stem for path in (ROOT / "playbooks").glob("*.yml")} & MODULES - ROLES)
# Credentials come from where they cannot be read by everybody who sees the command line.
CREDENTIALS = {
    *("access_key", "secret_key", "security_token", "auth_token"),
    *("username", "user_id", "password", "domain_name", "domain_id"),
}
# Options whose variables have another name: `name` and `tags` are words of Ansible.
RENAMED = {"name": "image_name", "tags": "image_tags"}

# What it is -> (playbook, variables as a person types them, further ones with their types).
CASES: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "server": (
        "whole_image",
        [
            *("image_name=web", "instance=web-01", "vault=vault-servers", "wait=true"),
            *('image_tags={"tier":"web"}', "min_ram=1024", "max_ram=0", "cloud="),
        ],
        {"description": "All of web-01"},
    ),
    "backup": (
        "whole_image",
        ["image_name=web", "backup=web-01-backup", "backup_type=CBR", "image_tags=tier.web"],
        {"purge_tags": False},
    ),
    "disk": (
        "volume_image_export",
        ["image_name=data", "volume=web-01-data", "force=yes", "disk_format=zvhd2", "min_ram=512"],
        {"image_tags": [{"key": "tier", "value": "web"}]},
    ),
    "copy": (
        "image_copy",
        ["image_name=copy", "source_image=linux-base", "wait_timeout=600"],
        {"cmk_id": "bd66288c-9081-460a-8227-4cbd0c814cb4", "image_tags": ["tier.web", "n.1.0"]},
    ),
    "system disk": (
        "quick_import",
        ["image_name=system", "image_url=ims-image:centos70.zvhd2", "min_disk=40", "type="],
        {"os_version": "CentOS 7.0 64bit", "architecture": "x86", "hw_firmware_type": "bios"},
    ),
    "data disk": (
        "quick_import",
        ["image_name=data", "image_url=ims-image:big-data.raw", "min_disk=800", "type=DataImage"],
        {"os_type": "Linux"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_playbook_predicts_what_it_does_does_it_and_leaves_it_alone(
    cloud: RunningCloud, case: str
) -> None:
    module, typed, further = CASES[case]
    command = [f"huaweicloud.ims.{module}", *extra(**further)]
    command += [word for variable in typed for word in ("-e", variable)]

    predicted = cloud.succeed(*command, "--check", "--diff")
    assert cloud.writes() == []
    first = cloud.succeed(*command)
    written = cloud.writes()
    second = cloud.succeed(*command)

    [prediction], [made], [found] = predicted.of(module), first.of(module), second.of(module)
    assert (predicted.changed, first.changed, second.changed) == (1, 1, 0)
    for key in ("changed", "diff", "actions"):
        assert prediction[key] == made[key], key
    assert '"name"' in predicted.output  # the diff is shown
    assert written
    assert cloud.writes() == written
    assert found["source_verified"]
    name = made["image"]["name"]
    assert cloud.images()[name]["id"] == made["image_id"] == found["image_id"]
    assert cloud.images()[name]["status"] == "active"
    [said] = first.of("debug")
    assert said["msg"][0].startswith(f"{name} ({made['image_id']}): changed, ")
    assert said["msg"][1:] == made["actions"]
    assert second.of("debug")[0]["msg"][0].startswith(f"{name} ({made['image_id']}): unchanged, ")
    assert predicted.of("debug")[0]["msg"][0].startswith(f"{name} (no id yet): would change, ")
    assert first.stats == {
        "ims_image_id": made["image_id"],
        "ims_image_name": name,
        "ims_job_id": made["job_id"] or "",
    }


def test_variables_reach_the_module_with_their_values(cloud: RunningCloud) -> None:
    module, typed, further = CASES["server"]
    command = [word for variable in typed for word in ("-e", variable)]

    [made] = cloud.succeed(f"huaweicloud.ims.{module}", *command, *extra(**further)).of(module)

    image = made["image"]
    assert image["tags"] == {"tier": "web"}
    assert (image["min_ram"], image["max_ram"]) == (1024, None)
    assert image["description"] == "All of web-01"


def test_a_playbook_that_does_not_wait_says_so_and_the_same_one_finishes(
    cloud: RunningCloud,
) -> None:
    command = [
        "huaweicloud.ims.image_copy",
        "-e",
        "image_name=copy",
        "-e",
        "source_image=linux-base",
    ]

    started = cloud.succeed(*command, "-e", "wait=false")
    finished = cloud.succeed(*command)

    assert started.of("debug")[0]["msg"][-1].startswith("not active yet")
    assert started.stats["ims_job_id"]
    [image] = finished.of("image_copy")
    assert image["image"]["status"] == "active"
    assert len([call for call in cloud.writes() if call.endswith("/copy")]) == 1


def test_a_copy_takes_the_image_that_the_step_before_has_published(cloud: RunningCloud) -> None:
    exported = cloud.succeed(
        *("huaweicloud.ims.volume_image_export", "-e", "image_name=data"),
        *("-e", "volume=data-available"),
    )

    # What AWX hands from one node of a workflow to the next.
    copied = cloud.succeed(
        "huaweicloud.ims.image_copy", *extra(**exported.stats, image_name="data-copy")
    )

    [result] = copied.of("image_copy")
    assert result["image"]["source"] == {"kind": "image", "id": exported.stats["ims_image_id"]}


def test_the_connection_can_be_given_as_variables(cloud: RunningCloud) -> None:
    facts = cloud.facts
    endpoints = {**facts["endpoints"], "iam": facts["url"]}
    keys = {"HW_ACCESS_KEY": facts["access_key"], "HW_SECRET_KEY": facts["secret_key"]}
    nowhere = {
        name: "http://127.0.0.1:1"
        for name in cloud.place().variables
        if name.startswith("HUAWEICLOUD_SDK_REGION")
    }

    played = cloud.succeed(
        *("huaweicloud.ims.image_copy", "-e", "image_name=copy", "-e", "source_image=linux-base"),
        *extra(region="eu-de", project_id=facts["project_id"], endpoints=endpoints),
        **{**nowhere, **keys, "HW_REGION_NAME": "nowhere"},
    )

    assert played.changed == 1


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_without_variables_a_playbook_says_what_to_type(cloud: RunningCloud, playbook: str) -> None:
    played = cloud.play(f"huaweicloud.ims.{playbook}")

    assert played.returncode != 0
    assert re.search("-e (image_name|image_urls|servers)=", played.message)
    assert cloud.requests() == []


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_option_of_the_module_can_be_reached_and_is_explained(playbook: str) -> None:
    module = import_module(f"ansible_collections.huaweicloud.ims.plugins.modules.{playbook}")
    text = (ROOT / "playbooks" / f"{playbook}.yml").read_text("utf-8")
    [play] = yaml.safe_load(text)
    task = next(task for task in play["tasks"] if f"huaweicloud.ims.{playbook}" in task)
    given = set(task[f"huaweicloud.ims.{playbook}"])
    connection = set(play["module_defaults"]["group/huaweicloud.ims.all"])

    assert given == set(module.ARGUMENTS) - set(CONNECTION)
    assert connection == set(CONNECTION) - CREDENTIALS
    header = text[: text.index("- name:")]
    for option in sorted(given | connection):
        name = RENAMED.get(option, option)
        assert re.search(rf"\b{name}\b", header), f"{name} is not explained"


def test_every_module_that_makes_images_has_its_playbook() -> None:
    without = {"account_info", "image", "image_info", "image_wait", *ROLES}

    assert sorted(MODULES - without) == PLAYBOOKS
