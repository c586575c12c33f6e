# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries for image_batch that the filter image_import_plan computes from files."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.filter.image_import_plan import FilterModule

image_import_plan = FilterModule().filters()["image_import_plan"]


@pytest.mark.parametrize(
    ("image_url", "name"),
    [
        ("my-bucket:web.zvhd2", "web"),
        ("my-bucket:images/2026/web-1.0.raw", "web-1.0"),
        ("my-bucket:web", "web"),
    ],
)
def test_an_image_is_called_like_its_file(image_url: str, name: str) -> None:
    file = {"image_url": image_url, "min_disk": 40}

    [entry] = image_import_plan([file])["images"]

    assert entry == {"quick_import": {"name": name, **file}}


def test_a_name_of_its_own_wins() -> None:
    [entry] = image_import_plan([{"image_url": "b:web.raw", "name": "golden"}])["images"]

    assert entry["quick_import"]["name"] == "golden"


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ([], "image_import_files"),
        ("b:web.raw", "image_import_files: "),
        (None, "image_import_files: "),
        (["{}"], "image_import_files[0]: "),
        ([{"min_disk": 40}], "image_import_files[0]: image_url is missing"),
        ([{"image_url": "", "name": "a"}], "image_import_files[0].image_url: "),
        ([{"image_url": "b:a", "os_version": None}], "image_import_files[0].os_version: "),
        ([{"image_url": "b:a", "name": ""}], "image_import_files[0].name: "),
        ([{"image_url": ["b:a"]}], "image_import_files[0].image_url: "),
    ],
)
def test_what_is_empty_or_of_the_wrong_shape_is_named(files: Any, named: str) -> None:
    [problem] = image_import_plan(files)["problems"]

    assert named in problem
