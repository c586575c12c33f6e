# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/_sim`: how a test steers the cloud and looks behind it. Never counted, slowed or faulted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest

if TYPE_CHECKING:
    from .simulator import Simulator
    from .world import World


# The calls, by path.
PATHS = {
    "/_sim/faults": "POST",
    "/_sim/age": "POST",
    "/_sim/reset": "POST",
    "/_sim/requests": "GET",
    "/_sim/state": "GET",
}


def publish(app: Flask, simulator: Simulator) -> None:
    """Give `app`, whose URL map has the paths, what they do."""

    def faults() -> Response | tuple[Response, int]:
        try:
            simulator.faults(request.get_json(force=True))
        except (ValueError, TypeError, AttributeError, BadRequest) as error:
            return jsonify({"error": str(error)}), 400
        return jsonify({"switches": simulator.cloud.switches.values})

    def age() -> Response | tuple[Response, int]:
        seconds = (request.get_json(force=True, silent=True) or {}).get("seconds")
        if not isinstance(seconds, (int, float)) or seconds < 0:
            return jsonify({"error": "seconds must be a number that is not negative"}), 400
        simulator.age(seconds)
        return jsonify({"now": simulator.clock.now()})

    def reset() -> Response:
        wanted = request.get_json(force=True, silent=True) or {}
        simulator.reset(seed=wanted.get("seed"), tame=wanted.get("tame"))
        return jsonify({"seed": simulator.cloud.seed})

    views = (
        *(faults, age, reset),
        *(lambda: jsonify(simulator.requests), lambda: jsonify(simulator.state())),
    )
    app.view_functions.update(zip(PATHS, views, strict=True))


def state_of(simulator: Simulator) -> dict[str, Any]:
    """What exists now, as it really is and not as the APIs show it; no credentials."""
    cloud = simulator.cloud
    return {
        "now": cloud.clock.now(),
        "seed": cloud.seed,
        "switches": dict(cloud.switches.values),
        "rules": [{**r.text, "matched": r.matched, "struck": r.struck} for r in simulator.rules],
        **{kind: things_of(simulator, kind) for kind in _KINDS},
    }


def things_of(simulator: Simulator, kind: str) -> list[dict[str, Any]]:
    """Those of one kind (images, jobs, backups, vaults, volumes, servers) as `state_of` has
    them."""
    cloud = simulator.cloud
    now = cloud.clock.now()
    return [_KINDS[kind](thing, now) for thing in _existing(cloud.world, kind)]


def _existing(world: World, kind: str) -> Iterable[Any]:
    things = getattr(world, kind).values()
    return (image for image in things if not image.public) if kind == "images" else things


def _plain(thing: Any, _now: float) -> dict[str, Any]:
    return dataclasses.asdict(thing)


def _image(image: Any, now: float) -> dict[str, Any]:
    fields = dataclasses.asdict(image)
    facets = fields.pop("facets")
    fields.pop("past")
    return {**fields, **facets, "listed": now >= image.listed_at, "deleted": image.deleted}


def _job(job: Any, now: float) -> dict[str, Any]:
    return {**dataclasses.asdict(job), "status": job.status(now)}


_KINDS: dict[str, Callable[[Any, float], dict[str, Any]]] = {
    "images": _image,
    "jobs": _job,
    "backups": _plain,
    "vaults": _plain,
    "volumes": _plain,
    "servers": _plain,
}
