# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of the collection, by their full names."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    connection as shared,
)
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS, KEY
from ansible_collections.huaweicloud.ims.tests.system.cloud import Played, RunningCloud, extra
from ansible_collections.huaweicloud.ims.tools.places import ROOT

MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
# A report is made of what tasks of the same play registered: it has no playbook.
ROLES = {path.name for path in (ROOT / "roles").iterdir()} - {"image_report"}
# Those that are for one module, and have its name; those that run a role are tested with it.
PLAYBOOKS = sorted({path.stem for path in (ROOT / "playbooks").glob("*.yml")} & MODULES - ROLES)
# Credentials come from where they cannot be read by everybody who sees the command line.
CREDENTIALS = {
    *("access_key", "secret_key", "security_token", "auth_token"),
    *("username", "user_id", "password", "domain_name", "domain_id"),
}
NEEDS_NO_VARIABLES = {"image_info"}
# Options whose variables have another name: `name` and `tags` are words of Ansible.
RENAMED = {"name": "image_name", "tags": "image_tags"}
# And `query` is a function of templates.
NEW_NAME = {"image": {"name": "new_name"}, "image_info": {"query": "expression"}}
# What only tasks can hand to each other.
BETWEEN_TASKS = {"image_wait": {"results"}}

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
        {"cmk_id": KEY, "image_tags": ["tier.web", "n.1.0"]},
    ),
    "system disk": (
        "quick_import",
        ["image_name=system", "image_url=ims-image:centos70.zvhd2", "min_disk=40", "type="],
        {"os_version": CENTOS, "architecture": "x86", "hw_firmware_type": "bios"},
    ),
    "data disk": (
        "quick_import",
        ["image_name=data", "image_url=ims-image:big-data.raw", "min_disk=800", "type=DataImage"],
        {"os_type": "Linux"},
    ),
}

# The task that shows what became of an image.
SHOWN = "Show the result"


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
    said, *actions = first.lines(SHOWN)
    assert said.startswith(f"{name} ({made['image_id']}): changed, ")
    assert actions == made["actions"]
    # Under Ansible's own callback: lines, and no JSON.
    assert f"ok: [localhost] => (item={said})\n" in first.output
    assert second.lines(SHOWN)[0].startswith(f"{name} ({made['image_id']}): unchanged, ")
    assert predicted.lines(SHOWN)[0].startswith(f"{name} (no id yet): would change, ")
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

    assert started.lines(SHOWN)[-1].startswith("not active yet")
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


@pytest.mark.parametrize("playbook", sorted({*PLAYBOOKS, *ROLES} - NEEDS_NO_VARIABLES))
def test_without_variables_a_playbook_names_what_it_needs(
    cloud: RunningCloud, playbook: str
) -> None:
    played = cloud.play(f"huaweicloud.ims.{playbook}")

    assert played.returncode != 0, (
        f"playbooks/{playbook}.yml runs without variables: if it may, add it to NEEDS_NO_VARIABLES"
        f" in {__file__}, otherwise let it fail before any request, as its neighbours do"
    )
    assert next(iter(LEAST[playbook])) in played.message
    assert cloud.requests() == []


# --- playbooks that make nothing


def test_an_image_is_changed_then_deleted(cloud: RunningCloud) -> None:
    change = ["huaweicloud.ims.image", "-e", "image=linux-base", "-e", "new_name=base"]
    change += ["-e", "min_ram=2048", "-e", '{"image_tags": {"a": "b"}}']
    delete = ["huaweicloud.ims.image", "-e", "image=base", "-e", "state=absent"]
    image_id = cloud.images()["linux-base"]["id"]

    predicted = cloud.succeed(*change, "--check", "--diff")
    assert cloud.writes() == []
    changed = cloud.succeed(*change)
    written = cloud.writes()
    again = cloud.succeed(*change)
    assert cloud.writes() == written
    deleted = cloud.succeed(*delete)

    assert (predicted.changed, changed.changed, again.changed) == (1, 1, 0)
    [foretold], [made] = predicted.of("image"), changed.of("image")
    assert foretold["diff"] == made["diff"]
    assert made["image"]["name"] == "base"
    assert (made["image"]["min_ram"], made["image"]["tags"]) == (2048, {"a": "b"})
    assert changed.stats["ims_image_id"] == image_id
    assert changed.lines(SHOWN)[0].startswith(f"base ({image_id}): changed, ")
    assert deleted.changed == 1
    assert cloud.images()["base"]["deleted"]


