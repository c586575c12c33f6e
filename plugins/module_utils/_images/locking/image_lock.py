# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose turn it is to look for, and perhaps make, the image of a certain name: one task of this
machine at a time.

A file per image, locked with flock, holds what was ordered last: a task that comes next, or after
one that was killed, takes that up even while the cloud does not list it yet.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..._cloud import ims, store
from ..._cloud.clock import Moment
from ..._cloud.errors import CloudError, TimeBudgetExceeded
from ..context import Task
from ..failures import Refused
from ..model.image import Job
from ..model.provenance import CreateIds, Identity
from ..sources.protocol import UNREADABLE
from ..waiting.progress import Throttle
from ..waiting.schedule import GRACE

_PAUSE = 0.5
# Create records are padded to multiples of this many bytes, so that a shorter one covers the last.
_BLOCK = 16384
# The most bytes of a create record: the ids of some 26,000 images.
MOST_BYTES = 1 << 20
# Orders that nobody came back for are forgotten after this long (seconds).
_STALE = 7 * 86400.0


@dataclass(frozen=True)
class CreateRecord:
    """What was ordered last for an image of this name, and when its create request was sent, or
    answered.

    started: without ids as long as the create call is not answered. known: the ids of the images of
    the name that were there before. done: its image was seen active, and its source noted on it, if
    the cloud lets us.
    """

    started: CreateIds
    identity: Identity
    posted: Moment
    known: frozenset[str] = frozenset()
    done: bool = False

    @property
    def answered(self) -> bool:
        return self.started != CreateIds()

    @property
    def unreadable(self) -> bool:
        """Nothing is known of it but when it was written: there may have been a create request."""
        return self.identity == UNREADABLE


@dataclass(frozen=True)
class _Record:
    """What a create record says; see `ImageLock`."""

    record: CreateRecord | None = None
    deleting: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        return self == _Record()


