# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assets for AWX: what it would say of them."""

from __future__ import annotations

import re

import pytest
from ansible_collections.huaweicloud.ims.tests.system.awx import (
    CREDENTIAL_TYPE,
    TEMPLATES,
    WORKFLOW,
    Json,
    survey,
)
from ansible_collections.huaweicloud.ims.tests.system.awx_answers import FIELDS
from ansible_collections.huaweicloud.ims.tools.places import ROOT
from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

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

# awx/api/views, JobTemplateSurveySpec.
ALLOWED_TYPES = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), str),
    "integer": int,
    "float": float,
}


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
    variables = [question["variable"] for question in questions]
    assert questions
    assert len(variables) == len(set(variables))
    for question in questions:
        for name in ("type", "question_name", "variable"):
            assert isinstance(question[name], str)
        assert isinstance(question["required"], bool)
        known = {"question_name", "question_description", "variable", "type", "required"}
        assert set(question) <= known | {"min", "max", "default", "choices"}
        kind = ALLOWED_TYPES[question["type"]]
        assert isinstance(question.get("default", kind()), kind)
        for limit in ("min", "max"):
            assert isinstance(question.get(limit, 0), int)
        if question["type"] in ("multiplechoice", "multiselect"):
            assert all(isinstance(choice, str) and choice for choice in question["choices"])
            assert question.get("default", question["choices"][0]) in question["choices"]


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
    different = set(re.findall("``IMS ([a-z ]+)``", guide)) ^ {*TEMPLATES, WORKFLOW["name"]}
    assert not different, f"{sorted(different)}: name the job template in docs/docsite/rst/awx.rst"


def test_the_steps_of_the_workflow_follow_each_other() -> None:
    names = [step["name"] for step in WORKFLOW["steps"]]

    assert [step.get("then") for step in WORKFLOW["steps"]] == [*names[1:], None]
