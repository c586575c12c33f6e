# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wait outlasts answers of no use, such as the login page of a proxy, for some minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..._cloud.client import Client
from ..._cloud.errors import UselessAnswer

T = TypeVar("T")

# Useless answers have to come in a row for so long (seconds) to end a wait.
_LONGEST = 180.0


@dataclass
class Patience:
    """That of one wait. A single poll gives up after five useless answers; the wait goes on."""

    # When the first of the polls began that have had no useful answer since.
    _useless_since: float | None = None

    def poll(self, client: Client, ask: Callable[[], T]) -> T | None:
        """What `ask` returns, None where the answer is of no use. Raises UselessAnswer
        where there was no other answer for three minutes, and whatever else `ask` raises."""
        begun = client.clock.monotonic()
        try:
            found = ask()
        except UselessAnswer:
            if self._useless_since is None:
                self._useless_since = begun
            if client.clock.monotonic() - self._useless_since >= _LONGEST:
                raise
            return None
        self._useless_since = None
        return found


def useful(client: Client, ask: Callable[[], T], pause: float) -> T:
    """What `ask` returns, polled for again after a pause (seconds) where the answer is of no use.
    Raises as `Patience.poll` does."""
    patience = Patience()
    while True:
        found = patience.poll(client, ask)
        if found is not None:
            return found
        client.clock.sleep(pause)
