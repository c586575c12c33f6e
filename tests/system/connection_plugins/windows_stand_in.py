# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to a Windows server that does not exist: notes the commands that a script is run
by, and answers as the script does (which nobody has run: this shows how a role treats the answer,
and nothing of Windows)."""

from __future__ import annotations

import base64
import contextlib
import os
import re
from typing import Any

from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: windows_stand_in
short_description: A Windows server that does not exist
description: For tests.
author: The huaweicloud.ims contributors
"""


class Connection(ConnectionBase):  # type: ignore[misc]
    transport = "windows_stand_in"
    module_implementation_preferences = (".ps1", ".exe", "")
    allow_executable = False
    has_pipelining = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._shell_type = "powershell"
        super().__init__(*args, **kwargs)

    def _connect(self) -> Connection:
        return self

    def exec_command(self, cmd: str, in_data: Any = None, sudoable: bool = True) -> Any:
        run = next(filter(None, map(_RUN.search, _texts(cmd, in_data or b""))), None)
        if run is None:
            return 0, b"C:\\Temp\\stand-in\r\n", b""
        with open(os.environ["STAND_IN_COMMANDS"], "a", encoding="utf-8") as file:
            file.write(run.group() + "\n")
        return 0, os.environ["STAND_IN_ANSWER"].encode(), b""

    def put_file(self, in_path: str, out_path: str) -> None:
        pass

    def fetch_file(self, in_path: str, out_path: str) -> None:
        pass

    def close(self) -> None:
        pass


# The script with its arguments, as the role runs it.
_RUN = re.compile(r"windows\.ps1\W* -.*")


def _texts(command: str, given: bytes) -> list[str]:
    """The command plain, and what is packed in it: PowerShell takes commands as base64 of UTF-16,
    and newer versions of ansible-core hand over base64 of UTF-8 in JSON."""
    texts = [command]
    for packed in re.findall(
        r"[A-Za-z0-9+/]{24,}={0,2}", command + given.decode("utf-8", "replace")
    ):
        with contextlib.suppress(ValueError):
            content = base64.b64decode(packed)
            texts += [content.decode(coding, "replace") for coding in ("utf-16-le", "utf-8")]
    return texts
