# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One loop that waits for any number of jobs and images, up to the task's deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ..._cloud import ims
from ..._cloud.errors import (
    LONGEST_CODE,
    LONGEST_MESSAGE,
    BadRequest,
    NotFound,
    TimeBudgetExceeded,
    UselessAnswer,
)
from ..._cloud.visible import shortened
from ..context import Task
from ..failures import Failed
from ..lookups import read_image, read_image_from_glance
from ..model.image import REACTIVATE, Image, Job
from .awaited import Awaited
from .poll import poll
from .progress import Progress
from .schedule import GRACE, Schedule, first_pause, last_of_several, next_pause

# Lists show new images some seconds late: before that nothing is asked for one by one.
_LAG = 15.0
# How many jobs, and how many images that the list does not show, are asked for one by one in a
# look. 5 jobs in each look are 155 calls in the first five minutes; 200 is the tightest limit of
# the gateway that was seen (per user and API).
_ONE_BY_ONE = 5
# A wait for the second of a job and its image goes on as if it had begun so long ago.
_SOON = 7.0
# From then on the jobs that were not asked about for longest are asked for their progress: one in
# each look, or as many as that is times 10 s after the last.
_STEADY = 60.0
_EACH = 10.0


def wait_for(task: Task, awaited: Sequence[Awaited], fresh: bool = False) -> None:
    """Returns when each is active or has failed (see .failure). Raises Failed when the deadline
    passes first. fresh: ordered just now, so that there is nothing to be seen yet."""
    Watch(task, list(awaited)).wait(fresh)


def _nothing(_item: Awaited) -> None:
    """Nobody cares which is ready first."""


