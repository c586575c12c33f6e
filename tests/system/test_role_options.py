# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of every role, given as text, as null and empty: it means what a module would make
of it, or the role refuses it before it asks the cloud for anything.

The cases come from the argument specs of the roles, and those of an option run in one play, in
check mode: a role that fails halfway in a real run has asked the cloud for something here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.samples import KEY
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tools.places import ROOT

Json = dict[str, Any]

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())

# Variables with which each role has something to do.
BASES: dict[str, Json] = {
    "golden_image": {
        "golden_image_date": "2026-01-02",
        "golden_image_disks": [{"volume": "data-available"}],
    },
    "image_import": {
        "image_import_files": [
            {"image_url": "ims-image:data.zvhd2", "min_disk": 40, "type": "DataImage"}
        ],
    },
    "image_report": {"image_report_path": "report.html"},
    "image_retention": {
        "image_retention_families": [{"name": "encrypted-*", "keep_newest": 1}],
    },
    "prepare_guest": {"prepare_guest_become": False},
}
# Options without which another one is not read.
NEEDED: dict[str, Json] = {"golden_image_keep": {"golden_image_retention": {"keep_newest": 3}}}
# Values that an option may have, by its name without that of the role, where its type does not
# tell. Lists of mappings begin with what their other options are tried in.
VALUES: dict[str, Any] = {
    "servers": [{"instance": "web-01"}],
    "backups": [{"backup": "web-01-backup"}],
    "disks": [{"volume": "data-available"}],
    "files": [{"image_url": "ims-image:data.zvhd2", "min_disk": 40, "type": "DataImage"}],
    "families": [{"name": "encrypted-*", "keep_newest": 1}],
    "retention": {"keep_newest": 3},
    "cmk_id": KEY,
    "date": "2026-01-02",
    "delegate_to": "localhost",
    "enterprise_project_id": "0",
    "image_tags": {"team": "web"},
    "image_url": "ims-image:data.zvhd2",
    "instance": "web-01",
    "backup": "web-01-backup",
    "volume": "data-available",
    "keep": ["encrypted-documents-key"],
    "keep_younger_than": "1h",
    "max_age": "1h",
    "min_disk": 40,
    "min_ram": 1024,
    "name": "encrypted-*",
    "report": "report.html",
    "path": "report.html",
    "mode": "0640",
    "results": [{"timeline": []}],
    "tag": "team=web",
    "source": KEY,
    "vault": "vault-servers",
    "wait_timeout": 7200,
}
# null as templates give it.
NOTHING = {"null": "{{ nobody_knows | default(none) }}", "empty": ""}
# What a role has found out, or would do.
FACTS = {
    "golden_image": ["golden_image_images", "golden_image_families"],
    "image_import": ["image_import_images"],
    "image_report": [],  # a page
    "image_retention": ["image_retention_deleted"],
    "prepare_guest": ["prepare_guest_findings"],
}
# Nobody may ask this without credentials.
MARK = "/v2/cloudimages/case"
BY_TYPE: dict[str, Any] = {"str": "some", "int": 2048, "bool": False}


@dataclass(frozen=True)
class Case:
    """Variables for a role. like: the case that has the same outcome, unless this one is refused;
    None where any outcome will do."""

    name: str
    variables: Json
    like: str | None = None


def _options(role: str) -> Mapping[str, Json]:
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text()
    options: Mapping[str, Json] = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    return options


def _value(option: str, declared: Json) -> Any:
    if option in VALUES:
        return VALUES[option]
    if declared["type"] == "list":
        return [declared["choices"][0]]
    return declared["choices"][0] if "choices" in declared else BY_TYPE[declared["type"]]


def _texts(declared: Json, value: Any) -> Iterator[tuple[str, Any]]:
    """The value as text, in the forms that a module takes."""
    if declared["type"] != "str":
        yield "JSON", json.dumps(value)
    if declared["type"] in ("list", "dict"):
        yield "Python", repr(value)
    if declared["type"] == "list":
        alone = value[0] if isinstance(value[0], str) else json.dumps(value[0])
        yield "alone", alone
        yield "in a list", [alone]


