# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API gateway: every request passes here for its id, its log line, faults, identity, limits.

Connection faults cannot be expressed as an HTTP answer. They are left in the WSGI environment
under `simulator.connection` for whoever owns the connection: server.py or adapter.py.
"""

from __future__ import annotations

import fnmatch
import json
import random
import sys
import traceback
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import ClientDisconnected

from . import auth
from .api import Call, Caller, Reply, Route
from .cloud import Cloud
from .errors import Refusal, body_of
from .faults import Faults
from .journal import Journal, public_body

WINDOW = 300.0
ANYONE = Caller("", "nobody", "", None)
# Fault actions that reach into the operation instead of the connection or the answer.
_EFFECTS = {"job", "volume", "page", "delete"}
# Query parameters that are no filters.
_PAGING = {"limit", "offset", "marker", "sort", "sort_key", "sort_dir"}


@dataclass
class Visit:
    """One request on its way through the gateway."""

    request_id: str
    route: Route | None
    service: str
    signed: auth.Request
    entry: dict[str, Any]
    faults: list[dict[str, Any]]
    caller: Caller = ANYONE
    over: bool = False
    unanswered: bool = False
    effects: dict[str, dict[str, Any]] = field(default_factory=dict)


class Gateway:
    """Wraps the services' handlers into a Flask application."""

    def __init__(
        self, cloud: Cloud, faults: Faults, journal: Journal, latency_ms: float, seed: int
    ) -> None:
        self.cloud = cloud
        self.faults = faults
        self.journal = journal
        self.latency_ms = latency_ms
        self._rng = random.Random(f"gateway:{seed}")
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def forget(self) -> None:
        """Drop the counters of the limits."""
        self._windows.clear()

    def age(self, seconds: float) -> None:
        """The windows of the limits are so much older."""
        windows = self._windows.items()
        self._windows = {slot: (begin - seconds, count) for slot, (begin, count) in windows}

    def publish(self, app: Flask, routes: list[Route]) -> None:
        """Put the gateway before and behind `routes`, which are in the app's URL map already."""
        for route in routes:
            app.view_functions[route.name] = self._view(route)
        self._routes = {route.name: route for route in routes}
        app.before_request(self._arrive)
        app.after_request(self._leave)
        app.register_error_handler(Refusal, self._refuse)
        app.register_error_handler(404, lambda _error: self._refuse(_unpublished()))
        app.register_error_handler(405, lambda _error: self._refuse(_unpublished()))
        app.register_error_handler(Exception, self._crash)
        app.register_error_handler(ClientDisconnected, _hung_up)

    # --- arrival

    def _arrive(self) -> Response | None:
        if request.path.startswith("/_sim/"):
            return None
        if self.latency_ms:
            self.cloud.clock.sleep(self.latency_ms / 1000 * self._rng.uniform(0.5, 1.5))
        with self.cloud.lock:
            self.cloud.world.settle(self.cloud.clock.now())
            visit = self._receive()
            g.visit = visit
            early = self._faults_before(visit)
            if early is not None:
                return early
            if visit.route is None:
                return None
            self._admit(visit, visit.route)
        return None

    def _receive(self) -> Visit:
        body = request.get_data(cache=True)
        route = self._routes.get(request.endpoint or "")
        service = route.service if route else ""
        signed = auth.Request(
            method=request.method,
            path=str(request.environ["simulator.wire_path"]),
            query_string=request.environ.get("QUERY_STRING", ""),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        label = auth.label_of(signed, self.cloud.world)
        request_id = self.cloud.world.new_hex()
        entry = self.journal.open(
            time=self.cloud.clock.now(),
            method=request.method,
            path=request.path,
            query={k: v[0] if len(v) == 1 else v for k, v in request.args.lists()},
            body=public_body(service, body),
            service=service,
            region=self._region(),
            credential=label,
            request_id=request_id,
        )
        faults = self.faults.for_request(
            request.method,
            request.path,
            service,
            label,
            request.query_string.decode("utf-8", "replace"),
            body.decode("utf-8", "replace"),
        )
        entry["fault"] = [fault.get("name") or fault["action"] for fault in faults]
        visit = Visit(request_id, route, service, signed, entry, faults)
        for fault in faults:
            if fault["action"] in _EFFECTS:
                visit.effects.setdefault(fault["action"], {}).update(fault)
        return visit

    def _admit(self, visit: Visit, route: Route) -> None:
        """Who is it, how often, and may they? Raises the refusal."""
        if route.scope != "open":
            skew = self.cloud.switches["clock_skew"]
            skew += sum(f["seconds"] for f in visit.faults if f["action"] == "skew")
            path_project = (request.view_args or {}).get("pid")
            now = self.cloud.clock.now() + skew
            visit.caller = auth.identify(visit.signed, self.cloud.world, now, path_project)
        self._count(visit, route)
        if route.scope == "project":
            _check_project(visit, route)
            self._check_region(visit.caller.project_id)
        visit.entry["actions"] = route.actions
        for action in route.actions:
            if any(fnmatch.fnmatch(action, pattern) for pattern in visit.caller.denied):
                raise _forbidden(route, action)

    def _check_region(self, project_id: str | None) -> None:
        """The services of a region know its own projects only."""
        project = self.cloud.world.projects.get(project_id or "")
        if project is not None and project.region not in ("", self._region()):
            raise auth.refused("the project does not exist in this region")

    def _count(self, visit: Visit, route: Route) -> None:
        limit = self.cloud.switches["rate_limit"]
        if limit is None:
            return
        now = self.cloud.clock.now()
        slot = (visit.caller.user_id or visit.caller.label, route.name)
        begin, count = self._windows.get(slot, (now, 0))
        if now - begin >= self.cloud.takes(WINDOW):
            begin, count = now, 0
        self._windows[slot] = (begin, count + 1)
        if count >= limit:
            raise _throttled(route.service, limit)

    # --- faults

    def _faults_before(self, visit: Visit) -> Response | None:
        for fault in visit.faults:
            try:
                answer = self._fault_before(visit, fault)
            except Refusal:
                visit.over = True
                raise
            if answer is not None:
                visit.over = True
                visit.unanswered = "simulator.connection" in request.environ
                return answer
        return None

    def _fault_before(self, visit: Visit, fault: dict[str, Any]) -> Response | None:
        action = fault["action"]
        if action == "throttle":
            raise _throttled(visit.service, 200, fault.get("retry_after"))
        if action == "unauthorized":
            raise auth.refused("the token must be updated")
        if action == "answer" and not fault.get("handled"):
            raise _fault_answer(fault)
        if action == "redirect":
            return Response(status=302, headers={"Location": fault["location"]})
        if action in ("drop", "timeout", "raw") and not _is_handled(fault):
            return _connection(fault)
        if action == "stale":
            idle = request.environ.get("simulator.idle")
            if idle is not None and idle > fault.get("idle", 3):
                return _connection({"action": "drop", "how": "reset"})
        return None

    def _faults_after(self, visit: Visit, response: Response) -> Response:
        for fault in visit.faults:
            action = fault["action"]
            if action == "answer" and fault.get("handled"):
                response = self._response_of(_fault_answer(fault), visit)
            elif action == "garbage":
                response = Response("<html><body>welcome</body></html>", mimetype="text/html")
            elif action in ("drop", "timeout", "raw", "slow", "truncate") and _is_handled(fault):
                _connection(fault)
        return response

    # --- the way back

    def _view(self, route: Route) -> Any:
        def view(**path_args: str) -> Response:
            visit: Visit = g.visit
            path_args.pop("pid", None)
            with self.cloud.lock:
                return _response(route.handler(self._call(visit), **path_args))

        return view

    def _call(self, visit: Visit) -> Call:
        return Call(
            cloud=self.cloud,
            caller=visit.caller,
            method=request.method,
            path=request.path,
            query=self._query(visit),
            body=visit.signed.body,
            headers=visit.signed.headers,
            base_url=self._root_url() + request.environ["simulator.region_path"],
            root_url=self._root_url(),
            query_string=visit.signed.query_string,
            region=self._region(),
            prefix=request.environ["simulator.prefix"],
            effects=visit.effects,
        )

    def _root_url(self) -> str:
        return f"{request.scheme}://{request.host}"

    def _region(self) -> str:
        """The one whose address is called."""
        path: str = request.environ["simulator.region_path"]
        return path.strip("/") or self.cloud.world.region

    def _query(self, visit: Visit) -> dict[str, list[str]]:
        """The query parameters that the service heeds."""
        query = {name: list(values) for name, values in request.args.lists()}
        if request.method != "GET":
            return query
        ignored = [
            name
            for name in query.keys() - _PAGING
            for pattern in self.cloud.switches["ignored_filters"]
            if fnmatch.fnmatchcase(f"{visit.service}.{name}", pattern)
        ]
        return {name: values for name, values in query.items() if name not in ignored}

    def _refuse(self, refusal: Refusal) -> Response:
        visit: Visit | None = g.get("visit")
        if visit is None:
            return Response(f"{refusal}\n", refusal.status, mimetype="text/plain")
        return self._response_of(refusal, visit)

    def _response_of(self, refusal: Refusal, visit: Visit) -> Response:
        visit.entry["code"] = refusal.code
        body, mimetype = body_of(refusal, visit.service, visit.request_id)
        return Response(body, refusal.status, refusal.headers, content_type=mimetype)

    def _crash(self, error: Exception) -> Response:
        # A mistake of the simulator's own must be loud, and must not look like the cloud's.
        traceback.print_exception(error, file=sys.stderr)
        return Response(
            json.dumps({"error": {"code": "SIMULATOR", "message": repr(error)}}),
            500,
            content_type="application/json",
        )

    def _leave(self, response: Response) -> Response:
        visit: Visit | None = g.get("visit")
        if visit is None:
            return response
        if not visit.over:
            response = self._faults_after(visit, response)
        gateway, header = (self.cloud.switches[f"{name}_skew"] for name in ("clock", "date"))
        if header is not None:
            response.headers["Date"] = _http_date(self.cloud.clock.now() + gateway + header)
        name = "X-IAM-Trace-Id" if visit.service == "iam" else "X-Request-Id"
        response.headers[name] = visit.request_id
        visit.entry["status"] = None if visit.unanswered else response.status_code
        with self.cloud.lock:
            self.journal.close(visit.entry)
        return response


def _hung_up(_error: ClientDisconnected) -> Response:
    """Whoever asked was killed while he did."""
    return Response(status=400)


def _is_handled(fault: dict[str, Any]) -> bool:
    """Whether the work is done before the fault strikes."""
    return bool(fault.get("handled", fault["action"] not in ("drop", "timeout")))


def _connection(fault: dict[str, Any]) -> Response:
    request.environ["simulator.connection"] = fault
    return Response(status=204)


def _response(reply: Reply) -> Response:
    if reply.body is None:
        response = Response(status=reply.status, headers=dict(reply.headers))
        del response.headers["Content-Type"]
        return response
    if isinstance(reply.body, str):
        return Response(reply.body, reply.status, dict(reply.headers), mimetype="text/plain")
    text = json.dumps(reply.body, ensure_ascii=False)
    return Response(text, reply.status, dict(reply.headers), content_type="application/json")


def _http_date(moment: float) -> str:
    return formatdate(moment, usegmt=True)


def _fault_answer(fault: dict[str, Any]) -> Refusal:
    status = fault.get("status", 500)
    return Refusal(
        status,
        str(fault.get("code", f"SIM.{status}")),
        fault.get("message", f"injected fault {status}"),
        shape=fault.get("shape"),
        text=fault.get("text"),
        headers={name: str(value) for name, value in fault.get("headers", {}).items()},
    )


def _throttled(service: str, limit: int, retry_after: float | None = None) -> Refusal:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if service == "iam":
        return Refusal(429, "IAM.0012", "too many requests", shape="gateway", headers=headers)
    text = (
        "The throttling threshold has been reached: "
        f"policy user over ratelimit,limit:{limit},time:5 minute"
    )
    return Refusal(429, "APIGW.0308", text, shape="gateway", headers=headers)


def _unpublished() -> Refusal:
    text = "The API does not exist or has not been published in the environment"
    return Refusal(404, "APIGW.0101", text, shape="gateway")


def _check_project(visit: Visit, route: Route) -> None:
    """A credential works in one project; each service says so in its own way."""
    path_project = (request.view_args or {}).get("pid")
    project_id = visit.caller.project_id
    if project_id is None:
        raise auth.refused("the request names no project")
    if path_project is None or path_project == project_id:
        return
    if route.service == "ims":
        raise Refusal(400, "IMG.0030", "The project does not match the token.")
    if route.service == "evs":
        raise Refusal(400, "Common.0018", "The tenant id in the path does not match the token.")
    raise Refusal(403, "APIGW.0302", "the project is not the token's", shape="gateway")


def _forbidden(route: Route, action: str) -> Refusal:
    text = f"Policy doesn't allow {action} to be performed."
    if route.service == "ims":
        return Refusal(403, "IMG.0026", text)
    if route.service == "evs":
        return Refusal(403, "EVS.5403", text)
    if route.service == "iam":
        return Refusal(403, "IAM.0002", text, shape="gateway")
    return Refusal(403, "APIGW.0302", text, shape="encoded")
