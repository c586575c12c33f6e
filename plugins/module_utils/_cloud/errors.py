# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of requests and settings: the lower half of the tree at the head of `_images/failures.py`.

`str(error)` is a sentence for the user. Facts that a program needs are attributes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from .decode import first_text, json_value, mapping, objects, parse_http_time
from .hints import HINTS, hint_for
from .visible import shortened

__all__ = ["BUSY_CODES", "HINTS"]

# Refusals that prove that nothing was done, and pass by themselves: tasks of the tenant at once
# (IMG.0060, IMG.0149), the server has a running task (IMG.0010), a backup of the server is running
# (IMG.0136), another operation holds the disk (EVS.2409).
BUSY_CODES = frozenset(("IMG.0060", "IMG.0149", "IMG.0010", "IMG.0136", "EVS.2409"))

# Of the cloud's own words so many characters go into a message.
LONGEST_MESSAGE, LONGEST_CODE = 500, 100
# So much is censored before, as masks are shorter than secrets.
_READ = 1 << 18


class ImsError(Exception):
    """Everything that can go wrong short of a bug of ours."""

    # Whether the text says everything, so that no message has to say what was being done.
    is_complete: ClassVar[bool] = False


class CloudError(ImsError):
    """A request, or a setting that is needed for requests, that failed.

    `ambiguous`: a request that writes may have been executed nevertheless. That is the default, so
    that an unforeseen error never leads to a second image; for requests the client decides by
    `may_have_been_executed`. `unsent`: no byte of the request was sent. `hint`: what the user can
    do now, '' if nothing is known. `exhausted`: it has been retried for as long as that made sense.
    """

    def __init__(
        self, message: str, *, ambiguous: bool = True, hint: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message)
        self.ambiguous = ambiguous
        self.unsent = False
        self.hint = hint
        self.request_id = request_id
        self.exhausted = False


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


class BadRequest(ApiError):
    """400"""


class Unauthorized(ApiError):
    """401"""


class Denied(ApiError, Unavailable):
    """A call that these credentials may not make, or that this cloud does not publish."""


class Forbidden(Denied):
    """403"""


class NotFound(Denied):
    """404"""


class Conflict(ApiError):
    """409"""


class Throttled(ApiError):
    """429"""


class ServerError(ApiError, Unanswered):
    """5xx"""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: Throttled,
}


# Answers that prove by their status alone that the API did not come to execute the request: it
# does not know who asks, the proxy does not, or too much was asked.
_NEVER_EXECUTED = frozenset((401, 407, 429))
# 4xx that tell of the connection: whoever sends them may have passed the request on before.
_OF_THE_CONNECTION = frozenset((408, 425, 499))


def may_have_been_executed(error: CloudError) -> bool:
    """Whether a request that failed with ``error`` may have been executed.

    The only place that decides it. After its first byte was sent a request counts as executed
    unless the answer proves otherwise.
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


class _Told(NamedTuple):
    code: str
    message: str


def parse(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    method: str,
    path: str,
    *,
    censor: Callable[[str], str] = str,
) -> ApiError:
    """The error behind an answer with ``status`` >= 400, whatever shape its body has.

    ``censor`` sees the cloud's words before they are cut: of a secret that was cut it may not
    recognise enough.

    The services do not agree on one: {"error": {code, message}} (IMS, EVS, ECS),
    {error_code, error_msg} (API gateway, CBR, IAM), {errorCode, errorMsg}, {code, message},
    {"itemNotFound": {code, message}} (Cinder, Nova), Keystone's {"error": {code: 401, title}}, HTML
    of proxies, plain text, nothing.
    """
    data = _json_object(body)
    told = _told_by(data) if data is not None else None
    recognised = told is not None
    if told is None:
        # Web servers put the status into the title of their pages.
        told = _Told("", re.sub(rf"^{status}\b\s*", "", _as_text(body, censor)))
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    error = kind(
        http_status=status,
        code=shortened(censor(told.code[:_READ]), LONGEST_CODE),
        message=shortened(censor(told.message[:_READ]), LONGEST_MESSAGE),
        request_id=shortened(censor(_request_id(headers, data)), LONGEST_CODE),
        method=method,
        path=path,
        retry_after=_retry_after(headers),
    )
    error.recognised = recognised
    # The gateway says so with a code of its own, web servers with a page.
    error.unpublished = status == 404 and (told.code.startswith("APIGW.") or data is None)
    return error


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        data = json_value(body.decode("utf-8", "replace").encode())
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


# The member names in use, at one level of the body.
_CODES = ("error_code", "errorCode", "err_code", "errCode", "code")
_MESSAGES = ("error_msg", "errorMsg", "errorMessage", "message", "msg", "title")


def _told_by(data: dict[str, Any]) -> _Told | None:
    """Code and message at the top, else in the first member that has some."""
    levels = [data]
    for level in levels:
        code, message = first_text(level, *_CODES), first_text(level, *_MESSAGES)
        if code or message:
            return _in_order(code, message)
        levels.extend(value for value in level.values() if isinstance(value, dict))
        levels.extend(one for value in level.values() for one in objects(value))
    return None


_LOOKS_LIKE_CODE = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)?\.\d{2,}$")


def _in_order(code: str, message: str) -> _Told:
    """Some answers (a sample of the ECS API reference among them) have the two swapped."""
    if _LOOKS_LIKE_CODE.match(message) and not _LOOKS_LIKE_CODE.match(code):
        return _Told(message, code)
    return _Told(code, message)


def _as_text(body: bytes, censor: Callable[[str], str]) -> str:
    """An HTML page or plain text in a few words."""
    text = censor(body[:_READ].decode("utf-8", "replace"))[: 20 * LONGEST_MESSAGE]
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    if title:
        text = title.group(1)
    elif re.match(r"\s*<", text):
        text = re.sub(r"<(script|style)\b.*?</\1\s*>", " ", text, flags=re.IGNORECASE | re.DOTALL)
        text = re.sub(r"<[^>]*>", " ", text)
    return " ".join(text.split())


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value whatever the case of its name, '' if it is not there."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def request_id(headers: Mapping[str, str]) -> str:
    """What the cloud's support asks for; IAM calls it a trace id."""
    return header(headers, "X-Request-Id") or header(headers, "X-IAM-Trace-Id")


def _request_id(headers: Mapping[str, str], data: dict[str, Any] | None) -> str:
    found = request_id(headers)
    if not found and data is not None:
        places = (data, mapping(data.get("error")))
        ids = (first_text(place, "request_id", "requestId") for place in places)
        found = next(filter(None, ids), "")
    return found


def date_of(headers: Mapping[str, str]) -> float | None:
    """Return the Date header in seconds since 1970."""
    return parse_http_time(header(headers, "Date"))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return seconds, given as such or as a date, which is compared with the Date of the answer."""
    text = header(headers, "Retry-After").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
        return float(text)
    until, now = parse_http_time(text), date_of(headers)
    return max(0.0, until - now) if until is not None and now is not None else None
