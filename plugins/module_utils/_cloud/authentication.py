# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authenticate requests by flows, as httpx does.

A flow yields the request with its authentication and is sent the answer. Once, it renews what has
expired and yields the request again. What it needs for that (a token, keys) it requests before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeVar

from . import environment, errors, hints, proxies, store
from .auth_methods import Agency, Issued, Metadata, Method, Password, Project, Token
from .censor import Secrets
from .clock import Clock
from .connection import Connection
from .credentials import SelectedCredentials, no_credentials_error
from .endpoints import other_region
from .signing import Keys, sign
from .token_cache import Lease, TokenCache
from .wire import Answer, Call, Flow

# Seconds before its expiry that a value is renewed.
RENEW_AHEAD = 600.0
# Seconds that a project id is kept: as long as a token, which is for one project.
PROJECT_SECONDS = 86400.0

T = TypeVar("T")


class CachedIssuer(Generic[T]):
    """Keeps what `issue` returns until shortly before it expires; with a `cache`, for later tasks
    too.

    `on_issued` is called with it before it is used. `recalled`: it was issued to an earlier task,
    so it may have been revoked.
    """

    def __init__(
        self,
        issue: Callable[[], Flow[Issued[T]]],
        clock: Clock,
        *,
        renewable: bool = True,
        on_issued: Callable[[T], None] = lambda value: None,
        cache: TokenCache[T] | None = None,
    ) -> None:
        self.renewable = renewable
        self.recalled = False
        self._issue = issue
        self._clock = clock
        self._on_issued = on_issued
        self._cache = cache
        self._value: T | None = None
        self._refused: T | None = None
        self._renew_at = 0.0
        self._ends_at = 0.0

    def get(self) -> Flow[T]:
        """Return the credential: the present one, one from the cache, or a new one.

        The request for a new one goes out while the lock of the cache is held, so that tasks that
        start together request it once. The client always closes the flow, which releases the lock.
        """
        if self._value is not None and self._clock.monotonic() < self._renew_at:
            return self._value
        if self._cache is None:
            return (yield from self._renewed())
        recalled = self._recall(self._cache)
        if recalled is not None:
            return recalled
        with self._cache.exclusive():
            # The task that held the lock before had it issued for us, too.
            recalled = self._recall(self._cache, alone=True)
            if recalled is not None:
                return recalled
            return (yield from self._renewed())

    def forget(self) -> None:
        """Drop the value: the cloud has refused it."""
        self._refused, self._value = self._value, None

    def _recall(self, cache: TokenCache[T], alone: bool = False) -> T | None:
        lease = cache.read()
        if lease is None:
            return None
        if lease.value == self._refused:
            if alone:  # else another task may be replacing it right now
                cache.drop()
            return None
        self._keep(lease, recalled=True)
        return lease.value

    def _renewed(self) -> Flow[T]:
        try:
            issued = yield from self._issue()
        except errors.CloudError:
            if self._value is not None and self._clock.monotonic() < self._ends_at:
                return self._value  # valid for some minutes; the next request tries again
            raise
        lifetime = float("inf") if issued.lifetime is None else issued.lifetime
        # Short-lived values are used for at least half of their lifetime.
        lease = Lease(issued.value, max(lifetime - RENEW_AHEAD, lifetime / 2), lifetime)
        self._keep(lease, recalled=False)
        if self._cache is not None:
            self._cache.write(lease)
        return issued.value

    def _keep(self, lease: Lease[T], *, recalled: bool) -> None:
        self._on_issued(lease.value)
        now = self._clock.monotonic()
        self._value, self.recalled, self._refused = lease.value, recalled, None
        self._renew_at, self._ends_at = now + lease.renew_in, now + lease.ends_in


