# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sure that all images of a batch exist: begins them concurrently, awaits them in one loop,
and finishes each as soon as it is active."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ..._cloud.concurrency import Lanes
from ..._cloud.errors import ImsError
from ..context import Task
from ..failures import Failed
from ..operations.image_copy import once_active
from ..present.desired import Desired
from ..present.duplicates import warn_of_duplicates
from ..present.ensure import begin, conclude
from ..sources.image import ImageSource, SourceInFlight
from ..sources.protocol import Source
from ..sources.reference import id_of
from ..waiting.awaited import Awaited
from ..waiting.awaiting import Wait
from ..waiting.poll import poll
from ..waiting.schedule import Schedule
from .batch_image import BatchImage
from .item import FAILED, needed_for
from .makers import SOURCE_OF
from .progress import BatchProgress

# So many images are finished at the same time.
_MOST_FINISHED = 100
# The longest pause between two polls: this part of the time so far, or so many seconds; where the
# last poll has shown that images ended, others are about to.
_PART, _SHORTEST = 0.05, 2.0
_PART_AT_END, _SHORTEST_AT_END = 0.02, 1.0


def make_all(task: Task, entries: Sequence[BatchImage], concurrency: int) -> Exception | None:
    """Make all images. What becomes of each stands in its entry; return what ended the wait for
    all, if something did.

    Requests are sent by several threads, of which one works at a time (see `Concurrency`).
    """
    with task.client.lanes(concurrency) as lanes:
        work = _Work(task, entries, lanes, concurrency)
        try:
            work.run()
            return None
        except ImsError as error:
            work.stop(error)
            return error


