# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, projects, users, their secrets, and the agency."""

from __future__ import annotations

import hashlib
import string

from .. import records
from ..world import World, known_hex

ACCOUNT = "sim-company"
PARTNER = "partner-company"
AGENCY = "image-builder"
DOMAIN = known_hex("domain sim-company")
PARTNER_DOMAIN = known_hex("domain partner-company")
PROJECT = known_hex("project main")
TEAM_PROJECT = known_hex("project team")
ELSEWHERE_PROJECT = known_hex("project elsewhere")
PARTNER_PROJECT = known_hex("project partner")
PRODUCTION = "5a3f8f6e-0d6a-4c1c-9d3b-7f1f0f6d2a10"
_WRITES = ("*:create*", "*:copy", "*:update", "*:delete", "*:uploadImage", "*:share")
_LOOKUPS = (
    *(f"{one}:*:{what}" for one in ("ecs", "evs", "cbr", "csbs") for what in ("get", "list")),
    "iam:projects:list",
)

# Each region has a second one beside it, with the same accounts and users.
_OTHER_REGIONS = {"eu-de": "eu-nl", "eu-nl": "eu-de"}

_ALPHABET = string.ascii_letters + string.digits


def other_region(region: str) -> str:
    """The one in which the account has a project, too."""
    return _OTHER_REGIONS.get(region, "eu-west-102")


def secret(seed: int, label: str, length: int = 40, alphabet: str = _ALPHABET) -> str:
    """A random-looking secret, the same for the same seed and label; easy to grep for."""
    digest = hashlib.shake_256(f"{seed}/{label}".encode()).digest(length)
    return "".join(alphabet[byte % len(alphabet)] for byte in digest)


def _user(world: World, name: str, **fields: object) -> records.User:
    user = records.User(
        id=known_hex(f"user {name}"),
        name=name,
        password=secret(world.seed, f"password {name}", 24),
        domain_id=DOMAIN,
        project_ids=[PROJECT, TEAM_PROJECT, ELSEWHERE_PROJECT],
        label=name,
    )
    for key, value in fields.items():
        setattr(user, key, value)
    world.users[user.id] = user
    _key(world, user.label, user)
    return user


def _key(world: World, label: str, user: records.User, **fields: object) -> None:
    upper = string.ascii_uppercase + string.digits
    key = records.AccessKey(
        access=secret(world.seed, f"access {label}", 20, upper),
        secret=secret(world.seed, f"secret {label}"),
        user_id=user.id,
        label=label,
    )
    for name, value in fields.items():
        setattr(key, name, value)
    world.access_keys[key.access] = key


def fill(world: World) -> None:
    world.domains = {
        DOMAIN: records.Domain(DOMAIN, ACCOUNT),
        PARTNER_DOMAIN: records.Domain(PARTNER_DOMAIN, PARTNER),
    }
    here, elsewhere = world.region, other_region(world.region)
    for project_id, name, domain_id, region in (
        (PROJECT, here, DOMAIN, here),
        (TEAM_PROJECT, f"{here}_team", DOMAIN, here),
        (ELSEWHERE_PROJECT, elsewhere, DOMAIN, elsewhere),
        (known_hex("project MOS"), "MOS", DOMAIN, ""),
        (PARTNER_PROJECT, here, PARTNER_DOMAIN, here),
    ):
        world.projects[project_id] = records.Project(project_id, name, domain_id, region)
    main = _user(world, "sim-user", label="main")
    _user(world, "reader", denied=_WRITES)
    _user(world, "no-lookups", denied=_LOOKUPS)
    _user(
        world,
        "partner-user",
        label="partner",
        domain_id=PARTNER_DOMAIN,
        project_ids=[PARTNER_PROJECT],
    )
    token = secret(world.seed, "security token temporary", 64)
    _key(world, "temporary", main, security_token=token)
    stale = secret(world.seed, "security token expired", 64)
    _key(world, "expired", main, security_token=stale, expires=0.0)
    agency = records.Agency(
        id=known_hex("agency"),
        name=AGENCY,
        domain_id=PARTNER_DOMAIN,
        trusted_domain_id=DOMAIN,
        project_ids=(PARTNER_PROJECT,),
    )
    world.agencies[agency.id] = agency
    world.enterprise_projects[PRODUCTION] = "production"
