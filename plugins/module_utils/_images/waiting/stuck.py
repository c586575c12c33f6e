# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that have been queued or saving for so long that they will never become active."""

from __future__ import annotations

from ..._cloud import ims
from ..age import Clocks
from ..context import Task
from ..model.image import Image, Job

_STATES = frozenset(("queued", "saving"))
# The slowest creation known takes hours. In seconds.
_LONGEST = 86400.0


def is_stuck(task: Task, image: Image, job_id: str | None) -> bool:
    """Whether an image is in flight only in name: too old by both clocks, and its job unknown or
    over. job_id: that of the job that makes the image, as far as this machine knows it."""
    clocks = Clocks.of(task.client)
    if image.status not in _STATES or clocks.doubt or not clocks.older(image, _LONGEST):
        return False
    return job_id is None or _is_over(task, job_id)


def _is_over(task: Task, job_id: str) -> bool:
    wire = ims.find_job(task.client, job_id)
    job = None if wire is None else Job.from_wire(wire)
    return job is None or job.succeeded or job.failed
