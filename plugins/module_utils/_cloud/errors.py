# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of requests and settings: the lower half of the tree at the head of `_images/failures.py`.

`str(error)` is a sentence for the user. Facts that a program needs are attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .decode import parse_http_time
from .hints import hint_for

# Refusals that prove that nothing was executed, and that pass: too many tasks of the tenant
# (IMG.0060, IMG.0149), a running task of the server (IMG.0010), a running backup of the server
# (IMG.0136), another operation on the disk (EVS.2409).
BUSY_CODES = frozenset(("IMG.0060", "IMG.0149", "IMG.0010", "IMG.0136", "EVS.2409"))
# The image does not exist.
_GONE_CODES = frozenset(("IMG.0027", "IMG.0086", "IMG.0144"))


class ImsError(Exception):
    """Everything that can go wrong short of a bug of ours."""

    # Whether the text says everything, so that no message has to say what was being done.
    is_complete: ClassVar[bool] = False


class CloudError(ImsError):
    """A request, or a setting that is needed for requests, that failed.

    `ambiguous`: a request that writes may have been executed nevertheless. That is the default, so
    that an unforeseen error never leads to a second image; for requests the client decides by
    `may_have_been_executed`. `unsent`: no byte of the request was sent. `hint`: what the user can
    do now, '' if nothing is known. `hint_is_cause`: the hint says what is wrong, better than the
    cloud does. `own`: the request was one for tokens, keys or projects. `exhausted`: it has been
    retried for as long as that made sense.
    """

    def __init__(
        self, message: str, *, ambiguous: bool = True, hint: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message)
        self.ambiguous = ambiguous
        self.unsent = False
        self.hint = hint
        self.hint_is_cause = False
        self.own = False
        self.request_id = request_id
        self.exhausted = False

    @property
    def is_about_access(self) -> bool:
        """Whether settings, credentials or the way to the cloud are at fault, so that it does not
        matter what the request was for."""
        return self.own or self.unsent or self.hint_is_cause

    def explain(self, cause: str) -> None:
        """Set what is wrong and what to do about it, as far as that is certain."""
        self.hint, self.hint_is_cause = cause, True


class CredentialsError(CloudError):
    """No credentials, incomplete ones, or two methods at once. Nothing was sent, except perhaps
    requests to the metadata service of this machine."""

    is_complete = True

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, ambiguous=False, hint=hint)


class Unanswered(CloudError):
    """A read that brought nothing. A task that can do without its answer continues."""


class Unavailable(Unanswered):
    """A read that cannot be made here, however often it is tried."""


class Unreachable(Unavailable):
    """No usable answer: the service has no address here, no host answers there, or a proxy does."""


class ConfigurationError(Unreachable):
    """A setting that cannot work: an endpoint, a region, a file, a project name."""

    is_about_access = True

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, ambiguous=False, hint=hint)


class UselessAnswer(Unreachable):
    """An answer, but not one of the API: most likely of a proxy."""


class Redirected(ConfigurationError, UselessAnswer):
    """The address answers with another one, which is not followed."""


class TimeBudgetExceeded(Unanswered):
    """The deadline passed, or would pass before the next try. `last`: the error of the last one."""

    def __init__(self, message: str, last: CloudError | None = None) -> None:
        super().__init__(
            message,
            ambiguous=last.ambiguous if last else False,
            hint=last.hint if last else "",
            request_id=last.request_id if last else "",
        )
        self.last = last
        self.exhausted = True


class TransportError(Unreachable):
    """No answer. `lasting`: another try cannot help (a certificate that is not trusted)."""

    def __init__(self, message: str, *, lasting: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.lasting = lasting


class GarbledAnswer(UselessAnswer):
    """An answer that is unreadable, or lacks what it must contain. What was done is unknown,
    and another try rarely helps."""

    def __init__(self, message: str, request_id: str = "", *, ambiguous: bool = True) -> None:
        super().__init__(message, ambiguous=ambiguous, request_id=request_id)


class ApiError(CloudError):
    """The cloud refused the request.

    `recognised`: the body is an error of the API in a known shape, not the page of a proxy.
    `retry_after`: seconds, None if the answer names none. `unpublished`: a 404 about the path, not
    about an object; the cloud does not have this call.
    """

    def __init__(
        self,
        *,
        http_status: int,
        code: str,
        message: str,
        request_id: str,
        method: str,
        path: str,
        retry_after: float | None = None,
    ) -> None:
        text = f"{method} {path} was answered with {http_status}"
        if code and code != str(http_status):  # Keystone and Cinder say the status once more
            text += f" {code}"
        text += f": {message}" if message else ""
        text += f" (request id {request_id})" if request_id else ""
        super().__init__(text, request_id=request_id)
        self.hint = hint_for(code, http_status, message)
        self.http_status = http_status
        self.code = code
        self.message = message
        self.method = method
        self.path = path
        self.retry_after = retry_after
        self.recognised = False
        self.unpublished = False

    @property
    def says_gone(self) -> bool:
        """Whether it says of the image that the call was about that there is none (any more)."""
        return self.code in _GONE_CODES or (self.http_status == 404 and not self.unpublished)


class BadRequest(ApiError):
    """400"""


class Unauthorized(ApiError):
    """401"""

    is_about_access = True


class Denied(ApiError, Unavailable):
    """A call that these credentials may not make, or that this cloud does not publish."""


class Forbidden(Denied):
    """403"""


class NotFound(Denied):
    """404"""


class Throttled(ApiError):
    """429"""


class ServerError(ApiError, Unanswered):
    """5xx"""


# Statuses that prove that the API did not execute the request: it or the proxy does not know who
# asks, or there were too many requests.
_NEVER_EXECUTED = frozenset((401, 407, 429))
# 4xx about the connection: their sender may have passed the request on before.
_OF_THE_CONNECTION = frozenset((408, 425, 499))


def may_have_been_executed(error: CloudError) -> bool:
    """Return whether a request that failed with `error` may have been executed.

    The only place that decides it. Once its first byte was sent a request counts as executed unless
    the answer proves otherwise.
    """
    if error.unsent:
        return False
    if not isinstance(error, ApiError):
        return True
    status = error.http_status
    if status in _NEVER_EXECUTED or error.code in BUSY_CODES:
        return False
    refused = 400 <= status < 500 and status not in _OF_THE_CONNECTION
    return not (refused and error.recognised)


def header(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a header, whatever the case of its name; '' if it is missing."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def request_id(headers: Mapping[str, str]) -> str:
    """Return the id that the cloud's support asks for; IAM calls it a trace id."""
    return header(headers, "X-Request-Id") or header(headers, "X-IAM-Trace-Id")


def date_of(headers: Mapping[str, str]) -> float | None:
    """Return the Date header in seconds since 1970."""
    return parse_http_time(header(headers, "Date"))