def test_the_image_of_the_step_before_is_changed_but_never_deleted(cloud: RunningCloud) -> None:
    handed_on = {"ims_image_id": cloud.images()["linux-base"]["id"], "image": ""}

    changed = cloud.succeed("huaweicloud.ims.image", *extra(**handed_on, protected="true"))
    refused = cloud.play("huaweicloud.ims.image", *extra(**handed_on, state="absent"))

    assert changed.of("image")[0]["image"]["protected"]
    assert "image is required" in refused.message
    assert not cloud.images()["linux-base"]["deleted"]


def test_images_are_listed_and_handed_on(cloud: RunningCloud) -> None:
    images = cloud.images()
    wanted = {"tag": "team=shop", "expression": "[].{called: name}"}

    listed = cloud.succeed("huaweicloud.ims.image_info", *extra(**wanted))
    newest = cloud.succeed(
        "huaweicloud.ims.image_info", *extra(tag="team=shop", most_recent="true")
    )
    none = cloud.succeed("huaweicloud.ims.image_info", "-e", "image_name=nobody")

    names = ["shop-2026-01-01", *(f"shop-2025-12-{day}" for day in range(31, 27, -1))]
    assert [image["name"] for image in listed.stats["ims_images"]] == names
    assert listed.stats["ims_image_id"] == ""
    said = listed.lines("Show the images")
    assert said[0] == "5 images"
    first = images[names[0]]
    assert said[1].startswith(f"{names[0]} ({first['id']}): active, 20")
    assert listed.of("debug")[0]["found.result"] == [{"called": name} for name in names]
    assert newest.stats["ims_image_id"] == first["id"]
    assert newest.stats["ims_image_name"] == names[0]
    assert none.lines("Show the images") == ["0 images"]
    assert none.stats == {"ims_images": [], "ims_image_id": "", "ims_image_name": ""}
    assert cloud.writes() == []


def test_images_that_were_started_are_waited_for_and_told_of_even_if_one_fails(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    start = ("huaweicloud.ims.image_copy", "-e", "source_image=linux-base", "-e", "wait=false")
    started = cloud.succeed(*start, "-e", "image_name=one")
    lost = {"path": "/copy$", "action": "job", "fail": "IMG.0095"}
    cloud.faults(rules=[lost])
    job = cloud.succeed(*start, "-e", "image_name=two").stats["ims_job_id"]
    report = tmp_path / "wait.html"

    one = cloud.succeed("huaweicloud.ims.image_wait", *extra(**started.stats))
    both = cloud.play(
        "huaweicloud.ims.image_wait", *extra(images="one", jobs=f"{job},", report=str(report))
    )

    assert one.stats["ims_image_name"] == "one"
    assert [image["status"] for image in one.stats["ims_images"]] == ["active"]
    assert both.returncode != 0
    assert [image["status"] for image in both.stats["ims_images"]] == ["failed", "active"]
    assert f"one ({cloud.images()['one']['id']}): active" in both.output
    assert "1 of 2 images failed" in report.read_text("utf-8")


# --- what is left open in a survey of AWX

# The least that a playbook has to be told.
LEAST: dict[str, dict[str, Any]] = {
    "doctor": {},
    "golden_image": {"servers": "fleet-01", "date": "2026-01-02"},
    "image": {"image": "linux-base", "min_ram": 512},
    "image_batch": {"images": "- image_copy: {name: copy, source_image: linux-base}"},
    "image_copy": {"image_name": "copy", "source_image": "linux-base"},
    "image_import": {"image_urls": "ims-image:batch-01.zvhd2", "min_disk": 40, "type": "DataImage"},
    "image_info": {},
    "image_retention": {"image_name": "shop-*", "keep_newest": 1},
    "image_wait": {"images": "linux-base"},
    "prepare_guest": {"servers": "localhost", "prepare_guest_become": False},
    "quick_import": {
        "image_name": "imported",
        "image_url": "ims-image:batch-01.zvhd2",
        "min_disk": 40,
        "type": "DataImage",
    },
    "volume_image_export": {"image_name": "data", "volume": "data-available"},
    "whole_image": {"image_name": "web", "instance": "web-01"},
}


def test_every_playbook_is_among_those_that_are_left_open() -> None:
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}

    different = set(LEAST) ^ (playbooks - {"awx_setup"})
    assert not different, (
        f"{sorted(different)}: add the variables that the playbook needs to LEAST in {__file__}"
    )


