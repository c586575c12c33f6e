# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stories of failures share: a task of each kind, and what it has to come to."""

from __future__ import annotations

from typing import Any

from .conftest import Cloud
from .kinds import NAME

Arguments = dict[str, Any]

CREATE = {
    "method": "POST",
    "path": "(wholeimages/action|/copy|quickimport/action|/volumes/[^/]+/action)$",
}

LIST = {"method": "GET", "path": "/v2/cloudimages$"}


def assert_made(cloud: Cloud, result: dict[str, Any], creates: int = 1) -> None:
    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    [image] = cloud.images(NAME)
    assert image["status"] == "active"
    assert result["image_id"] == image["id"]
    assert len(cloud.creates()) == creates
