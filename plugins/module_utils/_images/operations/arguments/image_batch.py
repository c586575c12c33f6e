# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module image_batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from ...failures import InvalidArgument
from ...validation import UUID, check_times
from . import image_copy, quick_import, volume_image_export, whole_image
from .connection import CONNECTION

ARGUMENTS: dict[str, dict[str, Any]] = {
    **CONNECTION,
    "images": {"type": "list", "elements": "dict", "required": True},
    "state": {"type": "str", "choices": ["present"], "default": "present"},
    "concurrency": {"type": "int", "default": 10},
    "full_result": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 7200},
}
# The modules that an entry can name. batch/makers.py has their sources.
MAKERS: dict[str, ModuleType] = {
    "whole_image": whole_image,
    "volume_image_export": volume_image_export,
    "image_copy": image_copy,
    "quick_import": quick_import,
}
PERMISSIONS = tuple(dict.fromkeys(name for maker in MAKERS.values() for name in maker.PERMISSIONS))

# Options of the makers that an entry does not have: it wants an image to be present.
_OF_ABSENT = frozenset(("image_id", "delete_all"))


def _options(maker: ModuleType) -> dict[str, dict[str, Any]]:
    spec: dict[str, dict[str, Any]] = maker.ARGUMENTS
    return {
        name: option for name, option in spec.items() if name not in _OF_ABSENT | set(ARGUMENTS)
    }


# The argument spec of the entries of each option, by what an entry names. The front ends validate
# entries by it: the policy knows no Ansible.
NESTED: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "images": {name: _options(maker) for name, maker in MAKERS.items()}
}


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of the task, then each entry as its own module would, then that they fit
    together. Raises InvalidArgument.

    Each of `images` has the members `kind`, the maker, `label`, how messages name it, and
    `options`. They are returned with `after`: the position of the entry that it is created from, or
    None.
    """
    result = check_times(arguments)
    if arguments["concurrency"] < 1:
        raise InvalidArgument(
            f"concurrency: {arguments['concurrency']} is not possible: it has to be 1 or more."
        )
    entries = [_checked(entry) for entry in arguments["images"]]
    names = [entry["options"]["name"] for entry in entries]
    _refuse_twins(names)
    for entry in entries:
        source = entry["options"].get("source_image")
        named = source is not None and not UUID.fullmatch(source) and source in names
        entry["after"] = names.index(source) if named else None
    _refuse_cycles(entries)
    result["images"] = entries
    return result


def _checked(entry: Mapping[str, Any]) -> dict[str, Any]:
    task = {"state": "present", "image_id": None, "delete_all": False}
    options = {**task, **entry["options"]}
    if entry["kind"] == "image_copy":
        del options["image_id"]  # an alias
    try:
        checked = MAKERS[entry["kind"]].check(options)
    except InvalidArgument as error:
        raise InvalidArgument(f"images: {entry['label']}: {error}") from error
    return {**entry, "options": checked}


def _refuse_twins(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidArgument(
                f"images: two entries have the name '{name}'. Give each image a name of its own."
            )
        seen.add(name)


def _refuse_cycles(entries: list[dict[str, Any]]) -> None:
    """Raise InvalidArgument for entries that are created from each other."""
    for entry in entries:
        chain = [entry]
        while chain[-1]["after"] is not None:
            following = entries[chain[-1]["after"]]
            if following is entry:
                names = " → ".join(f"'{one['options']['name']}'" for one in (*chain, entry))
                raise InvalidArgument(
                    f"images: {names}: these entries name each other as their source, so none can "
                    "be created first."
                )
            if following in chain:
                break  # another entry leads into the cycle; its own turn comes
            chain.append(following)
