# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids that an earlier task would have returned, had it not run in check mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...model.image import PREDICTED

# Options that take an id which an earlier task returns: of modules that create or change an image,
# and of those that list images or wait for them. None of them selects what is deleted, which those
# of the first kind do in `state: absent`.
_OF_STATE = frozenset(("image", "source_image", "instance", "vault", "backup", "volume"))
_OF_LOOK_UPS = frozenset(("image_id", "source", "images", "jobs"))


def predictable(arguments: Mapping[str, Any]) -> frozenset[str]:
    """Return the options in which null or '' stands, in check mode, for the id of what an earlier
    task would create. `arguments` are those of a task, or the argument spec of a module."""
    if "state" not in arguments:
        return _OF_LOOK_UPS & arguments.keys()
    absent = arguments["state"] == "absent"
    return frozenset() if absent else _OF_STATE & arguments.keys()


def with_predicted_ids(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments of a task in check mode with PREDICTED in place of '', and the names of
    the options that hold it. Null means omitted here, except in a list."""
    result = dict(arguments)
    names = []
    for name in sorted(predictable(arguments)):
        value = result[name]
        if isinstance(value, list):
            result[name] = [PREDICTED if one is None or _is_blank(one) else one for one in value]
            found = any(one is PREDICTED for one in result[name])
        else:
            found = _is_blank(value)
            result[name] = PREDICTED if found else value
        names += [name] if found else []
    return result, names


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()
