# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials are used: the first source that names a complete method wins whole.

Sources in their order: the options of the task (``cloud``, an entry of clouds.yaml, among them);
the environment, families in the order HUAWEICLOUD_SDK_*, HW_*, OS_* (with OS_CLOUD); the default
entry of clouds.yaml; the metadata of the instance. Nothing of one source completes another: only
region, project, addresses and TLS options of the task override what the winning source says of
them, and an agency given to the task is assumed with whatever credentials won. Several methods in
one source of the environment or in one entry: token before keys before password, as the vendor's
Terraform provider has it; among options they are a mistake.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from . import clouds_yaml, environment, errors
from .iam import Agency, Domain, Password, Token
from .signing import Keys

Json = dict[str, Any]
Spelling = Callable[[str], str]


@dataclass(frozen=True)
class Metadata:
    """The agency of the instance that we run on."""


Method = Union[Keys, Password, Token, Metadata]


@dataclass(frozen=True)
class Selection:
    """What won. ``settings``: all that the source says, by the names of our options."""

    source: str
    method: Method
    settings: Json = field(repr=False)
    agency: Agency | None = None
    looked_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    """One method that a source begins to name; ``missing`` says what it lacks, '' if nothing."""

    title: str
    method: Method | None
    missing: str = ""


def select(options: Mapping[str, Any], environ: Mapping[str, str], directory: str) -> Selection:
    """The credentials to use; sends nothing.

    ``options`` are those of the task, None or '' for what was not given; ``directory`` is where
    clouds.yaml is looked for first. Raises CredentialsError for options that are incomplete or name
    two methods, and for a cloud that is not there.
    """
    given = {name: value for name, value in options.items() if value not in (None, "")}
    agency = _agency(given, str)
    found = _from_options(given, environ, directory)
    looked_for: list[str] = []
    if found is None:
        found = _from_environment(environ, directory, looked_for)
    if found is None:
        found = _from_default_entry(environ, directory, looked_for)
    if found is None:
        found = Selection("the metadata of this instance", Metadata(), {})
    agency = agency or found.agency
    source = found.source
    if agency is not None:
        source += f", agency {agency.name} of {agency.domain.name or agency.domain.id}"
    return Selection(source, found.method, found.settings, agency, tuple(looked_for))


def not_found(selection: Selection, why: str) -> errors.CredentialsError:
    """For when metadata, the last resort, has none either: all that was looked for, and where."""
    lines = (
        "options of the task: none of access_key + secret_key, username + password + domain_name,"
        " auth_token, cloud",
        *selection.looked_for,
        f"metadata of this instance: {why}",
    )
    listed = "; ".join(f"({number}) {line}" for number, line in enumerate(lines, 1))
    return errors.CredentialsError(
        f"No credentials were found. Looked for: {listed}.",
        hint="Give access_key and secret_key, or one of the other methods, or set HW_ACCESS_KEY and"
        " HW_SECRET_KEY.",
    )


def _from_options(
    given: Mapping[str, Any], environ: Mapping[str, str], directory: str
) -> Selection | None:
    candidates = list(_candidates(given, str))
    titles = [candidate.title for candidate in candidates]
    if given.get("cloud"):
        titles.append("cloud")
    if len(titles) > 1:
        raise errors.CredentialsError(
            f"Two ways to authenticate were given: {' and '.join(titles)}. Give one of them."
        )
    if given.get("cloud"):
        return _from_entry(str(given["cloud"]), "cloud", environ, directory)
    for candidate in candidates:
        if candidate.method is None:
            raise errors.CredentialsError(f"Incomplete credentials: {candidate.missing}.")
        return Selection(f"options {candidate.title}", candidate.method, dict(given))
    return None


def _from_environment(
    environ: Mapping[str, str], directory: str, looked_for: list[str]
) -> Selection | None:
    for family in environment.FAMILIES:
        values = family.values(environ)
        if values.get("cloud"):
            variable = family.variable("cloud", environ)
            return _from_entry(values["cloud"], variable, environ, directory)

        def spelling(option: str, family: environment.Family = family) -> str:
            return family.variable(option, environ)

        complete, missing = _first_complete(values, spelling)
        if complete is not None and complete.method is not None:
            source = f"environment {complete.title}"
            return Selection(source, complete.method, values, _agency(values, spelling))
        looked_for.append(f"environment {family.prefix}*: {missing or 'no credentials'}")
    return None


