# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read entries of clouds.yaml as our options.

Sources: "Configuring OpenStack SDK Applications" and config/loader.py of openstacksdk (files, their
order, secure.yaml, clouds-public.yaml, profiles, regions, the keys), and openstack/loader.go of
gophertelekomcloud for the keys that OpenStack does not know (ak, sk, target_agency_name …).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import bounded_yaml, endpoints, environment, errors
from .auth_methods import WHO, CredentialSource, Spelling, with_domains
from .decode import mapping
from .setting_values import boolean, clean_settings

Json = dict[str, Any]

_SUFFIXES = (".yaml", ".yml", ".json")

# Our name, then the keys in the file, of which the first that is set counts.
_NAMES: dict[str, tuple[str, ...]] = {
    "access_key": ("ak", "access_key"),
    "secret_key": ("sk", "secret_key"),
    "security_token": ("security_token",),
    "username": ("username", "user_name"),
    "user_id": ("user_id",),
    "password": ("password",),
    "domain_name": ("user_domain_name",),
    "domain_id": ("user_domain_id",),
    "any_domain_name": ("domain_name",),
    "any_domain_id": ("domain_id",),
    "auth_token": ("token", "auth_token"),
    "auth_type": ("auth_type", "auth_plugin"),
    "agency_name": ("target_agency_name", "agency_name"),
    "agency_domain_name": ("target_domain_name", "agency_domain_name"),
    "agency_domain_id": ("target_domain_id", "agency_domain_id"),
    "agency_project_name": ("target_project_name", "delegated_project"),
    "region": ("region_name",),
    "project_id": ("project_id", "tenant_id"),
    "project_name": ("project_name", "tenant_name"),
    "project_domain_name": ("project_domain_name",),
    "project_domain_id": ("project_domain_id",),
    "auth_url": ("auth_url",),
    "ca_cert": ("cacert",),
    "client_cert": ("cert",),
    "client_key": ("key",),
}

# As in the environment.
_UNSUPPORTED = tuple(
    one._replace(name=one.name.lower().removeprefix("os_")) for one in environment.OS.unsupported
)

# The vendor profiles of openstacksdk (config/vendors) for these clouds.
_PROFILES: dict[str, Json] = {
    "otc": {
        "auth": {"auth_url": "https://iam.{region_name}.otc.t-systems.com/v3"},
        "regions": ["eu-de", "eu-nl"],
    },
    "otc-swiss": {
        "auth": {"auth_url": "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3"},
        "regions": ["eu-ch2"],
    },
}
# The id of an account (domain).
_ID = re.compile(r"[0-9a-f]{32}$")


class UnreadableFile(errors.ConfigurationError):
    """A file that this user or this Python cannot read."""


@dataclass(frozen=True)
class Clouds:
    """The entries by name, with underscores in their keys, the path of their file ('' if there is
    none), and where it was looked for. `profiles`: those of clouds-public.yaml."""

    entries: Mapping[str, Json]
    path: str
    searched: tuple[str, ...]
    profiles: Mapping[str, Json] = field(default_factory=dict)

    def default(self) -> str:
        """Return the entry to use if none is named: the only one, else `default` or `openstack`,
        else ''."""
        if len(self.entries) == 1:
            return next(iter(self.entries))
        return next((name for name in ("default", "openstack") if name in self.entries), "")

    def title(self, name: str) -> str:
        return f"entry {name} of {self.path}"

    def keys(self, name: str) -> list[str]:
        """Return the keys of an entry that are set, those in `auth` included."""
        flat = _flat(self.entries[name])
        return [key for key, value in flat.items() if key != "auth" and value not in (None, "")]

    def changed(self, name: str, key: str, change: Callable[[Any], Any] | None) -> Clouds:
        """Return the same clouds with one key of an entry changed, or without it."""

        def altered(values: Json) -> Json:
            left = {one: value for one, value in values.items() if one != key}
            return left if change is None else {**left, key: change(values[key])}

        entry = self.entries[name]
        auth = mapping(entry.get("auth"))
        entry = {**entry, "auth": altered(auth)} if key in auth else altered(entry)
        return replace(self, entries={**self.entries, name: entry})


