# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stories of image_wait share: copies that are started and not waited for."""

from __future__ import annotations

from typing import Any

from ansible_collections.huaweicloud.ims.tests.samples import IMAGE

from .conftest import Cloud

Json = dict[str, Any]

LOOKS: Json = {"min_ram": 1024, "image_tags": {"tier": "web"}}

COPY = {"method": "POST", "path": "/copy$"}


def names(number: int) -> list[str]:
    return [f"copy-{one}" for one in range(1, number + 1)]


def start(cloud: Cloud, number: int, **more: Any) -> list[Json]:
    """The results of a loop over copies that does not wait."""
    arguments: Json = {"source_image": IMAGE, "wait": False, **LOOKS, **more}
    return [cloud.run("image_copy", name=name, **arguments) for name in names(number)]


def wait(cloud: Cloud, **arguments: Any) -> Json:
    return cloud.run("image_wait", **arguments)


def statuses(result: Json) -> list[str]:
    return [image["status"] for image in result["images"]]


def start_two_slow_ones(cloud: Cloud) -> list[Json]:
    """Three copies, of which the first takes 30 s and the others 2,000 s."""
    cloud.switch(copy_limit=None)
    cloud.rules(
        {**COPY, "action": "job", "duration": 2000, "percent": "fraction"},
        {**COPY, "nth": 1, "action": "job", "duration": 30},
    )
    return start(cloud, 3)
