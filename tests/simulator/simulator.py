# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated cloud as one object: a WSGI application and the handles to steer it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any

from flask import Flask
from werkzeug import routing

from . import cbr, control, csbs, ecs, evs, iam, ims, metadata
from .api import Route
from .clock import Clock, RealClock
from .cloud import Cloud
from .faults import Faults, Rule
from .gateway import Gateway
from .journal import Journal
from .seed import FLEET, REGION, identity

_SERVICES = ("iam", "ims", "evs", "ecs", "cbr", "csbs")
# OpenStack clients discover versions at a service's root; one port has one root only.
_PREFIXES = ("/image", "/volume")
_VERSION_PATHS = {"", "/", "/v2", "/v2/", "/v3", "/v3/"}


@functools.cache
def _routes() -> list[Route]:
    routes = [*iam.ROUTES.all, *metadata.ROUTES.all, *ims.routes()]
    return [*routes, *evs.ROUTES.all, *ecs.ROUTES.all, *cbr.ROUTES.all, *csbs.ROUTES.all]


@functools.cache
def _url_map() -> routing.Map:
    """The paths of all APIs; compiled once, as that takes longer than making a world."""
    rules = [routing.Rule(r.path, endpoint=r.name, methods=[r.method]) for r in _routes()]
    rules += [routing.Rule(path, endpoint=path, methods=[m]) for path, m in control.PATHS.items()]
    return routing.Map(rules, strict_slashes=False)


class Simulator:
    """A cloud in this process. `latency` is in milliseconds and varies by a half, `fleet` is
    the number of servers in the fleet."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        seed: int = 0,
        tame: bool = False,
        latency: float = 0,
        fleet: int = FLEET,
        region: str = REGION,
        log: IO[str] | None = None,
    ) -> None:
        self.clock: Clock = clock or RealClock()
        self.cloud = Cloud(self.clock, seed, tame, fleet, region)
        self._faults = Faults(seed)
        self._journal = Journal(log)
        self._gateway = Gateway(self.cloud, self._faults, self._journal, latency, seed)
        flask = Flask("simulator", static_folder=None)
        flask.url_map = _url_map()
        self._gateway.publish(flask, _routes())
        control.publish(flask, self)
        self.app: Callable[..., Iterable[bytes]] = self._without_prefix(flask)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every cloud call since the last reset, oldest first."""
        with self.cloud.lock:
            return [dict(entry) for entry in self._journal.entries]

    @property
    def rules(self) -> list[Rule]:
        return self._faults.rules

    def faults(self, wanted: Mapping[str, Any]) -> None:
        """Set `switches` and add `rules`; ValueError names what is wrong with them."""
        unknown = set(wanted) - {"switches", "rules"}
        if unknown:
            raise ValueError(f"unknown members: {sorted(unknown)}")
        with self.cloud.lock:
            self.cloud.switches.set(wanted.get("switches", {}), self.cloud.seed)
            self._faults.add(list(wanted.get("rules", [])))

    def age(self, seconds: float) -> None:
        """As if so much time had passed for all that there is, while the clock stands still: what
        is due happens, and images are older. Credentials are not."""
        with self.cloud.lock:
            self.cloud.world.settle(self.clock.now())
            self.cloud.world.age(seconds)
            self.cloud.world.settle(self.clock.now())
            self._gateway.age(seconds)

    def state(self) -> dict[str, Any]:
        """The truth behind the APIs, as of now."""
        with self.cloud.lock:
            self.cloud.world.settle(self.clock.now())
            return control.state_of(self)

    def things(self, kind: str) -> list[dict[str, Any]]:
        """A part of the state: images, jobs, backups, vaults, volumes or servers."""
        with self.cloud.lock:
            self.cloud.world.settle(self.clock.now())
            return control.things_of(self, kind)

    def reset(self, seed: int | None = None, tame: bool | None = None) -> None:
        """Initial world, no rules, default switches, empty log; the clock goes on."""
        with self.cloud.lock:
            seed = self.cloud.seed if seed is None else seed
            self.cloud.reset(seed, self.cloud.switches.tame if tame is None else tame)
            self._faults.clear(seed)
            self._journal.clear()
            self._gateway.forget()

    def _without_prefix(self, app: Flask) -> Callable[..., Iterable[bytes]]:
        """Serve the second region below its name, and `/image/…` and `/volume/…` of both like
        `/…`, but for their version documents."""
        region_path = "/" + identity.other_region(self.cloud.region)

        def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            environ["simulator.wire_path"], environ["simulator.prefix"] = path, ""
            environ["simulator.region_path"] = ""
            if path.startswith(region_path + "/"):
                path = environ["PATH_INFO"] = path[len(region_path) :]
                environ["simulator.region_path"] = region_path
            for prefix in _PREFIXES:
                rest = path[len(prefix) :]
                if path.startswith(prefix + "/") and rest not in _VERSION_PATHS:
                    environ["PATH_INFO"], environ["simulator.prefix"] = rest, prefix
            return app(environ, start_response)

        return serve

    def facts(self, url: str) -> dict[str, Any]:
        """What a client needs to use the cloud that is served at `url`."""
        world = self.cloud.world
        keys = {key.label: key for key in world.access_keys.values()}
        users = {user.label: user for user in world.users.values()}
        main = users["main"]
        return {
            "url": url,
            "auth_url": f"{url}/v3",
            "region": world.region,
            "project_id": identity.PROJECT,
            "project_name": world.projects[identity.PROJECT].name,
            "access_key": keys["main"].access,
            "secret_key": keys["main"].secret,
            "username": main.name,
            "password": main.password,
            "domain_name": identity.ACCOUNT,
            "endpoints": dict.fromkeys(_SERVICES, url),
            "others": {
                "user_id": main.id,
                "domain_id": identity.DOMAIN,
                "team_project_id": identity.TEAM_PROJECT,
                "other_region": identity.other_region(world.region),
                "other_region_project_id": identity.ELSEWHERE_PROJECT,
                "other_region_url": f"{url}/{identity.other_region(world.region)}",
                "agency": {
                    "agency_name": identity.AGENCY,
                    "agency_domain_name": identity.PARTNER,
                    "agency_domain_id": identity.PARTNER_DOMAIN,
                    "project_id": identity.PARTNER_PROJECT,
                },
                "metadata_url": url,
                **{
                    label: _credential(keys[label], world.users[keys[label].user_id])
                    for label in ("temporary", "expired", "reader", "no-lookups", "partner")
                },
            },
        }


def _credential(key: Any, user: Any) -> dict[str, Any]:
    facts = {"access_key": key.access, "secret_key": key.secret}
    if key.security_token:
        return {**facts, "security_token": key.security_token}
    return {
        **facts,
        "username": user.name,
        "password": user.password,
        "project_id": user.project_ids[0],
    }