def load_clouds(environ: Mapping[str, str], directory: str) -> Clouds:
    """Read the first clouds.yaml of OS_CLIENT_CONFIG_FILE, `directory`, the user's and the system's
    configuration, overridden by the first secure.yaml.

    Raises ConfigurationError for a file that cannot be read or understood.
    """
    path, paths = _first_file("clouds", "OS_CLIENT_CONFIG_FILE", environ, directory)
    # Without rare spellings of the same file.
    searched = tuple(one for one in paths if not one.endswith((".yml", ".json")))
    if not path:
        return Clouds({}, "", searched)
    entries = mapping(_parsed(path).get("clouds"))
    secure, _paths = _first_file("secure", "OS_CLIENT_SECURE_FILE", environ, directory)
    if secure:
        entries = _merged(entries, mapping(_parsed(secure).get("clouds")))
    vendors, _paths = _first_file("clouds-public", "OS_CLIENT_VENDOR_FILE", environ, directory)
    profiles = mapping(_parsed(vendors).get("public-clouds")) if vendors else {}
    named = {str(key): _normalized(mapping(value)) for key, value in entries.items()}
    return Clouds(named, path, searched, profiles)


def source(clouds: Clouds, name: str, region: str, other_region: str = "") -> CredentialSource:
    """Return what an entry says of `region`, as requested by the task; without one, of
    `other_region` if the entry has it.

    Raises CredentialsError or ConfigurationError for what cannot be read as openstacksdk does.
    """
    title = clouds.title(name)
    own = clouds.entries[name]
    entry = _merged(_profile(clouds, own, title), own)
    notes: list[str] = []
    known = _regions(own, title) or _regions(entry, title)
    if known:
        chosen = _chosen_region(entry, known, region, other_region, title, notes)
        entry = {**_merged(entry, known[chosen]), "region_name": chosen}
    spelling = _spelling(entry)
    settings, more = clean_settings(_settings(entry, title, spelling), spelling)
    return CredentialSource(
        title=title,
        settings={**with_domains(settings), "endpoints": endpoints.overrides(entry)},
        spelling=spelling,
        unsupported=tuple(one for one in _UNSUPPORTED if _flat(entry).get(one.name)),
        notes=(*notes, *more),
        project_is_callers=True,
    )


def holds_credentials(clouds: Clouds, name: str) -> bool:
    """Return whether an entry says who, in any way."""
    flat = _flat(clouds.entries[name])
    keys = [key for option in WHO for key in _NAMES[option]]
    return any(flat.get(key) for key in (*keys, *(one.name for one in _UNSUPPORTED)))


def option_of(key: str) -> str:
    """Return the option of a key, '' if there is none."""
    return next((option for option, keys in _NAMES.items() if key in keys), "")


def is_read(key: str) -> bool:
    """Return whether a key can have an effect."""
    services = [one for names in endpoints.OVERRIDE_NAMES.values() for one in names]
    others = ("insecure", "verify", "profile", "cloud", "regions")
    unsupported = [one.name for one in _UNSUPPORTED]
    is_address = key in [f"{service}_endpoint_override" for service in services]
    return bool(option_of(key)) or is_address or key in (*others, *unsupported)


def _spelling(entry: Mapping[str, Any]) -> Spelling:
    """Return what an entry calls our options: the keys that count, or would."""
    flat = _flat(entry)

    def spelling(option: str) -> str:
        keys = _NAMES.get(option, (option,))
        return next((key for key in keys if flat.get(key) not in (None, "")), keys[0])

    return spelling


def _settings(entry: Mapping[str, Any], title: str, spelling: Spelling) -> Json:
    """Return an entry by the names of our options, without what is not set."""
    flat = _flat(entry)
    found: Json = {}
    for name in _NAMES:
        key = spelling(name)
        if flat.get(key) not in (None, ""):
            found[name] = _scalar(flat[key], f"{title}: {key}")
    # gophertelekomcloud reads the name of the account here, despite the name of the key.
    domain = found.get("agency_domain_id", "")
    if domain and not _ID.match(domain.strip()):
        found.setdefault("agency_domain_name", found.pop("agency_domain_id"))
    verified = _verified(entry, title)
    return found if verified is None else {**found, "validate_certs": verified}


def _scalar(value: Any, name: str) -> str:
    """Return a scalar as it was written. YAML reads yes as a boolean."""
    if isinstance(value, (bool, dict, list)):
        raise errors.ConfigurationError(f"{name} is not text. Put its value in quotes.")
    return str(value)