@dataclass
class Watch:
    """A wait for any number of jobs and images.

    ready: called for each as soon as it is active; may set .failure, or return what is to be waited
    for in its place.
    """

    task: Task
    awaited: list[Awaited]
    ready: Callable[[Awaited], Awaited | None] = _nothing
    looks: int = 0
    # All images of the project, as they were listed last; nothing where one is waited for.
    listed: Mapping[str, Image] = field(default_factory=dict)
    _begun: float | None = None
    _told: set[int] = field(default_factory=set)
    _searched: float = float("-inf")
    _looked: float = float("-inf")
    # How many images may still be asked for one by one in this look.
    _left_one_by_one: int = 0

    @property
    def unfinished(self) -> list[Awaited]:
        return [item for item in self.awaited if not item.over]

    def wait(self, fresh: bool = False) -> None:
        """As wait_for; goes on after a look that was taken before."""
        self._begin()
        progress = Progress(self.task, self.awaited)
        polled = fresh or self.looks > 0
        try:
            self._hand_on()
            if self.unfinished:
                poll(
                    self.task,
                    self._look_and_hand_on,
                    Schedule(self._pause),
                    lambda _nothing: not self.unfinished,
                    show=progress.show,
                    pause_first=polled,
                )
        except TimeBudgetExceeded as error:
            if error.last is not None:
                raise
            raise _not_in_time(self.unfinished) from error
        progress.show(0.0)

    def _begin(self) -> float:
        """Now; and the moment from which on the wait is measured, the first time."""
        now = self.task.client.clock.monotonic()
        if self._begun is None:
            self._begun = now
        return now

    def _elapsed(self) -> float:
        return self._begin() - (self._begun or 0.0)

    def _look_and_hand_on(self) -> None:
        self.look()
        self._hand_on()

    def _hand_on(self) -> None:
        for number, item in enumerate(self.awaited):
            while item.ready and number not in self._told:
                following = self.ready(item)
                if following is None:
                    self._told.add(number)
                    break
                following.since = self.task.client.clock.monotonic()
                self.awaited[number] = item = following

    def _pause(self) -> float:
        if self.looks == 0:
            return first_pause()
        now = self._begin()
        # Where the job is done and the image is not, or the other way round, it takes seconds.
        halves = [
            now - item.half_done + _SOON for item in self.unfinished if item.half_done is not None
        ]
        ages = [now - item.since for item in self.unfinished if item.since is not None]
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

    def look(self) -> None:
        """One look at all that is not over. For one image that is its job, and once that is over
        the image; for several one list, and single jobs where it tells too little."""
        now = self._begin()
        items = self.unfinished
        before = [(item.job, item.image) for item in items]
        if len(items) == 1:
            self._look_at_one(items[0])
        elif items:
            self._look_at_all(items, now)
        self.looks += 1
        for item, (job, image) in zip(items, before):
            image_done = bool(item.image and item.image.ready)
            if item.half_done is None and (image_done or item.job_over):
                item.half_done = self.task.client.clock.monotonic()
            item.track.note(
                self.task.client.cloud_time(),
                item.job if item.job is not job else None,
                item.image if item.image is not image else None,
                item.over,
            )

    def _look_at_one(self, item: Awaited) -> None:
        if not item.job_is_over:
            _ask(self.task, item)
        if item.job_is_over and item.failure is None:
            _judge(self.task, item, _find_image(self.task, item))

    # --- many

    def _look_at_all(self, items: Sequence[Awaited], now: float) -> None:
        listed = self.listed = self._list(items, now)
        for item in self._worth_asking(items, listed, now):
            self._bear(item, partial(_ask, self.task, item))
        self._left_one_by_one = _ONE_BY_ONE
        for item in items:
            image = _of(item, listed, items)
            if item.failure is None:
                self._bear(item, partial(self._take_in, item, image))
        for item in self.awaited:  # what was written to those that are ready shows late
            image = listed.get(item.image_id or "")
            if item.ready and image and image.ready:
                item.image = image

    def _bear(self, item: Awaited, ask: Callable[[], None]) -> None:
        """Useless answers about one of many must not end the wait for the others."""
        try:
            with item.useless_answers.tolerated(self.task.client.clock):
                ask()
        except UselessAnswer as error:
            item.failure = Failed(str(error), unfinished=True)
            item.failure.__cause__ = error

    def _take_in(self, item: Awaited, image: Image | None) -> None:
        """What the list shows of the item; where it shows nothing for long, what Glance does."""
        if image is None and item.image_id is None:
            if item.job_is_over:
                _judge(self.task, item, item.find())
            return
        if image is None and self._left_one_by_one and self._overdue(item):
            self._left_one_by_one -= 1
            image = read_image_from_glance(self.task.client, str(item.image_id))
        if item.job_is_over:
            _judge(self.task, item, image)
        elif image is not None:
            item.image, item.image_missing = image, None

    def _overdue(self, item: Awaited) -> bool:
        """Is it time to ask for an image that the list does not show? At once where nothing at all
        is known of it."""
        if self.looks == 0:
            return item.name is None
        return self._elapsed() >= _LAG

    def _list(self, items: Sequence[Awaited], now: float) -> Mapping[str, Image]:
        """All images of the project by id, newest first, whatever their status. A page is believed
        to be the last one, unless some are missing for long."""
        listed = self._listed(thorough=False)
        missing = {item.image_id for item in items if item.image_id} - set(listed)
        late = any(item.image_id in missing and self._overdue(item) for item in items)
        if late and now - self._searched >= GRACE:
            self._searched = now
            return self._listed(thorough=True)
        return listed

    def _listed(self, thorough: bool) -> Mapping[str, Image]:
        client = self.task.client
        wires = ims.list_images(client, thorough=thorough, owner=client.project_id)
        return {image.id: image for image in map(Image.from_wire, wires)}

    def _worth_asking(
        self, items: Sequence[Awaited], listed: Mapping[str, Image], now: float
    ) -> list[Awaited]:
        """Whose job has to be asked about: where the image has ended, or was seen and is gone; of
        the others a few that nothing else is known of; and some for their progress."""
        ended: list[Awaited] = []
        unseen: list[Awaited] = []
        others: list[Awaited] = []
        for item in items:
            if item.job_is_over:
                continue
            image = _of(item, listed, items)
            if image is not None:
                (others if image.in_flight else ended).append(item)
            elif item.image is not None:
                ended.append(item)
            elif item.name is None and item.image_id is None:
                (ended if self.looks == 0 else unseen).append(item)
            else:
                (unseen if self._elapsed() >= _LAG else others).append(item)
        unseen.sort(key=lambda item: item.asked)
        rest = sorted([*unseen[_ONE_BY_ONE:], *others], key=lambda item: item.asked)
        steady = int(max(1, (now - self._looked) // _EACH)) if self._elapsed() >= _STEADY else 0
        self._looked = now
        return [*ended, *unseen[:_ONE_BY_ONE], *rest[:steady]]


def _of(item: Awaited, listed: Mapping[str, Image], items: Iterable[Awaited]) -> Image | None:
    """The item's image in the list: the one of its id, or else the newest of its name that is not
    known to be another one."""
    if item.image_id is not None:
        return listed.get(item.image_id)
    if item.name is None:
        return None
    others = item.known.union(other.image_id for other in items if other.image_id)
    named = (image for image in listed.values() if image.name == item.name)
    return next((image for image in named if image.id not in others), None)


def _not_in_time(unfinished: Sequence[Awaited]) -> Failed:
    states = "; ".join(f"{item.label}: {item.state()}" for item in unfinished)
    return Failed(f"not finished in time; {states}", unfinished=True)


def _ask(task: Task, item: Awaited) -> None:
    """Asks the cloud about the item's job."""
    item.asked = task.client.clock.monotonic()
    try:
        item.job = Job.from_wire(ims.show_job(task.client, str(item.job_id)), str(item.job_id))
    except (NotFound, BadRequest) as error:
        # An unknown job may be 400 or 404; new ones are unknown for a while, old ones are forgotten
        # some day.
        item.job_missing = item.job_missing or item.asked
        if item.asked - item.job_missing >= GRACE:
            if item.image_id is None:
                item.failure = Failed(
                    f"the cloud does not know job {item.job_id} ({error})", code=error.code
                )
                item.failure.__cause__ = error
            item.job_over = True
        return
    item.job_missing = None
    if item.job.image_id in item.known:
        item.disown(item.job.image_id, "existed before")
    else:
        item.image_id = item.job.image_id or item.image_id
    item.forecast.add(item.asked, item.job.percent)
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
        return item.find()
    return read_image(task.client, item.image_id) if item.look is None else item.look(item.image_id)


def _judge(task: Task, item: Awaited, image: Image | None) -> None:
    """What an image, or that it is not to be seen, means once its job is over."""
    if image is not None and not item.accepts(image):
        item.disown(image.id, f"is called '{image.name}'")
        image = item.find()
    now = task.client.clock.monotonic()
    item.image_missing = item.image_missing or now
    gone = image is None and now - item.image_missing >= GRACE
    if gone and item.image_id is not None:
        image = read_image_from_glance(task.client, item.image_id)  # lists may lag for longer
    item.image = image
    if image is not None:
        item.image_missing = None
        item.image_id = image.id
        if image.deactivated:
            item.failure = Failed(f"image {image.id} is deactivated. {REACTIVATE}")
        elif image.dead:
            item.failure = Failed(
                f"image {image.id} became {image.status}; the cloud gives no reason"
            )
    elif gone and item.disowned:
        item.failure = Failed(
            f"the cloud names {item.disowned}, as the new one, and no other new image of that name "
            "shows up"
        )
    elif gone:
        item.failure = Failed(
            f"image {item.image_id or 'of the job'} is not there (any more); the cloud gives no "
            "reason"
        )