class _Work:
    """The work on one batch."""

    def __init__(
        self, task: Task, entries: Sequence[BatchImage], lanes: Lanes, concurrency: int
    ) -> None:
        self._task = task
        self._entries = entries
        self._lanes = lanes
        # Those that wait for their turn at the cloud must not keep others from being finished.
        self._begin_soon = lanes.open(concurrency)
        # Most of the time, they sleep until the cloud shows what was written.
        self._finish_soon = lanes.open(_MOST_FINISHED)
        self._wait = Wait(task, [])
        self._begun = task.client.clock.monotonic()
        self._awaiting: list[BatchImage] = []
        # Sources that were resolved, by the names of their entries.
        self._sources: dict[str, Source] = {}
        self._progress = BatchProgress(task, entries)
        # The last poll has shown that something ended.
        self._has_ended = False
        # Something new is awaited.
        self._has_news = False
        self._is_stopped = False

    def run(self) -> None:
        """Raises CloudError, TimeBudgetExceeded too."""
        for entry in self._entries:
            if entry.source is None:
                self._begin_later(entry)
        poll(
            self._task,
            self._poll,
            Schedule(self._pause),
            lambda _polled: self._is_over,
            show=self._progress.show,
            pause_first=True,
            sleep=self._sleep,
        )

    def stop(self, trouble: Exception) -> None:
        """Begin nothing more: nobody would wait for it."""
        self._is_stopped = True
        for entry in self._awaiting:
            if entry.awaited is not None and not entry.is_over:
                entry.task.doing = "waiting for its image"
                entry.error = Failed(entry.awaited.state(), unfinished=True)
                entry.error.__cause__ = trouble

    # --- the loop, in the main thread

    @property
    def _is_over(self) -> bool:
        return self._lanes.idle and not self._wait.unfinished

    def _pause(self) -> float:
        """Return the seconds until the next poll. It serves all images, so there are more polls
        than a single image is worth."""
        elapsed = self._task.client.clock.monotonic() - self._begun
        part, shortest = (_PART_AT_END, _SHORTEST_AT_END) if self._has_ended else (_PART, _SHORTEST)
        return min(self._wait.pause(), max(shortest, elapsed * part))

    def _sleep(self, seconds: float) -> None:
        """Wait, at most until everything is over; what is new is polled sooner."""
        client = self._task.client
        end = client.clock.monotonic() + seconds
        while not self._is_over:
            self._has_news = False
            left = end - client.clock.monotonic()
            if left <= 0:
                return
            client.sleep(left, lambda: self._has_news or self._is_over)
            if self._has_news:
                end = min(end, client.clock.monotonic() + self._pause())

    def _poll(self) -> None:
        self._wait.poll_once()
        ended = [one for one in self._awaiting if one.awaited and one.awaited.over]
        self._has_ended = bool(ended)
        for entry in ended:
            self._awaiting.remove(entry)
            if entry.begun is None:
                self._take_source(entry)
                continue
            self._finish_soon(partial(self._conclude, entry))
            if entry.awaited is not None and entry.awaited.ready:
                self._begin_dependents(entry)

    def _take_source(self, entry: BatchImage) -> None:
        """Begin an entry whose source, an image beside the batch, was waited for."""
        awaited = entry.awaited
        if awaited is not None and awaited.failure is not None:
            entry.error = awaited.failure
            self._end(entry)
        else:
            self._begin_later(entry)

    # --- in the threads

    def _begin_later(self, entry: BatchImage) -> None:
        entry.is_begun = True
        self._begin_soon(partial(self._begin, entry))

    def _begin(self, entry: BatchImage) -> None:
        if self._is_stopped:
            return
        try:
            if entry.desired is None:
                entry.desired = self._desired(entry)
                if self._follows_another(entry, entry.desired):
                    return
            self._note_source(entry, entry.desired)
            if not entry.task.wait:
                entry.task.wait = self._blocks_another(entry, entry.desired)
            entry.begun = begin(entry.task, entry.desired)
        except SourceInFlight as obstacle:
            self._begin_after(entry, obstacle)
            return
        except Exception as error:
            self._fail(entry, error)
            return
        if entry.begun.awaited is None:
            self._conclude(entry)
        else:
            self._await(entry, entry.begun.awaited)

    def _follows_another(self, entry: BatchImage, desired: Desired) -> bool:
        """Whether the entry has to wait for another export of its disk: the disk is in use until
        that has ended (EVS API reference, "Exporting EVS Disk Data as an Image")."""
        origin = desired.source.origin
        if origin.kind != "volume":
            return False
        for other in self._entries:
            same = other.desired is not None and other.desired.source.origin == origin
            if other is not entry and same and not other.is_over and other.follower is None:
                other.follower = entry
                return True
        return False

    def _blocks_another(self, entry: BatchImage, desired: Desired) -> bool:
        """Whether another export of its disk is still to come."""
        return desired.source.origin.kind == "volume" and any(
            other is not entry and not other.is_over and self._exports(other, entry, desired)
            for other in self._entries
        )

    def _exports(self, other: BatchImage, entry: BatchImage, desired: Desired) -> bool:
        """Whether another entry exports the disk of this one. A name that stands beside an id has
        to be looked up for that."""
        given, own = other.options.get("volume"), entry.options.get("volume")
        if given is None or given == own:
            return given is not None
        if id_of(given) is None and id_of(str(own)) is None:
            return False
        try:
            return self._source(other).origin == desired.source.origin
        except ImsError:  # its own turn tells
            return False

    def _desired(self, entry: BatchImage) -> Desired:
        """Raises Refused or CloudError."""
        return Desired.from_arguments(entry.options, self._source(entry))

    def _source(self, entry: BatchImage) -> Source:
        """Resolve the source, once. Raises Refused or CloudError."""
        known = self._sources.get(entry.name)
        if known is not None:
            return known
        options = dict(entry.options)
        if entry.source is not None:
            options["source_image"] = entry.source.source_image_id
        source = SOURCE_OF[entry.kind](self._task.client, options)
        if source is None:
            raise ValueError("an image to be present needs a source")
        return self._sources.setdefault(entry.name, source)

    def _begin_after(self, entry: BatchImage, obstacle: SourceInFlight) -> None:
        """Begin an entry once its source, an image beside the batch, is active."""
        image = obstacle.image
        desired = entry.desired
        if desired is not None and isinstance(desired.source, ImageSource):
            source = once_active(desired.source, image)
            entry.desired = replace(desired, source=source or desired.source)
        if entry.task.check_mode:
            self._begin(entry)
            return
        entry.task.doing = f"waiting for image '{image.name}' ({image.id}), which is to be copied"
        self._await(entry, Awaited(image.name, image_id=image.id, image=image))

    def _await(self, entry: BatchImage, awaited: Awaited) -> None:
        awaited.requested_at = self._task.client.clock.monotonic()
        entry.awaited = awaited
        self._awaiting.append(entry)
        self._wait.awaited.append(awaited)
        self._has_news = True

    def _conclude(self, entry: BatchImage) -> None:
        """Do the rest: converge the image, delete those that it replaces."""
        begun = entry.begun
        if begun is None:
            raise ValueError(f"{entry.name} has not begun")
        try:
            self._warn_of_duplicates(entry)
            entry.outcome = conclude(begun)
        except Exception as error:
            self._fail(entry, error)
            return
        self._end(entry)

    def _fail(self, entry: BatchImage, error: Exception) -> None:
        entry.error = error
        self._end(entry)

    def _end(self, entry: BatchImage) -> None:
        """The entry is over: its dependents can begin, or never will."""
        self._release_source(entry)
        self._progress.ended(entry)
        if entry.follower is not None:
            self._begin_later(entry.follower)
        if entry.error is None:
            self._begin_dependents(entry)
        elif entry.status == FAILED:
            _skip(entry, entry)

    def _begin_dependents(self, entry: BatchImage) -> None:
        for dependent in entry.dependents:
            if not dependent.is_begun:
                self._begin_later(dependent)

    def _warn_of_duplicates(self, entry: BatchImage) -> None:
        begun, awaited = entry.begun, entry.awaited
        if begun is None or awaited is None or awaited.image is None:
            return
        listed, known = self._wait.listed.values(), begun.decision.other_ids
        warn_of_duplicates(entry.task, entry.name, awaited.image.id, listed, known)

    # --- source images must not be deleted as long as they are needed

    def _note_source(self, entry: BatchImage, desired: Desired) -> None:
        origin = desired.source.origin
        if origin.kind == "image":
            self._task.in_use[origin.id] = needed_for(entry.name)

    def _release_source(self, entry: BatchImage) -> None:
        desired = entry.desired
        if desired is None or desired.source.origin.kind != "image":
            return
        image_id = desired.source.origin.id
        users = [one for one in self._entries if one.desired is not None and not one.is_over]
        if not any(one.desired and one.desired.source.origin.id == image_id for one in users):
            self._task.in_use.pop(image_id, None)


def _skip(entry: BatchImage, failed: BatchImage) -> None:
    for dependent in entry.dependents:
        if not dependent.is_begun:
            dependent.skipped_for = failed
            _skip(dependent, failed)