def _verified(entry: Mapping[str, Any], title: str) -> bool | None:
    """Return whether TLS is verified. As in openstacksdk, insecure wins over verify."""
    said = {
        key: boolean(entry[key], f"{title}: {key}")
        for key in ("insecure", "verify")
        if entry.get(key) not in (None, "")
    }
    return False if said.get("insecure") else said.get("verify")


def _profile(clouds: Clouds, entry: Mapping[str, Any], title: str) -> Json:
    """Return the vendor's profile of an entry; `cloud` is the old name of the key."""
    name = entry.get("profile") or entry.get("cloud")
    if not name:
        return {}
    found = clouds.profiles.get(str(name)) or _PROFILES.get(str(name))
    if found is None:
        known = ", ".join(sorted({*_PROFILES, *clouds.profiles}))
        raise errors.ConfigurationError(
            f"{title}: there is no profile {str(name)!r}; known are {known}. Copy its settings"
            " into the entry (auth_url, region_name)."
        )
    return _normalized(mapping(found))


def _regions(entry: Mapping[str, Any], title: str) -> dict[str, Json]:
    """Return the regions that an entry lists, with their settings."""
    listed = entry.get("regions") or []
    if not listed and entry.get("region_name"):
        name = entry["region_name"]
        listed = name if isinstance(name, list) else str(name).split(",")
    found: dict[str, Json] = {}
    for region in listed if isinstance(listed, list) else [listed]:
        said = region if isinstance(region, dict) else {"name": region}
        if not said.get("name") or not said.keys() <= {"name", "values"}:
            raise errors.ConfigurationError(
                f"{title}: each of its regions is a name, or a mapping with name and values."
            )
        found[str(said["name"]).strip()] = _normalized(mapping(said.get("values")))
    return found


def _chosen_region(
    entry: Mapping[str, Any],
    known: Mapping[str, Json],
    wanted: str,
    other: str,
    title: str,
    notes: list[str],
) -> str:
    """Return the region that is requested or named, else the first."""
    if wanted in known or (len(known) == 1 and not entry.get("regions")):
        return wanted if wanted in known else next(iter(known))
    if wanted:
        raise errors.ConfigurationError(
            f"{title} has no region {wanted!r}, only {', '.join(known)}. Set region to one of them."
        )
    named = str(entry.get("region_name") or "")
    of_project = str(_flat(entry).get("project_name") or "").partition("_")[0]
    for region in (named, other, of_project):
        if region in known:
            return region
    first = next(iter(known))
    if len(known) > 1:
        notes.append(f"region {first}, the first of {title}")
    return first


def _flat(entry: Mapping[str, Any]) -> Json:
    return {**entry, **mapping(entry.get("auth"))}


def _normalized(entry: Mapping[Any, Any]) -> Json:
    """Return an entry with underscores for hyphens, as openstacksdk reads it."""
    return {
        str(key).replace("-", "_"): _normalized(value) if isinstance(value, dict) else value
        for key, value in entry.items()
    }


def _first_file(
    stem: str, variable: str, environ: Mapping[str, str], directory: str
) -> tuple[str, list[str]]:
    """Return the first existing path, '' if there is none, and where it was looked for."""
    given = environment.path(environ.get(variable, "").strip(), environ)
    if given and not os.path.isfile(given):
        raise errors.ConfigurationError(f"{variable}: there is no file {given}.")
    home = environ.get("HOME") or os.path.expanduser("~")
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    folders = (directory, os.path.join(config, "openstack"), "/etc/openstack")
    paths = [given] if given else []
    paths += [os.path.join(one, stem + suffix) for one in folders for suffix in _SUFFIXES]
    return next((one for one in paths if os.path.isfile(one)), ""), paths


def _parsed(path: str) -> Json:
    try:
        import yaml
    except ImportError as error:
        raise UnreadableFile(
            f"{path} cannot be read without the Python library PyYAML: install it."
        ) from error
    try:
        with open(path, encoding="utf-8") as file:
            return mapping(bounded_yaml.load_yaml(file.read(bounded_yaml.LARGEST + 1)))
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error}.") from error
    except UnicodeDecodeError as error:
        raise errors.ConfigurationError(f"{path} is not UTF-8 text.") from error
    except yaml.YAMLError as error:
        # Without the lines around the mistake, which may contain a password.
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise errors.ConfigurationError(f"{path} is not valid YAML{where}.") from error
    except bounded_yaml.Unreasonable as error:
        raise errors.ConfigurationError(f"{path} cannot be used: {error}.") from error


def _merged(below: Json, above: Json) -> Json:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged
