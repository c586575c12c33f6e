# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operating systems that the image service knows (IMS API, 'Values of Related Parameters')."""

from __future__ import annotations

import functools

# platform: (os type, versions, tags besides x86)
OS_VERSIONS: dict[str, tuple[str, tuple[str, ...], frozenset[str]]] = {
    "CentOS": (
        "Linux",
        ("CentOS 7.0 64bit", "CentOS 7.6 64bit", "CentOS 8.0 64bit"),
        frozenset({"bms", "uefi", "arm"}),
    ),
    "Ubuntu": (
        "Linux",
        ("Ubuntu 18.04.2 server 64bit", "Ubuntu 20.04 server 64bit"),
        frozenset({"bms", "uefi", "arm"}),
    ),
    "Debian": ("Linux", ("Debian GNU/Linux 10.0.0 64bit",), frozenset({"uefi", "arm"})),
    "RedHat": ("Linux", ("Redhat Linux Enterprise 8.0 64bit",), frozenset({"bms", "uefi"})),
    "SUSE": ("Linux", ("SUSE Linux Enterprise Server 15 SP1 64bit",), frozenset({"bms", "uefi"})),
    "OracleLinux": ("Linux", ("Oracle Linux Server release 7.6 64bit",), frozenset({"bms"})),
    "OpenSUSE": ("Linux", ("openSUSE 15.0 64bit",), frozenset({"uefi", "arm"})),
    "Fedora": ("Linux", ("Fedora 30 64bit",), frozenset({"uefi"})),
    "EulerOS": ("Linux", ("EulerOS 2.9 64bit",), frozenset({"bms", "uefi", "arm"})),
    "openEuler": ("Linux", ("openEuler 20.03 64bit",), frozenset({"uefi", "arm"})),
    "NeoKylin": ("Linux", ("NeoKylin 7.4 64bit",), frozenset({"uefi", "arm"})),
    "CoreOS": ("Linux", ("CoreOS 1068.10.0",), frozenset()),
    "Windows": (
        "Windows",
        ("Windows Server 2019 Standard 64bit", "Windows 10 64bit"),
        frozenset({"bms", "uefi"}),
    ),
    "Other": ("Linux", ("Other(32 bit)", "Other Linux(64 bit)"), frozenset({"arm"})),
}
OS_TYPE_OF: dict[str, str] = {
    version: os_type for os_type, versions, _tags in OS_VERSIONS.values() for version in versions
}


@functools.cache
def platform_of(version: str) -> str:
    """The platform that lists `version`."""
    return next(name for name, row in OS_VERSIONS.items() if version in row[1])


def bits(version: str) -> int:
    """Word size of an operating system, as the image service lists it."""
    return 32 if "32 bit" in version or "32bit" in version else 64
