# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples of the guides that are not simply playbooks: for cron, for a pipeline, for another
collection's inventory, and for a cloud with two regions."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.samples import FILE, SERVER
from ansible_collections.huaweicloud.ims.tests.system import pages
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.commands import run
from ansible_collections.huaweicloud.ims.tests.system.conftest import TIME_SCALE
from ansible_collections.huaweicloud.ims.tools import simulator
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

BLOCKS = [block for page in pages.GUIDES for block in pages.blocks(page)]
# What the examples call their files, and what the simulated cloud has in their place.
FILES = {
    "images-de:base-2026.zvhd2": FILE,
    "images-nl:base-2026.zvhd2": "ims-elsewhere:far.zvhd2",
}
SERVICES = ("IAM", "IMS", "EVS", "ECS", "CBR")


def example(words: str) -> str:
    """The only example with these words."""
    [found] = [block.text for block in BLOCKS if words in block.text]
    return found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RunningCloud]:
    """A cloud with the regions of the examples, eu-de and eu-nl."""
    assert sys.__stderr__ is not None
    with simulator.started(
        Place(), sys.__stderr__, time_scale=TIME_SCALE, seed=1, region="eu-de"
    ) as facts:
        yield RunningCloud(facts, cache=tmp_path / "cache")


def test_the_yaml_of_every_guide_is_well_formed_and_every_playbook_passes_a_syntax_check(
    tmp_path: Path,
) -> None:
    texts = [block for block in BLOCKS if block.language == "yaml"]
    plays = [block for block in texts if isinstance(yaml.safe_load(block.text), list)]
    files = [tmp_path / f"{number}.yml" for number in range(len(plays))]
    for path, block in zip(files, plays, strict=True):
        path.write_text(yaml.safe_dump(block.plays(), sort_keys=False), encoding="utf-8")

    place = Place()
    command = [place.program("ansible-playbook"), "--syntax-check", "-i", "localhost,web,"]
    printed = run([*command, *map(str, files)], place)

    assert printed.count("playbook: ") == len(plays) > 20


def test_the_image_of_two_regions_is_imported_once_in_each(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    text = example("Import an image in two regions")
    for name, there in FILES.items():
        assert name in text
        text = text.replace(name, there)
    playbook = tmp_path / "play.yml"
    playbook.write_text(text, encoding="utf-8")
    address = cloud.facts["others"]["other_region_url"]
    addresses = {f"HUAWEICLOUD_SDK_REGION_{name}_EU_NL": address for name in SERVICES}

    first = cloud.succeed(str(playbook), **addresses)
    imports = [call for call in cloud.writes() if "quickimport" in call]
    second = cloud.succeed(str(playbook), **addresses)

    regions = [entry["region"] for wait in first.of("image_wait") for entry in wait["timeline"]]
    assert sorted(regions) == ["eu-de", "eu-nl"]
    assert len(imports) == 2
    assert [call for call in cloud.writes() if "quickimport" in call] == imports
    assert second.changed == 0


def test_the_line_of_a_crontab_finds_its_program_and_its_credentials(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    [line] = [block.text for block in BLOCKS if "nightly.log" in block.text]
    match = re.fullmatch(r"(?:\S+ +){5}(.+)\n", line)
    assert match
    found = cloud.place().environ()
    credentials = example(".local/bin")
    for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY"):
        credentials = credentials.replace(f"{name}=…", f"{name}={found.pop(name)}")
    assert f"HW_REGION_NAME={found.pop('HW_REGION_NAME')}\n" in credentials
    home = tmp_path / "home"
    for folder in (".config/ims", ".local/bin", "playbooks", "logs"):
        (home / folder).mkdir(parents=True)
    (home / ".config/ims/credentials").write_text(credentials, encoding="utf-8")
    (home / ".local/bin/ansible-playbook").symlink_to(Place().program("ansible-playbook"))
    nightly = home / "playbooks/nightly.yml"
    nightly.write_text(example("name: Bake every night\n"), encoding="utf-8")
    environ = {**found, "HOME": str(home), "PATH": "/usr/bin:/bin"}

    answer = subprocess.run(
        ["/bin/sh", "-c", match[1]], env=environ, cwd=home, capture_output=True, check=False
    )

    log = (home / "logs/nightly.log").read_text("utf-8")
    assert answer.returncode == 0, log
    assert "changed=1" in log
    assert answer.stdout == answer.stderr == b""


def test_the_commands_of_the_pipeline_run_with_its_variables(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    [job] = yaml.safe_load(example("golden-image:\n")).values()
    nightly = tmp_path / "nightly.yml"
    nightly.write_text(example("name: Bake every night\n"), encoding="utf-8")
    install, galaxy, *played = [shlex.split(line) for line in job["script"]]

    needed = re.findall(r"^(\w+) >=", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert install == ["pip", "install", "ansible-core", *needed]
    assert galaxy[:3] == ["ansible-galaxy", "collection", "install"]
    for command in played:
        arguments = [str(nightly) if word == nightly.name else word for word in command[1:]]
        assert command[0] == "ansible-playbook"
        cloud.succeed(*arguments, **job["variables"])
    assert "web-nightly" in cloud.images()


def test_a_server_of_an_inventory_of_openstack_is_given_by_its_id(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """Its plugin sets the variable `openstack` of a host to the server as Nova shows it."""
    playbook, inventory = tmp_path / "play.yml", tmp_path / "inventory.json"
    playbook.write_text(example("{{ openstack.id }}"), encoding="utf-8")
    host = {"openstack": {"id": SERVER, "name": "web-01"}}
    groups = {"web": {"hosts": {"web-01.example.com": host}}}
    inventory.write_text(json.dumps(groups), encoding="utf-8")
    command = [str(playbook), "-i", str(inventory)]

    first, second = cloud.succeed(*command), cloud.succeed(*command)

    assert (first.changed, second.changed) == (1, 0)
    assert "web-01-golden" in cloud.images()
