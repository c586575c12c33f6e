# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud that is a function, a clock that only moves when told, and clients for both."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import bounded
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import (
    Client,
    TaskHooks,
    connect,
)
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

REGION = "eu-de"
PROJECT = "0605767b9b1234567890abcdef123456"
IAM = "https://iam.eu-de.otc.t-systems.com"

KEYS = {"access_key": "AKEXAMPLE", "secret_key": "sk-very-secret", "region": REGION}
KEYS_AND_PROJECT = {**KEYS, "project_id": PROJECT}

# Nothing to read, and nowhere to keep anything.
NO_PLACE = {"HOME": "/nowhere", "XDG_CACHE_HOME": "/dev/null", "TMPDIR": "/dev/null"}


class FakeClock:
    """All clocks in one; sleeping moves it and is remembered."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []
        # By how much the machine's clock was set.
        self.stepped = 0.0

    def monotonic(self) -> float:
        return self.now - 1_000_000.0

    def time(self) -> float:
        return self.now + self.stepped

    def boot(self) -> tuple[str, float] | None:
        return "boot", self.monotonic()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Reply:
    """What a handler returns: a status, a body (JSON unless bytes), headers."""

    def __init__(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None):
        self.status = status
        self.headers = dict(headers or {})
        self.content = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            self.content = json.dumps(body).encode()


class Unsent:
    """What a handler returns instead of an exception that comes before the first byte."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class Seen:
    """A request as it reached the adapter, and what the adapter was told about it."""

    def __init__(self, request: requests.PreparedRequest, kwargs: Mapping[str, Any]) -> None:
        parts = urlsplit(str(request.url))
        self.method = str(request.method)
        self.url = str(request.url)
        self.host = parts.netloc
        self.path = parts.path
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.headers = CaseInsensitiveDict(
            (key, value.decode() if isinstance(value, bytes) else value)
            for key, value in request.headers.items()
        )
        self.body = request.body or b""
        self.kwargs = dict(kwargs)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


Handler = Callable[[Seen], Any]


class FakeCloud(requests.adapters.BaseAdapter):
    """Answers with what `handler` returns for a request: a Reply, or an exception to raise (as it
    is, or Unsent).

    A list of these is given out one by one instead.
    """

    def __init__(self, handler: Handler | list[Any]) -> None:
        super().__init__()
        self._handler = handler
        self.seen: list[Seen] = []
        self.closed = 0

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        seen = Seen(request, kwargs)
        self.seen.append(seen)
        handler = self._handler
        reply = handler.pop(0) if isinstance(handler, list) else handler(seen)
        if isinstance(reply, Unsent):
            bounded.current.get().sent = False
            raise reply.error
        if isinstance(reply, Exception):
            raise reply
        response = requests.Response()
        response.status_code = reply.status
        response.headers = CaseInsensitiveDict(reply.headers)
        response.raw = HTTPResponse(io.BytesIO(reply.content), preload_content=False)
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        self.closed += 1

    @property
    def lines(self) -> list[str]:
        return [seen.line for seen in self.seen]


class Talk:
    """A client, the cloud it talks to, its clock, and all it had to tell."""

    def __init__(
        self,
        handler: Handler | list[Any],
        options: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        directory: str = "/nowhere",
        clock: FakeClock | None = None,
        run_key: bytes | None = None,
    ) -> None:
        self.cloud = FakeCloud(handler)
        self.clock = clock or FakeClock()
        self.logged: list[str] = []
        self.waits: list[tuple[str, float]] = []
        self.secrets: list[tuple[str, int]] = []
        self.warnings: list[str] = []
        self.session = requests.Session()
        self.session.mount("https://", self.cloud)
        self.session.mount("http://", self.cloud)
        self.client: Client = connect(
            KEYS_AND_PROJECT if options is None else options,
            {**NO_PLACE, **(environ or {})},
            TaskHooks(
                log=self.logged.append,
                on_wait=lambda message, seconds: self.waits.append((message, seconds)),
                # With the number of requests sent so far, to see that it is called in time.
                on_secret=lambda value: self.secrets.append((value, len(self.cloud.seen))),
                warn=self.warnings.append,
            ),
            clock=self.clock,
            session=self.session,
            random=lambda: 0.5,
            directory=directory,
            run_key=run_key,
        )


def ok(body: Any = None, **headers: str) -> Reply:
    return Reply(200, {} if body is None else body, headers)


def refused(status: int, code: str = "", message: str = "no", **headers: str) -> Reply:
    body = {"error": {"code": code, "message": message}}
    return Reply(status, body, {name.replace("_", "-"): text for name, text in headers.items()})


def throttled(**headers: str) -> Reply:
    return refused(429, "APIGW.0308", "too many requests", **headers)
