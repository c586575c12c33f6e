# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWX as the modules of awx.awx see it: a file with a table of objects, which remembers.

The plugins that stand in for awx.awx import this file (test_awx_setup.py), so it imports nothing of
this collection. It finds, compares and refuses what awx_collection/plugins/module_utils/
controller_api.py, the modules beside it, awx/api/serializers.py and awx/api/views of ansible/awx
do. In check mode a module ends with its first write: of a new object it returns no id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PAGE = 25  # objects; awx/settings/defaults.py, REST_FRAMEWORK
SECRET = "$encrypted$"

# The options that refer to an object, in the order in which they are looked up.
REFERENCES = {
    "organization": "organizations",
    "credential_type": "credential_types",
    "execution_environment": "execution_environments",
    "inventory": "inventories",
    "project": "projects",
}
# What the modules send as text.
AS_JSON = ("variables", "extra_vars")
# What is no field of an object.
NO_FIELDS = (
    "state",
    "update_secrets",
    "wait",
    "update_project",
    "interval",
    "credentials",
    "survey_spec",
    "schema",
    "destroy_current_schema",
)
FILTERS = {"id", "name", "identifier", "workflow_job_template", *REFERENCES}
UNIFIED = ("job_templates", "projects", "workflow_job_templates")
QUESTION = {"type": str, "question_name": str, "variable": str, "required": bool}
DEFAULTS: dict[str, type] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), str),
    "integer": int,
    "float": float,
}


class Refused(Exception):
    """What a module of awx.awx fails with."""


class _Written(Exception):
    """Check mode: a module would have written now."""


@dataclass(frozen=True)
class Module:
    """endpoint: of its objects. within: the fields that narrow the look-up of an existing one.
    always: the fields that it sends although they are not given."""

    endpoint: str
    within: tuple[str, ...] = ()
    always: tuple[str, ...] = ()


MODULES = {
    "credential_type": Module("credential_types"),
    "credential": Module("credentials", ("credential_type", "organization")),
    # Their names are unique in AWX, not in the organization (awx/main/models/base.py, CommonModel).
    "execution_environment": Module("execution_environments"),
    "project": Module("projects", ("organization",)),
    "inventory": Module("inventories", ("organization",), ("kind", "host_filter")),
    "host": Module("hosts", ("inventory",)),
    "job_template": Module("job_templates", ("organization",)),
    "workflow_job_template": Module("workflow_job_templates", ("organization",)),
}


