# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for any number of jobs and images, up to the task's deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ..._cloud import ims
from ..._cloud.errors import BadRequest, NotFound, TimeBudgetExceeded, UselessAnswer
from ..._cloud.refusals import LONGEST_CODE, LONGEST_MESSAGE
from ..._cloud.visible import shortened
from ..context import Task
from ..failures import Failed
from ..lookups import own_images, read_image, read_image_from_glance
from ..model.image import REACTIVATE, Image, Job
from .awaited import Awaited
from .poll import poll
from .progress import Progress
from .schedule import GRACE, Schedule, first_pause, last_of_several, next_pause

# Lists show new images some seconds late: before that no image is read one by one.
_LAG = 15.0
# How many jobs, and how many images that the list does not show, one poll reads one by one. 5 jobs
# in each poll are 155 calls in the first five minutes; 200 is the tightest limit of a gateway that
# was seen (per user and API).
_ONE_BY_ONE = 5
# Once a job or its image is done, the wait for the other goes on as if it had begun so long ago
# (seconds).
_SOON = 7.0
# From then on (seconds) each poll reads the progress of those jobs that were not read for longest:
# of one job, or of one for each 10 s since the last poll.
_STEADY = 60.0
_EACH = 10.0


def wait_for(task: Task, awaited: Sequence[Awaited], fresh: bool = False) -> None:
    """Return when each is active or has failed (see `failure`).

    `fresh`: the create request was sent just now, so there is nothing to be seen yet. Raises Failed
    when the deadline passes first.
    """
    Wait(task, list(awaited)).wait(fresh)


def wait_for_images(task: Task, images: Iterable[Image]) -> list[Awaited]:
    """Wait for those of the images that are in flight, as `wait_for` does; return these."""
    awaited = [
        Awaited(image.name, image_id=image.id, image=image) for image in images if image.in_flight
    ]
    wait_for(task, awaited)
    return awaited


def _nothing(_item: Awaited) -> None:
    """Do nothing with an image that is active."""


