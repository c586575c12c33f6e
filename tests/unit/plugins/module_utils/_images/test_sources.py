# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sources refuse before the create request, by what has been read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import Refused
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Image
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.sources.image import (
    ImageSource,
    SourceInFlight,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.sources.reference import (
    Reference,
)

PROJECT = "p-1"


def task() -> Task:
    client: Any = SimpleNamespace(project_id=PROJECT)
    return Task(client)


def source(allow_in_flight: bool = False, **wire: Any) -> ImageSource:
    shown = {"id": "i-1", "name": "web", "status": "active", "owner": PROJECT, **wire}
    image = Image.from_wire(shown)
    return ImageSource(Reference("image", "web", "i-1", image), allow_in_flight=allow_in_flight)


def test_an_image_is_not_copied_under_its_own_name_though_no_list_shows_it() -> None:
    with pytest.raises(Refused, match="copy of itself"):
        source().check(task(), "web")


def test_an_image_of_another_project_is_copied_under_its_name() -> None:
    source(owner="p-2").check(task(), "web")


def test_a_source_image_in_flight_is_accepted_only_where_its_copy_is_created_later() -> None:
    with pytest.raises(SourceInFlight):
        source(status="saving").check(task(), "copy")

    source(allow_in_flight=True, status="saving").check(task(), "copy")
