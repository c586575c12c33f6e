# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets up AWX, in a table that stands for one and remembers what was set up."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system import awx_table
from ansible_collections.huaweicloud.ims.tests.system.awx import (
    CREDENTIAL_TYPE,
    TEMPLATES,
    WORKFLOW,
    Job,
    Json,
    survey,
)
from ansible_collections.huaweicloud.ims.tests.system.awx_table import Table
from ansible_collections.huaweicloud.ims.tests.system.cloud import Played, RunningCloud, extra
from ansible_collections.huaweicloud.ims.tests.system.commands import Package
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

MODULES: Json = yaml.safe_load((Path(__file__).parent / "awx_modules.yml").read_text("utf-8"))
VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["version"]

ADDRESS = "https://git.example.com/huaweicloud.ims.git"
MINE = "https://git.example.com/mine.git"
PLAYBOOKS = [path.name for path in (ROOT / "playbooks").glob("*.yml")]
OURS = [f"playbooks/{name}" for name in PLAYBOOKS]
REPOSITORIES = {ADDRESS: {VERSION: OURS, "": OURS, "main": OURS}, MINE: {"": PLAYBOOKS}}

PROJECT = {"awx_project_url": ADDRESS}
CREDENTIAL = {
    "awx_credential": "my account",
    "awx_credential_inputs": {"access_key": "AK-of-the-test", "secret_key": "SK-of-the-test"},
}
EVERYTHING = {
    **CREDENTIAL,
    "awx_execution_environment": "ims",
    "awx_execution_environment_image": "registry.example.com/ims-ee:1",
    "awx_project_url": MINE,
    "awx_project_branch": "",
    "awx_project": "mine",
    "awx_playbook_folder": "",
    "awx_inventory": "the cloud",
    "awx_allow_simultaneous": "image copy, golden disk",
}

_IMPORTS = """
from pathlib import Path
from ansible_collections.awx.awx.plugins.plugin_utils.table import PAGE, Refused, Table
"""

_MODULE = """
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
        try:
            return Table(Path({path!r})).apply({name!r}, {spec!r}, given, self._task.check_mode)
        except Refused as error:
            return dict(failed=True, msg=str(error))
"""

_LOOKUP = """
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

class LookupModule(LookupBase):
    def run(self, terms, variables=None, query_params=None, return_all=False):
        table = Table(Path({path!r}))
        try:
            found = [table.shown(one) for one in table.find(terms[0], query_params)]
        except Refused as error:
            raise AnsibleError(str(error))
        return found if return_all else found[:PAGE]
"""


@dataclass(frozen=True)
class Awx:
    """An AWX, and a folder with a collection awx.awx that knows it. Its plugins run in Ansible's
    own process, to be quick."""

    cloud: RunningCloud
    folder: Path

    @property
    def collections(self) -> str:
        return os.pathsep.join([str(self.folder), Place().environ()["ANSIBLE_COLLECTIONS_PATH"]])

    @property
    def table(self) -> Table:
        return Table(self.folder / "table.json")

    def play(self, *arguments: str, **variables: Any) -> Played:
        return self.cloud.play(
            "huaweicloud.ims.awx_setup",
            *arguments,
            *extra(**variables),
            ANSIBLE_COLLECTIONS_PATH=self.collections,
        )

    def set_up(self, *arguments: str, **variables: Any) -> Played:
        played = self.play(*arguments, **variables)
        assert played.returncode == 0, played.output
        return played

    def refuse(self, **variables: Any) -> str:
        """What the only failure says."""
        played = self.play(**variables)
        assert played.returncode != 0
        failed = [line["result"] for line in played.results if line["status"] == "failed"]
        items = [item for result in failed for item in result.get("results", [])]
        [failure] = [item for item in items if item.get("failed")] or failed
        return str(failure["msg"])

    def objects(self, organization: str = "Default") -> dict[tuple[str, str], Json]:
        """What an organization owns, and what belongs to nobody, by endpoint and name."""
        [owner] = self.table.find("organizations", {"name": organization})
        return {
            (one["endpoint"], one["name"]): self.table.shown(one)
            for one in self.table.data["objects"]
            if "name" in one and one.get("organization", owner["id"]) == owner["id"]
        }

    def steps(self, workflow: Mapping[str, Any]) -> dict[str, Json]:
        query = {"workflow_job_template": workflow["id"]}
        nodes = self.table.find("workflow_job_template_nodes", query)
        return {node["identifier"]: node for node in nodes}


