# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, checks and permissions of the module whole_image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...failures import InvalidArgument
from ...validation import check_reference, reject
from . import creating

ARGUMENTS = creating.creating(
    wait_timeout=3600,
    instance={"type": "str", "aliases": ["instance_id"]},
    vault={"type": "str", "aliases": ["vault_id"]},
    backup={"type": "str", "aliases": ["backup_id"]},
    image_id={"type": "str"},
    delete_backup={"type": "bool", "default": False},
    backup_type={"type": "str", "choices": ["CBR", "CSBS"], "aliases": ["whole_image_type"]},
)
PERMISSIONS = (
    *creating.READS,
    *("ecs:cloudServers:list", "ecs:cloudServers:get", "evs:volumes:list"),
    *("cbr:vaults:list", "cbr:vaults:get", "cbr:backups:list", "cbr:backups:get"),
    "ims:wholeImages:create",
    *creating.WRITES,
    # With delete_backup, for a backup that the image leaves behind.
    "cbr:backups:delete",
)


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options, the source of the image first. Raises InvalidArgument."""
    instance, backup = arguments.get("instance"), arguments.get("backup")
    none_needed = arguments["state"] == "absent" and instance is None and backup is None
    if (instance is None) == (backup is None) and not none_needed:
        given = "both were given" if instance is not None else "none was given"
        raise InvalidArgument(
            f"instance and backup: exactly one of them is the source of the image; {given}."
        )
    if backup is not None and arguments.get("vault") is not None:
        raise reject(
            "vault",
            arguments["vault"],
            "it goes with instance only; a backup is in its vault already",
        )
    if instance is not None and arguments.get("backup_type") is not None:
        raise reject("backup_type", arguments["backup_type"], "it goes with backup only")
    for option in ("instance", "backup", "vault"):
        check_reference(option, arguments.get(option))
    return creating.check_creating(arguments)
