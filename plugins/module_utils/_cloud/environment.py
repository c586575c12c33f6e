# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read credentials from the environment: three families of variables, never mixed.

Sources of the names: the vendor's SDK (credentials/provider), terraform-provider-huaweicloud
(huaweicloud/provider.go), openstacksdk (config/loader.py), gophertelekomcloud (openstack/loader.go,
auth_env.go) and terraform-provider-opentelekomcloud (docs/index.md).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from .auth_methods import CredentialSource, Password, Token, Unsupported, with_domains
from .setting_values import clean_settings
from .signing import Keys

Json = dict[str, Any]

# Selects the source of the credentials, by default the first that has some.
CREDENTIALS_FROM = "HUAWEICLOUD_IMS_CREDENTIALS_FROM"


class VariableFamily(NamedTuple):
    """Variables that belong together: our option, then its spellings, of which the first that is
    set counts.

    `unsupported`: variables that authenticate in another way, with the reason and what they change.
    `project_is_callers`: see `CredentialSource`.
    """

    prefix: str
    names: Mapping[str, tuple[str, ...]]
    unsupported: tuple[Unsupported, ...] = ()
    project_is_callers: bool = False

    @property
    def title(self) -> str:
        return f"environment {self.prefix}*"

    def source(self, environ: Mapping[str, str]) -> CredentialSource:
        """Return what is set. Raises CredentialsError for a secret that cannot be one."""

        def spelling(option: str) -> str:
            return self.variable(option, environ)

        given = {name: environ.get(spelling(name), "") for name in self.names}
        settings, notes = clean_settings(given, spelling)
        return CredentialSource(
            title=self.title,
            settings=with_domains(settings),
            spelling=spelling,
            unsupported=tuple(one for one in self.unsupported if environ.get(one.name)),
            notes=notes,
            project_is_callers=self.project_is_callers,
        )

    def variable(self, option: str, environ: Mapping[str, str]) -> str:
        """Return the variable that gives `option`, or would."""
        spellings = [self.prefix + name for name in self.names.get(option, (option.upper(),))]
        return next((name for name in spellings if environ.get(name)), spellings[0])

    @property
    def options(self) -> dict[str, str]:
        """All variables that are read, each with its option."""
        return {
            self.prefix + name: option for option, names in self.names.items() for name in names
        }


_OIDC = "logging in by OpenID Connect has to be done by another tool; use the keys that it fetched"

# The vendor's SDK. It prefers OpenID Connect to keys, and keys to a file.
SDK = VariableFamily(
    "HUAWEICLOUD_SDK_",
    {
        "access_key": ("AK",),
        "secret_key": ("SK",),
        "security_token": ("SECURITY_TOKEN",),
        "project_id": ("PROJECT_ID",),
        "auth_url": ("IAM_ENDPOINT",),
    },
    (
        Unsupported("HUAWEICLOUD_SDK_IDP_ID", _OIDC, (Keys,)),
        Unsupported("HUAWEICLOUD_SDK_ID_TOKEN_FILE", _OIDC, (Keys,)),
        Unsupported(
            "HUAWEICLOUD_SDK_CREDENTIALS_FILE",
            "credentials files of the SDK are not read; set HUAWEICLOUD_SDK_AK and _SK",
        ),
    ),
)

_KOOCLI = "the configuration file of KooCLI is not read; set HW_ACCESS_KEY and HW_SECRET_KEY"

# The vendor's Terraform provider; HW_CLOUD is the domain of the cloud.
HW = VariableFamily(
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
        "enterprise_project_id": ("ENTERPRISE_PROJECT_ID",),
        "auth_url": ("AUTH_URL",),
        "cloud_domain": ("CLOUD",),
        "insecure": ("INSECURE",),
    },
    (
        Unsupported("HW_SHARED_CONFIG_FILE", _KOOCLI),
        Unsupported("HW_PROFILE", _KOOCLI),
        Unsupported("HW_ASSUME_ROLE_IDP_ID", _OIDC, (Keys, Password, Token)),
        Unsupported("HW_ASSUME_ROLE_ID_TOKEN", _OIDC, (Keys, Password, Token)),
        Unsupported("HW_ASSUME_ROLE_ID_TOKEN_FILE", _OIDC, (Keys, Password, Token)),
    ),
)

