# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image lock: one task of this machine at a time looks up, and perhaps creates, the image of a
name.

There is one file per image, locked with flock, and it holds the create record: a later task, also
after one that was killed, adopts what was created even while the cloud does not list it yet.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

from ..._cloud import ims, store
from ..._cloud.clock import Moment
from ..._cloud.errors import CloudError, TimeBudgetExceeded
from ..context import Task
from ..failures import Refused
from ..model.image import Job
from ..model.provenance import CreateIds, Identity
from ..sources.protocol import UNREADABLE

# Create records are padded to multiples of this many bytes, so that a shorter one covers the last.
_BLOCK = 16384
# The most bytes of a create record: the ids of some 26,000 images.
MOST_BYTES = 1 << 20
# Create records are ignored after this long, in seconds.
_STALE = 7 * 86400.0


class CreateRecord(NamedTuple):
    """The last create request for an image of the name."""

    # Without ids as long as the create request is not answered.
    ids: CreateIds
    identity: Identity
    # When it was sent or, once there are ids, answered.
    time: Moment
    # Ids of the images of the name that existed before.
    other_ids: frozenset[str] = frozenset()
    # Its image was seen active, with the source tag if the cloud accepts it.
    done: bool = False

    @property
    def answered(self) -> bool:
        return self.ids != CreateIds()

    @property
    def unreadable(self) -> bool:
        """Whether nothing is known but its time: there may have been a create request."""
        return self.identity == UNREADABLE


class _Content(NamedTuple):
    """What a lock file says; see `ImageLock`."""

    record: CreateRecord | None = None
    deleting: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        return self == _Content()


@dataclass
class ImageLock:
    """The lock of one task. Without a directory for lock files every task gets one at once, with no
    create record."""

    task: Task
    descriptor: int | None = None
    path: str = ""
    record: CreateRecord | None = None
    # Ids of images that a task of this machine has deleted, which lists may go on to show.
    deleting: frozenset[str] = frozenset()
    # Ids of images that were renamed for the image of the create request.
    renamed: frozenset[str] = frozenset()

    @contextmanager
    def recording(self, identity: Identity, other_ids: frozenset[str]) -> Iterator[Recording]:
        """Write the create record around the create request, so that it survives a kill. The end of
        the block writes down what the request was answered with."""
        recording = Recording(self, identity, other_ids)
        yield recording
        with suppress(Refused):  # the record of the request itself remains
            recording.save(CreateIds(self.task.job_id, self.task.image_id))

    def save_record(self, ids: CreateIds, identity: Identity, other_ids: frozenset[str]) -> None:
        """Replace the create record. Raises Refused as `_save` does."""
        self.record = CreateRecord(ids, identity, Moment.now(self.task.client.clock), other_ids)
        self._save()

    def forget_record(self) -> None:
        """Remove the create record; recorded deletions and renames stay."""
        self.record = None
        self._save()

    def record_deletions(self, image_ids: Iterable[str]) -> None:
        """Record what is about to be deleted, () once lists show nothing of it any more."""
        self.deleting = frozenset(image_ids)
        self._save()

    def record_rename(self, image_id: str) -> None:
        """Record that an image is about to be renamed for the new one."""
        self.renamed |= {image_id}
        self._save()

    def close_record(self, image_id: str | None = None) -> None:
        """Remove the create record, as its image is active; called after the lock was released.

        A young record stays, and now names its image: an image may be active before lists show it.
        If another task has sent a create request since, the record is that task's to close.
        """
        if not self.path or (self.record is None and not self.renamed):
            return
        descriptor = _lock_if_free(self.path)
        if descriptor is None:
            return
        from ..waiting.schedule import GRACE

        content = _read(self.task, descriptor)
        record = content.record
        own = _ids_of(record) == _ids_of(self.record)
        if own:
            self.record = None
            readable = record is not None and not record.unreadable
            if record and readable and record.time.age(self.task.client.clock) < GRACE:
                ids = CreateIds(record.ids.job_id, image_id or self.task.image_id)
                self.record = record._replace(ids=ids, done=True)
            self.deleting, self.renamed = content.deleting, frozenset()
            self.descriptor = descriptor
            with suppress(Refused):  # what is recorded stays true
                self._save()
            self.descriptor = None
        _release(self.path, descriptor, own and self.empty)

    def _save(self) -> None:
        """Write the file. Raises Refused, before anything is sent, for a record that is too long to
        be read again."""
        if self.descriptor is None:
            return
        data = b"" if self.empty else self._content()
        with suppress(OSError):  # a full disk must not fail the task
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
    def empty(self) -> bool:
        """Whether there is nothing to record."""
        return self.record is None and not self.deleting and not self.renamed

    def _entry(self) -> dict[str, Any] | None:
        if self.record is None:
            return None
        return {
            "job_id": self.record.ids.job_id,
            "image_id": self.record.ids.image_id,
            "identity": asdict(self.record.identity),
            "posted": self.record.time.epoch,
            "boot": self.record.time.boot,
            "known": sorted(self.record.other_ids),
            "done": self.record.done,
        }


