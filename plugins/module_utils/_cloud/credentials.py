# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Select the credentials: the first source that names a complete method wins as a whole.

Sources in order: the options of the task (also `cloud`, an entry of clouds.yaml); the environment,
families in the order HUAWEICLOUD_SDK_*, HW_*, OS_* (with OS_CLOUD); the default entry of
clouds.yaml; the metadata of the server. `credentials_from` selects one of them. No source completes
another, and an incomplete source is an error, because the next one is another account. Only region,
project, addresses and TLS options of the task override the source, and an agency given to the task
is assumed by the selected credentials. Several methods in one source of the environment or one
entry: token before keys before password, as in the vendor's Terraform provider; in options they are
an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from . import auth_methods, environment, errors
from .auth_methods import Agency, CredentialSource, Metadata, Method, Spelling
from .setting_values import clean_settings

if TYPE_CHECKING:
    from .clouds_yaml import Clouds

Json = dict[str, Any]

# The values of credentials_from.
SOURCES = ("environment", "clouds", "metadata")
ENVIRONMENT, CLOUDS, METADATA = SOURCES
# Settings of the environment without which nobody means to give credentials there.
_BEGINNINGS = ("auth_url", "auth_type", "cloud", "domain_name", "domain_id", "project_name")


@dataclass(frozen=True)
class SelectedCredentials:
    """The result. `settings`: everything that the source says, by the names of our options;
    `looked_for` and `begun`: sources without credentials, those that say more than nothing apart;
    `spelling`: how the source calls them; `notes`: remarks about how they were read; `origin`: the
    title of the source, '' for the metadata."""

    source: str
    method: Method
    settings: Json = field(repr=False)
    agency: Agency | None = None
    looked_for: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    spelling: Spelling = str
    notes: tuple[str, ...] = ()
    origin: str = ""


def select_credentials(
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    directory: str,
    clouds: Clouds | None = None,
) -> SelectedCredentials:
    """Return the credentials to use; sends nothing.

    `options`: of the task, None or '' for what was not given. `directory`: where clouds.yaml is
    looked for first, unless `clouds` are passed instead. Raises CredentialsError for what is
    incomplete, unsupported or names two methods, and for a missing cloud.
    """
    given, notes = clean_settings(options)
    return _Search(given, environ, directory, clouds).select(notes)


def no_credentials_error(
    selection: SelectedCredentials, why: str, unknown: Iterable[str] = (), remedy: str = ""
) -> errors.CredentialsError:
    """Return the error for when the metadata, the last source, has none either: it lists every
    source. `unknown`: variables that look like credentials. `remedy`: instead of the usual one."""
    lines = (
        "options of the task: none of access_key + secret_key, username + password + domain_name,"
        " auth_token, cloud",
        *selection.looked_for,
        f"metadata of this instance: {why}",
    )
    begun = [*selection.begun, *(f"{name}: the collection does not read it" for name in unknown)]
    return _not_found(begun, f"Looked for: {_listed(lines)}.", remedy)


def _not_found(begun: Iterable[str], looked: str, remedy: str = "") -> errors.CredentialsError:
    """Return the error for when there are no credentials: the remedy, what was begun, the rest."""
    remedy = remedy or (
        "set HW_ACCESS_KEY and HW_SECRET_KEY in the environment, or give access_key and secret_key,"
        " a user with a password, or a token"
    )
    remedy = f"{remedy[0].upper()}{remedy[1:]}."
    incomplete = "; ".join(begun)
    parts = ["No credentials were found.", remedy, incomplete and f"Incomplete: {incomplete}."]
    return errors.CredentialsError(" ".join(filter(None, [*parts, looked])), hint=remedy)


