# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send one request and receive one answer: the only place that touches the network."""

from __future__ import annotations

import http.cookiejar
import re
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple
from urllib.parse import urlsplit

from . import bounded, errors, proxies
from .clock import Clock
from .wire import Answer, Call

try:
    import requests
except ImportError:  # the front ends ask libraries.missing_libraries() and say so
    requests = None  # type: ignore[assignment,unused-ignore]

CONNECT_TIMEOUT = 10.0
# Seconds. The gateway closes idle connections; one that it is just closing swallows a request.
FRESH_FOR = 3.0

USER_AGENT = "ansible-collection-huaweicloud.ims"

# What requests and http.client accept as the value of a header.
_HEADER_VALUE = re.compile(r"(?:\S[^\r\n\0]*)?\Z")


class Tls(NamedTuple):
    """`verify`: True, False, or the path of a CA bundle. `cert`: the path of a certificate with its
    key, or the paths of both."""

    verify: bool | str = True
    cert: str | tuple[str, str] | None = None


@dataclass
class Transport:
    """Sends requests over one session of requests, which keeps connections alive; a thread may have
    one of its own, so that it knows how long its connections have been idle."""

    tls: Tls
    environ: Mapping[str, str] = field(repr=False)
    clock: Clock
    session: Any = None
    log: Callable[[str], None] = lambda line: None
    _last_used: dict[str, float] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    # The session and last uses of a thread that has connections of its own.
    _own: threading.local = field(default_factory=threading.local)

    def __post_init__(self) -> None:
        self._is_given = self.session is not None
        if self._is_given:
            _harden(self.session)

    def use_own_connections(self) -> None:
        """Give this thread a session of its own, unless the session is the caller's."""
        if not self._is_given:
            self._own.connections = _new_session(), {}

    @property
    def _connections(self) -> tuple[Any, dict[str, float]]:
        own: tuple[Any, dict[str, float]] | None = getattr(self._own, "connections", None)
        if own is not None:
            return own
        if self.session is None:
            self.session = _new_session()
        return self.session, self._last_used

    def has_answered(self, call: Call) -> bool:
        """Return whether the host of `call` has ever answered."""
        return call.base in self._answered

    def close_if_idle(self, call: Call) -> None:
        """Make the next request to this host open a new connection if the old one may be stale."""
        session, last_used = self._connections
        last = last_used.get(call.base)
        if last is not None and self.clock.monotonic() - last > FRESH_FOR:
            session.get_adapter(call.url).close()

    def send(self, call: Call, read_timeout: float, seconds: float) -> Answer:
        """Return the answer, whatever its status.

        `read_timeout`: seconds between two bytes, `seconds`: of the whole. Raises TransportError if
        no answer came, GarbledAnswer if it is unreadable, ConfigurationError if the request cannot
        be sent.
        """
        started = self.clock.monotonic()
        try:
            answer = self._exchange(call, read_timeout, bounded.Exchange(seconds))
        except errors.CloudError as error:
            self._report(call, str(error), started, "")
            raise
        self._answered.add(call.base)
        self._connections[1][call.base] = self.clock.monotonic()
        self._report(call, str(answer.status), started, errors.request_id(answer.headers))
        return answer

    def _exchange(self, call: Call, read_timeout: float, exchange: bounded.Exchange) -> Answer:
        token = bounded.current.set(exchange)
        try:
            response = self._sent(call, self._prepared(call), read_timeout, exchange)
            return Answer(response.status_code, response.headers, body=bounded.read_body(response))
        except errors.CloudError as error:
            error.unsent = not exchange.sent
            raise
        # Answers that break the protocol make the libraries raise anything.
        except Exception as error:
            from .transport_errors import never_connected, translated

            sent = exchange.sent and not never_connected(error)
            known = translated(error, call, sent)
            known.unsent = not sent
            raise known from error
        finally:
            bounded.current.reset(token)

    def _prepared(self, call: Call) -> Any:
        headers = dict(call.headers)
        headers.setdefault("User-Agent", USER_AGENT)
        headers.setdefault("Accept", "application/json")
        _check_headers(headers)
        headers["Accept-Encoding"] = "gzip"
        request = requests.Request(
            call.method,
            call.url,
            headers={key: value.encode("utf-8") for key, value in headers.items()},
            data=call.body or None,
        )
        return self._connections[0].prepare_request(request)

    def _sent(
        self, call: Call, request: Any, read_timeout: float, exchange: bounded.Exchange
    ) -> Any:
        """Return the response as requests returns it. A session of requests would follow
        redirections and read the body; its adapter does neither."""
        adapter = self._connections[0].get_adapter(call.url)
        with warnings.catch_warnings():
            if self.tls.verify is False:
                # The user asked for it; urllib3 would warn of every request.
                warnings.simplefilter("ignore")
            exchange.sent = True
            return adapter.send(
                request,
                stream=True,
                timeout=(min(CONNECT_TIMEOUT, read_timeout), read_timeout),
                verify=self.tls.verify,
                cert=self.tls.cert,
                proxies=proxies.for_url(call.url, self.environ),
            )

    def _report(self, call: Call, outcome: str, started: float, request_id: str) -> None:
        names = ",".join(sorted({pair.split("=")[0] for pair in call.query.split("&") if pair}))
        where = call.host + call.full_path + ("?" + names if names else "")
        milliseconds = round((self.clock.monotonic() - started) * 1000)
        tail = f", request id {request_id}" if request_id else ""
        self.log(f"{call.method} {where} -> {outcome} in {milliseconds} ms{tail}")


def _check_headers(headers: Mapping[str, str]) -> None:
    """Raise ConfigurationError for a header that requests would refuse with an error that quotes
    it."""
    for name, value in headers.items():
        if not _HEADER_VALUE.match(value):
            raise errors.ConfigurationError(
                f"The header {name} cannot be sent: its value begins with white space, or holds a"
                " line end. Check what it is made of: credentials and addresses."
            )


def _unchanged(request: Any) -> Any:
    return request


def _new_session() -> Any:
    session = requests.Session()
    session.mount("https://", bounded.BoundedAdapter())
    session.mount("http://", bounded.BoundedAdapter())
    return _harden(session)


def _harden(session: Any) -> Any:
    """Keep everything out of a request that we did not put there.

    A session without an auth function reads ~/.netrc and replaces our Authorization header;
    trust_env takes proxies and CA bundles from the environment of the process.
    """
    session.auth = _unchanged
    session.trust_env = False
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return session


def redirect_target(answer: Answer) -> str:
    """Return scheme and host of a redirection; the rest may contain secrets."""
    try:
        parts = urlsplit(errors.header(answer.headers, "Location"))
        host = parts.hostname
    except ValueError:
        return "no address that can be read"
    return f"{parts.scheme}://{host}" if host else "another address"
