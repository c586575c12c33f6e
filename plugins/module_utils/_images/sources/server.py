# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole images of a server: the cloud first makes a backup of it in a vault, then an image of the
backup.

Source of the rules: IMS API reference, "Creating a Full-ECS Image", and IMS user guide, "Creating a
Full-ECS Image".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..._cloud import cbr, ecs, evs, ims
from ..._cloud.client import Client
from ..._cloud.errors import ApiError, Unavailable
from ..._cloud.records import Server
from ..._cloud.wire import CreateHooks
from ..context import Task
from ..failures import Refused
from ..lookups import read, try_list
from ..model.image import Image, Origin
from ..model.provenance import CreateIds, SourceFinding, different, same, unknown
from . import vault
from .protocol import Source, provenance_by_source_tag
from .reference import Reference, read_referenced, refer

# A server in any other state is refused with IMG.0126.
_USABLE = ("ACTIVE", "SHUTOFF")
# Volumes on dedicated storage cannot be in a whole image (IMG.0153).
_DEDICATED = ("DSS", "DESS")


@dataclass(frozen=True)
class ServerSource(Source):
    """A server, and the vault of its backup."""

    server: Reference[Server]
    # As the user gave it; None for the vault that holds the server already, if it is the only one.
    vault: str | None = None

    create_accepts = frozenset(
        ("description", "min_ram", "max_ram", "enterprise_project_id", "tags")
    )

    @property
    def origin(self) -> Origin:
        return Origin("server", self.server.id or self.server.given)

    @property
    def is_resolved(self) -> bool:
        return self.server.id is not None

    def provenance_of(self, image: Image, task: Task) -> SourceFinding:
        if self.server.id is None:
            return unknown(self.server.why_unresolved)
        by_source_tag = provenance_by_source_tag(image, self.origin)
        if by_source_tag:
            return by_source_tag
        if image.data_origin and image.data_origin.kind != "backup":
            return different(f"it was made from {image.data_origin}")
        backup_id = image.text("__backup_id")
        if not backup_id:
            return unknown("the cloud does not say its backup")
        return self._provenance_of_backup(backup_id, task)

    def _provenance_of_backup(self, backup_id: str, task: Task) -> SourceFinding:
        """Find out from the backup, which alone names the server: `__data_origin` of such images
        names the vault."""
        try:
            backup = read(task.client, "cbr", lambda: cbr.get_backup(task.client, backup_id))
        except Unavailable as error:
            task.note(f"backup {backup_id} could not be read: {error}")
            return unknown(f"its backup {backup_id} could not be read")
        if backup is None:
            return unknown(f"its backup {backup_id} is gone")
        if not backup.resource_id:
            return unknown(f"its backup {backup_id} names no server")
        if backup.resource_id == self.server.id:
            return same(f"its backup {backup_id} is of that server")
        return different(f"its backup {backup_id} is of server {backup.resource_id}")

    def check(self, task: Task, name: str) -> None:
        server = read_referenced(
            task, "ecs", self.server, lambda server_id: ecs.get_server(task.client, server_id)
        )
        if server is not None:
            _check_server(task, server)
            _check_disks(task, server)
        if self.vault is not None:
            vault.check_vault(task, vault.locate_vault(task, self.vault))
        elif self.server.id is not None:
            vault.check_holding(task, self.server.id)

    def create(self, task: Task, name: str, body: dict[str, Any], hooks: CreateHooks) -> CreateIds:
        body["instance_id"] = self.server.id
        vault_id = self._vault_id(task)
        if vault_id:
            body["vault_id"] = vault_id
        try:
            return CreateIds(job_id=ims.create_whole_image(task.client, body, hooks))
        except ApiError as error:
            if not vault_id:
                vault.explain_refusal(task, str(self.server.id), error)
            raise

    def _vault_id(self, task: Task) -> str | None:
        if self.vault is not None:
            return vault.locate_vault(task, self.vault).id
        return vault.holding(task, str(self.server.id))


def server_source(client: Client, server: str, vault: str | None) -> ServerSource:
    """Resolve a server given by id or name. Raises Refused or CloudError."""
    return ServerSource(
        refer(client, "ecs", "server", server, lambda name: ecs.list_servers(client, name)),
        vault,
    )


def _check_server(task: Task, server: Server) -> None:
    """Raise Refused for a server of which no image can be created now. A missing status decides
    nothing."""
    label = f"server {server.name} ({server.id})"
    if server.status and server.status not in _USABLE:
        raise Refused(
            f"The {label} is {server.status}; a whole image can be made of a running (ACTIVE) or "
            "stopped (SHUTOFF) server only."
        )
    if server.task:
        raise Refused(
            f"The {label} has a running task ({server.task}). Run this again when it is done."
        )
    if server.status == "SHUTOFF":
        task.warn(f"The {label} is stopped: it must not be started until the image is active.")


def _check_disks(task: Task, server: Server) -> None:
    disks = try_list(
        task,
        "evs",
        f"the disks of server {server.id}",
        lambda: evs.list_volumes(task.client, server_id=server.id),
    )
    dedicated = [disk.id for disk in disks or () if disk.service_type in _DEDICATED]
    if dedicated:
        raise Refused(
            f"The server {server.name} ({server.id}) has disks on dedicated storage (DSS "
            f"or DESS), which no whole image can hold: "
            f"{', '.join(dedicated)}. Detach them, or export its other disks with "
            f"volume_image_export."
        )
