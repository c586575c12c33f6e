# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the private directories in which the tasks of this machine keep what they share."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Mapping

NAME = "ansible-huaweicloud-ims"
# A file system in memory that every user of a Linux machine may write to.
SHARED_MEMORY = "/dev/shm"  # noqa: S108  (only a directory of our own in it is used)
_PRIVATE = 0o700
_PRIVATE_FILE = 0o600


def cache_directory(environ: Mapping[str, str]) -> str | None:
    """Return a directory that only this user can use and that survives a reboot, for image locks,
    create records and project ids; None where there cannot be one.

    It is in the user's cache directory, else under the temporary directory. One that is a link,
    belongs to another user, or is open to others is not used.
    """
    return next((path for path in _cache_candidates(environ) if _is_usable(path)), None)


def memory_directory(environ: Mapping[str, str]) -> str | None:
    """Return a directory that only this user can use and that is gone at the next boot, for tokens
    and temporary keys; None where there cannot be one.

    It is in `$XDG_RUNTIME_DIR`, if that is private to this user as its specification demands, else
    in `/dev/shm`. So neither backups nor images made of this machine hold what lies there.
    """
    return next((path for path in _memory_candidates(environ) if _is_usable(path)), None)


def try_lock(path: str) -> int | None:
    """Return the descriptor of the file, created if need be and locked until it is closed; None
    while another task holds the lock. Raises OSError.

    The holder of the lock may remove the file.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return None
        raise
    if _is_same_file(descriptor, path):
        return descriptor
    os.close(descriptor)  # its last holder has removed it meanwhile
    return None


def _is_same_file(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except OSError:
        return False


def _cache_candidates(environ: Mapping[str, str]) -> list[str]:
    paths = []
    cache = environ.get("XDG_CACHE_HOME", "")
    home = environ.get("HOME", "")
    if os.path.isabs(cache):
        paths.append(os.path.join(cache, NAME))
    elif os.path.isabs(home):
        paths.append(os.path.join(home, ".cache", NAME))
    temporary = environ.get("TMPDIR") or tempfile.gettempdir()
    return [*paths, os.path.join(temporary, f"{NAME}-{os.getuid()}")]


def _memory_candidates(environ: Mapping[str, str]) -> list[str]:
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    paths = []
    if os.path.isabs(runtime) and _is_private(runtime):
        paths.append(os.path.join(runtime, NAME))
    if os.path.isdir(SHARED_MEMORY):
        paths.append(os.path.join(SHARED_MEMORY, f"{NAME}-{os.getuid()}"))
    return paths


def _is_usable(path: str) -> bool:
    try:
        os.makedirs(path, mode=_PRIVATE, exist_ok=True)
    except OSError:
        return False
    return _is_private(path)


def _is_private(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return ours and not status.st_mode & 0o077 and os.access(path, os.W_OK | os.X_OK)
