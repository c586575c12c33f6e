# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read refusals: answers with a status of 400 or more, in the shapes of all services."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from . import errors
from .decode import first_text, json_value, mapping, objects, parse_http_time
from .visible import shortened

# The most characters of the cloud's own words in a message.
LONGEST_MESSAGE, LONGEST_CODE = 500, 100
# The most bytes that are masked before: masks are shorter than secrets.
_READ = 1 << 18


_BY_STATUS = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    429: errors.Throttled,
}
# Code and message.
_Words = tuple[str, str]


def parse(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    method: str,
    path: str,
    *,
    censor: Callable[[str], str] = str,
) -> errors.ApiError:
    """Return the error of an answer with `status` >= 400, whatever the shape of its body.

    `censor` masks secrets before the cloud's words are cut; it might not recognize a secret that
    was cut.

    The services differ: {"error": {code, message}} (IMS, EVS, ECS), {error_code, error_msg} (API
    gateway, CBR, IAM), {errorCode, errorMsg}, {code, message}, {"itemNotFound": {code, message}}
    (Cinder, Nova), Keystone's {"error": {code: 401, title}}, HTML of proxies, plain text, nothing.
    """
    data = _json_object(body)
    words = _find_words(data) if data is not None else None
    # Web servers put the status into the title of their pages.
    code, message = words or ("", re.sub(rf"^{status}\b\s*", "", _as_text(body, censor)))
    kind = _BY_STATUS.get(status, errors.ServerError if status >= 500 else errors.ApiError)
    error = kind(
        http_status=status,
        code=shortened(censor(code[:_READ]), LONGEST_CODE),
        message=shortened(censor(message[:_READ]), LONGEST_MESSAGE),
        request_id=shortened(censor(_request_id(headers, data)), LONGEST_CODE),
        method=method,
        path=path,
        retry_after=_retry_after(headers),
    )
    error.recognised = words is not None
    # The gateway has a code for it, web servers send a page.
    error.unpublished = status == 404 and (code.startswith("APIGW.") or data is None)
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
    swapped = _LOOKS_LIKE_CODE.match(message) and not _LOOKS_LIKE_CODE.match(code)
    return (message, code) if swapped else (code, message)


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


def _request_id(headers: Mapping[str, str], data: dict[str, Any] | None) -> str:
    found = errors.request_id(headers)
    if not found and data is not None:
        places = (data, mapping(data.get("error")))
        ids = (first_text(place, "request_id", "requestId") for place in places)
        found = next(filter(None, ids), "")
    return found


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return seconds, given as such or as a date, which is compared with the Date of the answer."""
    text = errors.header(headers, "Retry-After").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
        return float(text)
    until, now = parse_http_time(text), errors.date_of(headers)
    return max(0.0, until - now) if until is not None and now is not None else None
