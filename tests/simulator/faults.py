# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault rules: which requests go wrong, and how.

A rule is an object. What it matches: `method`, `service`, `credential` (label), `path`,
`query` and `body` (regular expressions, searched); when: `after` (matches to let pass first),
`nth` (only that match, from 1), `times` (how often; default always), `probability`; what
happens: `action` and its parameters (see README.md).
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

_MATCH = {"method", "path", "service", "credential", "query", "body"}
_WHEN = {"after", "nth", "times", "probability"}
ACTIONS: dict[str, set[str]] = {
    "answer": {"status", "code", "message", "shape", "text", "headers", "handled"},
    "throttle": {"retry_after"},
    "unauthorized": set(),
    "drop": {"handled", "how"},
    "timeout": {"handled", "seconds"},
    "slow": {"seconds"},
    "stale": {"idle"},
    "truncate": set(),
    "garbage": set(),
    "redirect": {"location"},
    "raw": {"text", "handled"},
    "skew": {"seconds"},
    "job": {
        "fail",
        "reason",
        "empty",
        "image_id_in",
        "names",
        "percent",
        "duration",
        "image",
        "list_delay",
        "status_skew",
        "backup_late",
    },
    "volume": {"stuck", "fail", "duration", "list_delay", "names"},
    "page": {"size"},
    "delete": {"polls", "seconds"},
}
# Actions that decide what the client gets.
_ENDINGS = {
    "answer",
    "throttle",
    "unauthorized",
    "drop",
    "timeout",
    "truncate",
    "garbage",
    "redirect",
    "raw",
}


class Rule:
    """One rule and how often it has matched and struck."""

    def __init__(self, text: Mapping[str, Any]) -> None:
        self.text = dict(text)
        action = self.text.get("action")
        if action not in ACTIONS:
            raise ValueError(f"action must be one of {sorted(ACTIONS)}, not {action!r}")
        unknown = set(self.text) - _MATCH - _WHEN - ACTIONS[action] - {"action", "name"}
        if unknown:
            raise ValueError(f"a rule with action {action} has no {sorted(unknown)}")
        self.action: str = action
        self._path = re.compile(self.text.get("path", ""))
        self._query = re.compile(self.text.get("query", ""))
        self._body = re.compile(self.text.get("body", ""))
        self.matched = 0
        self.struck = 0

    def strikes(
        self,
        method: str,
        path: str,
        service: str,
        credential: str,
        query: str,
        body: str,
        rng: random.Random,
    ) -> bool:
        """Whether the rule strikes this request; counts it if it matches."""
        want = self.text
        if want.get("method", method).upper() != method or want.get("service", service) != service:
            return False
        if want.get("credential", credential) != credential:
            return False
        if not self._path.search(path) or not self._query.search(query):
            return False
        if not self._body.search(body):
            return False
        self.matched += 1
        if not self._due() or rng.random() >= want.get("probability", 1.0):
            return False
        self.struck += 1
        return True

    def _due(self) -> bool:
        want = self.text
        if self.matched <= want.get("after", 0):
            return False
        if "nth" in want and self.matched - want.get("after", 0) != want["nth"]:
            return False
        return want.get("times") is None or self.struck < want["times"]


class Faults:
    """The rules in force, in the order in which they were given."""

    def __init__(self, seed: int) -> None:
        self.rules: list[Rule] = []
        self._rng = random.Random(f"faults:{seed}")

    def add(self, rules: list[Mapping[str, Any]]) -> None:
        self.rules.extend([Rule(rule) for rule in rules])

    def clear(self, seed: int) -> None:
        self.rules = []
        self._rng = random.Random(f"faults:{seed}")

    def for_request(
        self, method: str, path: str, service: str, credential: str, query: str, body: str
    ) -> list[dict[str, Any]]:
        """What strikes this request: the rules' texts, first rule first.

        Only one rule decides how the request ends; others that would do so do not see it, so
        two rules with `times: 1` strike two requests.
        """
        struck: list[dict[str, Any]] = []
        ended = False
        for rule in self.rules:
            if rule.action in _ENDINGS and ended:
                continue
            if rule.strikes(method, path, service, credential, query, body, self._rng):
                struck.append(rule.text)
                ended = ended or rule.action in _ENDINGS
        return struck
