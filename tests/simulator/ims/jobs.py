# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asynchronous jobs: starting them, letting them change the world, and telling of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import records, times
from ..api import Call, Reply, Routes
from ..errors import Refusal

ROUTES = Routes("ims")
INIT_SECONDS = 2.0
# How long jobs take, in seconds: durations that users and acceptance tests have reported.
SECONDS = {
    "whole-server": 540.0,
    "whole-backup": 60.0,
    "copy": 131.0,
    "import": 245.0,
    "export": 180.0,
    "standard": 240.0,
}
REASONS = {
    "IMG.0014": "The backend service failed.",
    "IMG.0055": "The disk of the image file is not smaller than min_disk.",
    "IMG.0057": "The image file is empty, missing, of a wrong format, or cannot be read.",
    "IMG.0059": "The image file is larger than allowed.",
    "IMG.0060": "Too many tasks run at the same time; try again later.",
    "IMG.0095": "The key does not exist.",
    "IMG.0097": "The key is disabled.",
    "IMG.0099": "There is no permission to use the key.",
    "IMG.0158": "Only ZVHD2 files, or RAW files with their bitmap file, can be imported quickly.",
    "IMG.0182": "The vault has too little room.",
}


def _nothing(_when: float) -> None:
    """Nothing more happens."""


@dataclass
class Work:
    """What a job is to do: its image, whether it is bound to fail, and what else changes."""

    kind: str
    type: str
    task: str
    image: records.Image
    failure: str | None = None
    done: Callable[[float], None] = _nothing
    failed: Callable[[float], None] = _nothing
    halfway: Callable[[float], None] = _nothing


def failure_of(call: Call, own: str | None) -> tuple[str, str] | None:
    """Code and reason of the failure, from a fault rule or from the work itself."""
    effects = call.effects.get("job", {})
    code = effects.get("fail") or own
    if not code:
        return None
    return code, effects.get("reason") or REASONS.get(code, "The job has failed.")


def launch(call: Call, work: Work) -> Reply:
    """Start `work` now; the answer is the job's id."""
    job = _record(call, work)
    image = work.image
    image.created = image.updated = job.begin
    image.status = "queued"
    image.born_at = job.started
    image.listed_at = job.begin + list_delay(call, "job")
    world = call.cloud.world
    world.jobs[job.id] = job
    world.add_image(image)
    _plan(call, job, work)
    return Reply(200, {"job_id": job.id})


def _record(call: Call, work: Work) -> records.Job:
    cloud, now = call.cloud, call.now
    effects = call.effects.get("job", {})
    jitter = float(cloud.switches["duration_jitter"])
    usual = SECONDS[work.kind] * cloud.rng.uniform(1 - jitter, 1 + jitter)
    duration = float(effects.get("duration", usual))
    failure = failure_of(call, work.failure)
    return records.Job(
        id=cloud.world.new_job_id(),
        type=work.type,
        project_id=call.project_id,
        kind=work.kind,
        begin=now,
        known_at=now + cloud.delay("job_unknown"),
        started=now + call.takes(INIT_SECONDS),
        # What makes a job fail is found out halfway.
        end=now + call.takes(INIT_SECONDS + duration * (0.5 if failure else 1.0)),
        image_id=named_id(call, work.image, effects),
        image_name=work.image.facets.name,
        task=work.task,
        failure=failure,
        effects=effects,
    )


def named_id(call: Call, image: records.Image, effects: Mapping[str, Any]) -> str:
    """The id by which an answer calls the new image: by a rule's `names` another one's, either
    told by the rule or, for "older", the newest of that name that was there before."""
    wanted = effects.get("names")
    if wanted != "older":
        return wanted or image.id
    own = [one for one in call.cloud.world.own_images(call.project_id) if one.id != image.id]
    of_name = [one for one in own if one.facets.name == image.facets.name]
    return max(of_name or [image], key=lambda one: one.created).id


def list_delay(call: Call, action: str) -> float:
    """How long lists do not show the new image; `action` is that of rules which may say so."""
    delay = call.cloud.delay("list_delay")
    told = call.effects.get(action, {}).get("list_delay")
    return delay if told is None else call.takes(float(told))


def _plan(call: Call, job: records.Job, work: Work) -> None:
    """Queue what will happen to the world while the job runs."""
    world, image = call.cloud.world, work.image
    span = job.end - job.started

    def saving(when: float) -> None:
        image.status = "saving"
        image.updated = when
        work.halfway(when)

    world.at(job.started + span * 0.3, saving)
    if job.failure:
        world.at(job.end, lambda when: _fail(call, image, work, when))
        return
    skew = call.takes(float(job.effects.get("status_skew", _skew(call))))
    wanted = job.effects.get("image")
    if wanted != "saving":
        world.at(max(job.started + span * 0.5, job.end + skew), lambda when: activate(image, when))
    world.at(job.end, work.done)
    if wanted:
        world.at(job.end, lambda when: spoil(call, image, wanted))


