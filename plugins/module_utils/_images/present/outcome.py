# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task did about one image, and the result that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..context import Task
from ..model.image import Image, Job
from ..model.managed import MANAGED, WIRE_NAMES
from ..model.plan import Plan
from ..result import success


@dataclass(frozen=True)
class Outcome:
    """What a task did, or in check mode would do, about one image."""

    plan: Plan
    # None: the cloud does not show it yet, or there is none.
    image: Image | None
    tags: Mapping[str, str] | None = None
    job: Job | None = None
    resumed: bool = False
    # The pending work that a task with `wait: false` leaves.
    pending: Mapping[str, Any] | None = None

    def to_result(self, task: Task) -> dict[str, Any]:
        """Return the result of the task."""
        plan = self.plan
        image = self._image(task)
        result = success(
            changed=plan.changed,
            actions=plan.actions,
            diff=(dict(plan.before), dict(plan.after)),
            image=image,
            image_id=image["id"] if image else None,
            job_id=task.job_id,
            job=self.job.to_result() if self.job else None,
            resumed=self.resumed,
            source_verified=plan.source_verified,
        )
        if self.pending is not None:
            result["pending"] = dict(self.pending)
        return result

    def _image(self, task: Task) -> dict[str, Any] | None:
        """Return the image as it is, or as it was before it was deleted.

        Of an image that the cloud does not show yet only name and managed attributes are known.
        None: there is no image, and none is wanted.
        """
        if self.image is not None:
            return self.image.to_result(self.tags)
        after = self.plan.after
        if "name" not in after:
            return None
        wire = {WIRE_NAMES[name]: after[name] for name in MANAGED if name in after}
        image = Image.from_wire({**wire, "id": task.image_id, "name": after["name"]})
        return {**image.to_result(after.get("tags")), "id": task.image_id, "status": None}
