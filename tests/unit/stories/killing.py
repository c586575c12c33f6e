# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stories of killed tasks share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import store

from .conftest import Cloud, ok
from .kinds import NAME, OPERATIONS

COPY, LINUX, LIMITED = OPERATIONS["image"]

CREATES = ("/wholeimages/action", "/copy", "/quickimport/action", "/action")


class Killed(BaseException):
    """The task ends here."""


def killed_at(
    cloud: Cloud, method: str, path_ends: str | tuple[str, ...], module: str, **arguments: Any
) -> None:
    """Run a task that is killed before the answer to a call arrives."""

    def die(call: str, told: Any) -> Any:
        if call.startswith(method) and call.endswith(path_ends):
            raise Killed
        return told

    cloud.retell = die
    with pytest.raises(Killed):
        cloud.run(module, **arguments)
    cloud.retell = None


def killed_in_create(cloud: Cloud, module: str, **arguments: Any) -> None:
    """Run a task that is killed before the answer to its create request arrives."""
    killed_at(cloud, "POST", CREATES, module, **arguments)


def killed_asleep(cloud: Cloud, module: str, **arguments: Any) -> None:
    """Run a task that is killed as soon as it waits for something."""

    def die(seconds: float) -> None:
        raise Killed

    with cloud.clock.before_each_sleep(die), pytest.raises(Killed):
        cloud.run(module, **arguments)


def adopted(cloud: Cloud, module: str, **arguments: Any) -> None:
    """The next run goes on with the image that the killed one has asked for."""
    result = ok(cloud.run(module, **arguments))
    assert [image["id"] for image in cloud.images(NAME)] == [result["image_id"]]
    assert len(cloud.creates()) == 1


def records(cloud: Cloud) -> list[Path]:
    folder = Path(cloud.environ["XDG_CACHE_HOME"]) / store.NAME
    return sorted(folder.glob("image-*")) if folder.exists() else []