def _from_default_entry(
    environ: Mapping[str, str], directory: str, looked_for: list[str]
) -> Selection | None:
    """Nobody has asked for this file: what is wrong with it is only told if nothing else helps."""
    try:
        clouds = clouds_yaml.load(environ, directory)
    except errors.ConfigurationError as error:
        looked_for.append(f"clouds.yaml: {error}")
        return None
    if not clouds.path:
        looked_for.append(f"clouds.yaml: none at {', '.join(clouds.searched)}")
        return None
    name = clouds.default()
    if not name:
        entries = ", ".join(sorted(clouds.entries)) or "no entry"
        looked_for.append(f"{clouds.path}: has {entries}; say which with cloud or OS_CLOUD")
        return None
    try:
        return _entry_selection(clouds, name)
    except errors.CredentialsError as error:
        looked_for.append(str(error).rstrip("."))
        return None


def _from_entry(name: str, asked_by: str, environ: Mapping[str, str], directory: str) -> Selection:
    clouds = clouds_yaml.load(environ, directory)
    if name not in clouds.entries:
        where = clouds.path or f"any of {', '.join(clouds.searched)}"
        there = f" (it has {', '.join(sorted(clouds.entries))})" if clouds.entries else ""
        raise errors.CredentialsError(
            f"{asked_by} names the cloud {name!r}, but there is none in {where}{there}."
        )
    return _entry_selection(clouds, name)


def _entry_selection(clouds: clouds_yaml.Clouds, name: str) -> Selection:
    entry = clouds.entries[name]
    values = clouds_yaml.values(entry if isinstance(entry, dict) else {})
    where = f"entry {name} of {clouds.path}"
    complete, missing = _first_complete(values, clouds_yaml.spelling)
    if complete is None or complete.method is None:
        raise errors.CredentialsError(f"{where}: {missing or 'no credentials'}.")
    agency = _agency(values, clouds_yaml.spelling)
    return Selection(f"{where} ({complete.title})", complete.method, values, agency)


def _first_complete(values: Json, spelling: Spelling) -> tuple[_Candidate | None, str]:
    candidates = list(_candidates(values, spelling))
    complete = next((one for one in candidates if one.method is not None), None)
    return complete, ", ".join(one.missing for one in candidates if one.missing)


def _candidates(values: Mapping[str, Any], spelling: Spelling) -> Iterator[_Candidate]:
    """The methods that ``values`` name or begin to name; ``spelling`` is how the source calls an
    option."""
    if values.get("auth_token"):
        yield _Candidate(spelling("auth_token"), Token(values["auth_token"]))
    if any(values.get(name) for name in ("access_key", "secret_key", "security_token")):
        yield _keys(values, spelling)
    if any(values.get(name) for name in ("username", "user_id", "password")):
        yield _password(values, spelling)


def _keys(values: Mapping[str, Any], spelling: Spelling) -> _Candidate:
    title = f"{spelling('access_key')} and {spelling('secret_key')}"
    missing = _missing(values, ("access_key", "secret_key"), spelling)
    if missing:
        had = ("access_key", "secret_key", "security_token")
        return _Candidate(title, None, _incomplete(values, had, missing, spelling))
    token = values.get("security_token") or ""
    if token:
        title = f"{spelling('access_key')}, {spelling('secret_key')} and a security token"
    return _Candidate(title, Keys(values["access_key"], values["secret_key"], token))


def _password(values: Mapping[str, Any], spelling: Spelling) -> _Candidate:
    user = "user_id" if values.get("user_id") else "username"
    title = f"{spelling(user)} and {spelling('password')}"
    missing = _missing(values, (user, "password"), spelling)
    domain = Domain(values.get("domain_name") or "", values.get("domain_id") or "")
    if user == "username" and not (domain.name or domain.id):
        missing.append(spelling("domain_name"))
    if missing:
        return _Candidate(title, None, _incomplete(values, (user, "password"), missing, spelling))
    return _Candidate(
        title,
        Password(
            password=values["password"],
            username=values.get("username") or "",
            user_id=values.get("user_id") or "",
            domain=domain if domain.name or domain.id else None,
        ),
    )


def _missing(values: Mapping[str, Any], names: tuple[str, ...], spelling: Spelling) -> list[str]:
    return [spelling(name) for name in names if not values.get(name)]


def _incomplete(
    values: Mapping[str, Any], names: tuple[str, ...], missing: list[str], spelling: Spelling
) -> str:
    had = [spelling(name) for name in names if values.get(name)]
    return f"{' and '.join(had)} without {' and '.join(missing)}"


def _agency(values: Mapping[str, Any], spelling: Spelling) -> Agency | None:
    name = values.get("agency_name")
    domain = Domain(values.get("agency_domain_name") or "", values.get("agency_domain_id") or "")
    known = bool(domain.name or domain.id)
    if not name and not known:
        return None
    if not name or not known:
        had, lacks = ("agency_name", "agency_domain_name")[:: 1 if name else -1]
        raise errors.CredentialsError(
            f"Incomplete agency: {spelling(had)} without {spelling(lacks)}."
        )
    return Agency(name, domain)


def working_directory() -> str:
    """Where clouds.yaml is looked for first; '' if the directory is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""
