# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name every setting of the environment and of clouds.yaml that says who or where and is
incomplete, not understood or not used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import auth_methods, clouds_yaml, connection, credentials, environment, errors
from .auth_methods import CredentialSource
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
# Keys of an entry that are read elsewhere, or belong to services that we do not call.
_OTHER_KEYS = re.compile(
    r"auth|profile|cloud|regions|insecure|verify|\w+_api_version"
    rf"|(?!(?:{_OUR_SERVICES})_)\w+_(?:endpoint_override|region_name|interface)"
    rf"|(?:{_OUR_SERVICES})_endpoint_override|\w+_(?:service_name|service_type)"
)
_PUBLIC = ("public", "publicURL")


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
    try:
        won: SelectedCredentials | None = credentials.select_credentials(
            options, environ, directory
        )
    except errors.CloudError:
        won = None
    found: dict[str, SettingRemark] = {}
    for family in environment.FAMILIES:
        for remark in _of_family(family, environ, won, bool(options.get("agency_name"))):
            found[remark.name] = remark
    for remark in (*_unknown_variables(environ), *_of_clouds(environ, directory, won)):
        found[remark.name] = remark
    trial = _Trial(options, environ, directory)
    for remark in (*_without_each_variable(trial), *_without_each_key(trial, won)):
        found.setdefault(remark.name, remark)
    return iter(found.values())


# --- what a setting changes


@dataclass(frozen=True)
class _Trial:
    """Settings to try out. `clouds`: those of the files, None to read them."""

    options: Mapping[str, Any]
    environ: Mapping[str, str]
    directory: str
    clouds: Clouds | None = None

    def outcome(self) -> Any:
        """Return who and where, as the settings decide it; the text of the error if they do not."""
        try:
            won = credentials.select_credentials(
                self.options, self.environ, self.directory, self.clouds
            )
            place = connection.make_connection(self.options, self.environ, won)
        except errors.CloudError as error:
            return str(error)
        where = (place.region, place.project_id, place.project_name, place.project_domain)
        urls = tuple(_url(place, service) for service in SERVICES)
        return (won.method, won.agency, where, place.enterprise_project_id, place.tls, urls)

    def with_variable(self, name: str, value: str) -> _Trial:
        return replace(self, environ={**self.environ, name: value})

    def remark(
        self, name: str, without: _Trial, altered: _Trial, reason: str
    ) -> Iterator[SettingRemark]:
        """Name a setting that causes an error, or that changes nothing, whether it is removed or
        altered."""
        outcome = self.outcome()
        if isinstance(outcome, str):
            if without.outcome() != outcome:
                yield SettingRemark(name, outcome.rstrip("."), serious=True)
        elif outcome == without.outcome() == altered.outcome():
            yield SettingRemark(name, f"not used: {reason}")


def _url(place: connection.Connection, service: str) -> str:
    try:
        return place.url(service)
    except errors.ConfigurationError:
        return ""


def _repeats(name: str, environ: Mapping[str, str]) -> bool:
    """Tell whether the variable says what one of the same meaning, which ranks above it, says."""
    return name == "CURL_CA_BUNDLE" and environ[name] == environ.get("REQUESTS_CA_BUNDLE")


def _without_each_variable(trial: _Trial) -> Iterator[SettingRemark]:
    options = {
        name: option for family in environment.FAMILIES for name, option in family.options.items()
    }
    for name in sorted({*options, *_FILES}):
        value = trial.environ.get(name, "").strip()
        if not value or _repeats(name, trial.environ):
            continue
        without, altered = trial.with_variable(name, ""), trial.with_variable(name, value + "x")
        option = options.get(name, "")
        agrees = option == "region" and _region(trial) == value
        if not agrees:
            yield from trial.remark(name, without, altered, _reason(trial, option))


def _without_each_key(trial: _Trial, won: SelectedCredentials | None) -> Iterator[SettingRemark]:
    """Try the entry of clouds.yaml that is used, or would be if it could, without each of its
    keys."""
    try:
        clouds = clouds_yaml.load_clouds(trial.environ, trial.directory)
    except errors.ConfigurationError:
        return
    origins = {clouds.title(name): name for name in clouds.entries}
    name = origins.get(won.origin, "") if won else clouds.default()
    if not name:
        return
    for key, keys in clouds_yaml.paths_of(clouds, name).items():
        without = replace(trial, clouds=clouds.changed(name, keys, None))
        altered = replace(trial, clouds=clouds.changed(name, keys, _altered))
        if clouds_yaml.is_read(key):
            reason = _reason(trial, clouds_yaml.option_of(key))
            yield from trial.remark(f"{name}: {key}", without, altered, reason)


