# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Share one client among the tasks that a process runs one after the other, such as the items of a
loop. They share the connection, the token and the project id."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from .client import Client, TaskHooks, connect
from .clock import Clock

# Each client keeps connections open, and each item of a loop may name another account.
_MOST = 8


class Clients:
    """Lends clients, each to one task at a time.

    `make`: creates them, `connect` by default. `run_key`: see `password_proof`.
    """

    def __init__(
        self, make: Callable[..., Client] | None = None, run_key: bytes | None = None
    ) -> None:
        self._make = make or partial(connect, run_key=run_key)
        self._idle: dict[str, Client] = {}

    @contextmanager
    def lend(
        self,
        options: Mapping[str, Any],
        environ: Mapping[str, str],
        hooks: TaskHooks,
        *,
        clock: Clock,
        session: Any,
    ) -> Iterator[Client]:
        """Lend a client for connection options and an environment, created as `connect` does.

        Another task gets the same client only for the same options and environment in the same
        process (a fork must not share connections), and only after a task that did not fail: a
        failure leaves the state of connection and credentials unknown.
        """
        what = [os.getpid(), dict(options), dict(environ)]
        key = json.dumps(what, sort_keys=True, default=str)
        client = self._idle.pop(key, None)
        if client is None:
            client = self._make(options, environ, hooks, clock=clock, session=session)
        else:
            client.begin_again(hooks)
        yield client
        self._idle[key] = client
        for oldest in list(self._idle)[:-_MOST]:
            del self._idle[oldest]
