# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn credentials and options into a connection (where and how) and an authenticator (who)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from . import auth_methods, credentials, endpoints, environment, errors, proxies, store
from .authentication import CachedIssuer, KeyAuthenticator, TokenAuthenticator
from .censor import Secrets
from .clock import Clock
from .credentials import SelectedCredentials
from .endpoints import Endpoints
from .identities import Agency, Domain, Issued, Password, Project, Token
from .setting_values import boolean, clean_settings
from .signing import Keys
from .token_cache import TokenCache
from .transport import Tls
from .wire import Flow

Json = dict[str, Any]
T = TypeVar("T")
Proof = TypeVar("Proof", Keys, Token)

HTTP_TIMEOUT = 60.0

# Settings that belong to the region of a source and are wrong in another region.
_OF_A_REGION = ("project_id", "project_name", "endpoints")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


@dataclass(frozen=True)
class Connection:
    """Where requests go, and how; everything but who sends them.

    `project_domain`: the account of the project called `project_name`. `enterprise_project_id`: for
    new images of tasks that name none. `http_timeout`: seconds without a byte. `notes`: remarks
    about how the settings were read.
    """

    endpoints: Endpoints
    region: str
    project_id: str = ""
    project_name: str = ""
    project_domain: Domain | None = None
    enterprise_project_id: str = ""
    notes: tuple[str, ...] = ()
    tls: Tls = field(default_factory=Tls)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    http_timeout: float = HTTP_TIMEOUT

    def url(self, service: str) -> str:
        """Return the address of `service`. Raises ConfigurationError if it is unknown."""
        return self.endpoints.url(service)

    @property
    def contradiction(self) -> str:
        """A sentence if IAM is in another region than the other services, else ''."""
        try:
            other = endpoints.region_of(self.url("iam"))
        except errors.ConfigurationError:
            return ""
        if not other or not self.region or other == self.region:
            return ""
        return (
            f"IAM is asked in the region {other}, the other services in {self.region}, and what one"
            " region issues the other may refuse: set auth_url and region to the same one."
        )


def make_connection(
    options: Mapping[str, Any], environ: Mapping[str, str], selection: SelectedCredentials
) -> Connection:
    """Return the connection that the selected credentials describe, overridden by the options.

    Raises ConfigurationError for what cannot work: a project of another region, an unsafe address,
    a missing file.
    """
    proxies.check_proxies(environ)
    given, _notes = clean_settings(options)
    notes = list(selection.notes)
    settings = _overlaid(selection, given, notes)
    auth_url = str(settings.get("auth_url") or "")
    region = settings.get("region") or endpoints.region_of(auth_url) or environment.region(environ)
    region = str(region or "")
    named_by = "project_name" if "project_name" in given else selection.spelling("project_name")
    _check_region_of_project(str(settings.get("project_name") or ""), region, named_by)
    addresses = Endpoints(
        region=region,
        explicit=_addresses(settings.get("endpoints")),
        # The profiles of openstacksdk leave the region open.
        auth_url=auth_url.replace("{region_name}", region) if region else auth_url,
        domain=settings.get("cloud_domain") or "",
        environ=environ,
    )
    addresses.check()
    return Connection(
        endpoints=addresses,
        region=region,
        project_id=str(settings.get("project_id") or ""),
        project_name=str(settings.get("project_name") or ""),
        project_domain=_project_domain(settings, selection),
        enterprise_project_id=_enterprise_project(settings, selection),
        notes=tuple(notes),
        tls=_tls(settings, environ, selection.spelling),
        environ=environ,
        http_timeout=float(settings.get("http_timeout") or HTTP_TIMEOUT),
    )


def _overlaid(selection: SelectedCredentials, given: Mapping[str, Any], notes: list[str]) -> Json:
    """Return the settings of the source, without those of another region or project, overridden by
    those of the task."""
    below = dict(selection.settings)
    region = given.get("region")
    # A source without a region contradicts none.
    own = below.get("region") or endpoints.region_of(str(below.get("auth_url") or ""))
    if region and own and region != own:
        left = [name for name in _OF_A_REGION if below.pop(name, None)]
        if left:
            words = " and ".join(selection.spelling(name) for name in left)
            notes.append(f"{words} of {selection.source} left out: of {own}, not of {region}")
    if given.get("project_id") or given.get("project_name"):
        below.pop("project_id", None)
        below.pop("project_name", None)
    both = {**_addresses(below.get("endpoints")), **_addresses(given.get("endpoints"))}
    return {**below, **given, "endpoints": both}


def _check_region_of_project(project: str, region: str, named_by: str) -> None:
    """Raise ConfigurationError for a project of another region. Projects are named like their
    region, or <region>_<suffix>."""
    other = endpoints.region_of_project(project)
    if other and other != region and endpoints.cloud_of(region):
        raise errors.ConfigurationError(
            f"The project {project!r} ({named_by}) is of the region {other}, but the region is"
            f" {region}. Set region to {other}, or project_name to a project of {region}."
        )


