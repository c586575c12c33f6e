# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of the cloud, and the many shapes in which its services dress them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any


class Refusal(Exception):
    """A call is answered with an error; `shape` None means the service's usual one, `text` is
    the whole body."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        shape: str | None = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.shape = shape
        self.text = text
        self.headers = dict(headers or {})


def img(number: str, message: str, status: int = 400) -> Refusal:
    """An error of the image service; its codes come with HTTP 400 (IMS API, 'Error Codes')."""
    return Refusal(status, f"IMG.{number}", message)


NOVA_KEYS = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    409: "conflictingRequest",
    413: "overLimit",
    429: "overLimit",
}
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

Shaper = Callable[[int, str, str, str], Any]


def _html(status: int, _code: str, message: str, _request_id: str) -> str:
    title = f"{status} {TITLES.get(status, 'Error')}"
    return (
        f"<html>\n <head><title>{title}</title></head>\n"
        f" <body><h1>{title}</h1>{message}</body>\n</html>\n"
    )


SHAPES: dict[str, Shaper] = {
    "error": lambda s, c, m, r: {"error": {"code": c, "message": m}},
    "swapped": lambda s, c, m, r: {"error": {"code": m, "message": c}},
    "gateway": lambda s, c, m, r: {"error_msg": m, "error_code": c, "request_id": r},
    "cbr": lambda s, c, m, r: {"error_code": c, "error_msg": m},
    "flat": lambda s, c, m, r: {"code": c, "message": m},
    "camel": lambda s, c, m, r: {"errorCode": c, "errorMsg": m},
    "nova": lambda s, c, m, r: {NOVA_KEYS.get(s, "computeFault"): {"code": s, "message": m}},
    "keystone": lambda s, c, m, r: {
        "error": {"code": s, "message": m, "title": TITLES.get(s, "Error")}
    },
    "encoded": lambda s, c, m, r: {
        "error_code": c,
        "error_msg": m,
        "request_id": r,
        "encoded_authorization_message": "c2ltdWxhdGVk",
    },
    "html": _html,
    "text": lambda s, c, m, r: m,
    "empty": lambda s, c, m, r: "",
}
SERVICE_SHAPES = {"ims": "error", "evs": "error", "ecs": "error", "csbs": "error", "cbr": "cbr"}


def body_of(refusal: Refusal, service: str, request_id: str) -> tuple[str, str]:
    """The body of a refusal and its content type, as `service` words it."""
    if refusal.text is not None:
        return refusal.text, "application/json"
    shape = refusal.shape or SERVICE_SHAPES.get(service, "gateway")
    body = SHAPES[shape](refusal.status, refusal.code, refusal.message, request_id)
    if isinstance(body, str):
        return body, "text/html; charset=UTF-8" if shape == "html" else "text/plain"
    return json.dumps(body, ensure_ascii=False), "application/json"
