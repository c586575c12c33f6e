# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain client of the simulated cloud: it says what it sends and hides nothing it gets."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import requests
from ansible_collections.huaweicloud.ims.tests.samples import CENTOS, FILE
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator, auth
from ansible_collections.huaweicloud.ims.tests.simulator.adapter import SimulatorAdapter

URL = "http://127.0.0.1:8080"
WHOLE = "/v1/cloudimages/wholeimages/action"
IMPORT = "/v2/cloudimages/quickimport/action"
# What IMPORT takes.
BODY = {"name": "new", "image_url": FILE, "os_version": CENTOS, "min_disk": 40}


def password_request(facts: dict[str, Any], **scope: Any) -> dict[str, Any]:
    user = {
        "name": facts["username"],
        "password": facts["password"],
        "domain": {"name": facts["domain_name"]},
    }
    request: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if scope:
        request["scope"] = scope
    return {"auth": request}


class Client:
    """Calls in process; `{pid}` in a path is the project."""

    def __init__(self, simulator: Simulator, clock: ManualClock) -> None:
        self.simulator = simulator
        self.clock = clock
        self.facts = simulator.facts(URL)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount(URL, SimulatorAdapter(simulator))
        self.login()

    def login(self, **facts: Any) -> None:
        known = {**self.facts, **facts}
        body = password_request(known, project={"id": known["project_id"]})
        answer = self.session.post(URL + "/v3/auth/tokens", json=body)
        assert answer.status_code == 201, answer.text
        self.session.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
        self.project_id = known["project_id"]

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        url = URL + path.replace("{pid}", self.project_id)
        return self.session.request(method, url, json=body, **options)

    def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON of a call that must succeed; None for an answer without a body."""
        answer = self.call(method, path, body, **options)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and code of a call that must be refused."""
        answer = self.call(method, path, body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, code_of(answer)

    def job(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.ok("GET", f"/v1/{{pid}}/jobs/{job_id}")
        return job

    def finish(self, job_id: str) -> dict[str, Any]:
        """The job at its end; an hour is longer than any takes."""
        self.clock.advance(3600)
        job = self.job(job_id)
        assert job["status"] in ("SUCCESS", "FAIL")
        return job

    def make(self, path: str, body: Any) -> dict[str, Any]:
        """The image that a creation ends with, as GET shows it."""
        job = self.finish(self.ok("POST", path, body)["job_id"])
        assert job["status"] == "SUCCESS", job
        image: dict[str, Any] = self.ok("GET", f"/v2/images/{job['entities']['image_id']}")
        return image

    def outcome(self, path: str, body: Any) -> str | None:
        """The error code with which a creation's job ends, None if it succeeds."""
        job = self.finish(self.ok("POST", path, body)["job_id"])
        assert (job["status"] == "FAIL") == bool(job["error_code"])
        code: str | None = job["error_code"]
        return code

    def images(self, query: str = "") -> list[dict[str, Any]]:
        images: list[dict[str, Any]] = self.ok("GET", f"/v2/cloudimages?{query}")["images"]
        return images

    def truth(self, kind: str, name: str) -> dict[str, Any]:
        """The one thing of that name as it really is."""
        things = [thing for thing in self.simulator.state()[kind] if thing["name"] == name]
        assert len(things) == 1
        thing: dict[str, Any] = things[0]
        return thing

    def number(self, kind: str, name: str) -> str:
        return str(self.truth(kind, name)["id"])


def code_of(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    error = body.get("error", body)
    return str(error.get("error_code") or error.get("code"))


def signed(
    facts: dict[str, Any], clock: ManualClock, method: str, path: str, **changes: Any
) -> dict[str, str]:
    """Headers of a request signed by the rules that test_auth.py pins with vectors."""
    headers = {
        "Host": "127.0.0.1:8080",
        "X-Sdk-Date": changes.get("date") or _date(clock.now()),
        "X-Project-Id": facts.get("project_id", ""),
    }
    if facts.get("security_token"):
        headers["X-Security-Token"] = facts["security_token"]
    if not headers["X-Project-Id"]:
        del headers["X-Project-Id"]
    names = changes.get("names") or sorted(name.lower() for name in headers)
    request = auth.Request(
        method, path, "", {name.lower(): value for name, value in headers.items()}, b""
    )
    value = auth.signature(request, facts["secret_key"], names)
    access, joined = facts["access_key"], ";".join(names)
    text = f"SDK-HMAC-SHA256 Access={access}, SignedHeaders={joined}, Signature={value}"
    return {**headers, "Authorization": text}


def _date(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
