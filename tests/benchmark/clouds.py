# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated clouds that are measured on, and what they received."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ansible_collections.huaweicloud.ims.tools import account, simulator
from ansible_collections.huaweicloud.ims.tools.places import BUILD, Place

# An account with limits that were raised to what is asked of it, the same for all that is compared.
# A new account may have 50 images and 40 creations at once, and its polls are limited, too.
LIMITS = {"image_quota": 1000, "create_limit": 200, "copy_limit": 200, "rate_limit": None}

Call = Mapping[str, Any]

_EXPORT = r"/volumes/[^/]+/action$"


@dataclass(frozen=True)
class Cloud:
    """A running simulator. `facts` is what it prints at its start, `place` where ansible runs."""

    facts: Mapping[str, Any]
    place: account.Visitor

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    def reset(self, rules: Sequence[Mapping[str, Any]] = ()) -> None:
        """Start again with raised limits, and with rules for what is to come."""
        self._ask("/_sim/reset", {})
        self._ask("/_sim/faults", {"switches": LIMITS, "rules": list(rules)})

    def calls(self, since: int = 0) -> list[Call]:
        """Every call since the reset, less the first ones."""
        calls: list[Call] = self._ask("/_sim/requests")
        return calls[since:]

    def disks(self, count: int) -> list[str]:
        """The ids of so many disks of the fleet."""
        state = self._ask("/_sim/state")
        found = {disk["name"]: disk["id"] for disk in state["volumes"]}
        return [found[f"fleet-data-{number:02d}"] for number in range(1, count + 1)]

    def active(self, prefix: str) -> int:
        """How many images whose name begins like that are active."""
        images = self._ask("/_sim/state")["images"]
        there = [image for image in images if image["status"] == "active" and not image["deleted"]]
        return sum(image["name"].startswith(prefix) for image in there)

    def token(self) -> str:
        """A token of the account for its project, as those get one who have no collection."""
        user = {
            "name": self.facts["username"],
            "password": self.facts["password"],
            "domain": {"name": self.facts["domain_name"]},
        }
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"id": self.facts["project_id"]}},
            }
        }
        with self._open(f"{self.facts['auth_url']}/auth/tokens", body) as answer:
            return str(answer.headers["X-Subject-Token"])

    def _ask(self, path: str, body: Any = None) -> Any:
        with self._open(self.url + path, body) as answer:
            return json.load(answer)

    def _open(self, url: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)


@contextmanager
def started(
    venv: Path, log: IO[str], *, latency: float, time_scale: float, fleet: int
) -> Iterator[Cloud]:
    """A cloud whose answers take `latency` ms, give or take a half, with so many disks to spare.

    Apart from its raised limits it is as nasty as the simulator is by default.
    """
    with simulator.started(
        Place(venv=venv), log, time_scale=time_scale, seed=1, latency=latency, fleet=fleet
    ) as facts:
        cloud = cloud_of(facts, venv)
        cloud.reset()
        yield cloud


def cloud_of(facts: Mapping[str, Any], venv: Path) -> Cloud:
    """Return a running simulator, by what it prints at its start."""
    home = BUILD / "benchmark" / "home"
    return Cloud(facts, account.Visitor(venv=venv, home=home, variables=account.variables(facts)))


def length_rule(seconds: float) -> dict[str, Any]:
    """Return the rule of the simulator by which each export takes so long."""
    return {
        "name": "length",
        "method": "POST",
        "path": _EXPORT,
        "action": "volume",
        "duration": seconds,
    }


def reads(calls: Sequence[Call]) -> int:
    """How many of the calls read something of the project; a token is none of it."""
    return sum(call["method"] == "GET" and call["service"] != "iam" for call in calls)


def writes(calls: Sequence[Call]) -> int:
    """How many of the calls write something; the request for a token is no write."""
    return sum(call["method"] != "GET" and call["service"] != "iam" for call in calls)
