# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request out, one answer in: the only place that touches the network."""

from __future__ import annotations

import http.cookiejar
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable
from urllib.parse import urlsplit

from . import errors, proxies
from .clock import Clock
from .wire import Answer, Call

try:
    import requests
except ImportError:  # the front ends ask libraries.missing_libraries() and say so
    requests = None  # type: ignore[assignment,unused-ignore]

CONNECT_TIMEOUT = 10.0
# The gateway closes connections that idle; one that it is just closing swallows a request.
FRESH_FOR = 3.0

USER_AGENT = "ansible-collection-huaweicloud.ims"

# What requests and http.client let through as the value of a header.
_HEADER_VALUE = re.compile(r"(?:\S[^\r\n\0]*)?\Z")


@dataclass(frozen=True)
class Tls:
    """``verify``: True, False, or the path of a CA bundle. ``cert``: the path of a certificate with
    its key, or the paths of the two."""

    verify: bool | str = True
    cert: str | tuple[str, str] | None = None


@dataclass
class Transport:
    """Sends calls over one session of requests, which keeps connections alive."""

    tls: Tls
    environ: Mapping[str, str] = field(repr=False)
    clock: Clock
    session: Any = None
    log: Callable[[str], None] | None = None
    _last_used: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.session is not None:
            _harden(self.session)

    def has_answered(self, call: Call) -> bool:
        """Whether anything ever came back from the host of ``call``."""
        return call.base in self._last_used

    def close_if_idle(self, call: Call) -> None:
        """Makes the next request to this host open a new connection if the old one may be stale."""
        last = self._last_used.get(call.base)
        if last is not None and self.clock.monotonic() - last > FRESH_FOR:
            self.session.get_adapter(call.url).close()

    def send(self, call: Call, read_timeout: float) -> Answer:
        """The answer, whatever its status.

        Raises TransportError when none came, ConfigurationError when the request cannot be made.
        """
        started = self.clock.monotonic()
        try:
            response = self._exchange(call, read_timeout)
        except errors.CloudError as error:
            self._report(call, str(error), started, "")
            raise
        self._last_used[call.base] = self.clock.monotonic()
        answer = Answer(response.status_code, response.headers, body=response.content)
        self._report(call, str(answer.status), started, errors.request_id(answer.headers))
        return answer

    def _exchange(self, call: Call, read_timeout: float) -> Any:
        if self.session is None:
            self.session = _harden(requests.Session())
        try:
            return self._send_prepared(call, read_timeout)
        except requests.exceptions.RequestException as error:
            raise _translated(error, call) from error
        except (OSError, ValueError) as error:
            # requests checks CA bundle, certificate and URL before it connects.
            raise errors.ConfigurationError(f"{call.host} cannot be asked: {error}.") from error

    def _send_prepared(self, call: Call, read_timeout: float) -> Any:
        headers = dict(call.headers)
        headers.setdefault("User-Agent", USER_AGENT)
        headers.setdefault("Accept", "application/json")
        _check_headers(headers)
        request = requests.Request(
            call.method,
            call.url,
            headers={key: value.encode("utf-8") for key, value in headers.items()},
            data=call.body or None,
        )
        with warnings.catch_warnings():
            if self.tls.verify is False:
                # The user has said so; urllib3 would say it again for every request.
                warnings.simplefilter("ignore")
            return self.session.send(
                self.session.prepare_request(request),
                timeout=(min(CONNECT_TIMEOUT, read_timeout), read_timeout),
                allow_redirects=False,
                verify=self.tls.verify,
                cert=self.tls.cert,
                proxies=proxies.for_url(call.url, self.environ),
            )

    def _report(self, call: Call, outcome: str, started: float, request_id: str) -> None:
        if self.log is None:
            return
        names = ",".join(sorted({pair.split("=")[0] for pair in call.query.split("&") if pair}))
        where = call.host + call.full_path + ("?" + names if names else "")
        milliseconds = round((self.clock.monotonic() - started) * 1000)
        tail = f", request id {request_id}" if request_id else ""
        self.log(f"{call.method} {where} -> {outcome} in {milliseconds} ms{tail}")


def _check_headers(headers: Mapping[str, str]) -> None:
    """Before requests does it, which quotes the value and says nothing of why it is refused."""
    for name, value in headers.items():
        if not _HEADER_VALUE.match(value):
            raise errors.ConfigurationError(
                f"The header {name} cannot be sent: its value begins with white space, or holds a"
                " line end. Check what it is made of: credentials and addresses."
            )


