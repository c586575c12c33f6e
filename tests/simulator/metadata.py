# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance metadata service: temporary keys of the agency of a server, v1 and hardened v2."""

from __future__ import annotations

from .api import Call, Reply, Routes
from .errors import Refusal
from .iam import temporary_key

ROUTES = Routes("metadata")
_KEY_SECONDS = 86400.0


def _text(status: int, message: str) -> Refusal:
    return Refusal(status, str(status), message, shape="text")


def _mode(call: Call) -> str:
    mode: str = call.cloud.switches["metadata"]
    if mode == "off":
        raise _text(404, "404 page not found")
    return mode


@ROUTES.on("PUT", "/meta-data/latest/api/token", action="metadata:token", scope="open")
def create_token(call: Call) -> Reply:
    if _mode(call) == "v1":
        raise _text(call.cloud.switches["metadata_token"], "there are no tokens here")
    if "x-forwarded-for" in call.headers:
        raise _text(403, "forwarded requests are refused")
    seconds = call.headers.get("x-metadata-token-ttl-seconds") or ""
    if not seconds.isdigit() or not 60 <= int(seconds) <= 21600:
        raise _text(400, "X-Metadata-Token-Ttl-Seconds must be from 60 to 21600")
    world = call.cloud.world
    token = f"METASIM{world.new_hex()}"
    world.metadata_tokens[token] = call.cloud.clock.now() + int(seconds)
    return Reply(200, token)


@ROUTES.on("GET", "/openstack/latest/securitykey", action="metadata:securitykey", scope="open")
def show_key(call: Call) -> Reply:
    mode = _mode(call)
    token = call.headers.get("x-metadata-token")
    world, now = call.cloud.world, call.now
    valid = token is not None and world.metadata_tokens.get(token, 0) > now
    if not valid and (token is not None or mode == "v2-only"):
        raise _text(401, "a valid metadata token is needed")
    main = next(user for user in world.users.values() if user.label == "main")
    return Reply(200, {"credential": temporary_key(call, main, None, _KEY_SECONDS)})
