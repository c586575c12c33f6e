# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity: tokens, projects, accounts, temporary keys (IAM API reference)."""

from __future__ import annotations

import string
from typing import Any

from . import auth, records, times
from .api import Call, Reply, Routes
from .errors import Refusal
from .world import World

ROUTES = Routes("iam")
TOKEN_SECONDS = 86400.0
_LETTERS = string.ascii_letters + string.digits


def _refused(status: int, message: str) -> Refusal:
    return Refusal(status, f"IAM.{status}", message, shape="keystone")


def _random_text(world: World, length: int) -> str:
    return "".join(world.rng.choice(_LETTERS) for _count in range(length))


def _body(call: Call) -> dict[str, Any]:
    """The `auth` object of a request, or a 400."""
    try:
        body = call.json()["auth"]
    except (Refusal, KeyError):
        raise _refused(400, "The request body is invalid.") from None
    if not isinstance(body, dict) or not isinstance(body.get("identity"), dict):
        raise _refused(400, "The request body is invalid.")
    return body


# --- tokens


@ROUTES.on("POST", "/v3/auth/tokens", action="iam:tokens:create", scope="open")
def create_token(call: Call) -> Reply:
    body = _body(call)
    methods = body["identity"].get("methods") or []
    if methods == ["password"]:
        token = _by_password(call, body)
    elif methods == ["token"]:
        token = _by_token(call, body)
    elif methods == ["assume_role"]:
        token = _by_agency(call, body)
    else:
        raise _refused(400, "The authentication methods are not supported.")
    call.cloud.world.tokens[token.value] = token
    catalog = "nocatalog" not in call.query
    return Reply(201, _shown(call, token, catalog), {"X-Subject-Token": token.value})


def _issue(call: Call, user: records.User, methods: tuple[str, ...]) -> records.Token:
    world, now = call.cloud.world, call.cloud.clock.now()
    value = "MIISIM" + _random_text(world, 200)
    return records.Token(value, user.id, now + TOKEN_SECONDS, now, methods=methods)


def _by_password(call: Call, body: dict[str, Any]) -> records.Token:
    given = body["identity"].get("password", {}).get("user", {})
    user = _user(call.cloud.world, given)
    if user is None or user.password != given.get("password"):
        raise _refused(401, "The username or password is wrong.")
    token = _issue(call, user, ("password",))
    _scope(call, token, body.get("scope"), user.domain_id, user.project_ids)
    return token


def _user(world: World, given: dict[str, Any]) -> records.User | None:
    if given.get("id"):
        return world.users.get(given["id"])
    domain = _domain(world, given.get("domain") or {})
    for user in world.users.values():
        if domain and user.name == given.get("name") and user.domain_id == domain.id:
            return user
    return None


def _domain(world: World, given: dict[str, Any]) -> records.Domain | None:
    if given.get("id"):
        return world.domains.get(given["id"])
    return next((d for d in world.domains.values() if d.name == given.get("name")), None)


def _by_token(call: Call, body: dict[str, Any]) -> records.Token:
    value = body["identity"].get("token", {}).get("id") or ""
    old = _valid_token(call, value)
    user = call.cloud.world.users[old.user_id]
    token = _issue(call, user, ("token",))
    token.expires = old.expires
    _scope(call, token, body.get("scope"), user.domain_id, user.project_ids)
    return token


def _valid_token(call: Call, value: str) -> records.Token:
    token = call.cloud.world.tokens.get(value)
    if token is None or call.cloud.clock.now() >= token.expires:
        raise _refused(401, "The token is invalid or has expired.")
    return token


def _by_agency(call: Call, body: dict[str, Any]) -> records.Token:
    user = _caller(call)
    agency = _agency(call, body["identity"].get("assume_role") or {}, user)
    token = _issue(call, user, ("assume_role",))
    token.agency_id = agency.id
    _scope(call, token, body.get("scope"), agency.domain_id, list(agency.project_ids))
    return token


def _caller(call: Call) -> records.User:
    """Who asks for an agency's rights: by token or by signature."""
    signed = auth.Request(call.method, call.path, call.query_string, call.headers, call.body)
    world, now = call.cloud.world, call.now
    caller = auth.identify(signed, world, now, None)
    return world.users[caller.user_id]


def _agency(call: Call, given: dict[str, Any], user: records.User) -> records.Agency:
    world = call.cloud.world
    # The reference's table calls the member agency_name, its samples xrole_name.
    name = given.get("agency_name") or given.get("xrole_name")
    domain = _domain(world, {"id": given.get("domain_id"), "name": given.get("domain_name")})
    for agency in world.agencies.values():
        if domain and agency.name == name and agency.domain_id == domain.id:
            if agency.trusted_domain_id == user.domain_id:
                return agency
            raise _refused(403, "You are not authorized to assume the agency.")
    raise _refused(404, "The agency does not exist.")


