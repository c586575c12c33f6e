# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translate what requests, urllib3 and the standard library raise into our errors."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

from . import errors
from .wire import Call

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


def translated(error: Exception, call: Call, sent: bool) -> errors.CloudError:
    """Return our error for an exception of the libraries. `sent`: it may have come after the first
    byte of the request was sent."""
    from requests import exceptions

    host, reason = call.host, _reason(error)
    if not sent and isinstance(error, exceptions.SSLError):
        return _tls_error(error, call)
    if not sent and isinstance(error, exceptions.ConnectTimeout):
        return errors.TransportError(f"{host} did not accept a connection in time")
    if not sent and isinstance(error, exceptions.ProxyError):
        return errors.TransportError(
            f"the proxy on the way to {host} cannot be used: {reason}",
            hint="Check https_proxy, http_proxy and no_proxy.",
        )
    if _is_late(error):
        return errors.TransportError(f"{host} did not answer in time")
    if sent and _is_malformed(error):
        return errors.GarbledAnswer(f"{host} sent an answer that cannot be read: {reason}")
    if sent:
        return errors.TransportError(f"the connection to {host} broke: {reason}")
    if isinstance(error, exceptions.ConnectionError):
        return errors.TransportError(
            f"{host} cannot be reached: {reason}",
            hint="Check region, auth_url and endpoints, name resolution and proxy settings.",
        )
    if isinstance(
        error, (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)
    ):
        return errors.ConfigurationError(f"{call.base} is not a usable address: {error}.")
    # requests checks CA bundle, certificate and headers before it connects.
    return errors.ConfigurationError(f"No request can be sent to {host}: {error}.")


def _tls_error(error: Exception, call: Call) -> errors.TransportError:
    text = _reason(error)
    known = [one for one in _HANDSHAKE_FAILURES if one in str(error).upper().replace(" ", "_")]
    hint = "Check the address: does it speak TLS on this port?"
    if known and known[0] in _CERTIFICATE_FAILURES:
        hint = _certificate_hint(text)
    return errors.TransportError(
        f"no TLS connection to {call.host}: {text}", lasting=bool(known), hint=hint
    )


_UNCHECKED = "validate_certs: false skips the check, but then others can read the traffic."


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


def never_connected(error: BaseException) -> bool:
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
