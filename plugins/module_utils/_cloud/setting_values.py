# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean the text of a setting, wherever it comes from: white space around it, and booleans.

Secrets are copied from shells, files and forms, which add line ends and spaces. No access key and
no token contains white space, so what surrounds them is removed. A password may begin or end with a
space, so it only loses a line end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import errors
from .decode import flag

Json = dict[str, Any]

# Single words, for a header or a signature.
_ONE_WORD = frozenset(("access_key", "secret_key", "security_token", "auth_token"))
# Values that may begin or end with a space.
_FREE_TEXT = frozenset(
    (
        "username",
        "password",
        "domain_name",
        "project_name",
        "project_domain_name",
        "agency_name",
        "agency_domain_name",
        "agency_project_name",
        "ca_cert",
        "client_cert",
        "client_key",
    )
)


def boolean(value: object, name: str) -> bool:
    """Return the boolean of the setting `name`. Raises ConfigurationError for anything else."""
    found = flag(value)
    if found is None:
        raise errors.ConfigurationError(
            f"{name}: {str(value)[:40]!r} is neither true nor false. Set it to true or false."
        )
    return found


def one_word(text: str) -> str:
    """Return a key or a token without surrounding white space. Raises ValueError if there is any
    inside."""
    word = text.strip()
    if any(character.isspace() or not character.isprintable() for character in word):
        raise ValueError("white space or a control character inside")
    return word


def clean_settings(
    values: Mapping[str, Any], spelling: Callable[[str], str] = str
) -> tuple[Json, tuple[str, ...]]:
    """Return `values`, by the names of our options, without surrounding white space and without
    what is empty then; and notes about what was removed.

    `spelling`: how the source calls an option. Raises CredentialsError, which does not quote the
    value.
    """
    found: Json = {}
    notes: list[str] = []
    for option, value in values.items():
        text = _cleaned(option, value, spelling) if isinstance(value, str) else value
        if text in (None, ""):
            continue
        found[option] = text
        if text != value:
            notes.append(f"{spelling(option)}: white space at its ends was removed")
    return found, tuple(notes)


def _cleaned(option: str, text: str, spelling: Callable[[str], str]) -> str:
    if option in _FREE_TEXT:
        return text.rstrip("\r\n")
    if option not in _ONE_WORD:
        return text.strip()
    try:
        return one_word(text)
    except ValueError as error:
        raise errors.CredentialsError(
            f"{spelling(option)} has {error}, so it was not copied as it is. Give it in one line,"
            " without blanks."
        ) from error
