# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a task, beside what `cloud/errors.py` knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class InvalidArgument(ValueError):
    """Wrong input; no request was sent."""


class Refused(Exception):
    """What was asked for cannot or must not be done; nothing was written. The text says why and
    what to do."""


class Conflict(Refused):
    """An existing image, `image_id`, stands in the way of the wanted one."""

    def __init__(self, message: str, image_id: str) -> None:
        super().__init__(message)
        self.image_id = image_id


class AlreadyMade(Conflict):
    """The source has made its only image already; the text is for when that is another one than the
    wanted image."""


class Failed(Exception):
    """The cloud took the order and did not, or not yet, fulfil it.

    code and reason: the cloud's own, '' where it gave none. unfinished: it may still be fulfilled;
    the same task, run again, goes on waiting.
    """

    def __init__(
        self, message: str, *, code: str = "", reason: str = "", unfinished: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.unfinished = unfinished


class StillListed(Failed):
    """The cloud has accepted a deletion, and its list still shows the image."""


class Vanished(Failed):
    """A new image that was seen active is not there, or not active, any more."""


class Incomplete(Failed):
    """Some of many have failed, or are not finished. told: what the failure hands back of each.
    interruption: what has ended the work on all of them, in words."""

    def __init__(
        self,
        message: str,
        told: Mapping[str, Any],
        *,
        code: str = "",
        reason: str = "",
        unfinished: bool = False,
        interruption: str = "",
    ) -> None:
        super().__init__(message, code=code, reason=reason, unfinished=unfinished)
        self.told = told
        self.interruption = interruption