@pytest.mark.parametrize("playbook", LEAST)
def test_a_variable_that_is_empty_counts_as_not_given(cloud: RunningCloud, playbook: str) -> None:
    """All of them at once, as AWX hands over a survey that nobody has answered."""
    text = (ROOT / "playbooks" / f"{playbook}.yml").read_text("utf-8")
    read = set(re.findall(r"(?<![.\w])(\w+) \| default\(", text)) - {"awx_job_id", "manifest"}
    empty = dict.fromkeys(sorted(read - set(LEAST[playbook])), "")
    assert len(empty) > (2 if playbook == "prepare_guest" else 12)
    command = (f"huaweicloud.ims.{playbook}", "--check", *extra(awx_job_id=7, **LEAST[playbook]))
    shown = {"ANSIBLE_INJECT_INVOCATION": "true"}

    omitted = cloud.play(*command, **shown)
    left_open = cloud.play(*command, *extra(**empty), **shown)

    calls = [_calls(played) for played in (omitted, left_open)]
    assert calls[0]
    assert calls[1] == calls[0]
    assert left_open.returncode == omitted.returncode
    assert left_open.message == omitted.message
    assert left_open.stats == omitted.stats


def _calls(played: Played) -> list[tuple[str, Any]]:
    """The modules of this collection that were run, and with what. What tasks hand to each other
    tells how long they took."""
    return [
        (line["action"], {**item["invocation"]["module_args"], "results": None})
        for line in played.results
        if line["action"].startswith("huaweicloud.ims.")
        for item in line["result"].get("results", [line["result"]])
        if "invocation" in item
    ]


# --- what holds for all


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_option_of_the_module_can_be_reached_and_is_explained(playbook: str) -> None:
    module = import_module(f"ansible_collections.huaweicloud.ims.plugins.modules.{playbook}")
    text = (ROOT / "playbooks" / f"{playbook}.yml").read_text("utf-8")
    [play] = yaml.safe_load(text)
    tasks = [inner for task in play["tasks"] for inner in task.get("block", [task])]
    task = next(task for task in tasks if f"huaweicloud.ims.{playbook}" in task)
    given = set(task[f"huaweicloud.ims.{playbook}"])

    own = set(module.ARGUMENTS) - set(shared.CONNECTION) - BETWEEN_TASKS.get(playbook, set())
    assert given == own, (
        f"{sorted(given ^ own)}: give each option of the module a variable in"
        f" playbooks/{playbook}.yml"
    )
    header = text[: text.index("- name:")]
    for option in sorted(given):
        name = {**RENAMED, **NEW_NAME.get(playbook, {})}.get(option, option)
        assert re.search(rf"\b{name}\b", header), (
            f"{name}: explain it in the comment at the head of playbooks/{playbook}.yml"
        )


@pytest.mark.parametrize("playbook", sorted(set(LEAST) - {"prepare_guest"}))
def test_the_connection_can_be_reached_and_is_explained_but_for_credentials(playbook: str) -> None:
    text = (ROOT / "playbooks" / f"{playbook}.yml").read_text("utf-8")
    [play] = yaml.safe_load(text)
    connection = set(play["module_defaults"]["group/huaweicloud.ims.all"])

    assert connection == set(shared.CONNECTION) - CREDENTIALS
    header = text[: text.index("- name:")]
    for option in sorted(connection):
        assert re.search(rf"\b{option}\b", header), (
            f"{option}: explain it in the comment at the head of playbooks/{playbook}.yml"
        )


def test_every_module_and_every_role_has_its_playbook() -> None:
    """That of account_info is the doctor."""
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}

    different = ((MODULES | ROLES) - {"account_info"}) ^ (playbooks - {"doctor", "awx_setup"})
    assert not different, f"{sorted(different)}: add playbooks/<name>.yml"
