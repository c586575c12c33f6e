# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of clouds.yaml, in our terms.

Source: "Configuring OpenStack SDK Applications" (files, their order, secure.yaml, the keys), and
the OTC SDK for Go for the keys that OpenStack does not know (ak, sk, target_agency_name …).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import bounded_yaml, endpoints, errors

Json = dict[str, Any]

_SUFFIXES = (".yaml", ".yml", ".json")

# Our name, then the names in the file, the first that is there counts.
_NAMES: dict[str, tuple[str, ...]] = {
    "access_key": ("ak", "access_key"),
    "secret_key": ("sk", "secret_key"),
    "security_token": ("security_token",),
    "username": ("username", "user_name"),
    "user_id": ("user_id",),
    "password": ("password",),
    "domain_name": ("user_domain_name", "domain_name"),
    "domain_id": ("user_domain_id", "domain_id"),
    "auth_token": ("token", "auth_token"),
    "agency_name": ("target_agency_name", "agency_name"),
    "agency_domain_name": ("target_domain_name", "agency_domain_name"),
    "agency_domain_id": ("target_domain_id",),
    "region": ("region_name",),
    "project_id": ("project_id", "tenant_id"),
    "project_name": ("project_name", "tenant_name"),
    "auth_url": ("auth_url",),
    "ca_cert": ("cacert",),
    "client_cert": ("cert",),
    "client_key": ("key",),
}


@dataclass(frozen=True)
class Clouds:
    """What was found: the entries by name, the file they are in ('' if none), where we looked."""

    entries: Mapping[str, Json]
    path: str
    searched: tuple[str, ...]

    def default(self) -> str:
        """The entry to use when nobody names one: the only one, else ``default`` or ``openstack``;
        '' if that leaves it open."""
        if len(self.entries) == 1:
            return next(iter(self.entries))
        return next((name for name in ("default", "openstack") if name in self.entries), "")


def load(environ: Mapping[str, str], directory: str) -> Clouds:
    """The first clouds.yaml of OS_CLIENT_CONFIG_FILE, ``directory``, the user's and the system's
    configuration, with the first secure.yaml laid over it.

    Raises ConfigurationError for a file that cannot be read or understood.
    """
    paths = list(_paths("clouds", environ.get("OS_CLIENT_CONFIG_FILE"), environ, directory))
    path = next((one for one in paths if os.path.isfile(one)), "")
    if not path:
        return Clouds({}, "", tuple(_shown(paths)))
    secure = _paths("secure", environ.get("OS_CLIENT_SECURE_FILE"), environ, directory)
    secure_path = next((one for one in secure if os.path.isfile(one)), "")
    entries = _clouds_in(path)
    if secure_path:
        entries = _merged(entries, _clouds_in(secure_path))
    return Clouds({str(key): value for key, value in entries.items()}, path, tuple(_shown(paths)))


def spelling(option: str) -> str:
    """How clouds.yaml calls one of our options."""
    return _NAMES.get(option, (option,))[0]


def values(entry: Mapping[str, Any]) -> Json:
    """An entry in the names of our options; what it does not say is not there."""
    flat = {**entry, **_mapping(entry.get("auth"))}
    found: Json = {}
    for name, keys in _NAMES.items():
        value = next((flat[key] for key in keys if flat.get(key) not in (None, "")), None)
        if value is not None:
            found[name] = str(value)
    if "region" not in found:
        found.update(_only_region(entry))
    if entry.get("verify") is not None:
        found["validate_certs"] = bool(entry["verify"])
    elif entry.get("insecure") is not None:
        found["validate_certs"] = not entry["insecure"]
    found["endpoints"] = endpoints.overrides(entry)
    return found


def _only_region(entry: Mapping[str, Any]) -> Json:
    regions = entry.get("regions")
    if not isinstance(regions, list) or len(regions) != 1:
        return {}
    region = regions[0]
    return {"region": str(region["name"] if isinstance(region, dict) else region)}


def _paths(
    stem: str, given: str | None, environ: Mapping[str, str], directory: str
) -> Iterator[str]:
    if given:
        yield given
    home = environ.get("HOME") or os.path.expanduser("~")
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    folders = [directory, os.path.join(config, "openstack"), "/etc/openstack"]
    for folder in folders:
        for suffix in _SUFFIXES:
            yield os.path.join(folder, stem + suffix)


def _shown(paths: list[str]) -> Iterator[str]:
    """Without the spellings of the same file that hardly anybody uses."""
    return (path for path in paths if not path.endswith((".yml", ".json")))


def _clouds_in(path: str) -> Json:
    data = _parsed(path)
    return _mapping(data.get("clouds")) if isinstance(data, dict) else {}


def _parsed(path: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise errors.ConfigurationError(
            f"{path} cannot be read without the Python library PyYAML: install it."
        ) from error
    try:
        return bounded_yaml.load(_text_of(path))
    except (OSError, UnicodeDecodeError) as error:
        raise errors.ConfigurationError(f"{path} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        # Without the lines around the mistake: they may hold a password.
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise errors.ConfigurationError(f"{path} is no YAML{where}.") from error
    except bounded_yaml.Unreasonable as error:
        raise errors.ConfigurationError(f"{path} cannot be used: {error}.") from error


def _text_of(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        text = file.read(bounded_yaml.LARGEST + 1)
    if len(text) > bounded_yaml.LARGEST:
        raise bounded_yaml.Unreasonable(f"it has more than {bounded_yaml.LARGEST} characters")
    return text


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _merged(below: Json, above: Json) -> Json:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged
