# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example that the documentation shows, run as it stands."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import (
    connection,
    credentials,
    environment,
)
from ansible_collections.huaweicloud.ims.tests.samples import REQUESTS
from ansible_collections.huaweicloud.ims.tests.system import pages
from ansible_collections.huaweicloud.ims.tests.system.cloud import Played, RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.conftest import TIME_SCALE
from ansible_collections.huaweicloud.ims.tests.system.documented import MODULES, examples_of
from ansible_collections.huaweicloud.ims.tools import simulator
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

# The hosts that the examples speak of; nobody answers at the address (RFC 5737).
INVENTORY = {"web": {"hosts": {"web-01": {"ansible_host": "192.0.2.1"}}}}


def _exports(block: pages.Block) -> dict[str, str]:
    """The variables that a block of commands sets."""
    words = [
        word
        for line in block.lines()
        if line.startswith("export ")
        for word in shlex.split(line)[1:]
    ]
    return dict(word.split("=", 1) for word in words)


BLOCKS = [block for page in (*pages.MARKDOWN, *pages.GUIDES) for block in pages.blocks(page)]
YAML = [block for block in BLOCKS if block.language == "yaml" and not block.untried]
PLAYS = {block.where: block.text for block in YAML if block.page in pages.MARKDOWN}
CLOUDS = {block.where: block.text for block in YAML if block.text.startswith("clouds:")}
GUIDED = [block for block in YAML if block.page in pages.GUIDES and block.where not in CLOUDS]
SHELL = [block for block in BLOCKS if block.language == "sh" and not block.untried]
COMMANDS = [(block.where, line) for block in SHELL for line in block.lines()]
# Those have tests of their own: the doctor changes nothing, and there is no AWX here.
ELSEWHERE = ("huaweicloud.ims.doctor", "huaweicloud.ims.awx_setup")
PLAYED = sorted(
    {
        line
        for _where, line in COMMANDS
        if line.startswith("ansible-playbook huaweicloud") and line.split()[1] not in ELSEWHERE
    }
)
VARIABLES = sorted({name for block in SHELL for name in _exports(block)})
EXPORTED = {
    block.where: found
    for block in SHELL
    for found in [_exports(block)]
    if found and not any(name.startswith("CONTROLLER") for name in found)
}
# Rows of the table of requests in the guide to speed, by the cases that are measured.
SPEED = (ROOT / "docs" / "docsite" / "rst" / "speed.rst").read_text("utf-8")
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
    *("ansible-builder ", "podman run "),  # test_execution_environment.py
)


def _run(cloud: RunningCloud, folder: Path, text: str, **variables: str) -> tuple[Played, Played]:
    """Run a playbook twice, after check mode, which writes nothing."""
    playbook, inventory = folder / "play.yml", folder / "inventory.json"
    playbook.write_text(text, encoding="utf-8")
    inventory.write_text(json.dumps(INVENTORY), encoding="utf-8")
    command = [str(playbook), "-i", str(inventory)]
    cloud.succeed(*command, "--check", **variables)
    assert [call for call in cloud.writes() if not call.endswith("/auth/tokens")] == []
    return cloud.succeed(*command, **variables), cloud.succeed(*command, **variables)


def _accounts(cloud: RunningCloud) -> dict[str, Any]:
    """The accounts that the guides speak of, as the clouds.yaml of somebody who has them."""
    facts, partner = cloud.facts, cloud.facts["others"]["partner"]
    addresses = {f"{name}_endpoint_override": url for name, url in facts["endpoints"].items()}
    keys = {
        "production": (facts["access_key"], facts["secret_key"]),
        "staging": (partner["access_key"], partner["secret_key"]),
    }
    return {
        name: {
            "region_name": facts["region"],
            "auth": {"ak": access, "sk": secret},
            **addresses,
        }
        for name, (access, secret) in keys.items()
    }


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_change_things_once(
    cloud: RunningCloud, tmp_path: Path, module: str
) -> None:
    tasks = yaml.safe_load(examples_of(module))
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}

    first, second = _run(cloud, tmp_path, yaml.safe_dump([play], sort_keys=False))

    ours = [task for task in tasks if "ansible.builtin.debug" not in task]
    assert first.changed == (0 if module.endswith("_info") else len(ours))
    assert second.changed == 0


@pytest.mark.parametrize("where", PLAYS)
def test_a_playbook_on_a_page_makes_images_once(
    cloud: RunningCloud, tmp_path: Path, where: str
) -> None:
    first, second = _run(cloud, tmp_path, PLAYS[where])

    assert first.changed > 0
    assert second.changed == 0


# The plays of the guides that change nothing. All others do, with one task at least.
LOOKING = (
    "Ask before deleting",
    "Find the newest golden image",
    "Copy an image, and go on if that is not possible",
    "Find what costs",
)


def _play_twice(chosen: Sequence[pages.Block], folder: Path) -> tuple[Played, Played]:
    """Examples as one playbook, in a cloud of their own: an account has a quota."""
    text = yaml.safe_dump([play for block in chosen for play in block.plays()], sort_keys=False)
    clouds = folder / "clouds.yaml"
    assert sys.__stderr__ is not None
    with simulator.started(Place(), sys.__stderr__, time_scale=TIME_SCALE, seed=1) as facts:
        cloud = RunningCloud(facts, cache=folder / "cache")
        clouds.write_text(yaml.safe_dump({"clouds": _accounts(cloud)}), encoding="utf-8")
        return _run(cloud, folder, text, OS_CLIENT_CONFIG_FILE=str(clouds))


def test_the_playbooks_of_the_guides_make_images_once(tmp_path: Path) -> None:
    """Some of them are one playbook, and some of those run at once: they wait most of the time."""
    groups = [GUIDED[first : first + 5] for first in range(0, len(GUIDED), 5)]
    folders = [tmp_path / str(number) for number in range(len(groups))]
    for folder in folders:
        folder.mkdir(parents=True)

    with ThreadPoolExecutor(3) as pool:
        played = list(pool.map(_play_twice, groups, folders))

    for group, (first, second) in zip(groups, played, strict=True):
        plays = [play["name"] for block in group for play in block.plays()]
        assert first.changed >= len([name for name in plays if name not in LOOKING]), first.output
        assert second.changed == 0, second.output


def test_what_is_not_tried_of_a_guide_says_why() -> None:
    untried = [block for block in BLOCKS if block.language in ("sh", "yaml") and block.untried]

    assert [block.where for block in untried if len(block.untried) < 20] == []
    assert len(untried) < len(GUIDED) / 2


@pytest.mark.parametrize("where", CLOUDS)
def test_the_clouds_yaml_of_a_guide_is_understood(tmp_path: Path, where: str) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text(CLOUDS[where], encoding="utf-8")
    environ = {"OS_CLIENT_CONFIG_FILE": str(path)}

    for name in yaml.safe_load(CLOUDS[where])["clouds"]:
        selection = credentials.select_credentials({"cloud": name}, environ, str(tmp_path))
        place = connection.make_connection({}, environ, selection)
        addresses = [place.url(service) for service in ("iam", "ims", "evs", "ecs", "cbr")]
        assert all(address.startswith("https://") for address in addresses)


@pytest.mark.parametrize("where", EXPORTED)
def test_the_variables_of_a_guide_are_an_account(tmp_path: Path, where: str) -> None:
    environ = {"HOME": str(tmp_path), **EXPORTED[where]}

    selection = credentials.select_credentials({}, environ, str(tmp_path))

    assert selection.source.startswith("environment ")
    assert selection.looked_for == () or "HUAWEICLOUD_SDK" in selection.looked_for[0]
    assert connection.make_connection({}, environ, selection).url("ims").startswith("https://ims.")
    assert (selection.agency is not None) == any("ASSUME_ROLE" in name for name in environ)


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
    texts = [(ROOT / page).read_text("utf-8") for page in (*pages.MARKDOWN, *pages.GUIDES)]

    named = set(re.findall(r"(?:^ *|`)make ([a-z-]+)", "\n".join(texts), re.MULTILINE))

    assert named
    assert named <= known


def test_every_variable_that_a_page_sets_is_one_that_the_collection_reads() -> None:
    known = {
        prefix + name
        for family in environment.FAMILIES
        for prefix, names in [(family.prefix, family.names.values())]
        for spellings in names
        for name in spellings
    } | {"ANSIBLE_COLLECTIONS_PATH", "OS_CLIENT_CONFIG_FILE", "PATH"}
    # Those that awx.awx reads (its documentation fragment "auth").
    known |= {"CONTROLLER_HOST", "CONTROLLER_USERNAME", "CONTROLLER_PASSWORD"}

    assert VARIABLES
    assert [name for name in VARIABLES if name not in known] == []


@pytest.mark.parametrize("case", REQUESTS)
def test_the_requests_of_a_task_are_those_of_the_table(case: str) -> None:
    row = re.search(rf"^   \* - {ROWS[case]}\n((?:     - .*\n)+)", SPEED, re.MULTILINE)
    # Polls do not count: questions about the job, or, for an export, about the image.
    poll = "image" if case == "export" else "jobs"
    counted = REQUESTS[case].split()
    counted.remove(poll)

    assert row
    assert row[1].splitlines()[-1] == f"     - {len(counted)}"


def test_every_file_that_a_page_links_to_exists() -> None:
    for page in pages.MARKDOWN:
        path = ROOT / page
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{page}: {target}"