def _skew(call: Call) -> float:
    most = float(call.cloud.switches["status_skew"])
    return call.cloud.rng.uniform(-most, most)


def activate(image: records.Image, when: float) -> None:
    """The image can be used from now on."""
    if image.status in ("queued", "saving"):
        image.status = "active"
        image.updated = image.active_at = when


def _fail(call: Call, image: records.Image, work: Work, when: float) -> None:
    effects = call.effects.get("job", {})
    spoil(call, image, effects.get("image", call.cloud.switches["failed_image"]))
    work.failed(when)


def spoil(call: Call, image: records.Image, how: str) -> None:
    """The image ends as `killed`, stays `saving` for ever, or vanishes."""
    if how == "saving":
        return
    if how == "killed":
        image.status = "killed"
    else:
        call.cloud.world.images.pop(image.id, None)
    for backup in call.cloud.world.backups.values():
        if image.id in backup.image_ids:
            backup.image_ids.remove(image.id)


# --- queries


@ROUTES.on("GET", "/v1/<pid>/jobs/<job_id>", action="ims:images:get")
def show_job(call: Call, job_id: str) -> Reply:
    return Reply(200, _show(call, _find(call, job_id)))


@ROUTES.on("GET", "/v1/cloudimages/job/<job_id>", action="ims:images:get")
def show_job_progress(call: Call, job_id: str) -> Reply:
    job = _find(call, job_id)
    shown = _show(call, job)
    if shown["entities"]:
        shown["entities"]["subJobId"] = _sub_id(job)
    return Reply(200, shown)


def _find(call: Call, job_id: str) -> records.Job:
    job = call.cloud.world.jobs.get(job_id)
    kept = call.cloud.switches["jobs_kept"]
    forgotten = job is not None and kept is not None and call.now > job.end + call.takes(kept)
    if forgotten or job is None or job.project_id != call.project_id or call.now < job.known_at:
        status = int(call.cloud.switches["job_unknown_answer"])
        raise Refusal(status, "IMG.0023", "Failed to query the job: no such job.")
    return job


def _sub_id(job: records.Job) -> str:
    return f"{random.Random(job.id).getrandbits(128):032x}"


def _show(call: Call, job: records.Job) -> dict[str, Any]:
    status = job.status(call.now)
    failed = status == "FAIL" and job.failure
    return {
        "status": status,
        "job_id": job.id,
        "job_type": job.type,
        "begin_time": times.job(job.begin),
        "end_time": times.job(job.end) if status in ("SUCCESS", "FAIL") else "",
        "error_code": failed[0] if failed else None,
        "fail_reason": failed[1] if failed else None,
        "entities": _entities(call, job, status),
    }


def _entities(call: Call, job: records.Job, status: str) -> dict[str, Any]:
    if job.results:
        return {"results": job.results} if status == "SUCCESS" else {}
    if status in ("INIT", "FAIL") or job.effects.get("empty"):
        return {}
    if status == "SUCCESS":
        return _image_entities(job)
    entities: dict[str, Any] = {"image_name": job.image_name}
    entities.update(_progress(call, job))
    if call.cloud.switches["image_id_in_job"] == "running" and not job.effects.get("image_id_in"):
        entities["image_id"] = job.image_id
    return entities


def _image_entities(job: records.Job) -> dict[str, Any]:
    where = job.effects.get("image_id_in", "entities")
    if where == "results":
        result = {"image_id": job.image_id, "project_id": job.project_id, "status": "success"}
        return {"results": [result]}
    entities = {"image_name": job.image_name, "image_id": job.image_id}
    if where == "entities":
        return entities
    sub_job = {
        "status": "SUCCESS",
        "job_id": _sub_id(job),
        "job_type": "imsCopyVolumeToImageJob",
        "begin_time": times.job(job.begin),
        "end_time": times.job(job.end),
        "error_code": None,
        "fail_reason": None,
        "entities": entities,
    }
    return {"sub_jobs_result": [sub_job], "sub_jobs_list": [sub_job["job_id"]]}


def _progress(call: Call, job: records.Job) -> dict[str, Any]:
    """`current_task` and `process_percent`, as far as this job tells them."""
    everything = call.cloud.switches["optional_fields_of_jobs"] == "all"
    told = random.Random(job.id + "told").choice((3, 3, 2, 1, 0))
    how = job.effects.get("percent", call.cloud.switches["process_percent"])
    fraction = round((call.now - job.started) / max(job.end - job.started, 0.001), 2)
    shown: dict[str, Any] = {}
    if everything or told & 1:
        shown["current_task"] = job.task
    if how != "absent" and (everything or told & 2 or "percent" in job.effects):
        percent = int(fraction * 100)
        ways = {"fraction": fraction, "percent": percent, "string": str(percent)}
        shown["process_percent"] = ways[how]
    return shown