class Table:
    """The objects of an AWX in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: Json = json.loads(path.read_text("utf-8"))

    @classmethod
    def new(cls, path: Path, organizations: Sequence[str], repositories: Json) -> Table:
        """An AWX that has nothing yet. `repositories`: the playbooks by branch by address."""
        path.write_text(json.dumps({"objects": [], "repositories": repositories}), "utf-8")
        table = cls(path)
        for name in organizations:
            table.add("organizations", name=name)
        return table

    def add(self, endpoint: str, **fields: Any) -> Json:
        made: Json = {"id": len(self.data["objects"]) + 1, "endpoint": endpoint, **fields}
        self.data["objects"].append(made)
        self.save()
        return made

    def save(self) -> None:
        self.path.write_text(json.dumps(self.data), "utf-8")

    def get(self, object_id: int) -> Json:
        found: Json = self.data["objects"][object_id - 1]
        return found

    def find(self, endpoint: str, query: Mapping[str, Any]) -> list[Json]:
        """The objects of an endpoint that match all of `query`, as a list view filters them."""

        def matches(one: Json) -> bool:
            for name, value in query.items():
                if name == "name__startswith":
                    found = str(one["name"]).startswith(value)
                elif name == "organization__name":
                    owner = one.get("organization")
                    found = owner is not None and self.get(owner)["name"] == value
                elif name in FILTERS:
                    found = str(one.get(name)) == str(value)
                else:
                    raise Refused(f"{endpoint} has no field named '{name}'")
                if not found:
                    return False
            return True

        return [one for one in self.data["objects"] if one["endpoint"] == endpoint and matches(one)]

    def shown(self, one: Json) -> Json:
        """An object as the API shows it: no secrets, and the names of what it refers to."""
        related = {
            name: {"id": one[name], "name": self.get(one[name])["name"]}
            for name in REFERENCES
            if one.get(name) is not None
        }
        credentials = [self.get(number) for number in one.get("credentials", [])]
        summary = {
            **related,
            "credentials": [{name: each[name] for name in ("id", "name")} for each in credentials],
        }
        view = {**one, "summary_fields": summary}
        if one["endpoint"] == "credentials":
            secrets = self._inputs_of(one["credential_type"], secret=True)
            view["inputs"] = {
                name: SECRET if name in secrets and value else value
                for name, value in one.get("inputs", {}).items()
            }
        return view

    def one(self, endpoint: str, name: object, query: Mapping[str, Any]) -> Json | None:
        """The only object of that name or id, or None."""
        found = self.find(endpoint, {**query, "name": name})
        if str(name).isdigit():
            [*by_id] = self.find(endpoint, {**query, "id": name})
            found = by_id or found
        if len(found) > 1:
            self._unexpected(endpoint, name, len(found))
        return found[0] if found else None

    def needed(self, endpoint: str, name: object, query: Mapping[str, Any]) -> int:
        """The id of the only object of that name or id."""
        found = self.one(endpoint, name, query)
        if found is None:
            self._unexpected(endpoint, name, 0)
        assert found is not None
        return int(found["id"])

    def _unexpected(self, endpoint: str, name: object, count: int) -> None:
        path = f"/api/v2/{endpoint}/?name={name}"
        raise Refused(f"Request to {path} returned {count} items, expected 1")

    def _inputs_of(self, credential_type: int, secret: bool = False) -> set[str]:
        fields = self.get(credential_type)["inputs"]["fields"]
        return {field["id"] for field in fields if field.get("secret") or not secret}

    def apply(self, name: str, options: Json, given: Json, check: bool) -> Json:
        """What a module returns. `options`: its argument spec. `given`: without what is None."""
        outcome: Json = {"changed": False}
        try:
            _Run(self, MODULES[name], options, given, check, outcome).run()
        except _Written:
            outcome["changed"] = True
        else:
            self.save()
        return outcome


@dataclass
class _Run:
    table: Table
    module: Module
    options: Json
    given: Json
    check: bool
    outcome: Json

    def run(self) -> None:
        fields = self._references()
        within = {name: fields[name] for name in self.module.within if name in fields}
        found = self.table.one(self.module.endpoint, self.given["name"], within)
        if found is not None:
            self.outcome["id"] = found["id"]
            if self.given.get("state") == "exists":
                return
        fields = {**dict.fromkeys(self.module.always), **fields, **self._values()}
        credentials = [
            self.table.needed("credentials", each, {}) for each in self.given.get("credentials", [])
        ]
        if found is None:
            found = self._create(fields)
        else:
            self._change(found, fields)
        self._attach(found, credentials)
        self._ask(found)
        if self.module.endpoint == "projects":
            self._update(found)
        for node in self.given.get("schema", []):
            self._node(found, node)

    def _write(self, write: Callable[[], Any]) -> None:
        if self.check:
            raise _Written
        write()
        self.outcome["changed"] = True

    def _references(self) -> Json:
        fields: Json = {}
        for name, endpoint in REFERENCES.items():
            if self.given.get(name):
                scoped = name == "project" and "organization" in fields
                within = {"organization": fields["organization"]} if scoped else {}
                fields[name] = self.table.needed(endpoint, self.given[name], within)
        return fields

    def _values(self) -> Json:
        return {
            name: json.dumps(value) if name in AS_JSON else value
            for name, value in self.given.items()
            if name not in (*NO_FIELDS, *REFERENCES)
        }

    def _create(self, fields: Json) -> Json:
        if self.check:
            raise _Written
        self._refuse(fields, {})
        initial: Json = {}
        for name, option in self.options.items():
            if name not in NO_FIELDS:
                kinds = {"bool": False, "int": 0, "dict": {}}
                empty = None if name in (*REFERENCES, "host_filter") else ""
                initial[name] = kinds.get(option.get("type", "str"), empty)
        initial |= dict.fromkeys(AS_JSON, "")
        made = self.table.add(self.module.endpoint, **{**initial, **_stored(fields)})
        self.outcome |= {"changed": True, "id": made["id"]}
        return made

    def _change(self, found: Json, fields: Json) -> None:
        before = self.table.shown(found)
        if any(self._may_differ(before.get(name), value) for name, value in fields.items()):
            if self.check:
                raise _Written
            self._refuse(fields, found)
            found |= _stored(fields)
            after = self.table.shown(found)
            self.outcome["changed"] |= any(
                self._may_differ(before.get(name), after[name]) for name in fields
            )

    def _may_differ(self, old: Any, new: Any) -> bool:
        """What AWX hides counts as different, unless `update_secrets` is false."""
        hidden = isinstance(old, dict) and SECRET in old.values()
        if hidden and self.given.get("update_secrets") is False:
            kept = {name: new.get(name) for name, value in old.items() if value == SECRET}
            return bool({**old, **kept} != new)
        return bool(hidden or old != new)

    def _attach(self, found: Json, credentials: list[int]) -> None:
        if "credentials" in self.given and set(credentials) != set(found.get("credentials", [])):
            kinds = [self.table.get(each)["credential_type"] for each in credentials]
            if len(set(kinds)) < len(kinds):
                raise Refused("Cannot assign multiple credentials of one type.")
            self._write(lambda: found.update(credentials=credentials))

    def _ask(self, found: Json) -> None:
        spec = self.given.get("survey_spec")
        if spec is not None and spec != found.get("survey_spec"):
            problems = survey_problems(spec)
            if problems:
                raise Refused(f"Failed to update survey: {problems[0]}")
            self._write(lambda: found.update(survey_spec=spec))

    def _update(self, project: Json) -> None:
        """AWX loads a project that is new or has been changed by itself."""
        if not (self.given.get("update_project") or self.outcome["changed"]):
            return
        if self.check:
            raise _Written
        branches = self.table.data["repositories"].get(project["scm_url"], {})
        if project["scm_branch"] not in branches:
            raise Refused("Project update failed")
        playbooks = branches[project["scm_branch"]]
        self.outcome["changed"] |= playbooks != project.get("playbooks")
        project["playbooks"] = playbooks
        if self.given.get("update_project"):
            # wait_output of controller_api.py: what is returned is the id of the update.
            self.outcome["id"] = self.table.add("project_updates", project=project["id"])["id"]

    def _refuse(self, fields: Json, old: Json) -> None:
        """What the API answers with 400."""
        endpoint = self.module.endpoint
        if endpoint == "execution_environments":
            owner = fields.get("organization")
            if old and owner and owner != old["organization"]:
                raise Refused("Cannot change the organization of an execution environment")
        if endpoint == "credentials":
            unknown = set(fields.get("inputs", {})) - self.table._inputs_of(
                fields["credential_type"]
            )
            if unknown:
                raise Refused(f"Additional properties are not allowed: {sorted(unknown)}")
        if endpoint == "job_templates":
            job = {**old, **fields}
            if job.get("project") is None:
                raise Refused("Job Templates must have a project assigned.")
            if job.get("inventory") is None and not job.get("ask_inventory_on_launch"):
                raise Refused("You must either set a default value or ask to prompt on launch.")
            if job.get("playbook") not in self.table.get(job["project"]).get("playbooks", []):
                raise Refused("Playbook not found for project.")

    def _node(self, workflow: Json, node: Json) -> None:
        used = node["unified_job_template"]
        owner = self.table.needed("organizations", used["organization"]["name"], {})
        found = [
            each["id"]
            for endpoint in UNIFIED
            for each in [self.table.one(endpoint, used["name"], {"organization": owner})]
            if each is not None
        ]
        if len(found) != 1:
            raise Refused(f"Unable to Find unified_job_template: {used}")
        query = {"identifier": node["identifier"], "workflow_job_template": workflow["id"]}
        wanted = {**query, "unified_job_template": found[0], "related": node["related"]}
        [*existing] = self.table.find("workflow_job_template_nodes", query)
        if not existing:
            self._write(lambda: self.table.add("workflow_job_template_nodes", **wanted))
        elif any(existing[0][name] != value for name, value in wanted.items()):
            self._write(lambda: existing[0].update(wanted))


def _stored(fields: Json) -> Json:
    return {name: "" if name == "kind" and not value else value for name, value in fields.items()}


def survey_problems(spec: Mapping[str, Any]) -> list[str]:
    """What JobTemplateSurveySpec of awx/api/views refuses."""
    variables = [question["variable"] for question in spec["spec"]]
    problems = [f"'{name}' duplicated" for name in set(variables) if variables.count(name) > 1]
    for question in spec["spec"]:
        problems += [f"{question['variable']}: {text}" for text in _question_problems(question)]
    return problems


def _question_problems(question: Mapping[str, Any]) -> list[str]:
    kind, default = question["type"], question.get("default", "")
    problems = [
        f"'{name}' expected to be {wanted}."
        for name, wanted in QUESTION.items()
        if not isinstance(question.get(name), wanted)
    ]
    if default != "" and not isinstance(default, DEFAULTS[kind]):
        problems.append(f"Default value {default} expected to be {kind}.")
    for limit in ("min", "max"):
        if not isinstance(question.get(limit, 0), int):
            problems.append(f"The {limit} limit expected to be integer.")
    if kind in ("multiplechoice", "multiselect"):
        choices = question.get("choices")
        if not choices or not all(isinstance(each, str) and each for each in choices):
            problems.append("A question of this type must specify choices.")
        elif not set(default.splitlines()) <= set(choices):
            problems.append("Default choice must be answered from the choices listed.")
    return problems


def launch_problems(questions: Sequence[Mapping[str, Any]], answers: Json) -> list[str]:
    """What a launch with these answers is refused for (awx/main/models/mixins.py,
    _survey_element_validation and _accept_or_ignore_variables)."""
    known = {question["variable"] for question in questions}
    problems = [f"Variables {name} are not allowed on launch." for name in set(answers) - known]
    for question in questions:
        name = question["variable"]
        if name in answers:
            problem = _answer_problem(question, answers[name])
            problems += [f"Value {answers[name]!r} for '{name}' {problem}."] if problem else []
        elif question["required"]:
            problems.append(f"'{name}' value missing")
    return problems


def _answer_problem(question: Mapping[str, Any], value: Any) -> str:
    kind = question["type"]
    if kind == "multiplechoice":
        return "" if value in question["choices"] else "expected to be one of the choices"
    given, wanted = type(value), list if kind == "multiselect" else DEFAULTS[kind]
    if given is not wanted:
        return f"expected to be {kind}"
    if kind == "multiselect":
        return "" if set(value) <= set(question["choices"]) else "expected to be of the choices"
    size = value if kind in ("integer", "float") else len(value)
    fits = question.get("min", size) <= size <= question.get("max", size)
    return "" if fits else "is too small or too large"
