# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create records as files: how large they may become, and what is read from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import SystemClock
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import Refused
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.locking.image_lock import (
    MOST_BYTES,
    ImageLock,
    lock_image,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.provenance import (
    Identity,
)

_IDENTITY = Identity("image 465076de-dc36-4aec-80f5-ef9d8009428f", "plain")


class _Connection:
    def url(self, service: str) -> str:
        return f"https://{service}.example.com"


@dataclass
class _Client:
    """As much of a client as an image lock needs."""

    connection: _Connection = field(default_factory=_Connection)
    clock: SystemClock = field(default_factory=SystemClock)
    deadline: None = None
    region: str = "region"
    project_id: str = "project"


def run_in(folder: Path) -> Task:
    return Task(_Client(), store=str(folder))  # type: ignore[arg-type]


def ids(count: int) -> frozenset[str]:
    return frozenset(f"{number:08d}-5a3b-4c1d-9e2f-0123456789ab" for number in range(count))


def send(run: Task, lock: ImageLock, known: frozenset[str]) -> None:
    """A create request that is not answered."""
    with suppress(KeyboardInterrupt), lock.recording(_IDENTITY, known) as recording:
        recording.before_send()
        raise KeyboardInterrupt


def read(run: Task) -> ImageLock:
    with lock_image(run, "web") as lock:
        return lock


@pytest.mark.parametrize("count", [0, 1, 399, 400, 500, 12_000, 25_000])
def test_what_is_written_is_read(tmp_path: Path, count: int) -> None:
    run = run_in(tmp_path)
    with lock_image(run, "web") as lock:
        send(run, lock, ids(count))
        lock.record_rename("renamed")

    found = read(run)

    assert found.record is not None
    assert not found.record.unreadable
    assert found.record.other_ids == ids(count)
    assert found.renamed == {"renamed"}


def test_a_short_record_replaces_a_long_one(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    with lock_image(run, "web") as lock:
        send(run, lock, ids(12_000))
    with lock_image(run, "web") as lock:
        send(run, lock, ids(2))

    found = read(run)

    assert found.record is not None
    assert found.record.other_ids == ids(2)


def test_a_record_that_could_not_be_read_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    with lock_image(run, "web") as lock:
        lock.record_deletions(ids(3))
        with pytest.raises(Refused, match="so many images of that name"):
            send(run, lock, ids(40_000))

    assert read(run).deleting == ids(3)


def test_an_answer_that_does_not_fit_leaves_the_record_of_the_request(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    run.job_id = "j" * 64
    with lock_image(run, "web") as lock:
        send(run, lock, frozenset())
        [path] = tmp_path.iterdir()
        # Two quotes, a longer checksum, and not enough for the id of the job.
        room = MOST_BYTES - len(path.read_bytes().rstrip()) - 20
        filling = frozenset(("i" * room,))
        with lock.recording(_IDENTITY, filling) as recording:
            recording.before_send()

    found = read(run)

    assert found.record is not None
    assert not found.record.answered
    assert found.record.other_ids == filling


def _longer(path: Path) -> Any:
    """A record of an older version, whose end stands behind what was written over it."""
    told = json.loads(path.read_bytes())
    del told["checksum"]
    longer = json.dumps({**told, "deleting": sorted(ids(900))}).encode()
    path.write_bytes(json.dumps(told).encode().ljust(16384) + longer[16384:])


def _large(path: Path) -> Any:
    """A record of an older version that was larger than that version could read."""
    told = json.loads(path.read_bytes())
    del told["checksum"]
    told["order"]["known"] = sorted(ids(900))
    path.write_bytes(json.dumps(told).encode())


@pytest.mark.parametrize(("write", "known"), [(_longer, 3), (_large, 900)])
def test_records_of_older_versions_are_read(
    tmp_path: Path, write: Callable[[Path], Any], known: int
) -> None:
    run = run_in(tmp_path)
    with lock_image(run, "web") as lock:
        send(run, lock, ids(3))
    [path] = tmp_path.iterdir()
    write(path)

    found = read(run)

    assert found.record is not None
    assert found.record.other_ids == ids(known)
    assert found.deleting == frozenset()


def test_half_of_one_record_and_half_of_another_is_unreadable(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    [path] = _records_of(run, tmp_path, ids(500))
    old = path.read_bytes()
    [path] = _records_of(run, tmp_path, frozenset(one.replace("5a3b", "6b4c") for one in ids(500)))
    path.write_bytes(path.read_bytes()[:4096] + old[4096:])
    json.loads(path.read_bytes())

    found = read(run)

    assert found.record is not None
    assert found.record.unreadable


def _records_of(run: Task, folder: Path, known: frozenset[str]) -> list[Path]:
    with lock_image(run, "web") as lock:
        send(run, lock, known)
    return list(folder.iterdir())


def test_an_empty_file_says_that_there_was_no_create_request(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    [path] = _records_of(run, tmp_path, ids(1))
    path.write_bytes(b"")

    assert read(run).record is None
