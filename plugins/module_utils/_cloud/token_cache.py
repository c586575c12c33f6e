# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what IAM issued to one task of this machine for the next ones, until it expires.

There is one file for each value (a token, temporary keys, the id of a project) and each way to
request it, in plain JSON, mode 0600, in a private directory (see `store`). Its name is a digest of
who requested what from which IAM. A file that is not as this version writes it counts as missing,
and nothing in here ever fails a task.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import store
from .clock import Clock, Moment
from .decode import json_value

if TYPE_CHECKING:
    from .password_proof import PasswordProof

T = TypeVar("T")

_PREFIX = "issued-"
# Bytes. Tokens of large accounts have some ten thousand.
_LARGEST = 1 << 18
# Seconds after which files are removed. What is kept expires within a day.
_STALE = 2 * 86400.0
# Seconds to wait for another task that is requesting it, and between two tries.
_PATIENCE = 10.0
_PAUSE = 0.02


@dataclass(frozen=True)
class Lease(Generic[T]):
    """A value that should be renewed in `renew_in` and expires in `ends_in` seconds from now."""

    value: T
    renew_in: float
    ends_in: float


class TokenCache(Generic[T]):
    """The file of one value.

    `kind`: a dataclass of texts. `identity`: everything that distinguishes it; a function, since
    not every task knows all of that. `directory`: one of `store`, None for none. `password`: what
    verifies that it was issued for the password of this task, None if no password is involved.
    """

    def __init__(
        self,
        kind: Callable[..., T],
        identity: Callable[[], Sequence[Any]],
        directory: Callable[[], str | None],
        clock: Clock,
        password: PasswordProof | None = None,
    ) -> None:
        self._kind = kind
        self._identity = identity
        self._directory = directory
        self._clock = clock
        self._password = password

    def read(self) -> Lease[T] | None:
        """Return what is kept, None if there is nothing that this task can use."""
        content = None if self._path is None else _read_private_file(self._path)
        if content is None:
            return None
        try:
            record = json_value(content)
            written = record["written"]
            age = Moment.read(written, record.get("boot")).since(self._clock)
            now = written + age
            lease = Lease(self._decode(record["value"]), record["renew"] - now, record["end"] - now)
            # A clock that was set back must not make it live longer.
            good = age >= 0 and lease.renew_in > 0
        except (ValueError, TypeError, KeyError, OverflowError):  # written by another version
            return None
        return lease if good and self._is_for_this_password(record.get("password")) else None

    def write(self, lease: Lease[T]) -> None:
        """Replace what is kept. A value without a known end is not kept."""
        if self._path is None or lease.ends_in == float("inf"):
            return
        proof = None
        if self._password is not None:
            proof = self._password.make()
            if proof is None:
                return
        now = self._clock.time()
        record = {
            "value": asdict(lease.value),  # type: ignore[call-overload]
            "password": proof,
            "written": now,
            "boot": self._clock.boot(),
            "renew": now + lease.renew_in,
            "end": now + lease.ends_in,
        }
        content = json.dumps(record).encode()
        if len(content) > _LARGEST:  # it would never be read
            return
        with suppress(OSError):
            _replace_file(self._path, content, now)
            _remove_stale_files(os.path.dirname(self._path), now)
            if self._password is not None and proof is not None:
                self._password.leave_receipt(proof, self._path)

    def _decode(self, members: dict[str, Any]) -> T:
        """Return the value. Raises ValueError for what cannot stand in a request."""
        value = self._kind(**members)
        texts = list(members.values())
        if not texts[0] or not all(isinstance(one, str) and one.isprintable() for one in texts):
            raise ValueError("not as it was written")
        return value

    def _is_for_this_password(self, proof: object) -> bool:
        if self._password is None or self._path is None:
            return proof is None
        return self._password.verify(proof, self._path)

    def drop(self) -> None:
        """Remove what is kept."""
        if self._path is not None:
            with suppress(OSError):
                os.unlink(self._path)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other tasks of this machine from requesting the same, so that one does it for all.

        Without a lock, or if it is not free in time, several tasks do it, which is harmless.
        """
        path = None if self._path is None else f"{self._path}.lock"
        descriptor = None if path is None else self._wait_for_lock(path)
        try:
            yield
        finally:
            if path is not None and descriptor is not None:
                with suppress(OSError):
                    os.unlink(path)
                os.close(descriptor)

    def _wait_for_lock(self, path: str) -> int | None:
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
    def _path(self) -> str | None:
        directory = self._directory()
        if directory is None:
            return None
        identity = json.dumps([getattr(self._kind, "__name__", ""), *self._identity()])
        digest = hashlib.sha256(identity.encode()).hexdigest()
        return os.path.join(directory, _PREFIX + digest[:32])


def _read_private_file(path: str) -> bytes | None:
    """Return the content of a file that only this user can have written, else None."""
    try:
        # A pipe must not make us wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid()
        if not ours or status.st_nlink != 1 or status.st_mode & 0o077:
            return None
        return os.read(descriptor, _LARGEST) if status.st_size <= _LARGEST else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _replace_file(path: str, content: bytes, now: float) -> None:
    """Write the whole file or nothing. A link in its place is replaced, not followed."""
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


def _remove_stale_files(directory: str, now: float) -> None:
    """Remove what expired long ago, and drafts of tasks that were killed."""
    with os.scandir(directory) as entries:
        for entry in entries:
            old = now - entry.stat(follow_symlinks=False).st_mtime > _STALE
            if old and entry.name.startswith(_PREFIX):
                os.unlink(entry.path)
