# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's README tells all of its switches, faults and things, as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator, errors
from ansible_collections.huaweicloud.ims.tests.simulator.faults import ACTIONS, Rule
from ansible_collections.huaweicloud.ims.tests.simulator.switches import SWITCHES

README = Path(__file__).resolve().parents[2] / "simulator" / "README.md"


@pytest.fixture(scope="module")
def text() -> str:
    return README.read_text(encoding="utf-8")


def test_every_switch_is_reported_with_its_values(text: str) -> None:
    rows = set(re.findall(r"^\| `(\w+)` \| `(.*?)` \| `(.*?)` \|", text, re.MULTILINE))

    assert rows == {(name, str(s.nasty), str(s.tame)) for name, s in SWITCHES.items()}


def test_every_action_is_reported_with_its_parameters(text: str) -> None:
    for action, parameters in ACTIONS.items():
        [row] = re.findall(rf"^\| `{action}` \|.*$", text, re.MULTILINE)
        assert {name for name in parameters if f"`{name}`" not in row} == set()


def test_every_shape_is_reported(text: str) -> None:
    assert ", ".join(errors.SHAPES) in text


def test_the_sample_rules_are_rules(text: str) -> None:
    samples = re.findall(r'\{"(?:method|path)": .*?\}', text)

    assert [Rule(json.loads(sample)).action for sample in samples] == ["drop", "throttle"]


def test_every_thing_of_the_initial_world_is_reported(text: str) -> None:
    state = Simulator(ManualClock()).state()
    names = {
        thing["name"]
        for kind in ("servers", "volumes", "vaults", "backups", "images")
        for thing in state[kind]
        if not thing["name"].startswith(("fleet-", "nightly-", "partner-"))
        and not thing["name"].endswith("-system")
    }

    assert {name for name in names if f"`{name}`" not in text} == set()
