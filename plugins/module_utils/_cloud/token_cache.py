# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM issued to one task of this machine, kept for the next ones until it ends.

One file for each thing (a token, temporary keys, the id of a project) and each way to ask for it.
Its name is a digest of where, who and what for. Its content is sealed with the secret that the user
gave for himself: a copy of the file is of no use without it, and a task with another secret, or a
wrong one, finds nothing. A file that is not as we write them is as good as none: nothing in here
ever fails a task.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from . import sealing, store
from .clock import Clock, Moment

T = TypeVar("T")

_PREFIX = "issued-"
# Tokens of large accounts have some ten thousand bytes.
_LARGEST = 1 << 18
# Files of earlier days are removed; nothing that is kept lives longer than one.
_STALE = 2 * 86400.0
# How long another task may take to ask IAM, and how often we look whether it is done, in seconds.
_PATIENCE = 10.0
_PAUSE = 0.02


@dataclass(frozen=True)
class Lease(Generic[T]):
    """Something to be renewed after, and useless after, so many seconds from now."""

    value: T
    renew_in: float
    ends_in: float


@dataclass(frozen=True)
class Seal:
    """The secret that opens a file, and how hard it is to try one (see ``sealing``)."""

    secret: str = field(repr=False)
    rounds: int


class TokenCache(Generic[T]):
    """The file of one thing.

    ``kind``: a dataclass of texts. ``about``: all that makes it another thing; asked when it is
    needed, as not all of that is known in every task. ``directory``: of ``store``, None for none.
    """

    def __init__(
        self,
        kind: Callable[..., T],
        about: Callable[[], Sequence[Any]],
        seal: Seal,
        directory: Callable[[], str | None],
        clock: Clock,
    ) -> None:
        self._kind = kind
        self._about = about
        self._seal = seal
        self._directory = directory
        self._clock = clock

    def read(self) -> Lease[T] | None:
        """What is there and still good."""
        sealed = None if self._path is None else _private_content(self._path)
        if sealed is None:
            return None
        content = sealing.unseal(sealed, self._seal.secret, self._name, self._seal.rounds)
        if content is None:
            return None
        try:
            told = json.loads(content)
            written = told["written"]
            age = Moment.read(written, told.get("boot")).since(self._clock)
            now = written + age
            lease = Lease(self._kind(**told["value"]), told["renew"] - now, told["end"] - now)
            # Who set the clock back would believe in it for too long.
            good = age >= 0 and lease.renew_in > 0
        except (ValueError, TypeError, KeyError):  # written by another version
            return None
        return lease if good else None

    def write(self, lease: Lease[T]) -> None:
        """Instead of what is there. What has no end is not kept."""
        if self._path is None or lease.ends_in == float("inf"):
            return
        now = self._clock.time()
        told = {
            "value": asdict(lease.value),  # type: ignore[call-overload]
            "written": now,
            "boot": self._clock.boot(),
            "renew": now + lease.renew_in,
            "end": now + lease.ends_in,
        }
        content = json.dumps(told).encode()
        sealed = sealing.seal(content, self._seal.secret, self._name, self._seal.rounds)
        if len(sealed) > _LARGEST:  # it would never be read
            return
        with suppress(OSError):
            _replace(self._path, sealed, now)
            _tidy(os.path.dirname(self._path), now)

    def drop(self) -> None:
        if self._path is not None:
            with suppress(OSError):
                os.unlink(self._path)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Alone among the tasks of this machine that want the same, so that one of them asks IAM.

        Where that cannot be had, or not in time, several ask, which does no harm.
        """
        path = None if self._path is None else f"{self._path}.lock"
        descriptor = None if path is None else self._wait_for(path)
        try:
            yield
        finally:
            if path is not None and descriptor is not None:
                with suppress(OSError):
                    os.unlink(path)
                os.close(descriptor)

    def _wait_for(self, path: str) -> int | None:
        until = self._clock.monotonic() + _PATIENCE
        while True:
            try:
                descriptor = store.try_lock(path)
            except OSError:
                return None
            if descriptor is not None or self._clock.monotonic() >= until:
                return descriptor
            self._clock.sleep(_PAUSE)

    @cached_property
    def _name(self) -> str:
        about = json.dumps([getattr(self._kind, "__name__", ""), *self._about()])
        return _PREFIX + hashlib.sha256(about.encode()).hexdigest()[:32]

    @cached_property
    def _path(self) -> str | None:
        directory = self._directory()
        return None if directory is None else os.path.join(directory, self._name)


def _private_content(path: str) -> bytes | None:
    """The content of a file that only we can have written; None for whatever else is there."""
    try:
        # Not to wait for somebody to write, if it is a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid()
        if not ours or status.st_mode & 0o077 or status.st_size > _LARGEST:
            return None
        return os.read(descriptor, _LARGEST)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _replace(path: str, content: bytes, now: float) -> None:
    """All of it or nothing, whatever stands there now; a link is replaced, not followed."""
    draft = f"{path}.{os.urandom(8).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    descriptor = os.open(draft, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.utime(draft, (now, now))
        os.replace(draft, path)
    except OSError:
        with suppress(OSError):
            os.unlink(draft)
        raise


def _tidy(directory: str, now: float) -> None:
    """Removes what has ended long ago, and drafts of tasks that were killed."""
    with os.scandir(directory) as entries:
        for entry in entries:
            old = now - entry.stat(follow_symlinks=False).st_mtime > _STALE
            if old and entry.name.startswith(_PREFIX):
                os.unlink(entry.path)
