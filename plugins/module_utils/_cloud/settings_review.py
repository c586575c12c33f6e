# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name every setting of the environment and of clouds.yaml that says who or where and is
incomplete, not understood or not used.

Whether a setting is used is tried out: without it, and with another value, who and where must
change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from . import auth_methods, clouds_yaml, connection, credentials, environment, errors
from .clouds_yaml import Clouds
from .credentials import SelectedCredentials
from .endpoints import OVERRIDE_NAMES, SERVICES
from .environment import VariableFamily

# Prefixes of variables that tools of these clouds read.
_PREFIXES = ("HUAWEICLOUD_", "HC_CONTAINER_", "HW_", "OS_", "HCS_", "OTC_")
# Variables that are read elsewhere: files, addresses of the SDK, the choice of a source.
_READ_ELSEWHERE = re.compile(
    r"OS_CLIENT_(?:CONFIG|SECURE|VENDOR)_FILE|OS_CLOUD_NAME|HUAWEICLOUD_SDK_REGION_\w+"
    rf"|{environment.CREDENTIALS_FROM}"
)
_SAYS_WHO_OR_WHERE = re.compile(
    r"USER|PASS|TOKEN|KEY|SECRET|DOMAIN|PROJECT|TENANT|REGION|AGENCY|AUTH|CLOUD|ACCOUNT|PROFILE"
    r"|CREDENTIAL|ENDPOINT|URL|INSECURE|VERIFY|CERT|TRUST|SCOPE|ROLE|IDP|INTERFACE|SYSTEM"
    r"|SIGNING|IDENTITY_PROVIDER|PROTOCOL",
    re.IGNORECASE,
)
# Other variables that several tools read and that say where.
_FILES = (
    *("OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLIENT_VENDOR_FILE"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
_OUR_SERVICES = "|".join(name for names in OVERRIDE_NAMES.values() for name in names)
# Keys of an entry that belong to services that we do not call, or mean nothing to us.
_OTHER_KEYS = re.compile(
    rf"(?!(?:{_OUR_SERVICES})_)\w+_(?:endpoint_override|region_name|interface)"
    r"|\w+_(?:api_version|service_name|service_type)"
)
_PUBLIC = ("public", "publicURL")
_NOT_UNDERSTOOD = "not understood: the collection does not read it"


@dataclass(frozen=True)
class SettingRemark:
    """One setting and what is wrong with it; `serious`: tasks fail because of it."""

    name: str
    message: str
    serious: bool = False


def review_settings(
    options: Mapping[str, Any], environ: Mapping[str, str], directory: str
) -> Iterator[SettingRemark]:
    """Yield remarks. Sends nothing, raises nothing that settings can cause, and quotes no
    secret."""
    trial = _Trial(options, environ, directory)
    for family in environment.FAMILIES:
        yield from _of_family(family, trial)
    for name in _FILES:
        if not (name == "CURL_CA_BUNDLE" and environ.get(name) == environ.get(_FILES[-2])):
            yield from _of_variable(trial, name)
    for name in unknown_variables(environ):
        yield SettingRemark(name, _NOT_UNDERSTOOD)
    yield from _of_clouds(trial)


@dataclass(frozen=True)
class _Trial:
    """Settings to try out. `clouds`: those of the files, None to read them."""

    options: Mapping[str, Any]
    environ: Mapping[str, str]
    directory: str
    clouds: Clouds | None = None

    def _select(self) -> SelectedCredentials:
        return credentials.select_credentials(
            self.options, self.environ, self.directory, self.clouds
        )

    @cached_property
    def won(self) -> SelectedCredentials | None:
        """The credentials that are selected, None if none can be used."""
        try:
            return self._select()
        except errors.CloudError:
            return None

    @cached_property
    def outcome(self) -> Any:
        """Who and where, as the settings decide it; the text of the error if they do not."""
        try:
            won = self._select()
            place = connection.make_connection(self.options, self.environ, won)
        except errors.CloudError as error:
            return str(error).rstrip(".")
        where = (place.region, place.project_id, place.project_name, place.project_domain)
        urls = tuple(map(place.known_url, SERVICES))
        return (won.method, won.agency, where, place.enterprise_project_id, place.tls, urls)

    def remark(
        self, name: str, without: _Trial, altered: _Trial, option: str, origin: str
    ) -> Iterator[SettingRemark]:
        """Name a setting that causes an error, or that changes nothing, whether it is removed or
        altered. `origin`: the title of its source, '' if it belongs to none."""
        if isinstance(self.outcome, str):
            if without.outcome != self.outcome:
                yield SettingRemark(name, self.outcome, serious=True)
        elif self.won is not None and self.outcome == without.outcome == altered.outcome:
            reason = _why_unused(self, self.won, name.rpartition(" ")[2], option, origin)
            yield SettingRemark(name, f"not used: {reason}")


def _why_unused(
    trial: _Trial, won: SelectedCredentials, name: str, option: str, origin: str
) -> str:
    if origin not in ("", won.origin):
        return _another_source(won)
    used = auth_methods.options_of(won.method)
    if option in auth_methods.WHO and option not in used and "agency" not in option:
        return f"{won.source} rank above it in the same source"
    if origin and won.spelling(option) != name and option:
        return f"{won.spelling(option)} means the same"
    if trial.options.get(option) not in (None, ""):
        return f"the option {option} of the task ranks above it"
    return "nothing changes without it, as other settings rank above it or leave it no meaning"


def _another_source(won: SelectedCredentials) -> str:
    return f"the credentials are from another source ({won.source})"


def _of_family(family: VariableFamily, trial: _Trial) -> Iterator[SettingRemark]:
    unsupported = {one.name: "" for one in family.unsupported}
    incomplete = ""
    try:
        source = family.source(trial.environ)
        given = bool(trial.options.get("agency_name"))
        if auth_methods.complete_method(source, agency_is_given=given) is not None:
            auth_methods.agency_of(source.settings, source.spelling)  # raises if it is incomplete
    except errors.CredentialsError as error:
        incomplete = str(error).rstrip(".")
    for name, option in {**family.options, **unsupported}.items():
        says_who = name in unsupported or option in auth_methods.WHO
        if incomplete and says_who and trial.environ.get(name):
            yield SettingRemark(name, incomplete, serious=trial.won is None)
        else:
            yield from _of_variable(trial, name, option, family.title)


def _of_variable(
    trial: _Trial, name: str, option: str = "", origin: str = ""
) -> Iterator[SettingRemark]:
    value = trial.environ.get(name, "").strip()
    if not value or (option == "region" and _agrees(trial, value)):
        return
    without, altered = (
        replace(trial, environ={**trial.environ, name: other}) for other in ("", f"{value}x")
    )
    yield from trial.remark(name, without, altered, option, origin)


def _agrees(trial: _Trial, region: str) -> bool:
    """Return whether a region is the one in use, and also that of the source or the environment."""
    if trial.won is None or isinstance(trial.outcome, str):
        return False
    own = trial.won.settings.get("region") or environment.region(trial.environ)
    return bool(region == own == trial.outcome[2][0])


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the variables that say who or where by their names and are not read."""
    known = {name for family in environment.FAMILIES for name in family.options}
    known |= {one.name for family in environment.FAMILIES for one in family.unsupported}
    for name in sorted(environ):
        if not name.startswith(_PREFIXES) or name in known or not environ[name].strip():
            continue
        public = name in ("OS_INTERFACE", "OS_ENDPOINT_TYPE") and environ[name] in _PUBLIC
        if _SAYS_WHO_OR_WHERE.search(name) and not _READ_ELSEWHERE.fullmatch(name) and not public:
            yield name


def _of_clouds(trial: _Trial) -> Iterator[SettingRemark]:
    """Review the entry of clouds.yaml that is used, or would be if it could."""
    won = trial.won
    try:
        clouds = clouds_yaml.load_clouds(trial.environ, trial.directory)
    except errors.ConfigurationError as error:
        yield SettingRemark("clouds.yaml", str(error).rstrip("."), serious=won is None)
        return
    used = [name for name in clouds.entries if won and won.origin == clouds.title(name)]
    name = used[0] if used else clouds.default()
    if not used and name:
        message = ""
        try:
            auth_methods.complete_method(clouds_yaml.source(clouds, name, ""))
            if won is not None and clouds_yaml.holds_credentials(clouds, name):
                message = f"not used: {_another_source(won)}"
        except errors.CloudError as error:
            message = str(error).rstrip(".")
        if message:
            yield SettingRemark(f"clouds.yaml {name}", message, serious=won is None)
    if used or (name and won is None):
        yield from _of_entry(trial, clouds, name)


def _of_entry(trial: _Trial, clouds: Clouds, name: str) -> Iterator[SettingRemark]:
    for key in clouds.keys(name):
        title = f"{name}: {key}"
        if clouds_yaml.is_read(key):
            without, altered = (
                replace(trial, clouds=clouds.changed(name, key, change))
                for change in (None, _altered)
            )
            option = clouds_yaml.option_of(key)
            yield from trial.remark(title, without, altered, option, clouds.title(name))
        elif _SAYS_WHO_OR_WHERE.search(key) and not _OTHER_KEYS.fullmatch(key):
            yield SettingRemark(title, _NOT_UNDERSTOOD)


def _altered(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return ["x"] if isinstance(value, list) else f"{value}x"