@dataclass
class ImageLock:
    """One task's turn. Without a place to write, every task has its turn at once and knows of no
    order.

    deleting: ids of images that a task of this machine has deleted, which lists may go on to show.
    renamed: ids of images that gave their name to what was ordered.
    """

    task: Task
    descriptor: int | None = None
    path: str = ""
    record: CreateRecord | None = None
    deleting: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()

    @contextmanager
    def recording(self, identity: Identity, known: frozenset[str]) -> Iterator[None]:
        """Around the create call: a task that is killed in it, answered or not, leaves word of it.

        The create record is written right before the request is sent, each time it is, however long
        it has waited for its turn. It goes as soon as an answer proves that no try was carried out.
        """
        client = self.task.client
        told = client.on_create
        open_tries = 0

        def on_create(sent: bool) -> None:
            nonlocal open_tries
            open_tries += 1 if sent else -1
            if sent:
                self._note(CreateIds(), identity, known)
            elif not open_tries:
                self.forget_record()

        client.on_create = on_create
        try:
            yield
        finally:
            client.on_create = told
        with suppress(Refused):  # the record of the request itself remains
            self._note(CreateIds(self.task.job_id, self.task.image_id), identity, known)

    def _note(self, started: CreateIds, identity: Identity, known: frozenset[str]) -> None:
        """Writes down what was ordered, so that it is found again whatever happens to this task."""
        self.record = CreateRecord(started, identity, Moment.now(self.task.client.clock), known)
        self._save()

    def forget_record(self) -> None:
        """The order; what is being deleted and what was renamed stays noted."""
        self.record = None
        self._save()

    def record_deletions(self, image_ids: Iterable[str]) -> None:
        """Writes down what is about to be deleted, () when nothing of it is to be seen any more."""
        self.deleting = frozenset(image_ids)
        self._save()

    def renaming(self, image_id: str) -> None:
        """Writes down that an image is about to give its name to what was ordered."""
        self.renamed |= {image_id}
        self._save()

    def settled(self, image_id: str | None = None) -> None:
        """After the turn: what was ordered is there and known to the cloud, so the note can go.

        A young one stays, and now names its image: an image may be active before lists show it.
        Another task may have taken its turn and ordered since: then it is that one's to clear.
        """
        if not self.path or (self.record is None and not self.renamed):
            return
        try:
            descriptor = store.try_lock(self.path)
        except OSError:
            return  # somebody has cleared the directory
        if descriptor is None:
            return
        content = _read(self.task, descriptor)
        noted = content.record
        if _started(noted) == _started(self.record):
            self.record = None
            known = noted is not None and not noted.unreadable
            if noted and known and noted.posted.age(self.task.client.clock) < GRACE:
                self.record = _done(noted, image_id or self.task.image_id)
            self.deleting, self.renamed = content.deleting, frozenset()
            self.descriptor = descriptor
            with suppress(Refused):  # what is recorded stays true
                self._save()
            self.descriptor = None
            if self.nothing:
                with suppress(OSError):
                    os.unlink(self.path)
        os.close(descriptor)

    def _save(self) -> None:
        """Raises Refused, before anything is sent, for a record that could not be read again."""
        if self.descriptor is None:
            return
        data = b"" if self.nothing else self._content()
        with suppress(OSError):  # a full disk must not cost the image its task
            if data:
                blocks = -(-max(len(data), os.fstat(self.descriptor).st_size) // _BLOCK)
                os.pwrite(self.descriptor, data.ljust(blocks * _BLOCK), 0)
            else:
                os.ftruncate(self.descriptor, 0)

    def _content(self) -> bytes:
        entry = {
            "order": self._entry(),
            "deleting": sorted(self.deleting),
            "renamed": sorted(self.renamed),
        }
        data = _text({**entry, "checksum": _checksum(entry)})
        if len(data) > MOST_BYTES:
            raise Refused(
                "There are so many images of that name that this machine cannot record which of "
                "them exist, so nothing was sent. Delete those that are not needed, or choose "
                "another name."
            )
        return data

    @property
    def nothing(self) -> bool:
        """Is there nothing to be written down?"""
        return self.record is None and not self.deleting and not self.renamed

    def _entry(self) -> dict[str, Any] | None:
        if self.record is None:
            return None
        return {
            "job_id": self.record.started.job_id,
            "image_id": self.record.started.image_id,
            "identity": asdict(self.record.identity),
            "posted": self.record.posted.epoch,
            "boot": self.record.posted.boot,
            "known": sorted(self.record.known),
            "done": self.record.done,
        }


def _text(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode()


def _checksum(entry: Mapping[str, Any]) -> int:
    """A kill, or a full disk, can leave the beginning of one record and the end of another."""
    return zlib.crc32(_text(entry))


def _started(record: CreateRecord | None) -> CreateIds | None:
    return record.started if record is not None else None


def _done(record: CreateRecord, image_id: str | None) -> CreateRecord:
    return replace(record, started=CreateIds(record.started.job_id, image_id), done=True)


def close_record(task: Task, name: str, started: CreateIds, image_id: str) -> None:
    """For who has only waited for an order of another task: its note can go, as `ImageLock.settled`
    says. Nothing happens where the note is of another order."""
    path = _path(task, name)
    if path is None or not os.path.exists(path):
        return
    try:
        descriptor = store.try_lock(path)
    except OSError:
        return
    if descriptor is None:
        return  # another task of the image has its turn, and will see to it
    content = _read(task, descriptor)
    record = content.record
    if content.empty:
        with suppress(OSError):
            os.unlink(path)
    os.close(descriptor)
    if record is not None and _same_order(task, record, started, image_id):
        ImageLock(task, path=path, record=record).settled(image_id)


def _same_order(task: Task, record: CreateRecord, started: CreateIds, image_id: str) -> bool:
    """Who has found an image in flight does not know its job; the job knows its image. An order
    that was never answered has made the one that was not there before, as for `recover`."""
    noted = record.started
    if not record.answered:
        return image_id not in record.known and not record.unreadable
    if started.job_id is not None:
        return noted.job_id == started.job_id
    if noted.image_id is None and noted.job_id is not None:
        with suppress(CloudError):
            return Job.from_wire(ims.show_job(task.client, noted.job_id)).image_id == image_id
        return False
    return started.image_id is not None and noted.image_id == started.image_id


@contextmanager
def lock_image(task: Task, name: str) -> Iterator[ImageLock]:
    """Waits for this task's turn, inside its time budget. Raises TimeBudgetExceeded.

    The turn ends with the block; what was noted stays.
    """
    path = _path(task, name)
    descriptor = None if path is None else _locked(task, path, name)
    if descriptor is None or path is None:
        task.note("Tasks of this machine are not kept apart: there is no directory to lock in.")
        yield ImageLock(task, record=_unopened(task, path))
        return
    content = _read(task, descriptor)
    mine = ImageLock(task, descriptor, path, content.record, content.deleting, content.renamed)
    try:
        yield mine
    finally:
        if mine.nothing:
            with suppress(OSError):
                os.unlink(path)
        os.close(descriptor)


def _path(task: Task, name: str) -> str | None:
    if task.store is None:
        return None
    what = [task.client.connection.url("ims"), task.client.region, task.client.project_id, name]
    digest = hashlib.sha256("\n".join(what).encode()).hexdigest()
    return os.path.join(task.store, f"image-{digest[:32]}")


def _locked(task: Task, path: str, name: str) -> int | None:
    """The descriptor of the locked file; None if it cannot be had at all."""
    clock, deadline = task.client.clock, task.client.deadline
    told = False
    beat = Throttle(task)
    while True:
        try:
            descriptor = store.try_lock(path)
        except OSError:
            return None
        if descriptor is not None:
            return descriptor
        if not told:
            task.note(f"Another task of this machine is at work on '{name}'; waited for it.")
            told = True
        if deadline and deadline.passed():
            raise TimeBudgetExceeded(f"another task of this machine is still at work on '{name}'")
        beat.tell("another task of this machine is at work on it, waiting for our turn", _PAUSE)
        clock.sleep(_PAUSE)


def _read(task: Task, descriptor: int) -> _Record:
    """What an earlier task has recorded, but no create request that is too old to matter. Nothing
    but an empty file is proof that there was none."""
    try:
        data = os.pread(descriptor, MOST_BYTES, 0)
        content = _decoded(data) if data else _Record()
    except OSError:
        content = _unreadable(Moment.now(task.client.clock))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        content = _unreadable(Moment(os.fstat(descriptor).st_mtime))
    stale = content.record and content.record.posted.age(task.client.clock) >= _STALE
    return replace(content, record=None) if stale else content


def _decoded(data: bytes) -> _Record:
    """Raises ValueError, TypeError, KeyError, AttributeError or RecursionError. A longer record of
    an older version may have left its end behind the padding."""
    noted, _end = json.JSONDecoder().raw_decode(data.decode(errors="replace"))
    # Older versions write neither of the two.
    checksum = noted.pop("checksum", None)
    renamed = _ids(noted.get("renamed", []))
    if checksum not in (None, _checksum(noted)):
        raise ValueError("the checksum does not fit")
    deleting, entry = _ids(noted["deleting"]), noted["order"]
    if entry is None:
        return _Record(None, deleting, renamed)
    record = CreateRecord(
        CreateIds(entry["job_id"], entry["image_id"]),
        Identity(**entry["identity"]),
        Moment.read(entry["posted"], entry.get("boot")),
        _ids(entry["known"]),
        entry["done"],
    )
    return _Record(record, deleting, renamed)


def _ids(noted: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(image_id) for image_id in noted)


def _unreadable(written: Moment) -> _Record:
    return _Record(CreateRecord(CreateIds(), UNREADABLE, written))


def _unopened(task: Task, path: str | None) -> CreateRecord | None:
    """A create record that is there and may not be opened is as good as an unreadable one."""
    try:
        written = Moment(os.stat(path or "", follow_symlinks=False).st_mtime)
    except OSError:
        return None
    young = written.age(task.client.clock) < _STALE
    return _unreadable(written).record if young else None
