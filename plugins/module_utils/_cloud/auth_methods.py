# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods of authentication, what IAM issues for them, and which of them the settings of one source
make up.

A source that begins to name one (a key, a secret, a token, a user, a password, an agency) and
completes none is an error: another source would mean another account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar, Union

from . import errors
from .signing import Keys

Json = dict[str, Any]
Spelling = Callable[[str], str]
T = TypeVar("T")


@dataclass(frozen=True)
class Token:
    """A token, and the project that it is for, '' if for none or unknown."""

    id: str = field(repr=False)
    project_id: str = ""
    project_name: str = ""


@dataclass(frozen=True)
class Project:
    """A project, by its id."""

    id: str


@dataclass(frozen=True)
class Issued(Generic[T]):
    """A value that expires `lifetime` seconds after it was issued; None if that is unknown."""

    value: T
    lifetime: float | None = None


class Domain(NamedTuple):
    """An account, by name or id."""

    name: str = ""
    id: str = ""

    def as_json(self) -> Json:
        return {"id": self.id} if self.id else {"name": self.name}


class Agency(NamedTuple):
    """A role that another account has granted."""

    name: str
    domain: Domain

    def as_json(self) -> Json:
        key = "domain_id" if self.domain.id else "domain_name"
        return {"agency_name": self.name, key: self.domain.id or self.domain.name}


@dataclass(frozen=True)
class Password:
    """A user with a password, by name and account or by id."""

    password: str = field(repr=False)
    username: str = ""
    user_id: str = ""
    domain: Domain | None = None

    def as_json(self) -> Json:
        user: Json = {"password": self.password}
        if self.user_id:
            user["id"] = self.user_id
        else:
            user["name"] = self.username
            user["domain"] = (self.domain or Domain()).as_json()
        return user


@dataclass(frozen=True)
class Metadata:
    """The agency of the server that we run on."""


Method = Union[Keys, Password, Token, Metadata]

# What auth_type may say, and the method that it chooses. Sources: the plugins "password" and
# "token" of keystoneauth; gophertelekomcloud takes any word with "aksk" for access keys.
_AUTH_TYPES: dict[str, type] = {
    "password": Password,
    "v3password": Password,
    "token": Token,
    "v3token": Token,
    "aksk": Keys,
    "v3aksk": Keys,
}
_OF_AN_AGENCY = ("agency_name", "agency_domain_name", "agency_domain_id", "agency_project_name")
_KEYS = ("access_key", "secret_key", "security_token")
_PASSWORD = ("username", "user_id", "password")
# Options that say who; a source with any of them has to complete a method.
WHO = ("auth_token", *_KEYS, *_PASSWORD, *_OF_AN_AGENCY)


class Unsupported(NamedTuple):
    """A setting that authenticates in a way that we do not support.

    `beside`: the methods that mean another account with it; the others rank above it.
    """

    name: str
    reason: str
    beside: tuple[type, ...] = ()


@dataclass(frozen=True)
class CredentialSource:
    """Everything that one source says: `settings` by the names of our options, `spelling` as the
    source calls them, `notes` about how it was read.

    `project_is_callers`: the project belongs to whoever assumes an agency, not to the agency.
    gophertelekomcloud and both Terraform providers name the agency's own (delegated_project);
    without it terraform-provider-huaweicloud takes that of the region.
    """

    title: str
    settings: Json = field(repr=False)
    spelling: Spelling = str
    unsupported: tuple[Unsupported, ...] = ()
    notes: tuple[str, ...] = ()
    project_is_callers: bool = False

    @property
    def agency(self) -> Agency | None:
        """The agency that it names. Raises CredentialsError for an incomplete one."""
        return agency_of(self.settings, self.spelling)


class Candidate(NamedTuple):
    """One method that a source begins to name; `missing` says what it lacks, '' if nothing."""

    title: str
    method: Method | None
    missing: str = ""


def complete_method(
    source: CredentialSource, *, agency_is_given: bool = False
) -> tuple[str, Method] | None:
    """Return the title and the complete method of `source`: a token before keys before a password;
    None if it names none.

    `agency_is_given`: the task names the agency, so the source need not complete one. Raises
    CredentialsError for an incomplete or unsupported method.
    """
    candidates = list(find_candidates(source.settings, source.spelling))
    auth_type = str(source.settings.get("auth_type") or "")
    wanted = _wanted(auth_type, source)
    complete = [
        (one.title, one.method)
        for one in candidates
        if one.method is not None and isinstance(one.method, wanted)
    ]
    for setting in source.unsupported:
        if not complete or isinstance(complete[0][1], setting.beside):
            raise errors.CredentialsError(
                f"{source.title}: {setting.name} is not supported: {setting.reason}."
            )
    if complete:
        return complete[0]
    who = [name for name in WHO if not (agency_is_given and name in _OF_AN_AGENCY)]
    if not source.unsupported and not any(source.settings.get(name) for name in who):
        return None
    raise _incomplete(source, candidates, auth_type)


