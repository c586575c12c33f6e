# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send several requests at once through one client.

Threads overlap only while they wait for the network or sleep; everything else is done by one of
them at a time. So nothing that they share (session, token, secrets, what a task has learned) has to
be thread-safe, except the connection pool of the session, which is.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Callable, TypeVar

# The number of connections that a session of requests keeps.
MOST = 10

T = TypeVar("T")


class _CutShort(BaseException):
    """Ends a request that would continue after the others have been given up."""


class Concurrency:
    """Lets one thread of a client run at a time."""

    def __init__(self) -> None:
        # None while only one thread runs.
        self._lock: threading.Lock | None = None
        # One call has failed, or the task was interrupted: nothing more is sent.
        self._given_up = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let the other threads run while this one waits."""
        lock = self._lock
        if lock is None:
            yield
            return
        if self._given_up:
            raise _CutShort
        lock.release()
        try:
            yield
        finally:
            lock.acquire()

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        """Give up the other calls on an exception, before one of them runs again."""
        try:
            yield
        except BaseException:
            self._given_up = True
            raise

    def take(self, calls: Sequence[Callable[[], T]], done: Callable[[int], None]) -> list[T]:
        """Return the results of the calls in their order. `done` is called from the caller's own
        thread with the number of results so far. The first exception, also an interruption, is
        raised when the requests under way are over; no other request is sent then."""
        if len(calls) < 2:  # threads cost some milliseconds
            return [call() for call in calls]
        from concurrent.futures import ThreadPoolExecutor

        lock = threading.Lock()

        def in_turn(call: Callable[[], T]) -> T:
            with lock:
                return call()

        results: list[T] = []
        executor = ThreadPoolExecutor(MOST)
        try:
            # Threads may restore the filters of warnings in another order than they set them.
            with lock, warnings.catch_warnings():
                self._lock = lock
                for future in [executor.submit(in_turn, call) for call in calls]:
                    with self.waiting(), self._giving_up():
                        result = future.result()
                    results.append(result)
                    with self._giving_up():
                        done(len(results))
        finally:
            executor.shutdown(cancel_futures=True)
            self._lock, self._given_up = None, False
        return results
