# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets up AWX, with modules that take what those of awx.awx take."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.awx import (
    CREDENTIAL_TYPE,
    TEMPLATES,
    WORKFLOW,
    Job,
    Json,
    survey,
)
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra
from ansible_collections.huaweicloud.ims.tests.system.commands import Package
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

MODULES: Json = yaml.safe_load((Path(__file__).parent / "awx_modules.yml").read_text("utf-8"))


_STAND_IN = """
import json
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        checked = ArgumentSpecValidator({spec!r}).validate(json.loads(json.dumps(self._task.args)))
        if checked.error_messages:
            return dict(failed=True, msg=str(checked.error_messages))
        values = checked.validated_parameters
        given = dict((name, value) for name, value in values.items() if value is not None)
        with open({record!r}, "a", encoding="utf-8") as file:
            file.write(json.dumps([{name!r}, given]) + "\\n")
        return dict(changed=True)
"""


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    """A folder with a collection awx.awx, and the record of what it was asked for. Its plugins run
    in Ansible's own process, to be quick."""
    folder = tmp_path / "ansible_collections" / "awx" / "awx" / "plugins" / "action"
    folder.mkdir(parents=True)
    for name, module in MODULES.items():
        text = _STAND_IN.format(spec=module["options"], record=str(tmp_path / "record"), name=name)
        (folder / f"{name}.py").write_text(text, "utf-8")
    return tmp_path


def asked(cloud: RunningCloud, folder: Path, **variables: Any) -> list[tuple[str, Json]]:
    """What the playbook asks AWX for, in its order. By default it creates the project."""
    variables = {"awx_project_url": "https://git.example.com/huaweicloud.ims.git", **variables}
    record = folder / "record"
    record.write_text("")
    collections = os.pathsep.join([str(folder), Place().environ()["ANSIBLE_COLLECTIONS_PATH"]])
    cloud.succeed(
        "huaweicloud.ims.awx_setup", *extra(**variables), ANSIBLE_COLLECTIONS_PATH=collections
    )
    return [tuple(json.loads(line)) for line in record.read_text("utf-8").splitlines()]


def test_the_setup_needs_nothing_beside_the_playbooks(
    cloud: RunningCloud, stand_ins: Path, package: Package
) -> None:
    package.bare(stand_ins)

    assert asked(cloud, stand_ins)


def test_the_setup_runs_as_a_job_as_well(stand_ins: Path, tmp_path: Path) -> None:
    """In an AWX that sets itself up."""
    collections = os.pathsep.join([str(stand_ins), Place().environ()["ANSIBLE_COLLECTIONS_PATH"]])
    setup = Job(
        tmp_path / "job",
        "playbooks/awx_setup.yml",
        {},
        own={"awx_prefix": "Own: "},
        environ={"ANSIBLE_COLLECTIONS_PATH": collections},
    )

    done = setup.run()

    assert done.status == "successful", done.output
    calls = [json.loads(line) for line in (stand_ins / "record").read_text().splitlines()]
    names = {given["name"] for kind, given in calls if kind == "job_template"}
    assert {f"Own: {name}" for name in TEMPLATES} <= names


def test_the_setup_asks_awx_for_what_the_assets_say(cloud: RunningCloud, stand_ins: Path) -> None:
    calls = asked(cloud, stand_ins)

    made = {(name, given["name"]): given for name, given in calls}
    assert len(made) == len(calls)
    kind = made["credential_type", "Huawei Cloud IMS"]
    assert kind["inputs"] == CREDENTIAL_TYPE["inputs"]
    assert kind["injectors"] == CREDENTIAL_TYPE["injectors"]
    for template in TEMPLATES.values():
        given = made["job_template", f"IMS {template['name']}"]
        assert given["playbook"] == f"playbooks/{template['playbook']}"
        assert (ROOT / given["playbook"]).is_file()
        assert given["survey_spec"] == {"name": "", "description": "", "spec": survey(template)}
        assert given["survey_enabled"]
        assert given["project"] == "huaweicloud.ims"
        assert given["ask_credential_on_launch"]
        assert "credentials" not in given
        on_servers = template["playbook"] == "prepare_guest.yml"
        assert given["ask_inventory_on_launch"] == on_servers
        assert given.get("inventory") == (None if on_servers else "huaweicloud.ims")
    for step in WORKFLOW["steps"]:
        given = made["job_template", f"IMS golden disk: {step['name']}"]
        assert given["extra_vars"] == step["extra_vars"]
    assert made["host", "localhost"]["inventory"] == "huaweicloud.ims"
    names = [name for name, _given in calls]
    assert names.index("project") < names.index("job_template")
    assert names[-1] == "workflow_job_template"
    assert "credential" not in names
    assert "execution_environment" not in names


def test_the_workflow_is_one_that_awx_can_build(cloud: RunningCloud, stand_ins: Path) -> None:
    variables = {
        "awx_prefix": "Cloud: ",
        "awx_credential": "my account",
        "awx_credential_inputs": {"access_key": "AK-of-the-test", "secret_key": "SK-of-the-test"},
        "awx_execution_environment": "ims",
        "awx_execution_environment_image": "registry.example.com/ims-ee:1",
        "awx_project_url": "",
        "awx_project": "mine",
        "awx_playbook_folder": "",
    }

    calls = asked(cloud, stand_ins, **variables)

    made = {(name, given["name"]): given for name, given in calls}
    assert made["credential", "my account"]["credential_type"] == "Huawei Cloud IMS"
    assert not any(name == "project" for name, _given in calls)
    # It gets no credential of the cloud, but asks for one of a machine.
    assert "credentials" not in made["job_template", "Cloud: prepare guest"]
    assert made["job_template", "Cloud: prepare guest"]["ask_credential_on_launch"]
    assert made["job_template", "Cloud: image"]["credentials"] == ["my account"]
    workflow = made["workflow_job_template", "Cloud: golden disk"]
    assert workflow["survey_spec"]["spec"] == WORKFLOW["questions"]
    names = [step["name"] for step in WORKFLOW["steps"]]
    assert [node["identifier"] for node in workflow["schema"]] == names
    for node, following in zip(workflow["schema"], [*names[1:], None], strict=True):
        # The members that the module's documentation names for a node.
        assert set(node) == {"identifier", "unified_job_template", "related"}
        used = node["unified_job_template"]
        assert set(used) == {"name", "type", "organization"}
        assert used["type"] == "job_template"
        assert used["organization"] == {"name": "Default"}
        template = made["job_template", used["name"]]
        assert template["credentials"] == ["my account"]
        assert template["execution_environment"] == "ims"
        assert "/" not in template["playbook"]
        assert node["related"] == {
            "success_nodes": [{"identifier": following}] if following else [],
            "failure_nodes": [],
            "always_nodes": [],
            "credentials": [],
        }