_APPLICATION = "application credentials are unknown to these clouds; use an access key"

# OpenStack, with what the tools of OTC have added: access keys and agencies.
OS = VariableFamily(
    "OS_",
    {
        "access_key": ("ACCESS_KEY", "ACCESS_KEY_ID", "AK"),
        "secret_key": ("SECRET_KEY", "ACCESS_KEY_SECRET", "SK"),
        "security_token": ("SECURITY_TOKEN", "AKSK_SECURITY_TOKEN", "ST"),
        "username": ("USERNAME",),
        "user_id": ("USER_ID", "USERID"),
        "password": ("PASSWORD",),
        "domain_name": ("USER_DOMAIN_NAME",),
        "domain_id": ("USER_DOMAIN_ID",),
        "any_domain_name": ("DOMAIN_NAME",),
        "any_domain_id": ("DOMAIN_ID",),
        "auth_token": ("AUTH_TOKEN", "TOKEN", "TOKEN_ID"),
        "auth_type": ("AUTH_TYPE", "AUTH_PLUGIN"),
        "agency_name": ("AGENCY_NAME", "TARGET_AGENCY_NAME"),
        "agency_domain_name": ("AGENCY_DOMAIN_NAME", "TARGET_DOMAIN_NAME"),
        "agency_domain_id": ("AGENCY_DOMAIN_ID", "TARGET_DOMAIN_ID"),
        "agency_project_name": ("DELEGATED_PROJECT", "TARGET_PROJECT_NAME"),
        "cloud": ("CLOUD",),
        "region": ("REGION_NAME", "REGION", "REGION_ID"),
        "project_id": ("PROJECT_ID", "TENANT_ID"),
        "project_name": ("PROJECT_NAME", "TENANT_NAME"),
        "project_domain_name": ("PROJECT_DOMAIN_NAME",),
        "project_domain_id": ("PROJECT_DOMAIN_ID",),
        "auth_url": ("AUTH_URL",),
        "ca_cert": ("CACERT", "CA_CERT", "CA_CERT_FILE"),
        "client_cert": ("CERT", "CLIENT_CERT", "CLIENT_CERT_FILE"),
        "client_key": ("KEY", "CLIENT_KEY", "CLIENT_KEY_FILE"),
        "insecure": ("INSECURE",),
    },
    (
        Unsupported(
            "OS_PASSCODE",
            "a passcode is good for one token only; use an access key, or fetch a token with it",
            (Password,),
        ),
        Unsupported("OS_APPLICATION_CREDENTIAL_ID", _APPLICATION),
        Unsupported("OS_APPLICATION_CREDENTIAL_NAME", _APPLICATION),
        Unsupported("OS_APPLICATION_CREDENTIAL_SECRET", _APPLICATION),
        Unsupported(
            "OS_TRUST_ID", "trusts are unknown to these clouds; use an agency", (Password, Token)
        ),
        Unsupported("OS_SYSTEM_SCOPE", "images belong to a project", (Password, Token)),
    ),
    project_is_callers=True,
)

FAMILIES = (SDK, HW, OS)


def path(text: str, environ: Mapping[str, str]) -> str:
    """Return what os.path.expanduser returns, with the home of `environ`."""
    beginning, slash, rest = text.partition("/")
    if beginning == "~" and environ.get("HOME"):
        return environ["HOME"].rstrip("/") + slash + rest
    return os.path.expanduser(text)


def remedy_in_awx(environ: Mapping[str, str]) -> str:
    """Return what to do in a job of AWX without a credential of our type, elsewhere ''.

    Every job has AWX_PRIVATE_DATA_DIR (build_env in awx/main/tasks/jobs.py of ansible/awx), and a
    credential sets all variables of its type, if only to '' (playbooks/awx/credential_type.yml).
    """
    if "AWX_PRIVATE_DATA_DIR" not in environ or "HW_ACCESS_KEY" in environ:
        return ""
    return (
        'add a credential of the type "Huawei Cloud IMS" to the job template in AWX, or choose one'
        " at launch"
    )


def region(environ: Mapping[str, str]) -> str:
    """Return the region of the first family that has one: it says where, not who."""
    found = (environ.get(family.variable("region", environ)) for family in FAMILIES)
    return next((value.strip() for value in found if value and value.strip()), "")
