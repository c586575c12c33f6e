# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front end for modules that run in a process of their own: the only place that exits."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._cloud.libraries import missing_libraries
from .._images.failures import InvalidArgument, MissingLibrary
from .._images.result import failure
from . import play_alive
from .task import Check, Connect, Run, TaskOptions, run_task


class _Module(AnsibleModule):  # type: ignore[misc]
    """A module whose failures are all of one shape, those of its argument spec included."""

    def fail_json(self, msg: str, **members: Any) -> None:
        super().fail_json(**{**failure(None, InvalidArgument(msg)), **members})


def run_module(
    spec: Mapping[str, Any],
    check: Check,
    run: Run,
    connect: Connect | None = None,
    through: Callable[..., dict[str, Any]] = run_task,
) -> None:
    """Run one task as an Ansible module, and exit with its result. `through`: what runs it, with
    the arguments of `run_task`."""
    module = _Module(argument_spec=dict(spec), supports_check_mode=True)
    for name, trace in missing_libraries():
        missing = failure(None, MissingLibrary(missing_required_lib(name)))
        module.fail_json(**missing, exception=trace)
    options = TaskOptions(
        check_mode=module.check_mode,
        # A module learns the verbosity in no other way (ansible-core 2.18 to 2.21).
        verbosity=module._verbosity,
        environ=os.environ,
        on_secret=module.no_log_values.add,
        alive=play_alive.watch(),
    )
    result, warnings = for_ansible(through(module.params, options, check, run, connect))
    for warning in warnings:
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def for_ansible(result: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a task's result in the shape that Ansible expects, and apart from it the warnings."""
    warnings = result.pop("warnings", [])
    if "exception" in result:
        # From ansible-core 2.19 on `exception` is shown only if DISPLAY_TRACEBACK says so.
        result["traceback"] = result["exception"].splitlines()
    return result, warnings