class Authenticator(Generic[T]):
    """Authenticates requests: what tokens and keys have in common.

    `project_is_recalled`: the project id comes from an earlier task, so it may be out of date.
    """

    def __init__(
        self,
        source: str,
        issuer: CachedIssuer[T],
        connection: Connection,
        clock: Clock,
        projects: TokenCache[Project] | None = None,
    ) -> None:
        self.source = source
        self.project_is_recalled = False
        self._issuer = issuer
        self._connection = connection
        self._clock = clock
        self._project = CachedIssuer(self._look_up_project, clock, cache=projects)

    def flow(self, call: Call) -> Flow[Answer]:
        value = yield from self._issued()
        try:
            return (yield from self._sent(call, value))
        except errors.Unauthorized as error:
            if not self._issuer.renewable:
                raise
            refusal = error
        self._issuer.forget()
        value = yield from self._issued()
        if not self._fits(value):
            raise refusal
        return (yield from self._sent(call, value))

    def _issued(self) -> Flow[T]:
        try:
            return (yield from self._issuer.get())
        except errors.ApiError as error:
            if isinstance(error, errors.Unauthorized):
                self._explain_project(error)
            for more in (self._connection.contradiction, self._origin(error)):
                if more not in error.hint:
                    error.hint = f"{error.hint} {more}".strip()
            raise

    def _sent(self, call: Call, value: T) -> Flow[Answer]:
        try:
            return (yield self._authenticated(call, value))
        except (errors.Unauthorized, errors.Forbidden) as error:
            if not error.hint_is_cause:  # the clock of this machine
                yield from self._find_cause(error)
                hint = error.hint if error.hint_is_cause else self._hint(error)
                error.hint = f"{hint} {self._origin(error)}".strip()
            raise

    def _hint(self, error: errors.ApiError) -> str:
        """Return the hint for a refusal: from what is known of the credentials and the connection,
        else from its code.

        A 403 may mean that only a permission is missing.
        """
        elsewhere = self._connection.contradiction
        if isinstance(error, errors.Unauthorized):
            return elsewhere or self._advice(error) or error.hint
        known = self._advice(error)
        if known or error.hint != hints.PERMISSION:
            return known or elsewhere or error.hint
        return f"{error.hint} {elsewhere}".strip()

    def _origin(self, error: errors.ApiError) -> str:
        """Return where refused credentials come from; '' if they are not refused themselves."""
        return f"Credentials: {self.source}." if isinstance(error, errors.Unauthorized) else ""

    def _find_cause(self, error: errors.ApiError) -> Flow[None]:
        """Explain a refusal, as far as its cause is certain."""
        if isinstance(error, errors.Unauthorized) and not self._connection.contradiction:
            self._explain_project(error)
        yield from ()

    def _explain_project(self, error: errors.ApiError) -> None:
        """Explain a refusal that speaks of the project."""
        place = self._connection
        project = place.project_id or place.project_name or place.region
        if hints.ABOUT_PROJECTS.search(error.message) and project:
            error.explain(hints.wrong_project(project, place.project_setting, place.region))

    def find_project(self) -> Flow[str]:
        project = yield from self._project.get()
        self.project_is_recalled = self._project.recalled
        return project.id

    def forget_project(self) -> None:
        """Drop the project id: the cloud has refused it."""
        self._project.forget()

    def _look_up_project(self) -> Flow[Issued[Project]]:
        found = yield from self._named_project()
        return Issued(Project(found), PROJECT_SECONDS)

    def _named_project(self) -> Flow[str]:
        from . import iam

        name = self._connection.wanted_project
        try:
            found = yield from iam.projects(self._connection.url("iam"), self.flow, name)
        except errors.Forbidden as error:
            error.hint = hints.PROJECT_LOOK_UP
            raise
        ids = [project.id for project in found]
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise errors.ConfigurationError(
                f"Several projects are called {name!r}: {', '.join(ids)}."
                " Set project_id to one of them."
            )
        there = yield from self._names_of_projects()
        raise errors.ConfigurationError(
            f"There is no project {name!r} for these credentials{there}."
            " Set project_name or project_id."
        )

    def _names_of_projects(self) -> Flow[str]:
        from . import iam

        try:
            found = yield from iam.projects(self._connection.url("iam"), self.flow)
        except errors.CloudError:
            return ""
        names = sorted(project.name for project in found)
        return f"; there are {', '.join(names)}" if names else "; they can see none"

    def _fits(self, value: T) -> bool:
        """Return whether a value is for the project of the request."""
        return True

    def _advice(self, error: errors.ApiError) -> str:
        """Return what a refusal means for the credentials that were sent, '' if its code says
        all."""
        return ""

    def _authenticated(self, call: Call, value: T) -> Call:
        raise NotImplementedError


class KeyAuthenticator(Authenticator[Keys]):
    """Signs with an access key."""

    def _authenticated(self, call: Call, value: Keys) -> Call:
        return replace(call, headers=sign(call, value, self._clock.time()))


