# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send several requests at once through one client.

Threads overlap only while they wait for the network or sleep; everything else is done by one of
them at a time, the one that has the turn. So nothing that they share (tokens, secrets, what a task
has learned) has to be thread-safe.

An interruption reaches the main thread only: the keyword `timeout:` of a task, or Ctrl-C. From then
on nothing more is sent: a thread that is about to is ended there, and one that waits for an answer
does with it what it does without a request.
"""

from __future__ import annotations

import threading
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Callable, TypeVar

from .clock import Clock, SystemClock
from .wire import GivenUp

# The number of connections that a session of requests keeps.
MOST = 10

T = TypeVar("T")


class Concurrency:
    """Lets one thread of a client run at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Guards everything below; notified of every change.
        self._changed = threading.Condition()
        # Whether other threads than the caller's exist; without any there are no turns.
        self.shared = False
        # The thread that has the turn.
        self._holder: int | None = None
        # The caller's thread, which goes before the others, and whether it waits for its turn.
        self._caller: int | None = None
        self._caller_waits = False
        # One call has failed, or the task was interrupted: nothing more is sent.
        self._given_up = False
        # How many threads are at work, the caller's included, while there are lanes; when those of
        # them that sleep wake up, by thread, or what ends their sleep before.
        self._at_work = 0
        self._wake_at: dict[int, float] = {}
        self._until: dict[int, Callable[[], bool]] = {}
        # The requests that may be under way at the same time, while there are lanes.
        self._slots: threading.Semaphore | None = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let the other threads run while this one waits."""
        if not self.shared:
            yield
            return
        self.check()
        self._end_turn()
        try:
            with self._giving_up_if_interrupted():
                yield
        finally:
            self._take_turn()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Let the other threads run while this one sends a request; of the threads of lanes only so
        many send at the same time."""
        with self.waiting():
            if self._slots is None or threading.get_ident() == self._caller:
                yield
                return
            with self._slots:
                self.check()
                yield

    def check(self) -> None:
        """Raise GivenUp if nothing may be sent any more."""
        if self._given_up:
            raise GivenUp

    def take(self, calls: Sequence[Callable[[], T]], done: Callable[[int], None]) -> list[T]:
        """Return the results of the calls in their order. `done` is called from the caller's own
        thread with the number of results so far. The first exception, also an interruption, is
        raised when the requests under way are over; no other request is sent then.

        In a thread of a lane the calls are made one after the other.
        """
        results: list[T] = []
        if self.shared:
            for call in calls:
                results.append(call())
                done(len(results))
            return results
        from concurrent.futures import ThreadPoolExecutor

        executor = ThreadPoolExecutor(MOST)
        failures: list[BaseException] = []

        def in_turn(call: Callable[[], T]) -> T:
            self._take_turn()
            try:
                self.check()
                return call()
            except GivenUp:
                raise
            except BaseException as error:
                failures.append(error)
                self._give_up()
                raise
            finally:
                self._end_turn()

        with self._sharing():
            try:
                for future in [executor.submit(in_turn, call) for call in calls]:
                    with self.waiting(), self._giving_up():
                        result = future.result()
                    results.append(result)
                    done(len(results))
            except BaseException as error:
                self._give_up()
                if isinstance(error, GivenUp) and failures:
                    raise failures[0] from None
                raise
            finally:
                self._end_turn()
                executor.shutdown(cancel_futures=True)
        return results

    @contextmanager
    def lanes(self, on_thread: Callable[[], None], most: int) -> Iterator[Lanes]:
        """Run calls beside the caller within this block, which ends when all of them have; at most
        so many of their requests are under way at the same time.

        `on_thread` is called at the beginning of each thread. If an exception ends the block, calls
        that have not begun are dropped, and nothing more is sent.
        """
        lanes = Lanes(self, on_thread)
        with self._sharing():
            self._at_work, self._slots = 1, threading.Semaphore(most)
            try:
                with self._giving_up():
                    yield lanes
                    lanes.join()
                    self.check()  # a call may have failed when nothing was left to be sent
            except GivenUp:
                self._end_turn()
                lanes.end_threads()  # one of them may be about to say why
                if lanes.failure is not None:
                    raise lanes.failure from None
                raise
            finally:
                self._end_turn()
                lanes.end_threads()

    def sleep(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Wait, while the other threads continue; no longer than until `until` is true, which is
        asked whenever a thread has done something."""
        if not self._at_work:
            with self.waiting():
                self._clock.sleep(seconds)
            return
        me = threading.get_ident()
        with self.waiting(), self._changed:
            self._wake_at[me] = self._clock.monotonic() + seconds
            self._until[me] = until
            self._changed.notify_all()
            try:
                while not self._given_up and not until():
                    left = self._wake_at[me] - self._clock.monotonic()
                    if left <= 0:
                        break
                    self._doze(left)
            finally:
                del self._wake_at[me], self._until[me]

    def _doze(self, seconds: float) -> None:
        """Wait for a change, at most so long.

        A clock that is not the machine's stands still: it is set forward once all threads sleep,
        by the one that wakes up first.
        """
        if isinstance(self._clock, SystemClock):
            self._changed.wait(seconds)
        elif self._all_sleep() and self._is_first():
            self._clock.sleep(seconds)
            self._changed.notify_all()
        else:
            self._changed.wait()

    def _all_sleep(self) -> bool:
        """Return whether no thread works, or is about to, as what it waits for has come true."""
        everyone = len(self._wake_at) == self._at_work
        return everyone and not any(until() for until in self._until.values())

    def _is_first(self) -> bool:
        first = min(self._wake_at, key=lambda thread: (self._wake_at[thread], thread))
        return first == threading.get_ident()

    # --- turns

    @contextmanager
    def _sharing(self) -> Iterator[None]:
        """Take turns within this block; its caller has the first one."""
        # Threads may restore the filters of warnings in another order than they set them.
        with warnings.catch_warnings():
            self.shared, self._holder = True, threading.get_ident()
            self._caller, self._caller_waits = self._holder, False
            try:
                yield
            except Exception:
                self._reset()
                raise
            # Another interruption may have left threads behind: nothing may be sent after it.
            self._reset()

    def _reset(self) -> None:
        self.shared, self._given_up, self._holder, self._at_work = False, False, None, 0
        self._slots = None

    def _take_turn(self) -> None:
        me = threading.get_ident()
        with self._changed:
            if me == self._caller:
                self._caller_waits = True
            try:
                while self._holder is not None or (self._caller_waits and me != self._caller):
                    self._changed.wait()
                self._holder = me
            finally:
                if me == self._caller:
                    self._caller_waits = False

    def _end_turn(self) -> None:
        """Does nothing where an interruption has kept the thread from getting its turn back."""
        with self._changed:
            if self._holder == threading.get_ident():
                self._holder = None
                self._changed.notify_all()

    def _give_up(self) -> None:
        with self._changed:
            self._given_up = True
            self._changed.notify_all()

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        """Give up the other calls on an exception, before one of them runs again."""
        try:
            yield
        except BaseException:
            self._give_up()
            raise

    @contextmanager
    def _giving_up_if_interrupted(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            raise
        except BaseException:
            self._give_up()
            raise


class Lanes:
    """Calls that run beside the caller, in lanes of so many threads each."""

    def __init__(self, turns: Concurrency, on_thread: Callable[[], None]) -> None:
        self._turns = turns
        self._on_thread = on_thread
        self._threads: list[threading.Thread] = []
        self._running: dict[int, int] = {}
        self._queued: dict[int, deque[Callable[[], None]]] = {}
        self._most: list[int] = []
        # What a call has raised, against its duty.
        self.failure: BaseException | None = None

    def open(self, most: int) -> Callable[[Callable[[], None]], None]:
        """Return a function that runs a call in a lane of its own, of at most so many threads. A
        call deals with its exceptions itself."""
        lane = len(self._most)
        self._most.append(most)
        self._running[lane] = 0
        self._queued[lane] = deque()

        def run(call: Callable[[], None]) -> None:
            self._submit(lane, call)

        return run

    @property
    def idle(self) -> bool:
        return not any(self._running.values())

    def join(self) -> None:
        """Wait until all calls have ended."""
        while not self.idle:
            self._turns.sleep(3600.0, until=lambda: self.idle)

    def end_threads(self) -> None:
        """Wait until the threads have ended; the caller has no turn."""
        for thread in self._threads:
            thread.join()

    def _submit(self, lane: int, call: Callable[[], None]) -> None:
        turns = self._turns
        with turns._changed:
            self._queued[lane].append(call)
            if self._running[lane] >= self._most[lane] or turns._given_up:
                return
            self._running[lane] += 1
            turns._at_work += 1
        thread = threading.Thread(target=self._work, args=(lane,), name="huaweicloud.ims")
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _work(self, lane: int) -> None:
        turns = self._turns
        turns._take_turn()
        try:
            self._on_thread()
            call = self._next(lane)
            while call is not None:
                call()
                call = self._next(lane)
        except GivenUp:
            self._leave(lane)
        except BaseException as error:
            # The caller raises it, as soon as it would send something itself.
            self.failure = self.failure or error
            turns._give_up()
            self._leave(lane)
        finally:
            turns._end_turn()

    def _next(self, lane: int) -> Callable[[], None] | None:
        """Return the next call of the lane; None, and one thread less, if there is none."""
        with self._turns._changed:
            if self._queued[lane] and not self._turns._given_up:
                return self._queued[lane].popleft()
            self._leave(lane)
            return None

    def _leave(self, lane: int) -> None:
        with self._turns._changed:
            self._running[lane] -= 1
            self._turns._at_work -= 1
            self._turns._changed.notify_all()