def _forms(declared: Json, value: Any) -> Iterator[tuple[str, Any]]:
    yield from _texts(declared, value)
    yield from NOTHING.items()


def _cases(role: str, option: str) -> Iterator[Case]:
    base = {**BASES[role], **NEEDED.get(option, {})}
    declared = _options(role)[option]
    value = _value(option.removeprefix(f"{role}_"), declared)
    typed, omitted = f"{option}: typed", f"{option}: omitted"
    yield Case(typed, {**base, option: value})
    yield Case(omitted, {name: given for name, given in base.items() if name != option})
    for form, given in _forms(declared, value):
        like = omitted if form in NOTHING else typed
        yield Case(f"{option}: {form}", {**base, option: given}, like)
    for inner, of_inner in declared.get("options", {}).items():
        for form, given in _forms(of_inner, _value(inner, of_inner)):
            # Beside an entry that is right.
            whole: Any = (
                {**value, inner: given}
                if isinstance(value, dict)
                else [
                    value[0],
                    {**value[0], inner: given},
                ]
            )
            yield Case(f"{option}.{inner}: {form}", {**base, option: whole})


OPTIONS = [(role, option) for role in ROLES for option in _options(role)]


def _play(role: str, cases: Iterable[Case], url: str) -> list[Json]:
    """Each call of the role begins with a request that names its case."""
    facts = {fact: f"{{{{ hostvars.localhost.{fact} | default(none) }}}}" for fact in FACTS[role]}
    why = "{{ ansible_failed_result.msg | default(ansible_failed_result) }}"
    tasks: list[Json] = []
    for case in cases:
        mark = f"{url}{MARK}?{urlencode({'case': case.name})}"
        begin = f"{{{{ lookup('ansible.builtin.url', '{mark}', errors='ignore') }}}}"
        call = {
            "name": "the role",
            "ansible.builtin.include_role": {"name": f"huaweicloud.ims.{role}"},
            "vars": case.variables,
        }
        done, failed = ({"ansible.builtin.debug": {"msg": told}} for told in (facts, {"why": why}))
        tasks += [
            {"name": "begin", "ansible.builtin.debug": {"msg": begin}},
            {
                "block": [call, {"name": f"done {case.name}", **done}],
                "rescue": [{"name": f"failed {case.name}", **failed}],
            },
        ]
    play = {"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}
    return [play]


def _requests(cloud: RunningCloud) -> dict[str, list[str]]:
    """The requests of each case."""
    found: dict[str, list[str]] = {}
    for entry in cloud.requests():
        if entry["path"] == MARK:
            found[entry["query"]["case"]] = calls = []
        else:
            calls.append(f"{entry['method']} {entry['path']}")
    return found


@pytest.mark.parametrize(("role", "option"), OPTIONS)
def test_an_option_means_what_a_module_makes_of_it_or_is_refused_first(
    cloud: RunningCloud, tmp_path: Path, role: str, option: str
) -> None:
    cases = list(_cases(role, option))
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump(_play(role, cases, cloud.facts["url"])))

    played = cloud.play(str(playbook), "--check", "-i", "localhost,")

    assert played.returncode == 0, played.output[-5000:]
    told = {line["task"]: line["result"].get("msg") for line in played.results}
    requests = _requests(cloud)
    wrong = {}
    for case in cases:
        name = case.name
        if f"failed {name}" in told:
            if requests[name] or name.endswith(": typed"):
                wrong[name] = f"{told[f'failed {name}']['why']}, after {requests[name]}"
        elif case.like is not None and told[f"done {name}"] != told.get(f"done {case.like}"):
            wrong[name] = f"{told[f'done {name}']}, not {told.get(f'done {case.like}')}"
    assert wrong == {}
