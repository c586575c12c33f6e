# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send requests to the cloud: endpoint, authentication, retries, paging and time budget."""

from __future__ import annotations

import random as random_module
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Callable, Literal, NamedTuple, TypeVar

from . import credentials, errors, hints, retry
from .authentication import Authenticator, make_authenticator
from .censor import Secrets
from .clock import Clock, Deadline, SystemClock
from .connection import Connection, make_connection
from .decode import json_value
from .paging import Next
from .transport import Transport, redirect_target
from .wire import NO_HOOKS, Answer, Call, CreateHooks, GivenUp, Repeat, make_call, segment

if TYPE_CHECKING:
    from .concurrency import Concurrency, Lanes

DEFAULT_BUDGET = 300.0
SKEW_WORTH_REPORTING = 300.0
# The whole answer may take this many times as long as a pause in it.
_WHOLE = 10
# How long other threads wait for the answer to the first request after a pause (seconds).
_PROBED = 2.0

T = TypeVar("T")


def _ignore(*_values: Any) -> None:
    """Do nothing."""


class TaskHooks(NamedTuple):
    """Functions that a client calls for the task that it serves."""

    # With a line for each request.
    log: Callable[[str], None] = _ignore
    # With the reason and the seconds, before each pause.
    on_wait: Callable[[str, float], None] = _ignore
    # With each secret, before it is used for the first time.
    on_secret: Callable[[str], None] = _ignore
    # For each entry of a list that is left out because it cannot be read.
    warn: Callable[[str], None] = _ignore


NO_TASK_HOOKS = TaskHooks()