def _unchanged(request: Any) -> Any:
    return request


def _harden(session: Any) -> Any:
    """Nothing but what we say goes into a request.

    A session without an auth function looks into ~/.netrc and replaces our Authorization header by
    what it finds there; trust_env lets this process' environment decide on proxies and CA bundles.
    """
    session.auth = _unchanged
    session.trust_env = False
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return session


# What OpenSSL calls the ways in which a handshake fails; nothing of the request was sent then.
_HANDSHAKE_FAILURES = (
    "CERTIFICATE_VERIFY_FAILED",
    "WRONG_VERSION_NUMBER",
    "UNSUPPORTED_PROTOCOL",
    "HANDSHAKE_FAILURE",
    "ALERT_PROTOCOL_VERSION",
    "UNRECOGNIZED_NAME",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
)


def _translated(error: Exception, call: Call) -> errors.CloudError:
    """An exception of requests in our terms: was the connection ever established?"""
    exceptions = requests.exceptions
    if isinstance(error, exceptions.SSLError):
        return _tls_error(error, call)
    if isinstance(error, exceptions.ConnectTimeout):
        return errors.TransportError(
            f"{call.host} did not accept a connection in time", ambiguous=False
        )
    if isinstance(error, exceptions.ProxyError):
        return errors.TransportError(
            f"the proxy on the way to {call.host} cannot be used: {_reason(error)}",
            ambiguous=False,
            hint="Check https_proxy, http_proxy and no_proxy.",
        )
    if isinstance(error, exceptions.ReadTimeout):
        return errors.TransportError(f"{call.host} did not answer in time", ambiguous=True)
    if isinstance(
        error, (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)
    ):
        return errors.ConfigurationError(f"{call.base} is no usable address: {error}.")
    if _never_connected(error):
        return errors.TransportError(
            f"{call.host} cannot be reached: {_reason(error)}",
            ambiguous=False,
            hint="Check region, auth_url and endpoints, name resolution and proxy settings.",
        )
    return errors.TransportError(
        f"the connection to {call.host} broke: {_reason(error)}", ambiguous=True
    )


def _tls_error(error: Exception, call: Call) -> errors.TransportError:
    text = _reason(error)
    known = [one for one in _HANDSHAKE_FAILURES if one in str(error).upper().replace(" ", "_")]
    if not known:
        # May have happened while the answer was read.
        return errors.TransportError(
            f"the TLS connection to {call.host} broke: {text}", ambiguous=True
        )
    hint = "Check the address: does it speak TLS on this port?"
    if known[0] == "CERTIFICATE_VERIFY_FAILED":
        hint = _certificate_hint(text)
    return errors.TransportError(
        f"no TLS connection to {call.host}: {text}", ambiguous=False, lasting=True, hint=hint
    )


_UNCHECKED = "validate_certs: false skips the check, but then anybody may listen."


def _certificate_hint(text: str) -> str:
    """``text``: OpenSSL's words for what is wrong with the certificate."""
    text = text.lower()
    if "mismatch" in text or "not valid for" in text:
        return (
            "The certificate is for another host: check the address (endpoints, auth_url, region)."
            f" {_UNCHECKED}"
        )
    if "expired" in text or "not yet valid" in text:
        return f"Check this machine's clock, and tell whoever runs the server. {_UNCHECKED}"
    return f"Give the CA that signed the certificate with ca_cert. {_UNCHECKED}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what it wraps (in its arguments, as ``reason``, or as cause), outside in."""
    seen = set()
    todo = [error]
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
        todo.extend(thing for thing in inner if isinstance(thing, BaseException))


def _never_connected(error: BaseException) -> bool:
    names = {type(one).__name__ for one in _causes(error)}
    return bool(names & {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"})


def _reason(error: BaseException) -> str:
    """The innermost words, without the object addresses that the outer ones carry."""
    text = ""
    for one in _causes(error):
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
        text = str(one) or text
    return text.rsplit(">: ", 1)[-1].rsplit("): ", 1)[-1]


def redirect_target(answer: Answer) -> str:
    """Where a 3xx points to: scheme and host only, the rest may hold secrets."""
    parts = urlsplit(errors.header(answer.headers, "Location"))
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "another address"