@dataclass
class Wait:
    """A wait for any number of jobs and images."""

    task: Task
    awaited: list[Awaited]
    # Called for each as soon as it is active; may set `failure`.
    on_active: Callable[[Awaited], None] = _nothing
    polls: int = 0
    # All images of the project, as listed last; empty where a single one is awaited.
    listed: Mapping[str, Image] = field(default_factory=dict)
    _begun: float | None = None
    # Indices of those that `on_active` was called for.
    _handed_over: set[int] = field(default_factory=set)
    # Monotonic seconds: the last list of all pages, and the last poll of many.
    _listed_all_at: float = float("-inf")
    _polled_at: float = float("-inf")
    # How many images this poll may still read one by one.
    _single_reads_left: int = 0

    @property
    def unfinished(self) -> list[Awaited]:
        return [item for item in self.awaited if not item.over]

    def wait(self, fresh: bool = False) -> None:
        """Wait as `wait_for` does; go on after a poll, if there was one."""
        self._begin()
        progress = Progress(self.task, self.awaited)
        polled = fresh or self.polls > 0
        try:
            self._hand_over()
            if self.unfinished:
                poll(
                    self.task,
                    self._poll_and_hand_over,
                    Schedule(self.pause),
                    lambda _polled: not self.unfinished,
                    show=progress.show,
                    pause_first=polled,
                )
        except TimeBudgetExceeded as error:
            if error.last is not None:
                raise
            raise _not_in_time(self.unfinished) from error
        progress.show(0.0)

    def _begin(self) -> float:
        """Return the time now; the first time, measure the wait from now on."""
        now = self.task.client.clock.monotonic()
        if self._begun is None:
            self._begun = now
        return now

    def _elapsed(self) -> float:
        return self._begin() - (self._begun or 0.0)

    def _poll_and_hand_over(self) -> None:
        self.poll_once()
        self._hand_over()

    def _hand_over(self) -> None:
        for number, item in enumerate(self.awaited):
            if item.ready and number not in self._handed_over:
                self.on_active(item)
                self._handed_over.add(number)

    def pause(self) -> float:
        """Return the seconds until the next poll."""
        if self.polls == 0:
            return first_pause()
        now = self._begin()
        # Where the job is done and the image is not, or the other way round, it takes seconds.
        halves = [
            now - item.half_done_at + _SOON
            for item in self.unfinished
            if item.half_done_at is not None
        ]
        ages = [
            now - item.requested_at for item in self.unfinished if item.requested_at is not None
        ]
        left = self.unfinished[0].forecast.seconds_left(now) if len(self.unfinished) == 1 else None
        usual = next_pause(min([self._elapsed(), *halves, *ages]), None if halves else left)
        last = self._until_the_last()
        return usual if last is None else min(usual, last)

    def _until_the_last(self) -> float | None:
        """Return the seconds until the last of several images is expected to be active."""
        now = self.task.client.cloud_time()
        took = [item.image.took for item in self.awaited if item.over and item.image]
        ages = [item.image.age(now) if item.image else None for item in self.unfinished]
        known = [age for age in ages if age is not None]
        return last_of_several(
            (seconds for seconds in took if seconds is not None),
            known if len(known) == len(ages) else (),
        )

    def poll_once(self) -> None:
        """Poll everything that is unfinished once.

        For one image that is its job, and once that is over the image; for several it is one list,
        and single jobs where the list says too little.
        """
        now = self._begin()
        items = self.unfinished
        before = [(item.job, item.image) for item in items]
        if len(items) == 1:
            self._poll_one(items[0])
        elif items:
            self._poll_many(items, now)
        self.polls += 1
        for item, (job, image) in zip(items, before):
            image_done = bool(item.image and item.image.ready)
            if item.half_done_at is None and (image_done or item.job_over):
                item.half_done_at = self.task.client.clock.monotonic()
            item.track.add(
                self.task.client.cloud_time(),
                item.job if item.job is not job else None,
                item.image if item.image is not image else None,
                item.over,
            )

    def _poll_one(self, item: Awaited) -> None:
        if not item.job_is_over:
            _read_job(self.task, item)
        if item.job_is_over and item.failure is None:
            _conclude(self.task, item, _find_image(self.task, item))

    # --- many

    def _poll_many(self, items: Sequence[Awaited], now: float) -> None:
        listed = self.listed = self._list(items, now)
        for item in self._jobs_to_read(items, listed, now):
            self._read_one(item, partial(_read_job, self.task, item))
        self._single_reads_left = _ONE_BY_ONE
        for item in items:
            image = _listed_image(item, listed, items)
            if item.failure is None:
                self._read_one(item, partial(self._take_over, item, image))
        for item in self.awaited:  # what was written to those that are ready shows late
            image = listed.get(item.image_id or "")
            if item.ready and image and image.ready:
                item.image = image

    def _read_one(self, item: Awaited, read: Callable[[], None]) -> None:
        """Read one of many: useless answers about it must not end the wait for the others."""
        try:
            with item.useless_answers.tolerated(self.task.client.clock):
                read()
        except UselessAnswer as error:
            item.failure = Failed(str(error), unfinished=True)
            item.failure.__cause__ = error

    def _take_over(self, item: Awaited, image: Image | None) -> None:
        """Take over what the list shows of the image; where it shows nothing for long, what Glance
        does."""
        if image is None and item.image_id is None:
            if item.job_is_over:
                _conclude(self.task, item, item.find_image())
            return
        if image is None and self._single_reads_left and self._overdue(item):
            self._single_reads_left -= 1
            image = read_image_from_glance(self.task.client, str(item.image_id))
        if item.job_is_over:
            _conclude(self.task, item, image)
        elif image is not None:
            item.image, item.image_missing_since = image, None

    def _overdue(self, item: Awaited) -> bool:
        """Whether to read an image that the list does not show by itself; at once where nothing at
        all is known of it."""
        if self.polls == 0:
            return item.name is None
        return self._elapsed() >= _LAG

    def _list(self, items: Sequence[Awaited], now: float) -> Mapping[str, Image]:
        """Return all images of the project by id, newest first, whatever their status.

        A short page is taken to be the last one, unless images are missing for long.
        """
        listed = self._listed(thorough=False)
        missing = {item.image_id for item in items if item.image_id} - set(listed)
        late = any(item.image_id in missing and self._overdue(item) for item in items)
        if late and now - self._listed_all_at >= GRACE:
            self._listed_all_at = now
            return self._listed(thorough=True)
        return listed

    def _listed(self, thorough: bool) -> Mapping[str, Image]:
        return {image.id: image for image in own_images(self.task.client, thorough=thorough)}

    def _jobs_to_read(
        self, items: Sequence[Awaited], listed: Mapping[str, Image], now: float
    ) -> list[Awaited]:
        """Return those whose job is read: if the image has ended, or was seen and is gone; of the
        others a few of which nothing else is known, and some for their progress."""
        ended: list[Awaited] = []
        unseen: list[Awaited] = []
        others: list[Awaited] = []
        for item in items:
            if item.job_is_over:
                continue
            image = _listed_image(item, listed, items)
            if image is not None:
                (others if image.in_flight else ended).append(item)
            elif item.image is not None:
                ended.append(item)
            elif item.name is None and item.image_id is None:
                (ended if self.polls == 0 else unseen).append(item)
            else:
                (unseen if self._elapsed() >= _LAG else others).append(item)
        unseen.sort(key=lambda item: item.job_polled_at)
        rest = sorted([*unseen[_ONE_BY_ONE:], *others], key=lambda item: item.job_polled_at)
        steady = int(max(1, (now - self._polled_at) // _EACH)) if self._elapsed() >= _STEADY else 0
        self._polled_at = now
        return [*ended, *unseen[:_ONE_BY_ONE], *rest[:steady]]


def _listed_image(
    item: Awaited, listed: Mapping[str, Image], items: Iterable[Awaited]
) -> Image | None:
    """Return the image in the list: the one of its id, or else the newest of its name that is not
    known to be another one."""
    if item.image_id is not None:
        return listed.get(item.image_id)
    if item.name is None:
        return None
    others = item.other_ids.union(other.image_id for other in items if other.image_id)
    named = (image for image in listed.values() if image.name == item.name)
    return next((image for image in named if image.id not in others), None)


def _not_in_time(unfinished: Sequence[Awaited]) -> Failed:
    states = "; ".join(f"{item.label}: {item.state()}" for item in unfinished)
    return Failed(f"not finished in time; {states}", unfinished=True)


def _read_job(task: Task, item: Awaited) -> None:
    """Read the job."""
    item.job_polled_at = task.client.clock.monotonic()
    try:
        item.job = Job.from_wire(ims.show_job(task.client, str(item.job_id)), str(item.job_id))
    except (NotFound, BadRequest) as error:
        # The answer about an unknown job is 400 or 404. New jobs are unknown for a while, old ones
        # are forgotten some day.
        item.job_missing_since = item.job_missing_since or item.job_polled_at
        if item.job_polled_at - item.job_missing_since >= GRACE:
            if item.image_id is None:
                item.failure = Failed(
                    f"the cloud does not know job {item.job_id} ({error})", code=error.code
                )
                item.failure.__cause__ = error
            item.job_over = True
        return
    item.job_missing_since = None
    if item.job.image_id in item.other_ids:
        item.reject(item.job.image_id, "existed before")
    else:
        item.image_id = item.job.image_id or item.image_id
    item.forecast.add(item.job_polled_at, item.job.percent)
    if item.job.failed:
        item.failure = _job_failure(task, item.job)
    item.job_over = item.job.succeeded or item.job.failed


def _job_failure(task: Task, job: Job) -> Failed:
    code = shortened(task.client.censor(job.error_code), LONGEST_CODE)
    reason = shortened(task.client.censor(job.fail_reason), LONGEST_MESSAGE)
    return Failed(
        f"job {job.id} failed: {reason or 'no reason given'} ({code or 'no error code'})",
        code=code,
        reason=reason,
    )


def _find_image(task: Task, item: Awaited) -> Image | None:
    if item.image_id is None:
        return item.find_image()
    return (
        read_image(task.client, item.image_id)
        if item.look_up is None
        else item.look_up(item.image_id)
    )


def _conclude(task: Task, item: Awaited, image: Image | None) -> None:
    """Conclude from an image, or from not seeing it, once its job is over."""
    if image is not None and not item.accepts(image):
        item.reject(image.id, f"is called '{image.name}'")
        image = item.find_image()
    now = task.client.clock.monotonic()
    item.image_missing_since = item.image_missing_since or now
    gone = image is None and now - item.image_missing_since >= GRACE
    if gone and item.image_id is not None:
        image = read_image_from_glance(task.client, item.image_id)  # lists may lag for longer
    item.image = image
    if image is not None:
        item.image_missing_since = None
        item.image_id = image.id
        if image.deactivated:
            item.failure = Failed(f"image {image.id} is deactivated. {REACTIVATE}")
        elif image.dead:
            item.failure = Failed(
                f"image {image.id} became {image.status}; the cloud gives no reason"
            )
    elif gone and item.rejected:
        item.failure = Failed(
            f"the cloud names {item.rejected}, as the new one, and no other new image of that name "
            "shows up"
        )
    elif gone:
        item.failure = Failed(
            f"image {item.image_id or 'of the job'} is not there (any more); the cloud gives no "
            "reason"
        )
