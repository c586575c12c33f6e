# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries that the filter image_entries makes out of names as people type them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.huaweicloud.ims.plugins.filter.image_entries import FilterModule

image_entries = FilterModule().filters()["image_entries"]
BOTH = [{"instance": "web-01"}, {"instance": "web-02"}]


@pytest.mark.parametrize(
    "given",
    [
        "web-01,web-02",
        " web-01 ,, web-02 ,\n",
        "web-01\nweb-02\n",
        "[web-01, web-02]",
        '["web-01", {"instance": "web-02"}]',
        "- web-01\n- instance: web-02",
        ["web-01", " web-02 ", ""],
        ["web-01", {"instance": "web-02"}],
    ],
)
def test_names_may_be_typed_in_any_way(given: Any) -> None:
    assert image_entries(given, "instance") == BOTH


@pytest.mark.parametrize("given", ["", " , \n", None, [], "[]"])
def test_nothing_is_an_empty_list(given: Any) -> None:
    assert image_entries(given, "instance") == []


def test_options_are_for_what_is_given_by_name_and_empty_ones_count_as_not_given() -> None:
    own = {"volume": "b", "min_ram": 1}
    options = {"min_ram": 0, "force": False, "os_type": "", "max_ram": None}

    found = image_entries(["a", own], "volume", options)

    assert found == [{"volume": "a", "min_ram": 0, "force": False}, own]


@pytest.mark.parametrize("given", ["[web-01", {"instance": "web-01"}, 7])
def test_what_is_no_list_is_refused(given: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="It is n"):
        image_entries(given, "instance")
