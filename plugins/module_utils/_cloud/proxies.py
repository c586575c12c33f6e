# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the proxy for a URL from the variables of a task's environment.

requests does this for the environment of the process only.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from . import errors

METADATA_HOST = "169.254.169.254"
_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


def is_loopback(host: str) -> bool:
    """Return whether `host`, without port and brackets, is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def for_url(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return proxies in the form that requests takes; none for this machine and the metadata
    service."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    if is_loopback(host) or host == METADATA_HOST or _excluded(host, port, environ):
        return {}
    proxy = _variable(environ, parts.scheme + "_proxy") or _variable(environ, "all_proxy")
    if not proxy:
        return {}
    return {parts.scheme: _with_scheme(proxy)}


def check_proxies(environ: Mapping[str, str]) -> None:
    """Raise ConfigurationError for a proxy that is not an address, without quoting it: where its
    password ends is not known then."""
    for name in _VARIABLES:
        proxy = _variable(environ, name)
        if not proxy:
            continue
        variable = name if environ.get(name) else name.upper()
        if "@" in "".join(re.split("[/?#]", _without_scheme(proxy), maxsplit=1)[1:]):
            raise errors.ConfigurationError(
                f"{variable}: there is a '#', '/' or '?' before the '@'. In a user or a password"
                " write %23, %2F or %3F instead."
            )
        if not _is_address(proxy):
            raise errors.ConfigurationError(
                f"{variable} is not an address like http://user:password@proxy.example.com:3128."
            )


def _is_address(proxy: str) -> bool:
    try:
        parts = urlsplit(_with_scheme(proxy))
        return bool(parts.hostname) and (parts.port or 0) >= 0  # port raises, too
    except ValueError:
        return False


def passwords(environ: Mapping[str, str]) -> list[str]:
    """Return the passwords in proxy addresses, as written there and as sent."""
    written = [_password(_variable(environ, name)) for name in _VARIABLES]
    return list(dict.fromkeys(one for word in written if word for one in (word, unquote(word))))


def _password(proxy: str) -> str:
    """Return everything between the user and the last '@', escaped or not."""
    login, at, _host = _without_scheme(proxy).rpartition("@")
    return login.partition(":")[2] if at else ""


def _without_scheme(proxy: str) -> str:
    return proxy.partition("://")[2] if "://" in proxy else proxy


def _with_scheme(proxy: str) -> str:
    return proxy if "://" in proxy else "http://" + proxy


def _variable(environ: Mapping[str, str], name: str) -> str:
    """Return a variable; lower case wins over upper case."""
    return (environ.get(name) or environ.get(name.upper()) or "").strip()


def _excluded(host: str, port: int, environ: Mapping[str, str]) -> bool:
    rules = _variable(environ, "no_proxy").replace(",", " ").split()
    return any(_matches(rule.lower(), host.lower(), port) for rule in rules)


def _matches(rule: str, host: str, port: int) -> bool:
    """Return whether a rule covers a host: '*', a network (10.0.0.0/8), an address, or a domain
    with its subdomains; optionally with a port."""
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