def _scope(
    call: Call,
    token: records.Token,
    scope: Any,
    domain_id: str,
    project_ids: list[str],
) -> None:
    """Bind the token to a project or an account; the project wins if both are given."""
    world = call.cloud.world
    if not scope:
        token.domain_id = domain_id
        return
    if "project" in scope:
        given = scope["project"] or {}
        _check_domain(call, given)
        for project_id in project_ids:
            project = world.projects[project_id]
            domain = _domain(world, given["domain"]) if given.get("domain") else None
            if given.get("domain") and (domain is None or domain.id != project.domain_id):
                continue
            if _means(given, project):
                token.project_id = project.id
                return
        raise _refused(401, "The project of the scope does not exist or is not the user's.")
    given = scope.get("domain") or {}
    domain = _domain(world, given)
    if domain is None or domain.id != domain_id:
        raise _refused(401, "The account of the scope is not the user's.")
    token.domain_id = domain_id


def _check_domain(call: Call, given: dict[str, Any]) -> None:
    """Keystone finds a project by its name in an account only (its schema of v3 tokens); that the
    account is the project's is checked with the project."""
    required = call.cloud.switches["project_domain"] == "required"
    if required and given.get("name") and not given.get("id") and not given.get("domain"):
        raise _refused(
            400,
            "Expecting to find domain in project. The server could not comply with the request"
            " since it is either malformed or otherwise incorrect. The client is assumed to be in"
            " error.",
        )


def _means(given: dict[str, Any], project: records.Project) -> bool:
    """Whether a scope's id or name (or both) is this project's."""
    known = {"id": project.id, "name": project.name}
    named = {name: given[name] for name in known if given.get(name)}
    return bool(named) and all(known[name] == value for name, value in named.items())


def _shown(call: Call, token: records.Token, catalog: bool) -> dict[str, Any]:
    world = call.cloud.world
    user = world.users[token.user_id]
    shown: dict[str, Any] = {
        "methods": list(token.methods),
        "issued_at": times.iam(token.issued),
        "expires_at": times.iam(token.expires),
        "user": {
            "id": user.id,
            "name": user.name,
            "domain": _named(world.domains[user.domain_id]),
            "password_expires_at": "",
        },
        "roles": [{"id": "0", "name": "op_gated_simulated"}, {"id": "1", "name": "te_admin"}],
    }
    if token.agency_id:
        agency = world.agencies[token.agency_id]
        owner = _named(world.domains[agency.domain_id])
        shown["assumed_by"] = {"user": shown["user"]}
        shown["user"] = {"id": agency.id, "name": f"{owner['name']}/{agency.name}", "domain": owner}
    if token.project_id:
        project = world.projects[token.project_id]
        shown["project"] = {**_named(project), "domain": _named(world.domains[project.domain_id])}
    else:
        shown["domain"] = _named(world.domains[token.domain_id or user.domain_id])
    if catalog:
        shown["catalog"] = _catalog(call, token.project_id)
    return {"token": shown}


def _named(thing: Any) -> dict[str, str]:
    return {"id": thing.id, "name": thing.name}


def _catalog(call: Call, project_id: str | None) -> list[dict[str, Any]]:
    """Service types as clients look for them; they differ from cloud to cloud."""
    base = call.base_url
    rows: list[tuple[str, str, str, str]] = [("identity", "keystone", f"{base}/v3", "*")]
    rows.append(("iam", "iam", f"{base}/v3.0", "*"))
    if project_id:
        region, home = call.cloud.world.projects[project_id].region, call.cloud.world.region
        region = region or home
        base = call.root_url if region == home else f"{call.root_url}/{region}"
        volume = f"{base}/volume/v3/{project_id}"
        rows += [
            ("image", "glance", f"{base}/image", region),
            ("ims", "ims", base, region),
            ("imsv2", "imsv2", f"{base}/v2", region),
            ("volumev3", "cinderv3", volume, region),
            ("block-storage", "cinder", volume, region),
            ("volumev2", "cinderv2", f"{base}/volume/v2/{project_id}", region),
            ("evs", "evs", f"{base}/v3/{project_id}", region),
            ("ecs", "ecs", f"{base}/v1/{project_id}", region),
            ("compute", "nova", f"{base}/v2.1/{project_id}", region),
            ("cbr", "cbr", f"{base}/v3/{project_id}", region),
            ("csbs", "csbs", f"{base}/v1/{project_id}", region),
        ]
    return [_catalog_entry(*row) for row in rows]