@dataclass
class Recording:
    """The create record while its request is sent."""

    lock: ImageLock
    identity: Identity
    other_ids: frozenset[str]
    # An attempt may have been executed, whatever becomes of the others.
    unclear: bool = False
    # The image may be that of another machine, so the record proves nothing about its source.
    unproven: bool = False

    def before_send(self) -> None:
        """Write the record, right before each attempt."""
        self.unproven = False
        self.save(CreateIds())

    def not_executed(self) -> None:
        """Remove the record, if no attempt was executed."""
        if not self.unclear:
            self.lock.forget_record()

    def doubt(self) -> None:
        """Record that there is an image, of this request or of another machine."""
        self.unproven = True
        self.save(CreateIds())

    def save(self, ids: CreateIds) -> None:
        identity = UNREADABLE if self.unproven else self.identity
        self.lock.save_record(ids, identity, self.other_ids)


def _text(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode()


def _checksum(entry: Mapping[str, Any]) -> int:
    """Return a checksum: a kill, or a full disk, can leave the beginning of one record and the end
    of another."""
    return zlib.crc32(_text(entry))


def _ids_of(record: CreateRecord | None) -> CreateIds | None:
    return record.ids if record is not None else None


def has_create_record(task: Task, name: str) -> bool:
    """Whether this machine may have sent a create request for an image of the name, which lists do
    not show yet."""
    path = _path(task, name)
    try:
        return path is not None and os.stat(path).st_size > 0
    except OSError:
        return False


def close_record_of_another_task(task: Task, name: str, ids: CreateIds, image_id: str) -> None:
    """Close the create record of an image that this task has only waited for, as
    `ImageLock.close_record` does. Nothing happens where the record is of another create request."""
    path = _path(task, name)
    descriptor = _lock_if_free(path) if path is not None and os.path.exists(path) else None
    if descriptor is None or path is None:
        return  # another task of the image may have the lock: it closes the record
    content = _read(task, descriptor)
    record = content.record
    _release(path, descriptor, content.empty)
    if record is not None and _is_of(task, record, ids, image_id):
        ImageLock(task, path=path, record=record).close_record(image_id)


def _is_of(task: Task, record: CreateRecord, ids: CreateIds, image_id: str) -> bool:
    """Whether the record is of that create request. A task that adopted an image in flight does not
    know its job, but the job names its image. A request that was never answered has created the
    image that did not exist before, as in `recover`."""
    recorded = record.ids
    if not record.answered:
        return image_id not in record.other_ids and not record.unreadable
    if ids.job_id is not None:
        return recorded.job_id == ids.job_id
    if recorded.image_id is None and recorded.job_id is not None:
        with suppress(CloudError):
            return Job.from_wire(ims.show_job(task.client, recorded.job_id)).image_id == image_id
        return False
    return ids.image_id is not None and recorded.image_id == ids.image_id


@contextmanager
def lock_image(task: Task, name: str) -> Iterator[ImageLock]:
    """Wait for the image lock, within the time of the task. Raises TimeBudgetExceeded.

    The lock is released at the end of the block; what was recorded stays. This yields while it
    holds the lock, as a context manager must: it is for `with` only, which also releases the lock
    when the block raises. The block looks up and sends the create request; it never waits for the
    image, but for old ones in flight that have to be renamed or deleted first.
    """
    path = _path(task, name)
    descriptor = None if path is None else _locked(task, path, name)
    if descriptor is None or path is None:
        task.note("No image lock: there is no directory for lock files.")
        yield ImageLock(task, record=_unopened(task, path))
        return
    content = _read(task, descriptor)
    lock = ImageLock(task, descriptor, path, content.record, content.deleting, content.renamed)
    try:
        yield lock
    finally:
        _release(path, descriptor, lock.empty)


def _lock_if_free(path: str) -> int | None:
    """Return the descriptor of the locked file; None if another task has locked it, or it cannot be
    locked, for example because the directory was cleared."""
    try:
        return store.try_lock(path)
    except OSError:
        return None


def _release(path: str, descriptor: int, empty: bool) -> None:
    """Unlock the file. `empty`: it records nothing, so it is removed."""
    if empty:
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
    """Return the descriptor of the locked file; None if files cannot be locked here."""
    try:
        descriptor = store.try_lock(path)
        return _locked_later(task, path, name) if descriptor is None else descriptor
    except OSError:
        return None


def _locked_later(task: Task, path: str, name: str) -> int | None:
    """Wait for the lock of a file that another task has locked. Raises OSError."""
    from ..waiting.poll import poll
    from ..waiting.progress import Throttle
    from ..waiting.schedule import IMAGE_LOCK

    throttle = Throttle(task)
    noted = False

    def show(seconds: float) -> None:
        nonlocal noted
        if not noted:
            task.note(f"Waited for another task of this machine that works on '{name}'.")
            noted = True
        throttle.show("waiting for another task of this machine that works on it", seconds)

    try:
        take = partial(store.try_lock, path)
        return poll(
            task, take, IMAGE_LOCK, lambda lock: lock is not None, show=show, pause_first=True
        )
    except TimeBudgetExceeded as error:
        text = f"another task of this machine still works on '{name}'"
        raise TimeBudgetExceeded(text) from error


def _read(task: Task, descriptor: int) -> _Content:
    """Return what an earlier task has recorded, without a create record that is too old to matter.
    Only an empty file proves that there was none."""
    try:
        data = os.pread(descriptor, MOST_BYTES, 0)
        content = _decoded(data) if data else _Content()
    except OSError:
        content = _unreadable(Moment.now(task.client.clock))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        content = _unreadable(Moment(os.fstat(descriptor).st_mtime))
    stale = content.record and content.record.time.age(task.client.clock) >= _STALE
    return content._replace(record=None) if stale else content


def _decoded(data: bytes) -> _Content:
    """Decode a lock file. Raises ValueError, TypeError, KeyError, AttributeError or RecursionError.

    A longer record of an older version may have left its end behind the padding.
    """
    written, _end = json.JSONDecoder().raw_decode(data.decode(errors="replace"))
    # Older versions write neither of the two.
    checksum = written.pop("checksum", None)
    renamed = _ids(written.get("renamed", []))
    if checksum not in (None, _checksum(written)):
        raise ValueError("the checksum does not fit")
    deleting, entry = _ids(written["deleting"]), written["order"]
    if entry is None:
        return _Content(None, deleting, renamed)
    record = CreateRecord(
        CreateIds(entry["job_id"], entry["image_id"]),
        Identity(**entry["identity"]),
        Moment.read(entry["posted"], entry.get("boot")),
        _ids(entry["known"]),
        entry["done"],
    )
    return _Content(record, deleting, renamed)


def _ids(written: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(image_id) for image_id in written)


def _unreadable(written: Moment) -> _Content:
    return _Content(CreateRecord(CreateIds(), UNREADABLE, written))


def _unopened(task: Task, path: str | None) -> CreateRecord | None:
    """Return the create record of a file that exists but may not be opened: an unreadable one."""
    try:
        written = Moment(os.stat(path or "", follow_symlinks=False).st_mtime)
    except OSError:
        return None
    young = written.age(task.client.clock) < _STALE
    return _unreadable(written).record if young else None