def chosen_source(given: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Return the source that the task, else the environment, chooses; '' for the first with
    credentials.

    Raises CredentialsError for an unknown source.
    """
    chosen = given.get("credentials_from") or environ.get(environment.CREDENTIALS_FROM, "").strip()
    if chosen and chosen not in SOURCES:
        raise errors.CredentialsError(
            f"{environment.CREDENTIALS_FROM}: {str(chosen)[:40]!r} is not a source of credentials;"
            f" there are {', '.join(SOURCES)}."
        )
    return str(chosen)


@dataclass
class _Search:
    """A search for the credentials of one task. `looked_for`: the sources that had none; `begun`:
    those of them that hold something."""

    given: Json
    environ: Mapping[str, str]
    directory: str
    clouds: Clouds | None = None
    looked_for: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)

    def select(self, notes: tuple[str, ...]) -> SelectedCredentials:
        given = auth_methods.agency_of(self.given, str)
        found = self._from_options() or self._from_elsewhere()
        agency = given or found.agency
        source = found.source
        if agency is not None:
            source += f", agency {agency.name} of {agency.domain.name or agency.domain.id}"
        return replace(
            found,
            source=source,
            agency=agency,
            looked_for=tuple(self.looked_for),
            begun=tuple(self.begun),
            notes=(*notes, *found.notes),
        )

    def _from_options(self) -> SelectedCredentials | None:
        titles = [one.title for one in auth_methods.find_candidates(self.given, str)]
        if self.given.get("cloud"):
            titles.append("cloud")
        if len(titles) > 1:
            raise errors.CredentialsError(
                f"Two ways to authenticate were given: {' and '.join(titles)}. Give one of them."
            )
        self._check_choice(titles)
        if self.given.get("cloud"):
            return self._from_entry(str(self.given["cloud"]), "cloud")
        # An agency alone is assumed by the selected credentials.
        if not titles:
            return None
        source = CredentialSource("the options of the task", dict(self.given))
        found = auth_methods.complete_method(source)
        return None if found is None else _selection(f"options {found[0]}", found[1], source)

    def _check_choice(self, titles: list[str]) -> None:
        chosen = self.given.get("credentials_from")
        if titles and chosen and (titles != ["cloud"] or chosen != CLOUDS):
            raise errors.CredentialsError(
                f"Two sources of credentials were given: {titles[0]}, and credentials_from:"
                f" {chosen}. Give one of them."
            )

    def _from_elsewhere(self) -> SelectedCredentials:
        chosen = chosen_source(self.given, self.environ)
        found = None
        if chosen in ("", ENVIRONMENT):
            found = self._from_environment(with_entry=not chosen)
        if found is None and chosen in ("", CLOUDS):
            found = self._from_clouds(chosen)
        if found is None and chosen in (ENVIRONMENT, CLOUDS):
            rest = _listed(self.looked_for) or "nothing else"
            only = f"Looked, as credentials_from is {chosen}, only for: {rest}."
            raise _not_found(self.begun, only)
        return found or SelectedCredentials("the metadata of this instance", Metadata(), {})

    def _from_environment(self, with_entry: bool) -> SelectedCredentials | None:
        """Search the environment. `with_entry`: whether OS_CLOUD counts, which names an entry of
        clouds.yaml."""
        for family in environment.FAMILIES:
            source = family.source(self.environ)
            entry = source.settings.get("cloud")
            if entry and with_entry:
                return self._from_entry(entry, source.spelling("cloud"))
            found = auth_methods.complete_method(
                source, agency_is_given="agency_name" in self.given
            )
            if found is not None:
                return _selection(f"environment {found[0]}", found[1], source)
            self._note_empty(source)
        return None

    def _note_empty(self, source: CredentialSource) -> None:
        """Note a family without credentials."""
        given = [name for name in _BEGINNINGS if name in source.settings]
        if not given:
            self.looked_for.append(f"{source.title}: no credentials")
            return
        names = " and ".join(map(source.spelling, given))
        cloud = (
            f"; {source.spelling('cloud')} names an entry of clouds.yaml"
            if "cloud" in given
            else ""
        )
        self.begun.append(
            f"{source.title}: {names} without an access key, a user or a token{cloud}"
        )

    def _from_clouds(self, chosen: str) -> SelectedCredentials | None:
        """Search clouds.yaml. The entry of OS_CLOUD was used before, unless the task chose the
        file."""
        named = self.environ.get("OS_CLOUD", "").strip() if chosen else ""
        return self._from_entry(named, "OS_CLOUD") if named else self._from_default_entry()

    def _loaded(self) -> Clouds:
        from .clouds_yaml import load_clouds

        return self.clouds or load_clouds(self.environ, self.directory)

    def _from_default_entry(self) -> SelectedCredentials | None:
        """Search the default entry. Nothing names this file, so only an entry with credentials can
        be a mistake."""
        from .clouds_yaml import UnreadableFile, holds_credentials

        try:
            clouds = self._loaded()
        except UnreadableFile as error:
            self.begun.append(f"clouds.yaml: {error}".rstrip("."))
            return None
        if not clouds.path:
            self.looked_for.append(f"clouds.yaml: none at {', '.join(clouds.searched)}")
            return None
        holding = [one for one in clouds.entries if holds_credentials(clouds, one)]
        name = clouds.default()
        if name in holding:
            return self._entry_selection(clouds, name)
        has = f"{clouds.path} has {', '.join(sorted(clouds.entries)) or 'no entry'}"
        which = "say which with cloud or OS_CLOUD"
        if holding and not name:
            raise errors.CredentialsError(
                f"{has}: {which}, or choose another source with credentials_from."
            )
        self.begun.append(f"{clouds.title(name)}: no credentials" if name else f"{has}; {which}")
        return None

    def _from_entry(self, name: str, asked_by: str) -> SelectedCredentials:
        clouds = self._loaded()
        if name not in clouds.entries:
            where = clouds.path or f"any of {', '.join(clouds.searched)}"
            there = f" (it has {', '.join(sorted(clouds.entries))})" if clouds.entries else ""
            raise errors.CredentialsError(
                f"{asked_by} names the cloud {name!r}, but there is none in {where}{there}."
            )
        return self._entry_selection(clouds, name)

    def _entry_selection(self, clouds: Clouds, name: str) -> SelectedCredentials:
        from . import clouds_yaml

        region = str(self.given.get("region") or "")
        source = clouds_yaml.source(clouds, name, region, environment.region(self.environ))
        found = auth_methods.complete_method(source)
        if found is None:
            raise errors.CredentialsError(f"{source.title}: no credentials.")
        return _selection(f"{source.title} ({found[0]})", found[1], source)


def _selection(title: str, method: Method, source: CredentialSource) -> SelectedCredentials:
    settings, notes = dict(source.settings), list(source.notes)
    agency = source.agency
    if agency is not None and source.project_is_callers:
        own = {name: settings.pop(name, "") for name in ("project_id", "project_name")}
        settings["project_name"] = settings.get("agency_project_name", "")
        if any(own.values()) and not settings["project_name"]:
            notes.append(
                f"{source.spelling('project_name')} is the caller's project; the agency works in"
                f" that of the region, since {source.spelling('agency_project_name')} is not set"
            )
    return SelectedCredentials(
        source=title,
        method=method,
        settings=settings,
        agency=agency,
        spelling=source.spelling,
        notes=tuple(notes),
        origin=source.title,
    )


def _listed(lines: list[str] | tuple[str, ...]) -> str:
    return "; ".join(f"({number}) {line}" for number, line in enumerate(lines, 1))


def working_directory() -> str:
    """Return where clouds.yaml is looked for first, '' if the directory is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""
