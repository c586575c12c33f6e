# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn credentials and options into a connection: where requests go, and how."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import endpoints, environment, errors, proxies
from .auth_methods import Domain, Password, Spelling
from .credentials import SelectedCredentials
from .endpoints import Endpoints
from .setting_values import boolean, clean_settings
from .transport import Tls

Json = dict[str, Any]

HTTP_TIMEOUT = 60.0

# Settings that belong to the region of a source and are wrong in another region.
_PROJECT = ("project_id", "project_name")
_OF_A_REGION = (*_PROJECT, "endpoints")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_PROJECT_ID = re.compile(r"[0-9a-fA-F]{32}")
# What every part of a path may consist of (RFC 3986, 2.3).
_IN_PATHS = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True)
class Connection:
    """Where requests go, and how; everything but who sends them.

    `project_setting`: the setting that names the project. `project_domain`: the account of the
    project called `project_name`. `enterprise_project_id`: for new images of tasks that name none.
    `http_timeout`: seconds without a byte. `notes`: remarks about how the settings were read;
    `warnings`: those that are always shown.
    """

    endpoints: Endpoints
    region: str
    project_id: str = ""
    project_name: str = ""
    project_setting: str = ""
    project_domain: Domain | None = None
    enterprise_project_id: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tls: Tls = field(default_factory=Tls)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    http_timeout: float = HTTP_TIMEOUT

    def url(self, service: str) -> str:
        """Return the address of `service`. Raises ConfigurationError if it is unknown."""
        return self.endpoints.url(service)

    def known_url(self, service: str) -> str:
        """Return the address of `service`, '' if it is unknown."""
        try:
            return self.url(service)
        except errors.CloudError:
            return ""

    @property
    def wanted_project(self) -> str:
        """The name of the project, by default that of the region. Raises ConfigurationError."""
        name = self.project_name or self.region
        if not name:
            remedy = environment.remedy_in_awx(self.environ)
            remedy = remedy or "set region, project_name or project_id"
            raise errors.ConfigurationError(f"No region: {remedy}.")
        return name

    @property
    def contradiction(self) -> str:
        """A sentence if IAM is in another region than the other services, else ''."""
        other = endpoints.region_of(self.known_url("iam"))
        if not other or not self.region or other == self.region:
            return ""
        return (
            f"IAM is used in the region {other}, the other services in {self.region}, and what one"
            " region issues the other may refuse: set auth_url and region to the same one."
        )


def make_connection(
    options: Mapping[str, Any], environ: Mapping[str, str], selection: SelectedCredentials
) -> Connection:
    """Return the connection that the selected credentials describe, overridden by the options.

    Raises ConfigurationError for what cannot work: a project of another region, an unsafe address,
    a missing file.
    """
    proxies.check_proxies(environ)
    given, _notes = clean_settings(options)
    notes = list(selection.notes)
    settings = _overlaid(selection, given, notes)
    auth_url = str(settings.get("auth_url") or "")
    region = settings.get("region") or endpoints.region_of(auth_url) or environment.region(environ)
    region = str(region or "")
    project_id, project = (str(settings.get(name) or "") for name in _PROJECT)
    option = "project_id" if project_id else "project_name"
    setting = option if option in given else selection.spelling(option)
    warnings = _check_project_id(project_id, setting)
    other = endpoints.other_region(project, region)
    if other:
        named_by = "project_name" if "project_name" in given else selection.spelling("project_name")
        raise errors.ConfigurationError(
            f"The project {project!r} ({named_by}) is of the region {other}, but the region is"
            f" {region}. Set region to {other}, or project_name to a project of {region}."
        )
    addresses = Endpoints(
        region=region,
        explicit=_addresses(settings.get("endpoints")),
        # The profiles of openstacksdk leave the region open.
        auth_url=auth_url.replace("{region_name}", region) if region else auth_url,
        domain=settings.get("cloud_domain") or "",
        environ=environ,
    )
    addresses.check()
    return Connection(
        endpoints=addresses,
        region=region,
        project_id=project_id,
        project_name=project,
        project_setting=setting if project_id or project else "",
        project_domain=_project_domain(settings, selection),
        enterprise_project_id=_enterprise_project(settings, selection),
        notes=tuple(notes),
        warnings=warnings,
        tls=_tls(settings, environ, selection.spelling),
        environ=environ,
        http_timeout=float(settings.get("http_timeout") or HTTP_TIMEOUT),
    )


