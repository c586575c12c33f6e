# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task from arguments to result, whoever runs it: knows no Ansible, never raises for the cloud
or the user."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from .._cloud import proxies, store
from .._cloud.censor import Secrets, is_short
from .._cloud.client import Client
from .._cloud.clients import Clients
from .._cloud.clock import Clock, Deadline, SystemClock
from .._cloud.errors import CloudError
from .._diagnostics.client import connect_for_diagnosis
from .._images.context import Task
from .._images.failures import Refused
from .._images.operations.arguments import CONNECTION, FOR_DIAGNOSIS
from .._images.result import displayed, displayed_line, failure, is_bug
from .._images.waiting.progress import show_retries

# Checks a module's arguments and gives them back in one form; raises InvalidArgument.
Check = Callable[[Mapping[str, Any]], dict[str, Any]]
# What a module does, given checked arguments: its result.
Operation = Callable[[Task, dict[str, Any]], dict[str, Any]]

# Levels of -v at which a result explains itself, and shows requests and tracebacks.
EXPLAIN, DEBUG = 1, 3
# The time budget of tasks that only read, in seconds.
_TIME_TO_READ = 300
_SECRET_OPTIONS = tuple(name for name, spec in CONNECTION.items() if spec.get("no_log"))


@dataclass(frozen=True)
class TaskOptions:
    """What the front end knows beside the arguments.

    on_secret: hears of every secret that is masked wherever it stands; Ansible would mask a short
    one all over the result. session: a requests.Session, made when it is None. clients: those of
    the tasks that this process ran before. alive: whether the play that the task belongs to still
    exists. tell: takes a line of progress, to be shown at once.
    """

    environ: Mapping[str, str] = field(repr=False)
    on_secret: Callable[[str], None]
    check_mode: bool = False
    verbosity: int = 0
    clock: Clock = field(default_factory=SystemClock)
    session: Any = None
    clients: Clients = field(default_factory=Clients)
    alive: Callable[[], bool] = lambda: True
    tell: Callable[[str], None] = lambda line: None


def run_task(
    arguments: Mapping[str, Any], options: TaskOptions, rules: Check, run: Operation
) -> dict[str, Any]:
    """The task's result: plain JSON types, with failed: true and msg for a failure, and perhaps a
    list of warnings. No secret is in it, whoever quoted it, and no text that is not to be seen."""
    begun = options.clock.monotonic()
    secrets = Secrets(lambda secret: None if is_short(secret) else options.on_secret(secret))
    secrets.add(*(arguments.get(name) for name in _SECRET_OPTIONS))
    secrets.add(*proxies.passwords(options.environ))
    task: Task | None = None
    requests: list[str] = []
    notes: list[str] = []
    try:
        checked = rules(arguments)
        with _client(checked, options, secrets, requests, notes) as client:
            task = _start(client, checked, options, secrets, notes)
            result = _told(run, task, checked)
    except Exception as error:
        result = failure(task, error)
        if options.verbosity >= DEBUG and is_bug(error):
            result["exception"] = traceback.format_exc()
    result["elapsed"] = round(options.clock.monotonic() - begun, 1)
    if task is not None:
        result["warnings"] = task.warnings
        if options.verbosity >= EXPLAIN:
            result["notes"] = [f"Credentials: {task.client.auth_source}", *task.notes]
    if options.verbosity >= DEBUG:
        result["requests"] = requests
    told: dict[str, Any] = displayed(secrets.censor_all(result))
    return told


def _told(run: Operation, task: Task, arguments: dict[str, Any]) -> dict[str, Any]:
    """The story's result. It is told once more if what an earlier task has noted of the project is
    not true any more: the cloud has refused everything then."""
    try:
        return run(task, arguments)
    except (CloudError, Refused):
        if not task.client.project_has_changed():
            raise
    task.begin_again()
    return run(task, arguments)


def _client(
    arguments: Mapping[str, Any],
    options: TaskOptions,
    secrets: Secrets,
    requests: list[str],
    notes: list[str],
) -> AbstractContextManager[Client]:
    """To be entered; raises CredentialsError or ConfigurationError then, unless the rules want to
    connect anyway."""
    clients = Clients(connect_for_diagnosis) if arguments.get(FOR_DIAGNOSIS) else options.clients
    return clients.lent(
        {name: arguments.get(name) for name in CONNECTION},
        options.environ,
        clock=options.clock,
        session=options.session,
        log=requests.append,
        on_wait=lambda message, seconds: notes.append(f"waited {seconds:.0f} s: {message}"),
        on_secret=secrets.add,
    )


def _start(
    client: Client,
    arguments: Mapping[str, Any],
    options: TaskOptions,
    secrets: Secrets,
    notes: list[str],
) -> Task:
    client.deadline = Deadline(options.clock, arguments.get("wait_timeout") or _TIME_TO_READ)
    notes += client.connection.notes
    task = Task(
        client,
        check_mode=options.check_mode,
        wait=arguments.get("wait", True),
        store=store.directory(options.environ),
        alive=options.alive,
        tell=lambda line: options.tell(displayed_line(secrets.censor(line))),
        censor=secrets.censor_all,
        notes=notes,
    )
    client.warn = task.warn
    show_retries(task)
    return task
