# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report's file is there as a whole or not at all, and is what people expect of a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import (
    InvalidArgument,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.report import report_file
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.report.report_file import (
    check_target,
    write,
)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_mode_of_other_new_files(tmp_path: Path) -> None:
    path = tmp_path / "report.html"

    write(check_target(str(path)), "ä")

    assert path.read_bytes() == "ä".encode()
    assert _mode(path) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_there_keeps_its_mode_and_is_replaced(tmp_path: Path) -> None:
    path, other = tmp_path / "report.html", tmp_path / "other"
    path.write_text("old")
    path.chmod(0o604)
    os.link(path, other)

    write(str(path), "new")

    assert (path.read_text(), _mode(path)) == ("new", 0o604)
    assert other.read_text() == "old"  # whoever had it open still reads a whole file


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "latest.html"
    link.symlink_to(tmp_path / "real" / "1.html")

    write(check_target(str(link)), "text")

    assert link.is_symlink()
    assert (tmp_path / "real" / "1.html").read_text() == "text"


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report_file.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(str(path), "new")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_half_a_character_does_not_break_the_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"

    write(str(path), "a\ud800b")

    assert path.read_text("utf-8") == "a?b"


def test_a_relative_path_is_below_where_the_task_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert check_target("report.html") == str(tmp_path / "report.html")


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("", "this is a folder"),
        (".", "this is a folder"),
        ("new/", "this is a folder"),
        ("missing/report.html", "there is no folder"),
        ("file/report.html", "Not a directory"),
        ("pipe", "no ordinary file"),
        ("n" * 300, "File name too long"),
        ("a\0b", "null"),
    ],
)
def test_what_cannot_be_a_report_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, rule: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(InvalidArgument, match=rule) as refusal:
        check_target(path)

    assert str(refusal.value).startswith("report: ")


def test_a_folder_that_cannot_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anywhere: what the system says of the folder is told here."""
    asked = []

    def access(path: str, mode: int) -> bool:
        asked.append((path, mode))
        return False

    monkeypatch.setattr(report_file.os, "access", access)
    with pytest.raises(InvalidArgument, match="cannot be written to"):
        check_target(str(tmp_path / "report.html"))

    assert asked == [(str(tmp_path), os.W_OK | os.X_OK)]
