# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assets for AWX: what it would say of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.system.awx import (
    CREDENTIAL_TYPE,
    TEMPLATES,
    WORKFLOW,
    Json,
    survey,
)
from ansible_collections.huaweicloud.ims.tests.system.awx_answers import FIELDS
from ansible_collections.huaweicloud.ims.tests.system.awx_table import (
    launch_problems,
    survey_problems,
)
from ansible_collections.huaweicloud.ims.tools.places import ROOT
from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

# What holds messages: plays and tasks.
TASK_FILES = sorted(
    [
        *ROOT.glob("playbooks/*.yml"),
        *ROOT.glob("playbooks/tasks/*.yml"),
        *ROOT.glob("roles/*/tasks/*.yml"),
    ]
)

# It sets up AWX itself.
OWN = {"awx_setup.yml"}


# awx/main/fields.py, CredentialTypeInputField and CredentialTypeInjectorField.
_NAME = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")

_FILE = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")

MEMBERS: dict[str, type] = {
    **dict.fromkeys(("id", "label", "type", "help_text"), str),
    **dict.fromkeys(("secret", "multiline"), bool),
}

KEYS = {"file": _FILE, "env": _NAME, "extra_vars": _NAME}


def test_awx_takes_the_inputs() -> None:
    assert set(CREDENTIAL_TYPE) == {"name", "kind", "description", "inputs", "injectors"}
    assert CREDENTIAL_TYPE["kind"] in ("cloud", "net")
    assert set(CREDENTIAL_TYPE["inputs"]) == {"fields"}
    assert len(FIELDS) == len(CREDENTIAL_TYPE["inputs"]["fields"])
    assert "tower" not in FIELDS
    for field in FIELDS.values():
        for name, value in field.items():
            assert isinstance(value, MEMBERS[name])
        assert _NAME.fullmatch(field["id"])
        assert field["label"]
        assert field["type"] in ("string", "boolean")
        assert field["type"] == "string" or not {"multiline", "secret"} & set(field)


def test_awx_takes_the_injectors() -> None:
    assert set(CREDENTIAL_TYPE["injectors"]) == set(KEYS)
    for kind, templates in CREDENTIAL_TYPE["injectors"].items():
        for name, text in templates.items():
            assert KEYS[kind].fullmatch(name)
            assert isinstance(text, str)
            assert text.isascii()
    variables = set(CREDENTIAL_TYPE["injectors"]["env"])
    assert not any(name.startswith("ANSIBLE_") for name in variables)
    assert not variables & ENV_BLOCKLIST


def test_the_injectors_speak_of_inputs_that_there_are_and_use_all_of_them() -> None:
    used: set[str] = set()
    files = {
        label.partition(".")[2]: f"/runner/env/{label}"
        for label in CREDENTIAL_TYPE["injectors"]["file"]
    }
    assert "" not in files
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for templates in CREDENTIAL_TYPE["injectors"].values():
        for text in templates.values():
            rendered = environment.from_string(text).render(
                **dict.fromkeys(FIELDS, "EXAMPLE"), tower={"filename": files}
            )
            assert "{" not in rendered
            used |= {name for name in FIELDS if re.search(rf"\b{name}\b", text)}
    assert used == set(FIELDS)


def test_what_is_secret_is_an_input_that_awx_hides() -> None:
    secret = {"access_key", "secret_key", "security_token", "password", "auth_token"}
    secret |= {"clouds_yaml", "client_key"}

    assert {name for name, field in FIELDS.items() if field.get("secret")} == secret


@pytest.mark.parametrize("questions", [*map(survey, TEMPLATES.values()), WORKFLOW["questions"]])
def test_awx_takes_the_survey(questions: list[Json]) -> None:
    known = {"question_name", "question_description", "variable", "type", "required"}

    assert questions
    assert survey_problems({"spec": questions}) == []
    for question in questions:
        assert set(question) <= known | {"min", "max", "default", "choices"}


REFUSED: dict[str, tuple[str, Any]] = {
    "nothing for an integer": ("min_ram", ""),
    "text for an integer": ("min_ram", "1024"),
    "too small an integer": ("min_ram", -1),
    "nothing for a choice": ("if_source_differs", ""),
    "no choice": ("if_source_differs", "ask"),
    "too long a text": ("image_name", "x" * 129),
    "a variable that no question asks for": ("wait", "false"),
}


@pytest.mark.parametrize("answer", REFUSED)
def test_a_launch_refuses_what_awx_refuses(answer: str) -> None:
    variable, value = REFUSED[answer]
    answers = {"image_name": "copy", variable: value}

    assert len(launch_problems(survey(TEMPLATES["image copy"]), answers)) == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_survey_asks_for_variables_that_the_playbook_explains(name: str) -> None:
    template = TEMPLATES[name]
    text = (ROOT / "playbooks" / template["playbook"]).read_text("utf-8")
    header = text[: text.index("- name:")]

    for question in survey(template):
        assert re.search(rf"\b{question['variable']}\b", header), question["variable"]


def test_each_playbook_has_its_job_template_and_each_job_template_its_playbook() -> None:
    playbooks = {path.name for path in (ROOT / "playbooks").glob("*.yml")} - OWN

    different = {template["playbook"] for template in TEMPLATES.values()} ^ playbooks
    assert not different, (
        f"{sorted(different)}: add a job template of the playbook to"
        " playbooks/awx/job_templates.yml"
    )
    assert {step["playbook"] for step in WORKFLOW["steps"]} <= playbooks
    guide = (ROOT / "docs" / "docsite" / "rst" / "awx.rst").read_text("utf-8")
    different = set(re.findall("`IMS ([a-z ]+)`", guide)) ^ {*TEMPLATES, WORKFLOW["name"]}
    assert not different, f"{sorted(different)}: name the job template in docs/docsite/rst/awx.rst"


def test_the_steps_of_the_workflow_follow_each_other() -> None:
    names = [step["name"] for step in WORKFLOW["steps"]]

    assert [step.get("then") for step in WORKFLOW["steps"]] == [*names[1:], None]


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_messages_are_for_people_who_fill_in_a_survey_as_well(path: Path) -> None:
    """They have no command line. Comments, which explain the playbook, do not count."""
    lines = path.read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))

    assert not re.findall(r".*[\s\"'][-]-?[ei] .*|.*\bcommand line\b.*|.*--extra-vars.*", text)
