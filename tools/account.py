# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account in a started simulator, as a user would set it in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .places import Place


def variables(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment variables that lead to the simulator and authenticate there.

    `facts` is what the simulator tells of itself when it starts.
    """
    region = str(facts["region"])
    suffix = region.upper().replace("-", "_")
    endpoints = {
        f"HUAWEICLOUD_SDK_REGION_{service.upper()}_{suffix}": str(url)
        for service, url in facts["endpoints"].items()
    }
    return {
        "HW_ACCESS_KEY": str(facts["access_key"]),
        "HW_SECRET_KEY": str(facts["secret_key"]),
        "HW_REGION_NAME": region,
        **endpoints,
    }


@dataclass(frozen=True)
class Visitor(Place):
    """A place to run programs in that find certain variables in their environment."""

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def environ(self) -> dict[str, str]:
        return {**super().environ(), **self.variables}
