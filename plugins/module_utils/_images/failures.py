# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One tree for everything that can go wrong in a task. Whatever is not in it is a bug of ours.

ImsError
├── InvalidArgument             wrong input, found before any request
├── MissingLibrary              Python on this machine lacks a library
├── Refused                     what was asked for cannot or must not be done; nothing written
│   ├── ImageConflict           an existing image stands in the way
│   │   └── AlreadyMade         the backup has made its only image
│   └── SourceInFlight          the source image is still being created (sources/image.py)
├── Failed                      the cloud accepted a request and did not fulfil it
│   ├── StillListed             a deletion that was accepted
│   ├── Vanished                a new image that was active and is no more
│   └── Incomplete              some of many images
│       └── BatchIncomplete     of a batch (batch/batch_result.py)
└── CloudError                  a request, or the settings for it; from here in _cloud/errors.py
    ├── CredentialsError
    ├── ApiError                the cloud refused the request
    │   ├── BadRequest, Unauthorized, Throttled
    │   ├── Denied              also Unavailable
    │   │   ├── Forbidden
    │   │   └── NotFound
    │   └── ServerError         also Unanswered
    └── Unanswered              a read that brought nothing
        ├── TimeBudgetExceeded
        └── Unavailable         ... and never will in this place
            └── Unreachable
                ├── ConfigurationError
                ├── TransportError
                └── UselessAnswer
                    ├── GarbledAnswer
                    └── Redirected      also ConfigurationError
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cloud.errors import ImsError


class InvalidArgument(ImsError):
    """Wrong input; no request was sent."""

    is_complete = True


class MissingLibrary(ImsError):
    """The Python that runs the task lacks a library; no request was sent."""

    is_complete = True


class Refused(ImsError):
    """What was asked for cannot or must not be done; nothing was written. The text says why and
    what to do."""

    is_complete = True


class ImageConflict(Refused):
    """An existing image, `image_id`, stands in the way of the wanted one."""

    def __init__(self, message: str, image_id: str) -> None:
        super().__init__(message)
        self.image_id = image_id


class AlreadyMade(ImageConflict):
    """The source has made its only image. The text is for the case that this is not the wanted
    one."""


class Failed(ImsError):
    """The cloud accepted a request and did not fulfil it, or not yet.

    `code` and `reason`: the cloud's own, '' where it gave none. `unfinished`: it may still be
    fulfilled; the same task, run again, keeps waiting.
    """

    def __init__(
        self, message: str, *, code: str = "", reason: str = "", unfinished: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.unfinished = unfinished


class StillListed(Failed):
    """The cloud accepted a deletion, and its list still shows the image."""


class Vanished(Failed):
    """A new image that was active is gone, or no longer active."""


class Incomplete(Failed):
    """Some of many images failed, or are not finished; the cause is the first failure.

    `members`: what the failure returns beside its message. `interruption`: what ended the work on
    all of them, in words.
    """

    def __init__(
        self,
        message: str,
        members: Mapping[str, Any],
        *,
        unfinished: bool = False,
        interruption: str = "",
    ) -> None:
        super().__init__(message, unfinished=unfinished)
        self.members = members
        self.interruption = interruption
