# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that a report goes to: checked before anything is asked, written whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from uuid import uuid4

from ..validation import reject


def check_target(path: str) -> str:
    """The absolute path of the file. Raises InvalidArgument if it could not be written there."""
    try:
        target = os.path.realpath(os.path.abspath(path))
        os.lstat(target)
    except FileNotFoundError:
        pass  # as with most reports
    except (OSError, ValueError) as error:  # too long a name, a null character, no permission …
        raise reject("report", path, str(error)) from error
    folder = os.path.dirname(target)
    if not path or path.endswith(os.sep) or os.path.isdir(target):
        raise reject("report", path, "it has to be the path of a file, and this is a folder")
    if os.path.exists(target) and not os.path.isfile(target):
        raise reject("report", path, "there is something that is no ordinary file")
    if not os.path.isdir(folder):
        raise reject("report", path, f"there is no folder {folder}; make it before")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise reject("report", path, f"the folder {folder} cannot be written to")
    return target


def write(path: str, text: str) -> None:
    """Puts the text into the file, aside first, then in its place. Its mode stays, or is what the
    umask makes of a new file. Raises OSError."""
    aside = os.path.join(os.path.dirname(path), f".{uuid4().hex}.part")
    mode = _mode(path)
    try:
        # With the mode that any new file gets; open() would replace a file that is there.
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as target:
            target.write(text)
        if mode is not None:
            os.chmod(aside, mode)
        os.replace(aside, path)
    except OSError:
        with suppress(OSError):
            os.unlink(aside)
        raise


def _mode(path: str) -> int | None:
    with suppress(FileNotFoundError):
        return stat.S_IMODE(os.stat(path).st_mode)
    return None
