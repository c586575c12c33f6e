# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that call a batch stay a screenful: what they compute belongs in filters, with tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROLES = Path(__file__).parents[3] / "roles"
MOST = {"tasks": 80, "vars": 30}
MOST_COLUMNS, MOST_FILTERS = 120, 2


@pytest.mark.parametrize("role", ["golden_image", "image_import"])
@pytest.mark.parametrize("part", MOST)
def test_a_role_that_calls_a_batch_is_a_screenful(role: str, part: str) -> None:
    text = (ROLES / role / part / "main.yml").read_text("utf-8")

    assert len(text.splitlines()) <= MOST[part]
    assert max(map(len, text.splitlines())) <= MOST_COLUMNS
    chains = re.findall(r"(?:\|\s*\w+(?:\.\w+)*\s*(?:\([^()]*\))?\s*)+", text)
    assert max((chain.count("|") for chain in chains), default=0) <= MOST_FILTERS