def options_of(method: Method) -> tuple[str, ...]:
    """Return the options that make up a method."""
    if isinstance(method, Keys):
        return _KEYS
    if isinstance(method, Password):
        return _PASSWORD
    return ("auth_token",) if isinstance(method, Token) else ()


def _incomplete(
    source: CredentialSource, candidates: list[Candidate], auth_type: str
) -> errors.CredentialsError:
    missing = [one.missing for one in candidates if one.missing]
    if not candidates:
        found = [source.spelling(one) for one in _OF_AN_AGENCY if source.settings.get(one)]
        missing = [f"{_and(found)} without an access key, a user or a token to assume it with"]
    elif not missing:
        found = [one.title for one in candidates]
        missing = [f"{_and(found)}, but {source.spelling('auth_type')} is {auth_type}"]
    return errors.CredentialsError(
        f"Incomplete credentials in {source.title}: {'; '.join(missing)}. Add what is missing, or"
        " remove the rest, or choose another source with credentials_from."
    )


def _wanted(auth_type: str, source: CredentialSource) -> Any:
    if not auth_type:
        return object
    wanted = _AUTH_TYPES.get(auth_type.lower())
    if wanted is None:
        raise errors.CredentialsError(
            f"{source.title}: {source.spelling('auth_type')} {auth_type!r} is not supported, only"
            f" {', '.join(_AUTH_TYPES)}. Use an access key, or a token that another tool fetched."
        )
    return wanted


def find_candidates(values: Mapping[str, Any], spelling: Spelling) -> Iterator[Candidate]:
    """Yield the methods that `values` name or begin to name."""
    if values.get("auth_token"):
        yield Candidate(spelling("auth_token"), Token(values["auth_token"]))
    if any(values.get(name) for name in _KEYS):
        yield _keys(values, spelling)
    if any(values.get(name) for name in _PASSWORD):
        yield _password(values, spelling)


def _keys(values: Mapping[str, Any], spelling: Spelling) -> Candidate:
    needed = ("access_key", "secret_key")
    title = _and(map(spelling, needed))
    missing = _incompleteness(values, _KEYS, needed, spelling)
    if missing:
        return Candidate(title, None, missing)
    token = values.get("security_token") or ""
    if token:
        title = f"{spelling('access_key')}, {spelling('secret_key')} and a security token"
    return Candidate(title, Keys(values["access_key"], values["secret_key"], token))


def _password(values: Mapping[str, Any], spelling: Spelling) -> Candidate:
    user = "user_id" if values.get("user_id") else "username"
    title = _and(map(spelling, (user, "password")))
    domain = Domain(values.get("domain_name") or "", values.get("domain_id") or "")
    of_user = ("domain_name",) if user == "username" and not any(domain) else ()
    needed = (user, "password", *of_user)
    missing = _incompleteness(values, (user, "password"), needed, spelling)
    if missing:
        return Candidate(title, None, missing)
    return Candidate(
        title,
        Password(
            password=values["password"],
            username=values.get("username") or "",
            user_id=values.get("user_id") or "",
            domain=domain if any(domain) else None,
        ),
    )


def with_domains(settings: Mapping[str, Any]) -> Json:
    """Return `settings` with a domain for user and project from a setting that names one for both.

    openstacksdk reads domain_name as both (config/loader.py); the clouds' own tools take the
    project's for the user's if there is no other. A name never goes with the id of another one.
    """
    found = dict(settings)
    both = {kind: found.pop(f"any_domain_{kind}", "") for kind in ("name", "id")}
    of_project = {kind: found.get(f"project_domain_{kind}", "") for kind in ("name", "id")}
    if not (found.get("domain_name") or found.get("domain_id")):
        domain = both if any(both.values()) else of_project
        found.update({f"domain_{kind}": text for kind, text in domain.items() if text})
    if not any(of_project.values()):
        found.update({f"project_domain_{kind}": text for kind, text in both.items() if text})
    return found


def _incompleteness(
    values: Mapping[str, Any], names: tuple[str, ...], needed: tuple[str, ...], spelling: Spelling
) -> str:
    """Return which of `names` are given without which of `needed`; '' if none is missing."""
    missing = [spelling(name) for name in needed if not values.get(name)]
    given = [spelling(name) for name in names if values.get(name)]
    return f"{_and(given)} without {_and(missing)}" if missing else ""


def agency_of(values: Mapping[str, Any], spelling: Spelling) -> Agency | None:
    """Return the agency that `values` name. Raises CredentialsError for an incomplete one."""
    domain = Domain(values.get("agency_domain_name") or "", values.get("agency_domain_id") or "")
    if not any(values.get(name) for name in _OF_AN_AGENCY):
        return None
    needed = ("agency_name",) if any(domain) else ("agency_name", "agency_domain_name")
    missing = _incompleteness(values, _OF_AN_AGENCY, needed, spelling)
    if missing:
        raise errors.CredentialsError(f"Incomplete agency: {missing}.")
    return Agency(values["agency_name"], domain)


def _and(words: Iterable[str]) -> str:
    return " and ".join(words)
