# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proxy leads to a URL, by the variables of a given environment.

requests can do this for the environment of the process only; ours is the one of a task.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

METADATA_HOST = "169.254.169.254"
_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


def is_loopback(host: str) -> bool:
    """``host`` without port and brackets."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def for_url(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Proxies in the form that requests wants; none for this machine and for metadata."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    if is_loopback(host) or host == METADATA_HOST or _excluded(host, port, environ):
        return {}
    proxy = _variable(environ, parts.scheme + "_proxy") or _variable(environ, "all_proxy")
    if not proxy:
        return {}
    return {parts.scheme: proxy if "://" in proxy else "http://" + proxy}


def passwords(environ: Mapping[str, str]) -> list[str]:
    """The passwords that proxy addresses carry, as written there and as sent."""
    written = [_password(_variable(environ, name)) for name in _VARIABLES]
    return list(dict.fromkeys(one for word in written if word for one in (word, unquote(word))))


def _password(proxy: str) -> str | None:
    try:
        return urlsplit(proxy if "://" in proxy else "http://" + proxy).password
    except ValueError:  # no address; whoever asks by way of it will say so
        return None


def _variable(environ: Mapping[str, str], name: str) -> str:
    """Lower case wins over upper case, as everywhere."""
    return (environ.get(name) or environ.get(name.upper()) or "").strip()


def _excluded(host: str, port: int, environ: Mapping[str, str]) -> bool:
    rules = _variable(environ, "no_proxy").replace(",", " ").split()
    return any(_matches(rule.lower(), host.lower(), port) for rule in rules)


def _matches(rule: str, host: str, port: int) -> bool:
    """'*', a network (10.0.0.0/8), an address, or a domain with all under it; maybe with a port."""
    if rule == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        pass
    name, colon, wanted_port = rule.rpartition(":")
    if colon and wanted_port.isdigit() and "]" not in wanted_port:
        if int(wanted_port) != port:
            return False
        rule = name
    domain = rule.strip("[]").lstrip("*").lstrip(".")
    return bool(domain) and (host == domain or host.endswith("." + domain))
