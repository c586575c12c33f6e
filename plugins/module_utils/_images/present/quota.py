# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quota of private images: is there room for one more?"""

from __future__ import annotations

from dataclasses import dataclass

from ..._cloud import decode, ims
from ..._cloud.client import Client
from ..._cloud.errors import CloudError, GarbledAnswer
from ..context import Task
from ..failures import Refused

# How long a task asks for the quota before it goes on without, in seconds.
_PATIENCE = 10.0


@dataclass(frozen=True)
class Quota:
    """How many private images the project has, and may have (negative: as many as it likes)."""

    used: int
    most: int

    @property
    def left(self) -> int | None:
        """None where nothing limits it."""
        return max(0, self.most - self.used) if self.most >= 0 else None


def image_quota(client: Client) -> Quota | None:
    """None where the cloud does not tell it. Raises CloudError."""
    listed = ims.get_quota(client).get("resources")
    rows = decode.objects(listed)
    row = next((row for row in rows if row.get("type") == "image"), None)
    if row is None and rows == listed:
        return None
    used, most = (decode.integer((row or {}).get(member)) for member in ("used", "quota"))
    if used is None or most is None or used < 0:
        raise GarbledAnswer("the quota was answered in a shape that is not known")
    return Quota(used, most)


def check_room(task: Task, name: str, replaces: bool) -> None:
    """Raises Refused when one image more cannot fit; replaces: an old one goes afterwards.

    The cloud refuses the create request by itself. So an answer that cannot be had, or cannot be
    read, is no reason to fail.
    """
    try:
        with task.client.within(_PATIENCE):
            quota = image_quota(task.client)
    except CloudError as error:
        task.note(f"Whether the quota has room for image '{name}' is not known: {error}")
        return
    if quota is None or quota.left != 0:
        return
    both = " The old image goes when the new one is active, so both need room." if replaces else ""
    raise Refused(
        f"The quota of private images is used up ({quota.used} of {quota.most}), so image '{name}' "
        f"cannot be created.{both} Delete images that are not needed, or have the quota raised."
    )
