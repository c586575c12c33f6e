# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No role sets a variable under the name of an option: a fact outlives the role and wins over what
a later call of it is given in a play."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
# Where a task names a variable that it sets.
_NAMING = ("register", "loop_var", "index_var")
_SETTING = ("set_fact", "include_vars")


def options(role: str) -> set[str]:
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text()
    specs = yaml.safe_load(text)["argument_specs"]
    return {option for spec in specs.values() for option in spec.get("options", {})}


def variables(role: str) -> set[str]:
    """All variables that a role sets by itself."""
    folder = ROOT / "roles" / role
    names: set[str] = set()
    for path in sorted((folder / "tasks").glob("*.yml")):
        names.update(_set_by(yaml.safe_load(path.read_text())))
    for path in sorted((folder / "vars").glob("*.yml")):
        names.update(yaml.safe_load(path.read_text()))
    return names


def _set_by(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for member in part:
            yield from _set_by(member)
    elif isinstance(part, dict):
        for name, value in part.items():
            word = name.rpartition(".")[2]
            if word in _SETTING:
                # include_vars puts what it reads under `name`, if there is one.
                yield from value if word == "set_fact" else [value["name"]]
            elif word in _NAMING and isinstance(value, str):
                yield value
            yield from _set_by(value)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_sets_a_variable_under_the_name_of_an_option(role: str) -> None:
    all_options = set().union(*(options(one) for one in ROLES))

    assert variables(role) & all_options == set()


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_sets_begins_with_its_name(role: str) -> None:
    """So it is no option of another role, of this collection or any other."""
    assert [name for name in variables(role) if not name.startswith(f"{role}_")] == []