def _catalog_entry(kind: str, name: str, url: str, region: str) -> dict[str, Any]:
    endpoint = {
        "id": f"{kind}-public",
        "interface": "public",
        "region": region,
        "region_id": region,
        "url": url,
    }
    return {"type": kind, "id": f"service-{kind}", "name": name, "endpoints": [endpoint]}


@ROUTES.on("GET", "/v3/auth/tokens", action="iam:tokens:get", scope="account")
def show_token(call: Call) -> Reply:
    value = call.headers.get("x-subject-token") or ""
    token = call.cloud.world.tokens.get(value)
    if token is None or call.cloud.clock.now() >= token.expires:
        raise _refused(404, "The token does not exist or has expired.")
    return Reply(200, _shown(call, token, True), {"X-Subject-Token": value})


# --- temporary keys


@ROUTES.on(
    "POST",
    "/v3.0/OS-CREDENTIAL/securitytokens",
    action="iam:securitytokens:create",
    scope="open",
)
def create_temporary_key(call: Call) -> Reply:
    identity = _body(call)["identity"]
    methods = identity.get("methods") or []
    given: dict[str, Any]
    agency_id: str | None = None
    if methods == ["token"]:
        given = identity.get("token") or {}
        value = given.get("id") or call.headers.get("x-auth-token") or ""
        token = _valid_token(call, value)
        user, agency_id = call.cloud.world.users[token.user_id], token.agency_id
    elif methods == ["assume_role"]:
        given = identity.get("assume_role") or {}
        user = _caller(call)
        agency_id = _agency(call, given, user).id
    else:
        raise Refusal(400, "IAM.0011", "The method must be token or assume_role.")
    seconds = given.get("duration_seconds", 900)
    if not isinstance(seconds, int) or not 900 <= seconds <= 86400:
        raise Refusal(400, "IAM.0007", "duration_seconds must be from 900 to 86400.")
    return Reply(201, {"credential": temporary_key(call, user, agency_id, seconds)})


def temporary_key(
    call: Call, user: records.User, agency_id: str | None, seconds: float
) -> dict[str, str]:
    """Make a temporary key that lives `seconds`, as the service shows it."""
    world = call.cloud.world
    expires = call.cloud.clock.now() + seconds
    key = records.AccessKey(
        access=_random_text(world, 20).upper(),
        secret=_random_text(world, 40),
        user_id=user.id,
        label="issued",
        security_token=_random_text(world, 120),
        expires=expires,
        agency_id=agency_id,
    )
    world.access_keys[key.access] = key
    return {
        "access": key.access,
        "secret": key.secret,
        "securitytoken": str(key.security_token),
        "expires_at": times.iam(expires),
    }


# --- projects and accounts


@ROUTES.on("GET", "/v3/projects", action="iam:projects:list", scope="account")
def list_projects(call: Call) -> Reply:
    """All projects of the account, whoever may work in them."""
    name = call.arg("name")
    found = [
        project
        for project in call.cloud.world.projects.values()
        if project.domain_id == call.caller.domain_id and name in (None, project.name)
    ]
    how = call.cloud.switches["projects_by_name"]
    if name and how == "none":
        found = []
    elif name and how == "many":
        found = found * 2
    return Reply(200, _projects(call, found))


@ROUTES.on("GET", "/v3/auth/projects", action="iam:auth:projects", scope="account")
def list_own_projects(call: Call) -> Reply:
    world = call.cloud.world
    return Reply(200, _projects(call, [world.projects[p] for p in call.caller.project_ids]))


def _projects(call: Call, projects: list[records.Project]) -> dict[str, Any]:
    rows = [
        {
            "id": project.id,
            "name": project.name,
            "domain_id": project.domain_id,
            "parent_id": project.domain_id,
            "enabled": True,
            "is_domain": False,
            "description": "",
            "links": {"self": f"{call.base_url}/v3/projects/{project.id}"},
        }
        for project in projects
    ]
    links = {"self": call.base_url + call.path, "previous": None, "next": None}
    return {"projects": rows, "links": links}


@ROUTES.on("GET", "/v3/auth/domains", action="iam:auth:domains", scope="account")
def list_domains(call: Call) -> Reply:
    domain = call.cloud.world.domains[call.caller.domain_id]
    row = {**_named(domain), "enabled": True, "description": "", "links": {"self": ""}}
    links = {"self": call.base_url + call.path, "previous": None, "next": None}
    return Reply(200, {"domains": [row], "links": links})


@ROUTES.on("GET", "/v3", action="iam:versions:get", scope="open")
def show_version(call: Call) -> Reply:
    version = {
        "id": "v3.6",
        "status": "stable",
        "updated": "2016-04-04T00:00:00Z",
        "links": [{"rel": "self", "href": f"{call.base_url}/v3/"}],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
        ],
    }
    return Reply(200, {"version": version})
