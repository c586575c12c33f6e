# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of requests: what was asked and answered, and never a secret."""

from __future__ import annotations

import json
from typing import IO, Any

_SECRET_KEYS = {"password", "passcode", "secret", "securitytoken", "security_token", "access"}
_MASK = "***"


class Journal:
    """Requests since the last reset, and a file with one line for each."""

    def __init__(self, file: IO[str] | None = None) -> None:
        self.entries: list[dict[str, Any]] = []
        self._file = file

    def open(self, **facts: Any) -> dict[str, Any]:
        """Note a request that has arrived; the entry is filled in when it is answered."""
        entry = {**facts, "actions": [], "status": None, "code": None, "fault": []}
        self.entries.append(entry)
        return entry

    def close(self, entry: dict[str, Any]) -> None:
        """The request is answered: write its line."""
        if self._file is None:
            return
        line = {k: v for k, v in entry.items() if k != "body"}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()

    def clear(self) -> None:
        self.entries.clear()


def public_body(service: str, raw: bytes) -> Any:
    """A body as the journal may show it: JSON with secrets masked, or text, or None."""
    if not raw:
        return None
    try:
        return _masked(json.loads(raw.decode("utf-8")))
    except ValueError:
        return _MASK if service in ("iam", "") else raw[:2000].decode("utf-8", "replace")


def _masked(value: Any, parent: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked_member(parent, key, member) for key, member in value.items()}
    if isinstance(value, list):
        return [_masked(member, parent) for member in value]
    return value


def _masked_member(parent: str, key: str, member: Any) -> Any:
    plain = not isinstance(member, (dict, list))
    if plain and (key.lower() in _SECRET_KEYS or (parent == "token" and key == "id")):
        return _MASK
    return _masked(member, key)