@pytest.fixture
def awx(cloud: RunningCloud, tmp_path: Path) -> Awx:
    plugins = tmp_path / "ansible_collections" / "awx" / "awx" / "plugins"
    for kind in ("action", "lookup", "plugin_utils"):
        (plugins / kind).mkdir(parents=True)
    shutil.copy(awx_table.__file__, plugins / "plugin_utils" / "table.py")
    path = str(tmp_path / "table.json")
    for name, module in MODULES.items():
        text = _IMPORTS + _MODULE.format(spec=module["options"], path=path, name=name)
        (plugins / "action" / f"{name}.py").write_text(text, "utf-8")
    (plugins / "lookup" / "controller_api.py").write_text(_IMPORTS + _LOOKUP.format(path=path))
    Table.new(Path(path), ["Default", "Other"], REPOSITORIES)
    return Awx(cloud, tmp_path)


def _changes(played: Played) -> set[str]:
    """The names of the tasks that have changed something."""
    return {str(line["task"]) for line in played.results if line["result"].get("changed")}


def test_the_setup_needs_nothing_beside_the_playbooks(awx: Awx, package: Package) -> None:
    package.bare(awx.folder)

    assert awx.set_up(**PROJECT, awx_project_branch="main").changed


def test_the_setup_runs_as_a_job_as_well(awx: Awx, tmp_path: Path) -> None:
    """In an AWX that sets itself up."""
    setup = Job(
        tmp_path / "job",
        "playbooks/awx_setup.yml",
        {},
        own={"awx_prefix": "Own: ", **PROJECT},
        environ={"ANSIBLE_COLLECTIONS_PATH": awx.collections},
    )

    done = setup.run()

    assert done.status == "successful", done.output
    assert {("job_templates", f"Own: {name}") for name in TEMPLATES} <= set(awx.objects())


def test_the_setup_makes_of_awx_what_the_assets_say(awx: Awx) -> None:
    played = awx.set_up(**PROJECT)

    made = awx.objects()
    kind = made["credential_types", "Huawei Cloud IMS"]
    assert kind["inputs"] == CREDENTIAL_TYPE["inputs"]
    assert kind["injectors"] == CREDENTIAL_TYPE["injectors"]
    project = made["projects", "huaweicloud.ims"]
    assert project["scm_branch"] == VERSION
    inventory = made["inventories", "huaweicloud.ims"]
    for template in TEMPLATES.values():
        job = made["job_templates", f"IMS {template['name']}"]
        assert job["playbook"] == f"playbooks/{template['playbook']}"
        assert job["survey_spec"] == {"name": "", "description": "", "spec": survey(template)}
        assert job["survey_enabled"]
        assert job["project"] == project["id"]
        assert job["ask_credential_on_launch"]
        assert "credentials" not in job
        on_servers = template["playbook"] == "prepare_guest.yml"
        assert job["ask_inventory_on_launch"] == on_servers
        assert job["inventory"] == (None if on_servers else inventory["id"])
    for step in WORKFLOW["steps"]:
        job = made["job_templates", f"IMS golden disk: {step['name']}"]
        assert yaml.safe_load(job["extra_vars"]) == step["extra_vars"]
    assert made["hosts", "localhost"]["inventory"] == inventory["id"]
    assert not {"credentials", "execution_environments"} & {endpoint for endpoint, _name in made}
    assert "Their names begin with 'IMS '" in "\n".join(played.lines("Show the next steps"))


def test_the_workflow_is_one_that_awx_can_build(awx: Awx) -> None:
    awx.set_up(**EVERYTHING, awx_prefix="Cloud: ")

    made = awx.objects()
    credential = made["credentials", "my account"]
    assert credential["summary_fields"]["credential_type"]["name"] == "Huawei Cloud IMS"
    # It gets no credential of the cloud, but asks for one of a machine.
    assert "credentials" not in made["job_templates", "Cloud: prepare guest"]
    assert made["job_templates", "Cloud: prepare guest"]["ask_credential_on_launch"]
    assert made["job_templates", "Cloud: image"]["credentials"] == [credential["id"]]
    workflow = made["workflow_job_templates", "Cloud: golden disk"]
    assert workflow["survey_spec"]["spec"] == WORKFLOW["questions"]
    steps = awx.steps(workflow)
    names = [step["name"] for step in WORKFLOW["steps"]]
    assert list(steps) == names
    for name, following in zip(names, [*names[1:], None], strict=True):
        job = made["job_templates", f"Cloud: golden disk: {name}"]
        assert steps[name]["unified_job_template"] == job["id"]
        assert job["credentials"] == [credential["id"]]
        assert job["summary_fields"]["execution_environment"]["name"] == "ims"
        assert "/" not in job["playbook"]
        assert steps[name]["related"] == {
            "success_nodes": [{"identifier": following}] if following else [],
            "failure_nodes": [],
            "always_nodes": [],
            "credentials": [],
        }


