# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..failures import Failed
from ..model.image import Image, Job
from .poll import UselessAnswers
from .schedule import Forecast
from .timeline import Track


@dataclass
class Awaited:
    """What is waited for: a job, an image, or a job that has yet to say which image it makes.

    find: looks the image up by what the task knows of it, for jobs that end without naming their
    image. look: looks up the image of an id, where the task has a way of its own. name and known:
    what the image will be called, and the ids of the others of that name, where a job has not told
    its image yet; then the list shows when it is worth asking. accepts: whether an image can be the
    one. disowned: the image that was named and is not the one, in words.
    """

    label: str
    job_id: str | None = None
    image_id: str | None = None
    find: Callable[[], Image | None] = field(default=lambda: None)
    look: Callable[[str], Image | None] | None = None
    name: str | None = None
    known: frozenset[str] = frozenset()
    accepts: Callable[[Image], bool] = field(default=lambda image: True)
    disowned: str = ""
    job: Job | None = None
    image: Image | None = None
    failure: Failed | None = None
    job_over: bool = False
    job_missing: float | None = None
    image_missing: float | None = None
    # When the job was asked about last, and when one of the two, job and image, was done.
    asked: float = float("-inf")
    half_done: float | None = None
    # When it was ordered, if that was in the midst of a wait.
    since: float | None = None
    useless_answers: UselessAnswers = field(default_factory=UselessAnswers)
    forecast: Forecast = field(default_factory=Forecast)
    track: Track = field(default_factory=Track)

    @property
    def over(self) -> bool:
        return self.failure is not None or bool(
            self.image and self.image.ready and self.job_is_over
        )

    @property
    def ready(self) -> bool:
        return self.over and self.failure is None

    def active_image(self) -> Image:
        """The image, once it is active. Raises the Failed that ended the wait otherwise."""
        if self.failure is not None:
            raise self.failure
        if self.image is None:
            raise RuntimeError(f"nobody has waited for {self.label}")
        return self.image

    @property
    def job_is_over(self) -> bool:
        return self.job_over or self.job_id is None

    def disown(self, image_id: str, why: str) -> None:
        """What was named is not the new image: goes on as if none had been named yet."""
        self.disowned = f"image {image_id}, which {why}"
        self.known |= {image_id}
        self.image_id = None

    def state(self) -> str:
        """The cloud's last word, for messages."""
        if not self.job_is_over:
            status = self.job.status if self.job else "not known to the cloud yet"
            return f"job {self.job_id} is {status}"
        status = self.image.status if self.image else "not to be seen yet"
        return f"image {self.image_id} is {status}"
