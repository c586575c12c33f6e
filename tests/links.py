# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses elsewhere our texts and pages may name. A person has opened each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

# Places to read, by host and the beginning of the path.
REVIEWED = (
    "ansible.readthedocs.io/projects/",
    "docs.ansible.com/ansible/",
    "forum.ansible.com/c/",
    "github.com/ansible-collections/ansible-inclusion",
    "semver.org/",
    "www.gnu.org/licenses/",
)
# Domains of the clouds, whose services have their addresses there.
CLOUDS = (
    "myhuaweicloud.com",
    "myhuaweicloud.eu",
    "otc.t-systems.com",
    "prod-cloud-ocb.orange-business.com",
)
_NAMED = re.compile(r"https?://[^\s\"'`)>\]|\\,;]+")
# Names that are reserved for examples (RFC 2606), and this machine.
_EXAMPLE = re.compile(r"(?:.+\.)?example(?:\.com|\.org|\.net)?|localhost|127\.0\.0\.1")
# What a reader has to fill in, and addresses by number.
_PLACEHOLDER = re.compile(r"[<{}$…[]")


def named(text: str) -> Iterator[str]:
    """The addresses in a text."""
    for found in _NAMED.findall(text):
        yield found.rstrip(".:*_")


def is_known(address: str, ours: tuple[str, ...] = ()) -> bool:
    """May a text name this address? ours: those that galaxy.yml names."""
    if address.startswith(ours):
        return True
    if _PLACEHOLDER.search(address):
        return True
    parts = urlsplit(address)
    host = parts.hostname or ""
    if _EXAMPLE.fullmatch(host) or host.endswith(tuple(f".{cloud}" for cloud in CLOUDS)):
        return True
    return f"{host}{parts.path or '/'}".startswith(REVIEWED)