def test_each_organization_has_its_own(awx: Awx) -> None:
    """Everything under the same names; only names of execution environments are unique in AWX."""
    awx.set_up(**PROJECT, **CREDENTIAL)
    awx.set_up(**PROJECT, **CREDENTIAL, awx_organization="Other")

    for organization in ("Default", "Other"):
        again = awx.set_up(**PROJECT, awx_credential="my account", awx_organization=organization)
        assert again.changed == 0
        made = awx.objects(organization)
        for template in TEMPLATES:
            job = made["job_templates", f"IMS {template}"]
            for kind in ("project", "inventory"):
                if job[kind] is not None:
                    used = awx.table.get(job[kind])
                    assert used["organization"] == job["organization"]
            for credential in job.get("credentials", []):
                assert awx.table.get(credential)["organization"] == job["organization"]
        for node in awx.steps(made["workflow_job_templates", "IMS golden disk"]).values():
            used = awx.table.get(node["unified_job_template"])
            assert used["organization"] == made["projects", "huaweicloud.ims"]["organization"]


def test_a_check_tells_what_the_setup_would_do_and_changes_nothing(awx: Awx) -> None:
    before = awx.objects()

    predicted = awx.set_up("--check", **EVERYTHING)

    assert awx.objects() == before
    done = awx.set_up(**EVERYTHING)
    # They need the id of what does not exist yet.
    unpredicted = {"Create its only host", "Create the credential"}
    assert _changes(predicted) == _changes(done) - unpredicted
    again = {name: value for name, value in EVERYTHING.items() if name != "awx_credential_inputs"}
    assert awx.set_up("--check", **again).changed == 0
    assert awx.set_up(**again).changed == 0


def test_what_is_not_given_again_stays_as_it_is_and_serves_new_job_templates(awx: Awx) -> None:
    awx.set_up(**EVERYTHING)
    before = awx.objects()

    assert awx.set_up().changed == 0
    assert awx.objects() == before
    table = awx.table
    [lost] = table.find("job_templates", {"name": "IMS image batch"})
    lost["name"] = "none of ours"
    table.save()
    assert awx.set_up().changed == 1
    new = awx.objects()["job_templates", "IMS image batch"]
    assert {**new, "id": lost["id"], "name": lost["name"]} == table.shown(lost)


def test_inputs_of_the_credential_are_written_each_time_since_awx_hides_them(awx: Awx) -> None:
    awx.set_up(**PROJECT, **CREDENTIAL)

    again = awx.set_up(**PROJECT, **CREDENTIAL)

    assert again.changed == 1
    assert again.task("Create the credential")["changed"]


def test_what_may_run_at_the_same_time_is_what_the_cloud_refuses_twice_or_only_reads(
    awx: Awx,
) -> None:
    def simultaneous() -> set[str]:
        kinds = ("job_templates", "workflow_job_templates")
        return {
            name.removeprefix("IMS ")
            for (endpoint, name), one in awx.objects().items()
            if endpoint in kinds and one["allow_simultaneous"]
        }

    awx.set_up(**PROJECT)
    by_default = simultaneous()
    awx.set_up(**PROJECT, awx_allow_simultaneous=["image copy", "golden disk"])

    assert by_default == {"doctor", "image", "image info", "image wait", "volume image export"}
    steps = {f"golden disk: {step['name']}" for step in WORKFLOW["steps"]}
    assert simultaneous() == {"image copy", "golden disk", *steps}


MISTAKES: dict[str, tuple[Json, list[str]]] = {
    "no such organization": ({"awx_organization": "Nobody"}, ["Nobody", "awx_organization"]),
    "nothing of what is named": (
        {
            "awx_project": "my project",
            "awx_credential": "my account",
            "awx_execution_environment": "my environment",
            "awx_allow_simultaneous": "image copi",
        },
        [
            *("no project my project", "awx_project_url"),
            *("no credential my account", "Huawei Cloud IMS", "awx_credential_inputs"),
            *("no execution environment my environment", "awx_execution_environment_image"),
            *("no job template image copi", "image copy", "awx_allow_simultaneous"),
        ],
    ),
    "no such branch": (
        {**PROJECT, "awx_project_branch": "nightly"},
        ["nightly", "awx_project_branch", ADDRESS],
    ),
    "no such folder": (
        {**PROJECT, "awx_playbook_folder": "plays/"},
        ["Playbook not found for project."],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_once(awx: Awx, mistake: str) -> None:
    variables, facts = MISTAKES[mistake]

    message = awx.refuse(**variables)

    for fact in facts:
        assert fact in message


def test_an_execution_environment_of_another_organization_needs_another_name(awx: Awx) -> None:
    environment = {name: value for name, value in EVERYTHING.items() if "environment" in name}
    awx.set_up(**PROJECT, **environment)

    message = awx.refuse(**PROJECT, **environment, awx_organization="Other")

    assert "awx_execution_environment" in message
    assert "unique" in message


def test_an_execution_environment_of_all_organizations_may_be_used(awx: Awx) -> None:
    table = awx.table
    shared = table.add("execution_environments", name="ims", organization=None, image="old")

    awx.set_up(**PROJECT, awx_execution_environment="ims", awx_organization="Other")

    job = awx.objects("Other")["job_templates", "IMS image"]
    assert job["execution_environment"] == shared["id"]
