# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quota of private images: is there room for one more?"""

from __future__ import annotations

from ..._cloud.errors import CloudError
from ..context import Task
from ..failures import Refused
from ..lookups import image_quota

# How long a task asks for the quota before it goes on without, in seconds.
_PATIENCE = 10.0


def check_room(task: Task, name: str, replaces: bool) -> None:
    """Raise Refused where the quota has no room for one more image. `replaces`: an old one is
    deleted afterwards.

    The cloud would refuse the create request itself, so a quota that cannot be read is no reason to
    fail.
    """
    try:
        with task.client.within(_PATIENCE):
            quota = task.quota() if task.quota is not None else image_quota(task.client)
    except CloudError as error:
        task.note(f"Whether the quota has room for image '{name}' is not known: {error}")
        return
    if quota is None or quota.left != 0:
        return
    both = (
        " The old image is deleted once the new one is active, so both need room."
        if replaces
        else ""
    )
    raise Refused(
        f"The quota of private images is used up ({quota.used} of {quota.most}), so image '{name}' "
        f"cannot be created.{both} Delete images that are not needed, or have the quota raised."
    )
