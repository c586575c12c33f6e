# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever lies in the place of a cached token does no harm, nor do several who write at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import store
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils._cloud.fake import (
    KEYS,
    Reply,
    Seen,
)
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils._cloud.test_authentication import (  # noqa: E501
    AGENCY,
    DAY,
    TOKENS,
    USER,
    Identity,
)

from .machine import LIST, Machine

# --- what lies in its place


def _corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def _another_users(path: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give files away")
    os.chown(path, 12345, -1)


SPOILT: dict[str, Callable[[Path], Any]] = {
    "corrupt": _corrupt,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_text('{"token": "planted", "expires": 9999999999}'),
    "foreign bytes": lambda path: path.write_bytes(os.urandom(500)),
    "huge": lambda path: os.truncate(path, 1 << 30),
    "readable by others": lambda path: path.chmod(0o644),
    "writable by others": lambda path: path.chmod(0o620),
    "another user's": _another_users,
    "a pipe": _pipe,
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_file_that_is_not_as_we_write_them_is_replaced(machine: Machine, spoilt: str) -> None:
    machine.task(USER)
    path = machine.file
    SPOILT[spoilt](path)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.sent["X-Auth-Token"] == "token-2"
    assert machine.file == path
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    assert machine.task(USER) == [LIST]


def test_what_would_be_too_large_to_be_read_is_not_written(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = "ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.token_cache"
    monkeypatch.setattr(f"{cache}._LARGEST", 100)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.files == []


def test_a_link_is_neither_followed_nor_written_through(machine: Machine, tmp_path: Path) -> None:
    machine.task(USER)
    path, target = machine.file, tmp_path / "target"
    target.write_bytes(path.read_bytes())  # good in itself
    target.chmod(0o600)
    before = target.read_bytes()
    path.unlink()
    path.symlink_to(target)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert target.read_bytes() == before
    assert not path.is_symlink()
    assert machine.task(USER) == [LIST]


def test_a_link_in_the_place_of_the_lock_is_not_followed(machine: Machine, tmp_path: Path) -> None:
    machine.task(USER)
    path, target = machine.file, tmp_path / "target"
    path.unlink()
    lock = path.with_name(path.name + ".lock")
    lock.symlink_to(target)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert not target.exists()
    assert machine.task(USER) == [LIST]


def test_a_folder_in_its_place_is_done_without(machine: Machine) -> None:
    machine.task(USER)
    path = machine.file
    _folder(path)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.file == path


def test_the_file_of_another_thing_is_not_taken_for_it(machine: Machine) -> None:
    """Same user, same password; somebody has exchanged the files."""
    machine.task(USER)
    first = machine.file
    machine.task({**USER, "region": "eu-nl"})
    [second] = set(machine.files) - {first}
    second.write_bytes(first.read_bytes())
    assert f"POST {TOKENS}" in machine.task({**USER, "region": "eu-nl"})


def test_what_another_version_has_written_is_ignored(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = "ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.token_cache"
    with monkeypatch.context() as patch:
        patch.setattr(f"{cache}.asdict", lambda value: {"id": "old", "kind": 3})
        machine.task(USER)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.task(USER) == [LIST]


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o750])
def test_a_directory_that_is_open_to_others_is_not_used(machine: Machine, mode: int) -> None:
    machine.task(USER)
    machine.folder.chmod(mode)
    assert machine.task(USER, TMPDIR="/dev/null") == [f"POST {TOKENS}", LIST]


def test_a_directory_that_is_a_link_is_not_used(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(0o700)
    machine.folder.symlink_to(tmp_path / "elsewhere")
    for _turn in range(2):
        assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_unwritable_directory_is_done_without(machine: Machine) -> None:
    for _turn in range(2):
        machine.environ = {"XDG_CACHE_HOME": "/dev/null/nothing", "TMPDIR": "/dev/null"}
        assert machine.task(USER) == [f"POST {TOKENS}", LIST]


def test_a_directory_that_becomes_unwritable_is_done_without(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str, *rest: Any, **more: Any) -> int:
        if str(machine.folder) in str(path):
            raise OSError(28, "No space left on device")
        return opened(path, *rest, **more)

    opened = os.open
    monkeypatch.setattr(os, "open", full)
    for _turn in range(2):
        assert machine.task(USER) == [f"POST {TOKENS}", LIST]


def test_a_full_disk_leaves_no_draft_behind(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.files == []


def test_files_and_directory_are_private(machine: Machine) -> None:
    before = os.umask(0)
    try:
        machine.task(USER)
    finally:
        os.umask(before)
    assert stat.S_IMODE(machine.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(machine.file.stat().st_mode) == 0o600


def test_old_files_are_removed_and_those_of_others_are_not(machine: Machine) -> None:
    machine.task(USER)
    kept = machine.folder / "image-of-a-claim"
    kept.touch()
    draft = machine.folder / (next(iter(set(machine.files) - {kept})).name + ".0123456789abcdef")
    draft.touch()
    now = machine.clock.now
    for path in machine.files:
        os.utime(path, (now - 3 * DAY, now - 3 * DAY))

    machine.task(KEYS)

    assert kept.exists()
    assert not draft.exists()
    assert len(machine.files) == 2


# --- several at once


def test_who_has_to_wait_too_long_asks_himself(machine: Machine) -> None:
    machine.task(USER)
    path = machine.file
    path.unlink()
    lock = store.try_lock(f"{path}.lock")
    assert lock is not None

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert 10 <= sum(machine.clock.slept) < 11
    os.close(lock)


def test_who_waits_takes_what_the_other_one_got(machine: Machine) -> None:
    machine.task(USER)
    path = machine.file
    content = path.read_bytes()
    path.unlink()
    lock = store.try_lock(f"{path}.lock")
    assert lock is not None
    slept = machine.clock.sleep

    def done(seconds: float) -> None:
        slept(seconds)
        if len(machine.clock.slept) == 3:
            path.write_bytes(content)
            path.chmod(0o600)
            os.close(lock)

    machine.clock.sleep = done  # type: ignore[method-assign]
    assert machine.task(USER) == [LIST]
    assert len(machine.clock.slept) == 3


def test_whatever_ends_the_request_ends_the_turn(machine: Machine) -> None:
    """An in-process front end goes on after the exception that its time limit raises."""

    class Limited(Identity):
        def issue_token(self, seen: Seen) -> Reply:
            raise KeyboardInterrupt

    machine.identity = Limited()
    with pytest.raises(KeyboardInterrupt) as held:
        machine.task(USER)
    machine.identity = Identity()
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.clock.slept == []
    del held


def test_no_lock_is_left_behind(machine: Machine) -> None:
    machine.task({**KEYS, **AGENCY})
    assert not [path for path in machine.files if path.name.endswith(".lock")]
    assert len(machine.files) == 2
