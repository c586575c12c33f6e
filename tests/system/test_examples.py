# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example that the documentation shows, run as it stands."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud import environment
from ansible_collections.huaweicloud.ims.tests.system.cloud import Played, RunningCloud
from ansible_collections.huaweicloud.ims.tests.unit.stories.test_request_counts import CREATED
from ansible_collections.huaweicloud.ims.tools.places import ROOT

# The examples of prepare_guest would change this very machine.
MODULES = sorted(
    path.stem
    for path in (ROOT / "plugins" / "modules").glob("*.py")
    if path.stem != "prepare_guest"
)
PAGES = [
    *("README.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md"),
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    *(f"roles/{path.name}/README.md" for path in sorted((ROOT / "roles").iterdir())),
]
# The hosts that the examples speak of; nobody answers at the address (RFC 5737).
INVENTORY = {"web": {"hosts": {"web-01": {"ansible_host": "192.0.2.1"}}}}
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples_of(module: str) -> str:
    """The tasks that the documentation of a module shows, as they stand there."""
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{module}.py").read_text("utf-8"))
    [text] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES"
    ]
    return str(text)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """The blocks of a language on all pages, as (where it stands, text)."""
    for page in PAGES:
        for number, (found, text) in enumerate(_BLOCK.findall((ROOT / page).read_text("utf-8"))):
            if found == language:
                yield f"{page} {number}", text


def _lines(language: str) -> Iterator[tuple[str, str]]:
    """The command lines on all pages, continued ones as one."""
    for where, text in blocks(language):
        for line in text.replace("\\\n", " ").splitlines():
            if line.strip():
                yield where, line.strip()


PLAYS = dict(blocks("yaml"))
COMMANDS = list(_lines("sh"))
# Those have tests of their own: the doctor finds that the clock of this cloud runs too fast, and
# there is no AWX here.
ELSEWHERE = ("huaweicloud.ims.doctor", "huaweicloud.ims.awx_setup")
PLAYED = [
    line
    for _where, line in COMMANDS
    if line.startswith("ansible-playbook huaweicloud") and line.split()[1] not in ELSEWHERE
]
VARIABLES = sorted(
    {
        word.partition("=")[0]
        for _where, line in COMMANDS
        if line.startswith("export ")
        for word in shlex.split(line)[1:]
    }
)
README = (ROOT / "README.md").read_text("utf-8")
# Rows of the table of requests, by the cases that are measured.
ROWS = {
    "server, image_tags": "a server",
    "backup, image_tags": "a backup",
    "copy": "an image",
    "system disk, image_tags": "a file, for a system disk",
    "data disk, image_tags": "a file, for a data disk",
    "export": "a disk",
}
KNOWN_COMMANDS = (
    *("ansible-playbook ", "ansible-doc ", "ansible-galaxy ", "export ", "make ", "cd "),
    "ansible-builder ",  # test_execution_environment.py
)


def _run(cloud: RunningCloud, folder: Path, text: str) -> tuple[Played, Played]:
    """Run a playbook twice."""
    playbook, inventory = folder / "play.yml", folder / "inventory.json"
    playbook.write_text(text, encoding="utf-8")
    inventory.write_text(json.dumps(INVENTORY), encoding="utf-8")
    command = [str(playbook), "-i", str(inventory)]
    return cloud.succeed(*command), cloud.succeed(*command)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_change_things_once(
    cloud: RunningCloud, tmp_path: Path, module: str
) -> None:
    tasks = yaml.safe_load(examples_of(module))
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}

    first, second = _run(cloud, tmp_path, yaml.safe_dump([play], sort_keys=False))

    assert first.changed == (0 if module.endswith("_info") else len(tasks))
    assert second.changed == 0


@pytest.mark.parametrize("where", PLAYS)
def test_a_playbook_on_a_page_makes_images_once(
    cloud: RunningCloud, tmp_path: Path, where: str
) -> None:
    first, second = _run(cloud, tmp_path, PLAYS[where])

    assert first.changed > 0
    assert second.changed == 0


@pytest.mark.parametrize("line", PLAYED)
def test_a_command_on_a_page_does_what_it_says(cloud: RunningCloud, line: str) -> None:
    _program, *arguments = shlex.split(line)

    played = cloud.succeed(*arguments)

    assert played.changed > 0
    assert bool(cloud.writes()) == ("--check" not in arguments)


def test_every_command_on_a_page_is_of_a_kind_that_is_tried() -> None:
    assert [line for _where, line in COMMANDS if not line.startswith(KNOWN_COMMANDS)] == []


def test_every_target_of_make_on_a_page_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (ROOT / "Makefile").read_text(), re.M))
    known = {name for line in targets for name in line.split()}
    pages = "\n".join((ROOT / page).read_text("utf-8") for page in PAGES)

    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", pages, re.MULTILINE))

    assert named
    assert named <= known


def test_every_variable_that_a_page_sets_is_one_that_the_collection_reads() -> None:
    known = {
        prefix + name
        for family in environment.FAMILIES
        for prefix, names in [(family.prefix, family.names.values())]
        for spellings in names
        for name in spellings
    } | {"ANSIBLE_COLLECTIONS_PATH", "OS_CLIENT_CONFIG_FILE"}
    # Those that awx.awx reads (its documentation fragment "auth").
    known |= {"CONTROLLER_HOST", "CONTROLLER_USERNAME", "CONTROLLER_PASSWORD"}

    assert VARIABLES
    assert [name for name in VARIABLES if name not in known] == []


@pytest.mark.parametrize("case", CREATED)
def test_the_requests_of_a_task_are_those_of_the_table(case: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| {ROWS[case]} |"))
    # Polls do not count: questions about the job, or, for an export, about the image.
    poll = "image" if case == "export" else "jobs"
    counted = CREATED[case].split()
    counted.remove(poll)

    assert row.rpartition("|")[0].rpartition("|")[2].strip() == str(len(counted))


def test_every_file_that_a_page_links_to_exists() -> None:
    for page in PAGES:
        path = ROOT / page
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{page}: {target}"
