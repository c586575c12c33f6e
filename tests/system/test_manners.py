# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all that we ship and show does alike: calls to the cloud ask for no privileges, and loops
print a word for each item.

A call goes out from the controller. With privileges it would run as another user, without the
credentials and the cache of this one; and a container of AWX has no such user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.documented import MODULES, examples_of
from ansible_collections.huaweicloud.ims.tools.places import ROOT

CALLS = {f"huaweicloud.ims.{module}" for module in MODULES}
# The least that there is to write, in five lines; the next ones show how it is done well.
OPENING = "README.md 0"
_FENCED = re.compile(r"^``ya?ml\n(.*?)^``$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^\.\. code-block:: ya?ml\n\n((?:(?: {2,}.*)?\n)+)", re.MULTILINE)
_LISTS = ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always")


@dataclass(frozen=True)
class Task:
    """A task, where it stands, and what `become` amounts to there; None: whatever is configured."""

    where: str
    body: Mapping[str, Any]
    become: Any

    @property
    def calls_the_cloud(self) -> bool:
        return bool(CALLS & set(self.body))

    @property
    def items(self) -> Any:
        """What it loops over, None if it does not."""
        loops = [name for name in self.body if name == "loop" or name.startswith("with_")]
        return self.body[loops[0]] if loops else None

    def __str__(self) -> str:
        return f"{self.where}: {self.body.get('name', 'a task without a name')}"


def _tasks(where: str, entries: Any, become: Any = None) -> Iterator[Task]:
    """The tasks of a playbook, of a file of tasks or of an example, those in blocks among them."""
    for entry in entries if isinstance(entries, list) else []:
        inherited = entry.get("become", become)
        inner = [name for name in _LISTS if name in entry]
        for name in inner:
            yield from _tasks(where, entry[name], inherited)
        if not inner:
            yield Task(where, entry, inherited)


class _Loader(yaml.SafeLoader):
    """Takes what has a tag of Ansible, such as !unsafe and !vault, as plain text."""


_Loader.add_constructor(None, lambda _loader, node: node.value)


def _load(text: str) -> Any:
    return yaml.load(text, _Loader)


def _shipped() -> Iterator[Task]:
    for pattern in ("playbooks/*.yml", "playbooks/tasks/*.yml", "roles/*/tasks/*.yml"):
        for path in sorted(ROOT.glob(pattern)):
            yield from _tasks(str(path.relative_to(ROOT)), _load(path.read_text("utf-8")))


def _shown() -> Iterator[Task]:
    """On pages, which show plays, or tasks of which nobody knows where they will stand."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("docs/**/*.rst")]
    for path in sorted([*pages, *ROOT.glob("roles/*/README.md")]):
        text = path.read_text("utf-8")
        found = _FENCED.findall(text) + _INDENTED.findall(text)
        for number, block in enumerate(found):
            yield from _tasks(f"{path.relative_to(ROOT)} {number}", _load(block))


def _documented() -> Iterator[Task]:
    """In the documentation of modules, which shows tasks without a play."""
    for module in MODULES:
        yield from _tasks(f"{module} (EXAMPLES)", _load(examples_of(module)))


SHIPPED, SHOWN, DOCUMENTED = list(_shipped()), list(_shown()), list(_documented())


@pytest.mark.parametrize("tasks", [SHIPPED, SHOWN], ids=["shipped", "shown"])
def test_calls_to_the_cloud_say_that_they_need_no_privileges(tasks: list[Task]) -> None:
    calls = [task for task in tasks if task.calls_the_cloud and task.where != OPENING]

    assert calls
    assert [str(task) for task in calls if task.become is not False] == []


def test_examples_of_modules_ask_for_no_privileges_and_delegated_ones_say_so() -> None:
    delegated = [task for task in DOCUMENTED if "delegate_to" in task.body]

    assert delegated
    assert [str(task) for task in delegated if task.become is not False] == []
    assert [str(task) for task in DOCUMENTED if task.become] == []


@pytest.mark.parametrize("tasks", [SHIPPED, SHOWN, DOCUMENTED], ids=["shipped", "shown", "modules"])
def test_loops_over_more_than_words_have_a_label(tasks: list[Task]) -> None:
    loops = [task for task in tasks if task.items is not None]
    words = [
        task
        for task in loops
        if isinstance(task.items, list) and all(isinstance(item, str) for item in task.items)
    ]

    assert loops
    silent = [task for task in loops if "label" not in task.body.get("loop_control", {})]
    assert [str(task) for task in silent if task not in words] == []


def test_what_we_ship_and_the_first_pages_say_why_no_privileges_are_needed() -> None:
    files = {task.where for task in SHIPPED if task.calls_the_cloud}
    pages = {"README.md", "plugins/doc_fragments/auth.py"}

    assert files
    silent = [
        name for name in files | pages if "privileges" not in (ROOT / name).read_text("utf-8")
    ]
    assert silent == []


def test_a_playbook_asks_for_no_privileges_even_if_it_is_started_with_them(
    cloud: RunningCloud,
) -> None:
    typed = ["-e", "image_name=copy", "-e", "source_image=linux-base", "--become"]

    played = cloud.succeed("huaweicloud.ims.image_copy", *typed, ANSIBLE_BECOME_EXE="/nowhere/sudo")

    assert played.changed == 1


def test_a_role_asks_for_no_privileges_in_a_play_that_has_them(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    families = [{"name": "shop-20??-??-??", "keep_newest": 1}]
    role = {"name": "huaweicloud.ims.image_retention"}
    tasks = [{"ansible.builtin.include_role": role, "vars": {"image_retention_families": families}}]
    play = {"hosts": "localhost", "gather_facts": False, "become": True, "tasks": tasks}
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")

    played = cloud.succeed(str(playbook), ANSIBLE_BECOME_EXE="/nowhere/sudo")

    [result] = played.of("image_retention")
    assert result["changed"]
