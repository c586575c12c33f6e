# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task did about one image, and the result that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..context import Task
from ..model.decision import Decision
from ..model.image import Image, Job
from ..model.managed import MANAGED, WIRE_NAMES, Tags
from ..result import success


class Outcome(NamedTuple):
    """What a task did, or in check mode would do, about one image."""

    decision: Decision
    # None: the cloud does not show it yet, or there is none.
    image: Image | None
    tags: Tags | None = None
    job: Job | None = None
    resumed: bool = False
    # The pending work that a task with `wait: false` leaves.
    pending: Mapping[str, Any] | None = None

    def to_result(self, task: Task) -> dict[str, Any]:
        """Return the result of the task."""
        decision = self.decision
        image = self._image(task)
        result = success(
            changed=decision.changed,
            actions=decision.actions,
            diff=(dict(decision.before), dict(decision.after)),
            image=image,
            image_id=image["id"] if image else None,
            job_id=task.job_id,
            job=self.job.to_result() if self.job else None,
            resumed=self.resumed,
            source_verified=decision.source_verified,
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
        after = self.decision.after
        if "name" not in after:
            return None
        wire = {WIRE_NAMES[name]: after[name] for name in MANAGED if name in after}
        image = Image.from_wire({**wire, "id": task.image_id, "name": after["name"]})
        return {**image.to_result(after.get("tags")), "id": task.image_id, "status": None}
