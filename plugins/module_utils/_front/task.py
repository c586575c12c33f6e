# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task from arguments to result, the same for both front ends.

Knows nothing of Ansible, and raises nothing that the cloud or the user can cause.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._cloud import proxies, store
from .._cloud.censor import Secrets, is_short
from .._cloud.client import Client, TaskHooks
from .._cloud.clients import Clients
from .._cloud.clock import Clock, Deadline, SystemClock
from .._cloud.errors import ImsError
from .._images.age import span
from .._images.context import Task
from .._images.operations.arguments.connection import CONNECTION
from .._images.operations.arguments.predicted import with_predicted_ids
from .._images.result import desired_image, displayed, displayed_line, failure, is_bug

# Check a module's arguments before any request and return them in one form; raise InvalidArgument.
Check = Callable[[Mapping[str, Any]], dict[str, Any]]
# What a module does with checked arguments: returns the result of the task.
Run = Callable[[Task, dict[str, Any]], dict[str, Any]]
# How a module makes its client, where that is not `_cloud.client.connect`.
Connect = Callable[..., Client]

# The -v levels from which a result holds notes, and from which it holds requests and tracebacks.
EXPLAIN, DEBUG = 1, 3
# The time budget of tasks that only read, in seconds.
_TIME_TO_READ = 300
_SECRET_OPTIONS = tuple(name for name, spec in CONNECTION.items() if spec.get("no_log"))


@dataclass(frozen=True)
class TaskOptions:
    """What the front end knows beside the arguments."""

    environ: Mapping[str, str] = field(repr=False)
    # Called with every secret that can be masked wherever it occurs. Short ones are left out:
    # Ansible would mask them in the middle of words.
    on_secret: Callable[[str], None]
    check_mode: bool = False
    verbosity: int = 0
    clock: Clock = field(default_factory=SystemClock)
    # A requests.Session; None: the client makes one.
    session: Any = None
    # The clients of the tasks that this process ran before.
    clients: Clients = field(default_factory=Clients)
    # Does the play that this task belongs to still exist?
    alive: Callable[[], bool] = lambda: True
    # Shows a progress line at once.
    show_line: Callable[[str], None] = lambda line: None
    # Whether tasks about many images show a line for each one, and all tasks one after each 10 %.
    shows_images: bool = True
    shows_steps: bool = True


def run_task(
    arguments: Mapping[str, Any],
    options: TaskOptions,
    check: Check,
    run: Run,
    connect: Connect | None = None,
) -> dict[str, Any]:
    """Return the result of a task as plain JSON types.

    A failure has `failed: true` and `msg`. Warnings are in `warnings`. Secrets are masked in all
    of it, and text of the cloud has no control characters.
    """
    started = options.clock.monotonic()
    desired = desired_image(arguments)
    front = _Front(options)
    front.secrets.add(*(arguments.get(name) for name in _SECRET_OPTIONS))
    front.secrets.add(*proxies.passwords(options.environ))
    try:
        if options.check_mode:
            arguments, front.predicted = with_predicted_ids(arguments)
        checked = check(arguments)
        result = front.run(checked, run, connect)
    except Exception as error:
        result = {**failure(front.task, error), **desired}
        if options.verbosity >= DEBUG and is_bug(error):
            result["exception"] = traceback.format_exc()
    result["elapsed"] = round(options.clock.monotonic() - started, 1)
    result.update(front.remarks())
    masked: dict[str, Any] = displayed(front.secrets.censor_all(result))
    return masked


class _Front:
    """What one task gathers beside its result: secrets, notes, and the requests it sent."""

    def __init__(self, options: TaskOptions) -> None:
        self._options = options
        self._requests: list[str] = []
        self._notes: list[str] = []
        self.task: Task | None = None
        # Options with ids that check mode has only predicted.
        self.predicted: list[str] = []
        self.secrets = Secrets(lambda one: None if is_short(one) else options.on_secret(one))

    def run(self, arguments: dict[str, Any], run: Run, connect: Connect | None) -> dict[str, Any]:
        """Return the result of `run`. Raises CredentialsError or ConfigurationError if there can be
        no client, and what `run` raises."""
        options = self._options
        clients = options.clients if connect is None else Clients(connect)
        with clients.lend(
            {name: arguments.get(name) for name in CONNECTION},
            options.environ,
            TaskHooks(self._requests.append, self._on_wait, self.secrets.add, self._warn),
            clock=options.clock,
            session=options.session,
        ) as client:
            task = self.task = self._start(client, arguments)
            try:
                return run(task, arguments)
            except ImsError:
                # The cloud refuses everything if a project id that an earlier task cached is out of
                # date. Nothing was carried out then, so the task can run once more.
                if not client.project_has_changed():
                    raise
            task.begin_again()
            return run(task, arguments)

    def _start(self, client: Client, arguments: Mapping[str, Any]) -> Task:
        options = self._options
        client.deadline = Deadline(options.clock, arguments.get("wait_timeout") or _TIME_TO_READ)
        self._notes += client.connection.notes
        return Task(
            client,
            check_mode=options.check_mode,
            wait=arguments.get("wait", True),
            store=store.cache_directory(options.environ),
            alive=options.alive,
            show_line=self._show_line,
            shows_images=options.shows_images,
            shows_steps=options.shows_steps,
            shows_jobs=options.verbosity >= EXPLAIN,
            censor=self.secrets.censor_all,
            notes=self._notes,
        )

    def _show_line(self, line: str) -> None:
        self._options.show_line(displayed_line(self.secrets.censor(line)))

    def _warn(self, text: str) -> None:
        if self.task is not None:
            self.task.warn(text)

    def _on_wait(self, reason: str, seconds: float) -> None:
        """Note why a request is repeated later."""
        self._notes.append(f"waited {seconds:.0f} s: {reason}")
        if self.task is not None:
            self.task.show_progress(f"{reason}; next try in {span(seconds)}")

    def remarks(self) -> dict[str, Any]:
        """Return warnings, and what -v shows beside the result."""
        found: dict[str, Any] = {}
        if self.task is not None:
            connection = self.task.client.connection
            found["warnings"] = [*map(predicted_id, self.predicted), *connection.warnings]
            found["warnings"] += self.task.warnings
            if self._options.verbosity >= EXPLAIN:
                found["notes"] = [f"Credentials: {self.task.client.auth_source}", *self._notes]
        if self._options.verbosity >= DEBUG:
            found["requests"] = self._requests
        return found


def predicted_id(option: str) -> str:
    """Return the warning about an option with an id that check mode has only predicted."""
    return (
        f"{option} is empty or null: in check mode that counts as the ID of what an earlier task "
        "would create."
    )