def _altered(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return ["x"] if isinstance(value, list) else f"{value}x"


def _region(trial: _Trial) -> str:
    outcome = trial.outcome()
    return "" if isinstance(outcome, str) else str(outcome[2][0])


def _reason(trial: _Trial, option: str) -> str:
    if option and trial.options.get(option) not in (None, ""):
        return f"the option {option} of the task ranks above it"
    return "nothing changes without it, as other settings rank above it or leave it no meaning"


# --- variables


def _of_family(
    family: VariableFamily,
    environ: Mapping[str, str],
    won: SelectedCredentials | None,
    agency_is_given: bool,
) -> Iterator[SettingRemark]:
    there = {name: option for name, option in family.options.items() if environ.get(name)}
    named = [one.name for one in family.unsupported if environ.get(one.name)]
    try:
        source = family.source(environ)
        complete = auth_methods.complete_method(source, agency_is_given=agency_is_given)
        if complete is not None:
            auth_methods.agency_of(source.settings, source.spelling)  # raises if it is incomplete
    except errors.CredentialsError as error:
        who = [name for name, option in there.items() if option in auth_methods.WHO]
        yield from _each([*who, *named], str(error).rstrip("."), serious=won is None)
        return
    if won is not None and won.origin == source.title:
        yield from _unused(source, won, there)
        yield from _each(named, "not supported; the credentials beside it rank above")
        return
    left = [name for name, option in there.items() if not _is_used(option, name, environ, won)]
    if left or named:
        yield from _each([*left, *named], _why_not(won))


def _is_used(
    option: str, name: str, environ: Mapping[str, str], won: SelectedCredentials | None
) -> bool:
    """Return whether a variable of an unused family counts: the first region does if the source in
    use has none, and the name of an entry may have selected it."""
    value = environ[name].strip()
    if won is None:
        return True
    if option == "cloud":
        return won.origin.startswith(f"entry {value} of ")
    region = won.settings.get("region") or environment.region(environ)
    return option == "region" and value == region


def _unused(
    source: CredentialSource, won: SelectedCredentials, there: Mapping[str, str]
) -> Iterator[SettingRemark]:
    """Yield the settings of the source in use that others of it override. `there`: names,
    options."""
    used = auth_methods.options_of(won.method)
    idle = {option for option in auth_methods.WHO if option not in used and "agency" not in option}
    for name, option in there.items():
        if option in idle:
            yield SettingRemark(name, f"not used: {won.source} rank above it in the same source")
        elif source.spelling(option) != name:
            yield SettingRemark(name, f"not used: {source.spelling(option)} means the same")
        elif option in ("project_id", "project_name") and not won.settings.get(option):
            yield SettingRemark(
                name, "not used: it is the project of the caller, not of the agency"
            )


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[SettingRemark]:
    known = {name for family in environment.FAMILIES for name in family.options}
    known |= {one.name for family in environment.FAMILIES for one in family.unsupported}
    for name in sorted(environ):
        if not name.startswith(_PREFIXES) or name in known or not environ[name].strip():
            continue
        public = name in ("OS_INTERFACE", "OS_ENDPOINT_TYPE") and environ[name] in _PUBLIC
        if _SAYS_WHO_OR_WHERE.search(name) and not _READ_ELSEWHERE.fullmatch(name) and not public:
            yield SettingRemark(name, "not understood: the collection does not read it")


# --- clouds.yaml


def _of_clouds(
    environ: Mapping[str, str], directory: str, won: SelectedCredentials | None
) -> Iterator[SettingRemark]:
    try:
        clouds = clouds_yaml.load_clouds(environ, directory)
    except errors.ConfigurationError as error:
        yield SettingRemark("clouds.yaml", str(error).rstrip("."), serious=won is None)
        return
    for name in clouds.entries:
        if won is not None and won.origin == clouds.title(name):
            yield from _of_entry(clouds, name, won)
            return
    name = clouds.default()
    if not name:
        return
    try:
        auth_methods.complete_method(clouds_yaml.source(clouds, name, ""))
    except errors.CloudError as error:
        yield SettingRemark(f"clouds.yaml {name}", str(error).rstrip("."), serious=won is None)
        return
    if clouds_yaml.holds_credentials(clouds, name):
        yield SettingRemark(f"clouds.yaml {name}", _why_not(won))


def _of_entry(
    clouds: clouds_yaml.Clouds, name: str, won: SelectedCredentials
) -> Iterator[SettingRemark]:
    keys = clouds_yaml.keys_of(clouds, name)
    there = {key: option for key, option in keys.items() if option}
    spelled = {option: key for key, option in reversed(there.items())}
    source = CredentialSource(
        clouds.title(name), won.settings, lambda option: spelled.get(option, option)
    )
    for remark in _unused(source, won, there):
        yield SettingRemark(f"{name}: {remark.name}", remark.message)
    for key in (key for key, option in keys.items() if not option):
        if _SAYS_WHO_OR_WHERE.search(key) and not _OTHER_KEYS.fullmatch(key):
            yield SettingRemark(f"{name}: {key}", "not understood: the collection does not read it")


# --- words


def _why_not(won: SelectedCredentials | None) -> str:
    if won is None:
        return "not used, as long as no credentials can be used"
    return f"not used: the credentials are from another source ({won.source})"


def _each(names: Iterable[str], message: str, serious: bool = False) -> Iterator[SettingRemark]:
    return (SettingRemark(name, message, serious) for name in names)
