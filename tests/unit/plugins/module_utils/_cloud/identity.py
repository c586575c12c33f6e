# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated IAM: the answers that a token, keys or an agency are obtained with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .fake import PROJECT, Reply, Seen, Talk, Unsent, ok, refused

PATH = "/v2/cloudimages"
TOKENS = "/v3/auth/tokens"
SECURITY_TOKENS = "/v3.0/OS-CREDENTIAL/securitytokens"
METADATA_TOKEN = "/meta-data/latest/api/token"
METADATA_KEY = "/openstack/latest/securitykey"
USER = {"username": "u", "password": "user-password", "domain_name": "d", "region": "eu-de"}
AGENCY = {"agency_name": "builder", "agency_domain_name": "partner"}
NOW = 1_800_000_000.0
DAY = 86400.0


def utc(epoch: float, form: str = "%Y-%m-%dT%H:%M:%S.000000Z") -> str:
    return time.strftime(form, time.gmtime(epoch))


class Identity:
    """An IAM and a metadata service that hand out numbered tokens and keys."""

    def __init__(self, lifetime: float = DAY, project: dict[str, str] | None = None) -> None:
        self.lifetime = lifetime
        self.project = {"id": PROJECT, "name": "eu-de"} if project is None else project
        self.tokens = 0
        self.keys = 0
        self.metadata_version = 2
        self.refusals: list[Reply] = []
        self.broken: Exception | Unsent | None = None
        self.talk: Talk | None = None

    def __call__(self, seen: Seen) -> Any:
        answers: dict[str, Callable[[Seen], Any]] = {
            f"POST {TOKENS}": self.issue_token,
            f"GET {TOKENS}": self.describe_token,
            f"POST {SECURITY_TOKENS}": self.issue_keys,
            f"PUT {METADATA_TOKEN}": self.metadata_token,
            f"GET {METADATA_KEY}": self.metadata_key,
            "GET /v3/projects": lambda _: ok({"projects": [{"id": PROJECT, "name": "eu-de"}]}),
        }
        if seen.line in answers:
            return self.broken or answers[seen.line](seen)
        return self.refusals.pop(0) if self.refusals else ok({"images": []})

    @property
    def now(self) -> float:
        return self.talk.clock.now if self.talk else NOW

    def body(self) -> dict[str, Any]:
        return {"expires_at": utc(self.now + self.lifetime), "project": self.project}

    def issue_token(self, seen: Seen) -> Reply:
        self.tokens += 1
        return Reply(201, {"token": self.body()}, {"X-Subject-Token": f"token-{self.tokens}"})

    def describe_token(self, seen: Seen) -> Reply:
        return ok({"token": self.body()})

    def issue_keys(self, seen: Seen) -> Reply:
        return Reply(201, self.credential())

    def metadata_token(self, seen: Seen) -> Reply:
        return Reply(200, b"metadata-token") if self.metadata_version == 2 else refused(404)

    def metadata_key(self, seen: Seen) -> Reply:
        if self.metadata_version == 2 and seen.headers.get("X-Metadata-Token") != "metadata-token":
            return refused(401)
        return ok(self.credential())

    def credential(self) -> dict[str, Any]:
        self.keys += 1
        number = self.keys
        return {
            "credential": {
                "access": f"AK{number}",
                "secret": f"secret-{number}",
                "securitytoken": f"security-{number}",
                "expires_at": utc(self.now + self.lifetime),
            }
        }


HERE = {"region": "eu-de"}
