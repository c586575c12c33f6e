# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users need nothing but ansible-core, requests and jmespath."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.tests.system.commands import Package, run
from ansible_collections.huaweicloud.ims.tools import environment, simulator
from ansible_collections.huaweicloud.ims.tools.places import BUILD, Place

CONNECTION = ("auth_url", "endpoints", "region", "project_id", "access_key", "secret_key")

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/huaweicloud.ims.all: "{{ connection }}"
  tasks:
    - name: Import a disk
      huaweicloud.ims.quick_import:
        name: made-with-little
        image_url: ims-image:centos70.zvhd2
        os_version: CentOS 7.0 64bit
        min_disk: 40
      register: made

    - name: Say what was made
      ansible.builtin.copy:
        content: "{{ made | to_json }}"
        dest: "{{ result }}"
        mode: '0600'
"""


@pytest.fixture(scope="module")
def bare() -> Place:
    """An environment that was made from the requirements of ansible-core and of the collection."""
    folder = BUILD / "runtime-only"
    environment.ensure(str(folder), ["core", "runtime"])
    return Place(folder, BUILD / "home-runtime-only")


def test_the_environment_has_only_what_the_collection_asks_for(bare: Place) -> None:
    code = "import importlib.util as u, json; print(json.dumps([bool(u.find_spec(n)) for n in {}]))"
    here, missing = ["ansible", "jmespath", "requests"], ["flask", "openstack", "pytest"]

    found = json.loads(run([str(bare.python), "-c", code.format(here + missing)], bare))

    assert found == [True] * len(here) + [False] * len(missing)


def test_a_module_makes_an_image_in_it(bare: Place, package: Package, tmp_path: Path) -> None:
    playbook, result = tmp_path / "play.yml", tmp_path / "result.json"
    playbook.write_text(PLAYBOOK)

    assert sys.__stderr__ is not None
    with simulator.started(Place(), sys.__stderr__, time_scale=600, seed=1) as facts:
        variables = {
            "connection": {name: facts[name] for name in CONNECTION},
            "result": str(result),
        }
        run(
            [bare.program("ansible-playbook"), str(playbook), "-e", json.dumps(variables)],
            bare,
            ANSIBLE_COLLECTIONS_PATH=str(package.collections),
        )

    made = json.loads(result.read_text())
    assert made["changed"] is True
    assert made["image"]["name"] == "made-with-little"
    assert made["image"]["status"] == "active"