def _project_domain(settings: Mapping[str, Any], selection: SelectedCredentials) -> Domain | None:
    """Return the account of the project. Keystone requires it beside a project name; OpenStack's
    clients always send it."""
    if selection.agency is not None:
        return selection.agency.domain
    name, number = (str(settings.get(f"project_domain_{kind}") or "") for kind in ("name", "id"))
    if name or number:
        return Domain(name, number)
    return selection.method.domain if isinstance(selection.method, Password) else None


def _enterprise_project(settings: Mapping[str, Any], selection: SelectedCredentials) -> str:
    value = str(settings.get("enterprise_project_id") or "")
    if value not in ("", "0") and not _UUID.match(value):
        raise errors.ConfigurationError(
            f"{selection.spelling('enterprise_project_id')}: {value[:40]!r} is not the id of an"
            " enterprise project (0 or a UUID)."
        )
    return "" if value == "0" else value.lower()


def _addresses(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise errors.ConfigurationError("endpoints: a mapping of services to addresses is needed.")
    return {str(service): str(url).strip() for service, url in value.items() if url}


def _tls(
    settings: Mapping[str, Any], environ: Mapping[str, str], spelling: auth_methods.Spelling
) -> Tls:
    certificate = _file(settings, "client_cert", environ, spelling)
    key = _file(settings, "client_key", environ, spelling)
    if key and not certificate:
        had, lacks = spelling("client_key"), spelling("client_cert")
        raise errors.ConfigurationError(f"{had} was given without {lacks}.")
    # A certificate file may contain its key.
    cert: str | tuple[str, str] | None = (certificate, key) if key else certificate or None
    if not _verified(settings, spelling):
        return Tls(verify=False, cert=cert)
    bundle = _file(settings, "ca_cert", environ, spelling) or _bundle(environ)
    return Tls(verify=bundle or True, cert=cert)


def _verified(settings: Mapping[str, Any], spelling: auth_methods.Spelling) -> bool:
    if settings.get("validate_certs") is not None:
        return settings["validate_certs"] is not False
    insecure = settings.get("insecure")
    return insecure is None or not boolean(insecure, spelling("insecure"))


def _bundle(environ: Mapping[str, str]) -> str:
    """Return the CA bundle of the variables that requests itself reads, '' if none is set."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((_file(environ, name, environ) for name in names if environ.get(name)), "")


def _file(
    values: Mapping[str, Any],
    name: str,
    environ: Mapping[str, str],
    spelling: auth_methods.Spelling = str,
) -> str:
    if not values.get(name):
        return ""
    path = environment.path(str(values[name]), environ)
    if "-----BEGIN" in path:
        # The Terraform provider of OTC accepts that. A private key must not be quoted.
        raise errors.ConfigurationError(
            f"{spelling(name)} holds the text of a file. Write it to a file, and give its path."
        )
    if not os.path.exists(path):
        raise errors.ConfigurationError(f"{name}: there is no file {path}.")
    return path


def make_authenticator(
    selection: SelectedCredentials,
    place: Connection,
    secrets: Secrets,
    clock: Clock,
    *,
    cached: bool = False,
    run_key: bytes | None = None,
) -> KeyAuthenticator | TokenAuthenticator:
    """Return what authenticates requests by the method and the agency selected. Sends nothing yet.

    `cached`: keep what IAM issues for the next tasks of this machine, as far as that is safe.
    `run_key`: see `password_proof`.
    """
    _register(selection.method, secrets)
    secrets.add(*proxies.passwords(place.environ))
    builder = _Builder(selection, place, secrets, clock, cached, run_key)
    caller = builder.caller()
    return caller if selection.agency is None else builder.agency(selection.agency, caller)


def _register(method: auth_methods.Method, secrets: Secrets) -> None:
    if isinstance(method, Keys):
        secrets.add(method.access_key, method.secret_key, method.security_token)
    elif isinstance(method, Password):
        secrets.add(method.password)
    elif isinstance(method, Token):
        secrets.add(method.id)


@dataclass(frozen=True)
class _Builder:
    selection: SelectedCredentials
    place: Connection
    secrets: Secrets
    clock: Clock
    cached: bool
    run_key: bytes | None = field(repr=False)

    def caller(self) -> KeyAuthenticator | TokenAuthenticator:
        """Return the authenticator of the credentials that were found."""
        method = self.selection.method
        if isinstance(method, Keys):
            return self._by_keys(self._given(method))
        if isinstance(method, Token):
            return self._by_token(self._given(method))
        if isinstance(method, Password):
            # To assume an agency it is needed once a day, and is good for the whole account.
            cache = None if self.selection.agency else self._cache(Token)
            return self._by_token(self._issued(lambda: self._token_of(method), cache))
        # Not cached: the metadata service is on this machine, and the server's agency may change,
        # which nothing here would notice.
        return self._by_keys(self._issued(self._keys_of_instance))

    def agency(
        self, agency: Agency, caller: KeyAuthenticator | TokenAuthenticator
    ) -> KeyAuthenticator | TokenAuthenticator:
        """Return the authenticator of the agency that `caller` assumes: keys by keys, a token by a
        token."""
        from . import iam

        if isinstance(caller, KeyAuthenticator):
            of_instance = isinstance(self.selection.method, auth_methods.Metadata)
            return self._by_keys(
                self._issued(
                    lambda: iam.keys_by_agency(self._iam, agency, caller.flow, self.clock.time()),
                    None if of_instance else self._cache(Keys),
                )
            )
        return self._by_token(
            self._issued(
                lambda: iam.token_by_agency(
                    self._iam, agency, self._project(), caller.flow, self.clock.time()
                ),
                self._cache(Token),
            )
        )

    @property
    def _iam(self) -> str:
        return self.place.url("iam")

    def _token_of(self, user: Password) -> Flow[Issued[Token]]:
        """Request a token for the project. To assume an agency is a right in the account, so that
        token is for the account."""
        from . import iam

        scope = self._project()
        if self.selection.agency is not None:
            scope = {"domain": user.domain.as_json()} if user.domain else {}
        return iam.token_by_password(self._iam, user, scope, self.clock.time())

    def _project(self) -> Json:
        if self.place.project_id:
            return {"project": {"id": self.place.project_id}}
        name = self.place.project_name or self.place.region
        if not name:
            raise errors.ConfigurationError("No region: set region, project_name or project_id.")
        domain = self.place.project_domain
        return {"project": {"name": name, **({"domain": domain.as_json()} if domain else {})}}

    def _keys_of_instance(self) -> Flow[Issued[Keys]]:
        from . import iam

        address = self.place.url("metadata")
        try:
            return (yield from iam.keys_from_metadata(address, self.secrets.add, self.clock.time()))
        except errors.CloudError as error:
            raise credentials.no_credentials_error(self.selection, str(error)) from error

    def _given(self, value: Proof) -> CachedIssuer[Proof]:
        def issue() -> Flow[Issued[Proof]]:
            yield from ()
            return Issued(value)

        return CachedIssuer(issue, self.clock, renewable=False, on_issued=self._register)

    def _issued(
        self, issue: Callable[[], Flow[Issued[Proof]]], cache: TokenCache[Proof] | None = None
    ) -> CachedIssuer[Proof]:
        return CachedIssuer(issue, self.clock, on_issued=self._register, cache=cache)

    def _register(self, value: Keys | Token) -> None:
        """Register what was issued as a secret, before it is used."""
        _register(value, self.secrets)

    def _by_keys(self, supply: CachedIssuer[Keys]) -> KeyAuthenticator:
        source, projects = self.selection.source, self._cache(Project)
        return KeyAuthenticator(source, supply, self.place, self.clock, projects)

    def _by_token(self, supply: CachedIssuer[Token]) -> TokenAuthenticator:
        source, projects = self.selection.source, self._cache(Project)
        return TokenAuthenticator(source, supply, self.place, self.clock, projects)

    def _cache(self, kind: Callable[..., T]) -> TokenCache[T] | None:
        """Return the cache of tokens, keys or project ids for these credentials and this project.

        Project ids are no secret, and the cloud refuses them to others; they are kept by the name
        of who asks. Tokens and keys serve only tasks that give the same secret. A secret key or a
        token cannot be guessed and goes into the name of the file; a password can, and has a proof.
        """
        if not self.cached:
            return None
        agency, method, environ = self.selection.agency, self.selection.method, self.place.environ
        is_secret = kind is not Project

        def identity() -> list[Any]:
            assumed = agency and agency.as_json()
            secret = method.secret_key if is_secret and isinstance(method, Keys) else ""
            # Without verification, an attacker between the task and IAM knows what was issued.
            unverified = ["unverified"] if self.place.tls.verify is False else []
            return [self._iam, *_identity(method), secret, assumed, self._project(), *unverified]

        if not is_secret:
            return TokenCache(kind, identity, lambda: store.cache_directory(environ), self.clock)
        proof = None
        if isinstance(method, Password):
            from .password_proof import PasswordProof

            proof = PasswordProof(method.password, self.run_key)
        return TokenCache(
            kind, identity, lambda: store.memory_directory(environ), self.clock, proof
        )


def _identity(method: auth_methods.Method) -> list[str]:
    """Return who authenticates by `method`, without passwords and secret keys."""
    if isinstance(method, Keys):
        return ["keys", method.access_key]
    if isinstance(method, Token):
        return ["token", method.id]
    if isinstance(method, Password):
        domain = method.domain or Domain()
        return ["user", method.user_id, method.username, domain.id, domain.name]
    return ["metadata"]