def _check_project_id(project_id: str, setting: str) -> tuple[str, ...]:
    """Return a warning about an id that is unlike those of projects. Raises ConfigurationError for
    one that cannot be part of a path."""
    if not project_id or _PROJECT_ID.fullmatch(project_id):
        return ()
    if project_id in (".", "..") or not _IN_PATHS.fullmatch(project_id):
        raise errors.ConfigurationError(
            f"{setting}: {project_id[:80]!r} cannot be the id of a project, which has letters,"
            " digits, '-', '_', '.' and '~' only."
        )
    return (
        f"{setting}: {project_id!r} is probably not the id of a project, which has 32 hexadecimal"
        " digits. The name of a project goes into project_name.",
    )


def _overlaid(selection: SelectedCredentials, given: Mapping[str, Any], notes: list[str]) -> Json:
    """Return the settings of the source, without those of another region or project, overridden by
    those of the task."""
    below = dict(selection.settings)
    region = given.get("region")
    # A source without a region contradicts none.
    own = below.get("region") or endpoints.region_of(str(below.get("auth_url") or ""))
    if region and own and region != own:
        left = [name for name in _OF_A_REGION if below.pop(name, None)]
        if left:
            words = " and ".join(selection.spelling(name) for name in left)
            notes.append(f"{words} of {selection.source} ignored: for {own}, not for {region}")
    if given.get("project_id") or given.get("project_name"):
        below.pop("project_id", None)
        below.pop("project_name", None)
    both = {**_addresses(below.get("endpoints")), **_addresses(given.get("endpoints"))}
    return {**below, **given, "endpoints": both}


def _project_domain(settings: Mapping[str, Any], selection: SelectedCredentials) -> Domain | None:
    """Return the account of the project. Keystone requires it beside a project name; OpenStack's
    clients always send it."""
    if selection.agency is not None:
        return selection.agency.domain
    name, number = (str(settings.get(f"project_domain_{kind}") or "") for kind in ("name", "id"))
    if name or number:
        return Domain(name, number)
    return selection.method.domain if isinstance(selection.method, Password) else None


def _enterprise_project(settings: Mapping[str, Any], selection: SelectedCredentials) -> str:
    value = str(settings.get("enterprise_project_id") or "")
    if value not in ("", "0") and not _UUID.match(value):
        raise errors.ConfigurationError(
            f"{selection.spelling('enterprise_project_id')}: {value[:40]!r} is not the id of an"
            " enterprise project (0 or a UUID)."
        )
    return "" if value == "0" else value.lower()


def _addresses(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise errors.ConfigurationError("endpoints: a mapping of services to addresses is needed.")
    return {str(service): str(url).strip() for service, url in value.items() if url}


def _tls(settings: Mapping[str, Any], environ: Mapping[str, str], spelling: Spelling) -> Tls:
    certificate = _file(settings, "client_cert", environ, spelling)
    key = _file(settings, "client_key", environ, spelling)
    if key and not certificate:
        had, lacks = spelling("client_key"), spelling("client_cert")
        raise errors.ConfigurationError(f"{had} was given without {lacks}.")
    # A certificate file may contain its key.
    cert: str | tuple[str, str] | None = (certificate, key) if key else certificate or None
    if not _verified(settings, spelling):
        return Tls(verify=False, cert=cert)
    bundle = _file(settings, "ca_cert", environ, spelling)
    # The variables that requests itself reads.
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        bundle = bundle or _file(environ, variable, environ)
    return Tls(verify=bundle or True, cert=cert)


def _verified(settings: Mapping[str, Any], spelling: Spelling) -> bool:
    if settings.get("validate_certs") is not None:
        return settings["validate_certs"] is not False
    insecure = settings.get("insecure")
    return insecure is None or not boolean(insecure, spelling("insecure"))


def _file(
    values: Mapping[str, Any],
    name: str,
    environ: Mapping[str, str],
    spelling: Spelling = str,
) -> str:
    if not values.get(name):
        return ""
    path = environment.path(str(values[name]), environ)
    if "-----BEGIN" in path:
        # The Terraform provider of OTC accepts that. A private key must not be quoted.
        raise errors.ConfigurationError(
            f"{spelling(name)} holds the text of a file. Write it to a file, and give its path."
        )
    if not os.path.exists(path):
        raise errors.ConfigurationError(f"{name}: there is no file {path}.")
    return path