class TokenAuthenticator(Authenticator[Token]):
    """Sends a token."""

    # The project of the token in use, '' before it was read.
    _found = ""
    # The token in use, with its project if IAM said so.
    _known: Token | None = None

    def find_project(self) -> Flow[str]:
        """Return the project of the token, if it has one; it can be used in no other."""
        if self._issuer.renewable:
            token = yield from self._issued()
            if token.project_id:
                self.project_is_recalled = self._issuer.recalled
                self._found = self._project_of(token)
                return self._found
        return (yield from super().find_project())

    def forget_project(self) -> None:
        super().forget_project()
        if self._issuer.recalled:  # else it was issued after the refusal
            self._issuer.forget()

    def _named_project(self) -> Flow[str]:
        token = yield from self._described()
        elsewhere = self._elsewhere(token)
        if elsewhere:
            raise errors.ConfigurationError(elsewhere)
        if token.project_id:
            return self._project_of(token)
        return (yield from super()._named_project())

    def _project_of(self, token: Token) -> str:
        wanted = self._connection.project_name
        if wanted and token.project_name and wanted != token.project_name:
            raise errors.ConfigurationError(
                f"The token is for the project {token.project_name!r}, not for {wanted!r}."
            )
        return token.project_id

    def _elsewhere(self, token: Token) -> str:
        """Return a sentence if the token's project is known to be in another region, else ''."""
        region = self._connection.region
        other = other_region(token.project_name, region)
        if not other:
            return ""
        return (
            f"The token is for the project {token.project_name!r} of the region {other}, but the"
            f" region is {region}: use a token of a project in {region}, or set region to {other}."
        )

    def _find_cause(self, error: errors.ApiError) -> Flow[None]:
        """Explain a refusal by what the token is; one that the user gave is looked at now."""
        refused = isinstance(error, errors.Unauthorized)
        if self._connection.contradiction:
            return
        if not self._issuer.renewable and (refused or hints.ABOUT_PROJECTS.search(error.message)):
            yield from self._look_at_token(error)
        token, wanted = self._known, self._connection.project_id
        if token is None or error.hint_is_cause:
            return
        if not token.project_id:
            error.explain(hints.UNSCOPED)
        elif self._elsewhere(token):
            error.explain(self._elsewhere(token))
        elif wanted not in ("", token.project_id):
            error.explain(
                f"The token is for the project {token.project_name or token.project_id!r}, not for"
                f" {wanted!r} ({self._connection.project_setting}): use a token of that project, or"
                f" leave out {self._connection.project_setting}."
            )
        else:
            yield from super()._find_cause(error)

    def _look_at_token(self, error: errors.ApiError) -> Flow[None]:
        """Ask IAM about a refused token that the user gave, unless the refusal says enough."""
        from . import iam

        if hints.ABOUT_EXPIRY.search(error.message):
            error.explain(hints.EXPIRED)
        elif self._known is None:
            token = yield from self._issued()
            try:
                url = self._connection.url("iam")
                self._known = yield from iam.describe_token(url, token.id, briefly=True)
            except (errors.Unauthorized, errors.NotFound):
                error.explain(hints.DEAD)
            except errors.CloudError:
                return  # what is wrong with the token stays unknown

    def _advice(self, error: errors.ApiError) -> str:
        if isinstance(error, errors.Forbidden):
            return ""
        return hints.MAYBE_ELSEWHERE if self._issuer.renewable else hints.MAYBE_EXPIRED

    def _described(self) -> Flow[Token]:
        token = yield from self._issued()
        if self._issuer.renewable:
            return token
        from . import iam

        try:  # one that the user gave
            self._known = yield from iam.describe_token(self._connection.url("iam"), token.id)
        except errors.Unauthorized as error:
            expired = hints.ABOUT_EXPIRY.search(error.message)
            error.explain(hints.EXPIRED if expired else hints.DEAD)
            error.hint += f" {self._origin(error)}"
            raise
        except (errors.Forbidden, errors.NotFound):
            return token
        return self._known

    def _fits(self, value: Token) -> bool:
        """Return whether the token is for the project at work: a recreated project has the same
        name and another id."""
        return value.project_id in ("", self._found) or not self._found

    def _authenticated(self, call: Call, value: Token) -> Call:
        if self._issuer.renewable:
            self._known = value
        return replace(call, headers={**call.headers, "X-Auth-Token": value.id})


def make_authenticator(
    selection: SelectedCredentials,
    connection: Connection,
    secrets: Secrets,
    clock: Clock,
    *,
    cached: bool = False,
    run_key: bytes | None = None,
) -> Authenticator[Any]:
    """Return what authenticates requests by the method and the agency selected. Sends nothing yet.

    `cached`: keep what IAM issues for the next tasks of this machine, as far as that is safe.
    `run_key`: see `password_proof`.
    """
    builder = _Builder(selection, connection, secrets, clock, cached, run_key)
    builder.register(selection.method)
    secrets.add(*proxies.passwords(connection.environ))
    caller = builder.caller()
    return caller if selection.agency is None else builder.agency(selection.agency, caller)


