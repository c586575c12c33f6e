# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials in the environment: three families of variables, never mixed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_OFF = ("", "0", "false", "no", "off", "n", "f")


@dataclass(frozen=True)
class Family:
    """Variables that belong together: our option, then its spellings; the first that is set counts.

    ``insecure`` names the variable that turns certificate checks off.
    """

    prefix: str
    names: Mapping[str, tuple[str, ...]]
    insecure: str = ""

    def values(self, environ: Mapping[str, str]) -> Json:
        """What is set, in the names of our options."""
        found: Json = {}
        for option in self.names:
            variable = self.variable(option, environ)
            if environ.get(variable):
                found[option] = environ[variable]
        if environ.get(self.insecure):
            found["validate_certs"] = environ[self.insecure].strip().lower() in _OFF
        return found

    def variable(self, option: str, environ: Mapping[str, str]) -> str:
        """The variable that gives ``option``, or would."""
        spellings = [self.prefix + name for name in self.names.get(option, (option.upper(),))]
        return next((name for name in spellings if environ.get(name)), spellings[0])


# The vendor's SDK.
SDK = Family(
    "HUAWEICLOUD_SDK_",
    {
        "access_key": ("AK",),
        "secret_key": ("SK",),
        "security_token": ("SECURITY_TOKEN",),
        "project_id": ("PROJECT_ID",),
        "auth_url": ("IAM_ENDPOINT",),
    },
)

# The vendor's Terraform provider; HW_CLOUD is the domain of the cloud.
HW = Family(
    "HW_",
    {
        "access_key": ("ACCESS_KEY",),
        "secret_key": ("SECRET_KEY",),
        "security_token": ("SECURITY_TOKEN",),
        "username": ("USER_NAME",),
        "user_id": ("USER_ID",),
        "password": ("USER_PASSWORD",),
        "domain_name": ("DOMAIN_NAME",),
        "domain_id": ("DOMAIN_ID",),
        "auth_token": ("AUTH_TOKEN",),
        "agency_name": ("ASSUME_ROLE_AGENCY_NAME",),
        "agency_domain_name": ("ASSUME_ROLE_DOMAIN_NAME",),
        "agency_domain_id": ("ASSUME_ROLE_DOMAIN_ID",),
        "region": ("REGION_NAME",),
        "project_id": ("PROJECT_ID",),
        "project_name": ("PROJECT_NAME",),
        "auth_url": ("AUTH_URL",),
        "cloud_domain": ("CLOUD",),
    },
    insecure="HW_INSECURE",
)

# OpenStack, with the spellings for keys that the OTC tools have added.
OS = Family(
    "OS_",
    {
        "access_key": ("ACCESS_KEY", "ACCESS_KEY_ID", "AK"),
        "secret_key": ("SECRET_KEY", "SK"),
        "security_token": ("SECURITY_TOKEN",),
        "username": ("USERNAME",),
        "user_id": ("USER_ID",),
        "password": ("PASSWORD",),
        "domain_name": ("USER_DOMAIN_NAME", "DOMAIN_NAME"),
        "domain_id": ("USER_DOMAIN_ID", "DOMAIN_ID"),
        "auth_token": ("AUTH_TOKEN", "TOKEN"),
        "cloud": ("CLOUD",),
        "region": ("REGION_NAME",),
        "project_id": ("PROJECT_ID", "TENANT_ID"),
        "project_name": ("PROJECT_NAME", "TENANT_NAME"),
        "auth_url": ("AUTH_URL",),
        "ca_cert": ("CACERT",),
        "client_cert": ("CERT",),
        "client_key": ("KEY",),
    },
    insecure="OS_INSECURE",
)

FAMILIES = (SDK, HW, OS)


def path(text: str, environ: Mapping[str, str]) -> str:
    """``text`` as os.path.expanduser gives it, with the home of a given environment."""
    beginning, slash, rest = text.partition("/")
    if beginning == "~" and environ.get("HOME"):
        return environ["HOME"].rstrip("/") + slash + rest
    return os.path.expanduser(text)


def region(environ: Mapping[str, str]) -> str:
    """The region, from whatever family has one: it says where, not who."""
    found = (family.values(environ).get("region") for family in FAMILIES)
    return next((value for value in found if value), "")
