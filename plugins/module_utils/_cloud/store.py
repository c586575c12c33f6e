# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where this machine keeps what tasks share: a private directory, or nothing."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Mapping

NAME = "ansible-huaweicloud-ims"
_PRIVATE = 0o700
_PRIVATE_FILE = 0o600


def directory(environ: Mapping[str, str]) -> str | None:
    """The path of a directory that only this user can use; None where there cannot be one.

    The user's cache directory, else one of our own under the temporary directory. One that is a
    link, belongs to somebody else, or is open to others is not used.
    """
    return next((path for path in _candidates(environ) if _usable(path)), None)


def try_lock(path: str) -> int | None:
    """The descriptor of the file, made if need be and locked until it is closed; None while another
    task holds it. Raises OSError.

    Who holds the lock may remove the file.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return None
        raise
    if _same_file(descriptor, path):
        return descriptor
    os.close(descriptor)  # its last holder has removed it meanwhile
    return None


def _same_file(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except OSError:
        return False


def _candidates(environ: Mapping[str, str]) -> list[str]:
    paths = []
    cache = environ.get("XDG_CACHE_HOME", "")
    home = environ.get("HOME", "")
    if os.path.isabs(cache):
        paths.append(os.path.join(cache, NAME))
    elif os.path.isabs(home):
        paths.append(os.path.join(home, ".cache", NAME))
    temporary = environ.get("TMPDIR") or tempfile.gettempdir()
    return [*paths, os.path.join(temporary, f"{NAME}-{os.getuid()}")]


def _usable(path: str) -> bool:
    try:
        os.makedirs(path, mode=_PRIVATE, exist_ok=True)
        status = os.lstat(path)
    except OSError:
        return False
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return ours and not status.st_mode & 0o077 and os.access(path, os.W_OK | os.X_OK)
