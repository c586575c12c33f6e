# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that calls the cloud asks for privileges, whatever play, settings and inventory say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

COLLECTION = Path(__file__).parents[3]
FILES = sorted([*COLLECTION.glob("roles/*/tasks/*.yml"), *COLLECTION.glob("playbooks/*.yml")])

Json = dict[str, Any]


class Loader(yaml.SafeLoader):
    """With the tag that keeps Ansible from templating a text."""


Loader.add_constructor("!unsafe", Loader.construct_yaml_str)


def _entries(found: Any) -> Iterator[Json]:
    """All plays, blocks and tasks of a file."""
    for entry in found or []:
        yield entry
        for part in ("block", "rescue", "always", "pre_tasks", "tasks", "post_tasks", "handlers"):
            yield from _entries(entry.get(part))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(COLLECTION)))
def test_the_variable_rules_privileges_out_as_the_keyword_does(path: Path) -> None:
    """The variable `ansible_become` of an inventory beats the keyword, not one set beside it."""
    for entry in _entries(yaml.load(path.read_text(), Loader)):
        if entry.get("become") is False:
            assert entry["vars"]["ansible_become"] is False, entry["name"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(COLLECTION)))
def test_what_runs_on_the_controller_runs_without_privileges(path: Path) -> None:
    for entry in _entries(yaml.load(path.read_text(), Loader)):
        if "delegate_to" in entry or entry.get("hosts") == "localhost":
            assert entry["become"] is False, entry["name"]
