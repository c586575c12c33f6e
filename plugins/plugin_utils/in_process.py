# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front end that runs modules in Ansible's own process, without an interpreter, an archive and
a connection for each task.

What this file imports is imported once for a whole run of ansible-playbook: the process that forks
the workers imports the action plugin of a task first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import date
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.common.text.converters import to_text
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import environment
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clients import Clients
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.decode import flag
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.libraries import (
    missing_libraries,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._front import play_alive
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.module import for_ansible
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import (
    TaskOptions,
    run_task,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import (
    InvalidArgument,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.result import failure
from ansible_collections.huaweicloud.ims.plugins.plugin_utils import private_api
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.argument_forms import (
    entries_in_one_form,
    in_one_form,
    null_as_empty,
)

Json = dict[str, Any]

# Variables that switch off this front end, and its progress lines.
_IN_PROCESS = "huaweicloud_ims_in_process"
_PROGRESS = "huaweicloud_ims_progress"
# Tasks of more hosts show no lines for each 10 %.
_FEW_HOSTS = 3
_SUMMARY = "summary"

_MODULES = "ansible_collections.huaweicloud.ims.plugins.modules"
_VARIABLE = re.compile(r"\$(?:(\w+)|\{([^}]*)\})", re.ASCII)

# All items of a loop and all tries of `until` run in one process; each other task has its own. The
# key is drawn before the first worker is forked, so all workers of a run have the same one.
_clients = Clients(run_key=os.urandom(32))


class InProcess(ActionBase):  # type: ignore[misc]
    """The action plugin of a module.

    Strategy plugins such as mitogen's derive classes of their own from it, so nothing may depend on
    the name of a class or on where it was defined.
    """

    _supports_check_mode = True
    _supports_async = True
    _module: ClassVar[ModuleType]
    # The member of the result whose lines are shown, in check mode too; '' for none.
    _report: ClassVar[str] = ""

    def __init_subclass__(cls, module: str | None = None, **others: Any) -> None:
        """Import the module that an action names. Not the action imports it: its import would come
        before that of this package, which sees to it that bytecode is kept."""
        super().__init_subclass__(**others)
        if module:
            cls._module = import_module(f"{_MODULES}.{module}")

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        """Return the result of the task. Raises nothing that the cloud or the user can cause."""
        variables = task_vars or {}
        result: Json = super().run(tmp, variables)
        try:
            given = null_as_empty(self._task.args, self._spec, self._task.check_mode)
            args = in_one_form(given, self._spec)
            self._task.args = entries_in_one_form(args, self._nested, self._task.check_mode)
            here = self._belongs_here() and self._is_on(_IN_PROCESS, variables)
            progress = self._progress(variables) if here or self._report else None
        except InvalidArgument as error:
            return {**result, **failure(None, error)}
        hosts = 1 if self._task.run_once else len(variables.get("ansible_play_batch", ()))
        own = self._run_here(progress, hosts) if here else self._hand_over(variables)
        if here and not private_api.shows_arguments(variables):
            del own["invocation"]
        show = self._line_shower(progress is not None)
        for line in own.get(self._report, ()):
            show(line)
        return {**result, **own}

    def _belongs_here(self) -> bool:
        """Would the module run on this machine, as this user, in the foreground, and does this
        process have the libraries it needs?"""
        connection = self._connection
        as_this_user = connection.transport == "local" and not connection.become
        in_foreground = as_this_user and not self._task.async_val
        return in_foreground and not _reached_via(connection) and not missing_libraries()

    def _is_on(self, name: str, variables: Json) -> bool:
        """Read a switch, which is on by default. Raises InvalidArgument if it is no boolean."""
        value = self._templar.template(variables.get(name, True))
        found = flag(value)
        if found is None:
            raise InvalidArgument(f"The variable {name} is neither true nor false, but {value!r}.")
        return found

    def _hand_over(self, variables: Json) -> Json:
        """Run the module itself, which is complete without this front end."""
        result: Json = self._execute_module(
            module_name=self._name,
            task_vars=variables,
            wrap_async=bool(self._task.async_val),
        )
        return result

    def _progress(self, variables: Json) -> str | None:
        """Return which progress lines are shown: all, _SUMMARY, or None. Raises InvalidArgument."""
        value = self._templar.template(variables.get(_PROGRESS, True))
        if value == _SUMMARY:
            return _SUMMARY
        return "all" if self._is_on(_PROGRESS, variables) else None

    def _run_here(self, progress: str | None, hosts: int) -> Json:
        """Return the result. `hosts`: how many of them run this task at the same time."""
        environ = self._environ()
        validator = ArgumentSpecValidator(self._spec)
        validation = validator.validate(_arguments(self._task.args, self._spec, environ))
        arguments = validation.validated_parameters
        secrets: set[str] = private_api.secrets_of(validation)
        if validation.error_messages:
            result, warnings = self._refusal(validation)
        else:
            options = TaskOptions(
                environ=environ,
                on_secret=secrets.add,
                check_mode=self._task.check_mode,
                verbosity=self._display.verbosity,
                clients=_clients,
                alive=play_alive.watch_from_worker(),
                show_line=self._line_shower(progress is not None),
                shows_images=progress != _SUMMARY,
                shows_steps=hosts <= _FEW_HOSTS,
            )
            module = self._module
            connect = getattr(module, "connect", None)
            through = getattr(module, "through", run_task)
            result, warnings = for_ansible(
                through(arguments, options, module.check, module.run, connect)
            )
        if not private_api.shows_tracebacks():
            result.pop("exception", None)
        result.update(_remarks(validation, warnings), invocation={"module_args": arguments})
        return _without(secrets, result)

    @property
    def _name(self) -> str:
        """The full name of the module. The task may be another action's that calls this one."""
        _root, namespace, collection, *_folders, name = self._module.__name__.split(".")
        return f"{namespace}.{collection}.{name}"

    @property
    def _spec(self) -> Mapping[str, Json]:
        spec: Mapping[str, Json] = self._module.ARGUMENTS
        return spec

    @property
    def _nested(self) -> Mapping[str, Mapping[str, Mapping[str, Json]]]:
        """The argument specs of entries that are described like tasks."""
        return getattr(self._module, "NESTED", {})

    def _environ(self) -> Mapping[str, str]:
        """Return the environment that the module would have, as a copy: see private_api."""
        return {**os.environ, **private_api.environment_of(self)}

    def _line_shower(self, progress: bool) -> Callable[[str], None]:
        """Return a function that shows a progress line. Display does not know about no_log."""
        predicted = self._task.check_mode and not self._report
        silent = not progress or self._task.no_log or predicted
        if silent or not private_api.has_output_for_people():
            return lambda line: None
        show: Callable[[str], None] = self._display.display
        return show

    def _refusal(self, validation: ValidationResult) -> tuple[Json, list[str]]:
        """Return the result for wrong arguments, in the words of AnsibleModule, and no warnings."""
        message = str(validation.errors.msg)
        if isinstance(validation.errors[0], UnsupportedError):
            message = f"Unsupported parameters for ({self._name}) module: {message}"
        return failure(None, InvalidArgument(message)), []


def _reached_via(connection: Any) -> str | None:
    """Return the host on which mitogen makes a local connection, if `mitogen_via` names one."""
    variable = getattr(connection, "get_task_var", None)
    via: str | None = variable("mitogen_via") if variable else None
    return via


def _arguments(
    given: Mapping[str, Any], spec: Mapping[str, Json], environ: Mapping[str, str]
) -> Json:
    """Return arguments as a module would get them: plain values, and paths expanded by the
    environment of the task."""
    arguments: Json = _plain(given)
    for name, option in spec.items():
        for key in (name, *option.get("aliases", ())):
            if option["type"] == "path" and isinstance(arguments.get(key), str):
                arguments[key] = _path(arguments[key], environ)
    return arguments


def _plain(value: Any) -> Any:
    """Return a value as it would reach a module in JSON: text that Ansible has tagged, marked as
    unsafe or not decrypted yet (inline vaults of 2.18) becomes plain text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(member) for member in value]
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return value.isoformat() if isinstance(value, date) else str(to_text(value))


def _path(text: str, environ: Mapping[str, str]) -> str:
    """Expand ~ and variables, as Ansible does with those of its own process."""
    filled = _VARIABLE.sub(
        lambda found: environ.get(found.group(1) or found.group(2), found.group()), text
    )
    return environment.path(filled, environ)


def _remarks(validation: ValidationResult, warnings: list[str]) -> Json:
    """Return warnings, and deprecations of the argument spec, as far as there are any."""
    remarks = {
        "warnings": [*private_api.warnings_of(validation), *warnings],
        "deprecations": private_api.deprecations_of(validation),
    }
    return {name: found for name, found in remarks.items() if found}


def _without(secrets: set[str], result: Json) -> Json:
    """Mask secrets as AnsibleModule does, which leaves true, false and null alone."""
    kept = {
        name: value for name, value in result.items() if value is None or isinstance(value, bool)
    }
    censored: Json = remove_values(result, secrets)
    return {**censored, **kept}
