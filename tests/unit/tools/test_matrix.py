# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make test-matrix` runs on a machine."""

from __future__ import annotations

from ansible_collections.huaweicloud.ims.tools.matrix import find_entries


def _names(*versions: tuple[int, int]) -> list[str]:
    return [entry.name for entry in find_entries(dict.fromkeys(versions, "python"))]


def test_each_python_gets_the_oldest_and_the_newest_core_that_run_on_it() -> None:
    assert _names((3, 11), (3, 12), (3, 14)) == [
        "oldest-core-python3.11",
        "oldest-core-python3.12",
        "newest-core-python3.12",
        "newest-core-python3.14",
    ]


def test_a_python_for_modules_only_gets_no_ansible_core() -> None:
    assert _names((3, 9), (3, 10)) == []
