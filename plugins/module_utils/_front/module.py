# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front end of the modules under Ansible: the only place that exits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._cloud.libraries import missing_libraries
from . import play_alive
from .task import Check, Operation, TaskOptions, run_task


def run_module(spec: Mapping[str, Any], rules: Check, run: Operation) -> None:
    """Runs one task as an Ansible module: checks the arguments by rules, then tells the story."""
    module = AnsibleModule(argument_spec=dict(spec), supports_check_mode=True)
    for name, trace in missing_libraries():
        module.fail_json(
            msg=missing_required_lib(name), exception=trace, image_id=None, job_id=None
        )
    options = TaskOptions(
        check_mode=module.check_mode,
        verbosity=module._verbosity,
        environ=os.environ,
        on_secret=module.no_log_values.add,
        alive=play_alive.watch(),
    )
    result, warnings = for_ansible(run_task(module.params, options, rules, run))
    for warning in warnings:
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def for_ansible(result: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A task's result as Ansible takes it, and its warnings, which have a way of their own."""
    warnings = result.pop("warnings", [])
    if "exception" in result:
        # From ansible-core 2.19 on it is shown only where that is configured (DISPLAY_TRACEBACK).
        result["traceback"] = result["exception"].splitlines()
    return result, warnings
