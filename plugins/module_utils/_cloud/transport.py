# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send one request and receive one answer: the only place that touches the network."""

from __future__ import annotations

import http.client
import http.cookiejar
import re
import socket
import warnings
from collections.abc import Iterator, Mapping
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
    """Sends requests over one session of requests, which keeps connections alive."""

    tls: Tls
    environ: Mapping[str, str] = field(repr=False)
    clock: Clock
    session: Any = None
    log: Callable[[str], None] = lambda line: None
    _last_used: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.session is not None:
            _harden(self.session)

    def has_answered(self, call: Call) -> bool:
        """Return whether the host of `call` has ever answered."""
        return call.base in self._last_used

    def close_if_idle(self, call: Call) -> None:
        """Make the next request to this host open a new connection if the old one may be stale."""
        last = self._last_used.get(call.base)
        if last is not None and self.clock.monotonic() - last > FRESH_FOR:
            self.session.get_adapter(call.url).close()

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
        self._last_used[call.base] = self.clock.monotonic()
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
            sent = exchange.sent and not _never_connected(error)
            known = _translated(error, call, sent)
            known.unsent = not sent
            raise known from error
        finally:
            bounded.current.reset(token)

    def _prepared(self, call: Call) -> Any:
        if self.session is None:
            self.session = _new_session()
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
        return self.session.prepare_request(request)

    def _sent(
        self, call: Call, request: Any, read_timeout: float, exchange: bounded.Exchange
    ) -> Any:
        """Return the response as requests returns it. A session of requests would follow
        redirections and read the body; its adapter does neither."""
        adapter = self.session.get_adapter(call.url)
        way = proxies.for_url(call.url, self.environ)
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
                proxies=way,
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


# OpenSSL's names for failures of a handshake that do not pass, those of certificates first. urllib3
# 1.26 compares host names itself.
_CERTIFICATE_FAILURES = ("CERTIFICATE_VERIFY_FAILED", "DOESN'T_MATCH")
_HANDSHAKE_FAILURES = (
    *_CERTIFICATE_FAILURES,
    "WRONG_VERSION_NUMBER",
    "UNSUPPORTED_PROTOCOL",
    "HANDSHAKE_FAILURE",
    "ALERT_PROTOCOL_VERSION",
    "UNRECOGNIZED_NAME",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
)


def _translated(error: Exception, call: Call, sent: bool) -> errors.CloudError:
    """Return our error for an exception of the libraries. `sent`: it may have come after the first
    byte of the request was sent."""
    if not sent:
        return _unsent(error, call)
    if _is_late(error):
        return _too_late(call)
    if _is_malformed(error):
        return errors.GarbledAnswer(
            f"{call.host} sent an answer that cannot be read: {_reason(error)}"
        )
    return errors.TransportError(f"the connection to {call.host} broke: {_reason(error)}")


def _too_late(call: Call) -> errors.TransportError:
    return errors.TransportError(f"{call.host} did not answer in time")


def _unsent(error: Exception, call: Call) -> errors.CloudError:
    """Return our error for a request that was not sent."""
    exceptions = requests.exceptions
    if isinstance(error, exceptions.SSLError):
        return _tls_error(error, call)
    if isinstance(error, exceptions.ConnectTimeout):
        return errors.TransportError(f"{call.host} did not accept a connection in time")
    if isinstance(error, exceptions.ProxyError):
        return errors.TransportError(
            f"the proxy on the way to {call.host} cannot be used: {_reason(error)}",
            hint="Check https_proxy, http_proxy and no_proxy.",
        )
    if _is_late(error):
        return _too_late(call)
    if isinstance(error, exceptions.ConnectionError):
        return errors.TransportError(
            f"{call.host} cannot be reached: {_reason(error)}",
            hint="Check region, auth_url and endpoints, name resolution and proxy settings.",
        )
    if isinstance(
        error, (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)
    ):
        return errors.ConfigurationError(f"{call.base} is no usable address: {error}.")
    # requests checks CA bundle, certificate and headers before it connects.
    return errors.ConfigurationError(f"{call.host} cannot be asked: {error}.")


def _tls_error(error: Exception, call: Call) -> errors.TransportError:
    text = _reason(error)
    known = [one for one in _HANDSHAKE_FAILURES if one in str(error).upper().replace(" ", "_")]
    hint = "Check the address: does it speak TLS on this port?"
    if known and known[0] in _CERTIFICATE_FAILURES:
        hint = _certificate_hint(text)
    return errors.TransportError(
        f"no TLS connection to {call.host}: {text}", lasting=bool(known), hint=hint
    )


_UNCHECKED = "validate_certs: false skips the check, but then anybody may listen."


def _certificate_hint(text: str) -> str:
    """Return what to do about a certificate. `text`: OpenSSL's description of the failure."""
    text = text.lower()
    if "mismatch" in text or "not valid for" in text or "doesn't match" in text:
        return (
            "The certificate is for another host: check the address (endpoints, auth_url, region)."
            f" {_UNCHECKED}"
        )
    if "expired" in text or "not yet valid" in text:
        return f"Check this machine's clock, and report it to whoever runs the server. {_UNCHECKED}"
    return f"Give the CA that signed the certificate with ca_cert. {_UNCHECKED}"


_NO_CONNECTION = frozenset(
    ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ConnectTimeout")
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it wraps (in its arguments, as `reason`, or as cause), outermost
    first. Not its context, which may be an unrelated error that the caller was handling."""
    seen = set()
    todo = [error]
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [getattr(one, "reason", None), one.__cause__, *one.args]
        todo.extend(thing for thing in inner if isinstance(thing, BaseException))


def _never_connected(error: BaseException) -> bool:
    """Return whether the libraries raise such an error only while they connect."""
    return any(type(one).__name__ in _NO_CONNECTION for one in _causes(error))


def _is_late(error: BaseException) -> bool:
    return any(
        isinstance(one, socket.timeout) or type(one).__name__ in ("ReadTimeout", "ReadTimeoutError")
        for one in _causes(error)
    )


def _is_malformed(error: BaseException) -> bool:
    """Return whether the answer was not HTTP. A connection that breaks within an answer (OSError,
    as all errors of requests are, or IncompleteRead) is a failure that may pass."""
    return any(
        bool(getattr(one, "length", None))  # urllib3's InvalidChunkLength
        if isinstance(one, (OSError, http.client.IncompleteRead))
        else not type(one).__module__.startswith("urllib3.")
        for one in _causes(error)
    )


def _reason(error: BaseException) -> str:
    """Return the innermost message, without the object addresses of the outer ones."""
    text = ""
    for one in _causes(error):
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
        text = str(one) or text
    return text.rsplit(">: ", 1)[-1].rsplit("): ", 1)[-1]


def redirect_target(answer: Answer) -> str:
    """Return scheme and host of a redirection; the rest may contain secrets."""
    try:
        parts = urlsplit(errors.header(answer.headers, "Location"))
        host = parts.hostname
    except ValueError:
        return "no address that can be read"
    return f"{parts.scheme}://{host}" if host else "another address"
