# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every use of ansible-core's private API in the controller, with its reason. If a new core breaks
a plugin of this collection, look here first.

Seen on means: the name was read in the source of that core, and the system tests ran on it. The
one private name that a module needs where no plugin is, `AnsibleModule._verbosity`, stands in
module_utils/_front/module.py. What action plugins are documented to use (`_task`, `_connection`,
`_templar`, `_display`, `_execute_module`) is no private API, in spite of its names.

What this collection leaves alone, and why:

- There is no `plugin_routing: action:` redirect of all modules to one action plugin in
  meta/runtime.yml; each module has a file of two lines in plugins/action. A redirect makes all
  modules one action, and then `module_defaults` of one of them reach all others (seen on 2.18 and
  2.21).
- Nothing catches BaseException without raising it again. The keyword `timeout:` of a task ends it
  by raising `TaskTimeoutError`, a BaseException, from a signal handler (2.18 to 2.21), at any line.
  Caught, it would turn into a result, and the task would run on after its time.
- Nothing writes to `os.environ`. A worker runs all items of a loop, each with an `environment:` of
  its own; a variable of one item (a password, a proxy) would reach the next one. Tasks are given a
  copy instead.
- Connections are kept by process id (_cloud/clients.py). Ansible forks a worker for each task, and
  strategy plugins fork where they like; two processes that share one TLS connection garble it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from ansible import constants
from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.module_utils.common.arg_spec import ValidationResult
from ansible.plugins import callback
from ansible.plugins.action import ActionBase

_DEFAULT = os.path.join(os.path.dirname(os.path.realpath(callback.__file__)), "default.py")


# --- ValidationResult: AnsibleModule reads the same three attributes. Seen on 2.18, 2.19, 2.21.


def secrets_of(validation: ValidationResult) -> set[str]:
    """Return the values of all options with `no_log`. The public result has no such list."""
    return set(validation._no_log_values)


def warnings_of(validation: ValidationResult) -> list[str]:
    """Return the warnings about options that were given under two names."""
    both = "Both option {option} and its alias {alias} are set."
    return [both.format(**pair) for pair in validation._warnings]


def deprecations_of(validation: ValidationResult) -> list[Any]:
    """Return what the argument spec calls deprecated and the task uses."""
    return list(validation._deprecations)


# --- ActionBase. Seen on 2.18, 2.19, 2.21.


def environment_of(action: ActionBase) -> dict[str, str]:
    """Return the variables that `environment:` sets for a task, templated. ActionBase has no public
    method for that: it puts them into the command line of a module."""
    own: dict[str, Any] = {}
    action._compute_environment_string(own)
    return {str(name): str(value) for name, value in own.items()}


# --- Settings that only some cores have


def shows_tracebacks() -> bool:
    """Does a failed result keep its traceback? Up to 2.18 always; DISPLAY_TRACEBACK decides since
    2.19 (seen on 2.19, 2.21), where AnsibleModule drops tracebacks by default."""
    return bool({"always", "error"} & set(getattr(constants, "DISPLAY_TRACEBACK", ["always"])))


def shows_arguments(variables: Mapping[str, Any]) -> bool:
    """Does a result keep the arguments of its task? Up to 2.20 always; INJECT_INVOCATION decides
    since then (seen on 2.21), with a different value for each host."""
    if not hasattr(constants, "INJECT_INVOCATION"):
        return True
    return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=variables))


# --- The callback plugin that writes to standard output


def has_output_for_people() -> bool:
    """Does the callback plugin `default`, or one derived from it, write to standard output, so that
    a progress line may stand between its lines?

    False for any other, whose output may be read by a program, and where that is not known.
    """
    return any(_file(kind) == _DEFAULT for kind in type(_stdout_callback()).__mro__)


def _stdout_callback() -> Any:
    """Find the plugin; None if there is none, or this is not the process of a task.

    Settings do not tell: `ansible -o` uses another plugin than they name, and a program that embeds
    Ansible may pass its own. The object that runs the play knows it, and a worker, forked from the
    process of the play, still has that object on its stack.
    """
    frame: FrameType | None = sys._getframe()
    while frame:
        owner = frame.f_locals.get("self")
        if isinstance(owner, TaskQueueManager):
            # 2.18 keeps it in an attribute of its own; 2.19 and 2.21 have it as the first of all.
            apart = getattr(owner, "_stdout_callback", None)
            return apart or next(iter(owner._callback_plugins), None)
        frame = frame.f_back
    return None


def _file(kind: type) -> str:
    """Return the path of the file that defines a class."""
    module = sys.modules.get(kind.__module__)
    return os.path.realpath(getattr(module, "__file__", None) or "")
