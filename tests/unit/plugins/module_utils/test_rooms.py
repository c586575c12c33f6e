# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of module_utils: what may import what, read from the import statements (those inside
functions included)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.plugins import module_utils

ROOT = Path(next(iter(module_utils.__path__)))
PACKAGE = module_utils.__name__
FILES = {path.relative_to(ROOT).with_suffix("").parts: path for path in ROOT.rglob("*.py")}

# Top to bottom: a room imports from those below it only.
ROOMS = (
    ("_front",),
    ("_diagnostics",),
    ("_images", "batch"),
    ("_images", "operations"),
    ("_images", "present"),
    ("_images", "locking"),
    ("_images", "sources"),
    ("_images", "waiting"),
    ("_images", "lookups"),
    ("_images", "result"),
    ("_images", "validation"),
    ("_images", "age"),
    ("_images", "context"),
    ("_images", "failures"),
    ("_images", "model"),
    ("_cloud",),
    ("_guest",),
)
# What a room must not import, beside rooms above it.
FORBIDDEN = {"_cloud": ("ansible",), "_images": ("ansible", "requests"), "_guest": ("ansible",)}

Name = tuple[str, ...]


def _nodes(path: Path, at_start: bool) -> Iterator[ast.AST]:
    """Everything in a file; `at_start`: without what only its functions do, or a type checker."""
    todo: list[ast.AST] = [ast.parse(path.read_text())]
    while todo:
        node = todo.pop()
        yield node
        later = isinstance(node, (ast.FunctionDef, ast.If))
        todo += [] if later and at_start else ast.iter_child_nodes(node)


def _statements(path: Path, at_start: bool = False) -> Iterator[tuple[int, Name]]:
    """Level and dotted name of everything that a file imports."""
    for node in _nodes(path, at_start):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield 0, tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                yield node.level, (*module, alias.name)


def _imported(path: Path, me: Name, at_start: bool = False) -> Iterator[Name]:
    """The files of module_utils that a file imports."""
    package = tuple(PACKAGE.split("."))
    for level, name in _statements(path, at_start):
        if level:
            name = (*me[: len(me) - level], *name)
        elif name[: len(package)] == package:
            name = name[len(package) :]
        else:
            continue
        if name in FILES:
            yield name
        elif name[:-1] in FILES:
            yield name[:-1]


IMPORTS: Mapping[Name, frozenset[Name]] = {
    name: frozenset(_imported(path, name)) for name, path in FILES.items()
}


AT_START: Mapping[Name, frozenset[Name]] = {
    name: frozenset(_imported(path, name, at_start=True)) for name, path in FILES.items()
}


MODULES = sorted(path.stem for path in (ROOT.parent / "modules").glob("[!_]*.py"))
# Modules that create, change and delete nothing, and what they must not load.
READING = ("account_info", "image_info")
FORBIDDEN_TO_READERS = {"batch", "locking", "present", "report", "sources", "waiting"}
MAKERS = ("image_copy", "quick_import", "volume_image_export", "whole_image")
# Ansible compiles so many lines in each run, whatever its tasks find.
MOST_LINES_AT_START = 11_200
# AnsiballZ sends and Python compiles so many lines for each task of image_info, the API aside.
MOST_LINES_TO_READ = 1_800


def _room(name: Name) -> int:
    places = [place for place, room in enumerate(ROOMS) if name[: len(room)] == room]
    assert places, f"{'/'.join(name)}.py stands in no room: add it to ROOMS in {__file__}"
    return places[0]


def _reached(
    start: frozenset[Name], imports: Mapping[Name, frozenset[Name]] = IMPORTS
) -> frozenset[Name]:
    """The files that these load, and they themselves."""
    seen: set[Name] = set()
    todo = set(start)
    while todo:
        name = todo.pop()
        seen.add(name)
        todo |= imports[name] - seen
    return frozenset(seen)


def _loaded(module: str) -> frozenset[Name]:
    """The files that a module loads, those imported inside functions included."""
    path = ROOT.parent / "modules" / f"{module}.py"
    return _reached(frozenset(_imported(path, ())))


@pytest.mark.parametrize("name", sorted(FILES), ids="/".join)
def test_a_room_imports_only_from_rooms_below_it(name: Name) -> None:
    above = [other for other in IMPORTS[name] if _room(other) < _room(name)]
    assert not above, f"{'/'.join(name)}.py imports from a room above it: {above}"


@pytest.mark.parametrize("name", sorted(FILES), ids="/".join)
def test_no_file_imports_itself_by_way_of_others(name: Name) -> None:
    assert name not in _reached(IMPORTS[name])


@pytest.mark.parametrize("name", sorted(FILES), ids="/".join)
def test_policy_and_api_know_no_ansible(name: Name) -> None:
    forbidden = FORBIDDEN.get(name[0], ())
    package = ("ansible_collections",)
    tops = {target[:1] for level, target in _statements(FILES[name]) if not level}
    assert not {top for (top,) in tops if top in forbidden}
    assert package not in tops or name[0] not in FORBIDDEN


def test_no_hall_grows_again() -> None:
    rooms = {name[1] for name in FILES if name[0] == "_images" and len(name) > 1}
    assert len(rooms) <= 14, sorted(rooms)


@pytest.mark.parametrize("module", READING)
def test_a_module_that_only_reads_does_not_load_the_creation_path(module: str) -> None:
    rooms = {name[1] for name in _loaded(module) if name[0] == "_images"}
    assert rooms & FORBIDDEN_TO_READERS == set()


def test_a_task_that_lists_images_loads_little() -> None:
    policy = [name for name in _loaded("image_info") if name[0] != "_cloud"]
    lines = sum(len(FILES[name].read_text().splitlines()) for name in policy)
    assert lines <= MOST_LINES_TO_READ


@pytest.mark.parametrize("module", MAKERS)
def test_a_task_that_finds_its_image_unchanged_loads_little(module: str) -> None:
    path = ROOT.parent / "modules" / f"{module}.py"
    loaded = _reached(frozenset(_imported(path, (), at_start=True)), AT_START)
    lines = sum(len(FILES[name].read_text().splitlines()) for name in loaded)
    assert lines <= MOST_LINES_AT_START, lines


def test_no_file_of_module_utils_is_loaded_by_nobody() -> None:
    loaded = frozenset().union(*map(_loaded, MODULES))
    assert FILES.keys() - loaded == set()
