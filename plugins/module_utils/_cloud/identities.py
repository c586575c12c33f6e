# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends requests: users, agencies and accounts, and what IAM issues to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

Json = dict[str, Any]
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