class Client:
    """Sends requests and returns answers. Raises CloudError, nothing else.

    `deadline` bounds everything that is sent from now on: retries, waits between them, and how long
    an answer may take. Without one each request has five minutes.
    """

    def __init__(
        self,
        connection: Connection,
        authenticator: Authenticator[Any],
        secrets: Secrets,
        *,
        clock: Clock,
        hooks: TaskHooks,
        session: Any = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        self.connection = connection
        self.clock = clock
        self._deadline: Deadline | None = None
        # The deadline of the block of `within` that a thread is in.
        self._brief = threading.local()
        # By service, whether a list can span all enterprise projects; see `lookups`.
        self.lists_all_enterprise_projects: dict[str, bool] = {}
        # By service, why it could not be reached, and since when (monotonic seconds).
        self.unreachable: dict[str, tuple[errors.CloudError, float]] = {}
        self._hooks = hooks
        self._authenticator = authenticator
        self._secrets = secrets
        self._random = random
        self._transport = Transport(connection.tls, connection.environ, clock, session, hooks.log)
        self._project_id = connection.project_id
        # The state of a cached project id: not used yet, refused by every request so far, settled
        # by any other answer.
        self._project_is: Literal["unproven", "refused", "settled"] = "unproven"
        # What the cloud's clock is ahead of the monotonic one.
        self._cloud_offset: float | None = None
        # Answers that several tasks share, each with its time (monotonic seconds).
        self._shared: dict[str, tuple[float, Any]] = {}
        # By kind of resource, what returns all of them, at most some seconds old, or None.
        self.shared_lists: dict[str, Callable[[], Sequence[Any] | None]] = {}
        self._is_first_task = True
        self._has_written = False
        # None until several requests are sent at once, which few tasks do.
        self._turns: Concurrency | None = None
        # By API (see `Call.api`), until when no thread sends such a request (monotonic seconds), as
        # the cloud limits them; "": any request.
        self._throttled: dict[str, float] = {}

    def begin_again(self, hooks: TaskHooks) -> None:
        """Serve another task with the same connection and credentials. `hooks.on_secret` is called
        with all secrets in use."""
        self.deadline = None
        self._hooks = hooks
        self.shared_lists = {}
        self._is_first_task = False
        self._transport.log = hooks.log
        self._secrets.listen(hooks.on_secret)

    def warn(self, text: str) -> None:
        """Warn of something that could not be read."""
        self._hooks.warn(text)

    @property
    def _budget(self) -> Deadline:
        return self.deadline or Deadline(self.clock, DEFAULT_BUDGET)

    @property
    def deadline(self) -> Deadline | None:
        """What bounds the requests of this thread."""
        brief: Deadline | None = getattr(self._brief, "deadline", None)
        return self._deadline if brief is None else brief

    @deadline.setter
    def deadline(self, deadline: Deadline | None) -> None:
        self._deadline = deadline

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound the requests of this thread in this block to `seconds`: for reads that are not
        worth waiting for."""
        before = getattr(self._brief, "deadline", None)
        self._brief.deadline = Deadline(self.clock, min(seconds, self._budget.left()))
        try:
            yield
        finally:
            self._brief.deadline = before

    @property
    def region(self) -> str:
        return self.connection.region

    @property
    def auth_source(self) -> str:
        """The source of the credentials, in words."""
        return self._authenticator.source

    def censor(self, text: str) -> str:
        """Return `text` with all secrets in use masked."""
        return self._secrets.censor(text)

    @property
    def project_id(self) -> str:
        """The id of the project: the given one, else looked up once."""
        if not self._project_id:
            self._project_id = self._drive(self._authenticator.find_project(), self._budget)
        return self._project_id

    def project_has_changed(self) -> bool:
        """Return whether the project has another id than the cached one, so that the task has to
        start again.

        Asks IAM if the cloud has refused every request for the cached id, which means that nothing
        was executed. Raises ConfigurationError if the project is gone.
        """
        if self._project_is != "refused":
            return False
        self._project_is = "settled"
        before, self._project_id = self._project_id, ""
        self._authenticator.forget_project()
        try:
            return self.project_id != before
        except errors.ConfigurationError:
            raise
        except errors.CloudError:  # the user should see the first refusal
            self._project_id = before
            return False

    def shared(self, key: str, read: Callable[[], T], seconds: float) -> T | None:
        """Return the answer to a read that the tasks of this client have in common, at most
        `seconds` old.

        None for the first task, which may be the only one, and as soon as one of them has written
        anything: from then on each has to read for itself.
        """
        if self._is_first_task or self._has_written:
            return None
        now = self.clock.monotonic()
        if key not in self._shared or now - self._shared[key][0] > seconds:
            self._shared[key] = now, read()
        answer: T = self._shared[key][1]
        return answer

    def cloud_time(self) -> datetime:
        """Return the current time by the cloud's clock, as seen in the last answer with a date,
        else by this machine's."""
        epoch = self.clock.time() - (self.seconds_ahead() or 0.0)
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=epoch)

    def seconds_ahead(self) -> float | None:
        """Return by how many seconds this machine's clock is ahead of the cloud's, negative if it
        is behind; None before there was an answer with a date."""
        if self._cloud_offset is None:
            return None
        return self.clock.time() - self.clock.monotonic() - self._cloud_offset

    def run_concurrently(
        self,
        calls: Sequence[Callable[[], T]],
        done: Callable[[int], None] = lambda count: None,
    ) -> list[T]:
        """Return the results of functions that send requests through this client, in their order;
        up to ten requests are under way at the same time.

        `done` is called with the number of results so far. Raises what the first failing function
        raises, or an interruption; nothing more is sent then. Only for requests that can be
        repeated.
        """
        if len(calls) < 2:
            return [call() for call in calls]
        return self._taking_turns().take(calls, done)

    @contextmanager
    def lanes(self, most: int) -> Iterator[Lanes]:
        """Run calls that send requests through this client beside the caller, within this block, at
        most so many requests at the same time; see `Concurrency.lanes`. Each thread has connections
        of its own."""
        with self._taking_turns().lanes(self._transport.use_own_connections, most) as lanes:
            yield lanes

    def _taking_turns(self) -> Concurrency:
        if self._turns is None:
            from .concurrency import Concurrency

            self._turns = Concurrency(self.clock)
        return self._turns

    def sleep(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Wait, while concurrent requests continue; beside lanes no longer than until `until`."""
        if self._turns is None:
            self.clock.sleep(seconds)
        else:
            self._turns.sleep(seconds, until)

    def ping(self, service: str) -> int:
        """Return the status of any answer to a request without credentials. Sent once. Raises
        TransportError or ConfigurationError if no host answers."""
        base = self.connection.url(service)
        call = Call(service, "GET", base, "/", repeat=Repeat.NEVER)
        return self._sent(call, self.connection.http_timeout, self._budget).status

    def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeat: Repeat = Repeat.BY_METHOD,
        promised: str = "",
        kind: type = object,
        null_is_empty: bool = False,
        hooks: CreateHooks = NO_HOOKS,
    ) -> Answer:
        """Return the answer to one request, with a status below 300.

        "{project_id}" in `path` is filled in; other ids in it must be encoded with `wire.segment`.
        `promised` names the member that a good answer must have, `kind` its type; without it the
        answer is garbled. Entries of a list that are not objects become empty objects.
        `null_is_empty`: null stands for an empty list. The request is repeated as `repeat` allows,
        within the deadline. `hooks`: for create requests.
        """
        base = self.connection.url(service)
        regional = service != "iam"
        if regional and method != "GET":
            self._has_written = True
        if "{project_id}" in path:
            path = path.replace("{project_id}", segment(self.project_id))
        call = make_call(
            service,
            method,
            base,
            path,
            query=query,
            headers=headers,
            body=body,
            repeat=repeat.for_method(method),
            promised=promised,
            kind=kind,
            null_is_empty=null_is_empty,
            project_id=self.project_id if regional else "",
            hooks=hooks,
        )
        budget = self._budget
        seen: Literal["refused", "settled"] = "settled"
        try:
            return self._persist(
                call, lambda: self._drive(self._authenticator.flow(call), budget), budget
            )
        except (errors.Unauthorized, errors.Forbidden, errors.NotFound) as error:
            recalled = self._authenticator.project_is_recalled
            seen = "refused" if recalled and not error.ambiguous else "settled"
            raise
        finally:
            if regional and self._project_is != "settled":
                self._project_is = seen

    def pages(
        self,
        service: str,
        path: str,
        query: Mapping[str, Any],
        key: str,
        following: Next,
    ) -> Iterator[dict[str, Any]]:
        """Yield the items under `key` of all pages of a list.

        `following(object of the last answer, its items)` returns what to change in the query for
        the next page, None after the last page.
        """
        changes: Mapping[str, Any] | None = {}
        while changes is not None:
            query = {**query, **changes}
            answer = self.request(
                service, "GET", path, query=query, promised=key, kind=list, null_is_empty=True
            )
            items = answer.json[key]
            yield from items
            changes = following(answer.json, items)

    def _persist(self, call: Call, attempt: Callable[[], Answer], budget: Deadline) -> Answer:
        """Repeat `attempt` until it succeeds, fails for good, or the time is over."""
        tries = retry.Tries()
        while True:
            is_probe = self._wait_while_throttled(call.api, budget)
            try:
                answer = attempt()
                if is_probe:
                    self._throttled.pop(call.api, None)
                return answer
            except errors.CloudError as error:
                tries.count(error)
                known = self._transport.has_answered(call)
                wait = retry.wait_before_next(error, call.repeat, tries, known, self._random())
                if wait is None:
                    error.exhausted = True
                    raise
                seconds = self._seconds_of(wait, error, budget)
                if call.repeat is Repeat.REFUSED:
                    call.hooks.not_executed()
                self._pause(wait, seconds, error, call.api)
            if call.repeat is Repeat.REFUSED:
                call.hooks.before_repeat()

    def _wait_while_throttled(self, api: str, budget: Deadline) -> bool:
        """Wait until the time is over for which the cloud has throttled another thread. Return
        whether this is the first request of the API after that: the others wait for its answer."""
        if self._turns is None or not self._turns.shared:
            return False
        while self._throttled_until(api) > self.clock.monotonic() and not budget.passed():
            self._sleep_while_throttled(api, budget)
        is_probe = api in self._throttled
        if is_probe:
            self._throttled[api] = self.clock.monotonic() + _PROBED
        return is_probe

    def _sleep_while_throttled(self, api: str, budget: Deadline) -> None:
        until = self._throttled_until(api)
        seconds = min(until - self.clock.monotonic(), budget.left())
        self.sleep(seconds, lambda: self._throttled_until(api) != until)

    def _throttled_until(self, api: str) -> float:
        return max(self._throttled.get(one, float("-inf")) for one in ("", api))

    def _seconds_of(self, wait: retry.Pause, error: errors.CloudError, budget: Deadline) -> float:
        """Return how long to pause. Raises TimeBudgetExceeded if no time is left after it."""
        seconds, left = wait.seconds, budget.left()
        if seconds < left:
            return seconds
        if wait.is_asked_for or left < 2:
            raise errors.TimeBudgetExceeded(
                f"the time allowed ({budget.seconds:.0f} s) is used up, last: {error}", error
            ) from error
        return left - 1  # one last try

    def _pause(self, wait: retry.Pause, seconds: float, error: errors.CloudError, api: str) -> None:
        if isinstance(error, errors.Throttled):
            # The gateway counts the calls of each API; who names the seconds may mean all requests.
            api = "" if wait.is_asked_for else api
            if self._turns is not None and self._turns.shared and not wait.is_asked_for:
                seconds /= 2  # one of them asks for all
            until = self.clock.monotonic() + seconds
            self._throttled[api] = max(self._throttled.get(api, until), until)
        self._hooks.on_wait(wait.reason, seconds)
        self.sleep(seconds)

    def _drive(self, flow: Generator[Call, Answer, T], budget: Deadline) -> T:
        """Send what the flow yields and return the answers to it, until it ends; return its
        result."""
        try:
            call = next(flow)
            while True:
                try:
                    answer = self._perform(call, budget)
                except errors.CloudError as error:
                    call = flow.throw(error)
                else:
                    call = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            # However it ended: it may hold a lock that others wait for.
            flow.close()

    def _perform(self, call: Call, budget: Deadline) -> Answer:
        if not call.own:
            return self._exchange(call, budget)
        return self._persist(call, lambda: self._exchange(call, budget), budget)

    def _exchange(self, call: Call, budget: Deadline) -> Answer:
        """Send one request once; return a good answer."""
        if budget.passed():
            raise errors.TimeBudgetExceeded(f"the time allowed ({budget.seconds:.0f} s) is used up")
        with self._deciding_outcome(call):
            timeout = call.timeout or self.connection.http_timeout
            return self._understood(call, self._sent(call, timeout, budget))

    @contextmanager
    def _deciding_outcome(self, call: Call) -> Iterator[None]:
        """Set on an error whether the request may have been executed, and call the hooks of a
        create request."""
        writes = call.method not in ("GET", "HEAD") and not call.own
        create = call.repeat is Repeat.REFUSED
        if create:
            if self._turns is not None:
                self._turns.check()
            call.hooks.before_send()
        try:
            yield
        except GivenUp:  # before the first byte
            if create:
                call.hooks.not_executed()
            raise
        except errors.CloudError as error:
            error.own = call.own
            error.ambiguous = writes and errors.may_have_been_executed(error)
            raise

    def _sent(self, call: Call, timeout: float, budget: Deadline) -> Answer:
        """Return any answer, and note its date. `timeout`: seconds without a byte; the whole answer
        may take ten times as long.

        The metadata service has a clock of its own, that of the host. An answer from a cache has an
        age, and the date of its making (RFC 9111, 5.1).
        """
        with self._turns.sending() if self._turns is not None else nullcontext():
            # Only now: it may have waited for others, and a connection does not stay fresh.
            if call.repeat is not Repeat.SAFE:
                self._transport.close_if_idle(call)
            left = max(1.0, budget.left())
            answer = self._transport.send(call, min(timeout, left), min(_WHOLE * timeout, left))
        date = errors.date_of(answer.headers)
        cached = errors.header(answer.headers, "Age").strip() not in ("", "0")
        if date is not None and not cached and call.service != "metadata":
            self._cloud_offset = date - self.clock.monotonic()
        return answer

    def _understood(self, call: Call, answer: Answer) -> Answer:
        if answer.status >= 400:
            raise self._refusal(call, answer)
        if answer.status >= 300:
            raise errors.Redirected(
                f"{call.host} redirects to {redirect_target(answer)}; redirections are not followed"
                " because they would take the credentials along. If that address is right, set it"
                " with endpoints or auth_url."
            )
        if answer.status < 200:
            raise errors.GarbledAnswer(
                f"{call.method} {call.full_path} was answered with {answer.status}, which is no"
                " final answer",
                errors.request_id(answer.headers),
            )
        if call.plain_text:
            return answer
        return replace(answer, json=_promised_json(call, answer))

    def _refusal(self, call: Call, answer: Answer) -> errors.ApiError:
        from .refusals import parse

        error = parse(
            answer.status,
            answer.headers,
            answer.body,
            call.method,
            call.full_path,
            censor=self.censor,
        )
        ahead = self.seconds_ahead() or 0.0
        denied = isinstance(error, (errors.Unauthorized, errors.Forbidden))
        if denied and "Authorization" in call.headers and abs(ahead) > SKEW_WORTH_REPORTING:
            if hints.ABOUT_TIME.search(error.message):
                error.explain(hints.clock(ahead))
            elif hints.ABOUT_SIGNATURES.search(error.message):
                error.hint = f"{error.hint} {hints.clock(ahead)}".strip()
        return error


def _promised_json(call: Call, answer: Answer) -> Any:
    """Return the body as JSON, None if it is empty. Raises GarbledAnswer if it is not JSON, or
    lacks what it must contain."""
    data: Any = None
    what = ""
    if answer.body.strip():
        try:
            data = json_value(answer.body)
        except ValueError:
            what = "with something that is not JSON"
    if call.null_is_empty and isinstance(data, dict) and data.get(call.promised, "") is None:
        data[call.promised] = []
    value = data.get(call.promised) if isinstance(data, dict) else None
    is_there = isinstance(value, call.kind) and (call.kind is list or value not in (None, ""))
    if call.promised and not what and not is_there:
        what = f"without {call.promised!r}"
    if what:
        raise errors.GarbledAnswer(
            f"{call.method} {call.full_path} was answered with {answer.status}, but {what}",
            errors.request_id(answer.headers),
        )
    if call.promised and call.kind is list:
        # An entry that is not an object does not make the others useless.
        data[call.promised] = [one if isinstance(one, dict) else {} for one in data[call.promised]]
    return data


def connect(
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    hooks: TaskHooks = NO_TASK_HOOKS,
    *,
    clock: Clock | None = None,
    session: Any = None,
    random: Callable[[], float] = random_module.random,
    directory: str | None = None,
    run_key: bytes | None = None,
) -> Client:
    """Return a client for the options of a task and its environment. Sends nothing yet.

    `options`: those of `CONNECTION`, None for what was not given. `directory`: where clouds.yaml is
    looked for first, by default the current one. `run_key`: see `password_proof`. Raises
    CredentialsError, ConfigurationError.
    """
    where = credentials.working_directory() if directory is None else directory
    selection = credentials.select_credentials(options, environ, where)
    connection = make_connection(options, environ, selection)
    clock = clock or SystemClock()
    secrets = Secrets(hooks.on_secret)
    cached = options.get("token_cache") is not False
    authenticator = make_authenticator(
        selection, connection, secrets, clock, cached=cached, run_key=run_key
    )
    return Client(
        connection, authenticator, secrets, clock=clock, session=session, hooks=hooks, random=random
    )
