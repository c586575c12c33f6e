# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module image_copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...validation import UUID, check_given, check_image, reject
from . import creating

ARGUMENTS = creating.creating(
    wait_timeout=7200,
    source_image={"type": "str", "aliases": ["image_id"]},
    # The id of a key is no secret: it stands in every description of the image.
    cmk_id={"type": "str", "no_log": False},
)
PERMISSIONS = (*creating.READS, "ims:images:copy", *creating.WRITES)


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options, the source of the image first. Raises InvalidArgument."""
    creating.check_needed(arguments, "source_image")
    check_image("source_image", arguments["source_image"])
    cmk_id = arguments["cmk_id"]
    # '' means no key: the API's parameter is "left blank by default".
    if cmk_id and not UUID.fullmatch(cmk_id):
        raise reject("cmk_id", cmk_id, "it has to be the id of a KMS key, a UUID of 36 characters")
    if arguments["state"] == "absent":
        # A key narrows down which image is deleted; an empty one must not mean copies of any key.
        check_given("cmk_id", cmk_id)
    return creating.check_creating(arguments)
