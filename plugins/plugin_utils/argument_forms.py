# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and mappings among the arguments of a task, converted to the one form that modules accept.

A template such as `"{ '{{ key }}': 'owned' }"` is a mapping on ansible-core 2.18 and text on later
ones, and a key that is not text changes on its way to a module. Both are handled here, before the
arguments go to either front end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import (
    InvalidArgument,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    predicted,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.validation import reject

# Options of type raw that take a list or a mapping.
_RAW = frozenset(("image_tags", "results"))
_CLOSING = {"{": "}", "[": "]"}
_LONGEST_EXCERPT = 80
# What ansible-core 2.18 takes for these words in a Python literal.
_WORDS = {"true": True, "false": False, "null": None}
# Options, and their aliases, that select images: of modules that list or delete several, and of
# `state: absent`.
_FILTERS = frozenset(
    (
        *("families", "keep", "image_id", "id", "name", "source", "tag", "enterprise_project_id"),
        *("status", "image_type", "visibility", "os_type", "os_version", "whole_image"),
        *("older_than", "newer_than"),
    )
)
_OF_ABSENT = frozenset(
    (
        *("name", "image_name", "image"),
        *("image_id", "instance", "instance_id", "backup", "backup_id", "volume", "volume_id"),
        *("source_image", "image_url", "cmk_id"),
    )
)
# Options that exclude each other: beside the second one, null in the first is no predicted id.
_EXCLUDED_BY = {"instance": "backup", "backup": "instance", "vault": "backup"}


def null_as_empty(
    arguments: Mapping[str, Any], spec: Mapping[str, Any], check_mode: bool = False
) -> dict[str, Any]:
    """Return the arguments of a task with '' for null in options that select images, and in check
    mode in those that take the id of what an earlier task would create.

    Elsewhere null means omitted, as in all of Ansible. But an undefined variable must not select
    more images, so it is refused there, as '' is.
    """
    names = _FILTERS
    if "state" in spec:
        names = _OF_ABSENT if arguments.get("state") == "absent" else frozenset()
    if check_mode:
        names |= _predictable(arguments, spec)
    return {name: _filled(value) if name in names else value for name, value in arguments.items()}


def _predictable(arguments: Mapping[str, Any], spec: Mapping[str, Any]) -> frozenset[str]:
    """Return the names, aliases included, under which null stands for a predicted id."""

    def called(option: str) -> tuple[str, ...]:
        return (option, *spec[option].get("aliases", ()))

    state = {"state": arguments.get("state", "present")} if "state" in spec else {}
    found: set[str] = set()
    for option in predicted.predictable({**spec, **state}):
        other = _EXCLUDED_BY.get(option)
        if other is None or all(arguments.get(name) is None for name in called(other)):
            found.update(called(option))
    return frozenset(found)


def _filled(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return {name: _filled(member) for name, member in value.items()}
    return [_filled(member) for member in value] if isinstance(value, (list, tuple)) else value


def in_one_form(
    arguments: Mapping[str, Any], spec: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the arguments with text that holds a list or a mapping as such, where one is meant.

    Raises InvalidArgument for text that looks like one and is none, for a mapping whose keys are
    no text, and for what is no text in a list of texts, or no mapping in a list of mappings.
    """
    result = dict(arguments)
    for name, option in spec.items():
        for key in (name, *option.get("aliases", ())):
            if key in result and (option["type"] in ("list", "dict") or name in _RAW):
                of_mappings = name in _RAW or option.get("elements") == "dict"
                result[key] = _in_form(key, result[key], of_mappings)
                _check_keys(key, result[key])
                if option.get("elements") == "str":
                    _check_texts(key, result[key])
                elif option.get("elements") == "dict":
                    _check_entries(key, result[key])
                if "options" in option:
                    _check_members(key, result[key], option["options"])
    return result


def entries_in_one_form(
    arguments: Mapping[str, Any],
    nested: Mapping[str, Mapping[str, Mapping[str, Any]]],
    check_mode: bool,
) -> dict[str, Any]:
    """Return the arguments with the options of entries that are described like tasks in the forms
    that `null_as_empty` and `in_one_form` return. `nested`: their argument specs, by option and by
    what an entry names. Raises InvalidArgument."""
    result = dict(arguments)
    for option, kinds in nested.items():
        entries = result.get(option)
        if isinstance(entries, (list, tuple)):
            result[option] = [
                _entry_in_one_form(f"{option}: entry {number}", entry, kinds, check_mode)
                for number, entry in enumerate(entries, 1)
            ]
    return result


def _entry_in_one_form(
    place: str, entry: Any, kinds: Mapping[str, Mapping[str, Any]], check_mode: bool
) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    result = dict(entry)
    for kind, value in entry.items():
        options = _read(place, value)
        if kind in kinds and isinstance(options, Mapping):
            spec = kinds[kind]
            try:
                given = null_as_empty(options, {**spec, "state": {"type": "str"}}, check_mode)
                result[kind] = in_one_form(given, spec)
            except InvalidArgument as error:
                raise InvalidArgument(f"{place}: {error}") from error
    return result


def _in_form(option: str, value: Any, of_mappings: bool) -> Any:
    """of_mappings: whether the members of a list are mappings; elsewhere they are what they are."""
    if isinstance(value, (list, tuple)) and of_mappings:
        return [_read(option, member) for member in value]
    return _read(option, value)


def _read(option: str, value: Any) -> Any:
    """Text of a list or a mapping as such, anything else as it is."""
    text = value.strip() if isinstance(value, str) else ""
    if text[:1] not in _CLOSING:
        return value
    try:
        found = _parse(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        found = None
    if isinstance(found, (list, dict)):
        return found
    excerpt = text if len(text) <= _LONGEST_EXCERPT else f"{text[:_LONGEST_EXCERPT]}…"
    raise reject(option, excerpt, "it is text, but neither JSON nor a Python list or mapping")


def _parse(text: str) -> Any:
    """Raises ValueError, SyntaxError and what Python raises for text that goes too deep."""
    try:
        return json.loads(text)
    except ValueError:
        import ast  # text is rare

        class Words(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.expr:
                return ast.Constant(_WORDS[node.id]) if node.id in _WORDS else node

        tree = Words().visit(ast.parse(text, mode="eval"))
        return ast.literal_eval(tree)


def _check_keys(option: str, value: Any) -> None:
    for mapping in _mappings(value):
        for key in mapping:
            if isinstance(key, bool) or not isinstance(key, (str, int)):
                raise reject(option, key, "the keys of a mapping are text; put them in quotes")


def _check_entries(option: str, value: Any) -> None:
    """ansible-core names the option only in some cases, and Python's types in others."""
    one_mapping = isinstance(value, Mapping)
    for entry in value if isinstance(value, (list, tuple)) else [value]:
        text_of_one = isinstance(entry, str) and ("=" in entry or not entry.strip())
        if one_mapping or not (text_of_one or entry is None or isinstance(entry, Mapping)):
            shown = dict(entry) if one_mapping else entry
            raise reject(option, shown, "it is a list, and each entry is a mapping")


def _check_members(option: str, value: Any, known: Mapping[str, Any]) -> None:
    """ansible-core names the options that there are, but not the one that was meant."""
    for mapping in _mappings(value):
        for key in mapping:
            if key not in known:
                raise InvalidArgument(
                    f"{option}: {key!r} is not one of its options. {_meant(key, known)}"
                )


def _meant(key: Any, known: Mapping[str, Any]) -> str:
    import difflib  # mistakes are rare

    close = [one for one in known if one.startswith(str(key)) or str(key).startswith(one)]
    close += difflib.get_close_matches(str(key), known, n=1)
    return f"Did you mean {close[0]}?" if close else f"They are {', '.join(sorted(known))}."


def _mappings(value: Any) -> Iterator[Mapping[Any, Any]]:
    members = value if isinstance(value, (list, tuple)) else [value]
    return (member for member in members if isinstance(member, Mapping))


def _check_texts(option: str, value: Any) -> None:
    """ansible-core makes text of whatever stands in such a list: a whole image in the place of its
    id is kept by no id and no name."""
    form = "each entry is text"
    if option == "tags":
        form = "it is a list of key.value; give a mapping, or a list of {key, value}, in image_tags"
    if isinstance(value, Mapping):
        raise reject(option, dict(value), form if option == "tags" else f"it is a list, and {form}")
    for member in value if isinstance(value, (list, tuple)) else ():
        if member is None or isinstance(member, (bool, list, tuple, Mapping)):
            raise reject(option, member, form)
