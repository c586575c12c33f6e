# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of an option that are each described like a task of their own: validated by Ansible, by
the argument spec of the module that an entry names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._images.failures import InvalidArgument
from .._images.operations.arguments.predicted import with_predicted_ids
from .task import Check, Connect, Run, TaskOptions, predicted_id, run_task

Spec = Mapping[str, Mapping[str, Any]]
# By option, the argument spec of each kind of entry.
Nested = Mapping[str, Mapping[str, Spec]]


def run_nested(
    spec: Spec,
    nested: Nested,
    arguments: Mapping[str, Any],
    options: TaskOptions,
    check: Check,
    run: Run,
    connect: Connect | None = None,
) -> dict[str, Any]:
    """Return what `run_task` does, after validating the entries."""
    warnings: list[str] = []

    def validate_and_check(given: Mapping[str, Any]) -> dict[str, Any]:
        entries, found = validated(given, spec, nested, options.check_mode)
        warnings.extend(found)
        return check(entries)

    result = run_task(arguments, options, validate_and_check, run, connect)
    if warnings:
        result["warnings"] = [*warnings, *result.get("warnings", ())]
    return result


def validated(
    arguments: Mapping[str, Any], spec: Spec, nested: Nested, check_mode: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments with all entries validated, and warnings.

    Each entry becomes a dictionary: `kind` is what it names, `options` are its validated options,
    `label` is how messages name it. Raises InvalidArgument. `spec`: of the module itself, whose
    options no entry takes.
    """
    result, warnings = dict(arguments), list[str]()
    belongs_to_task = set(_names(spec))
    for option, kinds in nested.items():
        entries = []
        for number, entry in enumerate(arguments.get(option) or (), 1):
            kind, options = _kind(f"{option}: entry {number}", entry, kinds)
            label = _label(options, kinds[kind], number)
            place = f"{option}: {label}"
            _refuse_unknown(place, kind, options, kinds[kind], belongs_to_task)
            validation = ArgumentSpecValidator(kinds[kind]).validate(options)
            if validation.error_messages:
                raise InvalidArgument(f"{place}: {'; '.join(validation.error_messages)}.")
            warnings += _given_twice(place, options, kinds[kind])
            checked = validation.validated_parameters
            if check_mode:
                checked, predicted = with_predicted_ids({**checked, "state": "present"})
                warnings += [f"{place}: {predicted_id(name)}" for name in predicted]
            entries.append({"kind": kind, "label": label, "options": checked})
        result[option] = entries
    return result, warnings


def _kind(place: str, entry: Any, kinds: Mapping[str, Spec]) -> tuple[str, Mapping[str, Any]]:
    """Return what an entry names, and its options."""
    form = f"an entry is one of {', '.join(kinds)}, with the options of that module"
    if not isinstance(entry, Mapping):
        raise InvalidArgument(f"{place}: {form}.")
    given = list(entry)
    unknown = [name for name in given if name not in kinds]
    if unknown:
        raise InvalidArgument(f"{place}: '{unknown[0]}' is not known: {form}.")
    if len(given) != 1:
        those = f"{' and '.join(given)} are given" if given else "none is given"
        raise InvalidArgument(f"{place}: {those}: {form}.")
    [kind] = given
    options = entry[kind]
    if not isinstance(options, Mapping):
        raise InvalidArgument(f"{place}: {kind} takes the options of that module, as a mapping.")
    return str(kind), options


def _label(options: Mapping[str, Any], spec: Spec, number: int) -> str:
    """Return the name that the user gave the image; else the number of the entry."""
    names = ("name", *spec["name"].get("aliases", ()))
    name = next((options[one] for one in names if options.get(one)), None)
    return f"'{name}'" if isinstance(name, (str, int)) else f"entry {number}"


def _refuse_unknown(
    place: str, kind: str, options: Mapping[str, Any], spec: Spec, belongs_to_task: set[str]
) -> None:
    unknown = [str(name) for name in options if name not in set(_names(spec))]
    if not unknown:
        return
    own = [name for name in unknown if name in belongs_to_task]
    if own:
        raise InvalidArgument(
            f"{place}: {own[0]} belongs to the task, not to one of its images. Give it beside "
            "images."
        )
    raise InvalidArgument(
        f"{place}: an image of {kind} has no option {unknown[0]}. Its options are "
        f"{', '.join(sorted(spec))}."
    )


def _given_twice(place: str, options: Mapping[str, Any], spec: Spec) -> Iterator[str]:
    for name, option in spec.items():
        for alias in option.get("aliases", ()):
            if name in options and alias in options:
                yield f"{place}: both {name} and its alias {alias} are given."


def _names(spec: Spec) -> Iterator[str]:
    for name, option in spec.items():
        yield name
        yield from option.get("aliases", ())
