# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of one machine, one after the other, and what they leave for the next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import store

from .fake import FakeClock, Talk
from .identity import PATH, Identity


class Machine:
    """Tasks of one machine, one after the other, on one clock.

    `memory` and `cache`: the directories of the tasks, which they create themselves.
    """

    def __init__(self, folder: Path, identity: Identity | None = None) -> None:
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        self.memory = runtime / store.NAME
        self.cache = folder / "cache" / store.NAME
        self.identity = identity or Identity()
        self.clock = FakeClock()
        self.environ = {
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_RUNTIME_DIR": str(runtime),
            "TMPDIR": "/dev/null",
        }
        self.last: Talk | None = None

    def task(self, options: dict[str, Any], **environ: str) -> list[str]:
        """The requests of a task that lists images."""
        talk = self.talk(options, environ)
        talk.client.request("ims", "GET", PATH)
        return talk.cloud.lines

    def talk(
        self,
        options: dict[str, Any],
        environ: Mapping[str, str] | None = None,
        run_key: bytes | None = None,
    ) -> Talk:
        place = {**self.environ, **(environ or {})}
        self.last = Talk(self.identity, options, place, clock=self.clock, run_key=run_key)
        self.identity.talk = self.last
        return self.last

    @property
    def files(self) -> list[Path]:
        """What lies in both directories."""
        folders = (self.memory, self.cache)
        return sorted(path for folder in folders if folder.exists() for path in folder.iterdir())

    @property
    def file(self) -> Path:
        [path] = self.files
        return path

    @property
    def sent(self) -> Any:
        """The headers of the last request."""
        assert self.last is not None
        return self.last.cloud.seen[-1].headers


LIST = f"GET {PATH}"
