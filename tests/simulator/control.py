# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/_sim``: how a test steers the cloud and looks behind it. Never counted, slowed or faulted."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest

if TYPE_CHECKING:
    from .simulator import Simulator


# The four calls, by path.
PATHS = {
    "/_sim/faults": "POST",
    "/_sim/reset": "POST",
    "/_sim/requests": "GET",
    "/_sim/state": "GET",
}


def publish(app: Flask, simulator: Simulator) -> None:
    """Give ``app``, whose URL map has the paths, what they do."""

    def faults() -> Response | tuple[Response, int]:
        try:
            simulator.faults(request.get_json(force=True))
        except (ValueError, TypeError, AttributeError, BadRequest) as error:
            return jsonify({"error": str(error)}), 400
        return jsonify({"switches": simulator.cloud.switches.values})

    def reset() -> Response:
        wanted = request.get_json(force=True, silent=True) or {}
        simulator.reset(seed=wanted.get("seed"), tame=wanted.get("tame"))
        return jsonify({"seed": simulator.cloud.seed})

    views = (faults, reset, lambda: jsonify(simulator.requests), lambda: jsonify(simulator.state()))
    app.view_functions.update(zip(PATHS, views, strict=True))


def state_of(simulator: Simulator) -> dict[str, Any]:
    """What exists now, as it really is and not as the APIs show it; no credentials."""
    cloud = simulator.cloud
    world, now = cloud.world, cloud.clock.now()
    return {
        "now": now,
        "seed": cloud.seed,
        "switches": dict(cloud.switches.values),
        "rules": [{**r.text, "matched": r.matched, "struck": r.struck} for r in simulator.rules],
        "images": [_image(image, now) for image in world.images.values() if not image.public],
        "jobs": [{**_plain(job), "status": job.status(now)} for job in world.jobs.values()],
        "backups": [_plain(thing) for thing in world.backups.values()],
        "vaults": [_plain(thing) for thing in world.vaults.values()],
        "volumes": [_plain(thing) for thing in world.volumes.values()],
        "servers": [_plain(thing) for thing in world.servers.values()],
    }


def _plain(thing: Any) -> dict[str, Any]:
    return dataclasses.asdict(thing)


def _image(image: Any, now: float) -> dict[str, Any]:
    fields = _plain(image)
    facets = fields.pop("facets")
    fields.pop("past")
    return {**fields, **facets, "listed": now >= image.listed_at, "deleted": image.deleted}
