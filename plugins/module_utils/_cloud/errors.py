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

# Refusals that prove that nothing was executed, and that pass: too many tasks of the tenant
# (IMG.0060, IMG.0149), a running task of the server (IMG.0010), a running backup of the server
# (IMG.0136), another operation on the disk (EVS.2409).
BUSY_CODES = frozenset(("IMG.0060", "IMG.0149", "IMG.0010", "IMG.0136", "EVS.2409"))

# The most characters of the cloud's own words in a message.
LONGEST_MESSAGE, LONGEST_CODE = 500, 100
# The most bytes that are masked before: masks are shorter than secrets.
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


class _Words(NamedTuple):
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
    """Return the error of an answer with `status` >= 400, whatever the shape of its body.

    `censor` masks secrets before the cloud's words are cut; it might not recognize a secret that
    was cut.

    The services differ: {"error": {code, message}} (IMS, EVS, ECS), {error_code, error_msg} (API
    gateway, CBR, IAM), {errorCode, errorMsg}, {code, message}, {"itemNotFound": {code, message}}
    (Cinder, Nova), Keystone's {"error": {code: 401, title}}, HTML of proxies, plain text, nothing.
    """
    data = _json_object(body)
    words = _find_words(data) if data is not None else None
    recognised = words is not None
    if words is None:
        # Web servers put the status into the title of their pages.
        words = _Words("", re.sub(rf"^{status}\b\s*", "", _as_text(body, censor)))
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    error = kind(
        http_status=status,
        code=shortened(censor(words.code[:_READ]), LONGEST_CODE),
        message=shortened(censor(words.message[:_READ]), LONGEST_MESSAGE),
        request_id=shortened(censor(_request_id(headers, data)), LONGEST_CODE),
        method=method,
        path=path,
        retry_after=_retry_after(headers),
    )
    error.recognised = recognised
    # The gateway has a code for it, web servers send a page.
    error.unpublished = status == 404 and (words.code.startswith("APIGW.") or data is None)
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


def _find_words(data: dict[str, Any]) -> _Words | None:
    """Return code and message from the top level, else from the first member that has some."""
    levels = [data]
    for level in levels:
        code, message = first_text(level, *_CODES), first_text(level, *_MESSAGES)
        if code or message:
            return _in_order(code, message)
        levels.extend(value for value in level.values() if isinstance(value, dict))
        levels.extend(one for value in level.values() for one in objects(value))
    return None


_LOOKS_LIKE_CODE = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)?\.\d{2,}$")


def _in_order(code: str, message: str) -> _Words:
    """Return code and message, swapped back where needed: some answers (also a sample in the ECS
    API reference) have them the wrong way round."""
    if _LOOKS_LIKE_CODE.match(message) and not _LOOKS_LIKE_CODE.match(code):
        return _Words(message, code)
    return _Words(code, message)


def _as_text(body: bytes, censor: Callable[[str], str]) -> str:
    """Return an HTML page or plain text in a few words."""
    text = censor(body[:_READ].decode("utf-8", "replace"))[: 20 * LONGEST_MESSAGE]
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    if title:
        text = title.group(1)
    elif re.match(r"\s*<", text):
        text = re.sub(r"<(script|style)\b.*?</\1\s*>", " ", text, flags=re.IGNORECASE | re.DOTALL)
        text = re.sub(r"<[^>]*>", " ", text)
    return " ".join(text.split())


def header(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a header, whatever the case of its name; '' if it is missing."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def request_id(headers: Mapping[str, str]) -> str:
    """Return the id that the cloud's support asks for; IAM calls it a trace id."""
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