@dataclass(frozen=True)
class _Builder:
    selection: SelectedCredentials
    connection: Connection
    secrets: Secrets
    clock: Clock
    cached: bool
    run_key: bytes | None = field(repr=False)

    def caller(self) -> Authenticator[Any]:
        """Return the authenticator of the credentials that were found."""
        method = self.selection.method
        if isinstance(method, (Keys, Token)):
            return self._authenticator(type(method), partial(_given, method), renewable=False)
        if isinstance(method, Password):
            # To assume an agency it is needed once a day, and is good for the whole account.
            keep = self.selection.agency is None
            return self._authenticator(Token, lambda: self._token_of(method), keep=keep)
        # Not kept: the metadata service is on this machine, and the server's agency may change,
        # which nothing here would notice.
        return self._authenticator(Keys, self._keys_of_instance, keep=False)

    def agency(self, agency: Agency, caller: Authenticator[Any]) -> Authenticator[Any]:
        """Return the authenticator of the agency that `caller` assumes: keys by keys, a token by a
        token."""

        def keys() -> Flow[Issued[Keys]]:
            from . import iam

            return iam.keys_by_agency(self._iam, agency, caller.flow, self.clock.time())

        def token() -> Flow[Issued[Token]]:
            from . import iam

            scope = self._project()
            return iam.token_by_agency(self._iam, agency, scope, caller.flow, self.clock.time())

        if isinstance(caller, KeyAuthenticator):
            keep = not isinstance(self.selection.method, Metadata)
            return self._authenticator(Keys, keys, keep=keep)
        return self._authenticator(Token, token)

    def _authenticator(
        self,
        kind: type,
        issue: Callable[[], Flow[Issued[Any]]],
        *,
        keep: bool = True,
        renewable: bool = True,
    ) -> Authenticator[Any]:
        issuer = CachedIssuer(
            issue,
            self.clock,
            renewable=renewable,
            on_issued=self.register,
            cache=self._cache(kind) if keep and renewable else None,
        )
        make = KeyAuthenticator if kind is Keys else TokenAuthenticator
        projects = self._cache(Project)
        return make(self.selection.source, issuer, self.connection, self.clock, projects)

    def register(self, value: Method) -> None:
        """Register the secrets in what was given or issued, before it is used."""
        if isinstance(value, Keys):
            self.secrets.add(value.access_key, value.secret_key, value.security_token)
        elif isinstance(value, Password):
            self.secrets.add(value.password)
        elif isinstance(value, Token):
            self.secrets.add(value.id)

    @property
    def _iam(self) -> str:
        return self.connection.url("iam")

    def _token_of(self, user: Password) -> Flow[Issued[Token]]:
        """Request a token for the project. To assume an agency is a right in the account, so that
        token is for the account."""
        from . import iam

        scope = self._project()
        if self.selection.agency is not None:
            scope = {"domain": user.domain.as_json()} if user.domain else {}
        return iam.token_by_password(self._iam, user, scope, self.clock.time())

    def _project(self) -> dict[str, Any]:
        if self.connection.project_id:
            return {"project": {"id": self.connection.project_id}}
        domain = self.connection.project_domain
        of = {"domain": domain.as_json()} if domain else {}
        return {"project": {"name": self.connection.wanted_project, **of}}

    def _keys_of_instance(self) -> Flow[Issued[Keys]]:
        from . import iam

        address = self.connection.url("metadata")
        try:
            return (yield from iam.keys_from_metadata(address, self.secrets.add, self.clock.time()))
        except errors.CloudError as error:
            from .settings_review import unknown_variables

            environ = self.connection.environ
            unknown, remedy = unknown_variables(environ), environment.remedy_in_awx(environ)
            raise no_credentials_error(self.selection, str(error), unknown, remedy) from error

    def _cache(self, kind: Callable[..., T]) -> TokenCache[T] | None:
        """Return the cache of tokens, keys or project ids for these credentials and this project.

        Project ids are no secret, and the cloud refuses them to others; they are kept by the name
        of who asks. Tokens and keys serve only tasks that give the same secret. A secret key or a
        token cannot be guessed and goes into the name of the file; a password can, and has a proof.
        """
        if not self.cached:
            return None
        agency, method = self.selection.agency, self.selection.method
        environ = self.connection.environ
        is_secret = kind is not Project

        def identity() -> list[Any]:
            secret = method.secret_key if is_secret and isinstance(method, Keys) else ""
            # Without verification, an attacker between the task and IAM knows what was issued.
            verified = self.connection.tls.verify is not False
            return [self._iam, *_identity(method), secret, agency, self._project(), verified]

        if not is_secret:
            return TokenCache(kind, identity, lambda: store.cache_directory(environ), self.clock)
        proof = None
        if isinstance(method, Password):
            from .password_proof import PasswordProof

            proof = PasswordProof(method.password, self.run_key)
        return TokenCache(
            kind, identity, lambda: store.memory_directory(environ), self.clock, proof
        )


def _given(value: T) -> Flow[Issued[T]]:
    yield from ()
    return Issued(value)


def _identity(method: Method) -> list[Any]:
    """Return who authenticates by `method`, without passwords and secret keys."""
    if isinstance(method, Keys):
        return ["Keys", method.access_key]
    if isinstance(method, Password):
        method = replace(method, password="")
    return [type(method).__name__, *astuple(method)]
